/*
 * The floating-point registers of a task: the only floating-point instructions in the supervisor.
 * On entry a0 holds a struct fp_frame; sstatus.FS is not off. Nothing but the floating-point state and t0 is changed.
 */
#include "offsets.h"

.macro each_register operation
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \operation f\n, 8 * \n(a0)
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \operation f\n, 8 * \n(a0)
    .endr
.endm

    .text
    .global fp_save
fp_save:
    each_register fsd
    frcsr t0
    sd t0, FP_FCSR(a0)
    ret
    .size fp_save, . - fp_save

    .global fp_restore
fp_restore:
    each_register fld
    ld t0, FP_FCSR(a0)
    fscsr t0
    ret
    .size fp_restore, . - fp_restore
