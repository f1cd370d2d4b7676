#pragma once

#include "sv39.h"

/*
 * The supervisor's tables that lie in the image: the root whose upper half every map copies, the level-1 tables of the
 * image's and the descriptors' root slots, and the level-0 tables of the image and the devices.
 */
struct boot_tables {
    pte_t root[SV39_ENTRIES];
    pte_t image_level1[SV39_ENTRIES];
    pte_t image_level0[SV39_ENTRIES];
    pte_t device_level0[SV39_ENTRIES];
    pte_t descriptor_level1[SV39_ENTRIES];
};

extern struct boot_tables boot_tables;

/* Level-1 entries of root slot 511: the image from 0, stacks of further harts and devices from here. */
#define BOOT_STACKS_LEVEL1 255
#define BOOT_DEVICE_LEVEL1 256

#define SUPERVISOR_LEAF (PTE_V | PTE_G | PTE_A)
#define SUPERVISOR_DATA (SUPERVISOR_LEAF | PTE_R | PTE_W | PTE_D)

/* Called by entry.S with the MMU off. Returns the value for satp. */
uint64_t boot_map_build(uint64_t image, uint64_t device_tree);

/* Symbols of pando.lds: only their addresses mean something. */
extern char image_start[], image_text_end[], image_build_id[], image_rodata_end[], image_stack_guard[],
    image_emergency_guard[], image_end[];
