/* env [-i] [NAME=VALUE...] [COMMAND [ARGUMENT...]]: runs COMMAND with a changed environment, or prints it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CANNOT_RUN 126
#define NOT_FOUND 127

int main(int argc, char **argv)
{
    char *nothing[] = { NULL };
    int at = 1;

    if (at < argc && strcmp(argv[at], "-i") == 0) {
        environ = nothing;
        at++;
    }
    for (; at < argc && strchr(argv[at], '=') != NULL; at++) {
        if (putenv(argv[at]) != 0) {
            fprintf(stderr, "env: %s: %s\n", argv[at], strerror(errno));
            return 1;
        }
    }
    if (at < argc) {
        execvp(argv[at], argv + at);
        fprintf(stderr, "env: %s: %s\n", argv[at], strerror(errno));
        return errno == ENOENT ? NOT_FOUND : CANNOT_RUN;
    }
    for (char **variable = environ; *variable != NULL; variable++) {
        puts(*variable);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
