/*
 * The host's stand-in for the machine: RAM, the window of descriptors, user copy, a TLB that forgets nothing.
 *
 * The TLB keeps one translation a page and space, also of a page that is not mapped, and of whatever rights it had,
 * until a flush covers it: so a flush that is missing shows as a stale byte, a store to a frame that is another's by
 * now, or a fault that comes again and again. Global translations are kept for all spaces alike.
 */
#include "arch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "panic.h"
#include "stub.h"

#define DESCRIPTOR_BYTES 16
#define DESCRIPTOR_WINDOW_BYTES (1ull << 30)
#define DESCRIPTOR_TABLE_BYTES (1ull << 21)
#define UPPER_HALF_MARK 0x5aull
#define TRIES_MAX 8

struct translation {
    uint64_t root; /* 0: none kept */
    uint64_t page;
    pte_t pte;
};

/* What the hart knows of a level-0 table: it goes on walking from there. */
struct table_translation {
    uint64_t root; /* 0: none kept */
    uint64_t region; /* of 2 MiB */
    paddr_t table;
};

#define TRANSLATIONS 4096u
#define TABLE_TRANSLATIONS 256u

uint8_t *stub_ram;
uint8_t *stub_descriptor_window;
struct stub_counts stub_counts;

static uint64_t ram_bytes;
static bool table_given[DESCRIPTOR_WINDOW_BYTES / DESCRIPTOR_TABLE_BYTES];
static paddr_t page_given[DESCRIPTOR_WINDOW_BYTES / PAGE_SIZE]; /* 0: none */
static struct translation tlb[TRANSLATIONS];
static struct table_translation table_tlb[TABLE_TRANSLATIONS];
static paddr_t current_root;
static uint64_t allocations;
static uint64_t failing_allocation;
static int (*fault_handler)(void *context, uint64_t address, uint8_t access);
static void *fault_context;

static void *reserve(uint64_t bytes, int protection)
{
    void *memory = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED) {
        panic("the host has no room for %#lx bytes", (unsigned long)bytes);
    }
    return memory;
}

void stub_start(uint64_t bytes)
{
    if (stub_ram != NULL) {
        munmap(stub_ram, ram_bytes);
        munmap(stub_descriptor_window, DESCRIPTOR_WINDOW_BYTES);
    }
    ram_bytes = bytes;
    stub_ram = reserve(bytes, PROT_READ | PROT_WRITE);
    stub_descriptor_window = reserve(DESCRIPTOR_WINDOW_BYTES, PROT_NONE);
    memset(table_given, 0, sizeof(table_given));
    memset(page_given, 0, sizeof(page_given));
    memset(tlb, 0, sizeof(tlb));
    memset(table_tlb, 0, sizeof(table_tlb));
    stub_counts = (struct stub_counts){ 0 };
    current_root = paddr(0);
    fault_handler = NULL;
    stub_fail_allocation(0);
}

uint64_t stub_ram_size(void)
{
    return ram_bytes;
}

void stub_fail_allocation(uint64_t n)
{
    allocations = 0;
    failing_allocation = n;
}

uint64_t stub_allocation_count(void)
{
    return allocations;
}

bool stub_allocation_fails(void)
{
    return ++allocations == failing_allocation;
}

void stub_set_fault_handler(int (*handler)(void *context, uint64_t address, uint8_t access), void *context)
{
    fault_handler = handler;
    fault_context = context;
}

static uint64_t window_offset(const void *page)
{
    return (uint64_t)((const uint8_t *)page - stub_descriptor_window);
}

static void check_zeroed_frame(paddr_t frame)
{
    const uint64_t *words = arch_direct(frame);

    ASSERT(is_page_aligned(frame.value) && frame.value - STUB_RAM_BASE < ram_bytes);
    for (size_t i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
        ASSERT(words[i] == 0);
    }
}

bool arch_descriptor_table_missing(const void *page)
{
    return !table_given[window_offset(page) / DESCRIPTOR_TABLE_BYTES];
}

