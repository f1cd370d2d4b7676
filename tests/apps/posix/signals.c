/*
 * signals: what a handler sees, what masks hold back, which calls a signal cuts short, and who gets it.
 *
 *     signals            all of it
 *     signals WHAT HOW   a child
 */
#include "posix.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>

#define SOON (80 * MILLISECOND) /* enough for who starts the sender to get into its call, on a busy host too */
#define FULL_BYTES 65536

static volatile sig_atomic_t count, deepest, depth, last, blocked_inside;
static char bytes[2 * FULL_BYTES];

static void note(int number)
{
    sigset_t blocked;

    sigprocmask(SIG_BLOCK, NULL, &blocked);
    blocked_inside = sigismember(&blocked, number);
    count++;
    last = number;
}

/* Sends itself again the first time, and notes how deep handlers are in each other. */
static void nest(int number)
{
    depth++;
    deepest = depth > deepest ? depth : deepest;
    if (count++ == 0) {
        raise(number);
    }
    depth--;
}

static void nest_another(int number)
{
    depth++;
    deepest = depth > deepest ? depth : deepest;
    count++;
    if (number == SIGUSR1) {
        raise(SIGUSR2);
    }
    depth--;
}

static void handle(int number, void (*handler)(int), int flags, int also_blocked)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

    sigemptyset(&action.sa_mask);
    if (also_blocked != 0) {
        sigaddset(&action.sa_mask, also_blocked);
    }
    sigaction(number, &action, NULL);
    count = deepest = depth = last = 0;
}

static void set_blocked(int how, int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(how, &set, NULL);
}

static pid_t child(const char *what, const char *how, int in, int out)
{
    return start_with("signals", what, how, in, out);
}

/* A child that sends @number to this task soon, and a little later a byte to @out. */
static pid_t sender(int number, int out)
{
    char how[32];

    snprintf(how, sizeof(how), "%d %d", (int)getpid(), number);
    return child("send", how, -1, out);
}

/* --- Children */

static int send_soon(const char *how)
{
    int pid, number;

    sscanf(how, "%d %d", &pid, &number);
    nap(SOON);
    kill(pid, number);
    nap(SOON);
    return write(STDOUT_FILENO, "x", 1) != 1;
}

static int be_child(const char *what, const char *how)
{
    struct sigaction action;
    sigset_t set;

    if (strcmp(what, "send") == 0) {
        return send_soon(how);
    } else if (strcmp(what, "sleep") == 0) {
        nap(1000 * SOON);
    } else if (strcmp(what, "sleep_blocked") == 0) {
        sigfillset(&set);
        sigprocmask(SIG_SETMASK, &set, NULL);
        write(STDOUT_FILENO, "x", 1);
        nap(1000 * SOON);
    } else if (strcmp(what, "once") == 0) {
        handle(SIGUSR1, note, SA_RESETHAND, 0);
        raise(SIGUSR1);
        if (count != 1) {
            return 98;
        }
        raise(SIGUSR1);
    } else if (strcmp(what, "inherited") == 0) {
        sigprocmask(SIG_BLOCK, NULL, &set);
        sigaction(SIGHUP, NULL, &action);
        bool is_blocked = sigismember(&set, SIGUSR2), is_ignored = action.sa_handler == SIG_IGN;

        sigaction(SIGUSR1, NULL, &action);
        return is_blocked + 2 * is_ignored + 4 * (action.sa_handler == SIG_DFL);
    } else if (strcmp(what, "drain") == 0) {
        nap(3 * SOON);
        while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0) {
        }
        return 0;
    }
    return 99;
}

/* --- Handlers and masks */

