/* Files of /dev/shm, files without a name, and open files that go from task to task. */
#include "pointers.h"

#define HERE (uint64_t) ABI_AT_FDCWD

static int64_t call_unlinkat(uint64_t pointer)
{
    return raw_syscall3(SYS_unlinkat, HERE, pointer, 0);
}

static int64_t call_truncate(uint64_t pointer)
{
    return raw_syscall2(SYS_truncate, pointer, 0);
}

static int64_t call_fchmodat(uint64_t pointer)
{
    return raw_syscall3(SYS_fchmodat, HERE, pointer, 0644);
}

static int64_t call_renameat2(uint64_t pointer)
{
    return raw_syscall6(SYS_renameat2, HERE, pointer, HERE, ADDRESS("/dev/shm/new"), 0, 0);
}

static int64_t call_renameat2_new(uint64_t pointer)
{
    return raw_syscall6(SYS_renameat2, HERE, ADDRESS("/dev/shm/old"), HERE, pointer, 0, 0);
}

static int64_t call_memfd_create(uint64_t pointer)
{
    int64_t fd = raw_syscall2(SYS_memfd_create, pointer, 0);

    if (fd >= 0) {
        sys_close(fd);
    }
    return fd;
}

static int64_t call_pread64(uint64_t pointer)
{
    return raw_syscall4(SYS_pread64, (uint64_t)pointer_file, pointer, 16, 0);
}

static int64_t call_pwrite64(uint64_t pointer)
{
    int64_t fd = raw_syscall2(SYS_memfd_create, ADDRESS("x"), 0);
    int64_t result = raw_syscall4(SYS_pwrite64, (uint64_t)fd, pointer, 16, 0);

    sys_close(fd);
    return result;
}

static int64_t call_execveat(uint64_t pointer)
{
    return raw_syscall6(SYS_execveat, HERE, pointer, 0, 0, 0, 0);
}

/* What can't be told stays to be taken. 0 means that nothing is to be told, so 8 is tried instead. */
static int64_t call_take(uint64_t pointer)
{
    pointer = pointer == 0 ? 8 : pointer;
    int64_t pid = raw_syscall0(SYS_getpid);

    raw_syscall3(SYS_give, (uint64_t)pid, (uint64_t)pointer_file, 0);
    int64_t result = raw_syscall2(SYS_take, pointer, 0);

    sys_close(result >= 0 ? result : raw_syscall2(SYS_take, 0, 0));
    return result;
}

static const struct pointer_call rows[] = {
    { "unlinkat", READS, call_unlinkat },
    { "truncate", READS, call_truncate },
    { "fchmodat", READS, call_fchmodat },
    { "renameat2", READS, call_renameat2 },
    { "renameat2_new", READS, call_renameat2_new },
    { "memfd_create", READS, call_memfd_create },
    { "pread64", WRITES, call_pread64 },
    { "pwrite64", READS, call_pwrite64 },
    { "execveat", READS, call_execveat },
    { "take", WRITES, call_take },
};

const struct pointer_calls pointer_object_calls = { rows, COUNT(rows) };
