/*
 * min [w]: the least that a program can be: no C library, one page of text, nothing written but its stack.
 * Ends with status 0, or with w sleeps until it is killed.
 *
 * On entry sp points at argc, behind which the argument pointers lie; start() gets it in a0.
 */
#include <stdint.h>

#include "abi_types.h"
#include "raw_syscall.h"

__asm__(".section .text.start, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "    mv a0, sp\n"
        "    j start\n");

__attribute__((noreturn, used)) static void start(const uint64_t *stack)
{
    static const struct abi_timespec long_time = { .seconds = 1000000 };

    while (stack[0] > 1) {
        raw_syscall2(SYS_nanosleep, (uint64_t)&long_time, 0);
    }
    for (;;) {
        raw_syscall1(SYS_exit_group, 0);
    }
}
