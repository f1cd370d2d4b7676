/* Files of /dev/shm, files without a name, and open files that go from task to task. */
#include <string.h>

#include "calls.h"

#define HERE (uint64_t) ABI_AT_FDCWD
#define NAME "/dev/shm/calls"

static int64_t create(const char *path, uint64_t mode)
{
    return raw_syscall4(SYS_openat, HERE, ADDRESS(path), ABI_O_RDWR | ABI_O_CREAT, mode);
}

static int64_t unlink_name(const char *path, uint64_t flags)
{
    return raw_syscall3(SYS_unlinkat, HERE, ADDRESS(path), flags);
}

static int64_t rename_to(const char *from, const char *to, uint64_t flags)
{
    return raw_syscall6(SYS_renameat2, HERE, ADDRESS(from), HERE, ADDRESS(to), flags, 0);
}

static void try_size(int64_t fd, int64_t read_only)
{
    expect("ftruncate_grows", raw_syscall2(SYS_ftruncate, (uint64_t)fd, 10000), 0);
    expect("ftruncate_negative", raw_syscall2(SYS_ftruncate, (uint64_t)fd, -1ull), -EINVAL);
    expect("ftruncate_largest", raw_syscall2(SYS_ftruncate, (uint64_t)fd, INT64_MAX), -EFBIG);
    expect("ftruncate_read_only", raw_syscall2(SYS_ftruncate, (uint64_t)read_only, 0), -EINVAL);
    expect("ftruncate_no_descriptor", raw_syscall2(SYS_ftruncate, 200, 0), -EBADF);
    expect("truncate_shrinks", raw_syscall2(SYS_truncate, ADDRESS(NAME), 100), 0);
    expect("truncate_to_its_end", sys_seek(fd, 0, ABI_SEEK_END), 100);
    expect("truncate_negative", raw_syscall2(SYS_truncate, ADDRESS(NAME), -1ull), -EINVAL);
    expect("truncate_missing", raw_syscall2(SYS_truncate, ADDRESS("/dev/shm/none"), 0), -ENOENT);
    expect("fallocate_grows", raw_syscall4(SYS_fallocate, (uint64_t)fd, 0, 0, 8192), 0);
    expect("fallocate_nothing", raw_syscall4(SYS_fallocate, (uint64_t)fd, 0, 0, 0), -EINVAL);
    expect("fallocate_wraps", raw_syscall4(SYS_fallocate, (uint64_t)fd, 0, INT64_MAX, INT64_MAX), -EFBIG);
    expect("fallocate_no_descriptor", raw_syscall4(SYS_fallocate, 200, 0, 0, 1), -EBADF);
    expect("fsync_a_file", raw_syscall1(SYS_fsync, (uint64_t)fd), 0);
    expect("fsync_no_descriptor", raw_syscall1(SYS_fsync, 200), -EBADF);
    expect("fdatasync_a_file", raw_syscall1(SYS_fdatasync, (uint64_t)fd), 0);
    expect("fdatasync_no_descriptor", raw_syscall1(SYS_fdatasync, 200), -EBADF);
}

static void try_bytes(int64_t fd, int64_t read_only)
{
    char bytes[4] = "";

    expect("pwrite64_inside", raw_syscall4(SYS_pwrite64, (uint64_t)fd, ADDRESS("abcd"), 4, 5000), 4);
    expect("pwrite64_negative", raw_syscall4(SYS_pwrite64, (uint64_t)fd, ADDRESS("a"), 1, -1ull), -EINVAL);
    expect("pwrite64_read_only", raw_syscall4(SYS_pwrite64, (uint64_t)read_only, ADDRESS("a"), 1, 0), -EBADF);
    expect("pread64_what_was_written", raw_syscall4(SYS_pread64, (uint64_t)read_only, ADDRESS(bytes), 4, 5000), 4);
    expect_true("pread64_the_same", memcmp(bytes, "abcd", 4) == 0);
    expect("pread64_behind_the_end", raw_syscall4(SYS_pread64, (uint64_t)fd, ADDRESS(bytes), 4, 1 << 20), 0);
    expect("pread64_negative", raw_syscall4(SYS_pread64, (uint64_t)fd, ADDRESS(bytes), 4, -1ull), -EINVAL);
}

