/* System calls that name files by paths: opening, asking, and the current folder. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "file.h"
#include "frame.h"
#include "scheduler.h"
#include "task.h"
#include "user_path.h"

#include <string.h>

int user_path_copy_in(uaddr_t from, enum user_path_emptiness emptiness, struct user_path *path)
{
    path->text = path->small;
    path->frame = paddr(0);
    int64_t length = arch_copy_in_string(path->small, from, sizeof(path->small));

    if (length == -ENAMETOOLONG) {
        int error = frame_alloc_scratch(&path->frame);

        if (error) {
            return error;
        }
        path->text = arch_direct(path->frame);
        length = arch_copy_in_string(path->text, from, ABI_PATH_MAX);
    }
    if (length < 0 || (length == 0 && emptiness == USER_PATH_NOT_EMPTY)) {
        user_path_free(path);
        return length < 0 ? (int)length : -ENOENT;
    }
    path->size_bytes = (size_t)length;
    return 0;
}

void user_path_free(struct user_path *path)
{
    if (path->frame.value != 0) {
        frame_put_scratch(path->frame);
    }
}

void user_path_free_locked(struct user_path *path)
{
    if (path->frame.value != 0) {
        frame_put(path->frame);
    }
}

int user_path_start(uint64_t directory, const char *path, struct place *out)
{
    struct task *task = task_current();

    if (path[0] == '/' || (int32_t)directory == ABI_AT_FDCWD) {
        *out = task->folder;
        return 0;
    }
    const struct file *file = descriptors_get(&task->descriptors, (uint32_t)directory);

    if (file == NULL) {
        return -EBADF;
    }
    if (file->kind->list == NULL) {
        return -ENOTDIR;
    }
    *out = file->place;
    return 0;
}

int user_path_walk(uint64_t directory, const struct user_path *path, enum place_follow follow, struct place *out)
{
    struct place from;
    int error = user_path_start(directory, path->text, &from);

    return error ? error : place_walk(from, path->text, path->size_bytes, follow, out);
}

static bool is_dots(const char *name, size_t size_bytes)
{
    return name[0] == '.' && (size_bytes == 1 || (size_bytes == 2 && name[1] == '.'));
}

int user_path_name(uint64_t directory, const struct user_path *path, struct user_name *out)
{
    struct place folder;
    size_t folder_size = path->size_bytes;

    while (folder_size > 0 && path->text[folder_size - 1] != '/') {
        folder_size--;
    }
    const char *text = path->text + folder_size;
    size_t size_bytes = path->size_bytes - folder_size;

    if (size_bytes == 0 || is_dots(text, size_bytes)) {
        return -EISDIR;
    }
    int error = user_path_start(directory, path->text, &folder);

    if (error == 0 && folder_size > 0) {
        error = place_walk(folder, path->text, folder_size, PLACE_FOLLOW, &folder);
    }
    if (error) {
        return error;
    }
    if (size_bytes > PLACE_NAME_MAX) {
        return -ENAMETOOLONG;
    }
    *out = (struct user_name){ folder.fs, text, size_bytes };
    return folder.fs->changes == NULL ? -EROFS : 0;
}

/* The place that a call names by @directory and the path at @address, and what stat() tells of it. */
static int stat_of_path(uint64_t directory, uint64_t address, enum place_follow follow, struct place *place,
                        struct abi_stat *stat)
{
    struct user_path path;
    int error = user_path_copy_in(uaddr(address), USER_PATH_NOT_EMPTY, &path);

    if (error) {
        return error;
    }
    arch_lock();
    error = user_path_walk(directory, &path, follow, place);
    if (error == 0) {
        *stat = place_stat(*place);
    }
    user_path_free_locked(&path);
    arch_unlock();
    return error;
}

