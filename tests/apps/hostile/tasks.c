/*
 * tasks: as many tasks as there can be, tasks that are killed in every state, and sleepers (rule C19).
 *
 *     tasks flood     spawn until it fails; say with what; kill and reap them all
 *     tasks kills     kill children that run, are ready, sleep, read the console, wait for a child, have ended
 *     tasks sleeps    600 sleepers that must wake in time while others spin, and some that never wake
 *     tasks squeeze   spawn with 0, 1, 2 ... free frames left, so that each step of a start fails once
 *     tasks WHAT      a child of the above
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define FLOOD_MAX 30000
#define SLEEPERS 600
#define SQUEEZE_FRAMES 24

static int32_t pids[FLOOD_MAX];

static int64_t start_self(const char *what, const char *argument)
{
    const char *const arguments[] = { "tasks", what, argument, NULL };

    return sys_spawn("/bin/tasks", arguments);
}

/* --- flood */

static int flood(void)
{
    static const char *const sleeper[] = { "min", "w", NULL };
    int64_t result = 0, error = 0;
    unsigned count = 0, wrong = 0;

    while (count < FLOOD_MAX && (result = sys_spawn("/bin/min", sleeper)) > 0) {
        pids[count++] = (int32_t)result;
    }
    error = result;
    /* The machine is full, but the calls of those that live work on. */
    expect_true("flood_yield", raw_syscall0(SYS_sched_yield) == 0);
    expect("flood_again_is_the_same_error", sys_spawn("/bin/min", sleeper), error);
    for (unsigned i = 0; i < count; i++) {
        wrong += sys_kill(pids[i], ABI_SIGKILL) != 0;
    }
    for (unsigned i = 0; i < count; i++) {
        wrong += sys_wait(-1) != ABI_SIGKILL;
    }
    expect("flood_all_are_killed", wrong, 0);
    expect("flood_none_is_left", sys_wait(-1), -ECHILD);
    printf("flood %u %lld\n", count, (long long)error);
    return 0;
}

/* --- kills */

static void kill_one(const char *name, int64_t pid, uint64_t signal, uint64_t delay)
{
    char full[64];

    sys_sleep(delay);
    snprintf(full, sizeof(full), "kill_%s", name);
    expect(full, sys_kill(pid, signal), 0);
    snprintf(full, sizeof(full), "kill_%s_status", name);
    expect(full, sys_wait(pid), (int64_t)signal);
}

static int kills(void)
{
    const uint64_t millisecond = SECOND / 1000;
    int64_t pid;

    kill_one("a_new_one", start_self("spin", NULL), ABI_SIGKILL, 0);
    kill_one("one_that_spins", start_self("spin", NULL), ABI_SIGKILL, 30 * millisecond);
    kill_one("one_that_spins_politely", start_self("spin", NULL), ABI_SIGTERM, 30 * millisecond);
    kill_one("one_that_yields", start_self("yield", NULL), ABI_SIGKILL, 30 * millisecond);
    kill_one("one_that_sleeps", start_self("sleep", NULL), ABI_SIGKILL, 30 * millisecond);
    kill_one("one_that_reads_the_console", start_self("read", NULL), ABI_SIGTERM, 30 * millisecond);
    kill_one("one_that_waits_for_its_child", start_self("parent", "sleep"), ABI_SIGKILL, 30 * millisecond);
    kill_one("one_with_a_child_that_spins", start_self("parent", "spin"), ABI_SIGKILL, 30 * millisecond);
    kill_one("one_that_faults_all_the_time", start_self("touch", NULL), ABI_SIGKILL, 5 * millisecond);
    kill_one("by_a_realtime_signal", start_self("sleep", NULL), 64, 5 * millisecond);
    pid = start_self("self", NULL);
    expect("kill_oneself", sys_wait(pid), ABI_SIGKILL);
    pid = start_self("self_after_fork", NULL);
    expect("kill_oneself_with_children", sys_wait(pid), ABI_SIGTERM);
    pid = start_self("leave", NULL);
    expect("end_with_children", sys_wait(pid), 0);
    pid = start_self("exit", NULL);
    sys_sleep(200 * millisecond);
    expect("kill_one_that_has_ended", sys_kill(pid, ABI_SIGKILL), 0);
    expect("kill_one_that_has_ended_status", sys_wait(pid), 5 << 8);
    expect("kill_leaves_no_child", sys_wait(-1), -ECHILD);
    return 0;
}

