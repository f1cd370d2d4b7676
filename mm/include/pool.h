#pragma once

#include "list.h"
#include "types.h"

/*
 * Pools of the supervisor's small objects of one size each, carved out of single frames.
 * A page whose last object is freed goes back to the frames, but for one that each pool of the supervisor's keeps.
 */
struct account;
extern struct account account_supervisor;

struct pool {
    /* Fixed. */
    const char *name;
    size_t object_bytes;
    struct account *account; /* who pays for its pages */
    /* Under the pool's use: the supervisor's lock. */
    struct list partial; /* pages with at least one free object */
    struct list full;
    struct pool_page *spare; /* a page with no object in use, or NULL */
    size_t used; /* objects handed out */
    size_t pages; /* frames held, the spare included */
    struct list all_link; /* in the list of all pools, once the first object was asked for */
};

#define POOL(pool_name, type) \
    { \
        .name = (pool_name), .object_bytes = (sizeof(type) + 15) & ~(size_t)15, .account = &account_supervisor \
    }

/* A pool that has no object is done with: it can't be used any more. */
void pool_end(struct pool *pool);

/* The pool that @object came from. */
struct pool *pool_of(const void *object);

/* An object with undefined contents, 16-byte aligned; NULL when there is no memory. */
void *pool_alloc(struct pool *pool);

/* Give back @object, which came from this pool. NULL is allowed and does nothing. */
void pool_free(struct pool *pool, void *object);

/* Give every spare page back. Returns the number of frames given. */
size_t pool_reclaim_all(void);

/* Frames that pool_reclaim_all() would give back now: they count as free. */
size_t pool_spare_frames(void);

/* Part of audit_begin(): every pool and page. */
struct audit;
void pool_audit_all(struct audit *audit);

/* Whether as many objects of the pools with @name were found as are in use; else it is found as @invariant. */
void pool_audit_used(struct audit *audit, const char *name, uint64_t found, const char *invariant);
