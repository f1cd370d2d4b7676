/*
 * What tasks cost in time: a call, a life, a switch.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "raw_syscall.h"

#define WARM_UPS 20

static void call_null(void *context, size_t index)
{
    (void)context;
    (void)index;
    raw_syscall0(SYS_getppid);
}

bool bench_syscall_null(const char *name)
{
    return measure_print(name, measure(call_null, NULL, REPETITIONS), "instructions");
}

struct life {
    const char *path;
    int error; /* the first one */
};

static void live(void *context, size_t index)
{
    struct life *life = context;
    char *arguments[] = { (char *)life->path, NULL };
    char *environment[] = { NULL };
    pid_t pid;
    int status;

    (void)index;
    int error = posix_spawn(&pid, life->path, NULL, NULL, arguments, environment);

    if (error == 0 && (waitpid(pid, &status, 0) != pid || status != 0)) {
        error = ECHILD;
    }
    if (life->error == 0) {
        life->error = error;
    }
}

static bool bench_life(const char *name, const char *path)
{
    struct life life = { .path = path };

    for (size_t i = 0; i < WARM_UPS; i++) {
        live(&life, i);
    }
    uint64_t cost = measure(live, &life, REPETITIONS);

    if (life.error != 0) {
        errno = life.error;
        return measure_failed(name);
    }
    return measure_print(name, cost, "instructions");
}

bool bench_spawn_min(const char *name)
{
    return bench_life(name, "/bin/min");
}

bool bench_spawn_hello(const char *name)
{
    return bench_life(name, "/bin/true");
}

static void yield(void *context, size_t index)
{
    (void)context;
    (void)index;
    raw_syscall0(SYS_sched_yield);
}

void bench_yield_forever(void)
{
    for (;;) {
        raw_syscall0(SYS_sched_yield);
    }
}

bool bench_context_switch(const char *name)
{
    char *arguments[] = { "bench", "yield-forever", NULL };
    char *environment[] = { NULL };
    pid_t other;
    int error = posix_spawn(&other, "/bin/bench", NULL, NULL, arguments, environment);

    if (error != 0) {
        errno = error;
        return measure_failed(name);
    }
    for (size_t i = 0; i < WARM_UPS; i++) {
        sched_yield();
    }
    /* There and back is two switches; the other task's loop, two instructions, is part of it. */
    uint64_t cost = (measure(yield, NULL, REPETITIONS) + 1) / 2;

    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    return measure_print(name, cost, "instructions");
}
