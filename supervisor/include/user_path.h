#pragma once

#include "place.h"

/*
 * Paths that a user names in a call: copied in, and walked.
 */

/* A path of the user's, with its NUL. Short ones are in the structure itself, long ones in a frame. */
struct user_path {
    char *text;
    size_t size_bytes; /* without the NUL */
    paddr_t frame; /* value 0: none */
    char small[192];
};

/*
 * Copy the path at @from in. Returns 0, -EFAULT, -ENAMETOOLONG (ABI_PATH_MAX), -ENOMEM, or -ENOENT: it is empty and
 * that is USER_PATH_NOT_EMPTY. user_path_free() only when it is 0.
 */
enum user_path_emptiness { USER_PATH_NOT_EMPTY, USER_PATH_MAY_BE_EMPTY };
int user_path_copy_in(uaddr_t from, enum user_path_emptiness emptiness, struct user_path *path);
void user_path_free(struct user_path *path);

/* The same where the supervisor's lock is held already. */
void user_path_free_locked(struct user_path *path);

/* Where @path starts when it is given with the descriptor @directory. Returns 0, -EBADF or -ENOTDIR. */
int user_path_start(uint64_t directory, const char *path, struct place *out);

/*
 * Walk @path from where it starts when it is given with the descriptor @directory. The supervisor's lock is held.
 * Returns 0; -EBADF or -ENOTDIR for the descriptor; errors of place_walk().
 */
int user_path_walk(uint64_t directory, const struct user_path *path, enum place_follow follow, struct place *out);

/*
 * The last name of a path, which need not be there, and the file system of its folder, which changes: for calls that
 * make, take away or change names. @text is in the path. The supervisor's lock is held.
 * Returns 0; errors of user_path_walk() for the folder; -EROFS; -EISDIR when a '/' ends it, or the name is of dots.
 */
struct user_name {
    const struct file_system *fs;
    const char *text;
    size_t size_bytes;
};
int user_path_name(uint64_t directory, const struct user_path *path, struct user_name *out);
