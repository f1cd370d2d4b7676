/*
 * Counting instructions. U-mode may read instret only on a machine that was started with `bench`; elsewhere the first
 * reading ends the program.
 *
 * A repetition is a call through a pointer; so is the empty one that is taken off, and the loop is the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

static uint64_t instructions(void)
{
    uint64_t count;

    __asm__ volatile("rdinstret %0" : "=r"(count) : : "memory");
    return count;
}

static void do_nothing(void *context, size_t index)
{
    (void)context;
    (void)index;
}

__attribute__((noinline)) static uint64_t count_loop(bench_act *volatile act, void *context, size_t count)
{
    bench_act *called = act;
    uint64_t before = instructions();

    for (size_t i = 0; i < count; i++) {
        called(context, i);
    }
    return instructions() - before;
}

uint64_t measure(bench_act *act, void *context, size_t count)
{
    uint64_t empty = count_loop(do_nothing, NULL, count);
    uint64_t full = count_loop(act, context, count);

    return full <= empty ? 0 : (full - empty + count / 2) / count;
}

bool measure_print(const char *name, uint64_t value, const char *unit)
{
    printf("bench %s %" PRIu64 " %s\n", name, value, unit);
    return true;
}

bool measure_print_hundredths(const char *name, uint64_t hundredths, const char *unit)
{
    printf("bench %s %" PRIu64 ".%02u %s\n", name, hundredths / 100, (unsigned)(hundredths % 100), unit);
    return true;
}

bool measure_failed(const char *name)
{
    fprintf(stderr, "bench: %s: %s\n", name, strerror(errno));
    return false;
}
