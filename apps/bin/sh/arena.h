#pragma once

#include <stddef.h>

/*
 * Memory that is given back all at once, or down to a mark. A zeroed arena is empty.
 */
struct arena_block;
struct arena {
    struct arena_block *block; /* the newest; NULL: none */
    size_t used; /* bytes of it */
};

/* @size bytes, zeroed and aligned for anything, or NULL: no memory. */
void *arena_take(struct arena *arena, size_t size);

/* Give back all that was taken since @mark was a copy of the arena. */
void arena_release(struct arena *arena, struct arena mark);
