#pragma once

#include "arch.h"
#include "frame.h"
#include "space.h"
#include "types.h"

/*
 * Page tables of maps and windows. What makes an entry 0 or other than 0 keeps the descriptor's group bits
 * and live count right (table_store()): so a table can be cleared, counted and copied by visiting only the
 * groups that were used, and is known to be empty, all zero, when its live count is 0.
 */

/* Entries that one bit of frame.groups stands for. */
#define TABLE_GROUP 16u

/*
 * A new, empty table with one reference, charged to @account: that of its map, or the supervisor's for windows. What
 * makes, takes away or drops tables is told the same account again. Returns 0 or -ENOMEM.
 */
int table_create_relock(struct account *account, paddr_t *out);

/* Drop a table that was never linked. */
void table_put_unused(struct account *account, paddr_t table);

static inline pte_t *table_entries(paddr_t table)
{
    return arch_direct(table);
}

/* Which entry of its table @entry is. */
static inline unsigned table_index_of(const pte_t *entry)
{
    return (unsigned)(arch_physical(entry).value / sizeof(pte_t) % SV39_ENTRIES);
}

/* Store @pte in @entry of a table. Flushing is the caller's. */
static inline void table_store(pte_t *entry, pte_t pte)
{
    struct frame *descriptor = frame_of(arch_physical(entry));

    descriptor->live = (uint16_t)(descriptor->live + (pte != 0) - (*entry != 0));
    descriptor->groups |= 1u << (table_index_of(entry) / TABLE_GROUP);
    *entry = pte;
}

static inline void table_set(paddr_t table, unsigned index, pte_t pte)
{
    table_store(&table_entries(table)[index], pte);
}

/* The index of the first entry other than 0 of @table in [@from, @limit), or @limit. Looks at used groups only. */
unsigned table_next_live(paddr_t table, unsigned from, unsigned limit);

/*
 * The table that entry @index of @table points to, made if there is none.
 * Returns 0, -ENOMEM, or -EEXIST when a leaf or a shared table is there.
 */
int table_child_relock(struct account *account, paddr_t table, unsigned index, paddr_t *out);

/*
 * The level-0 table that covers @address under @root, with the tables on the way created as needed.
 * Returns 0; -ENOMEM (nothing is mapped, empty tables that were created stay linked and go with the map);
 * -EEXIST when a leaf or a shared table is in the way.
 */
int table_walk_create_relock(struct account *account, paddr_t root, uint64_t address, paddr_t *out);

/*
 * The entry for @address: its table and index, at the deepest level that is there. Returns the entry's value: 0 when
 * nothing is there. @level is 0 for a 4 KiB entry, 1 for a 2 MiB leaf or a missing level-0 table, and so on.
 */
struct table_place {
    paddr_t table;
    unsigned index;
    unsigned level;
};
pte_t table_walk(paddr_t root, uint64_t address, struct table_place *place);

/* The level-0 entry for @address under @root, or NULL where there is no level-0 table. */
static inline pte_t *table_leaf(paddr_t root, uint64_t address)
{
    pte_t pte = table_entries(root)[sv39_index(address, 2)];

    if (!pte_is_table(pte)) {
        return NULL;
    }
    pte = table_entries(pte_frame(pte))[sv39_index(address, 1)];
    return pte_is_table(pte) ? &table_entries(pte_frame(pte))[sv39_index(address, 0)] : NULL;
}

/*
 * The first address of [@from, @limit), page by page, that has a level-0 entry other than 0 under @root, or @limit.
 * Costs what is there, not the size of the range.
 */
uint64_t table_next_leaf(paddr_t root, uint64_t from, uint64_t limit);

/*
 * Call @visit for each entry other than 0 of the table at @level, tables before what is under them; shared tables are
 * entered too. @address is the first that the entry covers. Of a root, the users' half is visited. @visit may clear the
 * entry that it is given when it stands for a leaf.
 */
typedef void table_visit(struct table_place place, uint64_t address, pte_t pte, void *context);
void table_for_each(paddr_t table, unsigned level, uint64_t base, table_visit *visit, void *context);

/*
 * Drop a table of @level that nobody uses any more: the references of its entries, of own tables under it likewise,
 * and the caller's reference on it. No flush. A root's supervisor half has been cleared.
 */
void table_drop(struct account *account, paddr_t table, unsigned level);

/*
 * Frames taken out of tables, to be put once no translation can lead to them: at the end, or whenever the room in here
 * is used up.
 *
 * Typical use: table_gather_start() -> table_clear_range() ... -> table_gather_finish()
 */
#define TABLE_GATHER_FRAMES 64
struct table_gather {
    struct space *space; /* what to flush: this space, in [start, end); NULL: all spaces, whole */
    uint64_t start;
    uint64_t end;
    struct account *account; /* of the tables that are taken out */
    bool takes_shared; /* whether table_clear_range() unlinks shared tables too */
    bool keeps_tables; /* whether it leaves tables that are empty then */
    bool keeps_leaves; /* whether it unlinks only tables that are empty already */
    bool changed; /* an entry changed since the last flush */
    bool tables_changed; /* one that leads to a table */
    unsigned count;
    uint64_t frames[TABLE_GATHER_FRAMES]; /* bit 0 set: a cleared table */
};
void table_gather_start(struct table_gather *gather, struct space *space, struct account *account, uint64_t start,
                        uint64_t end);
void table_gather_start_every_space(struct table_gather *gather, struct account *account);

/*
 * Clear entry @index of @table, a leaf or a shared table; its reference is put later. The second: it is a leaf, and shows
 * a page at @address. The third: it points to an own table that is all zero, or to a shared one whose owner lets it go.
 */
void table_gather_entry(struct table_gather *gather, paddr_t table, unsigned index);
void table_gather_leaf(struct table_gather *gather, paddr_t table, unsigned index, uint64_t address);
void table_gather_cleared_table(struct table_gather *gather, paddr_t table, unsigned index);

/* Flush what changed, and put. */
void table_gather_finish(struct table_gather *gather);

/*
 * Clear the leaves of [@start, @end), which lies in the 1 GiB that @level1 covers, and unlink level-0 tables that are
 * empty then. Shared tables are left alone, or unlinked whole, as @gather says.
 */
void table_clear_range(paddr_t level1, uint64_t start, uint64_t end, struct table_gather *gather);
