#pragma once

#include "types.h"

struct account;

/*
 * A sparse array of frames, indexed by page number: a radix tree of 64-way nodes, as high as the largest index needs.
 * The store holds one reference on each frame that it was given.
 */
struct page_store {
    void *root; /* a node; NULL when empty */
    unsigned height; /* levels of nodes; 0 when empty */
    uint64_t count; /* pages held */
};

/* What a node takes of its pool. */
#define PAGE_STORE_NODE_BYTES 528u

/* Indices are below this: so the tree is at most 5 nodes high. */
#define PAGE_STORE_INDEX_MAX (1ull << 26)

/* Whether a frame is kept at @index; then @out is it. */
bool page_store_get(const struct page_store *store, uint64_t index, paddr_t *out);

/*
 * Keep @frame at @index, which is empty; nodes that it takes are of @account. Consumes the caller's reference. Returns
 * 0, or -ENOMEM: nothing has changed.
 */
int page_store_put(struct page_store *store, uint64_t index, paddr_t frame, struct account *account);

/* Drop the pages of [@first, @limit), or every page, and their references. */
void page_store_drop(struct page_store *store, uint64_t first, uint64_t limit);
void page_store_clear(struct page_store *store);

/* Call @visit for each page, in ascending order. */
void page_store_for_each(const struct page_store *store, void (*visit)(uint64_t index, paddr_t frame, void *context),
                         void *context);

/* Part of audit_begin(): a store whose pages' indices are below @limit. */
struct audit;
void page_store_audit(struct audit *audit, const struct page_store *store, uint64_t limit);
