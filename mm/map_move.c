/*
 * What a map shows, made larger or smaller, or shown elsewhere; and forgotten. Stacks that grow.
 *
 * A page that moves is a leaf that moves: its frame, its rights and who else shows it stay as they are, and so does a
 * held one. Nothing is copied.
 *
 *     smaller       the rest is unmapped
 *     larger        the entry grows over what is free behind it
 *     elsewhere     entries in reserve, tables for the leaves at the target     (the last step that can fail)
 *                   -> the target is a hole -> leaves move -> the old place is a hole -> the new entry
 *
 * Tables are made at the target while it may still show something else: so nothing is lost when one can't be had.
 * Those that stay empty go again, like those of the old place.
 *
 * Invariants: those named entry-... and room in map.c; leaves are in entries as map_fault.c says.
 *
 * Locking: the supervisor's lock; dropped while tables are made. Entries are the running task's own meanwhile; leaves
 * may go, and are looked at again.
 *
 * Typical use: map_add() -> map_move_relock() -> map_forget() -> map_remove()
 */
#include "abi_errno.h"
#include "checked.h"
#include "map.h"
#include "map_entries.h"
#include "map_pages.h"
#include "panic.h"
#include "table.h"

static uint64_t smaller_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool overlaps(uint64_t start, uint64_t size, uint64_t other, uint64_t other_size)
{
    return start < other + other_size && other < start + size;
}

/* The errors of a move that don't depend on what is there. */
static int check_move(const struct map_move *move)
{
    uint64_t end;

    if (!is_page_aligned(move->start | move->old_bytes | move->new_bytes) || move->new_bytes == 0 ||
        add_overflows(move->start, move->old_bytes, &end)) {
        return -EINVAL;
    }
    if (move->place == MAP_MOVE_TARGET) {
        if (!is_page_aligned(move->target) || !fits_below(move->target, move->new_bytes, SV39_USER_END) ||
            overlaps(move->target, move->new_bytes, move->start, move->old_bytes)) {
            return -EINVAL;
        }
        if (map_touches_windows(move->target, move->target + move->new_bytes)) {
            return -EPERM;
        }
        if (move->target < MAP_FIRST_ADDRESS) {
            return -ENOMEM;
        }
    }
    return map_touches_windows(move->start, move->start + PAGE_SIZE) || map_touches_windows(move->start, end) ? -EPERM
                                                                                                              : 0;
}

/* Let @entry, which ends where the old range does, grow. Returns whether there is room. */
static bool grow_in_place(struct map *map, struct map_entry *entry, uint64_t end)
{
    const struct map_entry *above = map_following(entry);

    if (map_touches_windows(entry->end, end) || (above != NULL && above->start < end)) {
        return false;
    }
    uint64_t old_end = entry->end;

    entry->end = end;
    map_entries_merge(map, old_end, end);
    return true;
}

/* What @entry shows from @move->start on, at @target. */
static struct map_request request_of(const struct map_entry *entry, const struct map_move *move, uint64_t target)
{
    return (struct map_request){
        .start = target,
        .size_bytes = move->new_bytes,
        .object = entry->object,
        .object_page = entry->object == NULL ? 0 : entry->object_page + ((move->start - entry->start) >> PAGE_SHIFT),
        .protection = entry->protection,
        .max_protection = entry->max_protection,
        .sharing = entry->sharing,
        .flags = entry->flags,
    };
}

/*
 * Have tables for what [@start, @start + @size_bytes) shows at @target too. Returns 0 or -ENOMEM: then tables that were
 * made are the caller's to prune.
 */
static int prepare_tables_relock(struct map *map, uint64_t start, uint64_t size_bytes, uint64_t target)
{
    uint64_t end = start + size_bytes, address = start;
    int error = 0;

    while (error == 0 && (address = table_next_leaf(map->space.root, address, end)) < end) {
        uint64_t to = target + (address - start);
        paddr_t level0;

        error = table_walk_create_relock(map->account, map->space.root, to, &level0);
        address += ALIGNED_DOWN(to, sv39_span(1)) + sv39_span(1) - to; /* what that table covers */
    }
    return error;
}

