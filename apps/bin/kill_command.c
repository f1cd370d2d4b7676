/* The command kill: its words, and the signals by their names. */
#include "kill_command.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const names[] = {
    [SIGHUP] = "HUP",   [SIGINT] = "INT",     [SIGQUIT] = "QUIT", [SIGILL] = "ILL",   [SIGTRAP] = "TRAP",
    [SIGABRT] = "ABRT", [SIGBUS] = "BUS",     [SIGFPE] = "FPE",   [SIGKILL] = "KILL", [SIGUSR1] = "USR1",
    [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",   [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM", [SIGTERM] = "TERM",
    [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",   [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP", [SIGTTIN] = "TTIN",
    [SIGTTOU] = "TTOU", [SIGURG] = "URG",     [SIGXCPU] = "XCPU", [SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM",
    [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static int usage(void)
{
    fprintf(stderr, "usage: kill [-SIGNAL | -s SIGNAL] PID...  or  kill -l\n");
    return 2;
}

/* All in one call: standard output may be the shell's, which writes to it without stdio. */
static int list_names(void)
{
    char text[NAME_COUNT * 12];
    int length = 0;

    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i] != NULL) {
            length += snprintf(text + length, sizeof(text) - (size_t)length, "%zu %s\n", i, names[i]);
        }
    }
    return write(STDOUT_FILENO, text, (size_t)length) == length ? 0 : 1;
}

static bool parse(const char *word, long low, long high, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(word, &end, 10);
    return errno == 0 && end != word && *end == '\0' && *out >= low && *out <= high;
}

static bool find_signal(const char *word, long *number)
{
    if (parse(word, 0, ABI_SIGNAL_MAX, number)) {
        return true;
    }
    if (strncasecmp(word, "SIG", 3) == 0) {
        word += 3;
    }
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i] != NULL && strcasecmp(word, names[i]) == 0) {
            *number = (long)i;
            return true;
        }
    }
    return false;
}

/* 0 is no one's pid, and -1 would be everybody. */
static bool find_target(const char *word, long *pid)
{
    return parse(word, 1, INT32_MAX, pid) || parse(word, -INT32_MAX, -2, pid);
}

static int send_to(char **targets, int number)
{
    int status = 0;

    for (; *targets != NULL; targets++) {
        long pid;

        if (!find_target(*targets, &pid)) {
            return usage();
        }
        if (kill((pid_t)pid, number) != 0) {
            fprintf(stderr, "kill: %ld: %s\n", pid, strerror(errno));
            status = 1;
        }
    }
    return status;
}

int kill_command(char **arguments)
{
    char **next = arguments + 1;
    long number = SIGTERM;

    if (*next != NULL && strcmp(*next, "-l") == 0 && next[1] == NULL) {
        return list_names();
    }
    if (*next != NULL && strcmp(*next, "-s") == 0) {
        next++;
        if (*next == NULL || !find_signal(*next, &number)) {
            return usage();
        }
        next++;
    } else if (*next != NULL && (*next)[0] == '-' && strcmp(*next, "--") != 0) {
        if (!find_signal(*next + 1, &number)) {
            return usage();
        }
        next++;
    }
    if (*next != NULL && strcmp(*next, "--") == 0) {
        next++;
    }
    return *next == NULL ? usage() : send_to(next, (int)number);
}
