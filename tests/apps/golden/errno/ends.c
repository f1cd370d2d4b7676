/* exit, exit_group, execve, wait4, rt_sigreturn: how tasks end, and what is told of it. */
#include <stdlib.h>
#include <string.h>

#include "golden.h"

/* What execve gives is told by the exit status: it may end this program by starting the other one. */
static int execute(const char *path)
{
    const char *const arguments[] = { path, "7", NULL };

    return (int)-raw_syscall3(SYS_execve, AT(path), AT(arguments), 0);
}

int be_task_child(const char *what)
{
    if (strncmp(what, "exit ", 5) == 0) {
        raw_syscall1(SYS_exit, strtoul(what + 5, NULL, 0));
    } else if (strncmp(what, "exit_group ", 11) == 0) {
        raw_syscall1(SYS_exit_group, strtoul(what + 11, NULL, 0));
    } else if (strncmp(what, "kill ", 5) == 0) {
        raw_syscall2(SYS_kill, (uint64_t)raw_syscall0(SYS_getpid), strtoul(what + 5, NULL, 0));
    } else if (strncmp(what, "execve ", 7) == 0) {
        return execute(what + 7);
    } else if (strcmp(what, "rt_sigreturn") == 0) {
        /* With a stack pointer where no frame can lie. */
        __asm__ volatile("li sp, 8\n li a7, %0\n ecall" : : "i"(SYS_rt_sigreturn) : "memory");
    }
    return 99;
}

static const struct {
    const char *call, *words, *what;
} endings[] = {
    { "exit", "0", "exit 0" },
    { "exit", "5", "exit 5" },
    { "exit", "255", "exit 255" },
    { "exit", "256", "exit 256" },
    { "exit", "-1", "exit 0xffffffffffffffff" },
    { "exit_group", "5", "exit_group 5" },
    { "exit_group", "256", "exit_group 256" },
    { "exit_group", "-1", "exit_group 0xffffffffffffffff" },
    { "kill", "itself, SIGKILL", "kill 9" },
    { "kill", "itself, SIGTERM", "kill 15" },
    { "kill", "itself, SIGCHLD", "kill 17" },
    { "kill", "itself, 64", "kill 64" },
    { "rt_sigreturn", "no frame", "rt_sigreturn" },
};

/* The exit status of the child is the error number. */
static const struct {
    const char *words, *what;
} executions[] = {
    { "a program", "execve bin/false" },
    { "a folder", "execve bin" },
    { "a device", "execve /dev/null" },
    { "a missing file", "execve bin/none" },
    { "through a file", "execve bin/true/x" },
    { "a file that can't be executed", "execve odd/plain" },
    { "an empty file", "execve odd/empty" },
    { "a file of zeros", "execve odd/zeros" },
    { "a script", "execve odd/text" },
    { "a link to itself", "execve odd/loop" },
    { "an empty path", "execve " },
};

static char long_name[257];
static const char *const no_strings[] = { NULL };
static const char *const bad_strings[] = { "errno", (const char *)UNMAPPED, NULL };

static const struct row executed_badly[] = {
    ROW(execve, "a name of 256 bytes", AT(long_name), AT(no_strings), 0),
    ROW(execve, "a string of the arguments unmapped", AT("bin/true"), AT(bad_strings), 0),
    ROW(execve, "a string of the environment unmapped", AT("bin/true"), AT(no_strings), AT(bad_strings)),
    ROW(execve, "arguments the supervisor's", AT("bin/true"), SUPERVISOR, 0),
    ROW(execve, "arguments unmapped", AT("bin/true"), UNMAPPED, 0),
    ROW(execve, "environment the last page", AT("bin/true"), AT(no_strings), LAST_PAGE),
};

static const struct pointer_row execution_pointers[] = { POINTER(PATH, 0, execve, "path") };

static const struct row waits[] = {
    ROW(wait4, "-1, without a child", MINUS(1), 0, 0, 0),
    ROW(wait4, "0, without a child", 0, 0, 0, 0),
    ROW(wait4, "nobody", NOBODY, 0, 0, 0),
    ROW(wait4, "-nobody", MINUS(NOBODY), 0, 0, 0),
    ROW(wait4, "INT_MIN", 1ull << 31, 0, 0, 0),
    ROW(wait4, "-1, WNOHANG, without a child", MINUS(1), 0, ABI_WNOHANG, 0),
    ROW(wait4, "-1, option 16", MINUS(1), 0, 16, 0),
    ROW(wait4, "-1, all options", MINUS(1), 0, MINUS(1), 0),
    ROW(wait4, "-1, without a child, status to the supervisor's", MINUS(1), SUPERVISOR, 0, 0),
};

static void try_wait(const char *words, uint64_t pid, uint64_t status_to, uint64_t options, uint64_t usage_to)
{
    print_result("wait4", words, RESULT_OK, raw_syscall4(SYS_wait4, pid, status_to, options, usage_to));
}

/* A child that has ended, whoever gets it. */
static void try_wait_for_ended(const char *words, uint64_t status_to, uint64_t usage_to)
{
    uint64_t pid = (uint64_t)start_child("exit 0");

    try_wait(words, pid, status_to, 0, usage_to);
    raw_syscall4(SYS_wait4, pid, 0, 0, 0); /* if it is still there */
}

static void try_waits(void)
{
    RUN(waits);
    try_wait_for_ended("a child", GOOD, GOOD + 64);
    try_wait_for_ended("a child, status and usage to null", 0, 0);
    try_wait_for_ended("a child, status to: unaligned", GOOD + 1, 0);
    try_wait_for_ended("a child, status to: unmapped", UNMAPPED, 0);
    try_wait_for_ended("a child, status to: only to be read", READ_ONLY, 0);
    try_wait_for_ended("a child, status to: across the end", GOOD_END - 1, 0);
    try_wait_for_ended("a child, status to: the supervisor's", SUPERVISOR, 0);
    try_wait_for_ended("a child, usage to: unmapped", 0, UNMAPPED);
    try_wait_for_ended("a child, usage to: across the end", 0, GOOD_END - 1);
    try_wait_for_ended("a child, usage to: the last page", 0, LAST_PAGE);
    try_wait_for_ended("a child, status to the last byte", MINUS(1), 0);
}

void try_ends(void)
{
    memset(long_name, 'n', sizeof(long_name) - 1);
    for (unsigned i = 0; i < COUNT(endings); i++) {
        print_ending(endings[i].call, endings[i].words, status_of_child(endings[i].what));
    }
    for (unsigned i = 0; i < COUNT(executions); i++) {
        int64_t status = status_of_child(executions[i].what);

        /* bin/false ends with 1, which no execve of these gives as an error. */
        if (status == 0 || status >> 8 == 1) {
            print_ending("execve", executions[i].words, status);
        } else {
            print_result("execve", executions[i].words, RESULT_VALUE, -(status >> 8));
        }
    }
    RUN(executed_badly);
    RUN_POINTERS(execution_pointers);
    try_waits();
}
