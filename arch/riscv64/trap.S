/*
 * Where every trap enters, and the way back to U-mode.
 *
 * Which registers hold what, see trap.h. In the supervisor:
 *     tp       struct hart of this hart
 *     sp       inside the hart's stack, 16-byte aligned
 *     gp       the user's: the supervisor does not use it
 *     sscratch 0
 * In U-mode:
 *     sscratch struct trap_frame of the task that runs
 *
 * Interrupts are off in the supervisor (sstatus.SIE is never set; in U-mode they come through whatever it holds:
 * Priv. spec, sstatus). sstatus.SPP and SPIE need no care on the way out: a trap from U-mode has set SPP to U, and the
 * sret of a trap inside the supervisor leaves U there.
 */
#include "csr.h"
#include "offsets.h"

/* What C does not preserve, but for a0. */
.macro save_clobbered frame
    sd ra, FRAME_RA(\frame)
    sd sp, FRAME_SP(\frame)
    sd t0, FRAME_T0(\frame)
    sd t1, FRAME_T1(\frame)
    sd t2, FRAME_T2(\frame)
    sd a0, FRAME_A0(\frame)
    sd a1, FRAME_A1(\frame)
    sd a2, FRAME_A2(\frame)
    sd a3, FRAME_A3(\frame)
    sd a4, FRAME_A4(\frame)
    sd a5, FRAME_A5(\frame)
    sd a6, FRAME_A6(\frame)
    sd a7, FRAME_A7(\frame)
    sd t3, FRAME_T3(\frame)
    sd t4, FRAME_T4(\frame)
    sd t5, FRAME_T5(\frame)
    sd t6, FRAME_T6(\frame)
.endm

/* The frame's register comes last, and a0 is the caller's. */
.macro restore_clobbered frame
    ld ra, FRAME_RA(\frame)
    ld sp, FRAME_SP(\frame)
    ld t0, FRAME_T0(\frame)
    ld t1, FRAME_T1(\frame)
    ld t2, FRAME_T2(\frame)
    ld a1, FRAME_A1(\frame)
    ld a2, FRAME_A2(\frame)
    ld a3, FRAME_A3(\frame)
    ld a4, FRAME_A4(\frame)
    ld a5, FRAME_A5(\frame)
    ld a6, FRAME_A6(\frame)
    ld a7, FRAME_A7(\frame)
    ld t3, FRAME_T3(\frame)
    ld t4, FRAME_T4(\frame)
    ld t5, FRAME_T5(\frame)
    ld t6, FRAME_T6(\frame)
    ld \frame, FRAME_TP(\frame)
.endm

/* What C preserves, and gp, which it does not use. */
.macro each_preserved operation, frame
    \operation gp, FRAME_GP(\frame)
    \operation s0, FRAME_S0(\frame)
    \operation s1, FRAME_S1(\frame)
    \operation s2, FRAME_S2(\frame)
    \operation s3, FRAME_S3(\frame)
    \operation s4, FRAME_S4(\frame)
    \operation s5, FRAME_S5(\frame)
    \operation s6, FRAME_S6(\frame)
    \operation s7, FRAME_S7(\frame)
    \operation s8, FRAME_S8(\frame)
    \operation s9, FRAME_S9(\frame)
    \operation s10, FRAME_S10(\frame)
    \operation s11, FRAME_S11(\frame)
.endm

/* In a debug build: SUM and MXR are off. (Inside a user copy SUM is on, but no trap from U-mode comes from there.) */
.macro assert_status
.if CONFIG_DEBUG
    csrr t3, sstatus
    li t4, SSTATUS_SUM | SSTATUS_MXR
    and t4, t3, t4
    bnez t4, trap_status_left
.endif
.endm

    .text
    .balign 4
    .global trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    beqz tp, trap_in_supervisor

    /* From U-mode. tp = the task's frame, sscratch = the user's tp. */
    save_clobbered tp
    csrrw t0, sscratch, zero
    csrr t1, scause
    sd t0, FRAME_TP(tp)
    csrr t2, sepc
    ld sp, FRAME_STACK_TOP(tp)
    assert_status
    addi t3, t1, -8 /* SCAUSE_ECALL_USER */
    bnez t3, trap_not_a_call

    /*
     * A system call: its arguments are in a0..a5 already. The frame's pc is that of the ecall until the call has
     * returned, so a task that is to wait does the call again when it wakes.
     */
    sd t2, FRAME_PC(tp)
    li t0, CALLS
    ld tp, FRAME_HART(tp)
    la t1, trap_system_calls
    bgeu a7, t0, trap_own_call
1:  slli t2, a7, 2
    add t1, t1, t2
    lw t1, 0(t1)