/* --- sleeps */

static int nap(uint64_t milliseconds)
{
    uint64_t start = sys_now(), span = milliseconds * (SECOND / 1000);

    sys_sleep(span);
    uint64_t slept = sys_now() - start;

    return slept < span ? 1 : slept > span + SECOND ? 2 : 0;
}

static int sleeps(void)
{
    static const struct abi_timespec huge[] = {
        { INT64_MAX, 999999999 }, { INT64_MAX, 0 },          { INT64_MAX / 1000000000, 0 },
        { 1ll << 62, 1 },         { 9223372036, 854775807 }, /* 2^63 - 1 ns */
        { 1844674407371, 0 }, /* 2^64 ticks of 10 MHz, or a few less */
    };
    int64_t spinner = start_self("spin", NULL), forever[COUNT(huge)];
    unsigned early = 0, late = 0, wrong = 0;

    for (size_t i = 0; i < COUNT(huge); i++) {
        char argument[8];

        snprintf(argument, sizeof(argument), "%zu", i);
        forever[i] = start_self("forever", argument);
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        char argument[8];

        snprintf(argument, sizeof(argument), "%u", 1 + i * 7919 % 400);
        pids[i] = (int32_t)start_self("nap", argument);
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        int64_t status = sys_wait(pids[i]);

        early += status == 1 << 8;
        late += status == 2 << 8;
        wrong += status != 0;
    }
    expect("c19_no_sleeper_is_early", early, 0);
    expect("c19_no_sleeper_is_a_second_late", late, 0);
    expect("c19_all_sleepers_wake", wrong, 0);
    for (size_t i = 0; i < COUNT(huge); i++) {
        int32_t status;

        expect("c19_a_sleep_of_2_63_goes_on",
               raw_syscall4(SYS_wait4, (uint64_t)forever[i], ADDRESS(&status), ABI_WNOHANG, 0), 0);
        sys_kill(forever[i], ABI_SIGKILL);
        expect("c19_a_sleep_of_2_63_ends_by_a_kill", sys_wait(forever[i]), ABI_SIGKILL);
    }
    sys_kill(spinner, ABI_SIGKILL);
    sys_wait(spinner);
    return 0;
}

static int sleep_for_ever(unsigned which)
{
    static const struct abi_timespec huge[] = {
        { INT64_MAX, 999999999 }, { INT64_MAX, 0 },          { INT64_MAX / 1000000000, 0 },
        { 1ll << 62, 1 },         { 9223372036, 854775807 }, { 1844674407371, 0 },
    };

    raw_syscall2(SYS_nanosleep, ADDRESS(&huge[which]), 0);
    return 1;
}

/* --- squeeze */

/* Touch pages of @memory until no more than @keep frames, or one or two more, are free. */
static void take_all_but(volatile char *memory, uint64_t size, uint64_t keep)
{
    uint64_t taken = 0, free;

    /* Three quarters of what is left at a time: page tables take some too. */
    while ((free = sys_free_frames()) > keep + 1) {
        uint64_t count = (free - keep) * 3 / 4;

        for (uint64_t i = 0; i < count && taken < size; i++, taken += PAGE) {
            memory[taken] = 1;
        }
    }
}

