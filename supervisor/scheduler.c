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
 *   tick-due    while a task is READY beside one that runs, the timer interrupt comes no later than at next_tick
 */
#include "scheduler.h"

#include "console.h"
#include "cpu.h"
#include "csr.h"
#include "panic.h"
#include "plic.h"
#include "timer.h"

#define TICK_NANOSECONDS 10000000ull

static struct list ready = { &ready, &ready };
static uint64_t tick_ticks; /* of the clock, between two of ours */
static uint64_t next_tick; /* when it is due, of the clock; old while nobody is ready */
static bool ran_since_tick; /* the running task was running at the last tick already */
static uint64_t current_root; /* physical address of the root table that satp holds; 0: the supervisor's */

static struct task *task_of(struct list *link)
{
    return CONTAINER_OF(link, struct task, queue);
}

void scheduler_ready(struct task *task)
{
    /* Who has the hart for itself needs no ticks: now there are two again. */
    if (list_is_empty(&ready)) {
        next_tick = timer_deadline(tick_ticks);
        timer_interrupt_by(next_tick);
    }
    task->state = TASK_READY;
    list_push_back(&ready, &task->queue);
}

void scheduler_wait(struct wait_queue *queue)
{
    struct task *task = task_current();

    task->state = TASK_WAITING;
    if (queue != NULL) {
        list_push_back(&queue->tasks, &task->queue);
    }
    this_hart()->reschedule = 1;
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
    while (!list_is_empty(&queue->tasks)) {
        scheduler_wake_one(queue);
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
    if (!list_is_empty(&ready)) {
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

/* What the call that made the hart reschedule leaves in the task's frame. */
static void finish_call(struct trap_frame *frame, int64_t result)
{
    if (result == TRAP_NO_RESULT || result == CALL_RESTART) {
        return;
    }
    frame->pc += 4;
    if (result != CALL_LATER) {
        frame->a0 = (uint64_t)result;
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

/* Take the first ready task out of the queue and make it the hart's. */
static struct trap_frame *enter_first(struct hart *hart)
{
    struct task *next = task_of(ready.next);

    list_remove(&next->queue);
    next->state = TASK_RUNNING;
    ran_since_tick = false;
    hart->reschedule = 0;
    hart->frame = &next->frame;
    next->frame.hart = hart;
    next->frame.stack_top = hart->stack_top;
    enter_map(next->map);
    return &next->frame;
}

/* With what few switches need: sleep, floating point. @previous may be NULL. */
__attribute__((noinline)) static struct trap_frame *take_next_carefully(struct hart *hart, struct task *previous)
{
    if (list_is_empty(&ready)) {
        idle();
    }
    struct task *next = task_of(ready.next);

    if (next != previous) {
        cpu_fp_switch(previous != NULL && previous->uses_fp ? &previous->fp : NULL, next->uses_fp ? &next->fp : NULL);
    }
    return enter_first(hart);
}

/* No call, so no register is saved: this is every switch's path. */
static struct trap_frame *take_next(struct hart *hart, struct task *previous)
{
    if (list_is_empty(&ready) || previous->uses_fp || task_of(ready.next)->uses_fp) {
        return take_next_carefully(hart, previous);
    }
    return enter_first(hart);
}

struct trap_frame *trap_schedule(int64_t result)
{
    struct hart *hart = this_hart();
    struct task *task = CONTAINER_OF(hart->frame, struct task, frame);

    finish_call(&task->frame, result);
    if (task->state == TASK_RUNNING) {
        task->state = TASK_READY;
        list_push_back(&ready, &task->queue);
    }
    return take_next(hart, task);
}

void scheduler_init(void)
{
    tick_ticks = timer_ticks(0, TICK_NANOSECONDS);
}

struct trap_frame *scheduler_start(void)
{
    return take_next_carefully(this_hart(), NULL);
}
