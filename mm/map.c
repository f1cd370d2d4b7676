/*
 * Maps: birth and end of an address space, its windows, and where there is room.
 *
 *     0x0000_0000   never mapped
 *     0x0001_0000   programs that were linked there
 *     0x4000_0000   no entries: root slot 1 is the text window's alone, the data window follows in slot 2
 *     0x9000_0000   MAP_AREA_START: mappings that fit, from the top down
 *     0x9f7f_f000   MAP_STACK_START: a gap, then what the main stack may grow to
 *     0xa00f_f000   MAP_STACK_END: guard page
 *     0xa010_0000   MAP_IMAGE_START: image, then heap, to MAP_IMAGE_END
 *     0x1_0000_0000 MAP_LARGE_START: larger mappings, from the bottom up, to the end of the users' half
 *
 * Invariants (for the auditor, by these names; those about leaves are in map_fault.c):
 *     entry-sorted     entries don't overlap, are page-aligned, not empty, and inside the users' half
 *     entry-windows    no entry touches root slot 1 or the data window
 *     entry-merged     no two neighbours could be one entry
 *     entry-rights     protection is within max_protection, never has W and X together; no shared entry of an initrd
 *                      file has W in its maximum; a shared entry has an object
 *     entry-object     an entry is in its object's list of mappings and holds one reference on it
 *     entry-count      entry_count is the number of entries; `recent` is one of them or NULL
 *     room             between where searches of an area begin and `from`, there is no gap of `size` bytes or more
 *     heap             heap_start <= heap_end
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: map_create_relock() -> map_attach() -> map_add() ... -> map_detach() -> map_destroy()
 */
#include "map.h"

#include "abi_errno.h"
#include "checked.h"
#include "map_pages.h"
#include "panic.h"
#include "pool.h"
#include "table.h"

/* Of the groups of slot 2's table, those of the data window. */
#define DATA_WINDOW_GROUPS ((1u << (WINDOW_DATA_TABLES / TABLE_GROUP)) - 1)

static struct pool map_pool = POOL("map", struct map);

int map_create_relock(struct account *account, struct map **out)
{
    struct map *map = pool_alloc(&map_pool);

    if (map == NULL) {
        return -ENOMEM;
    }
    paddr_t root;

    if (table_create_relock(account, &root) != 0) {
        pool_free(&map_pool, map);
        return -ENOMEM;
    }
    arch_root_prepare(table_entries(root));
    space_init(&map->space, root);
    map->account = account;
    map->entries = (struct tree){ 0 };
    map->recent = NULL;
    map->entry_count = 0;
    map->area_room = (struct map_room){ .size = PAGE_SIZE, .from = MAP_STACK_START };
    map->large_room = (struct map_room){ .size = PAGE_SIZE, .from = MAP_LARGE_START };
    map->heap_start = 0;
    map->heap_end = 0;
    map->windows = NULL;
    map->uses = NULL;
    map->change_count = 0;
    account_get(account);
    *out = map;
    return 0;
}

void map_destroy(struct map *map)
{
    ASSERT(map->windows == NULL && map->uses == NULL);
    map_entries_drop(map);
    space_end(&map->space);
    arch_root_clear(table_entries(map->space.root));
    table_drop(map->account, map->space.root, 2);
    account_put(map->account);
    pool_free(&map_pool, map);
}

static inline void link_windows(struct map *map, struct windows *windows)
{
    frame_get(windows->text);
    table_set(map->space.root, WINDOW_TEXT_ROOT_SLOT, pte_make(windows->text, PTE_V | PTE_SHARED));
    map->windows = windows;
    space_region_changed(&map->space);
    list_push_back(&windows->maps, &map->windows_link);
}

int map_attach(struct map *map, struct windows *windows)
{
    arch_assert_locked();
    if (map->windows != NULL) {
        return -EBUSY;
    }
    link_windows(map, windows);
    return 0;
}

void map_enter_unverified(struct map *map)
{
    space_enter(&map->space, map->windows == NULL ? 0 : map->windows->serial);
}

void map_detach(struct map *map)
{
    arch_assert_locked();
    ASSERT(map->windows != NULL);
    pte_t slot = table_entries(map->space.root)[WINDOW_DATA_ROOT_SLOT];
    struct table_gather gather;

    space_region_changed(&map->space);
    table_gather_start(&gather, &map->space, map->account, WINDOW_DATA_BASE, WINDOW_DATA_BASE + WINDOW_BYTES);
    table_gather_entry(&gather, map->space.root, WINDOW_TEXT_ROOT_SLOT);
    if (slot != 0 && (frame_of(pte_frame(slot))->groups & DATA_WINDOW_GROUPS) != 0) {
        gather.takes_shared = true;
        table_clear_range(pte_frame(slot), WINDOW_DATA_BASE, WINDOW_DATA_BASE + WINDOW_BYTES, &gather);
    }
    table_gather_finish(&gather);
    list_remove(&map->windows_link);
    map->windows = NULL;
}

