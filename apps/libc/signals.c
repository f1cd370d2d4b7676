/*
 * Signals within a program: signal() and raise(), with Linux's numbers.
 *
 * The supervisor delivers no signal to a handler: one that it sends ends the task. What a program raises itself runs
 * its handler here. A raised signal that is blocked waits in @pending until it is unblocked.
 *
 * Invariant: bit (n - 1) of @blocked and @pending stands for signal n, 1 <= n <= ABI_SIGNAL_MAX.
 */
#include <signal.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc.h"

#define HANDLED_MAX 31 /* the real-time signals above have no handlers */

static _sig_func_ptr handlers[HANDLED_MAX + 1];
static uint64_t blocked;
static uint64_t pending;

static const char *const names[HANDLED_MAX + 1] = {
    [SIGHUP] = "hangup",
    [SIGINT] = "interrupt",
    [SIGQUIT] = "quit",
    [SIGILL] = "illegal instruction",
    [SIGTRAP] = "trace trap",
    [SIGABRT] = "aborted",
    [SIGBUS] = "bus error",
    [SIGFPE] = "floating point exception",
    [SIGKILL] = "killed",
    [SIGUSR1] = "user signal 1",
    [SIGSEGV] = "segmentation fault",
    [SIGUSR2] = "user signal 2",
    [SIGPIPE] = "broken pipe",
    [SIGALRM] = "alarm clock",
    [SIGTERM] = "terminated",
    [SIGCHLD] = "child ended",
    [SIGCONT] = "continued",
    [SIGSTOP] = "stopped",
    [SIGXCPU] = "processor time exceeded",
    [SIGXFSZ] = "file size exceeded",
    [SIGSYS] = "bad system call",
};

static bool is_signal(int number)
{
    return number >= 1 && number <= ABI_SIGNAL_MAX;
}

static uint64_t bit(int number)
{
    return 1ull << (number - 1);
}

static bool is_ignored_by_default(int number)
{
    return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH;
}

_sig_func_ptr signal(int number, _sig_func_ptr handler)
{
    if (number < 1 || number > HANDLED_MAX || number == SIGKILL || number == SIGSTOP) {
        errno = EINVAL;
        return SIG_ERR;
    }
    _sig_func_ptr old = handlers[number];

    handlers[number] = handler;
    return old;
}

/* The default action is the supervisor's, or the end with the status a shell would give it. */
static void end_by(int number)
{
    if (kill(getpid(), number) != 0) {
        _exit(128 + number);
    }
}

static void deliver(int number)
{
    _sig_func_ptr handler = number <= HANDLED_MAX ? handlers[number] : SIG_DFL;

    if (handler == SIG_IGN) {
        return;
    }
    if (handler != SIG_DFL) {
        handler(number);
    } else if (!is_ignored_by_default(number)) {
        end_by(number);
    }
}

int raise(int number)
{
    if (!is_signal(number)) {
        errno = EINVAL;
        return -1;
    }
    if ((blocked & bit(number)) && number != SIGKILL && number != SIGSTOP) {
        pending |= bit(number);
    } else {
        deliver(number);
    }
    return 0;
}

void abort(void)
{
    blocked &= ~bit(SIGABRT);
    raise(SIGABRT);
    handlers[SIGABRT] = SIG_DFL;
    raise(SIGABRT);
    _exit(128 + SIGABRT);
}

static void deliver_unblocked(void)
{
    for (int number = 1; number <= ABI_SIGNAL_MAX && (pending & ~blocked); number++) {
        if (pending & ~blocked & bit(number)) {
            pending &= ~bit(number);
            deliver(number);
        }
    }
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    uint64_t before = blocked;

    if (set != NULL) {
        if (how == SIG_BLOCK) {
            blocked |= *set;
        } else if (how == SIG_UNBLOCK) {
            blocked &= ~*set;
        } else if (how == SIG_SETMASK) {
            blocked = *set;
        } else {
            errno = EINVAL;
            return -1;
        }
    }
    if (old != NULL) {
        *old = before;
    }
    deliver_unblocked();
    return 0;
}

int sigemptyset(sigset_t *set)
{
    *set = 0;
    return 0;
}

int sigfillset(sigset_t *set)
{
    *set = ~0ul;
    return 0;
}

static int bad_signal(void)
{
    errno = EINVAL;
    return -1;
}

int sigaddset(sigset_t *set, int number)
{
    if (!is_signal(number)) {
        return bad_signal();
    }
    *set |= bit(number);
    return 0;
}

int sigdelset(sigset_t *set, int number)
{
    if (!is_signal(number)) {
        return bad_signal();
    }
    *set &= ~bit(number);
    return 0;
}

int sigismember(const sigset_t *set, int number)
{
    if (!is_signal(number)) {
        return bad_signal();
    }
    return (*set & bit(number)) != 0;
}

char *strsignal(int number)
{
    bool is_known = number >= 1 && number <= HANDLED_MAX && names[number] != NULL;

    return (char *)(is_known ? names[number] : "unknown signal");
}

void psignal(int number, const char *prefix)
{
    bool has_prefix = prefix != NULL && prefix[0] != '\0';

    fprintf(stderr, "%s%s%s\n", has_prefix ? prefix : "", has_prefix ? ": " : "", strsignal(number));
}
