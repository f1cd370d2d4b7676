/*
 * Ranges of leaves in a map's own tables: cleared, or given other rights.
 *
 * What visits a range visits only tables that are there and groups that were used, so that a range of 2^38 bytes costs
 * what is mapped in it. Windows are outside: no range reaches root slot 1 or the data window.
 *
 * A leaf whose entry allows no access is kept as PTE_HELD, without PTE_V: the frame, a private copy maybe, comes back
 * when access does.
 *
 * Locking: the supervisor's lock.
 */
#include "map_pages.h"

#include "table.h"

/* The end of the part of [@start, @end) that lies in the same entry of a table of @level as @start. */
static uint64_t part_end(uint64_t start, uint64_t end, unsigned level)
{
    uint64_t boundary = ALIGNED_DOWN(start, sv39_span(level)) + sv39_span(level);

    return end < boundary ? end : boundary;
}

static void clear(struct map *map, uint64_t start, uint64_t end, struct table_gather *gather)
{
    arch_assert_locked();
    while (start < end) {
        unsigned slot = sv39_index(start, 2);
        uint64_t limit = part_end(start, end, 2);
        pte_t pte = table_entries(map->space.root)[slot];

        if (pte != 0) {
            table_clear_range(pte_frame(pte), start, limit, gather);
            if (!gather->keeps_tables && frame_of(pte_frame(pte))->live == 0) {
                table_gather_cleared_table(gather, map->space.root, slot);
            }
        }
        start = limit;
    }
    table_gather_finish(gather);
}

void map_pages_clear(struct map *map, uint64_t start, uint64_t end)
{
    struct table_gather gather;

    table_gather_start(&gather, &map->space, map->account, start, end);
    clear(map, start, end, &gather);
}

void map_pages_clear_leaves(struct map *map, uint64_t start, uint64_t end)
{
    struct table_gather gather;

    table_gather_start(&gather, &map->space, map->account, start, end);
    gather.keeps_tables = true;
    clear(map, start, end, &gather);
}

void map_pages_prune(struct map *map, uint64_t start, uint64_t end)
{
    struct table_gather gather;

    table_gather_start(&gather, &map->space, map->account, start, end);
    gather.keeps_leaves = true;
    clear(map, start, end, &gather);
}

/* Whether @pte, at @address of @entry, shows what the object has there, zeros too, and not a private copy. */
static bool shows_object(const struct map_entry *entry, uint64_t address, pte_t pte)
{
    paddr_t shown = pte_frame(pte), frame;

    if (entry->sharing == MAP_ENTRY_SHARED || shown.value == frame_zero().value) {
        return true;
    }
    return object_page(entry->object, map_page_in_object(entry, address), &frame) == 0 && frame.value == shown.value;
}

/* [@start, @end) lies in the 2 MiB that @level0 covers. */
static void take_back_leaves(const struct map_entry *entry, paddr_t level0, uint64_t start, uint64_t end,
                             struct table_gather *gather)
{
    uint64_t base = ALIGNED_DOWN(start, sv39_span(1));
    unsigned limit = sv39_index(end - 1, 0) + 1;

    for (unsigned index = table_next_live(level0, sv39_index(start, 0), limit); index < limit;
         index = table_next_live(level0, index + 1, limit)) {
        uint64_t address = base + index * PAGE_SIZE;

        if (shows_object(entry, address, table_entries(level0)[index])) {
            table_gather_leaf(gather, level0, index, address);
        }
    }
}

void map_pages_take_back(const struct map_entry *entry, uint64_t start, uint64_t end)
{
    arch_assert_locked();
    struct map *map = entry->map;
    struct table_gather gather;

    map->change_count++;
    table_gather_start(&gather, &map->space, map->account, start, end);
    while (start < end) {
        pte_t pte = table_entries(map->space.root)[sv39_index(start, 2)];
        unsigned level = pte == 0 ? 2 : 1;
        uint64_t limit = part_end(start, end, level);

        if (level == 1) {
            pte = table_entries(pte_frame(pte))[sv39_index(start, 1)];
        }
        if (pte != 0) {
            take_back_leaves(entry, pte_frame(pte), start, limit, &gather);
        }
        start = limit;
    }
    table_gather_finish(&gather);
}

/* What @pte, which is not 0, is to be under @protection. */
static pte_t protected_leaf(pte_t pte, uint8_t protection)
{
    pte_t frame = pte & PTE_FRAME_MASK;

    if (protection == ABI_PROT_NONE) {
        return frame | PTE_HELD;
    }
    bool stays_writable = (protection & ABI_PROT_WRITE) != 0 && (pte & PTE_V) != 0 && (pte & PTE_W) != 0;

    return frame | map_leaf_flags(protection) | (stays_writable ? PTE_W | PTE_D : 0);
}

/* [@start, @end) lies in the 2 MiB that @level0 covers. Returns whether a leaf changed. */
static bool protect_leaves(paddr_t level0, uint64_t start, uint64_t end, uint8_t protection)
{
    pte_t *entries = table_entries(level0);
    uint32_t groups = frame_of(level0)->groups;
    unsigned limit = sv39_index(end - 1, 0) + 1;
    bool changed = false;

    for (unsigned index = sv39_index(start, 0); index < limit; index++) {
        if ((groups >> (index / TABLE_GROUP) & 1) == 0) {
            index |= TABLE_GROUP - 1; /* to the group's last */
            continue;
        }
        pte_t old = entries[index], pte = old == 0 ? 0 : protected_leaf(old, protection);

        if (pte != old) {
            entries[index] = pte; /* as many as before: nothing to count */
            changed = true;
        }
    }
    return changed;
}

/* [@start, @end) lies in the 1 GiB that @level1 covers. Returns whether a leaf changed. */
static bool protect_tables(paddr_t level1, uint64_t start, uint64_t end, uint8_t protection)
{
    bool changed = false;

    while (start < end) {
        uint64_t limit = part_end(start, end, 1);
        pte_t pte = table_entries(level1)[sv39_index(start, 1)];

        if (pte != 0) {
            changed |= protect_leaves(pte_frame(pte), start, limit, protection);
        }
        start = limit;
    }
    return changed;
}

void map_pages_protect(struct map *map, uint64_t start, uint64_t end, uint8_t protection)
{
    arch_assert_locked();
    uint64_t first = start;
    bool changed = false;

    while (first < end) {
        uint64_t limit = part_end(first, end, 2);
        pte_t pte = table_entries(map->space.root)[sv39_index(first, 2)];

        if (pte != 0) {
            changed |= protect_tables(pte_frame(pte), first, limit, protection);
        }
        first = limit;
    }
    if (changed) {
        fence_ledger_range(&map->space, start, end);
        space_flush_pages(&map->space, start, (end - start) >> PAGE_SHIFT);
        if ((protection & ABI_PROT_EXEC) != 0) {
            fence_ledger_code(&map->space, start, end);
            space_code_changed(&map->space);
        }
    }
}
