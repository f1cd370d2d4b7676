/*
 * Sparse arrays of frames: radix trees of 64-way nodes.
 *
 * A node of height 1 holds frames, a higher one nodes; a tree of height h holds indices below 64^h and grows by putting
 * a new root over the old one. A slot is 0 when empty. A frame's slot is its address with bit 0 set, so that a frame at
 * physical address 0 is not taken for nothing.
 *
 * Nodes come from the pool of the account that made them necessary, which has no other objects: so whoever may touch a
 * page can pay for what keeps it, and no group pays for nodes of another.
 *
 * Invariants (for the auditor, by these names):
 *     store-filled   a node's `filled` is the number of its slots other than 0, and never 0
 *     store-count    `count` is the number of frames held
 *     store-height   height is 0 if and only if root is NULL
 *
 * Locking: as the object's that the store belongs to.
 *
 * Typical use: page_store_put(&store, index, frame, account) -> page_store_get() -> page_store_drop(&store, first, limit)
 *              -> page_store_clear(&store)
 */
#include "page_store.h"

#include "abi_errno.h"
#include "account.h"
#include "audit.h"
#include "frame.h"
#include "panic.h"
#include "pool.h"

#define SLOT_BITS 6
#define SLOTS (1u << SLOT_BITS)
#define HEIGHT_MAX 5
#define IS_FRAME 1ull

static_assert(PAGE_STORE_INDEX_MAX <= 1ull << (SLOT_BITS * HEIGHT_MAX), "the highest tree holds every index");

struct node {
    uint64_t slots[SLOTS];
    uint64_t filled;
};

static_assert(sizeof(struct node) <= PAGE_STORE_NODE_BYTES, "the pools of accounts are made for it");

static struct node *node_in(uint64_t slot)
{
    return (struct node *)slot;
}

static unsigned slot_index(uint64_t index, unsigned height)
{
    return (unsigned)(index >> (SLOT_BITS * (height - 1))) % SLOTS;
}

/* The height of a tree that can hold @index, and is not lower than @height. */
static unsigned height_for(uint64_t index, unsigned height)
{
    if (height == 0) {
        height = 1;
    }
    while (index >> (SLOT_BITS * height) != 0) {
        height++;
    }
    return height;
}

bool page_store_get(const struct page_store *store, uint64_t index, paddr_t *out)
{
    uint64_t slot = (uint64_t)store->root;

    if (slot == 0 || index >> (SLOT_BITS * store->height) != 0) {
        return false;
    }
    for (unsigned height = store->height; height > 0 && slot != 0; height--) {
        slot = node_in(slot)->slots[slot_index(index, height)];
    }
    if (slot == 0) {
        return false;
    }
    *out = paddr(slot & ~IS_FRAME);
    return true;
}

/* Nodes that page_store_put() must make before it can keep something at @index. */
static unsigned missing_nodes(const struct page_store *store, uint64_t index)
{
    unsigned height = height_for(index, store->height);
    uint64_t slot = (uint64_t)store->root;

    if (slot == 0) {
        return height;
    }
    if (height > store->height) {
        /* New roots down to the old one; the path to the index leaves the old one's at the topmost. */
        return height - store->height + (height - 1);
    }
    while (height > 1) {
        slot = node_in(slot)->slots[slot_index(index, height)];
        if (slot == 0) {
            return height - 1;
        }
        height--;
    }
    return 0;
}

/* Give back a chain of nodes, linked through their first slot. */
static void free_nodes(struct node *chain)
{
    while (chain != NULL) {
        struct node *next = node_in(chain->slots[0]);

        pool_free(pool_of(chain), chain);
        chain = next;
    }
}

/* A chain of @count empty nodes, linked through their first slot. */
static int alloc_nodes(struct account *account, unsigned count, struct node **out)
{
    struct node *chain = NULL;

    for (; count > 0; count--) {
        struct node *node = pool_alloc(&account->nodes);

        if (node == NULL) {
            free_nodes(chain);
            return -ENOMEM;
        }
        *node = (struct node){ .slots = { (uint64_t)chain } };
        chain = node;
    }
    *out = chain;
    return 0;
}

static struct node *take_node(struct node **chain)
{
    struct node *node = *chain;

    ASSERT(node != NULL);
    *chain = node_in(node->slots[0]);
    node->slots[0] = 0;
    return node;
}

/* Put new roots over the old one until the tree is @height high; an empty tree gets one root of that height. */
static void grow(struct page_store *store, unsigned height, struct node **chain)
{
    if (store->root == NULL) {
        store->root = take_node(chain);
        store->height = height;
    }
    while (store->height < height) {
        struct node *root = take_node(chain);

        root->slots[0] = (uint64_t)store->root;
        root->filled = 1;
        store->root = root;
        store->height++;
    }
}

