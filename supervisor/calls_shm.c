/*
 * System calls that change files, and names of files: of a file system that changes, and of objects without a name.
 *
 * While a write is under way to a file, what would move its end is done again later: see object_resize().
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "checked.h"
#include "file.h"
#include "object.h"
#include "scheduler.h"
#include "shm_files.h"
#include "task.h"
#include "user_path.h"

/* So many pages are set aside in one step of fallocate(). */
#define STEP_PAGES 256u
#define MEMFD_NAME_BYTES 250u
#define MEMFD_FLAGS (ABI_MFD_CLOEXEC | ABI_MFD_ALLOW_SEALING)

/* The end of a call that gives @result, with the lock held; -EBUSY: it is done again. */
static int64_t finish_unlock(int64_t result)
{
    result = scheduler_again_if_busy(result);
    scheduler_unlock();
    return result;
}

int64_t call_ftruncate(uint64_t descriptor, uint64_t size_bytes, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);

    CALL_UNUSED(a2, a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    if ((int64_t)size_bytes < 0 || !shm_files_is(file) || !file->writable) {
        return -EINVAL;
    }
    arch_lock();
    return finish_unlock(shm_files_resize(file, size_bytes));
}

/* As if it was opened for writing. */
static int truncate_path(const struct user_path *path, uint64_t size_bytes)
{
    struct place place;
    struct file *file;
    int error = user_path_walk((uint64_t)ABI_AT_FDCWD, path, PLACE_FOLLOW, &place);

    if (error == 0) {
        error = place.fs->open(place.fs, place.inode, ABI_O_WRONLY, &file);
    }
    if (error) {
        return error;
    }
    error = shm_files_is(file) ? shm_files_resize(file, size_bytes) : -EINVAL;
    file_put(file);
    return error;
}

int64_t call_truncate(uint64_t path_address, uint64_t size_bytes, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct user_path path;

    CALL_UNUSED(a2, a3, a4, a5);
    if ((int64_t)size_bytes < 0) {
        return -EINVAL;
    }
    int64_t result = user_path_copy_in(uaddr(path_address), USER_PATH_NOT_EMPTY, &path);

    if (result < 0) {
        return result;
    }
    arch_lock();
    result = truncate_path(&path, size_bytes);
    user_path_free_locked(&path);
    return finish_unlock(result);
}

/* Pages for [@start, @end) of @object, at most STEP_PAGES. Returns 0, or a negative errno; *@start is moved on. */
static int set_aside_relock(struct object *object, uint64_t *start, uint64_t end)
{
    int error = 0;

    for (unsigned i = 0; i < STEP_PAGES && *start < end && error == 0; i++) {
        paddr_t frame;

        error = object_page_own_relock(object, *start >> PAGE_SHIFT, task_current()->account, &frame);
        if (error == 0) {
            *start = page_round_down(*start) + PAGE_SIZE;
        }
    }
    return error == -EINVAL ? -EBUSY : error; /* cut meanwhile: from the beginning */
}

/* One step of it; what was set aside by earlier ones is counted in the task. */
static int64_t allocate_unlock(struct object *object, uint64_t start, uint64_t end, bool may_grow)
{
    struct task *task = task_current();
    uint64_t at = start + task->done_bytes;
    int error = 0;

    task->done_bytes = 0;
    if (end > object->size_bytes) {
        error = may_grow ? object_resize(object, end) : -EOPNOTSUPP;
    }
    if (error == 0) {
        error = set_aside_relock(object, &at, end);
    }
    if (error == 0 && at < end) {
        task->done_bytes = at - start;
        error = -EBUSY;
    }
    return finish_unlock(error == -ENOMEM ? -ENOSPC : error);
}

int64_t call_fallocate(uint64_t descriptor, uint64_t mode, uint64_t start, uint64_t size_bytes, uint64_t a4,
                       uint64_t a5)
{
    struct file *file = task_file(descriptor);
    struct object *object;
    uint64_t end;

    CALL_UNUSED(a4, a5);
    if (file == NULL || !file->writable) {
        return -EBADF;
    }
    if ((int64_t)start < 0 || (int64_t)size_bytes <= 0) {
        return -EINVAL;
    }
    if (!shm_files_is(file)) {
        return file->kind->size == NULL ? -ESPIPE : -ENODEV;
    }
    if ((uint32_t)mode != 0 && (uint32_t)mode != ABI_FALLOC_FL_KEEP_SIZE &&
        (uint32_t)mode != (ABI_FALLOC_FL_PUNCH_HOLE | ABI_FALLOC_FL_KEEP_SIZE)) {
        return -EOPNOTSUPP;
    }
    if (add_overflows(start, size_bytes, &end) || end > OBJECT_SIZE_MAX) {
        return -EFBIG;
    }
    arch_lock();
    int error = file->kind->object(file, &object);

    if (error) {
        return finish_unlock(error);
    }
    if ((mode & ABI_FALLOC_FL_PUNCH_HOLE) != 0) {
        return finish_unlock(object_punch(object, start, end));
    }
    return allocate_unlock(object, start, end, mode == 0);
}

/* There is nothing behind memory that could be out of date. */
int64_t call_fsync(uint64_t descriptor, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct file *file = task_file(descriptor);

    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    return file->kind->size == NULL ? -EINVAL : 0;
}

int64_t call_fdatasync(uint64_t descriptor, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_fsync(descriptor, a1, a2, a3, a4, a5);
}

