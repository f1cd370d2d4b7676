#pragma once

#include "arch.h"
#include "types.h"

/*
 * The fence ledger of a debug build: which reduced page-table entries, and which new instructions, a hart may still
 * know otherwise; see fence_ledger.c. What breaks the rules is a panic that names the frame, space, address and hart. In
 * a release build nothing of it is left.
 *
 * Locks: the supervisor's lock is held in every call.
 */
struct space;

/* What the calls below come down to. */
void fence_ledger_reset(void);
void fence_ledger_add_table(const struct space *space, uint64_t address, paddr_t frame);
void fence_ledger_add_leaf(const struct space *space, uint64_t address, paddr_t frame);
void fence_ledger_add_range(const struct space *space, uint64_t start, uint64_t end);
void fence_ledger_add_code(const struct space *space, uint64_t start, uint64_t end);
void fence_ledger_note_satp(void);
void fence_ledger_note_all(uint32_t which);
void fence_ledger_note_asid(uint32_t which, uint64_t asid);
void fence_ledger_note_page(uint64_t address, uint64_t asid);
void fence_ledger_note_instructions(uint32_t which);
void fence_ledger_note_stale(const struct space *space);
void fence_ledger_note_end(const struct space *space);
void fence_ledger_check_entered(const struct space *space, uint64_t serial);
void fence_ledger_check_verified(const struct space *space);
void fence_ledger_check_region(uint64_t serial);
void fence_ledger_check_free(paddr_t frame);

static inline void fence_ledger_start(void)
{
    if (CONFIG_DEBUG) {
        fence_ledger_reset();
    }
}

/*
 * An entry of @space (NULL: of all of them) that led to the table at @frame leads there no more; the leaf at @address
 * shows @frame no more, or with fewer rights; leaves of [@start, @end) may have lost rights.
 */
static inline void fence_ledger_table(const struct space *space, uint64_t address, paddr_t frame)
{
    if (CONFIG_DEBUG) {
        fence_ledger_add_table(space, address, frame);
    }
}

static inline void fence_ledger_leaf(const struct space *space, uint64_t address, paddr_t frame)
{
    if (CONFIG_DEBUG) {
        fence_ledger_add_leaf(space, address, frame);
    }
}

static inline void fence_ledger_range(const struct space *space, uint64_t start, uint64_t end)
{
    if (CONFIG_DEBUG) {
        fence_ledger_add_range(space, start, end);
    }
}

/* Leaves of [@start, @end) show instructions that were not there before. */
static inline void fence_ledger_code(const struct space *space, uint64_t start, uint64_t end)
{
    if (CONFIG_DEBUG) {
        fence_ledger_add_code(space, start, end);
    }
}

/* @space has other harts in `stale` or `stale_code`; it has ended. */
static inline void fence_ledger_stale(const struct space *space)
{
    if (CONFIG_DEBUG) {
        fence_ledger_note_stale(space);
    }
}

static inline void fence_ledger_end(const struct space *space)
{
    if (CONFIG_DEBUG) {
        fence_ledger_note_end(space);
    }
}

/*
 * This hart has set satp for @space and fenced what it had to, its marks are still there; it runs in @space as it is;
 * the tables of the windows with @serial go; @frame is free.
 */
static inline void fence_ledger_entered(const struct space *space, uint64_t serial)
{
    if (CONFIG_DEBUG) {
        fence_ledger_check_entered(space, serial);
    }
}

static inline void fence_ledger_verified(const struct space *space)
{
    if (CONFIG_DEBUG) {
        fence_ledger_check_verified(space);
    }
}

static inline void fence_ledger_region(uint64_t serial)
{
    if (CONFIG_DEBUG) {
        fence_ledger_check_region(serial);
    }
}

static inline void fence_ledger_free(paddr_t frame)
{
    if (CONFIG_DEBUG) {
        fence_ledger_check_free(frame);
    }
}

/* What arch does under the same names, entered in the ledger. */
static inline uint32_t fence_ledger_this_hart(void)
{
    return 1u << arch_hart_index();
}

static inline void fence_ledger_set_satp(uint64_t satp)
{
    arch_satp_set(satp);
    if (CONFIG_DEBUG) {
        fence_ledger_note_satp();
    }
}

static inline void fence_ledger_fence_all(void)
{
    arch_fence_all();
    if (CONFIG_DEBUG) {
        fence_ledger_note_all(fence_ledger_this_hart());
    }
}

static inline void fence_ledger_fence_asid(uint64_t asid)
{
    arch_fence_asid(asid);
    if (CONFIG_DEBUG) {
        fence_ledger_note_asid(fence_ledger_this_hart(), asid);
    }
}

static inline void fence_ledger_fence_page(uint64_t address, uint64_t asid)
{
    arch_fence_page(address, asid);
    if (CONFIG_DEBUG) {
        fence_ledger_note_page(address, asid);
    }
}

static inline void fence_ledger_fence_instructions(void)
{
    arch_fence_instructions();
    if (CONFIG_DEBUG) {
        fence_ledger_note_instructions(fence_ledger_this_hart());
    }
}

static inline void fence_ledger_remote_fence_all(uint32_t which)
{
    arch_remote_fence_all(which);
    if (CONFIG_DEBUG) {
        fence_ledger_note_all(which);
    }
}

static inline void fence_ledger_remote_fence_asid(uint32_t which, uint64_t asid)
{
    arch_remote_fence_asid(which, asid);
    if (CONFIG_DEBUG) {
        fence_ledger_note_asid(which, asid);
    }
}

static inline void fence_ledger_remote_fence_instructions(uint32_t which)
{
    arch_remote_fence_instructions(which);
    if (CONFIG_DEBUG) {
        fence_ledger_note_instructions(which);
    }
}
