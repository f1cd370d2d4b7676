/*
 * Faults in the windows, and what a map's own tables hold of the data window.
 *
 *     level-1 entry of the map    read fault                        write fault
 *     missing                     link the pristine table           own table, filled around, the page copied
 *     link (PTE_SHARED)           (there already: flush)            the same, in place of the link
 *     own table, page missing     filled around, read-only          the same, the page copied
 *     own table, page there       (there already: flush)            copied, or taken
 *
 * "Filled around": the present pristine pages of the aligned group of 16 are mapped read-only, so that a library whose
 * data is a few pages costs one fault for all of them, and one more for each page that is written.
 *
 * Nothing is ever faulted into the text window: its tables are the region's, and complete.
 *
 * Invariants: window-link and window-copies of window.c.
 *
 * Locking: the supervisor's lock.
 */
#include "abi_errno.h"
#include "map.h"
#include "map_pages.h"
#include "table.h"

/*
 * Something was unloaded while the lock was dropped: what was looked at may be gone. The fault ends as if it was
 * resolved, and comes again if it must.
 */
#define WINDOW_CHANGED (-EAGAIN)

/* The map's own table of the slot that the data window is in, made if need be. */
static int own_level1_relock(struct map *map, paddr_t *out)
{
    return table_child_relock(map->account, map->space.root, WINDOW_DATA_ROOT_SLOT, out);
}

/* Show the pristine pages around @index in the own table @level0. Where one can't be had, the rest is left out. */
static void fill_around(paddr_t level0, const pte_t *pristine, unsigned index)
{
    unsigned first = (unsigned)ALIGNED_DOWN(index, TABLE_GROUP);
    pte_t *leaf = &table_entries(level0)[first];

    pristine += first;
    for (const pte_t *end = pristine + TABLE_GROUP; pristine < end; pristine++, leaf++) {
        if (*pristine != 0 && *leaf == 0) {
            if (!frame_try_get(pte_frame(*pristine))) {
                return;
            }
            table_store(leaf, *pristine);
        }
    }
}

/* Put a table of the map's own in the place of a missing one, or of a link to the pristine one. */
static int own_level0_relock(struct map *map, paddr_t level1, unsigned index, paddr_t *out)
{
    pte_t pte = table_entries(level1)[index];

    if (pte != 0 && (pte & PTE_SHARED) == 0) {
        *out = pte_frame(pte);
        return 0;
    }
    int error = table_create_relock(map->account, out);

    if (error != 0) {
        return error;
    }
    if (table_entries(level1)[index] != pte) {
        table_put_unused(map->account, *out);
        return WINDOW_CHANGED;
    }
    arch_fence_stores(); /* as in table_child_relock() */
    table_set(level1, index, pte_make(*out, PTE_V));
    if (pte != 0) {
        fence_ledger_table(&map->space, WINDOW_DATA_BASE + index * sv39_span(1), pte_frame(pte));
        space_flush_all(&map->space);
        frame_put(pte_frame(pte));
    }
    return 0;
}

static int read_data(struct map *map, paddr_t level1, uint64_t address)
{
    unsigned index = sv39_index(address, 1), page = sv39_index(address, 0);
    paddr_t pristine = pte_frame(table_entries(map->windows->data)[index]);
    pte_t pte = table_entries(level1)[index];

    if (pte == 0) {
        if (!frame_try_get(pristine)) {
            return -ENOMEM;
        }
        table_set(level1, index, pte_make(pristine, PTE_V | PTE_SHARED));
        return 0;
    }
    if ((pte & PTE_SHARED) != 0 || table_entries(pte_frame(pte))[page] != 0) {
        space_flush_all(&map->space);
        return 0;
    }
    fill_around(pte_frame(pte), table_entries(pristine), page);
    return table_entries(pte_frame(pte))[page] != 0 ? 0 : -ENOMEM;
}

static int write_data_relock(struct map *map, paddr_t level1, uint64_t address)
{
    unsigned index = sv39_index(address, 1), page = sv39_index(address, 0);
    paddr_t pristine = pte_frame(table_entries(map->windows->data)[index]);
    uint64_t change_count = map->change_count;
    paddr_t level0;
    int error = own_level0_relock(map, level1, index, &level0);

    if (error != 0 || map->change_count != change_count) {
        return error != 0 ? error : WINDOW_CHANGED;
    }
    pte_t *leaf = &table_entries(level0)[page];

    if (*leaf == 0) {
        fill_around(level0, table_entries(pristine), page);
    }
    if (*leaf == 0) {
        return -ENOMEM;
    }
    if (map_leaf_allows(*leaf, ABI_PROT_WRITE)) {
        space_flush_all(&map->space);
        return 0;
    }
    return map_write_private_relock(map, address, leaf);
}

static int data_fault_relock(struct map *map, uint64_t address, uint8_t access)
{
    pte_t pristine = windows_entry(map->windows, address);
    bool is_write = (access & ABI_PROT_WRITE) != 0;
    uint64_t change_count = map->change_count;
    paddr_t level1;

    if (pristine == 0 || (access & ABI_PROT_EXEC) != 0 || (is_write && (pristine & PTE_COPY_ON_WRITE) == 0)) {
        return -EFAULT;
    }
    int error = own_level1_relock(map, &level1);

    if (error == 0 && map->change_count != change_count) {
        error = WINDOW_CHANGED;
    }
    if (error == 0) {
        error = is_write ? write_data_relock(map, level1, address) : read_data(map, level1, address);
    }
    return error == WINDOW_CHANGED ? 0 : error;
}

int map_window_fault_relock(struct map *map, uint64_t address, uint8_t access)
{
    if (map->windows == NULL) {
        return -EFAULT;
    }
    if (address - WINDOW_DATA_BASE < WINDOW_BYTES) {
        return data_fault_relock(map, address, access);
    }
    if (address - WINDOW_TEXT_BASE < WINDOW_BYTES && map_leaf_allows(windows_entry(map->windows, address), access)) {
        space_flush_all(&map->space); /* loaded since this hart last looked */
        return 0;
    }
    return -EFAULT;
}

void map_window_populate_relock(struct map *map, uint64_t start, uint64_t end)
{
    uint64_t first = start > WINDOW_DATA_BASE ? start : WINDOW_DATA_BASE;
    uint64_t limit = end < WINDOW_DATA_BASE + WINDOW_BYTES ? end : WINDOW_DATA_BASE + WINDOW_BYTES;
    paddr_t level1;

    if (map->windows == NULL || first >= limit || own_level1_relock(map, &level1) != 0) {
        return;
    }
    unsigned index_limit = sv39_index(limit - 1, 1) + 1;

    for (unsigned index = table_next_live(map->windows->data, sv39_index(first, 1), index_limit); index < index_limit;
         index = table_next_live(map->windows->data, index + 1, index_limit)) {
        paddr_t pristine = pte_frame(table_entries(map->windows->data)[index]);

        if (table_entries(level1)[index] != 0 || !frame_try_get(pristine)) {
            continue;
        }
        table_set(level1, index, pte_make(pristine, PTE_V | PTE_SHARED));
    }
}
