/*
 * The records of a load hash, in pages:
 *
 *     +--------------------+--------+--------+--     --+--------+
 *     | struct record_page | record | record |   ...   | record |
 *     +--------------------+--------+--------+--     --+--------+
 *
 * A load sets all its records aside before it reserves anything else, so that nothing can run out in its middle, and
 * no record ever lies outside the pool's pages.
 *
 * Invariants:
 *   bounded   page_count <= RECORD_PAGES_MAX
 *   counted   used_count + free_count == page_count * RECORDS_PER_PAGE
 *   listed    a page is in with_room when it has a free record, else in full
 *
 * Typical use:
 *     record_pool_reserve(pool, count, &batch) -> record_pool_take(&batch) ... -> commit,
 *     or record_pool_cancel(pool, &batch) when the load fails
 */
#include "record_pool.h"

#include "abi_errno.h"
#include "audit.h"
#include "frame.h"
#include "panic.h"

#include <string.h>

struct record {
    struct record *next; /* of a free one, or one set aside */
};

struct record_page {
    struct list link;
    struct record *free;
    uint32_t used_count;
};

#define FIRST_RECORD ((sizeof(struct record_page) + 31) & ~(size_t)31)
#define RECORDS_PER_PAGE ((uint32_t)((PAGE_SIZE - FIRST_RECORD) / RECORD_BYTES))

static struct record_page *page_of(void *record)
{
    return (struct record_page *)((uintptr_t)record & ~(uintptr_t)PAGE_MASK);
}

static void add_page(struct record_pool *pool, paddr_t frame)
{
    struct record_page *page = arch_direct(frame);
    char *records = (char *)page + FIRST_RECORD;

    *page = (struct record_page){ .free = NULL };
    for (uint32_t i = RECORDS_PER_PAGE; i > 0; i--) {
        struct record *record = (struct record *)(records + (i - 1) * (size_t)RECORD_BYTES);

        record->next = page->free;
        page->free = record;
    }
    list_push_back(&pool->with_room, &page->link);
    pool->page_count++;
    pool->free_count += RECORDS_PER_PAGE;
}

static bool has_room_for_a_step(const struct record_pool *pool)
{
    return pool->page_count + RECORD_STEP_PAGES <= RECORD_PAGES_MAX;
}

/* All pages of a step or none. */
static bool grow_by_a_step(struct record_pool *pool)
{
    paddr_t frames[RECORD_STEP_PAGES];
    unsigned got = 0;

    while (got < RECORD_STEP_PAGES && frame_alloc(FRAME_SUPERVISOR, &account_supervisor, &frames[got]) == 0) {
        got++;
    }
    if (got < RECORD_STEP_PAGES) {
        while (got > 0) {
            frame_put(frames[--got]);
        }
        return false;
    }
    for (unsigned i = 0; i < RECORD_STEP_PAGES; i++) {
        add_page(pool, frames[i]);
    }
    return true;
}

/* Give back at most @limit pages without a record in use. */
static void shrink(struct record_pool *pool, uint32_t limit)
{
    LIST_FOR_EACH_SAFE(link, following, &pool->with_room) {
        struct record_page *page = CONTAINER_OF(link, struct record_page, link);

        if (limit == 0) {
            break;
        }
        if (page->used_count == 0) {
            list_remove(link);
            frame_put(arch_physical(page));
            pool->page_count--;
            pool->free_count -= RECORDS_PER_PAGE;
            limit--;
        }
    }
}

static struct record *take(struct record_pool *pool)
{
    struct record_page *page = CONTAINER_OF(list_first(&pool->with_room), struct record_page, link);
    struct record *record = page->free;

    page->free = record->next;
    page->used_count++;
    if (page->free == NULL) {
        list_remove(&page->link);
        list_push_back(&pool->full, &page->link);
    }
    pool->free_count--;
    pool->used_count++;
    return record;
}

void record_pool_init(struct record_pool *pool)
{
    *pool = (struct record_pool){ .page_count = 0 };
    list_init(&pool->with_room);
    list_init(&pool->full);
}

