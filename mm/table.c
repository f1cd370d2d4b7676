/*
 * Page tables of maps and windows.
 *
 * A table's descriptor says which groups of 16 entries may be other than 0, and how many entries are: so visiting,
 * clearing and dropping a table costs what is in it, not 512 entries, and a table whose last entry was cleared is known
 * to be all zero and is reused without being zeroed. What makes an entry 0 or other than 0 counts it: table_store(),
 * and here what clears or drops many at once. A root's supervisor half, which the descriptor doesn't count, is arch's.
 *
 * Invariants (for the auditor, by these names):
 *     table-live        `live` of a table's descriptor is the number of entries other than 0 (of a root: of the users'
 *                       half)
 *     table-groups      an entry other than 0 has its group's bit set
 *     table-references  a table's ref_count is the number of entries that point to it, plus one for a root's or a
 *                       window's owner
 *     table-own         an entry without PTE_SHARED that points to a table is the only one that does; the table is
 *                       charged to the account of that entry's map, or of its windows: see account-frames
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: table_walk() -> table_walk_create_relock() when a level is missing -> table_set()
 */
#include "table.h"

#include "abi_errno.h"
#include "panic.h"

#define CLEARED_TABLE 1ull

int table_create_relock(struct account *account, paddr_t *out)
{
    return frame_alloc_zeroed_relock(FRAME_TABLE, account, out);
}

/* A table that is all zero, and whose only reference is the caller's. */
static void put_cleared(struct account *account, paddr_t table)
{
    frame_uncharge_table(account);
    frame_put_zeroed(table);
}

void table_put_unused(struct account *account, paddr_t table)
{
    ASSERT(frame_of(table)->ref_count == 1 && frame_of(table)->live == 0);
    put_cleared(account, table);
}

int table_child_relock(struct account *account, paddr_t table, unsigned index, paddr_t *out)
{
    pte_t pte = table_entries(table)[index];

    if (pte == 0) {
        int error = table_create_relock(account, out);

        if (error == 0) {
            arch_fence_stores(); /* nobody walks on into what the frame held before it was zeroed */
            table_set(table, index, pte_make(*out, PTE_V));
        }
        return error;
    }
    if (!pte_is_table(pte) || (pte & PTE_SHARED) != 0) {
        return -EEXIST;
    }
    *out = pte_frame(pte);
    return 0;
}

int table_walk_create_relock(struct account *account, paddr_t root, uint64_t address, paddr_t *out)
{
    paddr_t level1;
    int error = table_child_relock(account, root, sv39_index(address, 2), &level1);

    return error != 0 ? error : table_child_relock(account, level1, sv39_index(address, 1), out);
}

pte_t table_walk(paddr_t root, uint64_t address, struct table_place *place)
{
    paddr_t table = root;
    unsigned level = 2;

    for (;;) {
        unsigned index = sv39_index(address, level);
        pte_t pte = table_entries(table)[index];

        if (level == 0 || !pte_is_table(pte)) {
            *place = (struct table_place){ .table = table, .index = index, .level = level };
            return pte;
        }
        table = pte_frame(pte);
        level--;
    }
}

unsigned table_next_live(paddr_t table, unsigned from, unsigned limit)
{
    const pte_t *entries = table_entries(table);
    uint32_t groups = frame_of(table)->groups;

    while (from < limit) {
        uint32_t left = groups >> (from / TABLE_GROUP);
        unsigned group_end = (from / TABLE_GROUP + 1) * TABLE_GROUP;

        if (left == 0) {
            return limit;
        }
        for (; (left & 1) != 0 && from < group_end && from < limit; from++) {
            if (entries[from] != 0) {
                return from;
            }
        }
        from = group_end;
    }
    return limit;
}

uint64_t table_next_leaf(paddr_t root, uint64_t from, uint64_t limit)
{
    while (from < limit) {
        struct table_place place;

        if (table_walk(root, from, &place) != 0) {
            return from;
        }
        unsigned next = table_next_live(place.table, place.index + 1, SV39_ENTRIES);

        from = ALIGNED_DOWN(from, sv39_span(place.level + 1)) + next * sv39_span(place.level);
    }
    return limit;
}

void table_for_each(paddr_t table, unsigned level, uint64_t base, table_visit *visit, void *context)
{
    unsigned limit = level == 2 ? SV39_USER_ROOT_ENTRIES : SV39_ENTRIES;

    for (unsigned index = table_next_live(table, 0, limit); index < limit;
         index = table_next_live(table, index + 1, limit)) {
        pte_t pte = table_entries(table)[index];
        uint64_t address = base + index * sv39_span(level);

        visit((struct table_place){ .table = table, .index = index, .level = level }, address, pte, context);
        if (level > 0 && pte_is_table(pte)) {
            table_for_each(pte_frame(pte), level - 1, address, visit, context);
        }
    }
}

static void drop_entry(struct account *account, pte_t pte, unsigned level)
{
    if (level > 0 && pte_is_table(pte) && (pte & PTE_SHARED) == 0) {
        table_drop(account, pte_frame(pte), level - 1);
    } else {
        frame_put(pte_frame(pte));
    }
}

void table_drop(struct account *account, paddr_t table, unsigned level)
{
    struct frame *descriptor = frame_of(table);
    pte_t *entry = table_entries(table);
    unsigned live = descriptor->live;
    uint32_t groups = descriptor->groups;

    ASSERT(descriptor->ref_count == 1);
    while (live > 0) {
        if ((groups & 0xff) == 0) {
            groups >>= 8;
            entry += (size_t)8 * TABLE_GROUP;
            continue;
        }
        unsigned count = (groups & 1) != 0 ? TABLE_GROUP : 0;

        for (unsigned i = 0; i < count && live > 0; i++) {
            if (entry[i] != 0) {
                drop_entry(account, entry[i], level);
                entry[i] = 0;
                live--;
            }
        }
        groups >>= 1;
        entry += TABLE_GROUP;
    }
    put_cleared(account, table);
}

