#pragma once

#include "map.h"
#include "types.h"

/*
 * The strings that a new program gets: argv and envp, gathered first, laid out on its stack after. The user's bytes
 * are read once.
 */
#define ARGUMENTS_BYTES_MAX (128u * 1024)
#define ARGUMENTS_COUNT_MAX 4096u

struct arguments {
    paddr_t frames[ARGUMENTS_BYTES_MAX / PAGE_SIZE]; /* the strings one behind the other, each with its NUL */
    uint32_t size_bytes;
    uint32_t argument_count;
    uint32_t environment_count;
};

void arguments_init(struct arguments *arguments);

/* Give back its memory. The supervisor's lock is held. */
void arguments_free(struct arguments *arguments);

/*
 * Append strings; all of argv comes before the first of envp. From an array of the user's string addresses that ends
 * with 0, or one string of ours. The supervisor's lock is not held.
 * Return 0, -E2BIG, -EFAULT or -ENOMEM. What was gathered before stays.
 */
enum arguments_list { ARGUMENTS_ARGV, ARGUMENTS_ENVP };
int arguments_append_users(struct arguments *arguments, enum arguments_list list, uaddr_t array);
int arguments_append(struct arguments *arguments, enum arguments_list list, const char *string);

/* A pair of the auxiliary vector. */
struct auxiliary {
    uint64_t key;
    uint64_t value;
};

/*
 * Lay out the first stack of a program below @stack_end, as Linux does for riscv64: from the stack pointer up argc,
 * argv's addresses, 0, envp's, 0, the auxiliary pairs, ABI_AT_NULL, the strings.
 * Returns 0 and writes @stack_pointer (16-byte aligned), or -ENOMEM.
 */
int arguments_lay_out_relock(const struct arguments *arguments, struct map *map, uint64_t stack_end,
                             const struct auxiliary *auxiliary, uint32_t auxiliary_count, uint64_t *stack_pointer);
