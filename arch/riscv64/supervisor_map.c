/*
 * The supervisor's half of the address space, once RAM is known: the direct map, the window of frame descriptors, the
 * window of devices. All of it is global and the same in every root table, so root entries are made here only, before
 * the first map exists; afterwards only tables below them change.
 *
 * Invariants
 *   supervisor-w-xor-x   no leaf is writable and executable
 *   direct-map-no-x      no leaf of the direct map is executable
 *   image-read-only      the image's text and constants are not writable in the direct map either
 *   firmware-unmapped    no leaf covers a reserved range
 */
#include "supervisor_map.h"

#include "abi_errno.h"
#include "arch.h"
#include "arch_device.h"
#include "boot_map.h"
#include "checked.h"
#include "csr.h"
#include "panic.h"

#include <string.h>

static uint64_t image_physical; /* where the image was loaded */
static uint64_t device_pages; /* of the device window's small pages, those in use */
static uint64_t device_megapages; /* the same of its 2 MiB leaves */
/* The root's entries that are not 0, what every map copies: a few runs of neighbours. */
#define ROOT_RUNS_MAX 20 /* banks, each perhaps apart from the last, and two windows */
static struct root_run {
    uint16_t first;
    uint16_t end;
} root_runs[ROOT_RUNS_MAX];
static size_t root_run_count;
static struct memory_span read_only; /* the image's text and constants */

void supervisor_map_init(uint64_t image)
{
    image_physical = image;
    read_only = (struct memory_span){ paddr(image), paddr(image + (uint64_t)(image_rodata_end - image_start)) };
}

struct memory_span supervisor_map_image(void)
{
    return (struct memory_span){ paddr(image_physical), paddr(image_physical + (uint64_t)(image_end - image_start)) };
}

const uint8_t *supervisor_map_build_id(void)
{
    return (const uint8_t *)image_build_id;
}

/* Store @count leaves of @span bytes each, neighbours in the table and in memory. */
static void store_leaves(pte_t *entry, uint64_t start, uint64_t span, uint64_t count, uint64_t flags)
{
    pte_t pte = pte_make(paddr(start), flags), step = pte_make(paddr(span), 0);

#pragma GCC unroll 4
    for (uint64_t i = 0; i < count; i++, pte += step) {
        entry[i] = pte;
    }
}

void supervisor_map_rough(const struct memory_span *banks, size_t count)
{
    uint64_t span = sv39_span(2);

    for (size_t i = 0; i < count; i++) {
        uint64_t start = ALIGNED_DOWN(banks[i].start.value, span), end = banks[i].end.value;

        if (end > ARCH_DIRECT_LIMIT) {
            end = ARCH_DIRECT_LIMIT;
        }
        if (start < end) {
            store_leaves(&boot_tables.root[sv39_index(ARCH_DIRECT_BASE + start, 2)], start, span,
                         (end - start + span - 1) / span, SUPERVISOR_DATA);
        }
    }
    arch_fence_all();
}

/* The largest level whose leaf at @at is aligned and ends at or below @end. */
static unsigned leaf_level(uint64_t at, uint64_t end)
{
    unsigned level = 2;

    while (level > 0 && (at % sv39_span(level) != 0 || end - at < sv39_span(level))) {
        level--;
    }
    return level;
}

/* Map [@start, @end) of RAM where the direct map has it, into the tables under @root. */
static int map_direct(pte_t *root, uint64_t start, uint64_t end, uint64_t flags, int (*take)(paddr_t *out))
{
    for (uint64_t at = start; at < end;) {
        unsigned leaf = leaf_level(at, end);
        pte_t *table = root;

        for (unsigned level = 2; level > leaf; level--) {
            pte_t *entry = &table[sv39_index(ARCH_DIRECT_BASE + at, level)];

            if (*entry == 0) {
                paddr_t below;
                int error = take(&below);

                if (error) {
                    return error;
                }
                *entry = pte_make(below, PTE_V);
            }
            table = arch_direct(pte_frame(*entry));
        }
        /* As many leaves of this size as the table has room for: where it ends, a larger one may fit again. */
        unsigned index = sv39_index(ARCH_DIRECT_BASE + at, leaf);
        uint64_t span = sv39_span(leaf), fitting = (end - at) / span, room = SV39_ENTRIES - index;
        uint64_t count = fitting < room ? fitting : room;

        store_leaves(&table[index], at, span, count, flags);
        at += count * span;
    }
    return 0;
}

