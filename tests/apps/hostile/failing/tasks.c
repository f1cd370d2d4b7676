/* Tasks, signals, time, and what is asked about the machine. */
#include <signal.h>

#include "failing.h"

static const char *const true_arguments[] = { "true", "argument", NULL };
static int64_t child;
static bool asks_in_handler; /* its way back is the call that is made to fail */

static void on_signal(int number)
{
    (void)number;
    if (asks_in_handler) {
        failing_ask(failing_nth);
    }
}

static void handled(void)
{
    const struct sigaction action = { .sa_handler = on_signal };

    sigaction(SIGUSR1, &action, NULL);
}

static int64_t handle(void)
{
    return sys_handle(ABI_SIGUSR1, ADDRESS(on_signal), 0);
}

static int64_t return_from_handler(void)
{
    asks_in_handler = true;
    return sys_kill(sys_pid(), ABI_SIGUSR1);
}

/* A signal waits, and is let through while the call waits. */
static void blocked(void)
{
    failing_fresh();
    handled();
    sys_block(ABI_SIG_BLOCK, BIT(ABI_SIGUSR1));
    sys_kill(sys_pid(), ABI_SIGUSR1);
}

static int64_t fork_with(uint64_t flags)
{
    int64_t pid = raw_syscall6(SYS_clone, flags | ABI_SIGCHLD, 0, 0, 0, FRESH, 0);

    if (pid == 0) {
        raw_syscall1(SYS_exit_group, 0);
    }
    return pid;
}

static int64_t do_fork(void)
{
    return fork_with(0);
}

static int64_t do_fork_telling(void)
{
    return fork_with(ABI_CLONE_CHILD_SETTID);
}

static int64_t do_vfork(void)
{
    return fork_with(ABI_CLONE_VM | ABI_CLONE_VFORK);
}

/* What was asked for is over with the fork: the call behind it gets all that it needs. */
static int64_t fork_and_fill(void)
{
    int64_t pid = fork_with(0);
    int64_t filled = pid < 0 ? 0 : raw_syscall4(SYS_fallocate, OBJECT, 0, 0, 70 * PAGE);

    if (filled < 0) {
        failing_wait(pid);
    }
    return filled < 0 ? filled : pid;
}

static void ended_child(void)
{
    failing_fresh();
    child = sys_spawn("/bin/true", true_arguments);
}

static int64_t wait_for_child(void)
{
    return raw_syscall4(SYS_wait4, (uint64_t)child, FRESH, 0, FRESH_TOO);
}

static void forget_child(int64_t result)
{
    if (result < 0) {
        sys_wait(child);
    }
}

static const struct failing_step rows[] = {
    { SYS_exit, "exit", .arguments = { 0 }, .where = IN_A_CHILD },
    { SYS_exit_group, "exit_group", .arguments = { 0 }, .where = IN_A_CHILD },
    { SYS_nanosleep, "nanosleep", .prepare = failing_fresh, .arguments = { FRESH } },
    { SYS_clock_gettime, "clock_gettime", .prepare = failing_fresh, .arguments = { 1, FRESH }, .least = 1 },
    { SYS_clock_getres, "clock_getres", .prepare = failing_fresh, .arguments = { 1, FRESH }, .least = 1 },
    { SYS_clock_nanosleep, "clock_nanosleep", .prepare = failing_fresh, .arguments = { 1, 0, FRESH } },
    { SYS_sched_getaffinity, "sched_getaffinity", .prepare = failing_fresh, .arguments = { 0, 8, FRESH }, .least = 1 },
    { SYS_rt_sigsuspend, "rt_sigsuspend", .prepare = blocked, .arguments = { FRESH, 8 }, .well = -EINTR,
      .where = IN_A_CHILD, .least = 1 },
    { SYS_rt_sigaction, "rt_sigaction", .call = handle, .where = IN_A_CHILD, .least = 1 },
    { SYS_rt_sigaction, "rt_sigaction_old", .prepare = failing_fresh, .arguments = { ABI_SIGUSR1, 0, FRESH, 8 },
      .least = 1 },
    { SYS_rt_sigprocmask, "rt_sigprocmask", .prepare = failing_fresh,
      .arguments = { ABI_SIG_BLOCK, FRESH, FRESH_TOO, 8 }, .least = 1 },
    { SYS_rt_sigpending, "rt_sigpending", .prepare = failing_fresh, .arguments = { FRESH, 8 }, .least = 1 },
    { SYS_rt_sigreturn, "rt_sigreturn", .prepare = handled, .call = return_from_handler, .where = IN_A_CHILD },
    { SYS_times, "times", .prepare = failing_fresh, .arguments = { FRESH }, .least = 1 },
    { SYS_getrusage, "getrusage", .prepare = failing_fresh, .arguments = { 0, FRESH }, .least = 1 },
    { SYS_uname, "uname", .prepare = failing_fresh, .arguments = { FRESH }, .least = 1 },
    { SYS_sysinfo, "sysinfo", .prepare = failing_fresh, .arguments = { FRESH }, .least = 1 },
    { SYS_syslog, "syslog", .prepare = failing_fresh, .arguments = { ABI_SYSLOG_READ_ALL, FRESH, PAGE }, .least = 1 },
    { SYS_getrandom, "getrandom", .prepare = failing_fresh, .arguments = { FRESH, 100 }, .least = 1 },
    { SYS_clone, "fork", .prepare = failing_touched, .call = do_fork, .undo = failing_wait, .least = 8 },
    { SYS_clone, "fork_telling", .prepare = failing_fresh, .call = do_fork_telling, .undo = failing_wait, .least = 8 },
    { SYS_clone, "fork_alone", .prepare = failing_object, .call = fork_and_fill, .undo = failing_wait, .least = 8 },
    { SYS_clone, "vfork", .call = do_vfork, .undo = failing_wait, .least = 1 },
    { SYS_execve, "execve", .arguments = { ADDRESS("/bin/true"), ADDRESS(true_arguments), 0 }, .where = IN_A_CHILD,
      .least = 5 },
    { SYS_execveat, "execveat", .arguments = { FOLDER, ADDRESS("true"), ADDRESS(true_arguments), 0, 0 },
      .where = IN_A_CHILD, .least = 5 },
    { SYS_wait4, "wait4", .prepare = ended_child, .call = wait_for_child, .undo = forget_child, .least = 1 },
    { SYS_prlimit64, "prlimit64", .prepare = failing_fresh, .arguments = { 0, ABI_RLIMIT_NOFILE, 0, FRESH },
      .least = 1 },
};

const struct failing_steps failing_tasks = { rows, COUNT(rows) };
