/*
 * The first page tables, built before the MMU is on.
 *
 * This file runs at the address where the image was loaded, not where it is linked: it may use the addresses of code
 * and data only as the compiler computes them, from pc (medany), never stored ones. So no pointers in initialised
 * data, and no switch, which may become a table of them.
 *
 * Mapped here: the image, each page with the protection of its section, the guard pages under the stacks not at all;
 * and, as gigabytes, what holds the image and the device tree, in the direct map, until supervisor_map.c knows RAM.
 */
#include "boot_map.h"

#include "arch.h"
#include "csr.h"

__attribute__((section(".pages.tables"), aligned(4096))) struct boot_tables boot_tables;

static uint64_t image_protection(const char *page)
{
    if (page < image_text_end) {
        return SUPERVISOR_LEAF | PTE_R | PTE_X;
    }
    if (page < image_rodata_end) {
        return SUPERVISOR_LEAF | PTE_R;
    }
    return page == image_stack_guard || page == image_emergency_guard ? 0 : SUPERVISOR_DATA;
}

static void map_gigabyte(uint64_t address)
{
    uint64_t start = ALIGNED_DOWN(address, sv39_span(2));

    if (start < ARCH_DIRECT_LIMIT) {
        boot_tables.root[sv39_index(ARCH_DIRECT_BASE + start, 2)] = pte_make(paddr(start), SUPERVISOR_DATA);
    }
}

uint64_t boot_map_build(uint64_t image, uint64_t device_tree)
{
    struct boot_tables *tables = &boot_tables;

    for (const char *page = image_start; page < image_end; page += PAGE_SIZE) {
        uint64_t protection = image_protection(page);

        if (protection != 0) {
            tables->image_level0[(uint64_t)(page - image_start) >> PAGE_SHIFT] =
                pte_make(paddr((uint64_t)page), protection);
        }
    }
    tables->image_level1[0] = pte_make(paddr((uint64_t)tables->image_level0), PTE_V);
    tables->image_level1[BOOT_DEVICE_LEVEL1] = pte_make(paddr((uint64_t)tables->device_level0), PTE_V);
    tables->root[sv39_index(ARCH_IMAGE_BASE, 2)] = pte_make(paddr((uint64_t)tables->image_level1), PTE_V);
    tables->root[sv39_index(ARCH_DESCRIPTOR_BASE, 2)] = pte_make(paddr((uint64_t)tables->descriptor_level1), PTE_V);
    map_gigabyte(image);
    map_gigabyte(device_tree);
    map_gigabyte(device_tree + sv39_span(1)); /* a device tree that crosses into the next one */
    return sv39_satp(paddr((uint64_t)tables->root), 0);
}
