#pragma once

#include "list.h"
#include "types.h"

/*
 * The records of a load hash: all of one size, in whole pages, bounded. Nothing of the hash lies anywhere else.
 */
#define RECORD_BYTES 96
#define RECORD_STEP_PAGES 3 /* it grows by so many pages at once */
#define RECORD_SLACK 20 /* when fewer records than this would be left free */
#define RECORD_PAGES_MAX 123 /* whole steps that fit into 512 KiB beside a bucket array of 16 KiB */

struct record_pool {
    struct list with_room; /* struct record_page.link: pages with a free record */
    struct list full;
    uint32_t page_count;
    uint32_t free_count;
    uint32_t used_count; /* batches included */
};

/* Records set aside: one load's, before it can no longer fail. */
struct record_batch {
    struct record *first;
    uint32_t count;
    uint32_t grown_pages; /* by which the pool grew for it */
};

void record_pool_init(struct record_pool *pool);

/* Give every page back. No record is in use. */
void record_pool_destroy(struct record_pool *pool);

/*
 * Set @count records aside. Grows the pool first, by steps, as long as fewer than RECORD_SLACK others would be left.
 * Returns 0 and writes @batch; -ENOSPC when the pool is at its bound; -ENOMEM. On error nothing has changed.
 */
int record_pool_reserve(struct record_pool *pool, uint32_t count, struct record_batch *batch);

/*
 * The way back of a load that failed: give back what is left of @batch, and as many pages as the pool grew by for it,
 * as far as they are empty.
 */
void record_pool_cancel(struct record_pool *pool, struct record_batch *batch);

/* A zeroed record out of @batch, which has one. */
void *record_pool_take(struct record_batch *batch);

/* Give one record back. */
void record_pool_free(struct record_pool *pool, void *freed);

/* Give back every page without a record in use. */
void record_pool_reclaim(struct record_pool *pool);

/* Part of shared_audit(): the pages, and how many of their records are free. */
struct audit;
void record_pool_audit(const struct record_pool *pool, struct audit *audit);
