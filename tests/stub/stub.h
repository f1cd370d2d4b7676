#pragma once

#include "arch.h"

/*
 * What tests set and look at in the stand-in for arch.
 *
 * Typical use: stub_start(bytes) -> frame_init() over parts of [STUB_RAM_BASE, STUB_RAM_BASE + bytes) -> ...
 */

/*
 * What machine it is. Set before stub_start().
 */
struct stub_machine {
    unsigned hart_count;
    unsigned asid_bits;
    bool fences_pages; /* false: fences of a page do nothing (SiFive errata CIP-1200) */
    unsigned prefetch; /* how seldom a hart walks on its own: one in so many occasions; 0: never */
    uint64_t seed; /* of what is random */
};
extern struct stub_machine stub_machine;

/*
 * RAM of @bytes, all zero, taken from the host as it is touched; nothing known of it. Hart 0 runs in no user's space
 * and holds the supervisor's lock. Forgets all that was before.
 */
void stub_start(uint64_t bytes);

uint64_t stub_ram_size(void);

/* The n-th allocation from now on fails, and no other; 0: none. */
void stub_fail_allocation(uint64_t n);

/* Allocations asked for since stub_fail_allocation(). */
uint64_t stub_allocation_count(void);

/*
 * Who resolves the faults of user accesses, with the supervisor's lock held: 0 and the access is tried again, else it
 * is given up. @access is one ABI_PROT_ bit.
 */
void stub_set_fault_handler(int (*handler)(void *context, uint64_t address, uint8_t access), void *context);

/*
 * Access one user byte in the space that this hart runs in, through its TLB. The supervisor's lock is not held; faults
 * go to the handler. Return 0, or the handler's error; -ELOOP when the handler says again and again that the access may
 * be tried.
 */
int stub_user_load(uint64_t address, uint8_t *value);
int stub_user_store(uint64_t address, uint8_t value);
int stub_user_fetch(uint64_t address, uint8_t *value);

/* The code that runs is on this hart from now on; so is the supervisor's lock, if it was held. */
void stub_run_on(unsigned hart_index);

/* Like stub_run_on(), for a thread that has just begun, and holds no lock. */
void stub_be_hart(unsigned hart_index);

/* Who decides which hart goes on, where several threads are harts; NULL: nobody. The lock is free after before_lock(). */
struct stub_scheduler {
    void (*before_lock)(void);
    void (*after_unlock)(void);
};
extern const struct stub_scheduler *stub_scheduler;

/* A panic, unless every hart could use all that its TLB keeps for the space that it is in. */
void stub_check_tlbs(void);

/* From now on, a panic at a fence when a hart could still use a frame that is free. Off after stub_start(). */
void stub_watch_fences(bool on);

/* Whether a hart keeps a valid translation of @address, under whatever ASID. */
bool stub_keeps(unsigned hart_index, uint64_t address);

/* Counts since stub_start(). */
struct stub_counts {
    uint64_t flushes; /* of either kind, on the hart that runs */
    uint64_t full_flushes;
    uint64_t remote_fences; /* calls, but for those of instructions */
    uint64_t instruction_fences;
    uint64_t store_fences;
    uint64_t pages_zeroed;
    uint64_t pages_copied;
    uint64_t faults;
    uint64_t descriptor_pages;
    uint64_t descriptor_tables;
};
extern struct stub_counts stub_counts;

/* The frame behind the page of descriptors that has the one of @frame. */
paddr_t stub_descriptor_frame(paddr_t frame);
