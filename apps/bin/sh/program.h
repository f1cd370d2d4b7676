#pragma once

#include <sys/types.h>

/*
 * Programs: where they are, and how they are started.
 */
#define PROGRAM_DEFAULT_FOLDERS "/bin" /* without PATH */

/*
 * Start the program that @arguments[0] names, in the process group @group (0: a new one, -1: this one). A file of text
 * is given to the shell that it is for. Returns 0, or the status that says why not, after a complaint.
 */
int program_spawn(pid_t *pid, char **arguments, char **environment, pid_t group);

/* Become that program. Returns only when that fails, with the status, after a complaint. */
int program_exec(char **arguments, char **environment);

/* The path of the program @name, which the caller frees, or NULL: there is none, or no memory. */
char *program_find(const char *name);

/* The folders in which programs are looked for, with colons in between. */
const char *program_folders(void);
