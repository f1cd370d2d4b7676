#pragma once

/*
 * The command kill, of the program and of the shell, which must be able to end programs when there is no memory left to
 * start one.
 *
 *     kill [-SIGNAL | -s SIGNAL] PID...     TERM if none is given; 9, KILL and SIGKILL are the same; a group as -PID
 *     kill -l                               list the signals
 *
 * @arguments[0] is its name, and NULL stands behind the last. What goes wrong is said on standard error.
 * Returns its exit status.
 */
int kill_command(char **arguments);
