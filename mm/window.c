/*
 * The page tables of a region's two windows.
 *
 *     map's root                       the region's own tables
 *     [1] --------------------------> text: level 1 --> level 0 --> text pages (R or RX, global)
 *     [2] --> map's own level 1
 *               [0..127] -- SHARED --> (read only so far)    level 0 --> pristine data pages (R, COPY_ON_WRITE)
 *               [0..127] --> own level 0 (written under)     the same frames, or private copies (RW)
 *                                      data: level 1 [0..127] --> the pristine level-0 tables
 *
 * Text leaves are global: every space that has a text window in this hart's TLB has the same one, or was flushed for
 * (spec 7.3). Data leaves are not, since each map may have copies.
 *
 * Invariants (for the auditor, by these names):
 *     window-text        leaves under `text` are global, never writable, never copy-on-write
 *     window-pristine    leaves under `data` are neither writable nor executable nor global
 *     window-link        an entry of a map with PTE_SHARED in the data window points to the table at the same index of
 *                        its windows' `data`
 *     window-copies      an own level-0 table of a map shows nothing at an address where `data` shows nothing
 *     window-maps        `maps` are the maps whose `windows` is this
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: windows_init_relock() -> windows_reserve_relock() -> windows_map() for each page -> map_attach() ...
 *              -> windows_unmap() -> windows_destroy()
 */
#include "window.h"

#include "abi_errno.h"
#include "checked.h"
#include "map.h"
#include "panic.h"
#include "table.h"

#define TABLE_SPAN (1ull << 21)

static uint64_t last_serial;

int windows_init_relock(struct windows *windows, struct account *account)
{
    int error = table_create_relock(account, &windows->text);

    if (error != 0) {
        return error;
    }
    error = table_create_relock(account, &windows->data);
    if (error != 0) {
        table_put_unused(account, windows->text);
        return error;
    }
    windows->account = account;
    list_init(&windows->maps);
    windows->serial = ++last_serial;
    return 0;
}

void windows_destroy(struct windows *windows)
{
    arch_assert_locked();
    ASSERT(list_is_empty(&windows->maps));
    spaces_forget_region(windows->serial);
    fence_ledger_region(windows->serial);
    table_drop(windows->account, windows->text, 1);
    table_drop(windows->account, windows->data, 1);
}

static bool is_in_data(uint64_t address)
{
    return address >= WINDOW_DATA_BASE;
}

/* Whether [@start, @start + @size) lies in one window. */
static bool is_in_one_window(uint64_t start, uint64_t size)
{
    uint64_t base = is_in_data(start) ? WINDOW_DATA_BASE : WINDOW_TEXT_BASE;

    return start >= base && fits_below(start - base, size, WINDOW_BYTES);
}

static paddr_t level1_of(const struct windows *windows, uint64_t address)
{
    return is_in_data(address) ? windows->data : windows->text;
}

int windows_map(struct windows *windows, uint64_t address, paddr_t frame, uint64_t flags, bool writable)
{
    arch_assert_locked();
    ASSERT(is_in_one_window(address, PAGE_SIZE) && (flags & ~(PTE_R | PTE_X)) == 0 && flags != 0);
    ASSERT(is_in_data(address) ? flags == PTE_R : !writable);
    paddr_t level0;
    int error = table_child_relock(windows->account, level1_of(windows, address), sv39_index(address, 1), &level0);

    if (error != 0) {
        return error;
    }
    unsigned index = sv39_index(address, 0);

    if (table_entries(level0)[index] != 0) {
        return -EEXIST;
    }
    if (!frame_try_get(frame)) {
        return -ENOMEM;
    }
    flags |= PTE_V | PTE_U | PTE_A | (is_in_data(address) ? 0 : PTE_G) | (writable ? PTE_COPY_ON_WRITE : 0);
    table_set(level0, index, pte_make(frame, flags));
    return 0;
}

int windows_map_zeros_relock(struct windows *windows, uint64_t start, uint64_t size)
{
    ASSERT(is_in_one_window(start, size) && is_in_data(start));
    pte_t pte = pte_make(frame_zero(), PTE_V | PTE_U | PTE_A | PTE_R);
    int error = windows_reserve_relock(windows, start, size);

    if (error != 0) {
        return error;
    }
    for (uint64_t address = start; address < start + size; address += PAGE_SIZE) {
        paddr_t level0 = pte_frame(table_entries(windows->data)[sv39_index(address, 1)]);

        table_set(level0, sv39_index(address, 0), pte);
        frame_get(frame_zero());
    }
    return 0;
}

/*
 * Drop the level-0 tables of [@start, @end) that @made has a bit for. They are empty, so no map has linked them; but a
 * hart that runs with the text window may have walked into one of those meanwhile, and remember where it is.
 */
static void undo_reserve(const struct windows *windows, uint64_t start, uint64_t end, const uint64_t *made)
{
    paddr_t level1 = level1_of(windows, start);
    struct table_gather gather;

    table_gather_start_every_space(&gather, windows->account);
    for (uint64_t address = start; address < end; address += TABLE_SPAN) {
        unsigned index = sv39_index(address, 1), bit = index % WINDOW_DATA_TABLES;

        if ((made[bit / 64] >> bit % 64 & 1) != 0) {
            table_gather_cleared_table(&gather, level1, index);
        }
    }
    table_gather_finish(&gather);
}

