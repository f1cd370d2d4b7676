/*
 * The ready queue, the choice of the next task, and the idle loop.
 *
 * A task's states and what changes them:
 *
 *     created  -> READY     scheduler_ready
 *     READY    -> RUNNING   trap_schedule, when its turn comes
 *     RUNNING  -> READY     trap_schedule, when the hart reschedules while it could go on
 *     RUNNING  -> WAITING   scheduler_wait
 *     WAITING  -> READY     scheduler_wake_*, or its timer
 *     any      -> ENDED     task_end
 *
 * Time slices: while more than one task could run there is a tick every 10 ms, and a task that was running at the last
 * tick already makes room. So a slice lasts between one tick and two, and going from one task to another costs no look
 * at the clock. Who wakes goes to the end of the queue, however it waited, and a sleeper's deadline is no tick: so
 * nobody can keep others from the hart by sleeping often.
 *
 * Invariants
 *   one-queue   a READY task is in the ready queue, a WAITING one in at most one wait queue, any other in none
 *   one-runs    one task is RUNNING, the one whose frame is the hart's, unless the hart idles
 *   tick-due    while a task is READY beside one that runs, the tick is armed. It stays so when that one leaves again:
 *               tasks that take turns by waiting for each other don't set the timer each time
 */
#include "scheduler.h"

#include "console.h"
#include "cpu.h"
#include "csr.h"
#include "panic.h"
#include "plic.h"
#include "signals.h"
#include "timer.h"

#include <string.h>

#define TICK_NANOSECONDS 10000000ull

static struct list ready = { &ready, &ready };
static uint64_t tick_ticks; /* of the clock, between two of ours */
static uint64_t next_tick; /* when it is due, of the clock; old unless is_tick_armed */
static bool is_tick_armed; /* the timer interrupt comes no later than at next_tick */
static bool ran_since_tick; /* the running task was running at the last tick already */
static uint64_t current_root; /* physical address of the root table that satp holds; 0: the supervisor's */

static struct task *task_of(struct list *link)
{
    return CONTAINER_OF(link, struct task, queue);
}

void scheduler_ready(struct task *task)
{
    /* Who has the hart for itself needs no ticks: now there are two again. */
    if (!is_tick_armed) {
        is_tick_armed = true;
        next_tick = timer_deadline(tick_ticks);
        timer_interrupt_by(next_tick);
    }
    task->state = TASK_READY;
    list_push_back(&ready, &task->queue);
}

int64_t scheduler_wait(struct wait_queue *queue)
{
    struct task *task = task_current();

    this_hart()->reschedule = 1;
    if (signals_deliverable(&task->signals)) {
        timer_cancel(&task->timer);
        task->deadline_ticks = 0;
        return CALL_INTERRUPTED;
    }
    task->state = TASK_WAITING;
    if (queue != NULL) {
        list_push_back(&queue->tasks, &task->queue);
    }
    return CALL_RESTART;
}

void scheduler_interrupt(struct task *task)
{
    scheduler_forget(task);
    scheduler_ready(task);
}

void scheduler_wake_one(struct wait_queue *queue)
{
    struct list *first = list_first(&queue->tasks);

    if (first != NULL) {
        list_remove(first);
        scheduler_ready(task_of(first));
    }
}

void scheduler_wake_all(struct wait_queue *queue)
{
    struct list *first;

    while ((first = list_first(&queue->tasks)) != NULL) {
        list_remove(first);
        scheduler_ready(task_of(first));
    }
}

void scheduler_forget(struct task *task)
{
    list_remove(&task->queue);
    timer_cancel(&task->timer);
}

void scheduler_yield(void)
{
    if (!list_is_empty(&ready)) {
        this_hart()->reschedule = 1;
    }
}

void scheduler_again(void)
{
    this_hart()->reschedule = 1;
}

void scheduler_tick(void)
{
    timer_expire();
    if (cpu_time() >= next_tick) {
        if (ran_since_tick) {
            scheduler_yield();
        }
        ran_since_tick = true;
        next_tick = timer_deadline(tick_ticks);
    }
    is_tick_armed = !list_is_empty(&ready);
    if (is_tick_armed) {
        timer_interrupt_by(next_tick);
    }
}

/* Take what is pending until a task is ready. */
static void idle(void)
{
    while (list_is_empty(&ready)) {
        uint64_t pending = cpu_wait();

        if ((pending & SIE_STIE) != 0) {
            scheduler_tick();
        }
        if ((pending & SIE_SEIE) != 0) {
            plic_dispatch();
        }
    }
}

