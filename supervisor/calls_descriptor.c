/* System calls on descriptors themselves: making, copying and closing them, and what is asked of an open file. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "file.h"
#include "object.h"
#include "pipe.h"
#include "scheduler.h"
#include "shm_files.h"
#include "task.h"

static struct descriptors *current_descriptors(void)
{
    return &task_current()->descriptors;
}

int64_t call_close(uint64_t descriptor, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    arch_lock();
    int error = descriptors_close(current_descriptors(), (uint32_t)descriptor);

    scheduler_unlock();
    return error;
}

/* Another descriptor, at least @lowest, for the open file of @descriptor. */
static int64_t duplicate(uint64_t descriptor, uint64_t lowest, enum descriptors_on_exec on_exec)
{
    struct file *file = task_file(descriptor);

    if (file == NULL) {
        return -EBADF;
    }
    if (lowest >= DESCRIPTORS_MAX) {
        return -EINVAL;
    }
    arch_lock();
    int number = descriptors_put(current_descriptors(), file, (uint32_t)lowest, on_exec);

    if (number >= 0) {
        file_get(file);
    }
    arch_unlock();
    return number;
}

int64_t call_dup(uint64_t descriptor, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    return duplicate(descriptor, 0, DESCRIPTORS_INHERIT);
}

int64_t call_dup3(uint64_t from, uint64_t to, uint64_t flags, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(from);

    CALL_UNUSED(a3, a4, a5);
    if (((uint32_t)flags & ~(uint32_t)ABI_O_CLOEXEC) != 0 || (uint32_t)from == (uint32_t)to) {
        return -EINVAL;
    }
    if (file == NULL || (uint32_t)to >= current_descriptors()->limit) {
        return -EBADF;
    }
    arch_lock();
    int error = descriptors_replace(current_descriptors(), (uint32_t)to, file, descriptors_on_exec_of(flags));

    scheduler_unlock();
    return error ? error : (int64_t)(uint32_t)to;
}

static int64_t seal_or_tell(struct file *file, uint32_t command, uint64_t argument)
{
    const uint64_t known =
        ABI_F_SEAL_SEAL | ABI_F_SEAL_SHRINK | ABI_F_SEAL_GROW | ABI_F_SEAL_WRITE | ABI_F_SEAL_FUTURE_WRITE;
    struct object *object;

    if (!shm_files_is(file) || (command == ABI_F_ADD_SEALS && (argument & ~known) != 0)) {
        return -EINVAL;
    }
    if (command == ABI_F_ADD_SEALS && !file->writable) {
        return -EPERM;
    }
    arch_lock();
    int64_t result = file->kind->object(file, &object);

    if (result == 0) {
        result = command == ABI_F_ADD_SEALS ? object_seal(object, (uint32_t)argument) : (int64_t)object->seals;
    }
    arch_unlock();
    return result;
}

int64_t call_fcntl(uint64_t descriptor, uint64_t command, uint64_t argument, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);
    const uint32_t changeable = ABI_O_APPEND | ABI_O_NONBLOCK;

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    switch ((uint32_t)command) {
    case ABI_F_DUPFD:
        return duplicate(descriptor, argument, DESCRIPTORS_INHERIT);
    case ABI_F_DUPFD_CLOEXEC:
        return duplicate(descriptor, argument, DESCRIPTORS_CLOSE);
    case ABI_F_GETFD:
        return descriptors_is_close_on_exec(current_descriptors(), (uint32_t)descriptor) ? ABI_FD_CLOEXEC : 0;
    case ABI_F_SETFD:
        descriptors_set_on_exec(current_descriptors(), (uint32_t)descriptor,
                                (argument & ABI_FD_CLOEXEC) != 0 ? DESCRIPTORS_CLOSE : DESCRIPTORS_INHERIT);
        return 0;
    case ABI_F_GETFL:
        return file->flags | (!file->writable ? ABI_O_RDONLY : file->readable ? ABI_O_RDWR : ABI_O_WRONLY);
    case ABI_F_SETFL:
        file->flags = (uint32_t)argument & changeable;
        return 0;
    case ABI_F_ADD_SEALS:
    case ABI_F_GET_SEALS:
        return seal_or_tell(file, (uint32_t)command, argument);
    default:
        return -EINVAL;
    }
}

int64_t call_ioctl(uint64_t descriptor, uint64_t request, uint64_t argument, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);

    CALL_UNUSED(a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    return file->kind->control == NULL ? -ENOTTY : file->kind->control(file, (uint32_t)request, argument);
}

/* Descriptors for both ends. Consumes their references on success. */
static int64_t give_ends_relock(struct file *read_end, struct file *write_end, uint64_t flags, uint64_t to)
{
    struct descriptors *descriptors = current_descriptors();
    int32_t numbers[2];

    numbers[0] = descriptors_put(descriptors, read_end, 0, descriptors_on_exec_of(flags));
    if (numbers[0] < 0) {
        return numbers[0];
    }
    numbers[1] = descriptors_put(descriptors, write_end, 0, descriptors_on_exec_of(flags));
    int error = numbers[1] < 0 ? numbers[1] : 0;

    if (error == 0) {
        arch_unlock();
        error = arch_copy_out(uaddr(to), numbers, sizeof(numbers));
        arch_lock();
    }
    if (error == 0) {
        return 0;
    }
    descriptors_take(descriptors, (uint32_t)numbers[0]);
    if (numbers[1] >= 0) {
        descriptors_take(descriptors, (uint32_t)numbers[1]);
    }
    return error;
}

int64_t call_pipe2(uint64_t to, uint64_t flags, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *read_end, *write_end;

    CALL_UNUSED(a2, a3, a4, a5);
    if (((uint32_t)flags & ~(uint32_t)(ABI_O_CLOEXEC | ABI_O_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    arch_lock();
    int64_t result = pipe_create(flags & ABI_O_NONBLOCK, &read_end, &write_end);

    if (result == 0) {
        result = give_ends_relock(read_end, write_end, flags, to);
        if (result < 0) {
            file_put(read_end);
            file_put(write_end);
        }
    }
    arch_unlock();
    return result;
}
