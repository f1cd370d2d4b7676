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
