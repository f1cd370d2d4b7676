#pragma once

#include "types.h"

/*
 * Random numbers for programs: a generator that is seeded once, by what the machine gives at start-up.
 */
#define RANDOM_SEED_BYTES_MIN 32u

/* Add @size_bytes of @seed. The generator works once it has had RANDOM_SEED_BYTES_MIN in one piece. */
void random_seed(const void *seed, size_t size_bytes);

bool random_is_seeded(void);

/* Fill @bytes. The generator was seeded. */
void random_fill(void *bytes, size_t size_bytes);

/* Fill the user's @size_bytes at @to. Returns how many it filled, -EFAULT, or -EAGAIN: it was not seeded. */
int64_t random_copy_out(uaddr_t to, uint64_t size_bytes);
