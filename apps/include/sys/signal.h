#pragma once

#include <stdint.h>
#include <sys/_timespec.h>
#include <sys/cdefs.h>
#include <sys/features.h>
#include <sys/types.h>

#include "abi_types.h"

/*
 * Signals, with Linux's numbers, which are the supervisor's: picolibc's own header has others, so this file stands in
 * its place, and the functions that know the numbers are ours too.
 */
#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL ABI_SIGILL
#define SIGTRAP ABI_SIGTRAP
#define SIGABRT 6
#define SIGIOT SIGABRT
#define SIGBUS ABI_SIGBUS
#define SIGFPE ABI_SIGFPE
#define SIGKILL ABI_SIGKILL
#define SIGUSR1 10
#define SIGSEGV ABI_SIGSEGV
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM ABI_SIGTERM
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31
#define NSIG (ABI_SIGNAL_MAX + 1)

#define SIG_SETMASK 2
#define SIG_BLOCK 0
#define SIG_UNBLOCK 1

#if !defined(_SIGSET_T_DECLARED)
#define _SIGSET_T_DECLARED
typedef unsigned long sigset_t;
#endif

typedef void (*_sig_func_ptr)(int);
typedef _sig_func_ptr sighandler_t;

/* Named by <time.h>'s declarations of timers. */
union sigval {
    int sival_int;
    void *sival_ptr;
};
struct sigevent {
    int sigev_notify;
    int sigev_signo;
    union sigval sigev_value;
};

typedef struct {
    int si_signo;
    int si_errno;
    int si_code;
    int si_pad;
    pid_t si_pid;
    uid_t si_uid;
    unsigned long si_rest[13];
} siginfo_t;
_Static_assert(sizeof(siginfo_t) == sizeof(struct abi_siginfo), "filled by the supervisor");

struct sigaction {
    union {
        _sig_func_ptr sa_handler;
        void (*sa_sigaction)(int signal_number, siginfo_t *info, void *context);
    };
    sigset_t sa_mask;
    int sa_flags;
};

#define SA_SIGINFO ABI_SA_SIGINFO
#define SA_RESTART ABI_SA_RESTART
#define SA_NODEFER ABI_SA_NODEFER
#define SA_RESETHAND ABI_SA_RESETHAND
#define SA_NOCLDSTOP 1
#define SI_USER ABI_SI_USER

/* Handlers are kept for signals 1 to 31; the real-time signals above have their default action, or are ignored. */
int sigaction(int signal_number, const struct sigaction *action, struct sigaction *old);

int kill(pid_t pid, int signal_number);
int killpg(pid_t group, int signal_number);
int sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sigpending(sigset_t *set);
int sigsuspend(const sigset_t *set);
int sigemptyset(sigset_t *set);
int sigfillset(sigset_t *set);
int sigaddset(sigset_t *set, int signal_number);
int sigdelset(sigset_t *set, int signal_number);
int sigismember(const sigset_t *set, int signal_number);
char *strsignal(int signal_number);
void psignal(int signal_number, const char *prefix);
