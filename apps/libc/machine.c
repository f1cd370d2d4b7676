/* What the machine is and how it is: names, memory, randomness, limits, the supervisor's log. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

_Static_assert(sizeof(struct utsname) == sizeof(struct abi_utsname), "filled by the supervisor");
_Static_assert(sizeof(struct sysinfo) == sizeof(struct abi_sysinfo), "filled by the supervisor");

#define PAGE_BYTES 4096
#define ENTROPY_MAX 256

long syscall(long number, ...)
{
    uint64_t arguments[6];
    va_list list;

    /* As many as there can be: what was not given is whatever the registers hold, and not looked at. */
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        arguments[i] = va_arg(list, uint64_t);
    }
    va_end(list);
    return libc_result(raw_syscall6((enum abi_syscall)number, arguments[0], arguments[1], arguments[2], arguments[3],
                                    arguments[4], arguments[5]));
}

int uname(struct utsname *name)
{
    return (int)libc_result(raw_syscall1(SYS_uname, ARG(name)));
}

int gethostname(char *name, size_t size_bytes)
{
    struct utsname machine;

    if (uname(&machine) != 0) {
        return -1;
    }
    if (strlcpy(name, machine.nodename, size_bytes) >= size_bytes) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

int sysinfo(struct sysinfo *info)
{
    return (int)libc_result(raw_syscall1(SYS_sysinfo, ARG(info)));
}

ssize_t getrandom(void *buffer, size_t size_bytes, unsigned flags)
{
    return libc_result(raw_syscall3(SYS_getrandom, ARG(buffer), size_bytes, flags));
}

int getentropy(void *buffer, size_t size_bytes)
{
    if (size_bytes > ENTROPY_MAX) {
        errno = EIO;
        return -1;
    }
    return getrandom(buffer, size_bytes, 0) == (ssize_t)size_bytes ? 0 : -1;
}

int klogctl(int action, char *buffer, int size_bytes)
{
    return (int)libc_result(raw_syscall3(SYS_syslog, ARG(action), ARG(buffer), ARG(size_bytes)));
}

static int change_limit(int resource, const struct rlimit *limit, struct rlimit *old)
{
    return (int)libc_result(raw_syscall4(SYS_prlimit64, 0, ARG(resource), ARG(limit), ARG(old)));
}

int getrlimit(int resource, struct rlimit *limit)
{
    return change_limit(resource, NULL, limit);
}

int setrlimit(int resource, const struct rlimit *limit)
{
    return change_limit(resource, limit, NULL);
}

int sched_getaffinity(pid_t pid, size_t size_bytes, cpu_set_t *set)
{
    long written = libc_result(raw_syscall3(SYS_sched_getaffinity, ARG(pid), size_bytes, ARG(set)));

    if (written < 0) {
        return -1;
    }
    memset((char *)set + written, 0, size_bytes - (size_t)written);
    return 0;
}

static long count_harts(void)
{
    cpu_set_t set;
    long count = 0;

    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        return -1;
    }
    for (unsigned hart = 0; hart < CPU_SETSIZE; hart++) {
        count += CPU_ISSET(hart, &set);
    }
    return count;
}

static long count_pages(int name)
{
    struct sysinfo info;

    if (sysinfo(&info) != 0) {
        return -1;
    }
    return (long)((name == _SC_PHYS_PAGES ? info.totalram : info.freeram) / PAGE_BYTES);
}

static long current_limit(int resource)
{
    struct rlimit limit;

    return getrlimit(resource, &limit) == 0 ? (long)limit.rlim_cur : -1;
}

long sysconf(int name)
{
    switch (name) {
    case _SC_PAGESIZE:
        return PAGE_BYTES;
    case _SC_CLK_TCK:
        return ABI_CLOCK_TICKS;
    case _SC_OPEN_MAX:
        return current_limit(RLIMIT_NOFILE);
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN:
        return count_harts();
    case _SC_PHYS_PAGES:
    case _SC_AVPHYS_PAGES:
        return count_pages(name);
    case _SC_ARG_MAX:
        return 128 * 1024;
    case _SC_JOB_CONTROL:
        return 1;
    case _SC_VERSION:
        return 200809;
    default:
        errno = EINVAL;
        return -1;
    }
}

/* Names and paths are the only limits that depend on a file. */
long fpathconf(int fd, int name)
{
    (void)fd;
    switch (name) {
    case _PC_NAME_MAX:
        return 255;
    case _PC_PATH_MAX:
        return ABI_PATH_MAX;
    case _PC_PIPE_BUF:
        return 4096;
    case _PC_LINK_MAX:
        return 1;
    default:
        errno = EINVAL;
        return -1;
    }
}

long pathconf(const char *path, int name)
{
    (void)path;
    return fpathconf(-1, name);
}

int getpagesize(void)
{
    return PAGE_BYTES;
}
