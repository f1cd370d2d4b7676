/* Memory objects as files, and what changes files and their names. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

#define FOLDER "/dev/shm/"
#define NAME_BYTES 255

/* The path of an object: one name, with or without a '/' before it. */
static bool make_path(const char *name, char path[sizeof(FOLDER) + NAME_BYTES])
{
    while (*name == '/') {
        name++;
    }
    size_t length = strlen(name);

    if (length == 0 || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        errno = EINVAL;
        return false;
    }
    if (length > NAME_BYTES) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(path, FOLDER);
    strcat(path, name);
    return true;
}

int shm_open(const char *name, int flags, mode_t mode)
{
    char path[sizeof(FOLDER) + NAME_BYTES];

    return make_path(name, path) ? open(path, flags | O_NOFOLLOW | O_CLOEXEC, mode) : -1;
}

int shm_unlink(const char *name)
{
    char path[sizeof(FOLDER) + NAME_BYTES];

    if (!make_path(name, path)) {
        /* No object has such a name. */
        errno = errno == EINVAL ? ENOENT : errno;
        return -1;
    }
    return unlink(path);
}

int memfd_create(const char *name, unsigned flags)
{
    return (int)libc_result(raw_syscall2(SYS_memfd_create, ARG(name), flags));
}

int ftruncate(int fd, off_t size_bytes)
{
    return (int)libc_result(raw_syscall2(SYS_ftruncate, ARG(fd), ARG(size_bytes)));
}

int truncate(const char *path, off_t size_bytes)
{
    return (int)libc_result(raw_syscall2(SYS_truncate, ARG(path), ARG(size_bytes)));
}

int fallocate(int fd, int mode, off_t offset, off_t size_bytes)
{
    return (int)libc_result(raw_syscall4(SYS_fallocate, ARG(fd), ARG(mode), ARG(offset), ARG(size_bytes)));
}

int posix_fallocate(int fd, off_t offset, off_t size_bytes)
{
    int before = errno;
    int error = fallocate(fd, 0, offset, size_bytes) == 0 ? 0 : errno;

    errno = before;
    return error;
}

int fsync(int fd)
{
    return (int)libc_result(raw_syscall1(SYS_fsync, ARG(fd)));
}

int fdatasync(int fd)
{
    return (int)libc_result(raw_syscall1(SYS_fdatasync, ARG(fd)));
}

int fchmod(int fd, mode_t mode)
{
    return (int)libc_result(raw_syscall2(SYS_fchmod, ARG(fd), mode));
}

int fchmodat(int directory, const char *path, mode_t mode, int flags)
{
    if (flags & ~AT_SYMLINK_NOFOLLOW) {
        errno = EINVAL;
        return -1;
    }
    return (int)libc_result(raw_syscall3(SYS_fchmodat, libc_directory(directory), ARG(path), mode));
}

int chmod(const char *path, mode_t mode)
{
    return fchmodat(AT_FDCWD, path, mode, 0);
}

int unlinkat(int directory, const char *path, int flags)
{
    uint64_t abi_flags = (flags & AT_REMOVEDIR ? ABI_AT_REMOVEDIR : 0u) | (flags & ~AT_REMOVEDIR ? 1u : 0u);

    return (int)libc_result(raw_syscall3(SYS_unlinkat, libc_directory(directory), ARG(path), abi_flags));
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int renameat(int old_directory, const char *old_path, int directory, const char *path)
{
    return (int)libc_result(raw_syscall6(SYS_renameat2, libc_directory(old_directory), ARG(old_path),
                                         libc_directory(directory), ARG(path), 0, 0));
}

int rename(const char *old_path, const char *path)
{
    return renameat(AT_FDCWD, old_path, AT_FDCWD, path);
}
