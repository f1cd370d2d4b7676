#pragma once

#include "arch.h"
#include "list.h"
#include "types.h"

/*
 * The page tables of a shared region's two windows, and the maps attached to them.
 *
 * Text window: the level-1 table and everything under it is the region's; a map attaches with one store into its root
 *   (slot TEXT_ROOT_SLOT, which holds nothing else).
 * Data window: `data` is a table of the region with level-1 entries 0..127; under it level-0 tables with the pristine
 *   pages, none of them writable. A map links such a level-0 table (PTE_SHARED) on its first read fault under it, and
 *   replaces it by a table of its own, filled by faults, on its first write.
 *
 * So loading an image stores into the region's tables only, whatever the number of maps attached.
 */
#define WINDOW_TEXT_BASE 0x70000000ull
#define WINDOW_DATA_BASE 0x80000000ull
#define WINDOW_BYTES 0x10000000ull
#define WINDOW_TEXT_ROOT_SLOT 1u
#define WINDOW_DATA_ROOT_SLOT 2u
#define WINDOW_DATA_TABLES 128u /* level-1 entries of the data window, from index 0 of slot 2's table */

struct account;
struct windows {
    /* Fixed at creation. */
    struct account *account; /* of the tables; its reference is the region's */
    paddr_t text; /* level-1 table of root slot 1 */
    paddr_t data; /* level-1 table, entries 0..127 */
    uint64_t serial; /* never used twice; not 0 */
    /* Under the region's use: the supervisor's lock. */
    struct list maps; /* attached: struct map.windows_link */
};

/* Set up empty windows, whose tables are charged to @account. Returns 0 or -ENOMEM. */
int windows_init_relock(struct windows *windows, struct account *account);

/*
 * Let @to, which shows nothing there, show what the first @size bytes of either window of @from show, with tables of its
 * own. Nothing is mapped or unmapped in @from meanwhile. Returns 0; or -ENOMEM: then windows_destroy(@to) is due.
 */
int windows_copy_relock(const struct windows *from, struct windows *to, uint64_t size);

/* Drop every page and table. No map is attached any more. */
void windows_destroy(struct windows *windows);

/*
 * Map @frame at @address, which is in one of the windows, takes a reference on it. @flags: PTE_R, PTE_X for text,
 * PTE_R for data (a task's first store makes its own copy when @writable, else it faults).
 * Returns 0, -ENOMEM, or -EEXIST when something is mapped there. Loads reserve with windows_reserve_relock() first, and can't
 * fail then.
 */
int windows_map(struct windows *windows, uint64_t address, paddr_t frame, uint64_t flags, bool writable);

/*
 * Map frame_zero(), read-only, at every page of [@start, @start + @size), of the data window, where nothing is. Returns 0
 * or -ENOMEM.
 */
int windows_map_zeros_relock(struct windows *windows, uint64_t start, uint64_t size);

/* Make every table for [@start, @start + @size). Returns 0 or -ENOMEM: then tables made for it are gone again. */
int windows_reserve_relock(struct windows *windows, uint64_t start, uint64_t size);

/*
 * Unmap [@start, @start + @size): from the region's tables and from every attached map's own ones (private copies
 * too); tables that become empty go. No translation of it is used after the call returns.
 */
void windows_unmap(struct windows *windows, uint64_t start, uint64_t size);

/*
 * Forget the private copies that @map has of the data pages [@start, @start + @size): it sees the pristine ones again.
 * None of the copies is used after the call returns.
 */
struct map;
void windows_forget_copies(struct map *map, uint64_t start, uint64_t size);

/* The pristine entry for @address: 0 when nothing is loaded there. */
pte_t windows_entry(const struct windows *windows, uint64_t address);

/* Whether a store of a task to a pristine data page with this entry makes a private copy. */
#define PTE_COPY_ON_WRITE PTE_HELD /* in a valid leaf the bit has this meaning */
