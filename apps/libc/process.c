/*
 * Tasks: who am I, waiting for children, ending them, ending the machine.
 */
#include <errno.h>
#include <signal.h>
#include <sched.h>
#include <stddef.h>
#include <sys/reboot.h>
#include <sys/resource.h>
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

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    return (pid_t)libc_result(raw_syscall4(SYS_wait4, ARG(pid), ARG(status), ARG(options), ARG(usage)));
}

pid_t wait3(int *status, int options, struct rusage *usage)
{
    return wait4(-1, status, options, usage);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    return wait4(pid, status, options, NULL);
}

pid_t wait(int *status)
{
    return waitpid(-1, status, 0);
}

int kill(pid_t pid, int signal_number)
{
    return (int)libc_result(raw_syscall2(SYS_kill, ARG(pid), ARG(signal_number)));
}

int killpg(pid_t group, int signal_number)
{
    return kill(-group, signal_number);
}

int setpgid(pid_t pid, pid_t group)
{
    return (int)libc_result(raw_syscall2(SYS_setpgid, ARG(pid), ARG(group)));
}

pid_t getpgid(pid_t pid)
{
    return (pid_t)libc_result(raw_syscall1(SYS_getpgid, ARG(pid)));
}

pid_t getpgrp(void)
{
    return getpgid(0);
}

uid_t getuid(void)
{
    return (uid_t)raw_syscall0(SYS_getuid);
}

uid_t geteuid(void)
{
    return (uid_t)raw_syscall0(SYS_geteuid);
}

gid_t getgid(void)
{
    return (gid_t)raw_syscall0(SYS_getgid);
}

gid_t getegid(void)
{
    return (gid_t)raw_syscall0(SYS_getegid);
}

/* There is one user: to become that one is no change, any other is refused. */
static int become(unsigned id)
{
    if (id != 0 && id != (unsigned short)-1 && id != (unsigned)-1) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

int setuid(uid_t user)
{
    return become(user);
}

int setgid(gid_t group)
{
    return become(group);
}

int seteuid(uid_t user)
{
    return become(user);
}

int setegid(gid_t group)
{
    return become(group);
}

int setreuid(uid_t real, uid_t effective)
{
    return become(real) == 0 ? become(effective) : -1;
}

int setregid(gid_t real, gid_t effective)
{
    return become(real) == 0 ? become(effective) : -1;
}

int getrusage(int who, struct rusage *usage)
{
    return (int)libc_result(raw_syscall2(SYS_getrusage, ARG(who), ARG(usage)));
}

int reboot(unsigned command, int status)
{
    return (int)libc_result(raw_syscall4(SYS_reboot, ABI_REBOOT_MAGIC1, ABI_REBOOT_MAGIC2, command, ARG(status)));
}
