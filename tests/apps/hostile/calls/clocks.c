/* Clocks, sleeping, and the time that was used. */
#include <string.h>

#include "calls.h"

#define MILLISECOND 1000000

static void try_nanosleep(void)
{
    struct abi_timespec span = { .nanoseconds = MILLISECOND }, left = { 7, 7 };
    uint64_t before = sys_now();

    expect("nanosleep_a_millisecond", raw_syscall2(SYS_nanosleep, ADDRESS(&span), ADDRESS(&left)), 0);
    expect_true("nanosleep_is_not_early", sys_now() - before >= MILLISECOND);
    expect_true("nanosleep_tells_no_rest_then", left.seconds == 7 && left.nanoseconds == 7);
    span = (struct abi_timespec){ 0 };
    expect("nanosleep_nothing", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), 0);
    span.seconds = -1;
    expect("nanosleep_negative_seconds", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), -EINVAL);
    span = (struct abi_timespec){ .nanoseconds = (int64_t)SECOND };
    expect("nanosleep_a_second_of_nanoseconds", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), -EINVAL);
    span.nanoseconds = INT64_MIN;
    expect("nanosleep_negative_nanoseconds", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), -EINVAL);
}

static int64_t sleep_by(uint64_t clock, uint64_t flags, const struct abi_timespec *time)
{
    return raw_syscall4(SYS_clock_nanosleep, clock, flags, ADDRESS(time), 0);
}

static void try_clock_nanosleep(void)
{
    struct abi_timespec span = { .nanoseconds = MILLISECOND }, past = { 0, 1 }, wrong = { 0, -1 }, until;
    uint64_t before = sys_now();

    expect("clock_nanosleep_a_millisecond", sleep_by(ABI_CLOCK_MONOTONIC, 0, &span), 0);
    expect_true("clock_nanosleep_is_not_early", sys_now() - before >= MILLISECOND);
    before = sys_now() + 2 * MILLISECOND;
    until = (struct abi_timespec){ (int64_t)(before / SECOND), (int64_t)(before % SECOND) };
    expect("clock_nanosleep_until", sleep_by(ABI_CLOCK_MONOTONIC, ABI_TIMER_ABSTIME, &until), 0);
    expect_true("clock_nanosleep_until_is_not_early", sys_now() >= before);
    expect_true("clock_nanosleep_until_is_not_late", sys_now() < before + SECOND);
    expect("clock_nanosleep_until_what_is_past", sleep_by(ABI_CLOCK_BOOTTIME, ABI_TIMER_ABSTIME, &past), 0);
    expect("clock_nanosleep_of_the_day", sleep_by(ABI_CLOCK_REALTIME, ABI_TIMER_ABSTIME, &past), 0);
    expect("clock_nanosleep_of_the_processor", sleep_by(ABI_CLOCK_THREAD_CPUTIME_ID, 0, &span), -EOPNOTSUPP);
    expect("clock_nanosleep_unknown", sleep_by(99, 0, &span), -EINVAL);
    expect("clock_nanosleep_minus_1", sleep_by(UINT64_MAX, 0, &span), -EINVAL);
    expect("clock_nanosleep_negative", sleep_by(ABI_CLOCK_MONOTONIC, 0, &wrong), -EINVAL);
    expect("clock_nanosleep_until_negative", sleep_by(ABI_CLOCK_MONOTONIC, ABI_TIMER_ABSTIME, &wrong), -EINVAL);
}

static void try_clock_ids(void)
{
    struct abi_timespec time, later;
    char name[64];

    for (uint64_t clock = ABI_CLOCK_REALTIME; clock <= ABI_CLOCK_BOOTTIME; clock++) {
        snprintf(name, sizeof(name), "clock_gettime_%u", (unsigned)clock);
        time.nanoseconds = -1;
        expect(name, raw_syscall2(SYS_clock_gettime, clock, ADDRESS(&time)), 0);
        snprintf(name, sizeof(name), "clock_gettime_%u_in_range", (unsigned)clock);
        expect_true(name, time.seconds >= 0 && time.nanoseconds >= 0 && time.nanoseconds < (int64_t)SECOND);
        snprintf(name, sizeof(name), "clock_getres_%u", (unsigned)clock);
        time.nanoseconds = -1;
        expect(name, raw_syscall2(SYS_clock_getres, clock, ADDRESS(&time)), 0);
        snprintf(name, sizeof(name), "clock_getres_%u_in_range", (unsigned)clock);
        expect_true(name, time.seconds == 0 && time.nanoseconds > 0 && time.nanoseconds <= MILLISECOND);
    }
    raw_syscall2(SYS_clock_gettime, ABI_CLOCK_PROCESS_CPUTIME_ID, ADDRESS(&time));
    for (volatile unsigned i = 0; i < 100000; i++) {
    }
    raw_syscall2(SYS_clock_gettime, ABI_CLOCK_PROCESS_CPUTIME_ID, ADDRESS(&later));
    expect_true("clock_gettime_of_the_processor_goes_on",
                later.seconds > time.seconds || later.nanoseconds > time.nanoseconds);
    expect("clock_gettime_unknown", raw_syscall2(SYS_clock_gettime, 99, ADDRESS(&time)), -EINVAL);
    expect("clock_gettime_minus_1", raw_syscall2(SYS_clock_gettime, UINT64_MAX, ADDRESS(&time)), -EINVAL);
    expect("clock_getres_nowhere", raw_syscall2(SYS_clock_getres, ABI_CLOCK_MONOTONIC, 0), 0);
    expect("clock_getres_unknown", raw_syscall2(SYS_clock_getres, 99, ADDRESS(&time)), -EINVAL);
    expect("clock_getres_minus_1", raw_syscall2(SYS_clock_getres, UINT64_MAX, 0), -EINVAL);
}

static bool is_usage(const struct abi_rusage *usage)
{
    for (size_t i = 0; i < COUNT(usage->others); i++) {
        if (usage->others[i] != 0) {
            return false;
        }
    }
    return usage->user.seconds >= 0 && usage->user.microseconds >= 0 && usage->user.microseconds < 1000000;
}

static int64_t usage_of(int64_t who, struct abi_rusage *usage)
{
    memset(usage, 0xaa, sizeof(*usage));
    return raw_syscall2(SYS_getrusage, (uint64_t)who, ADDRESS(usage));
}

static void try_used_time(void)
{
    struct abi_rusage usage;
    struct abi_tms times = { -1, -1, -1, -1 };
    int64_t ticks = raw_syscall1(SYS_times, ADDRESS(&times));

    expect_true("times_counts_on", ticks > 0 && raw_syscall1(SYS_times, 0) >= ticks);
    expect_true("times_user", times.user >= 0 && times.system >= 0 && times.children_user >= 0);
    expect_true("times_of_a_machine_that_just_started", ticks < 3600 * ABI_CLOCK_TICKS);
    expect("getrusage_self", usage_of(ABI_RUSAGE_SELF, &usage), 0);
    expect_true("c21_getrusage_has_no_leftovers", is_usage(&usage));
    expect("getrusage_children", usage_of(ABI_RUSAGE_CHILDREN, &usage), 0);
    expect_true("c21_getrusage_of_children_has_no_leftovers", is_usage(&usage));
    expect("getrusage_thread", usage_of(ABI_RUSAGE_THREAD, &usage), 0);
    expect("getrusage_unknown", usage_of(5, &usage), -EINVAL);
    expect("getrusage_minus_2", usage_of(-2, &usage), -EINVAL);
}

void try_clocks(void)
{
    try_nanosleep();
    try_clock_nanosleep();
    try_clock_ids();
    try_used_time();
}