/* What became of a start: as a wait4 status, or a negative error number. */
static int64_t start_with(uint64_t free_frames)
{
    static const char *const arguments[] = { "hello", NULL };
    const uint64_t size = 64ull << 20;
    volatile char *memory = (char *)sys_map(0, size, ABI_PROT_READ | ABI_PROT_WRITE,
                                            ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_NORESERVE, -1, 0);

    take_all_but(memory, size, free_frames);
    int64_t pid = sys_spawn("/bin/hello", arguments), result = pid > 0 ? sys_wait(pid) : pid;

    sys_unmap(ADDRESS(memory), size);
    return result;
}

static int squeeze(void)
{
    unsigned good = 0, refused = 0, ended = 0, wrong = 0;

    /* Twice: at first caches of the supervisor's fill and are given back. */
    for (unsigned pass = 0; pass < 2; pass++) {
        uint64_t before = sys_free_frames();

        good = refused = ended = wrong = 0;
        for (uint64_t keep = SQUEEZE_FRAMES; keep-- > 0;) {
            int64_t result = start_with(keep);

            good += result == 0;
            refused += result == -ENOMEM;
            ended += result == ABI_SIGBUS;
            wrong += result != 0 && result != -ENOMEM && result != ABI_SIGBUS;
        }
        if (pass == 1) {
            expect("a12_as_many_frames_are_free_as_before", (int64_t)(before - sys_free_frames()), 0);
        }
    }
    expect("a12_a_start_without_memory_is_refused_or_ended", wrong, 0);
    expect_true("a12_some_starts_were_refused", refused > 0);
    expect_true("a12_some_were_ended_later", ended > 0);
    expect_true("a12_with_memory_they_work", good > SQUEEZE_FRAMES / 2);
    return 0;
}

/* --- children */

static int be_child(const char *what, const char *argument)
{
    if (strcmp(what, "spin") == 0) {
        /* Until nobody is left to kill it. */
        while (raw_syscall0(SYS_getppid) != 1) {
            for (unsigned i = 0; i < 1000000; i++) {
                __asm__ volatile("" ::: "memory");
            }
        }
    } else if (strcmp(what, "yield") == 0) {
        for (;;) {
            raw_syscall0(SYS_sched_yield);
        }
    } else if (strcmp(what, "sleep") == 0) {
        sys_sleep(2 * SECOND);
    } else if (strcmp(what, "read") == 0) {
        char byte;

        raw_syscall3(SYS_read, 0, ADDRESS(&byte), 1);
    } else if (strcmp(what, "parent") == 0) {
        sys_wait(start_self(argument, NULL));
    } else if (strcmp(what, "touch") == 0) {
        for (;;) {
            int64_t memory = sys_map_fresh(16 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);

            memset((void *)memory, 1, 16 * PAGE);
            sys_unmap((uint64_t)memory, 16 * PAGE);
        }
    } else if (strcmp(what, "self") == 0) {
        sys_kill(raw_syscall0(SYS_getpid), ABI_SIGKILL);
    } else if (strcmp(what, "self_after_fork") == 0) {
        start_self("nap", "50");
        start_self("exit", NULL);
        sys_kill(raw_syscall0(SYS_getpid), ABI_SIGTERM);
    } else if (strcmp(what, "leave") == 0) {
        start_self("nap", "50");
        start_self("exit", NULL);
        return 0;
    } else if (strcmp(what, "exit") == 0) {
        return 5;
    } else if (strcmp(what, "nap") == 0) {
        return nap(strtoul(argument, NULL, 10));
    } else if (strcmp(what, "forever") == 0) {
        return sleep_for_ever((unsigned)atoi(argument));
    }
    return 99;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(what, "flood") == 0) {
        return flood();
    }
    if (strcmp(what, "kills") == 0) {
        return kills();
    }
    if (strcmp(what, "sleeps") == 0) {
        return sleeps();
    }
    if (strcmp(what, "squeeze") == 0) {
        return squeeze();
    }
    return be_child(what, argc > 2 ? argv[2] : NULL);
}
