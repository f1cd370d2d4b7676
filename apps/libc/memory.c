/*
 * Memory from the supervisor: mappings, and the break that picolibc's malloc grows by.
 *
 * The supervisor's brk() never fails by a negative number: it answers with the break as it is afterwards. The break
 * is asked for once and remembered; nobody else moves it.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libc.h"

static char *current_break;

void *mmap(void *address, size_t size_bytes, int protection, int flags, int fd, off_t offset)
{
    int64_t result =
        raw_syscall6(SYS_mmap, ARG(address), size_bytes, ARG(protection), ARG(flags), ARG(fd), ARG(offset));

    return (void *)libc_result(result);
}

int munmap(void *address, size_t size_bytes)
{
    return (int)libc_result(raw_syscall2(SYS_munmap, ARG(address), size_bytes));
}

int mprotect(void *address, size_t size_bytes, int protection)
{
    return (int)libc_result(raw_syscall3(SYS_mprotect, ARG(address), size_bytes, ARG(protection)));
}

int msync(void *address, size_t size_bytes, int flags)
{
    return (int)libc_result(raw_syscall3(SYS_msync, ARG(address), size_bytes, ARG(flags)));
}

void *mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...)
{
    void *target = NULL;

    if ((flags & MREMAP_FIXED) != 0) {
        va_list more;

        va_start(more, flags);
        target = va_arg(more, void *);
        va_end(more);
    }
    int64_t result = raw_syscall6(SYS_mremap, ARG(address), old_bytes, new_bytes, ARG(flags), ARG(target), 0);

    return (void *)libc_result(result);
}

int mincore(void *address, size_t size_bytes, unsigned char *vector)
{
    return (int)libc_result(raw_syscall3(SYS_mincore, ARG(address), size_bytes, ARG(vector)));
}

int madvise(void *address, size_t size_bytes, int advice)
{
    return (int)libc_result(raw_syscall3(SYS_madvise, ARG(address), size_bytes, ARG(advice)));
}

int posix_madvise(void *address, size_t size_bytes, int advice)
{
    int harmless = advice == POSIX_MADV_DONTNEED ? POSIX_MADV_NORMAL : advice;

    if (advice < POSIX_MADV_NORMAL || advice > POSIX_MADV_DONTNEED) {
        return EINVAL;
    }
    return (int)-raw_syscall3(SYS_madvise, ARG(address), size_bytes, ARG(harmless));
}

int mlock(const void *address, size_t size_bytes)
{
    uintptr_t in_page = (uintptr_t)address & 4095;

    return msync((char *)address - in_page, size_bytes + in_page, MS_ASYNC);
}

int munlock(const void *address, size_t size_bytes)
{
    return mlock(address, size_bytes);
}

int mlockall(int flags)
{
    if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE)) != 0) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int munlockall(void)
{
    return 0;
}

static bool move_break(char *wanted)
{
    current_break = (char *)raw_syscall1(SYS_brk, ARG(wanted));
    if (current_break != wanted) {
        errno = ENOMEM;
        return false;
    }
    return true;
}

void *sbrk(ptrdiff_t increment)
{
    if (current_break == NULL) {
        current_break = (char *)raw_syscall1(SYS_brk, 0);
    }
    char *old = current_break;
    char *wanted;

    /* Growth that wraps would ask for less than there is, and get it. */
    if (__builtin_add_overflow((uintptr_t)old, increment, (uintptr_t *)&wanted) && increment > 0) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return increment == 0 || move_break(wanted) ? old : (void *)-1;
}
