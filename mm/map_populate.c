/*
 * Mapping ahead of faults what needs no new page: at spawn, the pages of a small image; MAP_POPULATE of files.
 *
 * Only an optimisation: a leaf made here is the one that a read fault would make, but that a shared page is mapped
 * read-only, so that the first store still goes through a fault.
 *
 * Invariants: those of leaves in map_fault.c.
 *
 * Locking: the supervisor's lock.
 */
#include "map.h"
#include "map_pages.h"
#include "table.h"

/* Map what the object of @entry holds of [@start, @end), inside it. Returns false where a table can't be had. */
static bool populate_entry(struct map *map, const struct map_entry *entry, uint64_t start, uint64_t end)
{
    uint64_t flags = map_leaf_flags(entry->protection);
    uint64_t page = entry->object_page + ((start - entry->start) >> PAGE_SHIFT);
    uint64_t table_end = 0; /* of what `level0` covers */
    paddr_t level0 = paddr(0), frame;

    for (uint64_t address = start; address < end; address += PAGE_SIZE, page++) {
        if (object_page(entry->object, page, &frame) != 0) {
            continue;
        }
        if (address >= table_end) {
            if (table_walk_create_relock(map->account, map->space.root, address, &level0) != 0) {
                return false;
            }
            table_end = ALIGNED_DOWN(address, sv39_span(1)) + sv39_span(1);
            if (object_page(entry->object, page, &frame) != 0) {
                continue; /* taken away while the table was made */
            }
        }
        pte_t *leaf = &table_entries(level0)[sv39_index(address, 0)];

        if (*leaf == 0 && frame_try_get(frame)) {
            table_store(leaf, pte_make(frame, flags));
            if ((flags & PTE_X) != 0) {
                map_show_code(map, address, frame);
            }
        }
    }
    return true;
}

/* The end of the part of an entry that its object can hold pages for. */
static uint64_t backed_end(const struct map_entry *entry)
{
    uint64_t pages = object_page_count(entry->object);
    uint64_t backed = entry->object_page < pages ? pages - entry->object_page : 0;

    return backed < (entry->end - entry->start) >> PAGE_SHIFT ? entry->start + (backed << PAGE_SHIFT) : entry->end;
}

void map_populate_relock(struct map *map, uint64_t start, uint64_t size_bytes)
{
    uint64_t end = size_bytes < SV39_USER_END - start ? start + size_bytes : SV39_USER_END;

    if (start >= SV39_USER_END) {
        return;
    }
    if (map_touches_windows(start, end)) {
        map_window_populate_relock(map, start, end);
    }
    for (struct map_entry *entry = map_entry_from(map, start); entry != NULL && entry->start < end;
         entry = map_following(entry)) {
        if (entry->object == NULL || entry->protection == ABI_PROT_NONE) {
            continue;
        }
        uint64_t first = entry->start > start ? entry->start : start, limit = backed_end(entry);

        if (!populate_entry(map, entry, first, limit < end ? limit : end)) {
            break;
        }
    }
}

bool map_make_pages_relock(struct map *map, uint64_t start, uint64_t end)
{
    const struct map_entry *entry = map_find(map, start);

    if (entry == NULL || (entry->protection & ABI_PROT_WRITE) == 0 ||
        (entry->sharing == MAP_ENTRY_PRIVATE && entry->object != NULL)) {
        return false;
    }
    while (start < end && map_fault_relock(map, start, ABI_PROT_WRITE) == 0) {
        start += PAGE_SIZE;
    }
    return start >= end;
}