void arch_descriptor_table_give(const void *page, paddr_t table)
{
    ASSERT(arch_descriptor_table_missing(page));
    check_zeroed_frame(table);
    table_given[window_offset(page) / DESCRIPTOR_TABLE_BYTES] = true;
    stub_counts.descriptor_tables++;
}

void arch_descriptor_page_map(void *page, paddr_t frame)
{
    ASSERT(!arch_descriptor_table_missing(page) && page_given[window_offset(page) / PAGE_SIZE].value == 0);
    check_zeroed_frame(frame);
    page_given[window_offset(page) / PAGE_SIZE] = frame;
    stub_counts.descriptor_pages++;
    if (mprotect(page, PAGE_SIZE, PROT_READ | PROT_WRITE) != 0) {
        panic("the host refuses a page of descriptors");
    }
}

paddr_t stub_descriptor_frame(paddr_t frame)
{
    return page_given[(frame.value >> PAGE_SHIFT) * DESCRIPTOR_BYTES / PAGE_SIZE];
}

void arch_page_zero(void *page)
{
    stub_counts.pages_zeroed++;
    memset(page, 0, PAGE_SIZE);
}

void arch_page_copy(void *to, const void *from)
{
    stub_counts.pages_copied++;
    memcpy(to, from, PAGE_SIZE);
}

void arch_root_prepare(pte_t *root)
{
    check_zeroed_frame(arch_physical(root));
    for (unsigned i = SV39_USER_ROOT_ENTRIES; i < SV39_ENTRIES; i++) {
        root[i] = UPPER_HALF_MARK;
    }
}

void arch_root_clear(pte_t *root)
{
    for (unsigned i = SV39_USER_ROOT_ENTRIES; i < SV39_ENTRIES; i++) {
        ASSERT(root[i] == UPPER_HALF_MARK);
        root[i] = 0;
    }
    /* The table's end: what is left of its translations must never be used, and its frame may be a root again. */
    arch_tlb_flush(arch_physical(root), uaddr(0), SV39_USER_END >> PAGE_SHIFT);
}

void arch_root_switch(paddr_t root)
{
    current_root = root;
}

void arch_root_leave(void)
{
    current_root = paddr(0);
}

void arch_tlb_flush(paddr_t root, uaddr_t start, uint64_t pages)
{
    uint64_t first = start.value >> PAGE_SHIFT;

    stub_counts.flushes++;
    for (size_t i = 0; i < TRANSLATIONS; i++) {
        struct translation *kept = &tlb[i];

        if (kept->root == root.value && kept->page - first < pages && (kept->pte & PTE_G) == 0) {
            kept->root = 0;
        }
    }
    if (pages < SV39_USER_END >> PAGE_SHIFT) {
        return; /* leaves alone: Priv. spec, SFENCE.VMA with rs1 != x0 */
    }
    for (size_t i = 0; i < TABLE_TRANSLATIONS; i++) {
        if (table_tlb[i].root == root.value) {
            table_tlb[i].root = 0;
        }
    }
}

void arch_tlb_flush_all(void)
{
    stub_counts.flushes++;
    stub_counts.full_flushes++;
    memset(tlb, 0, sizeof(tlb));
    memset(table_tlb, 0, sizeof(table_tlb));
}

void arch_instruction_fence(void)
{
    stub_counts.instruction_fences++;
}

static pte_t entry_of(paddr_t table, uint64_t address, unsigned level)
{
    return ((const pte_t *)arch_direct(table))[sv39_index(address, level)];
}

