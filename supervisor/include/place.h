#pragma once

#include "abi_types.h"
#include "types.h"

struct file;
struct object;

/*
 * Places in the tree of files: what paths lead to. Several file systems make one tree: each is mounted on a folder of
 * another one, but for the first, whose root is the tree's.
 *
 * Locks: the supervisor's lock is held, where it is not said otherwise: names of a file system that changes come and go.
 */
struct file_system;

struct place {
    const struct file_system *fs;
    uint64_t inode; /* what the file system knows it by */
};

#define PLACE_NAME_MAX 255
#define PLACE_PATH_MAX (ABI_PATH_MAX - 1)
#define PLACE_LINKS_MAX 40
#define PLACE_MOUNTS_MAX 4

/*
 * What is done to names of a file system that changes: in its one folder. They are no `.` or `..`, not empty and not too
 * long. Return 0 or a negative errno.
 */
struct file_system_changes {
    /* A new file, which has no name yet, opened with these ABI_O_ flags: one reference. -ENOSPC: too many names. */
    int (*create)(const struct file_system *fs, const char *name, size_t name_size_bytes, uint32_t mode, uint32_t flags,
                  struct file **out);
    int (*remove)(const struct file_system *fs, const char *name, size_t name_size_bytes);
    /* The new name may be another file's until then. */
    int (*rename)(const struct file_system *fs, const char *old_name, size_t old_size_bytes, const char *name,
                  size_t name_size_bytes);
    void (*set_mode)(const struct file_system *fs, uint64_t inode, uint32_t mode);
};

/* Names are not NUL-terminated. `.` and `..` are entries like others. */
struct file_system {
    /* The entry of a folder, and its type (ABI_DT_*). Returns 0, -ENOENT, or -ENOTDIR when @folder is none. */
    int (*lookup)(const struct file_system *fs, uint64_t folder, const char *name, size_t name_size_bytes,
                  uint64_t *inode, uint32_t *type);
    /* The text of a symbolic link, borrowed for ever; not NUL-terminated, not empty. */
    const char *(*link_text)(const struct file_system *fs, uint64_t inode, size_t *size_bytes);
    /* All that stat() tells; @stat is zero before. */
    void (*describe)(const struct file_system *fs, uint64_t inode, struct abi_stat *stat);
    /*
     * Open with these ABI_O_ flags. Returns 0 with one reference on the file, or a negative errno; -EBUSY: try again.
     */
    int (*open)(const struct file_system *fs, uint64_t inode, uint32_t flags, struct file **out);
    /*
     * The object of a program or library, with one reference. NULL: nothing in it can be executed or loaded (-EACCES).
     * Returns 0; -EISDIR; -EACCES when it is no regular file; -ENOEXEC when it is empty; -ENOMEM.
     */
    int (*object)(const struct file_system *fs, uint64_t inode, struct object **out);
    /* The name of @inode in @folder, borrowed for ever. Returns 0 or -ENOENT. */
    int (*name)(const struct file_system *fs, uint64_t folder, uint64_t inode, const char **name,
                size_t *name_size_bytes);
    const struct file_system_changes *changes; /* NULL: it never changes (-EROFS) */
};

/* Mount @root on the folder @on; on nothing (fs NULL): it is the whole tree from now on. Returns 0 or -ENFILE. */
int place_mount(struct place on, struct place root);

/* The root of the tree. */
struct place place_root(void);

static inline bool place_is(struct place a, struct place b)
{
    return a.fs == b.fs && a.inode == b.inode;
}

/*
 * Walk @path, of @size_bytes, from @from, or from the root when it starts with '/'. Symbolic links are followed, the
 * last one too unless it is PLACE_NO_FOLLOW and no '/' stands behind it.
 * Returns 0; -ENOENT, also for an empty path; -ENOTDIR for a name or '/' behind something that is no folder;
 * -ELOOP after PLACE_LINKS_MAX links; -ENAMETOOLONG for a name or a path that is.
 */
enum place_follow { PLACE_FOLLOW, PLACE_NO_FOLLOW };
int place_walk(struct place from, const char *path, size_t size_bytes, enum place_follow follow, struct place *out);

/* What stat() tells of it. */
struct abi_stat place_stat(struct place place);

/*
 * The absolute path of @folder, with its NUL, at the end of the @capacity bytes at @buffer.
 * Returns 0 and writes @path, or -ERANGE: it does not fit.
 */
int place_path(struct place folder, char *buffer, size_t capacity, char **path);
