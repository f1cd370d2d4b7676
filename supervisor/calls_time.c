/* System calls on the clock. There is no clock of the day so far: both clocks count from power-on. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "cpu.h"
#include "scheduler.h"
#include "task.h"
#include "timer.h"

#define NANOSECONDS 1000000000

/* The sleep may be over: its call is done again, and sees. */
static void wake_sleeper(struct timer *timer)
{
    scheduler_ready(CONTAINER_OF(timer, struct task, timer));
}

static bool is_valid(const struct abi_timespec *time)
{
    return time->seconds >= 0 && time->nanoseconds >= 0 && time->nanoseconds < NANOSECONDS;
}

static struct abi_timespec timespec_of(uint64_t nanoseconds)
{
    return (struct abi_timespec){ (int64_t)(nanoseconds / NANOSECONDS), (int64_t)(nanoseconds % NANOSECONDS) };
}

/* A signal ends the sleep: tell what is left of it. The lock is held, for the hart will reschedule. */
static int64_t end_early_relock(uint64_t deadline, uint64_t remaining_to)
{
    uint64_t now = cpu_time();
    struct abi_timespec left = timespec_of(timer_span_nanoseconds(deadline > now ? deadline - now : 0));

    arch_unlock();
    int error = arch_copy_out(uaddr(remaining_to), &left, sizeof(left));

    arch_lock();
    return error ? -EFAULT : -EINTR;
}

/*
 * Sleep until @deadline, of the clock in ticks; or what is under way goes on. When a signal ends it, @remaining_to (if
 * not 0) gets what is left.
 */
static int64_t sleep_until(uint64_t deadline, uint64_t remaining_to)
{
    struct task *task = task_current();

    if (cpu_time() >= deadline) {
        task->deadline_ticks = 0;
        return 0;
    }
    arch_lock();
    task->deadline_ticks = deadline;
    timer_arm(&task->timer, deadline, wake_sleeper);
    int64_t result = scheduler_wait(NULL);

    if (result == CALL_RESTART) {
        return result;
    }
    return remaining_to == 0 ? -EINTR : end_early_relock(deadline, remaining_to);
}

int64_t call_nanosleep(uint64_t request, uint64_t remaining, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a2, a3);
    return call_clock_nanosleep(ABI_CLOCK_MONOTONIC, 0, request, remaining, a4, a5);
}

/* Those that only tell the time: Linux sleeps on none of them. */
static bool is_read_only(uint64_t clock)
{
    switch ((uint32_t)clock) {
    case ABI_CLOCK_MONOTONIC_RAW:
    case ABI_CLOCK_REALTIME_COARSE:
    case ABI_CLOCK_MONOTONIC_COARSE:
        return true;
    default:
        return false;
    }
}

/* Whether a clock runs with the time register: there is no clock of the day so far, so all but processor time do. */
static bool is_time(uint64_t clock)
{
    switch ((uint32_t)clock) {
    case ABI_CLOCK_REALTIME:
    case ABI_CLOCK_MONOTONIC:
    case ABI_CLOCK_MONOTONIC_RAW:
    case ABI_CLOCK_REALTIME_COARSE:
    case ABI_CLOCK_MONOTONIC_COARSE:
    case ABI_CLOCK_BOOTTIME:
        return true;
    default:
        return false;
    }
}

static bool is_cpu_time(uint64_t clock)
{
    return (uint32_t)clock == ABI_CLOCK_PROCESS_CPUTIME_ID || (uint32_t)clock == ABI_CLOCK_THREAD_CPUTIME_ID;
}

int64_t call_clock_nanosleep(uint64_t clock, uint64_t flags, uint64_t request, uint64_t remaining, uint64_t a4,
                             uint64_t a5)
{
    bool is_absolute = (flags & ABI_TIMER_ABSTIME) != 0;
    struct abi_timespec span;

    CALL_UNUSED(a4, a5);
    if (task_current()->deadline_ticks != 0) {
        return sleep_until(task_current()->deadline_ticks, is_absolute ? 0 : remaining);
    }
    if (is_cpu_time(clock) || is_read_only(clock)) {
        return -EOPNOTSUPP;
    }
    if (!is_time(clock)) {
        return -EINVAL;
    }
    if (arch_copy_in(&span, uaddr(request), sizeof(span))) {
        return -EFAULT;
    }
    if (!is_valid(&span)) {
        return -EINVAL;
    }
    uint64_t ticks = timer_ticks((uint64_t)span.seconds, (uint64_t)span.nanoseconds);

    return sleep_until(is_absolute ? ticks : timer_deadline(ticks), is_absolute ? 0 : remaining);
}

int64_t call_clock_gettime(uint64_t clock, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t now = timer_nanoseconds();

    CALL_UNUSED(a2, a3, a4, a5);
    if (is_cpu_time(clock)) {
        now = timer_span_nanoseconds(scheduler_cpu_ticks(task_current()));
    } else if (!is_time(clock)) {
        return -EINVAL;
    }
    struct abi_timespec time = timespec_of(now);

    return arch_copy_out(uaddr(to), &time, sizeof(time));
}

int64_t call_clock_getres(uint64_t clock, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t ticks_per_second = timer_ticks_per_second();
    struct abi_timespec resolution = { 0, (int64_t)((NANOSECONDS + ticks_per_second - 1) / ticks_per_second) };

    CALL_UNUSED(a2, a3, a4, a5);
    if (!is_time(clock) && !is_cpu_time(clock)) {
        return -EINVAL;
    }
    return to == 0 ? 0 : arch_copy_out(uaddr(to), &resolution, sizeof(resolution));
}

/* All of a task's time counts as the user's: the supervisor's part of it is not told apart. */
struct abi_rusage calls_usage_of(uint64_t cpu_ticks)
{
    uint64_t microseconds = timer_span_nanoseconds(cpu_ticks) / 1000;

    return (struct abi_rusage){ .user = { (int64_t)(microseconds / 1000000), (int64_t)(microseconds % 1000000) } };
}

int64_t call_getrusage(uint64_t who, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct task *task = task_current();
    struct abi_rusage usage;

    CALL_UNUSED(a2, a3, a4, a5);
    switch ((int32_t)who) {
    case ABI_RUSAGE_SELF:
    case ABI_RUSAGE_THREAD:
        usage = calls_usage_of(scheduler_cpu_ticks(task));
        break;
    case ABI_RUSAGE_CHILDREN:
        usage = calls_usage_of(task->children_ticks);
        break;
    default:
        return -EINVAL;
    }
    return arch_copy_out(uaddr(to), &usage, sizeof(usage));
}

/* A span of the clock in the ticks that times() counts. */
static int64_t clock_ticks(uint64_t ticks)
{
    return (int64_t)(timer_span_nanoseconds(ticks) / (NANOSECONDS / ABI_CLOCK_TICKS));
}

int64_t call_times(uint64_t to, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct task *task = task_current();
    struct abi_tms times = {
        .user = clock_ticks(scheduler_cpu_ticks(task)),
        .children_user = clock_ticks(task->children_ticks),
    };

    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (to != 0 && arch_copy_out(uaddr(to), &times, sizeof(times))) {
        return -EFAULT;
    }
    return clock_ticks(cpu_time());
}
