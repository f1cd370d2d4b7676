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

/*
 * A write may take long (a serial line sends 11 bytes a millisecond), and nothing else runs on the hart meanwhile: so
 * it goes on in steps of so many bytes, and between two of them the call is restarted. A read is cut instead.
 */
#define WRITE_STEP_BYTES 512u
#define READ_BYTES_MAX (1u << 20)

/* As on Linux: a write of more is cut, so that the count fits an int. */
#define WRITE_BYTES_MAX 0x7ffff000ull

static struct file *file_at(uint64_t descriptor)
{
    return descriptors_get(&task_current()->descriptors, (uint32_t)descriptor);
}

int64_t call_read(uint64_t descriptor, uint64_t to, uint64_t size_bytes, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = file_at(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL || !file->readable) {
        return -EBADF;
    }
    if (file->kind->read == NULL) {
        return -EISDIR;
    }
    return file->kind->read(file, uaddr(to), size_bytes < READ_BYTES_MAX ? size_bytes : READ_BYTES_MAX);
}

/* The file that can be written at @descriptor, or NULL. */
static struct file *writable_at(uint64_t descriptor)
{
    struct file *file = file_at(descriptor);

    return file == NULL || !file->writable || file->kind->write == NULL ? NULL : file;
}

/* One step of the write that is under way, from @from on, of which @size_bytes are left. */
static int64_t write_step(struct file *file, uint64_t from, uint64_t size_bytes)
{
    return file->kind->write(file, uaddr(from), size_bytes < WRITE_STEP_BYTES ? size_bytes : WRITE_STEP_BYTES);
}

/* A step has given @moved: what the call gives when it ends with it, or CALL_RESTART when there @is_more. */
static int64_t after_step(int64_t moved, bool is_more)
{
    struct task *task = task_current();

    if (moved == CALL_RESTART) {
        return moved;
    }
    if (moved > 0) {
        task->written_bytes += (uint64_t)moved;
    }
    if (moved > 0 && is_more) {
        scheduler_again();
        return CALL_RESTART;
    }
    int64_t done = (int64_t)task->written_bytes;

    task->written_bytes = 0;
    return done > 0 ? done : moved;
}

int64_t call_write(uint64_t descriptor, uint64_t from, uint64_t size_bytes, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t size = size_bytes < WRITE_BYTES_MAX ? size_bytes : WRITE_BYTES_MAX;
    uint64_t done = task_current()->written_bytes;
    struct file *file = writable_at(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return after_step(-EBADF, false);
    }
    int64_t moved = write_step(file, from + done, size - done);

    return after_step(moved, moved > 0 && done + (uint64_t)moved < size);
}

int64_t call_writev(uint64_t descriptor, uint64_t vector, uint64_t count, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = writable_at(descriptor);
    uint64_t skip = task_current()->written_bytes;

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL || count > IOV_MAX) {
        return after_step(file == NULL ? -EBADF : -EINVAL, false);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct abi_iovec part;

        if (arch_copy_in(&part, uaddr(vector + i * sizeof(part)), sizeof(part))) {
            return after_step(-EFAULT, false);
        }
        if (part.size_bytes <= skip) {
            skip -= part.size_bytes;
            continue;
        }
        /* The rest of this part, or a step of it; the call comes again for what is behind. */
        int64_t moved = write_step(file, part.base + skip, part.size_bytes - skip);

        return after_step(moved, moved > 0 && (i + 1 < count || (uint64_t)moved < part.size_bytes - skip));
    }
    return after_step(0, false);
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