/* Open what is there. */
static int open_place(struct place place, uint32_t flags, struct file **out)
{
    uint32_t type = place_stat(place).mode & ABI_S_IFMT;

    if ((flags & ABI_O_CREAT) != 0 && (flags & ABI_O_EXCL) != 0) {
        return -EEXIST;
    }
    if ((flags & ABI_O_CREAT) != 0 && type == ABI_S_IFDIR) {
        return -EISDIR;
    }
    if ((flags & ABI_O_DIRECTORY) != 0 && type != ABI_S_IFDIR) {
        return -ENOTDIR;
    }
    if (type == ABI_S_IFLNK) {
        return -ELOOP; /* O_NOFOLLOW */
    }
    return place.fs->open(place.fs, place.inode, flags, out);
}

/* What is looked for and made is so under one hold of the lock. */
static int open_or_create(uint64_t directory, const struct user_path *path, uint32_t flags, uint32_t mode,
                          struct file **out)
{
    /* What must be new is not looked for behind a link. */
    bool is_new = (flags & ABI_O_CREAT) != 0 && (flags & ABI_O_EXCL) != 0;
    enum place_follow follow = is_new || (flags & ABI_O_NOFOLLOW) != 0 ? PLACE_NO_FOLLOW : PLACE_FOLLOW;
    struct place place;
    struct user_name name;
    int error = user_path_walk(directory, path, follow, &place);

    if (error == 0) {
        return open_place(place, flags, out);
    }
    if (error != -ENOENT || (flags & ABI_O_CREAT) == 0) {
        return error;
    }
    error = user_path_name(directory, path, &name);
    if (error) {
        return error;
    }
    return (flags & ABI_O_DIRECTORY) != 0
               ? -EINVAL
               : name.fs->changes->create(name.fs, name.text, name.size_bytes, mode, flags, out);
}

int64_t call_openat(uint64_t directory, uint64_t path_address, uint64_t flags, uint64_t mode, uint64_t a4, uint64_t a5)
{
    struct user_path path;
    struct file *file;

    CALL_UNUSED(a4, a5);
    if ((flags & ABI_O_ACCMODE) == ABI_O_ACCMODE) {
        return -EINVAL;
    }
    int number = user_path_copy_in(uaddr(path_address), USER_PATH_NOT_EMPTY, &path);

    if (number < 0) {
        return number;
    }
    arch_lock();
    number = open_or_create(directory, &path, (uint32_t)flags, (uint32_t)mode, &file);
    if (number == 0) {
        number = descriptors_put_new(&task_current()->descriptors, file, descriptors_on_exec_of(flags));
    }
    user_path_free_locked(&path);
    int64_t result = scheduler_again_if_busy(number); /* another one writes to what is to be emptied */

    scheduler_unlock();
    return result;
}

static struct abi_stat stat_of_file(const struct file *file)
{
    struct abi_stat stat = { 0 };

    if (file->kind->describe != NULL) {
        file->kind->describe(file, &stat);
        return stat;
    }
    arch_lock();
    stat = place_stat(file->place);
    arch_unlock();
    return stat;
}

int64_t call_fstat(uint64_t descriptor, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct file *file = task_file(descriptor);

    CALL_UNUSED(a2, a3, a4, a5);
    if (file == NULL) {
        return -EBADF;
    }
    struct abi_stat stat = stat_of_file(file);

    return arch_copy_out(uaddr(to), &stat, sizeof(stat));
}

/* With AT_EMPTY_PATH and an empty path it is the descriptor itself. */
static int64_t stat_of_call(uint64_t directory, const struct user_path *path, uint64_t flags, uint64_t to)
{
    enum place_follow follow = (flags & ABI_AT_SYMLINK_NOFOLLOW) != 0 ? PLACE_NO_FOLLOW : PLACE_FOLLOW;
    struct place place = task_current()->folder;
    struct abi_stat stat;
    int error = 0;

    if (path->size_bytes == 0) {
        if ((flags & ABI_AT_EMPTY_PATH) == 0) {
            return -ENOENT;
        }
        if ((int32_t)directory != ABI_AT_FDCWD) {
            return call_fstat(directory, to, 0, 0, 0, 0);
        }
    }
    arch_lock();
    if (path->size_bytes > 0) {
        error = user_path_walk(directory, path, follow, &place);
    }
    if (error == 0) {
        stat = place_stat(place);
    }
    arch_unlock();
    return error ? error : arch_copy_out(uaddr(to), &stat, sizeof(stat));
}

