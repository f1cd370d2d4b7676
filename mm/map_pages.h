#pragma once

#include "abi_types.h"
#include "frame.h"
#include "map.h"

/*
 * Inside mm: what the files of the map share. Entries, and the leaves that show them.
 */

/* The first entry that ends behind @address, or NULL. */
struct map_entry *map_entry_from(const struct map *map, uint64_t address);

/* Drop every entry of a map that ends; leaves are left to who drops the tables. */
void map_entries_drop(struct map *map);

/*
 * Give @to, which has none, a copy of every entry of @from. Returns 0, or -ENOMEM: then @to has some of them, and is to
 * be destroyed.
 */
int map_entries_copy(struct map *to, const struct map *from);

/* Take every leaf of [@start, @end) out of the map's own tables, flush, and put the frames. */
void map_pages_clear(struct map *map, uint64_t start, uint64_t end);

/* The same, but tables that are empty then stay, until map_pages_prune() drops what is empty in the range. */
void map_pages_clear_leaves(struct map *map, uint64_t start, uint64_t end);
void map_pages_prune(struct map *map, uint64_t start, uint64_t end);

/*
 * The object of @entry is about to lose the pages that [@start, @end) of the entry shows: take the leaves that show
 * them out of its map, flush, and put the frames. Private copies stay. The map may be one that runs on another hart, so
 * no table of it goes; what that hart has looked at while the lock was dropped is told by change_count.
 */
void map_pages_take_back(const struct map_entry *entry, uint64_t start, uint64_t end);

/*
 * Give the leaves of [@start, @end) the rights of @protection, but for PTE_W where there was none: that is for the
 * next fault to decide. Flushes.
 */
void map_pages_protect(struct map *map, uint64_t start, uint64_t end, uint8_t protection);

/* The page of the object of @entry that @address shows. */
static inline uint64_t map_page_in_object(const struct map_entry *entry, uint64_t address)
{
    return entry->object_page + ((address - entry->start) >> PAGE_SHIFT);
}

/* The flags of a leaf that shows an entry of @protection read-only. @protection is not ABI_PROT_NONE. */
static inline uint64_t map_leaf_flags(uint8_t protection)
{
    uint64_t readable = (protection & (ABI_PROT_READ | ABI_PROT_WRITE)) != 0 ? PTE_R : 0;

    return PTE_V | PTE_U | PTE_A | readable | ((protection & ABI_PROT_EXEC) != 0 ? PTE_X : 0);
}

/* Whether a leaf allows @access, one ABI_PROT_ bit. */
static inline bool map_leaf_allows(pte_t pte, uint8_t access)
{
    pte_t needed = (access & ABI_PROT_WRITE) != 0 ? PTE_W : (access & ABI_PROT_EXEC) != 0 ? PTE_X : PTE_R;

    return (pte & PTE_V) != 0 && (pte & needed) != 0;
}

/* Drop the translation of one page. */
static inline void map_flush_page(struct map *map, uint64_t address)
{
    space_flush_page(&map->space, page_round_down(address));
}

/*
 * The leaf of @map at @address shows @frame for execution. What the initrd holds was there before any hart fetched its
 * first instruction; any other frame may have held other instructions before.
 */
static inline void map_show_code(struct map *map, uint64_t address, paddr_t frame)
{
    if (frame_of(frame)->kind != FRAME_INITRD) {
        fence_ledger_code(&map->space, page_round_down(address), page_round_down(address) + PAGE_SIZE);
        space_code_changed(&map->space);
    }
}

/*
 * A new frame of @account, one reference, with the contents of @source, which the caller's leaf or entry holds; where that can end
 * meanwhile, the caller looks again, and drops what may have been copied too late. Returns 0 or -ENOMEM.
 */
int map_copy_page_relock(struct account *account, paddr_t source, paddr_t *out);

/*
 * A store to a private page that may be written by copying; @leaf shows it read-only. The frame is taken if it is this
 * leaf's alone, else copied. Flushes the page. Returns 0 or -ENOMEM.
 */
int map_write_private_relock(struct map *map, uint64_t address, pte_t *leaf);

/*
 * A fault at @address, where there is no entry: the one above grows down to it, if that is what it does and there is
 * room, a gap kept to what lies below. Returns the entry, or NULL.
 */
const struct map_entry *map_grow_down(struct map *map, uint64_t address);

/* A fault where there is no entry: in the windows, or nowhere. Results of map_fault_relock(). */
int map_window_fault_relock(struct map *map, uint64_t address, uint8_t access);

/* Link the pristine data tables that [@start, @end) touches, where nothing is linked yet. */
void map_window_populate_relock(struct map *map, uint64_t start, uint64_t end);

/* [MAP_WINDOWS_START, MAP_WINDOWS_END) has no entries: the text window's root slot, and the data window. */
#define MAP_WINDOWS_START 0x40000000ull
#define MAP_WINDOWS_END (WINDOW_DATA_BASE + WINDOW_BYTES)

static inline bool map_touches_windows(uint64_t start, uint64_t end)
{
    return start < MAP_WINDOWS_END && end > MAP_WINDOWS_START;
}

/* [@start, @end), free again, may have made a gap that a later search must find. */
void map_room_freed(struct map *map, uint64_t start, uint64_t end);
