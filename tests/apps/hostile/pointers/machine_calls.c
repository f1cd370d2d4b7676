/* Clocks, the machine and its memory. */
#include "pointers.h"

int64_t call_nanosleep(uint64_t pointer)
{
    return raw_syscall2(SYS_nanosleep, pointer, 0);
}

static int64_t call_clock_nanosleep(uint64_t pointer)
{
    return raw_syscall4(SYS_clock_nanosleep, ABI_CLOCK_MONOTONIC, ABI_TIMER_ABSTIME, pointer, 0);
}

int64_t call_clock_gettime(uint64_t pointer)
{
    return raw_syscall2(SYS_clock_gettime, ABI_CLOCK_MONOTONIC, pointer);
}

static int64_t call_clock_getres(uint64_t pointer)
{
    /* 0 asks for nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall2(SYS_clock_getres, ABI_CLOCK_MONOTONIC, pointer);
}

static int64_t call_times(uint64_t pointer)
{
    /* 0 asks for nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall1(SYS_times, pointer);
}

static int64_t call_getrusage(uint64_t pointer)
{
    return raw_syscall2(SYS_getrusage, ABI_RUSAGE_SELF, pointer);
}

static int64_t call_uname(uint64_t pointer)
{
    return raw_syscall1(SYS_uname, pointer);
}

static int64_t call_sysinfo(uint64_t pointer)
{
    return raw_syscall1(SYS_sysinfo, pointer);
}

static int64_t call_syslog(uint64_t pointer)
{
    /* 0 is EINVAL, as on Linux. */
    return pointer == 0 ? -EFAULT : raw_syscall3(SYS_syslog, ABI_SYSLOG_READ_ALL, pointer, 64);
}

static int64_t call_getrandom(uint64_t pointer)
{
    return raw_syscall3(SYS_getrandom, pointer, 16, 0);
}

static int64_t call_mincore(uint64_t pointer)
{
    static int64_t pages;

    pages = pages != 0 ? pages : sys_map_fresh(2 * PAGE, ABI_PROT_READ);
    return raw_syscall3(SYS_mincore, (uint64_t)pages, 2 * PAGE, pointer);
}

static const struct pointer_call rows[] = {
    { "nanosleep", READS, call_nanosleep },
    { "clock_nanosleep", READS, call_clock_nanosleep },
    { "clock_gettime", WRITES, call_clock_gettime },
    { "clock_getres", WRITES, call_clock_getres },
    { "times", WRITES, call_times },
    { "getrusage", WRITES, call_getrusage },
    { "uname", WRITES, call_uname },
    { "sysinfo", WRITES, call_sysinfo },
    { "syslog", WRITES, call_syslog },
    { "mincore", WRITES, call_mincore },
    { "getrandom", WRITES, call_getrandom },
};

const struct pointer_calls pointer_machine_calls = { rows, COUNT(rows) };
