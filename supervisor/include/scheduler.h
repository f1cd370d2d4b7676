#pragma once

#include "list.h"
#include "task.h"
#include "types.h"

/*
 * Who runs: round robin with time slices, and wait queues in event style.
 *
 * A system call that has to wait returns one of these; the hart then runs another task.
 *   CALL_RESTART   the call is done again from its start when the task wakes (its ecall is executed again)
 *   CALL_LATER     the call is done: whoever wakes the task gives its result to scheduler_wake()
 */
#define CALL_RESTART (TRAP_NO_RESULT + 1)
#define CALL_LATER (TRAP_NO_RESULT + 2)

/* Make @task, which is in no queue, ready to run: at the end of the queue. */
void scheduler_ready(struct task *task);

/* The current task waits in @queue from now on, or (NULL) for its timer alone. The hart will reschedule. */
void scheduler_wait(struct wait_queue *queue);

/* Wake the first task, or every task, of @queue. */
void scheduler_wake_one(struct wait_queue *queue);
void scheduler_wake_all(struct wait_queue *queue);

/* Take @task out of whatever queue and timer it waits in: it ends. */
void scheduler_forget(struct task *task);

/* Give the hart to another ready task; the current one goes to the end of the queue. */
void scheduler_yield(void);

/* The current task has had enough for now, and is to do its call again: others, and interrupts, come first. */
void scheduler_again(void);

/* Run in no user's address space, because the current one is about to go. */
void scheduler_leave_map(void);

/* A time slice may be over; sleepers may be due. For the timer interrupt. */
void scheduler_tick(void);

/* Called once, after timer_init(), before the first task is ready. */
void scheduler_init(void);

/* The frame of the first task to run, made the hart's: what is left is to enter it. */
struct trap_frame *scheduler_start(void);