/* The same, with the image's text and constants read-only. */
static int map_ram(pte_t *root, uint64_t start, uint64_t end, int (*take)(paddr_t *out))
{
    uint64_t ro_start = read_only.start.value, ro_end = read_only.end.value;

    if (ro_start < start || ro_end > end) {
        return map_direct(root, start, end, SUPERVISOR_DATA, take);
    }
    int error = map_direct(root, start, ro_start, SUPERVISOR_DATA, take);

    if (error == 0) {
        error = map_direct(root, ro_start, ro_end, SUPERVISOR_LEAF | PTE_R, take);
    }
    return error ? error : map_direct(root, ro_end, end, SUPERVISOR_DATA, take);
}

/* One bank less the holes, which are sorted and don't overlap. */
static int map_bank(pte_t *root, struct memory_span bank, const struct memory_span *holes, size_t hole_count,
                    int (*take)(paddr_t *out))
{
    uint64_t at = bank.start.value, end = bank.end.value;
    int error = 0;

    if (end > ARCH_DIRECT_LIMIT) {
        end = ARCH_DIRECT_LIMIT;
    }
    for (size_t i = 0; i < hole_count && error == 0; i++) {
        uint64_t hole_start = holes[i].start.value, hole_end = holes[i].end.value;

        if (hole_end <= at || hole_start >= end) {
            continue;
        }
        if (hole_start > at) {
            error = map_ram(root, at, hole_start, take);
        }
        at = hole_end;
    }
    return error == 0 && at < end ? map_ram(root, at, end, take) : error;
}

static void find_root_runs(void)
{
    const pte_t *root = boot_tables.root;

    for (uint16_t slot = SV39_USER_ROOT_ENTRIES; slot < SV39_ENTRIES; slot++) {
        if (root[slot] == 0) {
            continue;
        }
        uint16_t first = slot;

        while (slot < SV39_ENTRIES && root[slot] != 0) {
            slot++;
        }
        ASSERT(root_run_count < ROOT_RUNS_MAX);
        root_runs[root_run_count++] = (struct root_run){ first, slot };
    }
}

int supervisor_map_exact(const struct memory_span *banks, size_t bank_count, const struct memory_span *holes,
                         size_t hole_count, int (*take)(paddr_t *out))
{
    paddr_t frame;
    int error = take(&frame);

    /* Made beside the rough one, which the new tables are reached through, and put in its place at the end. */
    if (error) {
        return error;
    }
    pte_t *root = arch_direct(frame);

    for (size_t i = 0; i < bank_count; i++) {
        error = map_bank(root, banks[i], holes, hole_count, take);
        if (error) {
            return error;
        }
    }
    memcpy(&boot_tables.root[SV39_USER_ROOT_ENTRIES], &root[SV39_USER_ROOT_ENTRIES],
           (sv39_index(ARCH_DESCRIPTOR_BASE, 2) - SV39_USER_ROOT_ENTRIES) * sizeof(pte_t));
    find_root_runs();
    arch_fence_all();
    return 0;
}

void arch_root_prepare(pte_t *root)
{
    for (size_t i = 0; i < root_run_count; i++) {
        for (unsigned slot = root_runs[i].first; slot < root_runs[i].end; slot++) {
            root[slot] = boot_tables.root[slot];
        }
    }
}

