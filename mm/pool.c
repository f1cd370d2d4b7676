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
#include "audit.h"
#include "frame.h"
#include "panic.h"

#include <string.h>

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

/* How many objects of a page are free: in its list, or never handed out; as found by following the list. */
__attribute__((cold)) static size_t count_free(const struct pool *pool, const struct pool_page *page)
{
    size_t capacity = (PAGE_SIZE - FIRST_OFFSET) / pool->object_bytes;
    size_t count = (PAGE_SIZE - page->carve_offset) / pool->object_bytes;

    for (const void *object = page->free; object != NULL; object = *(void *const *)object) {
        if (((uintptr_t)object ^ (uintptr_t)page) >= PAGE_SIZE || ++count > capacity) {
            return SIZE_MAX; /* it leads elsewhere, or in a circle */
        }
    }
    return count;
}

/* Where a page with so many objects in use belongs. */
static const struct list *list_for(const struct pool *pool, size_t used, size_t free)
{
    return used == 0 ? NULL : free == 0 ? &pool->full : &pool->partial;
}

/* page-used and page-list, of a page of @list (NULL: the spare). */
__attribute__((cold)) static void audit_page(struct audit *audit, const struct pool *pool, const struct list *list,
                                             const struct pool_page *page)
{
    uint64_t where = arch_physical(page).value;

    audit_owner(audit, arch_physical(page));
    if (page->pool != pool) {
        audit_find(audit, "page-list", where);
        return;
    }
    size_t capacity = (PAGE_SIZE - FIRST_OFFSET) / pool->object_bytes, free = count_free(pool, page);

    audit_expect(audit, free <= capacity && page->used == capacity - free, "page-used", where);
    audit_expect(audit, list == list_for(pool, page->used, capacity - page->used), "page-list", where);
}

/* pool-used, of one of its lists. Counts pages and objects in use. */
__attribute__((cold)) static void audit_pages(struct audit *audit, const struct pool *pool, const struct list *list,
                                              size_t *pages, size_t *used)
{
    if (!audit_list(audit, list, pool->pages, "pool-used")) {
        return;
    }
    LIST_FOR_EACH(link, list) {
        const struct pool_page *page = CONTAINER_OF(link, struct pool_page, link);

        audit_page(audit, pool, list, page);
        *used += page->used;
        ++*pages;
    }
}

__attribute__((cold)) void pool_audit_all(struct audit *audit)
{
    LIST_FOR_EACH(link, &pools) {
        const struct pool *pool = CONTAINER_OF(link, struct pool, all_link);
        size_t pages = pool->spare != NULL ? 1 : 0, used = 0;

        if (pool->spare != NULL) {
            audit_page(audit, pool, NULL, pool->spare);
        }
        audit_pages(audit, pool, &pool->partial, &pages, &used);
        audit_pages(audit, pool, &pool->full, &pages, &used);
        audit_expect(audit, pages == pool->pages && used == pool->used, "pool-used", pool->object_bytes);
    }
}

__attribute__((cold)) void pool_audit_used(struct audit *audit, const char *name, uint64_t found, const char *invariant)
{
    uint64_t used = 0;

    LIST_FOR_EACH(link, &pools) {
        const struct pool *pool = CONTAINER_OF(link, struct pool, all_link);

        used += strcmp(pool->name, name) == 0 ? pool->used : 0;
    }
    audit_expect(audit, used == found, invariant, found);
}
