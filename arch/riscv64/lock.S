/*
 * The supervisor's lock for arch_lock(), which is in line everywhere: called with the return address in t0, these
 * preserve every register but t0 to t2, so that a function which takes the lock is still one that calls nobody.
 *     lock_take_keeping   take it; for code that is to be small
 *     lock_wait_keeping   it is held: t1 is the lock
 */
#include "offsets.h"

    .text
    .global lock_take_keeping
lock_take_keeping:
    ld t1, HART_SUPERVISOR_LOCK(tp)
    amoswap.w.aq t2, tp, (t1)
    bnez t2, lock_wait_keeping
    jr t0
    .size lock_take_keeping, . - lock_take_keeping

    .global lock_wait_keeping
lock_wait_keeping:
    addi sp, sp, -144
    .set offset, 0
    .irp register, t0, ra, t1, t2, a0, a1, a2, a3, a4, a5, a6, a7, t3, t4, t5, t6
    sd \register, offset(sp)
    .set offset, offset + 8
    .endr
    mv a0, t1
    call lock_wait
    .set offset, 0
    .irp register, t0, ra, t1, t2, a0, a1, a2, a3, a4, a5, a6, a7, t3, t4, t5, t6
    ld \register, offset(sp)
    .set offset, offset + 8
    .endr
    addi sp, sp, 144
    jr t0
    .size lock_wait_keeping, . - lock_wait_keeping
