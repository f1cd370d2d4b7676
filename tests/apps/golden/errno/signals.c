/* kill, tkill, tgkill, rt_sigaction, rt_sigprocmask, rt_sigpending, rt_sigsuspend. */
#include "golden.h"

#define SET_BYTES 8

static const struct row kills[] = {
    ROW(kill, "nobody, 0", NOBODY, 0),
    ROW(kill, "nobody, SIGTERM", NOBODY, ABI_SIGTERM),
    ROW(kill, "nobody, 65", NOBODY, 65),
    ROW(kill, "nobody, -1", NOBODY, MINUS(1)),
    ROW(kill, "-nobody, 0", MINUS(NOBODY), 0),
    ROW(kill, "INT_MIN, 0", 1ull << 31, 0),
    ROW(kill, "INT_MAX, 0", 0x7fffffff, 0),
    ROW(kill, "0, 0", 0, 0),
    ROW(kill, "0, SIGCHLD", 0, ABI_SIGCHLD),
    ROW(kill, "0, 65", 0, 65),
    ROW(kill, "-1, 0", MINUS(1), 0),
    ROW(kill, "-1, 65", MINUS(1), 65),
    ROW(tkill, "nobody, SIGTERM", NOBODY, ABI_SIGTERM),
    ROW(tkill, "0, 0", 0, 0),
    ROW(tkill, "-1, 0", MINUS(1), 0),
    ROW(tkill, "INT_MIN, 0", 1ull << 31, 0),
    ROW(tgkill, "nobody, nobody, 0", NOBODY, NOBODY, 0),
    ROW(tgkill, "0, nobody, 0", 0, NOBODY, 0),
    ROW(tgkill, "nobody, 0, 0", NOBODY, 0, 0),
    ROW(tgkill, "-1, nobody, 0", MINUS(1), NOBODY, 0),
    ROW(tgkill, "nobody, -1, 0", NOBODY, MINUS(1), 0),
};

static const struct abi_sigaction ignore = { .handler = ABI_SIG_IGN };
static const uint64_t none = 0;

#define ACTION(words, signal, size) ROW(rt_sigaction, words, signal, AT(&ignore), GOOD, size)

static const struct row actions[] = {
    ACTION("SIGUSR1, ignored", ABI_SIGUSR1, SET_BYTES),
    ACTION("64, ignored", 64, SET_BYTES),
    ACTION("0", 0, SET_BYTES),
    ACTION("65", 65, SET_BYTES),
    ACTION("-1", MINUS(1), SET_BYTES),
    ACTION("INT_MIN", 1ull << 31, SET_BYTES),
    ACTION("SIGKILL", ABI_SIGKILL, SET_BYTES),
    ACTION("SIGSTOP", ABI_SIGSTOP, SET_BYTES),
    ROW(rt_sigaction, "SIGKILL, asked only", ABI_SIGKILL, 0, GOOD, SET_BYTES),
    ROW(rt_sigaction, "65, asked only", 65, 0, GOOD, SET_BYTES),
    ROW(rt_sigaction, "SIGUSR1, nothing", ABI_SIGUSR1, 0, 0, SET_BYTES),
    ACTION("SIGUSR1, a set of 0 bytes", ABI_SIGUSR1, 0),
    ACTION("SIGUSR1, a set of 4 bytes", ABI_SIGUSR1, 4),
    ACTION("SIGUSR1, a set of 16 bytes", ABI_SIGUSR1, 16),
    ACTION("SIGUSR1, a set of -1 bytes", ABI_SIGUSR1, MINUS(1)),
};

static const struct row masks[] = {
    ROW(rt_sigprocmask, "block nothing", ABI_SIG_BLOCK, AT(&none), GOOD, SET_BYTES),
    ROW(rt_sigprocmask, "unblock nothing", ABI_SIG_UNBLOCK, AT(&none), GOOD, SET_BYTES),
    ROW(rt_sigprocmask, "set nothing", ABI_SIG_SETMASK, AT(&none), GOOD, SET_BYTES),
    ROW(rt_sigprocmask, "how 3", 3, AT(&none), GOOD, SET_BYTES),
    ROW(rt_sigprocmask, "how -1", MINUS(1), AT(&none), GOOD, SET_BYTES),
    ROW(rt_sigprocmask, "how 3, asked only", 3, 0, GOOD, SET_BYTES),
    ROW(rt_sigprocmask, "nothing", ABI_SIG_SETMASK, 0, 0, SET_BYTES),
    ROW(rt_sigprocmask, "a set of 0 bytes", ABI_SIG_BLOCK, AT(&none), GOOD, 0),
    ROW(rt_sigprocmask, "a set of 4 bytes", ABI_SIG_BLOCK, AT(&none), GOOD, 4),
    ROW(rt_sigprocmask, "a set of 16 bytes", ABI_SIG_BLOCK, AT(&none), GOOD, 16),
    ROW(rt_sigprocmask, "a set of -1 bytes", ABI_SIG_BLOCK, AT(&none), GOOD, MINUS(1)),
    ROW(rt_sigpending, "8 bytes", GOOD, SET_BYTES),
    ROW(rt_sigpending, "4 bytes", GOOD, 4),
    ROW(rt_sigpending, "no bytes", GOOD, 0),
    ROW(rt_sigpending, "9 bytes", GOOD, 9),
    ROW(rt_sigpending, "-1 bytes", GOOD, MINUS(1)),
    ROW(rt_sigsuspend, "a set of 0 bytes", AT(&none), 0),
    ROW(rt_sigsuspend, "a set of 4 bytes", AT(&none), 4),
    ROW(rt_sigsuspend, "a set of -1 bytes", AT(&none), MINUS(1)),
    ROW(rt_sigsuspend, "null, a set of 4 bytes", 0, 4),
};

