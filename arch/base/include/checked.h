#pragma once

#include "types.h"

/* Arithmetic on untrusted values: true when the result does not fit, and then @result is not to be used. */
static inline bool add_overflows(uint64_t a, uint64_t b, uint64_t *result)
{
    return __builtin_add_overflow(a, b, result);
}

static inline bool multiply_overflows(uint64_t a, uint64_t b, uint64_t *result)
{
    return __builtin_mul_overflow(a, b, result);
}

static inline bool page_round_up_overflows(uint64_t value, uint64_t *result)
{
    if (add_overflows(value, PAGE_MASK, result)) {
        return true;
    }
    *result &= ~PAGE_MASK;
    return false;
}

/* Whether [start, start + size) lies inside [0, limit), by subtraction: start + size may wrap. */
static inline bool fits_below(uint64_t start, uint64_t size, uint64_t limit)
{
    return start <= limit && size <= limit - start;
}