.if CONFIG_DEBUG
    mv a6, t1
    la t1, trap_checked_call
.endif
    jalr t1
trap_call_return:
    ld t0, HART_RESCHEDULE(tp)
    ld t1, HART_FRAME(tp)
    bnez t0, trap_reschedule
    ld t0, FRAME_PC(t1)
    mv tp, t1
    addi t0, t0, 4
    csrw sscratch, tp
    csrw sepc, t0
    restore_clobbered tp
    sret

.if CONFIG_DEBUG
trap_status_left:
    mv a0, t3
    mv a1, t2
    ld tp, FRAME_HART(tp)
    call trap_status_is_wrong /* does not return */
.endif

trap_own_call:
    li t0, 0x4000
    sub a7, a7, t0
    li t0, OWN_CALLS
    la t1, trap_own_calls
    bltu a7, t0, 1b
    la t1, trap_unknown_call
    jalr t1
    j trap_call_return

trap_not_a_call:
    sd t2, FRAME_PC(tp)
    mv a0, tp
    ld tp, FRAME_HART(tp)
    mv a1, t1
    csrr a2, stval
    bltz t1, 2f
    call trap_exception
    j 3f
2:  mv a0, a1
    call trap_interrupt
3:  ld t0, HART_RESCHEDULE(tp)
    ld t1, HART_FRAME(tp)
    li a0, -1
    slli a0, a0, 63 /* TRAP_NO_RESULT */
    bnez t0, trap_reschedule
    ld t0, FRAME_PC(t1)
    mv tp, t1
    csrw sscratch, tp
    csrw sepc, t0
    ld a0, FRAME_A0(tp)
    restore_clobbered tp
    sret

/* a0 = the call's result, t1 = the frame. s0..s11 hold the user's values: C has restored them. */
trap_reschedule:
    each_preserved sd, t1
    call trap_schedule

/* a0 = the frame to run. */
trap_resume:
    mv tp, a0
    ld t0, FRAME_PC(tp)
    csrw sscratch, tp
    csrw sepc, t0
    each_preserved ld, tp
    ld a0, FRAME_A0(tp)
    restore_clobbered tp
    sret
    .size trap_entry, . - trap_entry

    .global trap_enter_user
trap_enter_user:
    li t0, SSTATUS_SPP
    csrc sstatus, t0
    j trap_resume
    .size trap_enter_user, . - trap_enter_user

/*
 * A trap inside the supervisor: a user copy that met a page not mapped, or a mistake of ours.
 * tp = 0, sscratch = the hart. Everything is saved on the stack, unless the stack itself is what failed.
 */
trap_in_supervisor:
    csrrw tp, sscratch, tp
    csrw sscratch, t0
    ld t0, HART_STACK_BOTTOM(tp)
    addi t0, t0, SUPERVISOR_FRAME_BYTES
    bltu sp, t0, trap_overrun
    ld t0, HART_STACK_TOP(tp)
    bltu t0, sp, trap_overrun
    addi sp, sp, -SUPERVISOR_FRAME_BYTES
    addi t0, sp, SUPERVISOR_FRAME_BYTES
trap_in_supervisor_saved_sp:
    sd t0, SUPERVISOR_X + 8 * 2(sp)
    csrrw t0, sscratch, zero
    sd t0, SUPERVISOR_X + 8 * 5(sp)
    .irp n, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd x\n, SUPERVISOR_X + 8 * \n(sp)
    .endr
    csrr t0, sepc
    sd t0, SUPERVISOR_PC(sp)
    /* A user copy has SUM set: it is off while the fault is resolved, and on again after. */
    li t1, SSTATUS_SUM
    csrrc t0, sstatus, t1
    sd t0, SUPERVISOR_STATUS(sp)
    mv a0, sp
    csrr a1, scause
    csrr a2, stval
    call trap_supervisor
    ld t0, SUPERVISOR_PC(sp)
    csrw sepc, t0
    ld t0, SUPERVISOR_STATUS(sp)
    csrw sstatus, t0
    .irp n, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld x\n, SUPERVISOR_X + 8 * \n(sp)
    .endr
    ld sp, SUPERVISOR_X + 8 * 2(sp)
    sret

/* The stack pointer is outside the stack: go on with the emergency stack, to a panic that says so. */
trap_overrun:
    sd sp, HART_OVERRUN_SP(tp)
    mv t0, sp
    ld sp, HART_EMERGENCY_STACK_TOP(tp)
    addi sp, sp, -SUPERVISOR_FRAME_BYTES
    j trap_in_supervisor_saved_sp
    .size trap_in_supervisor, . - trap_in_supervisor