/* Move the leaves of [@start, @start + @size_bytes) to @target, where there are tables and no leaves. Flushes. */
static void move_leaves(struct map *map, uint64_t start, uint64_t size_bytes, uint64_t target)
{
    arch_assert_locked();
    paddr_t root = map->space.root;
    uint64_t end = start + size_bytes;
    bool changed = false;

    for (uint64_t address = table_next_leaf(root, start, end); address < end;
         address = table_next_leaf(root, address + PAGE_SIZE, end)) {
        pte_t *from = table_leaf(root, address), *to = table_leaf(root, target + (address - start));

        ASSERT(from != NULL && to != NULL && *to == 0);
        table_store(to, *from);
        table_store(from, 0);
        changed = true;
    }
    if (changed) {
        fence_ledger_range(&map->space, start, end);
        space_flush_pages(&map->space, start, size_bytes >> PAGE_SHIFT);
    }
}

/* The steps of relocate_relock() that can't fail. */
static void commit(struct map *map, const struct map_move *move, const struct map_request *request,
                   struct map_spares *spares)
{
    uint64_t target = request->start, target_end = target + request->size_bytes;

    if (request->object != NULL) {
        object_get(request->object); /* an entry that goes may hold its last reference */
    }
    map_pages_clear_leaves(map, target, target_end);
    map_entries_cut(map, target, target_end, spares);
    move_leaves(map, move->start, smaller_of(move->old_bytes, move->new_bytes), target);
    if (move->old_bytes > 0) {
        map_entries_carve(map, move->start, move->start + move->old_bytes, spares);
        map_room_freed(map, move->start, move->start + move->old_bytes);
    }
    map_entries_put(map, request, spares);
    if (request->object != NULL) {
        object_put(request->object);
    }
}

/* Show what @entry shows from @move->start on at @target, where it does not overlap. Returns 0 or -ENOMEM. */
static int relocate_relock(struct map *map, const struct map_move *move, const struct map_entry *entry, uint64_t target)
{
    uint64_t kept = smaller_of(move->old_bytes, move->new_bytes), end = move->start + move->old_bytes;
    uint64_t target_end = target + move->new_bytes;
    struct map_request request = request_of(entry, move, target);
    struct map_spares spares;
    int error = map_spares_reserve(map, &spares,
                                   1 + map_spares_for_hole(map, target, target_end) +
                                       (kept > 0 ? map_spares_for_hole(map, move->start, end) : 0));

    if (error != 0) {
        return error;
    }
    error = prepare_tables_relock(map, move->start, kept, target);
    if (error == 0) {
        commit(map, move, &request, &spares);
    }
    map_pages_prune(map, target, target_end);
    map_spares_free(&spares);
    return error;
}

static int resize_relock(struct map *map, const struct map_move *move, struct map_entry *entry, uint64_t *start)
{
    uint64_t target = move->target;
    int error = 0;

    if (move->place != MAP_MOVE_TARGET) {
        bool is_last = move->old_bytes == entry->end - move->start;

        if (is_last && fits_below(move->start, move->new_bytes, SV39_USER_END) &&
            grow_in_place(map, entry, move->start + move->new_bytes)) {
            *start = move->start;
            return 0;
        }
        error = move->place == MAP_MOVE_STAY ? -ENOMEM : map_find_room(map, move->new_bytes, 0, &target);
    }
    if (error == 0) {
        error = relocate_relock(map, move, entry, target);
    }
    if (error == 0) {
        *start = target;
    }
    return error;
}