/* Links to the level-0 tables of the old windows go; the next read under them links the new ones'. */
void map_change_windows(struct map *map, struct windows *windows)
{
    arch_assert_locked();
    ASSERT(map->windows != NULL && map->windows != windows);
    pte_t slot = table_entries(map->space.root)[WINDOW_DATA_ROOT_SLOT];
    struct table_gather gather;

    table_gather_start(&gather, &map->space, map->account, WINDOW_DATA_BASE, WINDOW_DATA_BASE + WINDOW_BYTES);
    table_gather_entry(&gather, map->space.root, WINDOW_TEXT_ROOT_SLOT);
    for (unsigned index = 0; slot != 0 && index < WINDOW_DATA_TABLES; index++) {
        if ((table_entries(pte_frame(slot))[index] & PTE_SHARED) != 0) {
            table_gather_entry(&gather, pte_frame(slot), index);
        }
    }
    table_gather_finish(&gather);
    list_remove(&map->windows_link);
    link_windows(map, windows);
}

struct map_entry *map_entry_from(const struct map *map, uint64_t address)
{
    struct tree_node *node = map->entries.root;
    struct map_entry *found = NULL;

    while (node != NULL) {
        struct map_entry *entry = CONTAINER_OF(node, struct map_entry, node);

        if (entry->end > address) {
            found = entry;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

struct map_entry *map_find_anew(struct map *map, uint64_t address)
{
    struct map_entry *entry = map_entry_from(map, address);

    if (entry == NULL || entry->start > address) {
        return NULL;
    }
    map->recent = entry;
    return entry;
}

static struct map_entry *entry_of(struct tree_node *node)
{
    return node == NULL ? NULL : CONTAINER_OF(node, struct map_entry, node);
}

struct map_entry *map_first(struct map *map)
{
    return entry_of(tree_first(&map->entries));
}

struct map_entry *map_following(struct map_entry *entry)
{
    return entry_of(tree_next(&entry->node));
}

/* The last entry that starts below @address, or NULL. */
static struct map_entry *entry_below(const struct map *map, uint64_t address)
{
    struct tree_node *node = map->entries.root;
    struct map_entry *found = NULL;

    while (node != NULL) {
        struct map_entry *entry = CONTAINER_OF(node, struct map_entry, node);

        if (entry->start < address) {
            found = entry;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return found;
}

/* The highest gap of [MAP_AREA_START, MAP_STACK_START) that @size fits into. */
static bool find_below_stack(struct map *map, uint64_t size, uint64_t *start)
{
    struct map_room *room = &map->area_room;
    uint64_t end = size >= room->size ? room->from : MAP_STACK_START;
    struct map_entry *entry = entry_below(map, end);

    while (end > MAP_AREA_START) {
        uint64_t floor = entry != NULL && entry->end > MAP_AREA_START ? entry->end : MAP_AREA_START;

        if (floor < end && size <= end - floor) {
            break;
        }
        end = entry != NULL && entry->start > MAP_AREA_START ? entry->start : MAP_AREA_START;
        entry = entry == NULL ? NULL : entry_of(tree_previous(&entry->node));
    }
    *room = (struct map_room){ .size = size, .from = end };
    *start = end - size;
    return end > MAP_AREA_START;
}

/* The lowest gap from MAP_LARGE_START on that @size fits into. */
static bool find_large(struct map *map, uint64_t size, uint64_t *start)
{
    struct map_room *room = &map->large_room;
    uint64_t begin = size >= room->size ? room->from : MAP_LARGE_START;
    struct map_entry *entry = map_entry_from(map, begin);

    while (begin < SV39_USER_END) {
        uint64_t limit = entry != NULL ? entry->start : SV39_USER_END;

        if (limit > begin && size <= limit - begin) {
            break;
        }
        begin = entry != NULL ? entry->end : SV39_USER_END;
        entry = entry == NULL ? NULL : map_following(entry);
    }
    *room = (struct map_room){ .size = size, .from = begin };
    *start = begin;
    return begin < SV39_USER_END;
}

/* Whether [@start, @start + @size) can be given to who asks for just that place. */
static bool is_free(const struct map *map, uint64_t start, uint64_t size)
{
    if (start < MAP_FIRST_ADDRESS || !fits_below(start, size, SV39_USER_END) ||
        map_touches_windows(start, start + size)) {
        return false;
    }
    struct map_entry *entry = map_entry_from(map, start);

    return entry == NULL || entry->start >= start + size;
}

int map_find_room(struct map *map, uint64_t size_bytes, uint64_t hint, uint64_t *start)
{
    if (size_bytes == 0 || size_bytes > SV39_USER_END) {
        return -ENOMEM;
    }
    uint64_t size = page_round_up(size_bytes);

    if (hint != 0 && is_free(map, page_round_down(hint), size)) {
        *start = page_round_down(hint);
        return 0;
    }
    uint64_t found;

    if (!find_below_stack(map, size, &found) && !find_large(map, size, &found)) {
        return -ENOMEM;
    }
    *start = found;
    return 0;
}

void map_room_freed(struct map *map, uint64_t start, uint64_t end)
{
    struct map_room *area = &map->area_room, *large = &map->large_room;

    if (end > area->from && start < MAP_STACK_START && end > MAP_AREA_START) {
        struct map_entry *above = map_entry_from(map, end);
        uint64_t gap_end = above != NULL && above->start < MAP_STACK_START ? above->start : MAP_STACK_START;

        area->from = gap_end > area->from ? gap_end : area->from;
    }
    if (start < large->from && end > MAP_LARGE_START) {
        struct map_entry *below = entry_below(map, start);
        uint64_t gap_start = below != NULL && below->end > MAP_LARGE_START ? below->end : MAP_LARGE_START;

        large->from = gap_start < large->from ? gap_start : large->from;
    }
}
