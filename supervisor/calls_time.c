/* System calls on the clock. There is no clock of the day so far: both clocks count from power-on. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "scheduler.h"
#include "task.h"
#include "timer.h"

#define NANOSECONDS 1000000000

/* The sleep is over: its call returns 0. */
static void wake_sleeper(struct timer *timer)
{
    struct task *task = CONTAINER_OF(timer, struct task, timer);

    task->frame.a0 = 0;
    scheduler_ready(task);
}

int64_t call_nanosleep(uint64_t request, uint64_t remaining, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct abi_timespec span;

    CALL_UNUSED(remaining, a2, a3, a4, a5); /* nothing interrupts a sleep and goes on: there are no handlers */
    if (arch_copy_in(&span, uaddr(request), sizeof(span))) {
        return -EFAULT;
    }
    if (span.seconds < 0 || span.nanoseconds < 0 || span.nanoseconds >= NANOSECONDS) {
        return -EINVAL;
    }
    uint64_t ticks = timer_ticks((uint64_t)span.seconds, (uint64_t)span.nanoseconds);

    if (ticks == 0) {
        return 0;
    }
    timer_arm(&task_current()->timer, timer_deadline(ticks), wake_sleeper);
    scheduler_wait(NULL);
    return CALL_LATER;
}

int64_t call_clock_gettime(uint64_t clock, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a2, a3, a4, a5);
    if (clock != ABI_CLOCK_MONOTONIC && clock != ABI_CLOCK_REALTIME) {
        return -EINVAL;
    }
    uint64_t now = timer_nanoseconds();
    struct abi_timespec time = { (int64_t)(now / NANOSECONDS), (int64_t)(now % NANOSECONDS) };

    return arch_copy_out(uaddr(to), &time, sizeof(time));
}
