/*
 * What tasks cost in frames: many instances of one program are started, left alone until nothing changes any more,
 * and the machine's free frames are compared. Everything counts, whatever it is used for.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "pando.h"

#define FRAME_BYTES 4096u
#define MIB (1024u * 1024u)
#define SETTLE_US 10000
#define SETTLE_SAMPLES 3
#define INSTANCES 100

struct program {
    char *path;
    char *argument;
};

static const struct program min_program = { "/bin/min", "w" };
static const struct program hello_program = { "/bin/hello", "-w" };

static uint64_t free_frames(void)
{
    struct abi_usage usage = { 0 };

    pando_usage(&usage, NULL, 0);
    return usage.free_frames;
}

/* Wait until the free frames stay the same: all instances have come to their sleep. */
static uint64_t settled_free_frames(void)
{
    uint64_t last = free_frames();

    for (int same = 0; same < SETTLE_SAMPLES;) {
        usleep(SETTLE_US);
        uint64_t now = free_frames();

        same = now == last ? same + 1 : 0;
        last = now;
    }
    return last;
}

static void end_all(const pid_t *pids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kill(pids[i], SIGKILL);
    }
    for (size_t i = 0; i < count; i++) {
        waitpid(pids[i], NULL, 0);
    }
}

/* Start @count instances; all or none. Returns true, or false with errno. */
static bool start_all(const struct program *program, pid_t *pids, size_t count)
{
    char *arguments[] = { program->path, program->argument, NULL };
    char *environment[] = { NULL };

    for (size_t i = 0; i < count; i++) {
        int error = posix_spawn(&pids[i], program->path, NULL, NULL, arguments, environment);

        if (error != 0) {
            end_all(pids, i);
            errno = error;
            return false;
        }
    }
    return true;
}

/* Free frames with the first instance alive, and with @count more. Returns true, or false with errno. */
static bool count_free(const struct program *program, size_t count, uint64_t *before, uint64_t *after)
{
    pid_t *pids = calloc(count + 1, sizeof(*pids));

    if (pids == NULL) {
        return false;
    }
    bool is_started = start_all(program, pids, 1);

    if (is_started) {
        *before = settled_free_frames();
        is_started = start_all(program, pids + 1, count);
        if (is_started) {
            *after = settled_free_frames();
        }
        int error = errno;

        end_all(pids, is_started ? count + 1 : 1);
        errno = error;
    }
    free(pids);
    return is_started;
}

static bool bench_frames(const char *name, const struct program *program)
{
    uint64_t before, after;

    if (!count_free(program, INSTANCES, &before, &after)) {
        return measure_failed(name);
    }
    return measure_print_hundredths(name, (before - after) * 100 / INSTANCES, "frames");
}

static bool bench_ram(const char *name, const struct program *program, size_t count)
{
    struct abi_usage usage;
    uint64_t before, after;

    if (pando_usage(&usage, NULL, 0) < 0 || !count_free(program, count - 1, &before, &after)) {
        return measure_failed(name);
    }
    return measure_print_hundredths(name, (usage.ram_frames - after) * FRAME_BYTES * 100 / MIB, "MiB");
}

bool bench_frames_min(const char *name)
{
    return bench_frames(name, &min_program);
}

bool bench_frames_hello(const char *name)
{
    return bench_frames(name, &hello_program);
}

bool bench_ram_1000_min(const char *name)
{
    return bench_ram(name, &min_program, 1000);
}

bool bench_ram_1000_hello(const char *name)
{
    return bench_ram(name, &hello_program, 1000);
}

bool bench_ram_10000_hello(const char *name)
{
    return bench_ram(name, &hello_program, 10000);
}

bool bench_ram_boot(const char *name)
{
    int64_t peak = pando_bench(ABI_BENCH_PEAK_FRAMES, 0);

    return peak < 0 ? measure_failed(name) : measure_print(name, (uint64_t)peak * FRAME_BYTES / 1024, "KiB");
}
