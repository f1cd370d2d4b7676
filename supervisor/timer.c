/*
 * Deadlines in a tree ordered by time, equal ones in the order of arrival.
 *
 * Invariants
 *   timer-armed    a timer is in the tree exactly while it is armed
 *   timer-sorted   deadlines ascend along the tree
 *   timer-due      for each armed timer there is a hart whose timer interrupt is set to no later than its deadline: the
 *                  one that armed it, or one that has seen an earlier one expire since
 *
 * Locking: the supervisor's lock.
 */
#include "timer.h"

#include "checked.h"
#include "cpu.h"
#include "panic.h"
#include "trap.h"

#define NANOSECONDS 1000000000ull

static struct tree timers;
static uint64_t ticks_per_second;

static struct timer *timer_of(struct tree_node *node)
{
    return CONTAINER_OF(node, struct timer, node);
}

void timer_init(uint64_t frequency_hz)
{
    ticks_per_second = frequency_hz;
    cpu_timer_set(UINT64_MAX);
}

uint64_t timer_ticks_per_second(void)
{
    return ticks_per_second;
}

uint64_t timer_nanoseconds(void)
{
    return timer_span_nanoseconds(cpu_time());
}

uint64_t timer_span_nanoseconds(uint64_t ticks)
{
    return ticks / ticks_per_second * NANOSECONDS + ticks % ticks_per_second * NANOSECONDS / ticks_per_second;
}

uint64_t timer_ticks(uint64_t seconds, uint64_t nanoseconds)
{
    uint64_t whole, ticks;

    /* Rounded up: nobody wakes early. The product fits: see MACHINE_TIMEBASE_HZ_MAX. */
    if (multiply_overflows(seconds, ticks_per_second, &whole) ||
        add_overflows(whole, (nanoseconds * ticks_per_second + NANOSECONDS - 1) / NANOSECONDS, &ticks)) {
        return UINT64_MAX;
    }
    return ticks;
}

uint64_t timer_deadline(uint64_t ticks_from_now)
{
    uint64_t deadline;

    return add_overflows(cpu_time(), ticks_from_now, &deadline) ? UINT64_MAX : deadline;
}

void timer_arm(struct timer *timer, uint64_t deadline_ticks, void (*expired)(struct timer *timer))
{
    struct tree_node *parent = NULL, **link = &timers.root;

    ASSERT(!timer->armed);
    while (*link != NULL) {
        parent = *link;
        link = deadline_ticks < timer_of(parent)->deadline_ticks ? &parent->left : &parent->right;
    }
    timer->deadline_ticks = deadline_ticks;
    timer->expired = expired;
    timer->armed = true;
    tree_insert(&timers, &timer->node, parent, link);
    timer_interrupt_by(deadline_ticks);
}

void timer_disarm(struct timer *timer)
{
    timer->armed = false;
    tree_remove(&timers, &timer->node);
}

void timer_expire(void)
{
    struct tree_node *first;

    while ((first = tree_first(&timers)) != NULL && timer_of(first)->deadline_ticks <= cpu_time()) {
        struct timer *timer = timer_of(first);

        timer_disarm(timer);
        timer->expired(timer);
    }
    cpu_timer_set(first == NULL ? UINT64_MAX : timer_of(first)->deadline_ticks);
}

void timer_interrupt_by(uint64_t ticks)
{
    if (ticks < this_hart()->timer_ticks) {
        cpu_timer_set(ticks);
    }
}