static void try_handlers(void)
{
    handle(SIGUSR1, note, 0, 0);
    raise(SIGUSR1);
    expect("handler_runs_before_the_call_returns", count, 1);
    expect("handler_gets_the_number", last, SIGUSR1);
    expect("handler_has_its_signal_blocked", blocked_inside, 1);
    set_blocked(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    expect("mask_holds_it_back", count, 1);
    sigset_t pending;

    sigpending(&pending);
    expect("mask_it_is_pending", sigismember(&pending, SIGUSR1), 1);
    set_blocked(SIG_UNBLOCK, SIGUSR1);
    expect("mask_lets_it_through_once", count, 2);

    handle(SIGUSR1, nest, 0, 0);
    raise(SIGUSR1);
    expect("nested_the_same_comes_again", count, 2);
    expect("nested_but_behind_the_first", deepest, 1);
    handle(SIGUSR1, nest, SA_NODEFER, 0);
    raise(SIGUSR1);
    expect("nodefer_comes_within", deepest, 2);

    handle(SIGUSR2, nest_another, 0, 0);
    handle(SIGUSR1, nest_another, 0, 0);
    raise(SIGUSR1);
    expect("nested_another_comes_within", deepest, 2);
    handle(SIGUSR1, nest_another, 0, SIGUSR2);
    raise(SIGUSR1);
    expect("handler_mask_keeps_another_out", deepest, 1);
    expect("handler_mask_till_the_end", count, 2);

    handle(SIGUSR1, note, 0, 0);
    handle(SIGUSR1, SIG_IGN, 0, 0);
    raise(SIGUSR1);
    expect("ignored_is_forgotten", count, 0);
    expect("resethand_is_for_once", status_of(child("once", "", -1, -1)), 128 + SIGUSR1);
}

static void try_suspend(void)
{
    sigset_t all_but, blocked;

    handle(SIGUSR1, note, SA_RESTART, 0);
    set_blocked(SIG_BLOCK, SIGUSR1);
    pid_t pid = sender(SIGUSR1, open("/dev/null", O_WRONLY | O_CLOEXEC));

    sigemptyset(&all_but);
    expect_error("suspend_ends_by_a_handler", sigsuspend(&all_but), EINTR);
    expect("suspend_handler_has_run", count, 1);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    expect("suspend_sets_the_mask_back", sigismember(&blocked, SIGUSR1), 1);
    set_blocked(SIG_UNBLOCK, SIGUSR1);
    status_of(pid);
}

/* --- Calls that a signal cuts short */

static void try_read(void)
{
    int ends[2];
    char byte;

    pipe2(ends, O_CLOEXEC);
    handle(SIGUSR1, note, 0, 0);
    pid_t pid = sender(SIGUSR1, ends[1]);

    expect_error("read_is_cut_short", read(ends[0], &byte, 1), EINTR);
    expect("read_handler_has_run", count, 1);
    expect("read_again_gets_the_byte", read(ends[0], &byte, 1), 1);
    status_of(pid);
    handle(SIGUSR1, note, SA_RESTART, 0);
    pid = sender(SIGUSR1, ends[1]);
    expect("read_restarts", read(ends[0], &byte, 1), 1);
    expect("read_restarts_behind_the_handler", count, 1);
    status_of(pid);
    handle(SIGUSR1, SIG_IGN, 0, 0);
    pid = sender(SIGUSR1, ends[1]);
    expect("read_of_an_ignored_signal_goes_on", read(ends[0], &byte, 1), 1);
    status_of(pid);
    handle(SIGUSR1, note, 0, 0);
    set_blocked(SIG_BLOCK, SIGUSR1);
    pid = sender(SIGUSR1, ends[1]);
    expect("read_with_a_blocked_signal_goes_on", read(ends[0], &byte, 1), 1);
    expect("read_with_a_blocked_signal_runs_no_handler", count, 0);
    set_blocked(SIG_UNBLOCK, SIGUSR1);
    expect("read_handler_of_a_blocked_signal_runs_later", count, 1);
    status_of(pid);
    close(ends[0]);
    close(ends[1]);
}

static void try_write(void)
{
    int ends[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    pipe2(ends, O_CLOEXEC);
    handle(SIGUSR1, note, 0, 0);
    pid_t pid = sender(SIGUSR1, null);

    expect("write_cut_short_gives_what_it_wrote", write(ends[1], bytes, sizeof(bytes)), FULL_BYTES);
    expect("write_handler_has_run", count, 1);
    status_of(pid);
    pid = sender(SIGUSR1, null);
    expect_error("write_to_a_full_pipe_is_cut_short", write(ends[1], bytes, 1), EINTR);
    status_of(pid);
    handle(SIGUSR1, note, SA_RESTART, 0);
    pid = sender(SIGUSR1, null);
    pid_t drain = child("drain", "", ends[0], -1);

    expect("write_to_a_full_pipe_restarts", write(ends[1], bytes, 1), 1);
    expect("write_restarts_behind_the_handler", count, 1);
    close(ends[1]);
    close(ends[0]);
    close(null);
    status_of(pid);
    status_of(drain);
}

static void try_sleep(int flags, const char *name, const char *left_name)
{
    struct timespec span = { 100, 0 }, left = { 0, 0 };
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    long long start = now();

    handle(SIGUSR1, note, flags, 0);
    pid_t pid = sender(SIGUSR1, null);

    expect_error(name, nanosleep(&span, &left), EINTR);
    expect_true(left_name, left.tv_sec >= 98 && left.tv_sec < 100 && now() - start < 2000000000ll);
    close(null);
    status_of(pid);
}

static void try_wait(void)
{
    int status, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    handle(SIGUSR1, note, 0, 0);
    pid_t pid = sender(SIGUSR1, null);

    expect_error("wait_is_cut_short", waitpid(pid, &status, 0), EINTR);
    expect("wait_again_gets_the_child", waitpid(pid, &status, 0), pid);
    handle(SIGUSR1, note, SA_RESTART, 0);
    pid = sender(SIGUSR1, null);
    expect("wait_restarts", waitpid(pid, &status, 0), pid);
    expect("wait_restarts_behind_the_handler", count, 1);
    close(null);
}

/* --- Who gets it */

static void try_children(void)
{
    struct timespec span = { 100, 0 };

    handle(SIGCHLD, note, 0, 0);
    pid_t pid = child("once", "", -1, -1);

    expect_error("sigchld_cuts_a_sleep_short", nanosleep(&span, NULL), EINTR);
    expect("sigchld_is_sent_when_a_child_ends", last, SIGCHLD);
    expect("sigchld_the_child_can_be_waited_for", waitpid(pid, NULL, WNOHANG), pid);
    handle(SIGCHLD, SIG_DFL, 0, 0);

    int ends[2];
    char byte;

    pipe2(ends, O_CLOEXEC);
    pid = child("sleep_blocked", "", -1, ends[1]);
    read(ends[0], &byte, 1);
    kill(pid, SIGTERM);
    nap(SOON);
    expect("child_that_blocks_lives_on", waitpid(pid, NULL, WNOHANG), 0);
    kill(pid, SIGKILL);
    expect("child_that_blocks_can_be_killed", status_of(pid), 128 + SIGKILL);
    close(ends[0]);
    close(ends[1]);

    handle(SIGUSR1, note, 0, 0);
    handle(SIGHUP, SIG_IGN, 0, 0);
    set_blocked(SIG_BLOCK, SIGUSR2);
    expect("child_has_the_mask_and_what_is_ignored_but_no_handler", status_of(child("inherited", "", -1, -1)), 7);
    set_blocked(SIG_UNBLOCK, SIGUSR2);
    handle(SIGHUP, SIG_DFL, 0, 0);
}

static void try_groups(void)
{
    pid_t first = child("sleep", "", -1, -1), second = child("sleep", "", -1, -1), other = child("sleep", "", -1, -1);

    expect("group_is_made", setpgid(first, first), 0);
    expect("group_is_joined", setpgid(second, first), 0);
    expect("group_of_the_second", getpgid(second), first);
    expect("group_is_there", kill(-first, 0), 0);
    expect("group_is_sent_a_signal", kill(-first, SIGTERM), 0);
    expect("group_first_is_killed", status_of(first), 128 + SIGTERM);
    expect("group_second_is_killed", status_of(second), 128 + SIGTERM);
    expect("group_others_live_on", waitpid(other, NULL, WNOHANG), 0);
    expect_error("group_is_gone", kill(-first, SIGTERM), ESRCH);
    kill(other, SIGKILL);
    expect("group_other_is_killed_alone", status_of(other), 128 + SIGKILL);
    expect_error("error_nobody", kill(0x3ffffffe, SIGTERM), ESRCH);
    expect_error("error_no_such_signal", kill(getpid(), 65), EINVAL);
    expect_error("error_a_child_that_is_gone", kill(other, SIGTERM), ESRCH);

    struct sigaction action = { .sa_handler = note };

    expect_error("error_handler_for_sigkill", sigaction(SIGKILL, &action, NULL), EINVAL);
    expect_error("error_handler_for_0", sigaction(0, &action, NULL), EINVAL);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        return be_child(argv[1], argv[2]);
    }
    try_handlers();
    try_suspend();
    try_read();
    try_write();
    try_sleep(0, "sleep_is_cut_short", "sleep_tells_what_is_left");
    try_sleep(SA_RESTART, "sleep_never_restarts", "sleep_with_restart_tells_what_is_left");
    try_wait();
    try_children();
    try_groups();
    return 0;
}