void record_pool_destroy(struct record_pool *pool)
{
    ASSERT(pool->used_count == 0);
    record_pool_reclaim(pool);
}

int record_pool_reserve(struct record_pool *pool, uint32_t count, struct record_batch *batch)
{
    struct record_batch taken = { .first = NULL };
    /* A number fixed in advance: memory that is short makes frame_alloc() ask for empty pages of this pool back. */
    uint32_t wanted = count + RECORD_SLACK;
    uint32_t missing = wanted > pool->free_count ? wanted - pool->free_count : 0;
    uint32_t step_records = RECORD_STEP_PAGES * RECORDS_PER_PAGE;
    uint32_t steps = (missing + step_records - 1) / step_records;

    while (steps > 0 && has_room_for_a_step(pool) && grow_by_a_step(pool)) {
        taken.grown_pages += RECORD_STEP_PAGES;
        steps--;
    }
    if (pool->free_count < count) {
        int error = has_room_for_a_step(pool) ? -ENOMEM : -ENOSPC;

        shrink(pool, taken.grown_pages);
        return error;
    }
    for (; taken.count < count; taken.count++) {
        struct record *record = take(pool);

        record->next = taken.first;
        taken.first = record;
    }
    *batch = taken;
    return 0;
}

void record_pool_cancel(struct record_pool *pool, struct record_batch *batch)
{
    while (batch->count > 0) {
        record_pool_free(pool, record_pool_take(batch));
    }
    shrink(pool, batch->grown_pages);
    batch->grown_pages = 0;
}

void *record_pool_take(struct record_batch *batch)
{
    struct record *record = batch->first;

    ASSERT(batch->count > 0);
    batch->first = record->next;
    batch->count--;
    return memset(record, 0, RECORD_BYTES);
}

void record_pool_free(struct record_pool *pool, void *freed)
{
    struct record_page *page = page_of(freed);
    struct record *record = freed;

    if (page->free == NULL) {
        list_remove(&page->link);
        list_push_front(&pool->with_room, &page->link);
    }
    record->next = page->free;
    page->free = record;
    page->used_count--;
    pool->used_count--;
    pool->free_count++;
}

void record_pool_reclaim(struct record_pool *pool)
{
    shrink(pool, pool->page_count);
}

/* Records in the free list of @page; more than there are when it leads elsewhere, or in a circle. */
__attribute__((cold)) static uint32_t count_free(const struct record_page *page)
{
    uint32_t count = 0;

    for (const struct record *record = page->free; record != NULL && count <= RECORDS_PER_PAGE; record = record->next) {
        count = page_of((void *)record) == page ? count + 1 : RECORDS_PER_PAGE + 1;
    }
    return count;
}

/* Of one list of pages, which all have (or have not) a free record. Counts pages and free records. */
__attribute__((cold)) static void audit_pages(struct audit *audit, const struct record_pool *pool,
                                              const struct list *list, uint32_t *pages, uint32_t *free)
{
    if (!audit_list(audit, list, pool->page_count, "record-listed")) {
        return;
    }
    LIST_FOR_EACH(link, list) {
        const struct record_page *page = CONTAINER_OF(link, struct record_page, link);
        uint32_t count = count_free(page);

        audit_owner(audit, arch_physical(page));
        audit_expect(audit, (count > 0) == (list == &pool->with_room) && page->used_count + count == RECORDS_PER_PAGE,
                     "record-listed", arch_physical(page).value);
        *free += count;
        ++*pages;
    }
}

__attribute__((cold)) void record_pool_audit(const struct record_pool *pool, struct audit *audit)
{
    uint32_t pages = 0, free = 0;

    audit_pages(audit, pool, &pool->with_room, &pages, &free);
    audit_pages(audit, pool, &pool->full, &pages, &free);
    audit_expect(audit,
                 pool->page_count == pages && pages <= RECORD_PAGES_MAX && pool->free_count == free &&
                     pool->used_count + free == pages * RECORDS_PER_PAGE,
                 "record-counted", pages);
}
