/*
 * A copy of a map, for fork: the same entries over the same objects, and the same frames behind them.
 *
 *     a leaf of                  in the copy    in the original
 *     a private entry            without W      without W: whoever stores first copies, the last one takes
 *     a shared entry             as it is       as it is
 *     an own data-window table   without W      without W
 *     any, held                  held           held
 *
 * A link to a pristine data-window table is linked too. So no page is copied here, and what a generation has written
 * can't be told from what it was given: a frame with one reference is its leaf's alone (map_fault.c), however many
 * tasks have shared it before, and whichever of them ended first.
 *
 * The tables of the copy are made as they are come to, which drops the lock. Others may take leaves away meanwhile, of
 * both maps alike, since the copy's entries are with their objects and the copy is with its windows by then; the
 * original gets nothing new, for its task is in the call that copies. What it has lost is flushed before. Where there is
 * no memory the original has lost W for nothing, which only costs faults.
 *
 * Invariants: those of map.c, map_fault.c and window.c, for both.
 *
 * Locking: the supervisor's lock; dropped before each table.
 *
 * Typical use: map_create_relock() -> map_attach() -> map_fork_relock(), or map_detach() -> map_destroy() on an error
 */
#include "abi_errno.h"
#include "map.h"
#include "map_pages.h"
#include "panic.h"
#include "table.h"

#define WRITABLE (PTE_W | PTE_D)

/* What is under way. */
struct copying {
    struct map *from;
    struct map *to;
    bool took_rights; /* from a leaf of the original, which was not flushed yet */
    bool shows_code; /* in the copy, by a frame that harts may know other instructions of */
};

/* What becomes of the leaves of a range. */
struct rule {
    pte_t taken; /* bits that a leaf with PTE_W loses, in both maps */
    pte_t given; /* and that it gets for them */
};

static const struct rule private_rule = { .taken = WRITABLE };
static const struct rule shared_rule = { .taken = 0 };
static const struct rule window_rule = { .taken = WRITABLE, .given = PTE_COPY_ON_WRITE };

/* Of two entries of level-0 tables, the second is empty. False: the frame's references are at their limit. */
static bool copy_leaf(struct copying *copying, uint64_t address, pte_t *from, pte_t *to, struct rule rule)
{
    pte_t pte = *from;
    paddr_t frame = pte_frame(pte);

    if (!frame_try_get(frame)) {
        return false;
    }
    if ((pte & rule.taken) != 0) {
        pte = (pte & ~rule.taken) | rule.given;
        *from = pte; /* not 0 before nor after: still counted */
        copying->took_rights = true;
        fence_ledger_leaf(&copying->from->space, address, frame);
    }
    if ((pte & (PTE_V | PTE_X)) == (PTE_V | PTE_X) && frame_of(frame)->kind != FRAME_INITRD) {
        copying->shows_code = true;
        fence_ledger_code(&copying->to->space, address, address + PAGE_SIZE);
    }
    *to = pte;
    return true;
}

/*
 * Copy the entries [@index, @limit) of the level-0 table @from, where there are any, into @to, which has none there.
 * @base is what the tables cover. Returns 0 or -ENOMEM.
 */
static int copy_leaves(struct copying *copying, paddr_t from, paddr_t to, unsigned index, unsigned limit, uint64_t base,
                       struct rule rule)
{
    pte_t *source = table_entries(from), *target = table_entries(to);
    struct frame *descriptor = frame_of(to);
    uint32_t groups = frame_of(from)->groups;

    while (index < limit) {
        unsigned group = index / TABLE_GROUP, group_end = (group + 1) * TABLE_GROUP;

        if ((groups >> group) == 0) {
            break;
        }
        if ((groups >> group & 1) == 0) {
            index = group_end;
            continue;
        }
        descriptor->groups |= 1u << group;
        for (group_end = group_end < limit ? group_end : limit; index < group_end; index++) {
            if (source[index] == 0) {
                continue;
            }
            if (!copy_leaf(copying, base + index * PAGE_SIZE, &source[index], &target[index], rule)) {
                return -ENOMEM;
            }
            descriptor->live++;
        }
    }
    return 0;
}

/*
 * The first level-0 table of @map that covers an address of [*@address, @end), where there are no windows; *@address
 * becomes the first one that it covers. False: there is none.
 */
static bool next_table(const struct map *map, uint64_t *address, uint64_t end, paddr_t *out)
{
    while (*address < end) {
        unsigned slot = table_next_live(map->space.root, sv39_index(*address, 2), SV39_USER_ROOT_ENTRIES);
        uint64_t slot_start = slot * sv39_span(2);

        if (slot == SV39_USER_ROOT_ENTRIES) {
            break;
        }
        *address = *address > slot_start ? *address : slot_start;
        paddr_t level1 = pte_frame(table_entries(map->space.root)[slot]);
        unsigned index = table_next_live(level1, sv39_index(*address, 1), SV39_ENTRIES);
        uint64_t start = slot_start + index * sv39_span(1);

        *address = *address > start ? *address : start;
        if (index < SV39_ENTRIES) {
            *out = pte_frame(table_entries(level1)[index]);
            return *address < end;
        }
    }
    return false;
}