int page_store_put(struct page_store *store, uint64_t index, paddr_t frame, struct account *account)
{
    ASSERT(index < PAGE_STORE_INDEX_MAX);
    struct node *chain = NULL;
    int error = alloc_nodes(account, missing_nodes(store, index), &chain);

    if (error != 0) {
        return error;
    }
    grow(store, height_for(index, store->height), &chain);
    ASSERT(store->height <= HEIGHT_MAX);
    struct node *node = store->root;

    for (unsigned height = store->height; height > 1; height--) {
        uint64_t *slot = &node->slots[slot_index(index, height)];

        if (*slot == 0) {
            *slot = (uint64_t)take_node(&chain);
            node->filled++;
        }
        node = node_in(*slot);
    }
    ASSERT(chain == NULL && node->slots[slot_index(index, 1)] == 0);
    node->slots[slot_index(index, 1)] = frame.value | IS_FRAME;
    node->filled++;
    store->count++;
    return 0;
}

struct drop {
    uint64_t first;
    uint64_t limit;
    uint64_t count; /* pages dropped so far */
};

/*
 * Drop what lies in the range under @node, whose first index is @base, and the node itself when it is empty then.
 * Returns whether it is. The recursion is as deep as the tree is high: at most HEIGHT_MAX.
 */
static bool drop_under(struct node *node, unsigned height, uint64_t base, struct drop *drop)
{
    if (height == 0) {
        __builtin_unreachable(); /* frames, not nodes, are at height 0 */
    }
    unsigned shift = SLOT_BITS * (height - 1);

    for (uint64_t i = drop->first > base ? (drop->first - base) >> shift : 0; i < SLOTS && node->filled > 0; i++) {
        uint64_t slot = node->slots[i], index = base + (i << shift);

        if (index >= drop->limit) {
            break;
        }
        if (slot == 0 || (height > 1 && !drop_under(node_in(slot), height - 1, index, drop))) {
            continue;
        }
        if (height == 1) {
            frame_put(paddr(slot & ~IS_FRAME));
            drop->count++;
        }
        node->slots[i] = 0;
        node->filled--;
    }
    if (node->filled > 0) {
        return false;
    }
    pool_free(pool_of(node), node);
    return true;
}

void page_store_drop(struct page_store *store, uint64_t first, uint64_t limit)
{
    struct drop drop = { .first = first, .limit = limit };

    if (store->root == NULL) {
        return;
    }
    if (drop_under(store->root, store->height, 0, &drop)) {
        *store = (struct page_store){ .root = NULL };
    } else {
        store->count -= drop.count;
    }
}

void page_store_clear(struct page_store *store)
{
    page_store_drop(store, 0, PAGE_STORE_INDEX_MAX);
}

struct visitor {
    void (*visit)(uint64_t index, paddr_t frame, void *context);
    void *context;
};

static void visit_node(const struct node *node, unsigned height, uint64_t first, const struct visitor *visitor)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t slot = node->slots[i], index = first + ((uint64_t)i << (SLOT_BITS * (height - 1)));

        if (slot == 0) {
            continue;
        }
        if (height == 1) {
            visitor->visit(index, paddr(slot & ~IS_FRAME), visitor->context);
        } else {
            visit_node(node_in(slot), height - 1, index, visitor);
        }
    }
}

void page_store_for_each(const struct page_store *store, void (*visit)(uint64_t index, paddr_t frame, void *context),
                         void *context)
{
    struct visitor visitor = { .visit = visit, .context = context };

    if (store->root != NULL) {
        visit_node(store->root, store->height, 0, &visitor);
    }
}

/* store-filled. Returns the number of pages under @node; as deep as the tree is high. */
__attribute__((cold)) static uint64_t audit_node(struct audit *audit, const struct node *node, unsigned height,
                                                 uint64_t first, uint64_t limit)
{
    uint64_t filled = 0, count = 0;

    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t slot = node->slots[i], index = first + ((uint64_t)i << (SLOT_BITS * (height - 1)));

        if (slot == 0) {
            continue;
        }
        filled++;
        if (height > 1) {
            count += audit_node(audit, node_in(slot), height - 1, index, limit);
        } else if (audit_reference(audit, paddr(slot & ~IS_FRAME), index << PAGE_SHIFT)) {
            audit_expect(audit, index < limit, "object-inside", slot);
            audit_expect(audit, frame_of(paddr(slot))->kind == FRAME_PAGE, "object-page", slot);
            count++;
        }
    }
    audit_expect(audit, filled == node->filled && filled != 0, "store-filled", first << PAGE_SHIFT);
    return count;
}

__attribute__((cold)) void page_store_audit(struct audit *audit, const struct page_store *store, uint64_t limit)
{
    uint64_t count = 0;

    if ((store->root == NULL) != (store->height == 0) || store->height > HEIGHT_MAX) {
        audit_find(audit, "store-height", store->height);
        return;
    }
    if (store->root != NULL) {
        count = audit_node(audit, store->root, store->height, 0, limit);
    }
    audit_expect(audit, count == store->count, "store-count", store->count);
}
