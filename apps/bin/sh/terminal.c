/*
 * The terminal's foreground group is the shell's while it reads or runs builtins, and a job's while it waits for that
 * job; so an interrupt ends the job, or sets shell_interrupt here.
 */
#include "terminal.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "redirect.h"
#include "shell.h"

static int terminal_fd = -1;
static pid_t own_group;

static void handle_interrupt(int number)
{
    (void)number;
    shell_interrupt = 1;
}

static void catch_signals(void)
{
    static const int ignored[] = { SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU };
    struct sigaction action;

    /* Without SA_RESTART: what waits or reads is to notice. */
    memset(&action, 0, sizeof(action));
    action.sa_handler = handle_interrupt;
    sigaction(SIGINT, &action, NULL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        signal(ignored[i], SIG_IGN);
    }
}

void terminal_start(void)
{
    shell.is_interactive = true;
    catch_signals();
    int copy = dup(STDIN_FILENO);

    terminal_fd = copy < 0 ? -1 : redirect_raise(copy);
    own_group = getpgrp();
    if (own_group != getpid() && setpgid(0, 0) == 0) {
        own_group = getpid();
    }
    shell.has_job_control = terminal_fd >= 0 && tcsetpgrp(terminal_fd, own_group) == 0;
}

void terminal_give(pid_t group)
{
    /* Elsewhere than on Pando, who asked for input before it had the terminal was stopped. */
    if (shell.has_job_control && tcsetpgrp(terminal_fd, group) == 0) {
        kill(-group, SIGCONT);
    }
}

void terminal_take(void)
{
    if (shell.has_job_control) {
        tcsetpgrp(terminal_fd, own_group);
    }
}
