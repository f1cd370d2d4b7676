/*
 * bench [NAME...]: prints a line `bench NAME VALUE UNIT` for each figure, or for those that are named. Those marked
 * below need a machine of their own (more RAM, or nothing run before them), and are done only when they are named.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include <pando.h>

static const struct {
    const char *name;
    bool (*run)(const char *name);
    bool is_only_by_name;
} figures[] = {
    { "syscall_null", bench_syscall_null, false },
    { "spawn_min", bench_spawn_min, false },
    { "spawn_hello", bench_spawn_hello, false },
    { "fork_exit_wait", bench_fork_exit_wait, false },
    { "fault_zero", bench_fault_zero, false },
    { "fault_cow", bench_fault_cow, false },
    { "fault_map", bench_fault_map, false },
    { "pipe_round_trip", bench_pipe_round_trip, false },
    { "futex_round_trip", bench_futex_round_trip, false },
    { "region_attach", bench_region_attach, false },
    { "load_hit_small", bench_load_hit_small, false },
    { "load_hit_large", bench_load_hit_large, false },
    { "context_switch", bench_context_switch, false },
    { "boot", bench_boot, false },
    { "frames_min", bench_frames_min, false },
    { "frames_hello", bench_frames_hello, false },
    { "ram_1000_min", bench_ram_1000_min, false },
    { "ram_1000_hello", bench_ram_1000_hello, false },
    { "ram_10000_hello", bench_ram_10000_hello, true },
    { "ram_boot", bench_ram_boot, true },
};
#define FIGURE_COUNT (sizeof(figures) / sizeof(figures[0]))

static bool run_all(void)
{
    bool is_done = true;

    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        if (!figures[i].is_only_by_name) {
            is_done &= figures[i].run(figures[i].name);
        }
    }
    return is_done;
}

static bool run_named(const char *name)
{
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        if (strcmp(figures[i].name, name) == 0) {
            return figures[i].run(name);
        }
    }
    fprintf(stderr, "bench: there is no figure %s\n", name);
    return false;
}

int main(int argc, char **argv)
{
    /* Without it, the first look at the counter would end this task. */
    if (pando_bench(ABI_BENCH_BOOT, 0) < 0) {
        fprintf(stderr, "bench: instructions can't be counted: needs Pando, booted with `bench` on its command line\n");
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "yield-forever") == 0) {
        bench_yield_forever();
    }
    if (argc == 2 && strcmp(argv[1], "echo-forever") == 0) {
        bench_echo_forever();
        return 0;
    }
    bool is_done = argc > 1 || run_all();

    for (int i = 1; i < argc; i++) {
        is_done &= run_named(argv[i]);
    }
    return is_done ? 0 : 1;
}
