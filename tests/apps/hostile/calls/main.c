/*
 * calls: every system call of abi_syscall.h, with one success and the errors that its arguments can lead to. Bad
 * pointers are in ../pointers, sums that wrap in ../grids.c, what calls do over time in ../../posix.
 *
 *     calls              all of it
 *     calls WHAT NUMBER  a child that some cases start
 */
#include <stdlib.h>
#include <string.h>

#include "calls.h"

int64_t status_of_self(const char *what, const char *argument)
{
    const char *const arguments[] = { "calls", what, argument, NULL };

    return sys_wait(sys_spawn("/bin/calls", arguments));
}

static int be_child(const char *what, const char *argument)
{
    uint64_t number = strtoul(argument, NULL, 10);

    if (strcmp(what, "parent") == 0) {
        return raw_syscall0(SYS_getppid) != (int64_t)number;
    }
    if (strcmp(what, "exit") == 0) {
        raw_syscall1(SYS_exit, number);
    }
    if (strcmp(what, "exit_group") == 0) {
        raw_syscall1(SYS_exit_group, number);
    }
    if (strcmp(what, "execve") == 0) {
        const char *const arguments[] = { "calls", "exit", argument, NULL };

        raw_syscall3(SYS_execve, ADDRESS("/bin/calls"), ADDRESS(arguments), 0);
        return 99;
    }
    if (strcmp(what, "limited") == 0) {
        return be_limited(number);
    }
    return be_signal_child(what);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3) {
        return be_child(argv[1], argv[2]);
    }
    try_files();
    try_descriptors();
    try_terminal();
    try_paths();
    try_memory();
    try_tasks();
    try_copies();
    try_limits();
    try_signals();
    try_clocks();
    try_machine();
    try_own_calls();
    try_objects();
    return 0;
}
