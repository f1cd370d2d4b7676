/*
 * Copies between the supervisor and the user's half, the only code that runs with sstatus.SUM set. trap_supervisor()
 * knows it by its addresses: a page fault between user_copy_start and user_copy_end is resolved as the user's own
 * would be, and where it can't be, execution goes on at user_copy_failed.
 *
 * The callers (user_copy.c) have checked that the user's range lies below SV39_USER_END.
 *     user_copy_bytes(to a0, from a1, size a2) -> a0 = 0 or -EFAULT
 *     user_copy_string(to a0, from a1, capacity a2) -> a0 = length, -EFAULT or -ENAMETOOLONG
 *     cpu_peek_word(from a0) -> a0 = word or -EFAULT: a fault of this one load is not resolved
 * Clobbered: a0..a3, t0..t4.
 */
#include "abi_errno.h"
#include "csr.h"

    .text
    .global user_copy_start, user_copy_end, user_copy_failed

    .global user_copy_bytes
user_copy_bytes:
    li t0, SSTATUS_SUM
    csrs sstatus, t0
user_copy_start:
    add a3, a1, a2 /* end of the source */
    or t1, a0, a1
    andi t1, t1, 7
    bnez t1, 2f
    addi t2, a3, -16 /* where the last whole pair of words may start */
    blt t2, a1, 1f /* signed: an address below 16 has nothing in front of it */
0:  ld t3, 0(a1)
    ld t4, 8(a1)
    addi a1, a1, 16
    sd t3, 0(a0)
    sd t4, 8(a0)
    addi a0, a0, 16
    bge t2, a1, 0b
1:  addi t2, a1, 8
    bltu a3, t2, 2f
    ld t3, 0(a1)
    mv a1, t2
    sd t3, 0(a0)
    addi a0, a0, 8
2:  bgeu a1, a3, 4f
3:  lbu t3, 0(a1)
    addi a1, a1, 1
    sb t3, 0(a0)
    addi a0, a0, 1
    bltu a1, a3, 3b
4:  li a0, 0
5:  csrc sstatus, t0
    ret
    .size user_copy_bytes, . - user_copy_bytes

    .global user_copy_string
user_copy_string:
    li t0, SSTATUS_SUM
    csrs sstatus, t0
    mv t1, a1
    add a3, a1, a2
6:  bgeu a1, a3, 7f
    lbu t3, 0(a1)
    sb t3, 0(a0)
    beqz t3, 8f
    addi a1, a1, 1
    addi a0, a0, 1
    j 6b
7:  li a0, -ENAMETOOLONG
    j 5b
8:  sub a0, a1, t1
    j 5b

    .global cpu_peek_word, user_peek
cpu_peek_word:
    li t0, SSTATUS_SUM
    csrs sstatus, t0
user_peek:
    lwu a0, 0(a0)
    csrc sstatus, t0
    ret
    .size cpu_peek_word, . - cpu_peek_word
user_copy_end:
user_copy_failed:
    li a0, -EFAULT
    j 5b
    .size user_copy_string, . - user_copy_string