/* No hart uses the rights that the original has lost. */
static void settle(struct copying *copying)
{
    if (copying->took_rights) {
        copying->took_rights = false;
        space_flush_all(&copying->from->space);
    }
}

/* The copy's level-0 table for @address. Before one is made, whoever waits for the lock gets it. */
static int level0_relock(struct copying *copying, uint64_t address, paddr_t *out)
{
    const pte_t *leaf = table_leaf(copying->to->space.root, address);

    if (leaf != NULL) {
        *out = paddr(ALIGNED_DOWN(arch_physical(leaf).value, PAGE_SIZE));
        return 0;
    }
    settle(copying);
    arch_unlock();
    arch_lock();
    return table_walk_create_relock(copying->to->account, copying->to->space.root, address, out);
}

/* The leaves that @entry, of the copy, has in the original. */
static int copy_entry_relock(struct copying *copying, const struct map_entry *entry)
{
    struct rule rule = entry->sharing == MAP_ENTRY_SHARED ? shared_rule : private_rule;
    uint64_t address = entry->start;
    paddr_t from, to;

    while (next_table(copying->from, &address, entry->end, &from)) {
        uint64_t base = ALIGNED_DOWN(address, sv39_span(1)), end = base + sv39_span(1);
        unsigned index = sv39_index(address, 0), limit = entry->end < end ? sv39_index(entry->end, 0) : SV39_ENTRIES;

        if (table_next_live(from, index, limit) < limit) {
            int error = level0_relock(copying, address, &to);

            if (error == 0) {
                error = copy_leaves(copying, from, to, index, limit, base, rule);
            }
            if (error != 0) {
                return error;
            }
        }
        address = end;
    }
    return 0;
}

/* Entry @index, other than 0, of the tables of slot 2: in the data window. */
static int copy_window_table_relock(struct copying *copying, paddr_t from, paddr_t to, unsigned index)
{
    pte_t pte = table_entries(from)[index];
    paddr_t table;

    if ((pte & PTE_SHARED) != 0) {
        if (frame_try_get(pte_frame(pte))) { /* else a read of the copy links it, or says why not */
            table_set(to, index, pte);
        }
        return 0;
    }
    settle(copying);
    int error = table_create_relock(copying->to->account, &table);

    if (error != 0) {
        return error;
    }
    if (table_entries(from)[index] != pte) {
        table_put_unused(copying->to->account, table); /* what it showed was unloaded meanwhile */
        return 0;
    }
    arch_fence_stores(); /* as in table_child_relock() */
    table_set(to, index, pte_make(table, PTE_V));
    return copy_leaves(copying, pte_frame(pte), table, 0, SV39_ENTRIES, WINDOW_DATA_BASE + index * sv39_span(1),
                       window_rule);
}

static int copy_window_relock(struct copying *copying)
{
    pte_t slot = table_entries(copying->from->space.root)[WINDOW_DATA_ROOT_SLOT];
    paddr_t from = pte_frame(slot), to;

    if (slot == 0 || table_next_live(from, 0, WINDOW_DATA_TABLES) == WINDOW_DATA_TABLES) {
        return 0;
    }
    settle(copying);
    int error = table_child_relock(copying->to->account, copying->to->space.root, WINDOW_DATA_ROOT_SLOT, &to);

    for (unsigned index = 0; error == 0; index++) {
        index = table_next_live(from, index, WINDOW_DATA_TABLES);
        if (index == WINDOW_DATA_TABLES) {
            break;
        }
        error = copy_window_table_relock(copying, from, to, index);
    }
    return error;
}

int map_fork_relock(struct map *from, struct map *to)
{
    arch_assert_locked();
    ASSERT(to->entry_count == 0 && to->windows == from->windows);
    struct copying copying = { .from = from, .to = to };
    int error = map_entries_copy(to, from);

    for (struct map_entry *entry = map_first(to); error == 0 && entry != NULL; entry = map_following(entry)) {
        error = copy_entry_relock(&copying, entry);
    }
    if (error == 0) {
        error = copy_window_relock(&copying);
    }
    settle(&copying);
    if (copying.shows_code) {
        space_code_changed(&to->space);
    }
    to->area_room = from->area_room;
    to->large_room = from->large_room;
    to->heap_start = from->heap_start;
    to->heap_end = from->heap_end;
    return error;
}
