#pragma once

#include "types.h"

/*
 * Sets of small numbers as words. The compiler's own functions for them bring tables: these are for words with few bits.
 */

/* The number of the lowest bit of @word, which is not 0. */
static inline unsigned bits_lowest(uint64_t word)
{
    unsigned number = 0;

    for (; (word & 1) == 0; word >>= 1) {
        number++;
    }
    return number;
}

static inline unsigned bits_count(uint64_t word)
{
    unsigned count = 0;

    for (; word != 0; word &= word - 1) {
        count++;
    }
    return count;
}
