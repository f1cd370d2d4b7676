/*
 * init: the first task. `init run TEXT` has the shell run TEXT and ends the machine with its status; without, a shell
 * on the console is started, and started again when it ends. Orphans come to the first task and are reaped here.
 */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi_types.h"

#define SHELL "/bin/sh"
#define CANNOT_START 127
#define RETRY_SECONDS 1

/* Returns the status that a shell would show for how the child ended. */
static int status_of(int wait_status)
{
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* Start the shell and wait for its end; others that end meanwhile are orphans. Returns its status. */
static int run_shell(char *arguments[])
{
    char *environment[] = { NULL };
    pid_t shell;
    int error = posix_spawn(&shell, SHELL, NULL, NULL, arguments, environment);

    if (error != 0) {
        fprintf(stderr, "init: %s: %s\n", SHELL, strerror(error));
        return CANNOT_START;
    }
    for (;;) {
        int wait_status;

        if (wait(&wait_status) == shell) {
            return status_of(wait_status);
        }
    }
}

static void run_and_end(char *text)
{
    char *arguments[] = { "sh", "-c", text, NULL };

    reboot(RB_POWER_OFF, run_shell(arguments));
}

int main(int argc, char **argv)
{
    char *interactive[] = { "sh", NULL };

    if (argc == 3 && strcmp(argv[1], "run") == 0) {
        run_and_end(argv[2]);
    }
    printf("Welcome to Pando. `help` lists what there is; `poweroff` ends it.\n");
    for (;;) {
        if (run_shell(interactive) == CANNOT_START) {
            sleep(RETRY_SECONDS);
        }
        printf("init: the shell has ended; here is another\n");
    }
}
