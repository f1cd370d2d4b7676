/*
 * Files and descriptors: POSIX names over the supervisor's calls.
 *
 * Numbers differ on the two sides for open()'s flags and in struct stat; both are translated here and nowhere else.
 * Invariant: bit n of libc_close_on_exec is set only while descriptor n (below 64) is open with O_CLOEXEC.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

uint64_t libc_close_on_exec;

uint64_t libc_open_flags(int flags)
{
    static const struct {
        int ours;
        uint32_t abi;
    } rows[] = {
        { O_CREAT, ABI_O_CREAT },     { O_EXCL, ABI_O_EXCL },         { O_TRUNC, ABI_O_TRUNC },
        { O_APPEND, ABI_O_APPEND },   { O_NONBLOCK, ABI_O_NONBLOCK }, { O_DIRECTORY, ABI_O_DIRECTORY },
        { O_CLOEXEC, ABI_O_CLOEXEC },
    };
    uint64_t abi = (uint64_t)flags & ABI_O_ACCMODE;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (flags & rows[i].ours) {
            abi |= rows[i].abi;
        }
    }
    return abi;
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list arguments;

        va_start(arguments, flags);
        mode = (mode_t)va_arg(arguments, int);
        va_end(arguments);
    }
    int fd = (int)libc_result(raw_syscall4(SYS_openat, ARG(ABI_AT_FDCWD), ARG(path), libc_open_flags(flags), mode));

    if ((flags & O_CLOEXEC) && fd >= 0 && fd < 64) {
        libc_close_on_exec |= 1ull << fd;
    }
    return fd;
}

int creat(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
    int result = (int)libc_result(raw_syscall1(SYS_close, ARG(fd)));

    if (result == 0 && fd < 64 && (libc_close_on_exec & 1ull << fd)) {
        libc_close_on_exec &= ~(1ull << fd);
    }
    return result;
}

ssize_t read(int fd, void *buffer, size_t size_bytes)
{
    return libc_result(raw_syscall3(SYS_read, ARG(fd), ARG(buffer), size_bytes));
}

ssize_t write(int fd, const void *buffer, size_t size_bytes)
{
    return libc_result(raw_syscall3(SYS_write, ARG(fd), ARG(buffer), size_bytes));
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    return libc_result(raw_syscall3(SYS_writev, ARG(fd), ARG(pieces), ARG(count)));
}

off_t lseek(int fd, off_t offset, int whence)
{
    return libc_result(raw_syscall3(SYS_lseek, ARG(fd), ARG(offset), ARG(whence)));
}

static void from_abi_stat(const struct abi_stat *abi, struct stat *stat)
{
    memset(stat, 0, sizeof(*stat));
    stat->st_dev = (dev_t)abi->device;
    stat->st_ino = (ino_t)abi->inode;
    stat->st_mode = (mode_t)abi->mode;
    stat->st_nlink = (nlink_t)abi->link_count;
    stat->st_uid = (uid_t)abi->user_id;
    stat->st_gid = (gid_t)abi->group_id;
    stat->st_rdev = (dev_t)abi->special_device;
    stat->st_size = abi->size_bytes;
    stat->st_blksize = abi->block_size_bytes;
    stat->st_blocks = abi->block_count;
    stat->st_atim.tv_sec = abi->access_time.seconds;
    stat->st_atim.tv_nsec = (long)abi->access_time.nanoseconds;
    stat->st_mtim.tv_sec = abi->modify_time.seconds;
    stat->st_mtim.tv_nsec = (long)abi->modify_time.nanoseconds;
    stat->st_ctim.tv_sec = abi->change_time.seconds;
    stat->st_ctim.tv_nsec = (long)abi->change_time.nanoseconds;
}

int fstat(int fd, struct stat *stat)
{
    struct abi_stat abi;
    int result = (int)libc_result(raw_syscall2(SYS_fstat, ARG(fd), ARG(&abi)));

    if (result == 0) {
        from_abi_stat(&abi, stat);
    }
    return result;
}

int stat(const char *path, struct stat *stat)
{
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        return -1;
    }
    int result = fstat(fd, stat);

    close(fd);
    return result;
}

int access(const char *path, int mode)
{
    static const mode_t any_write = S_IWUSR | S_IWGRP | S_IWOTH;
    static const mode_t any_execute = S_IXUSR | S_IXGRP | S_IXOTH;
    struct stat status;

    if (stat(path, &status) != 0) {
        return -1;
    }
    if (((mode & W_OK) && !(status.st_mode & any_write)) || ((mode & X_OK) && !(status.st_mode & any_execute))) {
        errno = EACCES;
        return -1;
    }
    return 0;
}

int isatty(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return 0;
    }
    if (!S_ISCHR(status.st_mode)) {
        errno = ENOTTY;
        return 0;
    }
    return 1;
}

/* The root file system is read-only and no call of the supervisor's takes a name away. */
int unlink(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0) {
        errno = EROFS;
    }
    return -1;
}
