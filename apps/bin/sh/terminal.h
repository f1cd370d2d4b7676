#pragma once

#include <sys/types.h>

/*
 * The terminal that commands are typed at: which process group gets its keys and interrupts.
 */

/*
 * Become the shell of the terminal on standard input: interactive, in a process group of its own, and not ended by
 * what is typed. Where the terminal knows no groups, there is no job control.
 */
void terminal_start(void);

/* Give the terminal to the group @group, or take it back. Nothing happens without job control. */
void terminal_give(pid_t group);
void terminal_take(void);
