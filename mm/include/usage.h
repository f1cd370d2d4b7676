#pragma once

#include "map.h"

/*
 * Who uses which frame, counted by walking the real tables at one moment.
 *
 * Typical use, with nothing else running in between:
 *     usage_begin() -> usage_count(map) for each map -> usage_of_map(map, &row) for each map -> usage_totals(&totals)
 *     usage_begin() -> usage_count(map) for each map -> usage_begin_ranges() -> usage_of_range() for ranges of one map
 *
 * A frame's sharers are the maps that can reach it, as a page or as a table, however often each maps it.
 */
struct usage_row {
    uint64_t ro_frames; /* distinct frames mapped without PTE_W */
    uint64_t ro_shared_frames; /* of those, with other sharers */
    uint64_t ro_sharers_max;
    uint64_t private_frames; /* distinct frames mapped with PTE_W, or held, that have no other sharer */
    uint64_t table_frames; /* distinct tables reachable from the root, the root included */
    uint64_t pss_micro_frames; /* the sum of 1,000,000 / sharers over all of them, rounded to nearest */
};

/* Of the pages of a range, each for itself; pages that show the frame of zeros are none. */
struct usage_range {
    uint64_t resident_frames; /* that the map shows or holds there */
    uint64_t shared_frames; /* of those, with other sharers */
    uint64_t pss_micro_frames; /* 1,000,000 / sharers of each; a frame that another range has shown before adds 0 */
};

struct usage_totals {
    uint64_t supervisor_frames; /* descriptors of kind FRAME_SUPERVISOR, less spare pool pages; initrd pages that no
                                   map shows; tables that no map reaches; the zero frame when nobody maps it */
    uint64_t descriptor_frames; /* of those, frame_descriptor_count() */
    uint64_t object_frames; /* FRAME_PAGE frames that no map shows */
    uint64_t mapped_frames; /* frames with at least one sharer */
    uint64_t free_frames; /* frame_free_count() and spare pool pages */
    uint64_t saved_mappings; /* the sum of (sharers - 1) over page frames mapped read-only */
    uint64_t saved_tables; /* the same over table frames */
    uint64_t in_place_frames; /* initrd frames with at least one sharer */
};

void usage_begin(void);
void usage_count(const struct map *map);
void usage_of_map(const struct map *map, struct usage_row *row);
void usage_begin_ranges(void);
void usage_of_range(const struct map *map, uint64_t start, uint64_t end, struct usage_range *range);
void usage_totals(struct usage_totals *totals);