int windows_reserve_relock(struct windows *windows, uint64_t start, uint64_t size)
{
    ASSERT(is_in_one_window(start, size));
    paddr_t level1 = level1_of(windows, start);
    uint64_t made[WINDOW_DATA_TABLES / 64] = { 0 };
    uint64_t first = ALIGNED_DOWN(start, TABLE_SPAN);

    for (uint64_t address = first; address < start + size; address += TABLE_SPAN) {
        unsigned index = sv39_index(address, 1), bit = index % WINDOW_DATA_TABLES;
        bool is_new = table_entries(level1)[index] == 0;
        paddr_t level0;

        if (table_child_relock(windows->account, level1, index, &level0) != 0) {
            undo_reserve(windows, first, address, made);
            return -ENOMEM;
        }
        made[bit / 64] |= (uint64_t)is_new << bit % 64;
    }
    return 0;
}

/* Take [@start, @end) of the data window out of the tables of @map: links to tables that are gone, and own copies. */
static void unmap_from(struct map *map, uint64_t start, uint64_t end, struct table_gather *gather)
{
    pte_t slot = table_entries(map->space.root)[WINDOW_DATA_ROOT_SLOT];

    map->change_count++;
    if (slot == 0) {
        return;
    }
    paddr_t level1 = pte_frame(slot);
    const pte_t *pristine = table_entries(map->windows->data), *entries = table_entries(level1);
    unsigned limit = sv39_index(end - 1, 1) + 1;

    gather->account = map->account;
    for (unsigned index = sv39_index(start, 1); index < limit; index++) {
        if ((entries[index] & PTE_SHARED) != 0 && pristine[index] == 0) {
            table_gather_cleared_table(gather, level1, index);
        }
    }
    table_clear_range(level1, start, end, gather);
}

void windows_unmap(struct windows *windows, uint64_t start, uint64_t size)
{
    arch_assert_locked();
    ASSERT(size > 0 && is_in_one_window(start, size));
    struct table_gather gather;
    table_gather_start_every_space(&gather, windows->account);
    table_clear_range(level1_of(windows, start), start, start + size, &gather);
    if (is_in_data(start)) {
        LIST_FOR_EACH(link, &windows->maps) {
            unmap_from(CONTAINER_OF(link, struct map, windows_link), start, start + size, &gather);
        }
    }
    table_gather_finish(&gather);
}

void windows_forget_copies(struct map *map, uint64_t start, uint64_t size)
{
    arch_assert_locked();
    ASSERT(size > 0 && is_in_one_window(start, size) && is_in_data(start));
    pte_t slot = table_entries(map->space.root)[WINDOW_DATA_ROOT_SLOT];
    struct table_gather gather;

    if (slot == 0) {
        return;
    }
    table_gather_start(&gather, &map->space, map->account, start, start + size);
    table_clear_range(pte_frame(slot), start, start + size, &gather);
    table_gather_finish(&gather);
}

/* The leaves [0, @limit) of the level-0 table @from, in @to, which has none of them. Returns 0 or -ENOMEM. */
static int copy_table(paddr_t from, paddr_t to, unsigned limit)
{
    for (unsigned index = table_next_live(from, 0, limit); index < limit;
         index = table_next_live(from, index + 1, limit)) {
        pte_t pte = table_entries(from)[index];

        if (!frame_try_get(pte_frame(pte))) {
            return -ENOMEM;
        }
        table_set(to, index, pte);
    }
    return 0;
}

/* Of the window at @base, whose level-1 tables these are, the first @size bytes. */
static int copy_window_relock(paddr_t from, paddr_t to, uint64_t base, uint64_t size, struct account *account)
{
    unsigned first = sv39_index(base, 1), limit = first + (unsigned)(ALIGNED_UP(size, TABLE_SPAN) / TABLE_SPAN);

    for (unsigned index = table_next_live(from, first, limit); index < limit;
         index = table_next_live(from, index + 1, limit)) {
        uint64_t left = size - (index - first) * TABLE_SPAN;
        paddr_t table;
        int error = table_child_relock(account, to, index, &table);

        if (error == 0) {
            error = copy_table(pte_frame(table_entries(from)[index]), table,
                               left < TABLE_SPAN ? sv39_index(left, 0) : SV39_ENTRIES);
        }
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int windows_copy_relock(const struct windows *from, struct windows *to, uint64_t size)
{
    ASSERT(is_page_aligned(size) && size <= WINDOW_BYTES);
    int error = copy_window_relock(from->text, to->text, WINDOW_TEXT_BASE, size, to->account);

    return error != 0 ? error : copy_window_relock(from->data, to->data, WINDOW_DATA_BASE, size, to->account);
}

pte_t windows_entry(const struct windows *windows, uint64_t address)
{
    pte_t pte = table_entries(level1_of(windows, address))[sv39_index(address, 1)];

    return pte == 0 ? 0 : table_entries(pte_frame(pte))[sv39_index(address, 0)];
}
