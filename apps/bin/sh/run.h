#pragma once

#include <stdbool.h>

#include "input.h"
#include "script.h"

/*
 * Running trees. The status of what ran is left in shell.status; whoever runs one thing after another goes on only
 * while shell.control is CONTROL_NONE.
 */
enum run_flags {
    RUN_PLAINLY = 0,
    RUN_TESTED = 1, /* its status is asked for: with set -e, failing ends nothing */
    RUN_LAST = 2, /* nothing of this process is needed afterwards but the status */
};

/* Run a command of @script. */
void run_node(struct script *script, struct node *node, unsigned flags);

/* Read and run one complete command. Returns false when there is none left. */
bool run_next(struct input *input, unsigned flags);

/* All of them, as long as nothing is to be left. Without any command in @input, the status is 0. */
void run_input(struct input *input, unsigned flags);
