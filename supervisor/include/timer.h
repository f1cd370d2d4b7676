#pragma once

#include "tree.h"
#include "types.h"

/*
 * Deadlines: what is to be called when the clock has reached a time. Any number of them; adding and cancelling take
 * logarithmic time.
 */
struct timer {
    struct tree_node node; /* in the tree by deadline */
    uint64_t deadline_ticks;
    void (*expired)(struct timer *timer);
    bool armed;
};

/* @frequency_hz of the time register. Called once. */
void timer_init(uint64_t frequency_hz);

uint64_t timer_ticks_per_second(void);

/* Nanoseconds since the time register was 0; and of a span of ticks. */
uint64_t timer_nanoseconds(void);
uint64_t timer_span_nanoseconds(uint64_t ticks);

/* A span of time in ticks, @nanoseconds below 10^9; and the time so many ticks from now. Both saturate. */
uint64_t timer_ticks(uint64_t seconds, uint64_t nanoseconds);
uint64_t timer_deadline(uint64_t ticks_from_now);

/* Call @expired once the time is @deadline_ticks. The timer is not armed. */
void timer_arm(struct timer *timer, uint64_t deadline_ticks, void (*expired)(struct timer *timer));

/* Forget it; the second does nothing when it is not armed. */
void timer_disarm(struct timer *timer);
static inline void timer_cancel(struct timer *timer)
{
    if (timer->armed) {
        timer_disarm(timer);
    }
}

/*
 * Call what is due, in the order of the deadlines, and set the hart's timer interrupt to the next one. For that
 * interrupt: whatever else it was to come for is asked for anew.
 */
void timer_expire(void);

/* See to it that the timer interrupt comes no later than at @ticks; it may come earlier. */
void timer_interrupt_by(uint64_t ticks);
