/*
 * The ready queue, the choice of the next task, and the idle loop.
 *
 * There is one queue for all harts. A hart that finds it empty idles; who makes a task ready wakes one that does.
 *
 * A task's states and what changes them:
 *
 *     created  -> READY     scheduler_ready
 *     READY    -> RUNNING   trap_schedule, when its turn comes
 *     RUNNING  -> READY     trap_schedule, when the hart reschedules while it could go on
 *     RUNNING  -> WAITING   scheduler_wait; fork_finish, for the child to go first
 *     WAITING  -> READY     scheduler_wake_*, or its timer; task_let_parent_go
 *     any      -> ENDED     task_end; of a task that runs on another hart, that hart does it
 *
 * From scheduler_wait() until the hart has gone over to another task the lock is not released: nobody can wake the task,
 * and run it, before its registers are saved.
 *
 * Time slices: while more than one task could run there is a tick every 10 ms, and a task that was running at the last
 * tick already makes room. So a slice lasts between one tick and two, and going from one task to another costs no look
 * at the clock. Who wakes goes to the end of the queue, however it waited, and a sleeper's deadline is no tick: so
 * nobody can keep others from the hart by sleeping often. With several harts each that runs a task ticks: the task that
 * waits may be ready because of something on another one.
 *
 * Invariants
 *   one-queue   a READY task is in the ready queue, a WAITING one in at most one wait queue, any other in none
 *   one-runs    on each hart that does not idle one task is RUNNING, the one whose frame is the hart's
 *   idle-asks   a hart sleeps only while its bit in idle_harts is set, or an interrupt is on its way; in no user's space
 *   tick-due    while a task is READY beside one that runs, the tick is armed on a hart. It stays so when that one leaves
 *               again: tasks that take turns by waiting for each other don't set the timer each time
 *
 * Locking: the supervisor's lock.
 */
#include "scheduler.h"

#include "audit.h"
#include "calls.h"
#include "console_file.h"
#include "cpu.h"
#include "csr.h"
#include "fork.h"
#include "hart.h"
#include "harts.h"
#include "panic.h"
#include "plic.h"
#include "signals.h"
#include "timer.h"

#include <string.h>

#define TICK_NANOSECONDS 10000000ull

static struct list ready = { &ready, &ready };
static uint64_t tick_ticks; /* of the clock, between two of ours */
static uint32_t idle_harts; /* that are to be woken when there is something to run */

static struct task *task_of(struct list *link)
{
    return CONTAINER_OF(link, struct task, queue);
}

static void arm_tick(struct hart *hart)
{
    hart->is_tick_armed = true;
    hart->next_tick = timer_deadline(tick_ticks);
    timer_interrupt_by(hart->next_tick);
}

/* A task is ready, and this hart does not tick yet, or another one idles. */
__attribute__((noinline)) static void see_to_harts(struct hart *hart)
{
    uint32_t first = idle_harts & -idle_harts;

    /* Who has the hart for itself needs no ticks: now there are two again. */
    if (!hart->is_tick_armed) {
        arm_tick(hart);
    }
    if (first != 0) {
        idle_harts &= ~first;
        hart_interrupt(first);
    }
}

/* Here and below, what is rare is out of line, or comes last: so what is usual saves no registers. */
void scheduler_ready(struct task *task)
{
    struct hart *hart = this_hart();

    task->state = TASK_READY;
    list_push_back(&ready, &task->queue);
    if (!hart->is_tick_armed || idle_harts != 0) {
        see_to_harts(hart);
    }
}

/* The current task does not wait: there is a signal. */
__attribute__((noinline)) static int64_t interrupted(struct task *task)
{
    timer_cancel(&task->timer);
    task->deadline_ticks = 0;
    return CALL_INTERRUPTED;
}

