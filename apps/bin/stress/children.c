/* Children of the parts: copies of the task by fork, that check something and end. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi_errno.h"
#include "raw_syscall.h"
#include "stress.h"

int64_t child_fork(void)
{
    int64_t pid = raw_syscall6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);

    if (pid < 0 && !stress_is_refused(pid)) {
        stress_check_equal(pid, 0, "fork");
    }
    return pid;
}

void child_end(void)
{
    _exit(0);
}

void child_wait(int64_t pid, int signal_number)
{
    int status;

    stress_check_equal(waitpid((pid_t)pid, &status, 0), pid, "the child that ended");
    if (signal_number != 0) {
        stress_check(WIFSIGNALED(status), "a child that a signal ends");
        stress_check_equal(WTERMSIG(status), signal_number, "the signal that ends a child");
    } else {
        stress_check(WIFEXITED(status), "a child that ends by itself");
        stress_check_equal(WEXITSTATUS(status), 0, "the status of a child, which has checks of its own");
    }
}
