#pragma once

#include "list.h"
#include "task.h"
#include "types.h"

/*
 * Who runs: round robin with time slices, and wait queues in event style.
 *
 * A system call that has to wait returns what scheduler_wait() gives; the hart then runs another task. These results
 * are never the user's:
 *   CALL_RESTART         the call is done again from its start when the task goes on (its ecall is executed again)
 *   CALL_INTERRUPTED     it would have waited, but there is a signal: its handler comes first, then the call gives EINTR,
 *                        or with SA_RESTART is done again
 *   CALL_NEW_IMAGE       the task's frame was set up for another program
 *   CALL_SIGNAL_RETURN   the task's frame is to be the one that a handler interrupted
 *   CALL_FORKED          the task's last child, complete but for its registers, gets a copy of the task's
 */
#define CALL_RESTART (TRAP_NO_RESULT + 1)
#define CALL_INTERRUPTED (TRAP_NO_RESULT + 2)
#define CALL_NEW_IMAGE (TRAP_NO_RESULT + 3)
#define CALL_SIGNAL_RETURN (TRAP_NO_RESULT + 4)
#define CALL_FORKED (TRAP_NO_RESULT + 5)
#define CALL_SPECIAL_MAX CALL_FORKED

/*
 * Locks: the supervisor's lock is held in every call, unless it says otherwise. A system call takes it by arch_lock()
 * for as long as it looks at what others may change, and gives it back by scheduler_unlock() as its last step.
 */

/*
 * The end of what a system call does under the lock, and of the call. When the hart is to reschedule it keeps the lock
 * until it has gone over to another task.
 */
static inline void scheduler_unlock(void)
{
    if (this_hart()->reschedule >= 0) {
        arch_unlock();
    }
}

/* Make @task, which is in no queue, ready to run: at the end of the queue. */
void scheduler_ready(struct task *task);

/*
 * The current task waits in @queue from now on, or (NULL) for its timer or a signal alone, unless it has a signal to
 * look at first. The hart will reschedule. Returns CALL_RESTART or CALL_INTERRUPTED.
 */
int64_t scheduler_wait(struct wait_queue *queue);

/* @task, which waits, is to do its call again: for a signal. */
void scheduler_interrupt(struct task *task);

/* Wake the first task, or every task, of @queue. */
void scheduler_wake_one(struct wait_queue *queue);
void scheduler_wake_all(struct wait_queue *queue);

/* Take @task out of whatever queue and timer it waits in: it ends. */
void scheduler_forget(struct task *task);

/*
 * The current task has had enough for now, and is to do its call again: others, and interrupts, come first.
 * Returns CALL_RESTART. The second: only where the call gives -EBUSY, because of what another task is doing just now.
 */
int64_t scheduler_again(void);
static inline int64_t scheduler_again_if_busy(int64_t result)
{
    return result == -EBUSY ? scheduler_again() : result;
}

/* Time that @task has spent on a hart, in ticks of the clock. */
uint64_t scheduler_cpu_ticks(const struct task *task);

/* A time slice may be over; sleepers may be due. For the timer interrupt. */
void scheduler_tick(void);

/* Another hart has interrupted this one, which runs a task. */
void scheduler_interrupted(void);

/* Called once, after timer_init(), before the first task is ready. */
void scheduler_init(void);

/* The frame of the hart's first task to run, once there is one: what is left is to enter it. Releases the lock. */
struct trap_frame *scheduler_start(void);

/* For the auditor: as many tasks are READY, and they are in the queue. */
struct audit;
void scheduler_audit(struct audit *audit, uint64_t ready_count);
