/* System calls that name files by paths: opening, asking, and the current folder. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "file.h"
#include "frame.h"
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

/* Where a path starts that is given with the descriptor @directory. Returns 0, -EBADF or -ENOTDIR. */
static int start_of(uint64_t directory, const char *path, struct place *out)
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

static int walk(uint64_t directory, const struct user_path *path, enum place_follow follow, struct place *out)
{
    struct place from;
    int error = start_of(directory, path->text, &from);

    return error ? error : place_walk(from, path->text, path->size_bytes, follow, out);
}

/* The place that a call names by @directory and the path at @address. */
static int place_of_call(uint64_t directory, uint64_t address, enum place_follow follow, struct place *out)
{
    struct user_path path;
    int error = user_path_copy_in(uaddr(address), USER_PATH_NOT_EMPTY, &path);

    if (error) {
        return error;
    }
    error = walk(directory, &path, follow, out);
    user_path_free(&path);
    return error;
}

/* Why the missing file at @address is not created: nothing ever is, but something else may be wrong with its path. */
static int error_of_creation(uint64_t directory, uint64_t address)
{
    struct user_path path;
    struct place folder;
    int error = user_path_copy_in(uaddr(address), USER_PATH_NOT_EMPTY, &path);

    if (error) {
        return error;
    }
    if (path.text[path.size_bytes - 1] == '/') {
        error = -EISDIR;
    }
    while (path.size_bytes > 0 && path.text[path.size_bytes - 1] != '/') {
        path.size_bytes--;
    }
    if (error == 0 && path.size_bytes > 0) {
        error = walk(directory, &path, PLACE_FOLLOW, &folder);
    }
    user_path_free(&path);
    return error ? error : -EROFS;
}

/* Open what is there; nothing can be created. */
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

int64_t call_openat(uint64_t directory, uint64_t path_address, uint64_t flags, uint64_t mode, uint64_t a4, uint64_t a5)
{
    struct place place;
    struct file *file;

    CALL_UNUSED(mode, a4, a5);
    if ((flags & ABI_O_ACCMODE) == ABI_O_ACCMODE) {
        return -EINVAL;
    }
    /* What must be new is not looked for behind a link. */
    bool is_new = (flags & ABI_O_CREAT) != 0 && (flags & ABI_O_EXCL) != 0;
    enum place_follow follow = is_new || (flags & ABI_O_NOFOLLOW) != 0 ? PLACE_NO_FOLLOW : PLACE_FOLLOW;
    int error = place_of_call(directory, path_address, follow, &place);

    if (error == -ENOENT && (flags & ABI_O_CREAT) != 0) {
        return error_of_creation(directory, path_address);
    }
    if (error) {
        return error;
    }
    arch_lock();
    int number = open_place(place, (uint32_t)flags, &file);

    if (number == 0) {
        number = descriptors_put(&task_current()->descriptors, file, 0,
                                 (flags & ABI_O_CLOEXEC) != 0 ? DESCRIPTORS_CLOSE : DESCRIPTORS_INHERIT);
        if (number < 0) {
            file_put(file);
        }
    }
    arch_unlock();
    return number;
}

static struct abi_stat stat_of_file(const struct file *file)
{
    struct abi_stat stat = { 0 };

    if (file->kind->describe == NULL) {
        return place_stat(file->place);
    }
    file->kind->describe(file, &stat);
    return stat;
}

int64_t call_fstat(uint64_t descriptor, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct file *file = descriptors_get(&task_current()->descriptors, (uint32_t)descriptor);

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
    struct place place = task_current()->folder;

    if (path->size_bytes == 0) {
        if ((flags & ABI_AT_EMPTY_PATH) == 0) {
            return -ENOENT;
        }
        if ((int32_t)directory != ABI_AT_FDCWD) {
            return call_fstat(directory, to, 0, 0, 0, 0);
        }
    } else {
        int error =
            walk(directory, path, (flags & ABI_AT_SYMLINK_NOFOLLOW) != 0 ? PLACE_NO_FOLLOW : PLACE_FOLLOW, &place);

        if (error) {
            return error;
        }
    }
    struct abi_stat stat = place_stat(place);

    return arch_copy_out(uaddr(to), &stat, sizeof(stat));
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

/* There are no users: a right is there when anybody has it, and only devices can be written. */
int64_t call_faccessat(uint64_t directory, uint64_t path_address, uint64_t mode, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct place place;

    CALL_UNUSED(a3, a4, a5);
    if (((uint32_t)mode & ~(uint32_t)(ABI_R_OK | ABI_W_OK | ABI_X_OK)) != 0) {
        return -EINVAL;
    }
    int error = place_of_call(directory, path_address, PLACE_FOLLOW, &place);

    if (error) {
        return error;
    }
    uint32_t bits = place_stat(place).mode;

    if ((mode & ABI_W_OK) != 0 && (bits & ABI_S_IFMT) != ABI_S_IFCHR) {
        return -EROFS;
    }
    bool is_refused = ((mode & ABI_R_OK) != 0 && (bits & 0444) == 0) || ((mode & ABI_X_OK) != 0 && (bits & 0111) == 0);

    return is_refused ? -EACCES : 0;
}

int64_t call_readlinkat(uint64_t directory, uint64_t path_address, uint64_t to, uint64_t capacity, uint64_t a4,
                        uint64_t a5)
{
    struct place place;
    size_t size_bytes;

    CALL_UNUSED(a4, a5);
    if ((int32_t)capacity <= 0) {
        return -EINVAL;
    }
    int error = place_of_call(directory, path_address, PLACE_NO_FOLLOW, &place);

    if (error) {
        return error;
    }
    if ((place_stat(place).mode & ABI_S_IFMT) != ABI_S_IFLNK) {
        return -EINVAL;
    }
    const char *text = place.fs->link_text(place.fs, place.inode, &size_bytes);
    size_t fitting = size_bytes < (uint32_t)capacity ? size_bytes : (uint32_t)capacity;

    return arch_copy_out(uaddr(to), text, fitting) ? -EFAULT : (int64_t)fitting;
}

int64_t call_chdir(uint64_t path_address, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct place place;
    int error = place_of_call((uint64_t)ABI_AT_FDCWD, path_address, PLACE_FOLLOW, &place);

    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (error) {
        return error;
    }
    if ((place_stat(place).mode & ABI_S_IFMT) != ABI_S_IFDIR) {
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
    result = place_path(task_current()->folder, arch_direct(frame), PAGE_SIZE, &path);
    if (result == 0) {
        size_t size_bytes = strlen(path) + 1;

        result = capacity < size_bytes                        ? -ERANGE
                 : arch_copy_out(uaddr(to), path, size_bytes) ? -EFAULT
                                                              : (int64_t)size_bytes;
    }
    frame_put_scratch(frame);
    return result;
}
