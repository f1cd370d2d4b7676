/*
 * Whole pages, unrolled: for aligned pages of known size the C library takes twice as many instructions to zero.
 *     page_zero(page a0)                clobbers a0, t0
 *     page_copy(to a0, from a1)         clobbers a0, a1, a2..a7, t0..t2
 */
    .text
    .global page_zero
page_zero:
    li t0, 4096
    add t0, a0, t0
1:
    .set offset, 0
    .rept 32
    sd zero, offset(a0)
    .set offset, offset + 8
    .endr
    addi a0, a0, 256
    bltu a0, t0, 1b
    ret
    .size page_zero, . - page_zero

    .global page_copy
page_copy:
    li t0, 4096
    add t0, a0, t0
1:
    .irp n, 0, 8, 16, 24
    ld a2, 8 * (\n + 0)(a1)
    ld a3, 8 * (\n + 1)(a1)
    ld a4, 8 * (\n + 2)(a1)
    ld a5, 8 * (\n + 3)(a1)
    ld a6, 8 * (\n + 4)(a1)
    ld a7, 8 * (\n + 5)(a1)
    ld t1, 8 * (\n + 6)(a1)
    ld t2, 8 * (\n + 7)(a1)
    sd a2, 8 * (\n + 0)(a0)
    sd a3, 8 * (\n + 1)(a0)
    sd a4, 8 * (\n + 2)(a0)
    sd a5, 8 * (\n + 3)(a0)
    sd a6, 8 * (\n + 4)(a0)
    sd a7, 8 * (\n + 5)(a0)
    sd t1, 8 * (\n + 6)(a0)
    sd t2, 8 * (\n + 7)(a0)
    .endr
    addi a1, a1, 256
    addi a0, a0, 256
    bltu a0, t0, 1b
    ret
    .size page_copy, . - page_copy
