/*
 * Pando's own calls, as <pando.h> promises them. Spawning has a file of its own.
 */
#include "pando.h"

#include <errno.h>
#include <string.h>

#include "libc.h"

int region_load(const struct abi_region_load *request, struct abi_region_loaded *loaded)
{
    return (int)libc_result(raw_syscall2(SYS_region_load, ARG(request), ARG(loaded)));
}

int region_info(uint64_t base, struct abi_extent *extents, size_t capacity)
{
    return (int)libc_result(raw_syscall3(SYS_region_info, base, ARG(extents), capacity));
}

int region_unload(const struct abi_region_load *request)
{
    return (int)libc_result(raw_syscall1(SYS_region_unload, ARG(request)));
}

int region_private(void)
{
    return (int)libc_result(raw_syscall0(SYS_region_private));
}

int region_clean(void)
{
    return (int)libc_result(raw_syscall0(SYS_region_clean));
}

int region_reset(uint64_t base)
{
    return (int)libc_result(raw_syscall1(SYS_region_reset, base));
}

int pando_usage(struct abi_usage *usage, struct abi_task_usage *rows, size_t capacity)
{
    return (int)libc_result(raw_syscall3(SYS_usage, ARG(usage), ARG(rows), capacity));
}

int64_t pando_bench(enum abi_bench what, uint64_t argument)
{
    return libc_result(raw_syscall2(SYS_bench, ARG(what), argument));
}

int pando_tasks(struct abi_task *rows, size_t capacity)
{
    return (int)libc_result(raw_syscall2(SYS_tasks, ARG(rows), capacity));
}

int pando_task_map(pid_t pid, struct abi_mapping *rows, size_t capacity)
{
    return (int)libc_result(raw_syscall3(SYS_task_map, ARG(pid), ARG(rows), capacity));
}

int pando_audit(struct abi_audit *audit)
{
    return (int)libc_result(raw_syscall1(SYS_audit, ARG(audit)));
}

int64_t pando_fail_nth(uint64_t nth)
{
    return libc_result(raw_syscall1(SYS_fail_nth, nth));
}

int pando_limits(struct abi_group *rows, size_t capacity)
{
    return (int)libc_result(raw_syscall2(SYS_limits, ARG(rows), capacity));
}

int pando_give(pid_t pid, int fd, unsigned flags)
{
    return (int)libc_result(raw_syscall3(SYS_give, ARG(pid), ARG(fd), flags));
}

int pando_take(pid_t *pid, int flags)
{
    return (int)libc_result(raw_syscall2(SYS_take, ARG(pid), libc_open_flags(flags)));
}

const char *pando_strerror(int error)
{
    return error == ENOSYS ? "needs Pando: this kernel has no such call" : strerror(error);
}
