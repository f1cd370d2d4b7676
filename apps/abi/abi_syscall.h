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
    X(17, getcwd) \
    X(23, dup) \
    X(24, dup3) \
    X(25, fcntl) \
    X(29, ioctl) \
    X(48, faccessat) \
    X(49, chdir) \
    X(56, openat) \
    X(57, close) \
    X(59, pipe2) \
    X(61, getdents64) \
    X(62, lseek) \
    X(63, read) \
    X(64, write) \
    X(65, readv) \
    X(66, writev) \
    X(78, readlinkat) \
    X(79, newfstatat) \
    X(80, fstat) \
    X(93, exit) \
    X(94, exit_group) \
    X(96, set_tid_address) \
    X(101, nanosleep) \
    X(113, clock_gettime) \
    X(114, clock_getres) \
    X(115, clock_nanosleep) \
    X(116, syslog) \
    X(123, sched_getaffinity) \
    X(124, sched_yield) \
    X(129, kill) \
    X(130, tkill) \
    X(131, tgkill) \
    X(133, rt_sigsuspend) \
    X(134, rt_sigaction) \
    X(135, rt_sigprocmask) \
    X(136, rt_sigpending) \
    X(139, rt_sigreturn) \
    X(142, reboot) \
    X(153, times) \
    X(154, setpgid) \
    X(155, getpgid) \
    X(160, uname) \
    X(165, getrusage) \
    X(172, getpid) \
    X(173, getppid) \
    X(174, getuid) \
    X(175, geteuid) \
    X(176, getgid) \
    X(177, getegid) \
    X(178, gettid) \
    X(179, sysinfo) \
    X(214, brk) \
    X(215, munmap) \
    X(221, execve) \
    X(222, mmap) \
    X(226, mprotect) \
    X(260, wait4) \
    X(261, prlimit64) \
    X(278, getrandom)

#define ABI_OWN_CALL_LIST(X) \
    X(0, spawn) \
    X(1, region_load) \
    X(2, region_info) \
    X(3, usage) \
    X(4, bench) \
    X(5, tasks) \
    X(6, task_map)

#define ABI_LINUX_NUMBER(number, name) SYS_##name = (number),
#define ABI_OWN_NUMBER(n, name) SYS_##name = ABI_OWN_CALL(n),
enum abi_syscall { ABI_LINUX_CALL_LIST(ABI_LINUX_NUMBER) ABI_OWN_CALL_LIST(ABI_OWN_NUMBER) };
#undef ABI_LINUX_NUMBER
#undef ABI_OWN_NUMBER