/* What the trap code has saved of the old program when a task goes over to a new one: see trap.S. */
static void clear_preserved(struct trap_frame *frame)
{
    frame->gp = 0;
    frame->s0 = 0;
    frame->s1 = 0;
    memset(&frame->s2, 0, offsetof(struct trap_frame, t3) - offsetof(struct trap_frame, s2));
}

/* A call that gives no result to the user. */
static void finish_special_call(struct task *task, int64_t result)
{
    if (result == CALL_RESTART) {
        task->call_again_pc = task->frame.pc;
    } else if (result == CALL_INTERRUPTED) {
        task->call_again_pc = 0;
        task->call_interrupted = true;
    } else if (result == CALL_NEW_IMAGE) {
        clear_preserved(&task->frame);
    } else if (result == CALL_SIGNAL_RETURN) {
        signals_return(task);
    }
}

void scheduler_leave_map(void)
{
    current_root = 0;
    arch_root_leave();
}

static void enter_map(const struct map *map)
{
    if (current_root != map->root.value) {
        current_root = map->root.value;
        arch_root_switch(map->root);
    }
}

void scheduler_enter_map(void)
{
    enter_map(task_current()->map);
}

/* The running task's cpu_ticks lack the time at which it was entered: one addition when it leaves. */
uint64_t scheduler_cpu_ticks(const struct task *task)
{
    return task->state == TASK_RUNNING ? task->cpu_ticks + cpu_time() : task->cpu_ticks;
}

/* Take the first ready task out of the queue and make it the hart's. */
static inline struct trap_frame *enter_first(struct hart *hart, uint64_t now)
{
    struct task *next = task_of(ready.next);

    list_remove(&next->queue);
    next->state = TASK_RUNNING;
    next->cpu_ticks -= now;
    ran_since_tick = false;
    hart->reschedule = 0;
    hart->frame = &next->frame;
    next->frame.hart = hart;
    next->frame.stack_top = hart->stack_top;
    enter_map(next->map);
    return &next->frame;
}

static struct fp_frame *fp_of(struct task *task)
{
    return task != NULL && (task->attention & TASK_USES_FP) != 0 ? &task->fp : NULL;
}

/* A task that is to do its call again does so first, and finds the signals when it would wait: then it is back here. */
static void look_at_signals(struct hart *hart, struct task *task)
{
    if (task->call_again_pc == task->frame.pc) {
        hart->reschedule = 1;
    } else {
        signals_deliver(task);
    }
}

/* With what few switches need: sleep, floating point, signals. @previous may be NULL. */
__attribute__((noinline)) static struct trap_frame *take_next_carefully(struct hart *hart, struct task *previous)
{
    struct task *next;

    do {
        if (list_is_empty(&ready)) {
            idle();
        }
        next = task_of(ready.next);
        if (next != previous) {
            cpu_fp_switch(fp_of(previous), fp_of(next));
        }
        enter_first(hart, cpu_time());
        previous = next;
        if ((next->attention & TASK_HAS_SIGNALS) != 0) {
            look_at_signals(hart, next);
        }
    } while (next->state == TASK_ENDED);
    return &next->frame;
}

/* No call, so no register is saved: this is every switch's path. */
static struct trap_frame *take_next(struct hart *hart, struct task *previous, uint64_t now)
{
    if (list_is_empty(&ready) || (previous->attention | task_of(ready.next)->attention) != 0) {
        return take_next_carefully(hart, previous);
    }
    return enter_first(hart, now);
}

/* @task leaves the hart, with its call finished. */
static inline struct trap_frame *leave(struct hart *hart, struct task *task)
{
    uint64_t now = cpu_time();

    task->cpu_ticks += now;
    if (task->state == TASK_RUNNING) {
        task->state = TASK_READY;
        list_push_back(&ready, &task->queue);
    }
    return take_next(hart, task, now);
}

__attribute__((noinline)) static struct trap_frame *leave_specially(struct hart *hart, struct task *task,
                                                                    int64_t result)
{
    finish_special_call(task, result);
    return leave(hart, task);
}

/* What is usual makes no call that returns, so no register is saved. */
struct trap_frame *trap_schedule(int64_t result)
{
    struct hart *hart = this_hart();
    struct task *task = CONTAINER_OF(hart->frame, struct task, frame);

    if (result <= CALL_SPECIAL_MAX) {
        return leave_specially(hart, task, result);
    }
    task->frame.pc += 4;
    task->frame.a0 = (uint64_t)result;
    return leave(hart, task);
}

void scheduler_init(void)
{
    tick_ticks = timer_ticks(0, TICK_NANOSECONDS);
}

struct trap_frame *scheduler_start(void)
{
    return take_next_carefully(this_hart(), NULL);
}
