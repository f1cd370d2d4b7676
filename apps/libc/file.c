/*
 * Files and descriptors: POSIX names over the supervisor's calls.
 *
 * Numbers differ on the two sides for open()'s flags, for those of the calls that end in -at, and in struct stat; all
 * are translated here and nowhere else.
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

static const struct {
    int ours;
    uint32_t abi;
} flag_rows[] = {
    { O_CREAT, ABI_O_CREAT },     { O_EXCL, ABI_O_EXCL },         { O_TRUNC, ABI_O_TRUNC },
    { O_APPEND, ABI_O_APPEND },   { O_NONBLOCK, ABI_O_NONBLOCK }, { O_DIRECTORY, ABI_O_DIRECTORY },
    { O_CLOEXEC, ABI_O_CLOEXEC }, { O_NOFOLLOW, ABI_O_NOFOLLOW },
};
#define FLAG_ROWS (sizeof(flag_rows) / sizeof(flag_rows[0]))

uint64_t libc_open_flags(int flags)
{
    uint64_t abi = (uint64_t)flags & ABI_O_ACCMODE;

    for (size_t i = 0; i < FLAG_ROWS; i++) {
        if (flags & flag_rows[i].ours) {
            abi |= flag_rows[i].abi;
        }
    }
    return abi;
}

int libc_flags_of_open(uint64_t abi_flags)
{
    int flags = (int)(abi_flags & ABI_O_ACCMODE);

    for (size_t i = 0; i < FLAG_ROWS; i++) {
        if (abi_flags & flag_rows[i].abi) {
            flags |= flag_rows[i].ours;
        }
    }
    return flags;
}

uint64_t libc_directory(int fd)
{
    return fd == AT_FDCWD ? ARG(ABI_AT_FDCWD) : ARG(fd);
}

static uint64_t abi_at_flags(int flags)
{
    int known = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;

    /* What the supervisor does not know is refused by it, and AT_EACCESS asks for what there is. */
    return ((flags & AT_SYMLINK_NOFOLLOW) ? ABI_AT_SYMLINK_NOFOLLOW : 0u) |
           ((flags & AT_EMPTY_PATH) ? ABI_AT_EMPTY_PATH : 0u) | ((flags & ~(known | AT_EACCESS)) ? 1u : 0u);
}

int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list arguments;

        va_start(arguments, flags);
        mode = (mode_t)va_arg(arguments, int);
        va_end(arguments);
    }
    return (int)libc_result(
        raw_syscall4(SYS_openat, libc_directory(directory), ARG(path), libc_open_flags(flags), mode));
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
    return openat(AT_FDCWD, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
    return (int)libc_result(raw_syscall1(SYS_close, ARG(fd)));
}

ssize_t read(int fd, void *buffer, size_t size_bytes)
{
    return libc_result(raw_syscall3(SYS_read, ARG(fd), ARG(buffer), size_bytes));
}

ssize_t write(int fd, const void *buffer, size_t size_bytes)
{
    return libc_result(raw_syscall3(SYS_write, ARG(fd), ARG(buffer), size_bytes));
}

ssize_t readv(int fd, const struct iovec *pieces, int count)
{
    return libc_result(raw_syscall3(SYS_readv, ARG(fd), ARG(pieces), ARG(count)));
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    return libc_result(raw_syscall3(SYS_writev, ARG(fd), ARG(pieces), ARG(count)));
}

ssize_t pread(int fd, void *buffer, size_t size_bytes, off_t offset)
{
    return libc_result(raw_syscall4(SYS_pread64, ARG(fd), ARG(buffer), size_bytes, ARG(offset)));
}

ssize_t pwrite(int fd, const void *buffer, size_t size_bytes, off_t offset)
{
    return libc_result(raw_syscall4(SYS_pwrite64, ARG(fd), ARG(buffer), size_bytes, ARG(offset)));
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

int fstatat(int directory, const char *restrict path, struct stat *restrict stat, int flags)
{
    struct abi_stat abi;
    int result = (int)libc_result(
        raw_syscall4(SYS_newfstatat, libc_directory(directory), ARG(path), ARG(&abi), abi_at_flags(flags)));

    if (result == 0) {
        from_abi_stat(&abi, stat);
    }
    return result;
}

int stat(const char *restrict path, struct stat *restrict stat)
{
    return fstatat(AT_FDCWD, path, stat, 0);
}

int lstat(const char *restrict path, struct stat *restrict stat)
{
    return fstatat(AT_FDCWD, path, stat, AT_SYMLINK_NOFOLLOW);
}

/* picolibc's R_OK, W_OK and X_OK are Linux's. */
int faccessat(int directory, const char *path, int mode, int flags)
{
    (void)flags; /* there is one user */
    return (int)libc_result(raw_syscall3(SYS_faccessat, libc_directory(directory), ARG(path), ARG(mode)));
}

int access(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, 0);
}

ssize_t readlinkat(int directory, const char *restrict path, char *restrict buffer, size_t capacity)
{
    return libc_result(raw_syscall4(SYS_readlinkat, libc_directory(directory), ARG(path), ARG(buffer), capacity));
}

ssize_t readlink(const char *restrict path, char *restrict buffer, size_t capacity)
{
    return readlinkat(AT_FDCWD, path, buffer, capacity);
}

int chdir(const char *path)
{
    return (int)libc_result(raw_syscall1(SYS_chdir, ARG(path)));
}

char *getcwd(char *buffer, size_t capacity)
{
    return libc_result(raw_syscall2(SYS_getcwd, ARG(buffer), capacity)) < 0 ? NULL : buffer;
}
