#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "text.h"

/*
 * The shells that do what a forked shell would: for ( ), for what is not one program in a pipeline, in the background
 * or in $( ). Such a shell is started from the same image, with descriptors and environment as any program, and gets
 * the rest of the state of the shell that started it through a pipe.
 */

/* The option that makes a shell such a child; the number of the pipe's descriptor follows it. */
#define INHERIT_OPTION "--inherit"

/*
 * Start a child in the process group @group (as program_spawn() has it), to run @commands, which are in the line
 * @line of the file @name (or NULL). Returns 0, or a status after a complaint.
 */
struct inherit_commands {
    const char *text;
    const char *name;
    unsigned line;
    bool is_tested; /* what fails in it doesn't end it: set -e */
};
int inherit_start(pid_t *pid, const struct inherit_commands *commands, pid_t group);

/* Start a child that only writes @document to its standard output. Otherwise as inherit_start(). */
int inherit_start_writer(pid_t *pid, const char *document, pid_t group);

/*
 * In the child: take over the state that is read from @fd, which is closed then, and do what it says. The shell's
 * status is left in shell.status.
 */
void inherit_run(int fd);