/* The level-0 table for @address, from what the hart keeps or by a walk, which it then keeps. */
static bool find_level0(paddr_t root, uint64_t address, paddr_t *out)
{
    uint64_t region = address >> 21;
    struct table_translation *kept = &table_tlb[(region * 31 + (root.value >> PAGE_SHIFT) * 7) % TABLE_TRANSLATIONS];

    if (kept->root != root.value || kept->region != region) {
        pte_t slot = entry_of(root, address, 2);
        pte_t pte = pte_is_table(slot) ? entry_of(pte_frame(slot), address, 1) : 0;

        ASSERT(!pte_is_leaf(slot) && !pte_is_leaf(pte));
        if (!pte_is_table(pte)) {
            return false;
        }
        *kept = (struct table_translation){ .root = root.value, .region = region, .table = pte_frame(pte) };
    }
    *out = kept->table;
    return true;
}

/* The leaf for @address as the walker finds it, or 0. */
static pte_t walk(paddr_t root, uint64_t address)
{
    paddr_t level0;
    pte_t pte = find_level0(root, address, &level0) ? entry_of(level0, address, 0) : 0;

    return (pte & PTE_V) != 0 ? pte : 0;
}

static bool translates(const struct translation *kept, paddr_t root, uint64_t page)
{
    return kept->root != 0 && kept->page == page && (kept->root == root.value || (kept->pte & PTE_G) != 0);
}

/* The translation that the hart uses: the one it keeps, or else a new one, which it then keeps. */
static pte_t translate(paddr_t root, uint64_t address)
{
    uint64_t page = address >> PAGE_SHIFT;
    struct translation *kept = &tlb[(page * 31 + (root.value >> PAGE_SHIFT) * 7) % TRANSLATIONS];

    if (!translates(kept, root, page)) {
        *kept = (struct translation){ .root = root.value, .page = page, .pte = walk(root, address) };
    }
    return kept->pte;
}

static bool allows(pte_t pte, uint8_t access)
{
    pte_t needed = PTE_V | PTE_U | PTE_A;

    needed |= access == ABI_PROT_WRITE ? PTE_W | PTE_D : access == ABI_PROT_EXEC ? PTE_X : PTE_R;
    return (pte & needed) == needed;
}

/* The byte at @address in RAM, once the space allows @access to it. */
static int user_byte(paddr_t root, uint64_t address, uint8_t access, uint8_t **out)
{
    if (address >= SV39_USER_END) {
        return -EFAULT;
    }
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        pte_t pte = translate(root, address);

        if (allows(pte, access)) {
            *out = (uint8_t *)arch_direct(pte_frame(pte)) + (address & PAGE_MASK);
            return 0;
        }
        stub_counts.faults++;
        int error = fault_handler == NULL ? -EFAULT : fault_handler(fault_context, address, access);

        if (error != 0) {
            return error;
        }
    }
    return -ELOOP;
}

int stub_user_load(paddr_t root, uint64_t address, uint8_t *value)
{
    uint8_t *byte;
    int error = user_byte(root, address, ABI_PROT_READ, &byte);

    if (error == 0) {
        *value = *byte;
    }
    return error;
}

int stub_user_store(paddr_t root, uint64_t address, uint8_t value)
{
    uint8_t *byte;
    int error = user_byte(root, address, ABI_PROT_WRITE, &byte);

    if (error == 0) {
        *byte = value;
    }
    return error;
}

int stub_user_fetch(paddr_t root, uint64_t address, uint8_t *value)
{
    uint8_t *byte;
    int error = user_byte(root, address, ABI_PROT_EXEC, &byte);

    if (error == 0) {
        *value = *byte;
    }
    return error;
}

int arch_copy_in(void *to, uaddr_t from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (stub_user_load(current_root, from.value + i, (uint8_t *)to + i) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

int arch_copy_out(uaddr_t to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (stub_user_store(current_root, to.value + i, ((const uint8_t *)from)[i]) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

int64_t arch_copy_in_string(char *to, uaddr_t from, size_t capacity)
{
    for (size_t i = 0; i < capacity; i++) {
        if (stub_user_load(current_root, from.value + i, (uint8_t *)to + i) != 0) {
            return -EFAULT;
        }
        if (to[i] == '\0') {
            return (int64_t)i;
        }
    }
    return -ENAMETOOLONG;
}
