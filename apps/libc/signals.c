/*
 * Signals within a program: sigaction() and what stands on it.
 *
 * The supervisor enters signal_entry() for every signal that has a handler. It calls the handler that is kept here and
 * ends with the call that goes back to what was interrupted. So handlers need no page of the supervisor's to return to.
 *
 * Invariant: handlers[n] is a handler only while the supervisor knows signal_entry() for n.
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

typedef void handler_with_info(int number, siginfo_t *info, void *context);

/* Both kinds are called with three arguments. */
static handler_with_info *handlers[HANDLED_MAX + 1];

/* See signal_entry() below: it is all that calls this. */
__attribute__((used)) static void signal_dispatch(int number, siginfo_t *info, void *context)
{
    int caller_errno = errno;

    handlers[number](number, info, context);
    errno = caller_errno;
}

/* On entry sp is the signal's frame, which rt_sigreturn wants there again; every register is in it. */
void signal_entry(void);
__asm__(".text\n"
        ".type signal_entry, @function\n"
        "signal_entry:\n"
        "    mv s0, sp\n"
        "    call signal_dispatch\n"
        "    mv sp, s0\n"
        "    li a7, 139\n"
        "    ecall\n"
        ".size signal_entry, . - signal_entry\n");
_Static_assert(SYS_rt_sigreturn == 139, "the number that signal_entry() uses");

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

static int bad_signal(void)
{
    errno = EINVAL;
    return -1;
}

static bool is_handler(_sig_func_ptr handler)
{
    return handler != SIG_DFL && handler != SIG_IGN;
}

/* What the supervisor told, as the program knows it; @before is the handler that it had. */
static void from_abi(const struct abi_sigaction *abi, handler_with_info *before, struct sigaction *action)
{
    action->sa_mask = abi->mask;
    action->sa_flags = (int)abi->flags;
    if (abi->handler == ARG(signal_entry)) {
        action->sa_sigaction = before;
    } else {
        action->sa_handler = (_sig_func_ptr)abi->handler;
    }
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    struct abi_sigaction abi, abi_old;
    bool has_handler = action != NULL && is_handler(action->sa_handler);

    if (has_handler && (number < 1 || number > HANDLED_MAX)) {
        return bad_signal();
    }
    if (action != NULL) {
        abi = (struct abi_sigaction){
            .handler = has_handler ? ARG(signal_entry) : ARG(action->sa_handler),
            .flags = (unsigned)action->sa_flags,
            .mask = action->sa_mask,
        };
    }
    handler_with_info *before = number >= 1 && number <= HANDLED_MAX ? handlers[number] : NULL;

    if (has_handler) {
        /* Before the supervisor knows: the signal may come at once. */
        handlers[number] = action->sa_sigaction;
    }
    int64_t result =
        raw_syscall4(SYS_rt_sigaction, ARG(number), action == NULL ? 0 : ARG(&abi), ARG(&abi_old), sizeof(sigset_t));

    if (result != 0) {
        if (has_handler) {
            handlers[number] = before;
        }
        return (int)libc_result(result);
    }
    if (old != NULL) {
        from_abi(&abi_old, before, old);
    }
    return 0;
}

_sig_func_ptr signal(int number, _sig_func_ptr handler)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    struct sigaction old;

    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

int raise(int number)
{
    return kill(getpid(), number);
}

/* Where there is no way on, whatever the program has done to SIGABRT. */
void abort(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t set = bit(SIGABRT);

    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(SIGABRT);
    sigaction(SIGABRT, &action, NULL);
    raise(SIGABRT);
    _exit(128 + SIGABRT);
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    return (int)libc_result(raw_syscall4(SYS_rt_sigprocmask, ARG(how), ARG(set), ARG(old), sizeof(sigset_t)));
}

int sigpending(sigset_t *set)
{
    return (int)libc_result(raw_syscall2(SYS_rt_sigpending, ARG(set), sizeof(*set)));
}

int sigsuspend(const sigset_t *set)
{
    return (int)libc_result(raw_syscall2(SYS_rt_sigsuspend, ARG(set), sizeof(*set)));
}

int pause(void)
{
    sigset_t set;

    sigprocmask(SIG_BLOCK, NULL, &set);
    return sigsuspend(&set);
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
