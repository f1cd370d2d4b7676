/*
 * Pools of small objects.
 *
 * A page is one frame: a header, then objects. Objects behind `carve_offset` were never handed out, so a new page costs
 * no loop over its objects; the others that are free are linked through their first word.
 *
 *     new frame -> partial <-> full;  partial -> spare -> partial;  partial -> given back (when there is a spare, or
 *     the pool is not the supervisor's: a group pays for nothing that it doesn't use)
 *
 * Invariants (for the auditor, by these names):
 *     page-used      a page's `used` is the number of its objects that are neither in its free list nor behind
 *                    carve_offset
 *     page-list      a page is in `partial` if it has objects in use and room, in `full` if it has no room, and is the
 *                    spare if it has no object in use
 *     pool-used      a pool's `used` is the sum of its pages' `used`, and `pages` their number
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: static struct pool things = POOL("thing", struct thing);  pool_alloc(&things) ... pool_free(&things, t)
 */
#include "pool.h"

#include "account.h"
#include "frame.h"
#include "panic.h"

struct pool_page {
    struct list link;
    struct pool *pool;
    void *free; /* linked through each object's first word */
    uint32_t used;
    uint32_t carve_offset;
};

#define FIRST_OFFSET ALIGNED_UP(sizeof(struct pool_page), 16)

static struct list pools = { &pools, &pools };

static void enlist(struct pool *pool)
{
    ASSERT(pool->object_bytes <= PAGE_SIZE - FIRST_OFFSET);
    list_init(&pool->partial);
    list_init(&pool->full);
    list_push_back(&pools, &pool->all_link);
}

static struct pool_page *page_of(const void *object)
{
    return (struct pool_page *)ALIGNED_DOWN((uintptr_t)object, PAGE_SIZE);
}

struct pool *pool_of(const void *object)
{
    return page_of(object)->pool;
}

static bool has_room(const struct pool *pool, const struct pool_page *page)
{
    return page->free != NULL || pool->object_bytes <= PAGE_SIZE - page->carve_offset;
}

static struct pool_page *new_page(struct pool *pool)
{
    paddr_t frame;

    if (frame_alloc(FRAME_SUPERVISOR, pool->account, &frame) != 0) {
        return NULL;
    }
    struct pool_page *page = arch_direct(frame);

    *page = (struct pool_page){ .pool = pool, .carve_offset = FIRST_OFFSET };
    pool->pages++;
    return page;
}

static void give_page(struct pool *pool, struct pool_page *page)
{
    pool->pages--;
    frame_put(arch_physical(page));
}

/* A page with room, in `partial`; NULL when there is no memory. */
static struct pool_page *page_with_room(struct pool *pool)
{
    if (!list_is_empty(&pool->partial)) {
        return CONTAINER_OF(pool->partial.next, struct pool_page, link);
    }
    struct pool_page *page = pool->spare;

    if (page == NULL) {
        page = new_page(pool);
    }
    pool->spare = NULL;
    if (page != NULL) {
        list_push_front(&pool->partial, &page->link);
    }
    return page;
}

static void *take_object(struct pool *pool, struct pool_page *page)
{
    void *object = page->free;

    if (object != NULL) {
        page->free = *(void **)object;
    } else {
        object = (char *)page + page->carve_offset;
        page->carve_offset += (uint32_t)pool->object_bytes;
    }
    return object;
}

void pool_end(struct pool *pool)
{
    ASSERT(pool->pages == 0);
    if (pool->all_link.next != NULL) {
        list_remove(&pool->all_link);
    }
}

void *pool_alloc(struct pool *pool)
{
    arch_assert_locked();
    if (arch_allocation_fails()) {
        return NULL;
    }
    if (pool->all_link.next == NULL) {
        enlist(pool);
    }
    struct pool_page *page = page_with_room(pool);

    if (page == NULL) {
        return NULL;
    }
    void *object = take_object(pool, page);

    page->used++;
    pool->used++;
    if (!has_room(pool, page)) {
        list_remove(&page->link);
        list_push_front(&pool->full, &page->link);
    }
    return object;
}

static void retire_page(struct pool *pool, struct pool_page *page)
{
    list_remove(&page->link);
    if (pool->spare == NULL && pool->account == &account_supervisor) {
        pool->spare = page;
    } else {
        give_page(pool, page);
    }
}

void pool_free(struct pool *pool, void *object)
{
    arch_assert_locked();
    if (object == NULL) {
        return;
    }
    struct pool_page *page = page_of(object);
    bool was_full = !has_room(pool, page);

    ASSERT(page->pool == pool);
    *(void **)object = page->free;
    page->free = object;
    page->used--;
    pool->used--;
    if (was_full) {
        list_remove(&page->link);
        list_push_front(&pool->partial, &page->link);
    }
    if (page->used == 0) {
        retire_page(pool, page);
    }
}

size_t pool_reclaim_all(void)
{
    arch_assert_locked();
    size_t given = 0;

    LIST_FOR_EACH(link, &pools) {
        struct pool *pool = CONTAINER_OF(link, struct pool, all_link);

        if (pool->spare != NULL) {
            give_page(pool, pool->spare);
            pool->spare = NULL;
            given++;
        }
    }
    return given;
}

size_t pool_spare_frames(void)
{
    size_t count = 0;

    LIST_FOR_EACH(link, &pools) {
        if (CONTAINER_OF(link, struct pool, all_link)->spare != NULL) {
            count++;
        }
    }
    return count;
}
