/*
 * Programs that are started and waited for: their status, what they print, and that a signal ends them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/* Start @argv[0] in /bin with its output to @output (-1: the program's own). Returns its pid, or -1: refused. */
static pid_t start(char *path, char *const argv[], int output)
{
    char *environment[] = { NULL };
    posix_spawn_file_actions_t actions;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    if (output >= 0) {
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    }
    int error = posix_spawn(&pid, path, &actions, NULL, argv, environment);

    posix_spawn_file_actions_destroy(&actions);
    if (error == ENOMEM || error == EAGAIN) {
        stress_is_refused(-error);
        return -1;
    }
    stress_check_equal(error, 0, path);
    return pid;
}

/* How the child ended, as waitpid() says it. */
static int end_of(pid_t pid)
{
    int status;

    stress_check_equal(waitpid(pid, &status, 0), pid, "the child that ended");
    return status;
}

static void run_to_status(char *path, int wanted)
{
    char *argv[] = { path, NULL };
    pid_t pid = start(path, argv, -1);

    if (pid >= 0) {
        int status = end_of(pid);

        stress_check(WIFEXITED(status), "a program ends by itself");
        stress_check_equal(WEXITSTATUS(status), wanted, path);
    }
}

static void run_to_pipe(void)
{
    char *argv[] = { "echo", "a", "few", "words", NULL };
    static const char wanted[] = "a few words\n";
    char text[sizeof(wanted)] = "";
    size_t size = 0;
    ssize_t got;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        stress_check(stress_is_refused(-errno), "a pipe");
        return;
    }
    pid_t pid = start("/bin/echo", argv, ends[1]);

    close(ends[1]);
    while (pid >= 0 && size < sizeof(text) && (got = read(ends[0], text + size, sizeof(text) - size)) > 0) {
        size += (size_t)got;
    }
    close(ends[0]);
    if (pid >= 0) {
        stress_check_equal(end_of(pid), 0, "the status of echo");
        stress_check(size == sizeof(wanted) - 1 && memcmp(text, wanted, size) == 0, "what echo printed");
    }
}

static void kill_one(void)
{
    char *argv[] = { "sleep", "1000", NULL };
    pid_t pid = start("/bin/sleep", argv, -1);
    int signal_number = stress_pick(2) == 0 ? SIGKILL : SIGTERM;

    if (pid >= 0) {
        stress_check_equal(waitpid(pid, NULL, WNOHANG), 0, "a child that sleeps has not ended");
        stress_check_equal(kill(pid, signal_number), 0, "kill");
        int status = end_of(pid);

        stress_check(WIFSIGNALED(status) && WTERMSIG(status) == signal_number, "the signal that ended a child");
    }
}

void tasks_step(void)
{
    switch (stress_pick(5)) {
    case 0:
        run_to_status("/bin/false", 1);
        break;
    case 1:
        run_to_pipe();
        break;
    case 2:
        kill_one();
        break;
    default:
        run_to_status("/bin/true", 0);
    }
}
