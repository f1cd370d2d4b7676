/*
 * An arena: blocks, each linked to the older one, filled from their start. What is larger than a block gets one of
 * its own.
 *
 *     struct arena mark = arena;
 *     struct node *node = arena_take(&arena, sizeof(*node));
 *     arena_release(&arena, mark);
 */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 496 /* with what malloc keeps beside it, eight to a page */
#define ALIGNMENT 16

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

static int add_block(struct arena *arena, size_t size)
{
    size_t capacity = size > BLOCK_BYTES - sizeof(struct arena_block) ? size : BLOCK_BYTES - sizeof(struct arena_block);
    struct arena_block *block = malloc(sizeof(*block) + capacity);

    if (block == NULL) {
        return -1;
    }
    *block = (struct arena_block){ .older = arena->block, .size = capacity };
    *arena = (struct arena){ .block = block };
    return 0;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if ((arena->block == NULL || size > arena->block->size - arena->used) && add_block(arena, size) != 0) {
        return NULL;
    }
    char *taken = arena->block->bytes + arena->used;

    arena->used += size;
    return memset(taken, 0, size);
}

void arena_release(struct arena *arena, struct arena mark)
{
    while (arena->block != mark.block) {
        struct arena_block *older = arena->block->older;

        free(arena->block);
        arena->block = older;
    }
    arena->used = mark.used;
}
