#pragma once

#include "machine.h"

/* The depth of nodes that is accepted; the deepest of the boards known so far is 8. */
#define DEVICE_TREE_DEPTH_MAX 16

/*
 * Check the flattened device tree at @tree and read from it everything that @machine holds, in one pass. Not a byte
 * outside of the tree's total size is read, which is at most @limit_bytes, whatever the tree says; @limit_bytes are
 * readable.
 * Returns 0, or -EINVAL or -E2BIG with *@reason saying what is wrong with the tree; @machine is undefined then.
 */
int device_tree_read(const void *tree, uint64_t limit_bytes, struct machine *machine, const char **reason);
