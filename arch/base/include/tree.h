#pragma once

#include "types.h"

/*
 * A balanced search tree (AVL) of nodes inside the things that are kept: nothing is allocated, so nothing can fail.
 * The tree does not know its keys: the owner walks down from the root, and hands the place where a new node belongs.
 *
 * Typical insertion:
 *     struct tree_node *parent = NULL, **link = &tree->root;
 *     while (*link) { parent = *link; link = key < KEY(parent) ? &parent->left : &parent->right; }
 *     tree_insert(tree, node, parent, link);
 *
 * Invariants (tree_audit() checks them by these names): linked (children and parents agree), balanced (heights of the
 * two sides differ by at most 1), height (each node's recorded height is the true one).
 */
struct tree_node {
    struct tree_node *left;
    struct tree_node *right;
    struct tree_node *parent;
    uint64_t height; /* 1 for a leaf */
};

struct tree {
    struct tree_node *root;
};

/* Link @node at @link, which is @parent's left or right (or the root, with @parent NULL), and restore the balance. */
void tree_insert(struct tree *tree, struct tree_node *node, struct tree_node *parent, struct tree_node **link);

/* Take @node, which is in @tree, out of it. O(log n). */
void tree_remove(struct tree *tree, struct tree_node *node);

/* In-order neighbours and ends; NULL behind the last one. */
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);

/* NULL, or the name of the first broken invariant. */
const char *tree_audit(const struct tree *tree);
