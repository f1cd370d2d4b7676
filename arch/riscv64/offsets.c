/* Offsets that assembly uses, taken from the structures (see offset.h). Never linked. */
#include "offset.h"
#include "trap.h"

void offsets(void);

void offsets(void)
{
    OFFSET(FRAME_PC, offsetof(struct trap_frame, pc));
    OFFSET(FRAME_RA, offsetof(struct trap_frame, ra));
    OFFSET(FRAME_SP, offsetof(struct trap_frame, sp));
    OFFSET(FRAME_GP, offsetof(struct trap_frame, gp));
    OFFSET(FRAME_TP, offsetof(struct trap_frame, tp));
    OFFSET(FRAME_T0, offsetof(struct trap_frame, t0));
    OFFSET(FRAME_T1, offsetof(struct trap_frame, t1));
    OFFSET(FRAME_T2, offsetof(struct trap_frame, t2));
    OFFSET(FRAME_S0, offsetof(struct trap_frame, s0));
    OFFSET(FRAME_S1, offsetof(struct trap_frame, s1));
    OFFSET(FRAME_A0, offsetof(struct trap_frame, a0));
    OFFSET(FRAME_A1, offsetof(struct trap_frame, a1));
    OFFSET(FRAME_A2, offsetof(struct trap_frame, a2));
    OFFSET(FRAME_A3, offsetof(struct trap_frame, a3));
    OFFSET(FRAME_A4, offsetof(struct trap_frame, a4));
    OFFSET(FRAME_A5, offsetof(struct trap_frame, a5));
    OFFSET(FRAME_A6, offsetof(struct trap_frame, a6));
    OFFSET(FRAME_A7, offsetof(struct trap_frame, a7));
    OFFSET(FRAME_S2, offsetof(struct trap_frame, s2));
    OFFSET(FRAME_S3, offsetof(struct trap_frame, s3));
    OFFSET(FRAME_S4, offsetof(struct trap_frame, s4));
    OFFSET(FRAME_S5, offsetof(struct trap_frame, s5));
    OFFSET(FRAME_S6, offsetof(struct trap_frame, s6));
    OFFSET(FRAME_S7, offsetof(struct trap_frame, s7));
    OFFSET(FRAME_S8, offsetof(struct trap_frame, s8));
    OFFSET(FRAME_S9, offsetof(struct trap_frame, s9));
    OFFSET(FRAME_S10, offsetof(struct trap_frame, s10));
    OFFSET(FRAME_S11, offsetof(struct trap_frame, s11));
    OFFSET(FRAME_T3, offsetof(struct trap_frame, t3));
    OFFSET(FRAME_T4, offsetof(struct trap_frame, t4));
    OFFSET(FRAME_T5, offsetof(struct trap_frame, t5));
    OFFSET(FRAME_T6, offsetof(struct trap_frame, t6));
    OFFSET(FRAME_HART, offsetof(struct trap_frame, hart));
    OFFSET(FRAME_STACK_TOP, offsetof(struct trap_frame, stack_top));

    OFFSET(HART_SUPERVISOR_LOCK, offsetof(struct hart, supervisor_lock));
    OFFSET(HART_STACK_BOTTOM, offsetof(struct hart, stack_bottom));
    OFFSET(HART_STACK_TOP, offsetof(struct hart, stack_top));
    OFFSET(HART_EMERGENCY_STACK_TOP, offsetof(struct hart, emergency_stack_top));
    OFFSET(HART_FRAME, offsetof(struct hart, frame));
    OFFSET(HART_RESCHEDULE, offsetof(struct hart, reschedule));
    OFFSET(HART_OVERRUN_SP, offsetof(struct hart, overrun_sp));

    OFFSET(SUPERVISOR_X, offsetof(struct supervisor_frame, x));
    OFFSET(SUPERVISOR_PC, offsetof(struct supervisor_frame, pc));
    OFFSET(SUPERVISOR_STATUS, offsetof(struct supervisor_frame, status));
    OFFSET(SUPERVISOR_FRAME_BYTES, ALIGNED_UP(sizeof(struct supervisor_frame), 16));

    OFFSET(FP_FCSR, offsetof(struct fp_frame, fcsr));
    OFFSET(CALLS, TRAP_SYSTEM_CALLS);
    OFFSET(OWN_CALLS, TRAP_OWN_CALLS);
}
