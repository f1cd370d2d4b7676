/*
 * popen() and pclose(): a command of the shell's with a pipe to or from it.
 *
 * Invariant: @opened lists the streams that popen() gave out and pclose() has not taken back.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libc.h"

struct command {
    struct command *next;
    FILE *stream;
    pid_t pid;
};

static struct command *opened;

/* Start the shell with @theirs as its descriptor @target. Returns 0 or an error number. */
static int start(const char *text, int theirs, int target, pid_t *pid)
{
    char *arguments[] = { "sh", "-c", (char *)text, NULL };
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, theirs, target);
    if (error == 0) {
        error = posix_spawn(pid, "/bin/sh", &actions, NULL, arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* With both ends of a pipe open: @ours is kept in the stream. Returns false with errno. */
static bool open_command(struct command *command, const char *text, const char *mode, const int ends[2])
{
    bool is_reading = mode[0] == 'r';
    int ours = ends[is_reading ? 0 : 1], theirs = ends[is_reading ? 1 : 0];

    command->stream = fdopen(ours, mode);
    if (command->stream == NULL) {
        return false;
    }
    int error = start(text, theirs, is_reading ? STDOUT_FILENO : STDIN_FILENO, &command->pid);

    if (error != 0) {
        fclose(command->stream);
        errno = error;
        return false;
    }
    close(theirs);
    return true;
}

FILE *popen(const char *text, const char *mode)
{
    struct command *command;
    int ends[2];

    if ((mode[0] != 'r' && mode[0] != 'w') || mode[1] != '\0') {
        errno = EINVAL;
        return NULL;
    }
    command = malloc(sizeof(*command));
    if (command == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        free(command);
        return NULL;
    }
    if (!open_command(command, text, mode, ends)) {
        int error = errno;

        /* One of them the stream has closed already, perhaps. */
        close(ends[0]);
        close(ends[1]);
        free(command);
        errno = error;
        return NULL;
    }
    command->next = opened;
    opened = command;
    return command->stream;
}

int pclose(FILE *stream)
{
    struct command **link = &opened;
    int status;

    while (*link != NULL && (*link)->stream != stream) {
        link = &(*link)->next;
    }
    struct command *command = *link;

    if (command == NULL) {
        errno = ECHILD;
        return -1;
    }
    pid_t pid = command->pid;

    *link = command->next;
    free(command);
    fclose(stream);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return status;
}