int map_move_relock(struct map *map, const struct map_move *move, uint64_t *start)
{
    int error = check_move(move);

    if (error != 0) {
        return error;
    }
    struct map_entry *entry = map_find(map, move->start);

    if (entry == NULL) {
        return -EFAULT;
    }
    if (move->place != MAP_MOVE_TARGET && move->old_bytes >= move->new_bytes) {
        *start = move->start;
        return move->old_bytes == move->new_bytes
                   ? 0
                   : map_remove(map, move->start + move->new_bytes, move->old_bytes - move->new_bytes);
    }
    if (move->old_bytes == 0 && entry->sharing != MAP_ENTRY_SHARED) {
        return -EINVAL;
    }
    if (smaller_of(move->old_bytes, move->new_bytes) > entry->end - move->start) {
        return -EFAULT;
    }
    if (!fits_below(move->start, move->old_bytes, SV39_USER_END)) {
        return -EINVAL;
    }
    return resize_relock(map, move, entry, start);
}

int map_forget(struct map *map, uint64_t start, uint64_t size_bytes)
{
    uint64_t end;

    if (!is_page_aligned(start) || !is_page_aligned(size_bytes) || add_overflows(start, size_bytes, &end)) {
        return -EINVAL;
    }
    if (map_touches_windows(start, end)) {
        return -EPERM;
    }
    if (start < SV39_USER_END) {
        map_pages_clear(map, start, end < SV39_USER_END ? end : SV39_USER_END);
    }
    return 0;
}

bool map_covers(const struct map *map, uint64_t start, uint64_t end)
{
    struct map_entry *entry = map_entry_from(map, start);

    while (start < end && entry != NULL && entry->start <= start) {
        start = entry->end;
        entry = map_following(entry);
    }
    return start >= end;
}

bool map_shows_objects(const struct map *map, uint64_t start, uint64_t end)
{
    struct map_entry *entry = map_entry_from(map, start);

    while (entry != NULL && entry->start < end && entry->object == NULL) {
        entry = map_following(entry);
    }
    return entry != NULL && entry->start < end;
}

bool map_is_resident(const struct map *map, const struct map_entry *entry, uint64_t address)
{
    const pte_t *leaf = table_leaf(map->space.root, address);
    uint64_t page = entry->object_page + ((address - entry->start) >> PAGE_SHIFT);
    paddr_t frame;

    return (leaf != NULL && *leaf != 0) || (entry->object != NULL && object_page(entry->object, page, &frame) == 0);
}

static uint64_t larger_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The end of the stack that @entry is the lowest part of: protecting parts has split it. */
static uint64_t stack_end(struct map_entry *entry)
{
    struct map_entry *above = map_following(entry);

    while (above != NULL && above->start == entry->end && (above->flags & MAP_ENTRY_GROWS_DOWN) != 0) {
        entry = above;
        above = map_following(entry);
    }
    return entry->end;
}

/* How far down @entry may grow. */
static uint64_t lowest_start(struct map_entry *entry)
{
    struct tree_node *node = tree_previous(&entry->node);
    uint64_t end = stack_end(entry);
    uint64_t lowest = larger_of(MAP_FIRST_ADDRESS, end > MAP_STACK_BYTES ? end - MAP_STACK_BYTES : 0);

    if (entry->start >= MAP_WINDOWS_END) {
        lowest = larger_of(lowest, MAP_WINDOWS_END + MAP_STACK_GAP_BYTES);
    }
    if (node != NULL) {
        const struct map_entry *below = CONTAINER_OF(node, struct map_entry, node);

        lowest = larger_of(lowest, below->end + (below->protection == ABI_PROT_NONE ? 0 : MAP_STACK_GAP_BYTES));
    }
    return lowest;
}

const struct map_entry *map_grow_down(struct map *map, uint64_t address)
{
    struct map_entry *entry = map_entry_from(map, address);

    if (entry == NULL || (entry->flags & MAP_ENTRY_GROWS_DOWN) == 0 || entry->protection == ABI_PROT_NONE ||
        page_round_down(address) < lowest_start(entry)) {
        return NULL;
    }
    entry->start = page_round_down(address);
    return entry;
}
