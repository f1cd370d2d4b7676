#pragma once

#include "hart_translations.h"
#include "lock.h"
#include "types.h"

/*
 * Traps and what a hart keeps for them.
 *
 * While a task runs in U-mode, sscratch points to its trap frame; in the supervisor sscratch is 0 and tp points to the
 * hart. So the entry code knows from one exchange of tp and sscratch where it came from.
 *
 * A trap from U-mode saves the registers that C may clobber into the frame and calls C on the hart's stack. C code
 * preserves s0..s11, so they are stored only when the hart is to run another task: a quick system call never touches
 * them. The supervisor runs with interrupts off from entry to exit, and without its lock where what is called does not
 * take it.
 */
struct trap_frame {
    uint64_t pc;
    uint64_t ra, sp, gp, tp;
    uint64_t t0, t1, t2;
    uint64_t s0, s1;
    uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
    uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
    uint64_t t3, t4, t5, t6;
    /* Set when the frame is made the current one of a hart. */
    struct hart *hart;
    uint64_t stack_top; /* of that hart */
};

/* The floating-point registers of a task that has used them. */
struct fp_frame {
    uint64_t f[32];
    uint64_t fcsr;
    struct hart *hart; /* that has had the values in its registers last; NULL: none */
};

/* Whether a hart returns to the task that it came from. */
enum hart_reschedule {
    HART_RESCHEDULES = -1, /* no: trap_schedule() says where to, and the supervisor's lock is held until then */
    HART_RETURNS = 0,
    HART_RESCHEDULES_LATER = 1, /* no, but the lock is not held for that yet */
};

struct hart {
    /* Fixed when the hart starts. */
    struct lock *supervisor_lock; /* here, because its address takes two instructions elsewhere */
    uint64_t hart_id; /* the hardware's */
    uint64_t index; /* ours, dense from 0 */
    uint64_t stack_bottom;
    uint64_t stack_top;
    uint64_t emergency_stack_top; /* for a trap that finds the stack overrun */
    /* The hart's own, interrupts off. */
    struct trap_frame *frame; /* of the task that runs, or ran last */
    int64_t reschedule; /* enum hart_reschedule */
    struct fp_frame *fp_owner; /* whose values the floating-point registers hold */
    uint64_t overrun_sp; /* the stack pointer that was found outside the stack */
    uint64_t timer_ticks; /* when its timer interrupt is due */
    struct lock_holder locks;
    uint64_t allocation_count; /* of a debug build: allocations of the call that runs, and the one that is to fail */
    uint64_t failing_allocation; /* counted from 1; 0: none */
    uint32_t start_state; /* supervisor/harts.c: how far its start has come */
    /* The scheduler's. */
    uint64_t next_tick; /* when the tick is due, of the clock; old unless is_tick_armed */
    bool is_tick_armed; /* the timer interrupt comes no later than at next_tick */
    bool ran_since_tick; /* the running task was running at the last tick already */
    /* Under the supervisor's lock. */
    struct hart_translations translations;
};

/* The harts that run tasks, by index; NULL: none has that index. */
extern struct hart *harts[];
extern uint32_t hart_mask; /* a bit for each; it grows while harts start */

register struct hart *hart_in_tp __asm__("tp");

static inline struct hart *this_hart(void)
{
    return hart_in_tp;
}

/* All registers at a trap inside the supervisor, on its stack. */
struct supervisor_frame {
    uint64_t x[32]; /* x[0] is unused, x[2] the stack pointer before the trap */
    uint64_t pc;
    uint64_t status;
};

/*
 * What the layer above gives. Each is called on the hart's stack with interrupts off.
 *
 * trap_system_calls, trap_own_calls: the functions for a7 below TRAP_SYSTEM_CALLS, and for a7 - 0x4000 below
 * TRAP_OWN_CALLS; none is NULL. The image lies in the last 2 GiB, so an address is its lower half, sign-extended. They get the user's a0..a5, and their result is the user's a0, unless they made the
 * hart reschedule: then it is handed to trap_schedule().
 */
#define TRAP_SYSTEM_CALLS 288
#define TRAP_OWN_CALLS 16
typedef int64_t trap_call(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
extern const int32_t trap_system_calls[TRAP_SYSTEM_CALLS];
extern const int32_t trap_own_calls[TRAP_OWN_CALLS];
int64_t trap_unknown_call(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);

/* In a debug build every one of them is called through this one. */
int64_t trap_checked_call(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                          trap_call *call);

/* An exception of the task that runs, at frame->pc; or an interrupt while it ran. */
void trap_exception(struct trap_frame *frame, uint64_t number, uint64_t value);
void trap_interrupt(uint64_t cause);

/*
 * The frame to run next; called when the hart is to reschedule, with the current frame saved as a whole, and the
 * supervisor's lock held (HART_RESCHEDULES); it has been released when the frame is run. @result is
 * that of the system call that made it so, TRAP_NO_RESULT after an exception or interrupt.
 */
#define TRAP_NO_RESULT INT64_MIN
struct trap_frame *trap_schedule(int64_t result);

/* A page fault of the supervisor on a user's address, in a user copy: 0 when the access can be tried again. */
int trap_user_copy_fault(uint64_t address, uint64_t cause);

/* Run @frame in U-mode from now on; the stack is left as it is. The first entry of a hart. */
_Noreturn void trap_enter_user(struct trap_frame *frame);

/* The entry point for stvec. */
void trap_entry(void);

/* Floating point: see fp.S. Both need sstatus.FS not off. */
void fp_save(struct fp_frame *fp);
void fp_restore(const struct fp_frame *fp);
