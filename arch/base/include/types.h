#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Addresses are types, not integers: a physical address and a user's address can't be mixed up with each other or
 * with a pointer, which is always a supervisor pointer that may be dereferenced. One-member structs are free on RV64.
 */
typedef struct {
    uint64_t value;
} paddr_t;

typedef struct {
    uint64_t value;
} uaddr_t;

static inline paddr_t paddr(uint64_t value)
{
    return (paddr_t){ value };
}

static inline uaddr_t uaddr(uint64_t value)
{
    return (uaddr_t){ value };
}

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ull
#define PAGE_MASK (PAGE_SIZE - 1)

static inline bool is_page_aligned(uint64_t value)
{
    return (value & PAGE_MASK) == 0;
}

static inline uint64_t page_round_down(uint64_t value)
{
    return value & ~PAGE_MASK;
}

/* The caller knows that @value is not in the last page of 64 bits; for untrusted values see checked.h. */
static inline uint64_t page_round_up(uint64_t value)
{
    return (value + PAGE_MASK) & ~PAGE_MASK;
}

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define ALIGNED_DOWN(value, alignment) ((value) & ~((uint64_t)(alignment)-1))
#define ALIGNED_UP(value, alignment) (((value) + ((uint64_t)(alignment)-1)) & ~((uint64_t)(alignment)-1))