void arch_root_clear(pte_t *root)
{
    for (size_t i = 0; i < root_run_count; i++) {
        for (unsigned slot = root_runs[i].first; slot < root_runs[i].end; slot++) {
            root[slot] = 0;
        }
    }
}

uint64_t arch_supervisor_satp(void)
{
    return sv39_satp(paddr(image_physical + (uint64_t)((char *)boot_tables.root - image_start)), 0);
}

uint64_t supervisor_map_stacks(void)
{
    return ARCH_IMAGE_BASE + BOOT_STACKS_LEVEL1 * sv39_span(1);
}

int supervisor_map_page(uint64_t address, paddr_t frame, int (*take)(paddr_t *out))
{
    pte_t *entry = &boot_tables.image_level1[sv39_index(address, 1)];

    if (*entry == 0) {
        paddr_t table;
        int error = take(&table);

        if (error) {
            return error;
        }
        *entry = pte_make(table, PTE_V);
    }
    ((pte_t *)arch_direct(pte_frame(*entry)))[sv39_index(address, 0)] = pte_make(frame, SUPERVISOR_DATA);
    arch_fence_all();
    return 0;
}

bool arch_descriptor_table_missing(const void *page)
{
    return boot_tables.descriptor_level1[sv39_index((uint64_t)page, 1)] == 0;
}

void arch_descriptor_table_give(const void *page, paddr_t table)
{
    boot_tables.descriptor_level1[sv39_index((uint64_t)page, 1)] = pte_make(table, PTE_V);
}

void arch_descriptor_page_map(void *page, paddr_t frame)
{
    pte_t *table = arch_direct(pte_frame(boot_tables.descriptor_level1[sv39_index((uint64_t)page, 1)]));

    table[sv39_index((uint64_t)page, 0)] = pte_make(frame, SUPERVISOR_DATA);
    __asm__ volatile("sfence.vma %0" ::"r"(page) : "memory");
}

/* Big register blocks (a PLIC has megabytes) take 2 MiB leaves, small ones share a level-0 table. */
static void *map_megapages(uint64_t base, uint64_t end)
{
    uint64_t count = (ALIGNED_UP(end, sv39_span(1)) - base) / sv39_span(1);
    uint64_t first = BOOT_DEVICE_LEVEL1 + 1 + device_megapages;

    if (count > SV39_ENTRIES - first) {
        return NULL;
    }
    for (uint64_t i = 0; i < count; i++) {
        boot_tables.image_level1[first + i] = pte_make(paddr(base + i * sv39_span(1)), SUPERVISOR_DATA);
    }
    device_megapages += count;
    return (void *)(ARCH_IMAGE_BASE + first * sv39_span(1));
}

static void *map_pages(uint64_t base, uint64_t end)
{
    uint64_t count = (end - base) >> PAGE_SHIFT;
    uint64_t window = ARCH_IMAGE_BASE + BOOT_DEVICE_LEVEL1 * sv39_span(1) + (device_pages << PAGE_SHIFT);

    if (count > SV39_ENTRIES - device_pages) {
        return NULL;
    }
    for (uint64_t i = 0; i < count; i++) {
        boot_tables.device_level0[device_pages++] = pte_make(paddr(base + (i << PAGE_SHIFT)), SUPERVISOR_DATA);
    }
    return (void *)window;
}

void *arch_device_map(paddr_t base, uint64_t size_bytes)
{
    uint64_t first = page_round_down(base.value), end;

    if (size_bytes == 0 || add_overflows(base.value, size_bytes, &end) || page_round_up_overflows(end, &end) ||
        end > PTE_FRAME_MASK) {
        return NULL;
    }
    bool big = size_bytes >= sv39_span(1) && ALIGNED_DOWN(first, sv39_span(1)) == first;
    char *window = big ? map_megapages(first, end) : map_pages(first, end);

    arch_fence_all();
    return window == NULL ? NULL : window + (base.value & PAGE_MASK);
}
