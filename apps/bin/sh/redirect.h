#pragma once

#include <stdbool.h>

#include "script.h"

/*
 * Redirections are made in the shell itself and undone afterwards: what is started in between inherits them, and a
 * builtin or a loop is no different from a program.
 */

/* The descriptors that scripts may name; what the shell has open for itself lies above. */
#define REDIRECT_COUNT 10

/* How descriptors were before. A zeroed one has nothing to undo. */
struct redirect {
    int copies[REDIRECT_COUNT]; /* 0: untouched, -1: it was closed, else where it is kept */
};

/*
 * Make the redirections of @list in order. Returns false after a complaint, with shell.status set; what was made is
 * still to be undone.
 */
bool redirect_make(struct redirect *saved, struct script *script, const struct redirection *list);

/* Make @fd the same as @source, which may be -1: closed. Returns false after a complaint. */
bool redirect_set(struct redirect *saved, int fd, int source);

/* Put everything back as it was, or leave it as it is for good. */
void redirect_undo(struct redirect *saved);
void redirect_keep(struct redirect *saved);

/* Move a descriptor, which is closed, to where scripts don't get at it, close-on-exec. Returns it, or -1 with errno. */
int redirect_raise(int fd);

/* A pipe of two such descriptors. Returns false after a complaint. */
bool redirect_pipe(int ends[2]);