int64_t call_newfstatat(uint64_t directory, uint64_t path_address, uint64_t to, uint64_t flags, uint64_t a4,
                        uint64_t a5)
{
    struct user_path path;

    CALL_UNUSED(a4, a5);
    if (((uint32_t)flags & ~(uint32_t)(ABI_AT_SYMLINK_NOFOLLOW | ABI_AT_EMPTY_PATH)) != 0) {
        return -EINVAL;
    }
    int64_t result = user_path_copy_in(uaddr(path_address), USER_PATH_MAY_BE_EMPTY, &path);

    if (result == 0) {
        result = stat_of_call(directory, &path, flags, to);
        user_path_free(&path);
    }
    return result;
}

/* There are no users: a right is there when anybody has it. Of the initrd nothing can be written. */
int64_t call_faccessat(uint64_t directory, uint64_t path_address, uint64_t mode, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct place place;
    struct abi_stat stat;

    CALL_UNUSED(a3, a4, a5);
    if (((uint32_t)mode & ~(uint32_t)(ABI_R_OK | ABI_W_OK | ABI_X_OK)) != 0) {
        return -EINVAL;
    }
    int error = stat_of_path(directory, path_address, PLACE_FOLLOW, &place, &stat);

    if (error) {
        return error;
    }
    if ((mode & ABI_W_OK) != 0 && (stat.mode & ABI_S_IFMT) != ABI_S_IFCHR && place.fs->changes == NULL) {
        return -EROFS;
    }
    bool is_refused = ((mode & ABI_R_OK) != 0 && (stat.mode & 0444) == 0) ||
                      ((mode & ABI_W_OK) != 0 && (stat.mode & 0222) == 0) ||
                      ((mode & ABI_X_OK) != 0 && (stat.mode & 0111) == 0);

    return is_refused ? -EACCES : 0;
}

int64_t call_readlinkat(uint64_t directory, uint64_t path_address, uint64_t to, uint64_t capacity, uint64_t a4,
                        uint64_t a5)
{
    struct place place;
    struct abi_stat stat;
    size_t size_bytes;

    CALL_UNUSED(a4, a5);
    if ((int32_t)capacity <= 0) {
        return -EINVAL;
    }
    int error = stat_of_path(directory, path_address, PLACE_NO_FOLLOW, &place, &stat);

    if (error) {
        return error;
    }
    if ((stat.mode & ABI_S_IFMT) != ABI_S_IFLNK) {
        return -EINVAL;
    }
    const char *text = place.fs->link_text(place.fs, place.inode, &size_bytes);
    size_t fitting = size_bytes < (uint32_t)capacity ? size_bytes : (uint32_t)capacity;

    return arch_copy_out(uaddr(to), text, fitting) ? -EFAULT : (int64_t)fitting;
}

int64_t call_chdir(uint64_t path_address, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct place place;
    struct abi_stat stat;
    int error = stat_of_path((uint64_t)ABI_AT_FDCWD, path_address, PLACE_FOLLOW, &place, &stat);

    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (error) {
        return error;
    }
    if ((stat.mode & ABI_S_IFMT) != ABI_S_IFDIR) {
        return -ENOTDIR;
    }
    task_current()->folder = place;
    return 0;
}

int64_t call_getcwd(uint64_t to, uint64_t capacity, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    paddr_t frame;
    char *path;

    CALL_UNUSED(a2, a3, a4, a5);
    int64_t result = frame_alloc_scratch(&frame);

    if (result < 0) {
        return result;
    }
    arch_lock();
    result = place_path(task_current()->folder, arch_direct(frame), PAGE_SIZE, &path);
    arch_unlock();
    if (result == 0) {
        size_t size_bytes = strlen(path) + 1;

        result = capacity < size_bytes                        ? -ERANGE
                 : arch_copy_out(uaddr(to), path, size_bytes) ? -EFAULT
                                                              : (int64_t)size_bytes;
    }
    frame_put_scratch(frame);
    return result;
}
