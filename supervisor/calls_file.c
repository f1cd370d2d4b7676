/* System calls on descriptors. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "checked.h"
#include "file.h"
#include "scheduler.h"
#include "task.h"

enum { IOV_MAX = 1024 };

/*
 * A write may take long (a serial line sends 11 bytes a millisecond), and nothing else runs on the hart meanwhile: so
 * each kind of file writes as much as it sees fit, and for the rest the call is restarted. A read is cut instead.
 *
 * The supervisor's lock is not held here: each kind takes it for what it has to look at. A task's descriptors are its
 * own, and its open files stay open while it is in a call.
 */
#define READ_BYTES_MAX (1u << 20)

/* As on Linux: a write of more is cut, so that the count fits an int. */
#define WRITE_BYTES_MAX 0x7ffff000ull

int64_t call_read(uint64_t descriptor, uint64_t to, uint64_t size_bytes, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);

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
static inline struct file *writable_at(uint64_t descriptor)
{
    struct file *file = task_file(descriptor);

    return file == NULL || !file->writable || file->kind->write == NULL ? NULL : file;
}

/* A step has given @moved: what the call gives when it ends with it, or CALL_RESTART when there @is_more. */
static int64_t after_step(int64_t moved, bool is_more)
{
    struct task *task = task_current();

    if (moved == CALL_RESTART) {
        return moved;
    }
    if (moved > 0) {
        task->done_bytes += (uint64_t)moved;
    }
    /* A signal ends a write that has written something. */
    if (moved > 0 && is_more && !signals_deliverable(&task->signals)) {
        arch_lock();
        return scheduler_again();
    }
    int64_t done = (int64_t)task->done_bytes;

    task->done_bytes = 0;
    return done > 0 ? done : moved;
}

int64_t call_write(uint64_t descriptor, uint64_t from, uint64_t size_bytes, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t size = size_bytes < WRITE_BYTES_MAX ? size_bytes : WRITE_BYTES_MAX;
    uint64_t done = task_current()->done_bytes;
    struct file *file = writable_at(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return after_step(-EBADF, false);
    }
    int64_t moved = file->kind->write(file, uaddr(from + done), size - done);

    if (done == 0 && moved == (int64_t)size) {
        return moved; /* in one step */
    }
    return after_step(moved, moved > 0 && done + (uint64_t)moved < size);
}

/* What a read or write at @position is refused with. Devices have no position, and read and write as ever. */
static int check_position(const struct file *file, uint64_t position)
{
    if ((int64_t)position < 0) {
        return -EINVAL;
    }
    return file->kind->size == NULL ? -ESPIPE : 0;
}

int64_t call_pread64(uint64_t descriptor, uint64_t to, uint64_t size_bytes, uint64_t position, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);
    uint64_t size = size_bytes < READ_BYTES_MAX ? size_bytes : READ_BYTES_MAX;

    CALL_UNUSED(a4, a5);
    if (file == NULL || !file->readable) {
        return -EBADF;
    }
    int error = check_position(file, position);

    if (error || file->kind->read == NULL) {
        return error ? error : -EISDIR;
    }
    return file->kind->read_at == NULL ? file->kind->read(file, uaddr(to), size)
                                       : file->kind->read_at(file, uaddr(to), size, position);
}

int64_t call_pwrite64(uint64_t descriptor, uint64_t from, uint64_t size_bytes, uint64_t position, uint64_t a4,
                      uint64_t a5)
{
    uint64_t size = size_bytes < WRITE_BYTES_MAX ? size_bytes : WRITE_BYTES_MAX;
    uint64_t done = task_current()->done_bytes;
    struct file *file = writable_at(descriptor);
    int error = file == NULL ? -EBADF : check_position(file, position);

    CALL_UNUSED(a4, a5);
    if (error) {
        return after_step(error, false);
    }
    int64_t moved = file->kind->write_at == NULL
                        ? file->kind->write(file, uaddr(from + done), size - done)
                        : file->kind->write_at(file, uaddr(from + done), size - done, position + done);

    return after_step(moved, moved > 0 && done + (uint64_t)moved < size);
}

/* Part @index of the vector at @vector. Returns 0, -EFAULT, or -EINVAL: larger than any memory. */
static int read_part(uint64_t vector, uint64_t index, struct abi_iovec *part)
{
    if (arch_copy_in(part, uaddr(vector + index * sizeof(*part)), sizeof(*part))) {
        return -EFAULT;
    }
    return (int64_t)part->size_bytes < 0 ? -EINVAL : 0;
}

/* Look at all parts before anything is moved. Returns 0, -EFAULT or -EINVAL. */
static int check_vector(uint64_t vector, uint64_t count)
{
    struct abi_iovec part;
    int error = count > IOV_MAX ? -EINVAL : 0;

    for (uint64_t i = 0; error == 0 && i < count; i++) {
        error = read_part(vector, i, &part);
    }
    return error;
}

int64_t call_writev(uint64_t descriptor, uint64_t vector, uint64_t count, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = writable_at(descriptor);
    uint64_t done = task_current()->done_bytes, skip = done;
    int error = file == NULL ? -EBADF : done == 0 ? check_vector(vector, count) : 0;

    CALL_UNUSED(a3, a4, a5);
    if (error) {
        return after_step(error, false);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct abi_iovec part;

        error = read_part(vector, i, &part);
        if (error) {
            return after_step(error, false);
        }
        if (part.size_bytes <= skip) {
            skip -= part.size_bytes;
            continue;
        }
        /* The rest of this part, or a step of it; the call comes again for what is behind. */
        uint64_t left = WRITE_BYTES_MAX - done, size = part.size_bytes - skip;
        int64_t moved = file->kind->write(file, uaddr(part.base + skip), size < left ? size : left);

        return after_step(moved, moved > 0 && (uint64_t)moved < left && (i + 1 < count || (uint64_t)moved < size));
    }
    return after_step(0, false);
}

/*
 * Parts are filled one after the other as long as each is filled in full and no read would wait: files that have a
 * size never do. Of any other file the first part that has room is all that one call gets.
 */
int64_t call_readv(uint64_t descriptor, uint64_t vector, uint64_t count, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);
    int64_t done = 0;

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL || !file->readable) {
        return -EBADF;
    }
    int error = check_vector(vector, count);

    if (error || file->kind->read == NULL) {
        return error ? error : -EISDIR;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct abi_iovec part;
        int64_t moved = read_part(vector, i, &part);

        if (moved == 0 && part.size_bytes == 0) {
            continue;
        }
        if (moved == 0) {
            uint64_t left = READ_BYTES_MAX - (uint64_t)done;

            moved = file->kind->read(file, uaddr(part.base), part.size_bytes < left ? part.size_bytes : left);
        }
        if (moved < 0) {
            return done > 0 ? done : moved;
        }
        done += moved;
        if ((uint64_t)moved < part.size_bytes || file->kind->size == NULL) {
            break;
        }
    }
    return done;
}

int64_t call_lseek(uint64_t descriptor, uint64_t offset, uint64_t whence, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    if (whence > ABI_SEEK_END || file->kind->size == NULL) {
        return whence > ABI_SEEK_END ? -EINVAL : -ESPIPE;
    }
    int64_t base, position;

    switch (whence) {
    case ABI_SEEK_SET:
        base = 0;
        break;
    case ABI_SEEK_CUR:
        base = (int64_t)file->position;
        break;
    default:
        base = file->kind->size(file);
        break;
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
    struct file *file = task_file(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    return file->kind->list == NULL ? -ENOTDIR : file->kind->list(file, uaddr(to), size_bytes);
}
