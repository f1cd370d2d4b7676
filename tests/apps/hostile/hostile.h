#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "abi_errno.h"
#include "abi_pando.h"
#include "abi_types.h"
#include "raw_syscall.h"

/*
 * What the hostile programs share: system calls without the C library in between, so that numbers are the
 * supervisor's own, and one line a case: `ok NAME`, or `FAIL NAME: got X, not Y`.
 */
_Static_assert(ENOSYS == 38, "the supervisor's error numbers, not the C library's");

#define PAGE 4096ull
#define USER_END 0x4000000000ull
#define SUPERVISOR_START 0xffffffc000000000ull
#define SECOND 1000000000ull

#define NOBODY 0x3ffffffe /* a pid that no task will have */
#define BIT(signal) (1ull << ((signal)-1))

#define ADDRESS(pointer) ((uint64_t)(uintptr_t)(pointer))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a case leads to is shown signed: error numbers are negative. */
static inline void expect(const char *name, int64_t got, int64_t wanted)
{
    if (got == wanted) {
        printf("ok %s\n", name);
    } else {
        printf("FAIL %s: got %lld, not %lld\n", name, (long long)got, (long long)wanted);
    }
}

static inline void expect_true(const char *name, bool is_true)
{
    expect(name, is_true, true);
}

static inline int64_t sys_map(uint64_t address, uint64_t size, uint64_t protection, uint64_t flags, int64_t fd,
                              uint64_t offset)
{
    return raw_syscall6(SYS_mmap, address, size, protection, flags, (uint64_t)fd, offset);
}

static inline int64_t sys_map_fresh(uint64_t size, uint64_t protection)
{
    return sys_map(0, size, protection, ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS, -1, 0);
}

static inline int64_t sys_unmap(uint64_t address, uint64_t size)
{
    return raw_syscall2(SYS_munmap, address, size);
}

static inline int64_t sys_protect(uint64_t address, uint64_t size, uint64_t protection)
{
    return raw_syscall3(SYS_mprotect, address, size, protection);
}

static inline int64_t sys_open(const char *path, uint64_t flags)
{
    return raw_syscall4(SYS_openat, (uint64_t)ABI_AT_FDCWD, ADDRESS(path), flags, 0);
}

static inline int64_t sys_close(int64_t fd)
{
    return raw_syscall1(SYS_close, (uint64_t)fd);
}

static inline int64_t sys_read(int64_t fd, void *to, uint64_t size)
{
    return raw_syscall3(SYS_read, (uint64_t)fd, ADDRESS(to), size);
}

static inline int64_t sys_write(int64_t fd, const void *from, uint64_t size)
{
    return raw_syscall3(SYS_write, (uint64_t)fd, ADDRESS(from), size);
}

static inline int64_t sys_seek(int64_t fd, uint64_t offset, uint64_t whence)
{
    return raw_syscall3(SYS_lseek, (uint64_t)fd, offset, whence);
}

static inline int64_t sys_fcntl(int64_t fd, uint64_t command, uint64_t argument)
{
    return raw_syscall3(SYS_fcntl, (uint64_t)fd, command, argument);
}

/* ends[0] reads what ends[1] writes. */
static inline int64_t sys_pipe(int32_t ends[2], uint64_t flags)
{
    return raw_syscall2(SYS_pipe2, ADDRESS(ends), flags);
}

static inline void sys_close_pipe(const int32_t ends[2])
{
    sys_close(ends[0]);
    sys_close(ends[1]);
}

static inline int64_t sys_pid(void)
{
    return raw_syscall0(SYS_getpid);
}

/* With the caller's descriptors. */
static inline int64_t sys_spawn(const char *path, const char *const arguments[])
{
    struct abi_spawn call = { .path = ADDRESS(path), .argv = ADDRESS(arguments) };

    return raw_syscall1(SYS_spawn, ADDRESS(&call));
}

/* The wait4 status of @pid once it has ended, or a negative error number. */
static inline int64_t sys_wait(int64_t pid)
{
    int32_t status = -1;
    int64_t result = raw_syscall4(SYS_wait4, (uint64_t)pid, ADDRESS(&status), 0, 0);

    return result < 0 ? result : status;
}

/* Block, unblock or set (ABI_SIG_*) the signals of @set. Returns those that were blocked. */
static inline uint64_t sys_block(uint64_t how, uint64_t set)
{
    uint64_t old = 0;

    raw_syscall4(SYS_rt_sigprocmask, how, ADDRESS(&set), ADDRESS(&old), sizeof(set));
    return old;
}

/* @handler is ABI_SIG_DFL, ABI_SIG_IGN, or a function that ends with rt_sigreturn. */
static inline int64_t sys_handle(uint64_t signal, uint64_t handler, uint64_t flags)
{
    struct abi_sigaction action = { .handler = handler, .flags = flags };

    return raw_syscall4(SYS_rt_sigaction, signal, ADDRESS(&action), 0, sizeof(uint64_t));
}

static inline int64_t sys_kill(int64_t pid, uint64_t signal)
{
    return raw_syscall2(SYS_kill, (uint64_t)pid, signal);
}

static inline void sys_sleep(uint64_t nanoseconds)
{
    struct abi_timespec span = { .seconds = (int64_t)(nanoseconds / SECOND),
                                 .nanoseconds = (int64_t)(nanoseconds % SECOND) };

    raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0);
}

static inline uint64_t sys_now(void)
{
    struct abi_timespec now = { 0 };

    raw_syscall2(SYS_clock_gettime, ABI_CLOCK_MONOTONIC, ADDRESS(&now));
    return (uint64_t)now.seconds * SECOND + (uint64_t)now.nanoseconds;
}

static inline uint64_t sys_free_frames(void)
{
    struct abi_usage usage = { 0 };

    raw_syscall3(SYS_usage, ADDRESS(&usage), 0, 0);
    return usage.free_frames;
}