static const struct pointer_row pointers[] = {
    POINTER(IN, 1, rt_sigaction, "SIGUSR1, new", ABI_SIGUSR1, 0, 0, SET_BYTES),
    POINTER(OUT, 2, rt_sigaction, "SIGUSR1, old", ABI_SIGUSR1, 0, 0, SET_BYTES),
    POINTER(IN, 1, rt_sigaction, "SIGKILL, new", ABI_SIGKILL, 0, 0, SET_BYTES),
    POINTER(IN, 1, rt_sigprocmask, "block", ABI_SIG_BLOCK, 0, 0, SET_BYTES),
    POINTER(OUT, 2, rt_sigprocmask, "old", ABI_SIG_BLOCK, 0, 0, SET_BYTES),
    POINTER(OUT, 0, rt_sigpending, "8 bytes", 0, SET_BYTES),
    POINTER(FATAL, 0, rt_sigsuspend, "mask", 0, SET_BYTES),
};

/* Of this task itself, whose pid is another one each time. */
static void try_itself(void)
{
    uint64_t pid = (uint64_t)raw_syscall0(SYS_getpid);
    const struct row rows[] = {
        ROW(kill, "itself, 0", pid, 0),
        ROW(kill, "itself, 65", pid, 65),
        ROW(kill, "itself, -1", pid, MINUS(1)),
        ROW(kill, "its group, 0", MINUS(pid), 0),
        ROW(tkill, "itself, 0", pid, 0),
        ROW(tkill, "itself, 65", pid, 65),
        ROW(tgkill, "itself, itself, 0", pid, pid, 0),
        ROW(tgkill, "itself, itself, 65", pid, pid, 65),
        ROW(tgkill, "itself, itself, -1", pid, pid, MINUS(1)),
        ROW(tgkill, "itself, nobody, 0", pid, NOBODY, 0),
        ROW(tgkill, "nobody, itself, 0", NOBODY, pid, 0),
        ROW(wait4, "itself", pid, 0, 0, 0),
        ROW_OK(getpgid, "itself", pid),
        ROW(setpgid, "itself, itself", pid, pid),
        ROW_OK(sched_getaffinity, "itself, 8 bytes", pid, 8, GOOD),
        ROW(prlimit64, "itself, descriptors", pid, ABI_RLIMIT_NOFILE, 0, GOOD),
    };

    RUN(rows);
}

/* Without a frame of its own: the stack pointer is where rt_sigreturn finds what was interrupted. */
__attribute__((naked)) static void handler(void)
{
    __asm__ volatile("li a7, %0\n ecall" : : "i"(SYS_rt_sigreturn) : "memory");
}

/* A signal that is blocked and waits ends rt_sigsuspend at once, and its handler ends with rt_sigreturn. */
static void try_handler(void)
{
    const struct abi_sigaction action = { .handler = AT(handler) };
    const uint64_t set = 1ull << (ABI_SIGUSR2 - 1);
    uint64_t pending = 0;

    raw_syscall4(SYS_rt_sigaction, ABI_SIGUSR2, AT(&action), 0, SET_BYTES);
    raw_syscall4(SYS_rt_sigprocmask, ABI_SIG_BLOCK, AT(&set), 0, SET_BYTES);
    raw_syscall2(SYS_kill, (uint64_t)raw_syscall0(SYS_getpid), ABI_SIGUSR2);
    raw_syscall2(SYS_rt_sigpending, AT(&pending), SET_BYTES);
    print_result("rt_sigpending", "SIGUSR2, blocked and sent", RESULT_VALUE, (int64_t)pending);
    print_result("rt_sigsuspend", "SIGUSR2 waits", RESULT_VALUE, raw_syscall2(SYS_rt_sigsuspend, AT(&none), SET_BYTES));
    raw_syscall2(SYS_rt_sigpending, AT(&pending), SET_BYTES);
    print_result("rt_sigpending", "SIGUSR2, handled", RESULT_VALUE, (int64_t)pending);
    raw_syscall4(SYS_rt_sigprocmask, ABI_SIG_UNBLOCK, AT(&set), 0, SET_BYTES);
    print_result("rt_sigreturn", "from a handler: kill", RESULT_VALUE,
                 raw_syscall2(SYS_kill, (uint64_t)raw_syscall0(SYS_getpid), ABI_SIGUSR2));
}

void try_signals(void)
{
    RUN(kills);
    try_itself();
    RUN(actions);
    RUN(masks);
    RUN_POINTERS(pointers);
    try_handler();
}
