/* Signals. What a call would have changed must be as it was when one of its pointers is bad. */
#include "pointers.h"

static const struct abi_sigaction ignore = { .handler = ABI_SIG_IGN };
static const uint64_t all = UINT64_MAX;

static int64_t call_rt_sigaction_new(uint64_t pointer)
{
    /* 0 sets nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_rt_sigaction, ABI_SIGUSR1, pointer, 0, 8);
}

static int64_t call_rt_sigaction_old(uint64_t pointer)
{
    /* 0 asks for nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_rt_sigaction, ABI_SIGUSR1, ADDRESS(&ignore), pointer, 8);
}

static int64_t call_rt_sigprocmask_new(uint64_t pointer)
{
    /* 0 sets nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_rt_sigprocmask, ABI_SIG_SETMASK, pointer, 0, 8);
}

static int64_t call_rt_sigprocmask_old(uint64_t pointer)
{
    /* 0 asks for nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_rt_sigprocmask, ABI_SIG_SETMASK, ADDRESS(&all), pointer, 8);
}

static int64_t call_rt_sigpending(uint64_t pointer)
{
    return raw_syscall2(SYS_rt_sigpending, pointer, 8);
}

static int64_t call_rt_sigsuspend(uint64_t pointer)
{
    return raw_syscall2(SYS_rt_sigsuspend, pointer, 8);
}

static const struct pointer_call rows[] = {
    { "rt_sigaction_new", READS, call_rt_sigaction_new },     { "rt_sigaction_old", WRITES, call_rt_sigaction_old },
    { "rt_sigprocmask_new", READS, call_rt_sigprocmask_new }, { "rt_sigprocmask_old", WRITES, call_rt_sigprocmask_old },
    { "rt_sigpending", WRITES, call_rt_sigpending },          { "rt_sigsuspend", READS, call_rt_sigsuspend },
};

const struct pointer_calls pointer_signal_calls = { rows, COUNT(rows) };
