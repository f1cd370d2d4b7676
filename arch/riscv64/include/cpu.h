#pragma once

#include "trap.h"
#include "types.h"

/*
 * The hart itself: what it can do, its clock, its timer, its sleep.
 */
struct cpu_features {
    bool sstc; /* stimecmp works: no firmware call to set the timer */
    unsigned asid_bits;
};

/* Probe this hart by trying. Traps must be set up. */
struct cpu_features cpu_probe(void);

/* What the harts that run have, all alike: called by the first one. */
void cpu_use(struct cpu_features features);

/* The time register, in ticks of the timebase. */
static inline uint64_t cpu_time(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

/* Instructions retired; what it counts under an emulator is the emulator's matter. */
static inline uint64_t cpu_instructions(void)
{
    uint64_t count;

    __asm__ volatile("rdinstret %0" : "=r"(count));
    return count;
}

/* Interrupt this hart once the time register has reached @ticks; UINT64_MAX: never. cpu_use() was called. */
void cpu_timer_set(uint64_t ticks);

/*
 * Let the timer's interrupts through while in U-mode and in cpu_wait(); those of other harts; and those of devices, once somebody is there
 * to take them: one that is left pending would come for ever.
 */
void cpu_timer_interrupts_enable(void);
void cpu_software_interrupts_enable(void);
void cpu_device_interrupts_enable(void);

/* Another hart's interrupt was taken note of. */
void cpu_software_interrupt_clear(void);

/* Sleep until an interrupt is pending; it is not taken. Returns the pending ones, bits as in SIE_*. */
uint64_t cpu_wait(void);

/*
 * The word at @from, a multiple of 4 below SV39_USER_END, as the task that this hart runs would load it now; or -EFAULT
 * where it would fault. Nothing is faulted in, so the supervisor's lock may be held.
 */
int64_t cpu_peek_word(uaddr_t from);

/* Users may read the clock; with @instructions also the count of instructions retired. */
void cpu_counters_allow(bool instructions);

/*
 * The hart goes from one task to another: save the floating-point registers of @previous, if they changed, and have
 * those of @next. NULL stands for a task that has not used any: the unit is off while it runs.
 */
void cpu_fp_switch(struct fp_frame *previous, struct fp_frame *next);

/* The task of @fp ends: what the registers hold is nobody's, and another task's frame may get the same address. */
void cpu_fp_forget(const struct fp_frame *fp);
