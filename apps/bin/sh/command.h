#pragma once

#include <stdbool.h>

#include "jobs.h"
#include "script.h"

/*
 * Simple commands: assignments, builtins, functions, programs.
 */

/* Run the simple command @node. */
void command_run(struct script *script, const struct node *node, unsigned flags);

/*
 * Whether @node is sure to be a program, or a report about this process, and to leave the shell as it is, so that it
 * can be expanded here, although it belongs into another process.
 */
bool command_can_start(struct script *script, const struct node *node);

/* Start such a command as the next process of @job. What a report says is written by a process of its own. */
void command_start(struct job *job, struct script *script, const struct node *node);

/* Run words that name a builtin or a program, but no function, as builtins get them. Returns the status. */
int command_run_words(size_t count, char **arguments);

/* Make @name a variable of the function that runs, until it returns. Returns false after a complaint. */
bool command_add_local(const char *name);

/* What @name is; what it is not the name of anything else is taken for a program's. */
enum command_kind { COMMAND_RESERVED, COMMAND_BUILTIN, COMMAND_FUNCTION, COMMAND_PROGRAM };
enum command_kind command_look_up(const char *name);