int64_t scheduler_wait(struct wait_queue *queue)
{
    struct task *task = task_current();

    this_hart()->reschedule = HART_RESCHEDULES;
    if (signals_deliverable(&task->signals)) {
        return interrupted(task);
    }
    task->state = TASK_WAITING;
    if (queue != NULL) {
        list_push_back(&queue->tasks, &task->queue);
    }
    return CALL_RESTART;
}

__attribute__((noinline)) static void interrupt_sleeper(struct task *task)
{
    timer_disarm(&task->timer);
    scheduler_ready(task);
}

void scheduler_interrupt(struct task *task)
{
    list_remove(&task->queue);
    if (task->timer.armed) {
        interrupt_sleeper(task);
    } else {
        scheduler_ready(task);
    }
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

static void yield(struct hart *hart)
{
    if (!list_is_empty(&ready)) {
        hart->reschedule = HART_RESCHEDULES;
    }
}

int64_t call_sched_yield(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    arch_lock();
    yield(this_hart());
    scheduler_unlock();
    return 0;
}

int64_t scheduler_again(void)
{
    this_hart()->reschedule = HART_RESCHEDULES;
    return CALL_RESTART;
}

void scheduler_tick(void)
{
    struct hart *hart = this_hart();

    timer_expire();
    if (cpu_time() >= hart->next_tick) {
        if (hart->ran_since_tick) {
            yield(hart);
        }
        hart->ran_since_tick = true;
        hart->next_tick = timer_deadline(tick_ticks);
    }
    hart->is_tick_armed = !list_is_empty(&ready) || arch_harts() != 1;
    if (hart->is_tick_armed) {
        timer_interrupt_by(hart->next_tick);
    }
}

void scheduler_interrupted(void)
{
    struct task *task = task_current();

    /* Who sent the interrupt has left a signal, or has only woken the hart. */
    if (task->state == TASK_RUNNING && (task->attention & TASK_HAS_SIGNALS) != 0) {
        this_hart()->reschedule = HART_RESCHEDULES;
    }
}

/* What woke an idle hart. */
static void take_interrupts(uint64_t pending)
{
    if ((pending & SIE_SSIE) != 0) {
        cpu_software_interrupt_clear();
        harts_stop_if_asked();
    }
    if ((pending & SIE_STIE) != 0) {
        arch_lock();
        timer_expire();
        arch_unlock();
    }
    if ((pending & SIE_SEIE) != 0) {
        plic_dispatch();
        console_file_tell_tasks();
    }
}

/*
 * Sleep until a task is ready. The lock is dropped; the bit is set before, so that whoever makes a task ready afterwards
 * sends an interrupt, which ends the sleep even if it comes before it.
 */
static void idle_relock(struct hart *hart)
{
    uint32_t bit = 1u << hart->index;

    /* The map of the task that has left is destroyed when that task is ended by another hart. */
    space_leave();
    hart->is_tick_armed = false;
    hart->reschedule = HART_RETURNS; /* it has left: what takes the lock in here gives it back */
    while (list_is_empty(&ready)) {
        idle_harts |= bit;
        arch_unlock();
        uint64_t pending = cpu_wait();

        arch_lock();
        idle_harts &= ~bit;
        arch_unlock();
        take_interrupts(pending);
        arch_lock();
    }
    if (arch_harts() != 1) {
        arm_tick(hart);
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

/* A call that gives no result to the user, and is not done again. */
static void finish_special_call(struct task *task, int64_t result)
{
    if (result == CALL_INTERRUPTED) {
        task->call_again_pc = 0;
        task->call_interrupted = true;
    } else if (result == CALL_NEW_IMAGE) {
        clear_preserved(&task->frame);
    } else if (result == CALL_SIGNAL_RETURN) {
        signals_return_relock(task);
    } else if (result == CALL_FORKED) {
        fork_finish(task);
    }
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
    hart->ran_since_tick = false;
    hart->reschedule = HART_RETURNS;
    hart->frame = &next->frame;
    next->frame.hart = hart;
    next->frame.stack_top = hart->stack_top;
    map_enter(next->map);
    return &next->frame;
}

static struct fp_frame *fp_of(struct task *task)
{
    return task != NULL && (task->attention & TASK_USES_FP) != 0 ? &task->fp : NULL;
}

/* A task that is to do its call again does so first, and finds the signals when it would wait: then it is back here. */
static void look_at_signals_relock(struct hart *hart, struct task *task)
{
    if (task->call_again_pc == task->frame.pc && !signals_end_it(task)) {
        hart->reschedule = HART_RESCHEDULES_LATER;
    } else {
        signals_deliver_relock(task);
    }
}

/* The task to run is this hart's alone now. */
static inline struct trap_frame *unlocked(struct trap_frame *frame)
{
    arch_unlock();
    return frame;
}

/* With what few switches need: sleep, floating point, signals. @previous may be NULL. Releases the lock. */
__attribute__((noinline)) static struct trap_frame *take_next_carefully_unlock(struct hart *hart, struct task *previous)
{
    struct task *next;

    do {
        if (list_is_empty(&ready)) {
            /* Nobody waits for this hart before another one may run the task that leaves. */
            cpu_fp_switch(fp_of(previous), NULL);
            previous = NULL;
            idle_relock(hart);
        }
        next = task_of(ready.next);
        if (next != previous) {
            cpu_fp_switch(fp_of(previous), fp_of(next));
        }
        enter_first(hart, cpu_time());
        previous = next;
        if ((next->attention & TASK_HAS_SIGNALS) != 0) {
            look_at_signals_relock(hart, next);
        }
    } while (next->state == TASK_ENDED);
    return unlocked(&next->frame);
}

/* No call that returns, so no register is saved: this is every switch's path. */
static inline struct trap_frame *take_next_unlock(struct hart *hart, struct task *previous, uint64_t now)
{
    if (list_is_empty(&ready) || (previous->attention | task_of(ready.next)->attention) != 0) {
        return take_next_carefully_unlock(hart, previous);
    }
    return unlocked(enter_first(hart, now));
}

/* @task leaves the hart, with its call finished. */
static inline struct trap_frame *leave_unlock(struct hart *hart, struct task *task)
{
    uint64_t now = cpu_time();

    task->cpu_ticks += now;
    if (task->state == TASK_RUNNING) {
        task->state = TASK_READY;
        list_push_back(&ready, &task->queue);
    }
    return take_next_unlock(hart, task, now);
}

__attribute__((noinline)) static struct trap_frame *leave_specially_unlock(struct hart *hart, struct task *task,
                                                                           int64_t result)
{
    finish_special_call(task, result);
    return leave_unlock(hart, task);
}

/* What is usual makes no call that returns, so no register is saved. */
struct trap_frame *trap_schedule(int64_t result)
{
    struct hart *hart = this_hart();
    struct task *task = CONTAINER_OF(hart->frame, struct task, frame);

    if (__builtin_expect(task->attention != 0, 0) && hart->reschedule == HART_RESCHEDULES_LATER) {
        arch_lock();
    }
    if (result > CALL_SPECIAL_MAX) {
        task->frame.pc += 4;
        task->frame.a0 = (uint64_t)result;
    } else if (result == CALL_RESTART) {
        task->call_again_pc = task->frame.pc;
    } else {
        return leave_specially_unlock(hart, task, result);
    }
    return leave_unlock(hart, task);
}

void scheduler_init(void)
{
    tick_ticks = timer_ticks(0, TICK_NANOSECONDS);
}

struct trap_frame *scheduler_start(void)
{
    return take_next_carefully_unlock(this_hart(), NULL);
}

__attribute__((cold)) void scheduler_audit(struct audit *audit, uint64_t ready_count)
{
    uint64_t count = 0;

    if (!audit_list(audit, &ready, ready_count, "one-queue")) {
        return;
    }
    LIST_FOR_EACH(link, &ready) {
        count += task_of(link)->state == TASK_READY;
    }
    audit_expect(audit, count == ready_count, "one-queue", count);
}
