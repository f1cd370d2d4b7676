#pragma once

#include "arch.h"

/*
 * What tests set and look at in the stand-in for arch.
 *
 * Typical use: stub_start(bytes) -> frame_init() over parts of [STUB_RAM_BASE, STUB_RAM_BASE + bytes) -> ...
 */

/* RAM of @bytes, all zero, taken from the host as it is touched; nothing known of it. Forgets all that was before. */
void stub_start(uint64_t bytes);

uint64_t stub_ram_size(void);

/* The n-th allocation from now on fails, and no other; 0: none. */
void stub_fail_allocation(uint64_t n);

/* Allocations asked for since stub_fail_allocation(). */
uint64_t stub_allocation_count(void);

/*
 * Who resolves the faults of user accesses: 0 and the access is tried again, else it is given up. @access is one
 * ABI_PROT_ bit.
 */
void stub_set_fault_handler(int (*handler)(void *context, uint64_t address, uint8_t access), void *context);

/*
 * Access one user byte in the space @root as a hart would: through a TLB that keeps every translation, also of what is
 * not mapped, until it is flushed. Faults go to the handler. Return 0, or the handler's error; -ELOOP when the handler
 * says again and again that the access may be tried.
 */
int stub_user_load(paddr_t root, uint64_t address, uint8_t *value);
int stub_user_store(paddr_t root, uint64_t address, uint8_t value);
int stub_user_fetch(paddr_t root, uint64_t address, uint8_t *value);

/* Counts since stub_start(). */
struct stub_counts {
    uint64_t flushes; /* of either kind */
    uint64_t full_flushes;
    uint64_t instruction_fences;
    uint64_t pages_zeroed;
    uint64_t pages_copied;
    uint64_t faults;
    uint64_t descriptor_pages;
    uint64_t descriptor_tables;
};
extern struct stub_counts stub_counts;

/* The frame behind the page of descriptors that has the one of @frame. */
paddr_t stub_descriptor_frame(paddr_t frame);
