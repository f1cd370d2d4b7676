/*
 * What tasks cost in time: a call, a life, a switch.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi_types.h"
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

static void fork_once(void *context, size_t index)
{
    struct life *life = context;
    pid_t pid = fork();
    int status;

    (void)index;
    if (pid == 0) {
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        life->error = pid < 0 ? errno : ECHILD;
    }
}

bool bench_fork_exit_wait(const char *name)
{
    struct life life = { .error = 0 };

    for (size_t i = 0; i < WARM_UPS; i++) {
        fork_once(&life, i);
    }
    uint64_t cost = measure(fork_once, &life, REPETITIONS);

    if (life.error != 0) {
        errno = life.error;
        return measure_failed(name);
    }
    return measure_print(name, cost, "instructions");
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

/* Two words on shared memory: who sets one wakes the other task, and waits for its own. */
enum { PING, PONG };

static void await(uint32_t *word)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0) {
        raw_syscall4(SYS_futex, (uint64_t)word, ABI_FUTEX_WAIT, 0, 0);
    }
    *word = 0;
}

static void give(uint32_t *word)
{
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    raw_syscall4(SYS_futex, (uint64_t)word, ABI_FUTEX_WAKE, 1, 0);
}

static void ping_and_wait(void *context, size_t index)
{
    uint32_t *words = context;

    (void)index;
    give(&words[PING]);
    await(&words[PONG]);
}

bool bench_futex_round_trip(const char *name)
{
    uint32_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t other = words == MAP_FAILED ? -1 : fork();

    if (other < 0) {
        return measure_failed(name);
    }
    while (other == 0) {
        await(&words[PING]);
        give(&words[PONG]);
    }
    for (size_t i = 0; i < WARM_UPS; i++) {
        ping_and_wait(words, i);
    }
    uint64_t cost = measure(ping_and_wait, words, REPETITIONS);

    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    munmap(words, 4096);
    return measure_print(name, cost, "instructions");
}

/* Where the other task of bench_pipe_round_trip() finds its ends. */
#define ECHO_FROM 3
#define ECHO_TO 4

void bench_echo_forever(void)
{
    char byte;

    while (raw_syscall3(SYS_read, ECHO_FROM, (uint64_t)&byte, 1) == 1) {
        raw_syscall3(SYS_write, ECHO_TO, (uint64_t)&byte, 1);
    }
}

struct trip {
    int there[2];
    int back[2];
    int64_t moved; /* bytes, both ways */
};

static void go_round(void *context, size_t index)
{
    struct trip *trip = context;
    char byte = (char)index;

    trip->moved += raw_syscall3(SYS_write, (uint64_t)trip->there[1], (uint64_t)&byte, 1);
    trip->moved += raw_syscall3(SYS_read, (uint64_t)trip->back[0], (uint64_t)&byte, 1);
}

static int spawn_echo(const struct trip *trip, pid_t *pid)
{
    char *arguments[] = { "bench", "echo-forever", NULL };
    char *environment[] = { NULL };
    posix_spawn_file_actions_t actions;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, trip->there[0], ECHO_FROM);
    posix_spawn_file_actions_adddup2(&actions, trip->back[1], ECHO_TO);
    int error = posix_spawn(pid, "/bin/bench", &actions, NULL, arguments, environment);

    posix_spawn_file_actions_destroy(&actions);
    return error;
}

bool bench_pipe_round_trip(const char *name)
{
    struct trip trip = { .moved = 0 };
    pid_t other;

    /* Out of the way of the descriptors that the other task gets. */
    if (pipe2(trip.back, O_CLOEXEC) != 0 || pipe2(trip.there, O_CLOEXEC) != 0 ||
        (trip.back[1] = fcntl(trip.back[1], F_DUPFD_CLOEXEC, 10)) < 0 ||
        (trip.there[0] = fcntl(trip.there[0], F_DUPFD_CLOEXEC, 10)) < 0) {
        return measure_failed(name);
    }
    int error = spawn_echo(&trip, &other);

    if (error != 0) {
        errno = error;
        return measure_failed(name);
    }
    for (size_t i = 0; i < WARM_UPS; i++) {
        go_round(&trip, i);
    }
    uint64_t cost = measure(go_round, &trip, REPETITIONS);

    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    close(trip.there[1]);
    close(trip.back[0]);
    if (trip.moved != 2 * (WARM_UPS + REPETITIONS)) {
        errno = EIO;
        return measure_failed(name);
    }
    return measure_print(name, cost, "instructions");
}
