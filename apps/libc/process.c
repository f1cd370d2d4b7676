/*
 * Tasks: who am I, waiting for children, ending them, ending the machine.
 */
#include <signal.h>
#include <sched.h>
#include <stddef.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libc.h"

pid_t getpid(void)
{
    return (pid_t)raw_syscall0(SYS_getpid);
}

pid_t getppid(void)
{
    return (pid_t)raw_syscall0(SYS_getppid);
}

int sched_yield(void)
{
    return (int)libc_result(raw_syscall0(SYS_sched_yield));
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    return (pid_t)libc_result(raw_syscall4(SYS_wait4, ARG(pid), ARG(status), ARG(options), 0));
}

pid_t wait(int *status)
{
    return waitpid(-1, status, 0);
}

int kill(pid_t pid, int signal_number)
{
    return (int)libc_result(raw_syscall2(SYS_kill, ARG(pid), ARG(signal_number)));
}

int reboot(unsigned command, int status)
{
    return (int)libc_result(raw_syscall4(SYS_reboot, ABI_REBOOT_MAGIC1, ABI_REBOOT_MAGIC2, command, ARG(status)));
}
