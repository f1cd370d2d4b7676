#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The parts of the bench program. A figure's function prints its line and returns true, or returns false after a line
 * on stderr that says why there is none. What each figure means is fixed by the project's list of targets.
 */

#define REPETITIONS 1000

/* One repetition; @index counts from 0. */
typedef void bench_act(void *context, size_t index);

/* --- measure.c --- */

/* Instructions that one of @count repetitions of @act takes, the empty loop taken off, rounded. */
uint64_t measure(bench_act *act, void *context, size_t count);

/* Print a line. Return true, for the caller to return. */
bool measure_print(const char *name, uint64_t value, const char *unit);
bool measure_print_hundredths(const char *name, uint64_t hundredths, const char *unit);

/* Say that @name has no figure, with errno's words. Returns false. */
bool measure_failed(const char *name);

/* --- tasks.c --- */

bool bench_syscall_null(const char *name);
bool bench_spawn_min(const char *name);
bool bench_spawn_hello(const char *name);
bool bench_fork_exit_wait(const char *name);
bool bench_futex_round_trip(const char *name);
bool bench_context_switch(const char *name);

bool bench_pipe_round_trip(const char *name);

/* What the other tasks of bench_context_switch() and bench_pipe_round_trip() do, until they are killed. */
void bench_yield_forever(void);
void bench_echo_forever(void);

/* --- memory.c --- */

bool bench_fault_zero(const char *name);
bool bench_fault_cow(const char *name);
bool bench_fault_map(const char *name);

/* --- regions.c --- */

bool bench_region_attach(const char *name);
bool bench_load_hit_small(const char *name);
bool bench_load_hit_large(const char *name);
bool bench_boot(const char *name);

/* --- frames.c --- */

bool bench_frames_min(const char *name);
bool bench_frames_hello(const char *name);
bool bench_ram_1000_min(const char *name);
bool bench_ram_1000_hello(const char *name);
bool bench_ram_10000_hello(const char *name);
bool bench_ram_boot(const char *name);