static void try_modes(int64_t fd)
{
    expect("fchmod_nobody_writes", raw_syscall2(SYS_fchmod, (uint64_t)fd, 0444), 0);
    expect("fchmod_keeps_writers_out", sys_open(NAME, ABI_O_WRONLY), -EACCES);
    expect("fchmod_no_descriptor", raw_syscall2(SYS_fchmod, 200, 0444), -EBADF);
    expect("fchmodat_all", raw_syscall3(SYS_fchmodat, HERE, ADDRESS(NAME), 0777), 0);
    expect("fchmodat_missing", raw_syscall3(SYS_fchmodat, HERE, ADDRESS("/dev/shm/none"), 0777), -ENOENT);
    expect("fchmodat_of_the_initrd", raw_syscall3(SYS_fchmodat, HERE, ADDRESS("/bin/true"), 0777), -EROFS);
}

static void try_names(void)
{
    expect("renameat2_another_name", rename_to(NAME, NAME "2", 0), 0);
    expect("renameat2_missing", rename_to(NAME, NAME "2", 0), -ENOENT);
    expect("renameat2_flags", rename_to(NAME "2", NAME, 0x8000), -EINVAL);
    expect("renameat2_to_another_file_system", rename_to(NAME "2", "/bin/calls2", 0), -EXDEV);
    expect("renameat2_back", rename_to(NAME "2", NAME, 0), 0);
    expect("unlinkat_a_file", unlink_name(NAME, 0), 0);
    expect("unlinkat_twice", unlink_name(NAME, 0), -ENOENT);
    expect("unlinkat_flags", unlink_name(NAME, 0x8000), -EINVAL);
    expect("unlinkat_of_the_initrd", unlink_name("/bin/true", 0), -EROFS);
}

static void try_unnamed(void)
{
    int64_t fd = raw_syscall2(SYS_memfd_create, ADDRESS("x"), ABI_MFD_ALLOW_SEALING), pid = raw_syscall0(SYS_getpid);
    int32_t giver = 0;

    expect_true("memfd_create_a_file", fd >= 0);
    expect("memfd_create_flags", raw_syscall2(SYS_memfd_create, ADDRESS("x"), 1ull << 31), -EINVAL);
    expect("execveat_what_can_change",
           raw_syscall6(SYS_execveat, (uint64_t)fd, ADDRESS(""), 0, 0, ABI_AT_EMPTY_PATH, 0), -EACCES);
    expect("execveat_missing", raw_syscall6(SYS_execveat, HERE, ADDRESS("/bin/none"), 0, 0, 0, 0), -ENOENT);
    expect("execveat_no_descriptor", raw_syscall6(SYS_execveat, 200, ADDRESS(""), 0, 0, ABI_AT_EMPTY_PATH, 0), -EBADF);
    expect("execveat_flags", raw_syscall6(SYS_execveat, HERE, ADDRESS("/bin/true"), 0, 0, 0x8000, 0), -EINVAL);
    expect("take_when_there_is_none", raw_syscall2(SYS_take, 0, ABI_O_NONBLOCK), -EAGAIN);
    expect("take_flags", raw_syscall2(SYS_take, 0, 1), -EINVAL);
    expect("give_to_nobody", raw_syscall3(SYS_give, NOBODY, (uint64_t)fd, 0), -ESRCH);
    expect("give_no_descriptor", raw_syscall3(SYS_give, (uint64_t)pid, 200, 0), -EBADF);
    expect("give_flags", raw_syscall3(SYS_give, (uint64_t)pid, (uint64_t)fd, 0x8000), -EINVAL);
    expect("give_to_itself", raw_syscall3(SYS_give, (uint64_t)pid, (uint64_t)fd, ABI_GIVE_READ_ONLY), 0);
    int64_t taken = raw_syscall2(SYS_take, ADDRESS(&giver), 0);

    expect_true("take_what_was_given", taken >= 0 && giver == pid);
    expect("take_only_to_read", sys_write(taken, "a", 1), -EBADF);
    sys_close(taken);
    sys_close(fd);
}

void try_objects(void)
{
    int64_t fd = create(NAME, 0666), read_only = sys_open(NAME, ABI_O_RDONLY);

    expect_true("openat_creates_in_dev_shm", fd >= 0 && read_only >= 0);
    try_size(fd, read_only);
    try_bytes(fd, read_only);
    try_modes(fd);
    try_names();
    try_unnamed();
    sys_close(read_only);
    sys_close(fd);
}
