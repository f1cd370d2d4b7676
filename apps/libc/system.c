/*
 * system(): one command line for the shell.
 */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int system(const char *command)
{
    char *arguments[] = { "sh", "-c", (char *)command, NULL };
    pid_t pid;
    int status;

    if (command == NULL) {
        return access("/bin/sh", X_OK) == 0;
    }
    int error = posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ);

    if (error != 0) {
        errno = error;
        return -1;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return status;
}
