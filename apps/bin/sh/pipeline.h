#pragma once

#include <stdbool.h>

#include "script.h"
#include "text.h"

/*
 * What runs in other processes: the stages of pipelines, subshells, commands in the background and those whose output
 * is wanted. A stage that is one program is started as that, any other one as a shell (see inherit.h).
 */
void pipeline_run(struct script *script, struct node *node, unsigned flags);
void pipeline_run_subshell(struct script *script, struct node *node);
void pipeline_run_background(struct script *script, struct node *node);

/*
 * Run @node and append what it prints to @output, which may fail as texts do. Returns false when it couldn't be run,
 * after a complaint, or was interrupted.
 */
bool pipeline_read(struct script *script, struct node *node, struct text *output);

/* Have a process write @document into @fd. Returns false after a complaint. */
bool pipeline_start_writer(const char *document, int fd);
