/*
 * The host's stand-in for the machine: RAM, the window of descriptors, the supervisor's lock, user copy. The harts and
 * their TLBs are in tlb_stub.c.
 */
#include "arch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "panic.h"
#include "stub.h"
#include "tlb_stub.h"

#define DESCRIPTOR_BYTES 16
#define DESCRIPTOR_WINDOW_BYTES (1ull << 30)
#define DESCRIPTOR_TABLE_BYTES (1ull << 21)
#define UPPER_HALF_MARK 0x5aull
#define TRIES_MAX 8

uint8_t *stub_ram;
uint8_t *stub_descriptor_window;
struct stub_counts stub_counts;
const struct stub_scheduler *stub_scheduler;

static uint64_t ram_bytes;
static bool table_given[DESCRIPTOR_WINDOW_BYTES / DESCRIPTOR_TABLE_BYTES];
static paddr_t page_given[DESCRIPTOR_WINDOW_BYTES / PAGE_SIZE]; /* 0: none */
static uint64_t allocations;
static uint64_t failing_allocation;
static _Thread_local int (*fault_handler)(void *context, uint64_t address, uint8_t access);
static _Thread_local void *fault_context;

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
    stub_counts = (struct stub_counts){ 0 };
    tlb_start(bytes >> PAGE_SHIFT);
    supervisor_lock = (struct lock)LOCK(LOCK_SUPERVISOR);
    arch_lock();
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

void arch_lock(void)
{
    if (stub_scheduler != NULL) {
        stub_scheduler->before_lock();
    }
    lock_acquire(&supervisor_lock);
}

void arch_unlock(void)
{
    lock_release(&supervisor_lock);
    if (stub_scheduler != NULL) {
        stub_scheduler->after_unlock();
    }
}

void arch_assert_locked(void)
{
    lock_assert_held(&supervisor_lock);
}

void arch_assert_unlocked(void)
{
    lock_assert_not_held(&supervisor_lock);
}

void arch_page_zero(void *page)
{
    arch_assert_unlocked();
    stub_counts.pages_zeroed++;
    memset(page, 0, PAGE_SIZE);
    tlb_bytes_changed(page);
}

void arch_page_copy(void *to, const void *from)
{
    arch_assert_unlocked();
    stub_counts.pages_copied++;
    memcpy(to, from, PAGE_SIZE);
    tlb_bytes_changed(to);
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
}

/* The byte at @address in RAM, once the space allows @access to it. */
static int user_byte(uint64_t address, uint8_t access, uint8_t **out)
{
    arch_assert_unlocked();
    if (address >= SV39_USER_END) {
        return -EFAULT;
    }
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        if (tlb_translate(address, access, out)) {
            return 0;
        }
        stub_counts.faults++;
        arch_lock();
        int error = fault_handler == NULL ? -EFAULT : fault_handler(fault_context, address, access);

        arch_unlock();
        if (error != 0) {
            return error;
        }
    }
    return -ELOOP;
}

int stub_user_load(uint64_t address, uint8_t *value)
{
    uint8_t *byte;
    int error = user_byte(address, ABI_PROT_READ, &byte);

    if (error == 0) {
        *value = *byte;
    }
    return error;
}

int stub_user_store(uint64_t address, uint8_t value)
{
    uint8_t *byte;
    int error = user_byte(address, ABI_PROT_WRITE, &byte);

    if (error == 0) {
        *byte = value;
        tlb_stored(byte);
    }
    return error;
}

int stub_user_fetch(uint64_t address, uint8_t *value)
{
    uint8_t *byte;
    int error = user_byte(address, ABI_PROT_EXEC, &byte);

    if (error == 0) {
        tlb_fetched(byte);
        *value = *byte;
    }
    return error;
}

int arch_copy_in(void *to, uaddr_t from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (stub_user_load(from.value + i, (uint8_t *)to + i) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

int arch_copy_out(uaddr_t to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (stub_user_store(to.value + i, ((const uint8_t *)from)[i]) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

int64_t arch_copy_in_string(char *to, uaddr_t from, size_t capacity)
{
    for (size_t i = 0; i < capacity; i++) {
        if (stub_user_load(from.value + i, (uint8_t *)to + i) != 0) {
            return -EFAULT;
        }
        if (to[i] == '\0') {
            return (int64_t)i;
        }
    }
    return -ENAMETOOLONG;
}
