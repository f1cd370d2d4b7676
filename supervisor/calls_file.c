/* System calls on descriptors. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "checked.h"
#include "file.h"
#include "root_files.h"
#include "scheduler.h"
#include "task.h"

enum { PATH_BYTES = 256, IOV_MAX = 1024 };

/* As on Linux: more in one call is cut, so that the count fits an int. */
#define TRANSFER_MAX 0x7ffff000ull

static struct file *file_at(uint64_t descriptor)
{
    return descriptors_get(&task_current()->descriptors, (uint32_t)descriptor);
}

static int64_t transfer(uint64_t descriptor, uint64_t address, uint64_t size_bytes, bool is_write)
{
    struct file *file = file_at(descriptor);
    uint64_t size = size_bytes < TRANSFER_MAX ? size_bytes : TRANSFER_MAX;

    if (file == NULL || !(is_write ? file->writable : file->readable)) {
        return -EBADF;
    }
    if (is_write) {
        return file->kind->write == NULL ? -EBADF : file->kind->write(file, uaddr(address), size);
    }
    return file->kind->read == NULL ? -EISDIR : file->kind->read(file, uaddr(address), size);
}

int64_t call_read(uint64_t descriptor, uint64_t to, uint64_t size_bytes, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    return transfer(descriptor, to, size_bytes, false);
}

int64_t call_write(uint64_t descriptor, uint64_t from, uint64_t size_bytes, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    return transfer(descriptor, from, size_bytes, true);
}

int64_t call_writev(uint64_t descriptor, uint64_t vector, uint64_t count, uint64_t a3, uint64_t a4, uint64_t a5)
{
    int64_t done = 0;

    CALL_UNUSED(a3, a4, a5);
    if (count > IOV_MAX) {
        return -EINVAL;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct abi_iovec part;

        if (arch_copy_in(&part, uaddr(vector + i * sizeof(part)), sizeof(part))) {
            return done > 0 ? done : -EFAULT;
        }
        int64_t moved = transfer(descriptor, part.base, part.size_bytes, true);

        if (moved < 0) {
            return done > 0 ? done : moved;
        }
        done += moved;
        if ((uint64_t)moved < part.size_bytes) {
            break;
        }
    }
    return count == 0 && file_at(descriptor) == NULL ? -EBADF : done;
}

int64_t call_openat(uint64_t directory, uint64_t path_address, uint64_t flags, uint64_t mode, uint64_t a4, uint64_t a5)
{
    char path[PATH_BYTES];
    struct file *file;

    CALL_UNUSED(mode, a4, a5);
    int64_t length = arch_copy_in_string(path, uaddr(path_address), sizeof(path));

    if (length <= 0) {
        return length == 0 ? -ENOENT : length;
    }
    /* There is one directory that a relative path can start from so far: the root. */
    if (path[0] != '/' && (int32_t)directory != ABI_AT_FDCWD) {
        return file_at(directory) == NULL ? -EBADF : -EINVAL;
    }
    int error = root_files_open(path, (uint32_t)flags, &file);

    if (error) {
        return error;
    }
    int number = descriptors_put(&task_current()->descriptors, file, 0, (flags & ABI_O_CLOEXEC) != 0);

    if (number < 0) {
        file_put(file);
    }
    return number;
}

int64_t call_close(uint64_t descriptor, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    return descriptors_close(&task_current()->descriptors, (uint32_t)descriptor);
}

int64_t call_fstat(uint64_t descriptor, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = file_at(descriptor);
    struct abi_stat stat = { 0 };

    CALL_UNUSED(a2, a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    file->kind->describe(file, &stat);
    return arch_copy_out(uaddr(to), &stat, sizeof(stat));
}

int64_t call_lseek(uint64_t descriptor, uint64_t offset, uint64_t whence, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = file_at(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    if (file->kind->size == NULL) {
        return -ESPIPE;
    }
    int64_t base, position;

    switch (whence) {
    case ABI_SEEK_SET:
        base = 0;
        break;
    case ABI_SEEK_CUR:
        base = (int64_t)file->position;
        break;
    case ABI_SEEK_END:
        base = file->kind->size(file);
        break;
    default:
        return -EINVAL;
    }
    if (__builtin_add_overflow(base, (int64_t)offset, &position)) {
        return -EOVERFLOW;
    }
    if (position < 0) {
        return -EINVAL;
    }
    file->position = (uint64_t)position;
    return position;
}

int64_t call_getdents64(uint64_t descriptor, uint64_t to, uint64_t size_bytes, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = file_at(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    return file->kind->list == NULL ? -ENOTDIR : file->kind->list(file, uaddr(to), size_bytes);
}
