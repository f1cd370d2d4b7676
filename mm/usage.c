/*
 * Who uses which frame: counted, never estimated.
 *
 * Each call that walks a map takes a new epoch, a number from 1 to 255 that marks the descriptors of what the walk has
 * met already, so that a frame counts once however often the map shows it; when the epochs are used up all marks are
 * cleared. The counts lie in the descriptors themselves, so that counting needs no memory.
 *
 * A descriptor's `sharers` while counting: the number of maps that reach the frame, and WRITABLE if one of them may
 * store to it (or holds it).
 *
 * Invariant: supervisor + object + mapped + free frames are all frames that mm was given or adopted.
 *
 * Locking: the supervisor's lock, nothing else between usage_begin() and the last call.
 */
#include "usage.h"

#include "frame.h"
#include "pool.h"
#include "table.h"

#define WRITABLE (1u << 31)
#define MICRO 1000000ull

static uint8_t epoch;

static void clear_counts(paddr_t frame, struct frame *descriptor, void *context)
{
    (void)frame;
    (void)context;
    if (descriptor->kind != FRAME_FREE) { /* there, `sharers` links the list */
        descriptor->sharers = 0;
        descriptor->seen = 0;
    }
}

static void clear_marks(paddr_t frame, struct frame *descriptor, void *context)
{
    (void)frame;
    (void)context;
    descriptor->seen = 0;
}

static void next_epoch(void)
{
    if (++epoch == 0) {
        frame_for_each(clear_marks, NULL);
        epoch = 1;
    }
}

/* Whether this walk meets the frame for the first time. */
static bool is_first_time(struct frame *descriptor)
{
    if (descriptor->seen == epoch) {
        return false;
    }
    descriptor->seen = epoch;
    return true;
}

static bool is_leaf(struct table_place place, pte_t pte)
{
    return place.level == 0 || !pte_is_table(pte);
}

/* A held page counts as one that can be written: it is kept for that. */
static bool is_writable(pte_t pte)
{
    return (pte & PTE_W) != 0 || (pte & PTE_V) == 0;
}

static uint64_t sharers_of(const struct frame *descriptor)
{
    return descriptor->sharers & ~WRITABLE;
}

void usage_begin(void)
{
    frame_for_each(clear_counts, NULL);
    epoch = 0;
}

static void count_entry(struct table_place place, uint64_t address, pte_t pte, void *context)
{
    struct frame *descriptor = frame_of(pte_frame(pte));

    (void)address;
    (void)context;
    if (is_first_time(descriptor)) {
        descriptor->sharers++;
    }
    if (is_leaf(place, pte) && is_writable(pte)) {
        descriptor->sharers |= WRITABLE;
    }
}

void usage_count(const struct map *map)
{
    next_epoch();
    frame_of(map->space.root)->sharers++;
    table_for_each(map->space.root, 2, 0, count_entry, NULL);
}

/* What one frame contributes, its first time. */
static uint64_t share_of(const struct frame *descriptor)
{
    uint64_t sharers = sharers_of(descriptor);

    return (MICRO + sharers / 2) / sharers;
}

/* First pass: tables, and pages that can be written, which count as that even if they are shown read-only too. */
static void row_tables_and_writable(struct table_place place, uint64_t address, pte_t pte, void *context)
{
    struct usage_row *row = context;
    struct frame *descriptor = frame_of(pte_frame(pte));
    bool leaf = is_leaf(place, pte);

    (void)address;
    if ((leaf && !is_writable(pte)) || !is_first_time(descriptor)) {
        return;
    }
    row->pss_micro_frames += share_of(descriptor);
    if (!leaf) {
        row->table_frames++;
    } else if (sharers_of(descriptor) == 1) {
        row->private_frames++;
    }
}

static void row_read_only(struct table_place place, uint64_t address, pte_t pte, void *context)
{
    struct usage_row *row = context;
    struct frame *descriptor = frame_of(pte_frame(pte));

    (void)address;
    if (!is_leaf(place, pte) || !is_first_time(descriptor)) {
        return;
    }
    uint64_t sharers = sharers_of(descriptor);

    row->pss_micro_frames += share_of(descriptor);
    row->ro_frames++;
    row->ro_shared_frames += sharers > 1 ? 1 : 0;
    if (sharers > row->ro_sharers_max) {
        row->ro_sharers_max = sharers;
    }
}

void usage_of_map(const struct map *map, struct usage_row *row)
{
    *row = (struct usage_row){ .table_frames = 1 };
    next_epoch();
    row->pss_micro_frames = share_of(frame_of(map->space.root));
    table_for_each(map->space.root, 2, 0, row_tables_and_writable, row);
    table_for_each(map->space.root, 2, 0, row_read_only, row);
}

void usage_begin_ranges(void)
{
    next_epoch();
}

void usage_of_range(const struct map *map, uint64_t start, uint64_t end, struct usage_range *range)
{
    paddr_t root = map->space.root;

    *range = (struct usage_range){ 0 };
    for (uint64_t address = table_next_leaf(root, start, end); address < end;
         address = table_next_leaf(root, address + PAGE_SIZE, end)) {
        struct table_place place;
        paddr_t frame = pte_frame(table_walk(root, address, &place));
        struct frame *descriptor = frame_of(frame);

        if (frame.value == frame_zero().value) {
            continue;
        }
        range->resident_frames++;
        range->shared_frames += sharers_of(descriptor) > 1 ? 1 : 0;
        range->pss_micro_frames += is_first_time(descriptor) ? share_of(descriptor) : 0;
    }
}

static void total_mapped(struct usage_totals *totals, const struct frame *descriptor)
{
    uint64_t sharers = sharers_of(descriptor);

    totals->mapped_frames++;
    if (descriptor->kind == FRAME_TABLE) {
        totals->saved_tables += sharers - 1;
    } else if (descriptor->kind != FRAME_SUPERVISOR && (descriptor->sharers & WRITABLE) == 0) {
        totals->saved_mappings += sharers - 1;
    }
    totals->in_place_frames += descriptor->kind == FRAME_INITRD ? 1 : 0;
}

static void total_frame(paddr_t frame, struct frame *descriptor, void *context)
{
    struct usage_totals *totals = context;

    (void)frame;
    if (descriptor->kind == FRAME_FREE) {
        return;
    }
    if (descriptor->sharers != 0) {
        total_mapped(totals, descriptor);
    } else if (descriptor->kind == FRAME_PAGE) {
        totals->object_frames++;
    } else {
        totals->supervisor_frames++;
    }
}

void usage_totals(struct usage_totals *totals)
{
    uint64_t spare = pool_spare_frames();

    *totals = (struct usage_totals){
        .free_frames = frame_free_count() + spare,
        .descriptor_frames = frame_descriptor_count(),
    };
    frame_for_each(total_frame, totals);
    totals->supervisor_frames += frame_wasted_count();
    totals->supervisor_frames -= spare;
}