void table_gather_start(struct table_gather *gather, struct space *space, struct account *account, uint64_t start,
                        uint64_t end)
{
    gather->space = space;
    gather->account = account;
    gather->start = start;
    gather->end = end;
    gather->takes_shared = false;
    gather->keeps_tables = false;
    gather->keeps_leaves = false;
    gather->changed = false;
    gather->tables_changed = false;
    gather->count = 0;
}

void table_gather_start_every_space(struct table_gather *gather, struct account *account)
{
    table_gather_start(gather, NULL, account, 0, 0);
}

static void flush(struct table_gather *gather)
{
    if (gather->space == NULL) {
        spaces_flush_all();
    } else if (gather->tables_changed) {
        space_flush_all(gather->space);
    } else {
        space_flush_pages(gather->space, gather->start, (gather->end - gather->start) >> PAGE_SHIFT);
    }
    gather->changed = false;
    gather->tables_changed = false;
}

void table_gather_finish(struct table_gather *gather)
{
    if (gather->changed) {
        flush(gather);
    }
    for (unsigned i = 0; i < gather->count; i++) {
        uint64_t frame = gather->frames[i];

        if ((frame & CLEARED_TABLE) != 0) {
            frame_put_zeroed(paddr(frame & ~CLEARED_TABLE));
        } else {
            frame_put(paddr(frame));
        }
    }
    gather->count = 0;
}

static void gather_frame(struct table_gather *gather, uint64_t frame)
{
    gather->changed = true;
    gather->frames[gather->count++] = frame;
    if (gather->count == TABLE_GATHER_FRAMES) {
        table_gather_finish(gather);
    }
}

void table_gather_entry(struct table_gather *gather, paddr_t table, unsigned index)
{
    pte_t pte = table_entries(table)[index];

    table_set(table, index, 0);
    gather->tables_changed |= pte_is_table(pte);
    fence_ledger_table(gather->space, gather->start, pte_frame(pte));
    gather_frame(gather, pte_frame(pte).value);
}

void table_gather_leaf(struct table_gather *gather, paddr_t table, unsigned index, uint64_t address)
{
    paddr_t frame = pte_frame(table_entries(table)[index]);

    table_set(table, index, 0);
    fence_ledger_leaf(gather->space, address, frame);
    gather_frame(gather, frame.value);
}

void table_gather_cleared_table(struct table_gather *gather, paddr_t table, unsigned index)
{
    pte_t pte = table_entries(table)[index];
    paddr_t child = pte_frame(pte);

    ASSERT(frame_of(child)->live == 0);
    table_set(table, index, 0);
    if ((pte & PTE_SHARED) == 0) {
        frame_uncharge_table(gather->account);
    }
    gather->tables_changed = true;
    fence_ledger_table(gather->space, gather->start, child);
    gather_frame(gather, child.value | CLEARED_TABLE);
}

/* The index behind the last one of a table of @level, whose entry 0 covers @base, that covers an address below @end. */
static unsigned limit_index(uint64_t base, uint64_t end, unsigned level)
{
    return end - base < SV39_ENTRIES * sv39_span(level) ? sv39_index(end - 1, level) + 1 : SV39_ENTRIES;
}

/* Take the entries [@index, @limit) of @level0 out; like table_gather_entry() for each, but counted at the end. It covers @base. */
static void clear_leaves(paddr_t level0, uint64_t base, unsigned index, unsigned limit, struct table_gather *gather)
{
    struct frame *descriptor = frame_of(level0);
    pte_t *entries = table_entries(level0);
    uint32_t groups = descriptor->groups;
    unsigned live = descriptor->live;

    while (index < limit && live > 0) {
        pte_t pte = entries[index];

        if ((groups >> (index / TABLE_GROUP) & 1) == 0) {
            index = (index / TABLE_GROUP + 1) * TABLE_GROUP;
            continue;
        }
        if (pte != 0) {
            entries[index] = 0;
            live--;
            fence_ledger_leaf(gather->space, base + index * PAGE_SIZE, pte_frame(pte));
            gather_frame(gather, pte_frame(pte).value);
        }
        index++;
    }
    descriptor->live = (uint16_t)live;
}

void table_clear_range(paddr_t level1, uint64_t start, uint64_t end, struct table_gather *gather)
{
    uint64_t base = ALIGNED_DOWN(start, sv39_span(2));
    unsigned first = sv39_index(start, 1), limit = limit_index(base, end, 1);

    for (unsigned index = table_next_live(level1, first, limit); index < limit;
         index = table_next_live(level1, index + 1, limit)) {
        pte_t pte = table_entries(level1)[index];

        if ((pte & PTE_SHARED) != 0) {
            if (gather->takes_shared) {
                table_gather_entry(gather, level1, index);
            }
            continue;
        }
        uint64_t first_covered = base + index * sv39_span(1);

        if (!gather->keeps_leaves) {
            clear_leaves(pte_frame(pte), first_covered, start > first_covered ? sv39_index(start, 0) : 0,
                         limit_index(first_covered, end, 0), gather);
        }
        if (!gather->keeps_tables && frame_of(pte_frame(pte))->live == 0) {
            table_gather_cleared_table(gather, level1, index);
        }
    }
}
