/* arch/base/tree.c against a sorted array of keys, with the audit after each step. */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

#define KEYS 512u

struct item {
    struct tree_node node;
    unsigned key;
};

#define ITEM_OF(pointer) CONTAINER_OF(pointer, struct item, node)

static void insert(struct tree *tree, struct item *item)
{
    struct tree_node *parent = NULL, **link = &tree->root;

    while (*link) {
        parent = *link;
        link = item->key < ITEM_OF(parent)->key ? &parent->left : &parent->right;
    }
    tree_insert(tree, &item->node, parent, link);
}

/* Items 0 .. count - 1, keys in that order. */
static struct item *grown(struct tree *tree, unsigned count)
{
    struct item *items = calloc(count, sizeof(struct item));

    *tree = (struct tree){ NULL };
    for (unsigned i = 0; i < count; i++) {
        items[i].key = i;
        insert(tree, &items[i]);
    }
    return items;
}

static void check_holds_exactly(const struct tree *tree, const bool *is_in, unsigned count)
{
    struct tree_node *node = tree_first(tree), *previous = NULL;

    for (unsigned key = 0; key < count; key++) {
        if (is_in[key]) {
            CHECK(node != NULL);
            CHECK_EQUAL(ITEM_OF(node)->key, key);
            CHECK(tree_previous(node) == previous);
            previous = node;
            node = tree_next(node);
        }
    }
    CHECK(node == NULL);
    CHECK(tree_last(tree) == previous);
}

TEST(an_empty_tree_has_no_first_and_no_last)
{
    struct tree tree = { NULL };

    CHECK(tree_first(&tree) == NULL && tree_last(&tree) == NULL);
    CHECK_STRING(tree_audit(&tree), NULL);
}

TEST(ascending_keys_give_a_tree_of_logarithmic_height)
{
    struct tree tree;
    struct item *items = grown(&tree, 1024);

    CHECK_EQUAL(tree.root->height, 11);
    CHECK_STRING(tree_audit(&tree), NULL);
    free(items);
}

TEST(descending_keys_give_a_tree_of_logarithmic_height)
{
    struct tree tree = { NULL };
    struct item *items = calloc(1023, sizeof(struct item));

    for (unsigned i = 1023; i-- > 0;) {
        items[i].key = i;
        insert(&tree, &items[i]);
        CHECK_STRING(tree_audit(&tree), NULL);
    }
    CHECK_EQUAL(tree.root->height, 10);
    free(items);
}

TEST(equal_keys_keep_the_order_in_which_they_came)
{
    struct tree tree = { NULL };
    struct item items[64] = { 0 };
    unsigned position = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(items); i++) {
        insert(&tree, &items[i]);
        CHECK_STRING(tree_audit(&tree), NULL);
    }
    for (struct tree_node *node = tree_first(&tree); node; node = tree_next(node)) {
        CHECK(ITEM_OF(node) == &items[position++]);
    }
    CHECK_EQUAL(position, ARRAY_COUNT(items));
}

TEST(removal_keeps_balance_whatever_is_removed_from_small_trees)
{
    /* Every tree of up to 12 ascending keys, every pair of removals from it. */
    for (unsigned count = 1; count <= 12; count++) {
        for (unsigned first = 0; first < count; first++) {
            for (unsigned second = 0; second < count; second++) {
                struct tree tree;
                struct item *items = grown(&tree, count);
                bool is_in[12];

                memset(is_in, true, sizeof(is_in));
                tree_remove(&tree, &items[first].node);
                is_in[first] = false;
                if (second != first) {
                    CHECK_STRING(tree_audit(&tree), NULL);
                    tree_remove(&tree, &items[second].node);
                    is_in[second] = false;
                }
                CHECK_STRING(tree_audit(&tree), NULL);
                check_holds_exactly(&tree, is_in, count);
                free(items);
            }
        }
    }
}

TEST(random_operations_agree_with_a_sorted_array)
{
    static struct item items[KEYS];
    static bool is_in[KEYS];

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct tree tree = { NULL };
        uint64_t state = seed;

        memset(is_in, false, sizeof(is_in));
        for (unsigned step = 0; step < 8000; step++) {
            /* In waves, so that the tree is now full, now nearly empty. */
            unsigned key = (unsigned)(check_random(&state) % KEYS);
            bool grows = check_random(&state) % 8 < ((step / 1000) % 2 ? 2u : 6u);

            items[key].key = key;
            if (grows && !is_in[key]) {
                insert(&tree, &items[key]);
                is_in[key] = true;
            } else if (!grows && is_in[key]) {
                tree_remove(&tree, &items[key].node);
                is_in[key] = false;
            }
            CHECK_STRING(tree_audit(&tree), NULL);
            if (step % 16 == 0) {
                check_holds_exactly(&tree, is_in, KEYS);
            }
        }
    }
}

TEST(the_audit_names_each_broken_invariant)
{
    struct tree tree;
    struct item *items = grown(&tree, 31);
    struct tree_node *leaf = tree_first(&tree);

    leaf->height = 2;
    CHECK_STRING(tree_audit(&tree), "height");
    leaf->height = 1;

    struct tree_node *parent = leaf->parent;

    leaf->parent = tree_last(&tree);
    CHECK_STRING(tree_audit(&tree), "linked");
    leaf->parent = parent;

    tree.root->parent = leaf;
    CHECK_STRING(tree_audit(&tree), "linked");
    tree.root->parent = NULL;

    /* A loop must end the audit, not hang it. */
    leaf->left = tree.root;
    CHECK_STRING(tree_audit(&tree), "linked");
    leaf->left = NULL;
    CHECK_STRING(tree_audit(&tree), NULL);

    struct tree_node *side = tree.root->left;

    tree.root->left = NULL;
    tree.root->height = tree.root->right->height + 1;
    CHECK_STRING(tree_audit(&tree), "balanced");
    tree.root->left = side;
    free(items);
}