int64_t call_fchmod(uint64_t descriptor, uint64_t mode, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct file *file = task_file(descriptor);

    CALL_UNUSED(a2, a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    if (!shm_files_is(file)) {
        return -EROFS;
    }
    arch_lock();
    shm_files_set_mode(file, (uint32_t)mode);
    arch_unlock();
    return 0;
}

/* What is done to the file at a path, or to its name; @argument is the call's own. */
typedef int path_action(uint64_t directory, const struct user_path *path, uint64_t argument);

static int64_t act_on_path(uint64_t directory, uint64_t path_address, path_action *action, uint64_t argument)
{
    struct user_path path;
    int64_t result = user_path_copy_in(uaddr(path_address), USER_PATH_NOT_EMPTY, &path);

    if (result == 0) {
        arch_lock();
        result = action(directory, &path, argument);
        user_path_free_locked(&path);
        scheduler_unlock();
    }
    return result;
}

static int change_mode(uint64_t directory, const struct user_path *path, uint64_t mode)
{
    struct place place;
    int error = user_path_walk(directory, path, PLACE_FOLLOW, &place);

    if (error == 0 && place.fs->changes == NULL) {
        error = -EROFS;
    }
    if (error == 0) {
        place.fs->changes->set_mode(place.fs, place.inode, (uint32_t)mode);
    }
    return error;
}

int64_t call_fchmodat(uint64_t directory, uint64_t path_address, uint64_t mode, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    return act_on_path(directory, path_address, change_mode, mode);
}

/* Folders can't be taken away; nor can what is not there, wherever. */
static int remove_name(uint64_t directory, const struct user_path *path, uint64_t flags)
{
    struct user_name name;
    struct place place;
    int error = user_path_walk(directory, path, PLACE_NO_FOLLOW, &place);
    bool is_folder = error == 0 && (place_stat(place).mode & ABI_S_IFMT) == ABI_S_IFDIR;

    if (error) {
        return error;
    }
    if (is_folder || (flags & ABI_AT_REMOVEDIR) != 0) {
        return !is_folder ? -ENOTDIR : (flags & ABI_AT_REMOVEDIR) != 0 ? -EROFS : -EISDIR;
    }
    error = user_path_name(directory, path, &name);
    return error ? error : name.fs->changes->remove(name.fs, name.text, name.size_bytes);
}

int64_t call_unlinkat(uint64_t directory, uint64_t path_address, uint64_t flags, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    if (((uint32_t)flags & ~(uint32_t)ABI_AT_REMOVEDIR) != 0) {
        return -EINVAL;
    }
    return act_on_path(directory, path_address, remove_name, flags);
}

/* What renameat2() asks for, its old path copied in. */
struct renaming {
    uint64_t old_directory;
    const struct user_path *old_path;
    uint32_t flags;
};

static int rename_to(uint64_t directory, const struct user_path *path, uint64_t argument)
{
    const struct renaming *renaming = (const struct renaming *)argument;
    struct user_name old, name;
    struct place place;
    int error = user_path_walk(renaming->old_directory, renaming->old_path, PLACE_NO_FOLLOW, &place);

    if (error == 0) {
        error = user_path_name(renaming->old_directory, renaming->old_path, &old);
    }
    if (error == 0 || error == -EROFS) {
        int new_error = user_path_name(directory, path, &name);

        error = error ? error : new_error == -EROFS ? -EXDEV : new_error;
    }
    if (error) {
        return error;
    }
    if ((renaming->flags & ABI_RENAME_NOREPLACE) != 0 &&
        user_path_walk(directory, path, PLACE_NO_FOLLOW, &place) == 0) {
        return -EEXIST;
    }
    return old.fs->changes->rename(old.fs, old.text, old.size_bytes, name.text, name.size_bytes);
}

int64_t call_renameat2(uint64_t old_directory, uint64_t old_address, uint64_t directory, uint64_t address,
                       uint64_t flags, uint64_t a5)
{
    struct user_path old_path;

    CALL_UNUSED(a5);
    if (((uint32_t)flags & ~(uint32_t)ABI_RENAME_NOREPLACE) != 0) {
        return -EINVAL;
    }
    int64_t result = user_path_copy_in(uaddr(old_address), USER_PATH_NOT_EMPTY, &old_path);

    if (result == 0) {
        const struct renaming renaming = { old_directory, &old_path, (uint32_t)flags };

        result = act_on_path(directory, address, rename_to, (uint64_t)&renaming);
        user_path_free(&old_path);
    }
    return result;
}

int64_t call_memfd_create(uint64_t name_address, uint64_t flags, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    char name[MEMFD_NAME_BYTES];
    struct file *file;
    int64_t length = arch_copy_in_string(name, uaddr(name_address), sizeof(name));

    CALL_UNUSED(a2, a3, a4, a5);
    if (length == -ENAMETOOLONG || ((uint32_t)flags & ~(uint32_t)MEMFD_FLAGS) != 0) {
        return -EINVAL;
    }
    if (length < 0) {
        return length;
    }
    arch_lock();
    int number = shm_files_create_unnamed((uint32_t)flags, &file);

    if (number == 0) {
        number = descriptors_put_new(&task_current()->descriptors, file,
                                     (flags & ABI_MFD_CLOEXEC) != 0 ? DESCRIPTORS_CLOSE : DESCRIPTORS_INHERIT);
    }
    arch_unlock();
    return number;
}
