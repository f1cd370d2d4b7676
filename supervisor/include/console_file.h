#pragma once

#include "file.h"

/*
 * The console as files: /dev/console, and /dev/tty, which is the same one. Reads and writes go through a line
 * discipline (terminal.h); reads of a process group that is not the foreground one are -EIO.
 */

/* Set up the line discipline. Called once, before the first task. Returns 0 or -ENOMEM. */
int console_file_init(void);

/* Take what is typed from now on. Called once, when the console's interrupt works. */
void console_file_listen(void);

/*
 * Wake who reads, and send the signals of keys, as bytes that have come ask for. Called when the console's interrupt has
 * been handled. Takes the supervisor's lock, and keeps it when the hart is to reschedule.
 */
void console_file_tell_tasks(void);

/* Open it with @flags as @place. NULL when there is no memory. */
struct file *console_file_open(struct place place, uint32_t flags);
