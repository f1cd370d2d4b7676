#pragma once

#include "arch.h"
#include "fence_ledger.h"
#include "types.h"

/*
 * Address spaces as the harts' TLBs see them: which hart runs in which, under which ASID, and what has to be fenced
 * where, so that no hart ever uses a translation that is not to be used any more.
 *
 * Whoever takes a right away from a page-table entry, or lets it show another frame, calls one of the flushes before
 * the frame is put. Who makes an entry valid, or gives it rights, need not: a hart that has the older entry faults, and
 * is given a flush then.
 *
 * Locks: the supervisor's lock is held in every call.
 */
struct space {
    /* Fixed by space_init(). */
    paddr_t root;
    /* Under the supervisor's lock. */
    uint64_t satp; /* its ASID is valid while generation is the current one */
    uint64_t generation; /* 0: it has never had an ASID */
    uint64_t verified; /* the epoch of the hart that has nothing to do before it runs in the space; 0: none */
    uint32_t stale; /* harts that have to fence the ASID before they run in the space */
    uint32_t stale_code; /* harts that have to fence instructions before */
};

/*
 * Once, before the first space: harts keep ASIDs of @asid_bits, the first hart among them; a hart that is not
 * @fences_pages does not reliably fence by address, and fences everything instead (SiFive errata CIP-1200).
 */
enum space_fences { SPACE_FENCES_PAGES, SPACE_FENCES_ALL };
void spaces_init(unsigned asid_bits, enum space_fences fences);

/* A hart starts to take part; its translations are empty. Called on that hart. */
void spaces_add_hart(void);

/* The space of the root table @root, which is empty. */
void space_init(struct space *space, paddr_t root);

/* No hart runs in it, and none will. */
void space_end(struct space *space);

/*
 * Run in @space from now on, whose root table shows the text of the windows with @serial (0: of none); the same where
 * space_is_verified(); and in no user's.
 */
void space_enter(struct space *space, uint64_t serial);
void space_leave(void);

static inline bool space_is_verified(const struct space *space)
{
    return space->verified == arch_translations()->epoch;
}

static inline void space_enter_verified(struct space *space)
{
    arch_translations()->space = space;
    fence_ledger_set_satp(space->satp);
    fence_ledger_verified(space);
}

/* The root table shows the text of other windows from now on. No hart runs in the space. */
static inline void space_region_changed(struct space *space)
{
    space->verified = 0;
}

/* No translation of the page at @address, or of [@start, @start + @pages pages), is used after the call. */
void space_flush_page(struct space *space, uint64_t address);
void space_flush_pages(struct space *space, uint64_t start, uint64_t pages);

/* The same for everything that the space does not share, entries that lead to tables too. */
void space_flush_all(struct space *space);

/* No translation of any space is used after the call, on any hart: tables that several spaces share have changed. */
void spaces_flush_all(void);

/* The windows with @serial, shown by no space any more, are about to go. */
void spaces_forget_region(uint64_t serial);

/* A frame with instructions that were not there before is about to be shown: to this space, or to all. */
void space_code_changed(struct space *space);
void spaces_code_changed(void);
