/* ioctl, of the console and of a pipe. */
#include "pointers.h"

static int64_t call_ioctl_tcgets(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TCGETS, pointer);
}

static int64_t call_ioctl_tcsets(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TCSETS, pointer);
}

static int64_t call_ioctl_tcsetsw(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TCSETSW, pointer);
}

static int64_t call_ioctl_tcsetsf(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TCSETSF, pointer);
}

static int64_t call_ioctl_tiocgwinsz(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TIOCGWINSZ, pointer);
}

static int64_t call_ioctl_tiocswinsz(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TIOCSWINSZ, pointer);
}

static int64_t call_ioctl_tiocgpgrp(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TIOCGPGRP, pointer);
}

static int64_t call_ioctl_tiocspgrp(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_TIOCSPGRP, pointer);
}

static int64_t call_ioctl_fionread(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, 0, ABI_FIONREAD, pointer);
}

static int64_t call_ioctl_fionread_pipe(uint64_t pointer)
{
    return raw_syscall3(SYS_ioctl, (uint64_t)pointer_pipe[0], ABI_FIONREAD, pointer);
}

static const struct pointer_call rows[] = {
    { "ioctl_tcgets", WRITES, call_ioctl_tcgets },         { "ioctl_tcsets", READS, call_ioctl_tcsets },
    { "ioctl_tcsetsw", READS, call_ioctl_tcsetsw },        { "ioctl_tcsetsf", READS, call_ioctl_tcsetsf },
    { "ioctl_tiocgwinsz", WRITES, call_ioctl_tiocgwinsz }, { "ioctl_tiocswinsz", READS, call_ioctl_tiocswinsz },
    { "ioctl_tiocgpgrp", WRITES, call_ioctl_tiocgpgrp },   { "ioctl_tiocspgrp", READS, call_ioctl_tiocspgrp },
    { "ioctl_fionread", WRITES, call_ioctl_fionread },     { "ioctl_fionread_pipe", WRITES, call_ioctl_fionread_pipe },
};

const struct pointer_calls pointer_terminal_calls = { rows, COUNT(rows) };
