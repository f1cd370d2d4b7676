/*
 * Signals that the program sends to itself: each is handled once, at once or when it is no longer blocked.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "stress.h"

static volatile sig_atomic_t handled;
static int wanted;

static void count(int signal_number)
{
    (void)signal_number;
    handled++;
}

void signals_begin(void)
{
    struct sigaction action = { .sa_handler = count };

    stress_check_equal(sigaction(SIGUSR1, &action, NULL), 0, "sigaction");
}

static void send(void)
{
    stress_check_equal(kill(getpid(), SIGUSR1), 0, "a signal to oneself");
}

void signals_step(void)
{
    sigset_t set, pending;

    if (stress_pick(2) == 0) {
        send();
        stress_check_equal(handled, ++wanted, "a signal is handled at once");
        return;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    stress_check_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0, "sigprocmask");
    send();
    send();
    stress_check_equal(handled, wanted, "a signal that is blocked");
    stress_check_equal(sigpending(&pending), 0, "sigpending");
    stress_check(sigismember(&pending, SIGUSR1) == 1, "a signal that is blocked is pending");
    stress_check_equal(sigprocmask(SIG_UNBLOCK, &set, NULL), 0, "sigprocmask");
    stress_check_equal(handled, ++wanted, "a signal that was blocked is handled once");
}
