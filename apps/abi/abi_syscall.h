#pragma once

/*
 * System-call numbers: Linux's for riscv64 (asm-generic/unistd.h), in a7; arguments in a0..a5, result in a0,
 * where [-4095, -1] is a negated error number of abi_errno.h. Every other register is preserved.
 * Pando's own calls lie at 0x4000 + n, where Linux has none.
 *
 * These lists are the one table: X(NUMBER, name), and X(N, name) for our own.
 */
#define ABI_OWN_CALL(n) (0x4000 + (n))

#define ABI_LINUX_CALL_LIST(X) \
    X(56, openat) \
    X(57, close) \
    X(61, getdents64) \
    X(62, lseek) \
    X(63, read) \
    X(64, write) \
    X(66, writev) \
    X(80, fstat) \
    X(93, exit) \
    X(94, exit_group) \
    X(101, nanosleep) \
    X(113, clock_gettime) \
    X(124, sched_yield) \
    X(129, kill) \
    X(142, reboot) \
    X(172, getpid) \
    X(173, getppid) \
    X(214, brk) \
    X(215, munmap) \
    X(222, mmap) \
    X(226, mprotect) \
    X(260, wait4)

#define ABI_OWN_CALL_LIST(X) \
    X(0, spawn) \
    X(1, region_load) \
    X(2, region_info) \
    X(3, usage) \
    X(4, bench)

#define ABI_LINUX_NUMBER(number, name) SYS_##name = (number),
#define ABI_OWN_NUMBER(n, name) SYS_##name = ABI_OWN_CALL(n),
enum abi_syscall { ABI_LINUX_CALL_LIST(ABI_LINUX_NUMBER) ABI_OWN_CALL_LIST(ABI_OWN_NUMBER) };
#undef ABI_LINUX_NUMBER
#undef ABI_OWN_NUMBER
