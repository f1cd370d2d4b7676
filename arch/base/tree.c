/*
 * The balanced tree of tree.h.
 *
 * Every change is made at one place (a leaf linked, a node with at most one child unlinked) and then repaired on the
 * way up to the root: each step sets the node's height from its children's and, where they differ by 2, rotates once
 * or twice. The way up ends early when a height is what it was before, since nothing above can have changed then.
 *
 * Heights differ by at most 1, so a tree of n nodes is less than 1.45 log2(n) + 2 high.
 *
 * Locks: none; the owner's lock protects tree and nodes.
 */
#include "tree.h"

static uint64_t height_of(const struct tree_node *node)
{
    return node ? node->height : 0;
}

static uint64_t height_from_children(const struct tree_node *node)
{
    uint64_t left = height_of(node->left), right = height_of(node->right);

    return 1 + (left > right ? left : right);
}

/* Put @replacement (or nothing) where @node hangs: under @node's parent or at the root. */
static void replace(struct tree *tree, const struct tree_node *node, struct tree_node *replacement)
{
    struct tree_node *parent = node->parent;

    if (!parent) {
        tree->root = replacement;
    } else if (parent->left == node) {
        parent->left = replacement;
    } else {
        parent->right = replacement;
    }
    if (replacement) {
        replacement->parent = parent;
    }
}

static void set_left(struct tree_node *node, struct tree_node *child)
{
    node->left = child;
    if (child) {
        child->parent = node;
    }
}

static void set_right(struct tree_node *node, struct tree_node *child)
{
    node->right = child;
    if (child) {
        child->parent = node;
    }
}

/* The right child comes up, @node goes down to its left. Returns the new top. */
static struct tree_node *rotate_left(struct tree *tree, struct tree_node *node)
{
    struct tree_node *top = node->right;

    replace(tree, node, top);
    set_right(node, top->left);
    set_left(top, node);
    node->height = height_from_children(node);
    top->height = height_from_children(top);
    return top;
}

static struct tree_node *rotate_right(struct tree *tree, struct tree_node *node)
{
    struct tree_node *top = node->left;

    replace(tree, node, top);
    set_left(node, top->right);
    set_right(top, node);
    node->height = height_from_children(node);
    top->height = height_from_children(top);
    return top;
}

/* Repair one node whose sides differ by at most 2. Returns what hangs there now. */
static struct tree_node *balance(struct tree *tree, struct tree_node *node)
{
    uint64_t left = height_of(node->left), right = height_of(node->right);

    if (left > right + 1) {
        if (height_of(node->left->left) < height_of(node->left->right)) {
            rotate_left(tree, node->left);
        }
        return rotate_right(tree, node);
    }
    if (right > left + 1) {
        if (height_of(node->right->right) < height_of(node->right->left)) {
            rotate_right(tree, node->right);
        }
        return rotate_left(tree, node);
    }
    node->height = height_from_children(node);
    return node;
}

static void balance_upwards(struct tree *tree, struct tree_node *node)
{
    while (node) {
        uint64_t height_before = node->height;

        node = balance(tree, node);
        if (node->height == height_before) {
            return;
        }
        node = node->parent;
    }
}

static struct tree_node *leftmost(struct tree_node *node)
{
    while (node && node->left) {
        node = node->left;
    }
    return node;
}

static struct tree_node *rightmost(struct tree_node *node)
{
    while (node && node->right) {
        node = node->right;
    }
    return node;
}

void tree_insert(struct tree *tree, struct tree_node *node, struct tree_node *parent, struct tree_node **link)
{
    *node = (struct tree_node){ .parent = parent, .height = 1 };
    *link = node;
    balance_upwards(tree, parent);
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    struct tree_node *lowest_changed = node->parent;

    if (!node->left || !node->right) {
        replace(tree, node, node->left ? node->left : node->right);
    } else {
        /* The next node in order has no left child: it leaves its place to its right child and takes @node's. */
        struct tree_node *next = leftmost(node->right);

        lowest_changed = next->parent == node ? next : next->parent;
        replace(tree, next, next->right);
        replace(tree, node, next);
        set_left(next, node->left);
        set_right(next, node->right);
        next->height = node->height;
    }
    *node = (struct tree_node){ .height = 0 };
    balance_upwards(tree, lowest_changed);
}

struct tree_node *tree_first(const struct tree *tree)
{
    return leftmost(tree->root);
}

struct tree_node *tree_last(const struct tree *tree)
{
    return rightmost(tree->root);
}

struct tree_node *tree_next(const struct tree_node *node)
{
    if (node->right) {
        return leftmost(node->right);
    }
    while (node->parent && node->parent->right == node) {
        node = node->parent;
    }
    return node->parent;
}

struct tree_node *tree_previous(const struct tree_node *node)
{
    if (node->left) {
        return rightmost(node->left);
    }
    while (node->parent && node->parent->left == node) {
        node = node->parent;
    }
    return node->parent;
}

static bool is_linked(const struct tree_node *node)
{
    return (!node->left || node->left->parent == node) && (!node->right || node->right->parent == node) &&
           (!node->left || node->left != node->right);
}

static const char *audit_node(const struct tree_node *node)
{
    uint64_t left = height_of(node->left), right = height_of(node->right);

    if (node->height != height_from_children(node)) {
        return "height";
    }
    if (left > right + 1 || right > left + 1) {
        return "balanced";
    }
    return NULL;
}

/*
 * In post-order, by the parents' links: a stack of calls would be as deep as a broken tree. Each link is checked
 * before it is followed, and a node that is reached from its one parent only can't be reached twice: the walk ends.
 */
const char *tree_audit(const struct tree *tree)
{
    const struct tree_node *node = tree->root, *from = NULL;

    if (node && node->parent) {
        return "linked";
    }
    while (node) {
        const struct tree_node *came_from = from;

        from = node;
        if (came_from == node->parent && !is_linked(node)) {
            return "linked";
        }
        if (came_from == node->parent && node->left) {
            node = node->left;
        } else if (node->right && (came_from == node->parent || came_from == node->left)) {
            node = node->right;
        } else {
            const char *broken = audit_node(node);

            if (broken) {
                return broken;
            }
            node = node->parent;
        }
    }
    return NULL;
}
