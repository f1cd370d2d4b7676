/*
 * Memory from the C library: blocks of malloc(), filled with bytes of their own, and the break, moved and moved back.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi_errno.h"
#include "stress.h"

#define BLOCKS 24u
#define BLOCK_BYTES_MAX 12000u
#define BREAK_BYTES_MAX 60000u
#define PAGE_BYTES 4096u

struct block {
    uint8_t *bytes; /* NULL: none */
    size_t size;
    uint64_t position; /* its first byte is stress_byte() of that */
};

static struct block blocks[BLOCKS];
static uint64_t next_position;

static void fill(struct block *block, size_t from)
{
    for (size_t i = from; i < block->size; i++) {
        block->bytes[i] = stress_byte(block->position + i);
    }
}

static void look(const struct block *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (block->bytes[i] != stress_byte(block->position + i)) {
            stress_fail("byte %zu of a block of %zu at %p is %#x, not %#x", i, block->size, (void *)block->bytes,
                        block->bytes[i], stress_byte(block->position + i));
        }
    }
}

static void make_block(struct block *block)
{
    size_t size = 1 + stress_pick(BLOCK_BYTES_MAX);
    uint8_t *bytes = malloc(size);

    if (bytes == NULL) {
        stress_is_refused(-ENOMEM);
        return;
    }
    *block = (struct block){ .bytes = bytes, .size = size, .position = next_position };
    next_position += size;
    fill(block, 0);
}

static void resize_block(struct block *block)
{
    size_t size = 1 + stress_pick(BLOCK_BYTES_MAX), kept = size < block->size ? size : block->size;
    uint8_t *bytes = realloc(block->bytes, size);

    if (bytes == NULL) {
        stress_is_refused(-ENOMEM);
        return;
    }
    block->bytes = bytes;
    block->size = size;
    look(block, kept);
    fill(block, kept);
}

/* Whole pages above the old break are new, and zero. */
static void move_break(void)
{
    size_t size = 1 + stress_pick(BREAK_BYTES_MAX);
    uint8_t *start = sbrk((ptrdiff_t)size);

    if (start == (uint8_t *)-1) {
        stress_is_refused(-ENOMEM);
        return;
    }
    size_t old = (PAGE_BYTES - (uintptr_t)start % PAGE_BYTES) % PAGE_BYTES;

    for (size_t i = old; i < size; i += 509) {
        stress_check_equal(start[i], 0, "a new byte above the break");
    }
    memset(start, 0xee, size);
    stress_check(sbrk(-(ptrdiff_t)size) == start + size, "the break as it was left");
}

void heap_step(void)
{
    struct block *block = &blocks[stress_pick(BLOCKS)];

    if (stress_pick(8) == 0) {
        move_break();
    } else if (block->bytes == NULL) {
        make_block(block);
    } else if (stress_pick(3) == 0) {
        resize_block(block);
    } else {
        look(block, block->size);
        free(block->bytes);
        block->bytes = NULL;
    }
}
