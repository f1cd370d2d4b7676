#pragma once

#include "load_entry.h"
#include "region.h"

/*
 * What a region publishes for its tasks to read: apps/abi/abi_region_table.h.
 */

/* The table of @region, which shows nothing yet. Returns 0, or -ENOMEM: what was made goes with the windows. */
int region_table_create_relock(struct region *region);

/* Make room for @bytes in all, and write the table. Returns 0 or -ENOMEM. For a region that nobody is attached to. */
int region_table_fill_relock(struct region *region);

/*
 * Set a frame aside that the table will need for an entry with @extent_count extents more; @frame is paddr(0) when it
 * needs none. Returns 0 or -ENOMEM. The frame is given to region_table_write(), or put.
 */
int region_table_reserve_relock(const struct region *region, uint32_t extent_count, paddr_t *frame);

/* The region has changed: write its table anew, with @frame as its next page (paddr(0): it has enough). */
void region_table_write(struct region *region, paddr_t frame);
