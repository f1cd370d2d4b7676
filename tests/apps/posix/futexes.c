/*
 * futexes: a wait ends by a wake, in order, by its time or by a signal; and it never misses one.
 *
 *     futexes           all of it; Linux prints the same
 *     futexes lock N    four tasks that take a lock N times each
 */
#include "posix.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096
#define TASKS 4

static uint32_t *shared;
static uint32_t data_word = 5; /* in the program's data */
static volatile sig_atomic_t handled;

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
    return syscall(SYS_futex, word, operation, value, timeout, 0, FUTEX_BITSET_MATCH_ANY);
}

static void count_signal(int signal_number)
{
    (void)signal_number;
    handled = handled + 1;
}

static uint32_t load(uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* --- Times */

static void try_times(void)
{
    const struct timespec span = { 0, 20 * MILLISECOND };
    long long start = now();

    expect_error("a_wait_ends_in_time", futex(shared, FUTEX_WAIT, 0, &span), ETIMEDOUT);
    expect_true("not_before", now() - start >= span.tv_nsec);
    long long end = now() + 20 * MILLISECOND;
    const struct timespec until = { end / 1000000000, (long)(end % 1000000000) };

    expect_error("a_wait_ends_at_a_time", futex(shared, FUTEX_WAIT_BITSET, 0, &until), ETIMEDOUT);
    expect_true("not_before_it", now() >= end);
    expect_error("one_that_is_over_is_no_wait", futex(shared, FUTEX_WAIT_BITSET, 0, &until), ETIMEDOUT);
    expect_error("another_value_is_no_wait", futex(&data_word, FUTEX_WAIT_PRIVATE, 4, &span), EAGAIN);
    expect_error("private_memory_can_be_waited_for", futex(&data_word, FUTEX_WAIT_PRIVATE, 5, &span), ETIMEDOUT);
}

/* --- Waking */

/* Start a task that waits for @word, and gives @status when it was woken. */
static pid_t start_waiter(uint32_t *word, uint32_t bits, int status)
{
    uint32_t *ready = shared + 100;
    pid_t pid;

    store(ready, 0);
    pid = fork();
    if (pid == 0) {
        store(ready, 1);
        long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET, 0, NULL, 0, bits);

        shared[200 + __atomic_fetch_add(&shared[199], 1, __ATOMIC_ACQ_REL)] = (uint32_t)status;
        _exit(result == 0 ? status : 1);
    }
    while (load(ready) == 0) {
        sched_yield();
    }
    nap(20 * MILLISECOND); /* it waits by then */
    return pid;
}

static void try_wakes(void)
{
    pid_t pids[3];

    shared[199] = 0;
    for (int i = 0; i < 3; i++) {
        pids[i] = start_waiter(&shared[1], FUTEX_BITSET_MATCH_ANY, 11 + i);
    }
    expect("nobody_waits_for_the_word_beside", futex(&shared[2], FUTEX_WAKE, 9, NULL), 0);
    expect("one_is_woken", futex(&shared[1], FUTEX_WAKE, 1, NULL), 1);
    expect("the_first_one", status_of(pids[0]), 11);
    expect("the_others_are_woken", futex(&shared[1], FUTEX_WAKE, 9, NULL), 2);
    expect("the_second_one", status_of(pids[1]), 12);
    expect("the_third_one", status_of(pids[2]), 13);
    expect("nobody_is_left", futex(&shared[1], FUTEX_WAKE, 9, NULL), 0);

    pids[0] = start_waiter(&shared[1], 1, 21);
    pids[1] = start_waiter(&shared[1], 6, 22);
    expect("bits_choose", syscall(SYS_futex, &shared[1], FUTEX_WAKE_BITSET, 9, 0, 0, 2), 1);
    expect("who_has_one_of_them", status_of(pids[1]), 22);
    expect("and_no_other", syscall(SYS_futex, &shared[1], FUTEX_WAKE_BITSET, 9, 0, 0, 8), 0);
    expect("until_it_is_meant", syscall(SYS_futex, &shared[1], FUTEX_WAKE_BITSET, 9, 0, 0, 1), 1);
    expect("then_it_goes_on", status_of(pids[0]), 21);

    for (int i = 0; i < 3; i++) {
        pids[i] = start_waiter(&shared[1], FUTEX_BITSET_MATCH_ANY, 31 + i);
    }
    expect_error("no_one_is_moved_when_the_value_is_another",
                 syscall(SYS_futex, &shared[1], FUTEX_CMP_REQUEUE, 1, 9, &shared[3], 7), EAGAIN);
    expect("one_is_woken_and_two_are_moved", syscall(SYS_futex, &shared[1], FUTEX_CMP_REQUEUE, 1, 9, &shared[3], 0), 3);
    expect("the_first_one_goes_on", status_of(pids[0]), 31);
    expect("the_others_are_there_no_more", futex(&shared[1], FUTEX_WAKE, 9, NULL), 0);
    expect("but_where_they_were_moved", futex(&shared[3], FUTEX_WAKE, 9, NULL), 2);
    expect_true("in_order", status_of(pids[1]) == 32 && status_of(pids[2]) == 33);

    /* The same page at another address is the same word. */
    pids[0] = start_waiter(&shared[1], FUTEX_BITSET_MATCH_ANY, 41);
    expect("private_wakes_find_nobody_of_another_task", futex(&shared[1], FUTEX_WAKE_PRIVATE, 9, NULL), 0);
    expect("one_of_shared_memory_does", futex(&shared[1], FUTEX_WAKE, 9, NULL), 1);
    expect("which_goes_on", status_of(pids[0]), 41);
    pids[0] = start_waiter(&shared[1], FUTEX_BITSET_MATCH_ANY, 51);
    kill(pids[0], SIGKILL);
    expect("who_waits_can_be_killed", status_of(pids[0]), 128 + SIGKILL);
    expect("and_is_woken_no_more", futex(&shared[1], FUTEX_WAKE, 9, NULL), 0);
}

/* --- Signals */

static void try_signals(void)
{
    struct sigaction action = { .sa_handler = count_signal };
    pid_t parent = getpid(), pid;

    sigaction(SIGUSR1, &action, NULL);
    pid = fork();
    if (pid == 0) {
        nap(20 * MILLISECOND);
        kill(parent, SIGUSR1);
        _exit(0);
    }
    expect_error("a_handler_ends_a_wait", futex(&shared[4], FUTEX_WAIT, 0, NULL), EINTR);
    expect("after_it_ran", handled, 1);
    status_of(pid);
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, NULL);
    pid = fork();
    if (pid == 0) {
        nap(20 * MILLISECOND);
        kill(parent, SIGUSR1);
        nap(500 * MILLISECOND); /* the handler has run, and the wait goes on, where every call is audited too */
        store(&shared[4], 1);
        _exit(futex(&shared[4], FUTEX_WAKE, 1, NULL) == 1 ? 61 : 1);
    }
    expect("with_sa_restart_it_goes_on", futex(&shared[4], FUTEX_WAIT, 0, NULL), 0);
    expect("and_is_woken", status_of(pid), 61);
    expect("after_the_handler", handled, 2);
}

/* --- Together */

static void lock(uint32_t *word)
{
    uint32_t seen = 0;

    if (__atomic_compare_exchange_n(word, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return;
    }
    while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0) {
        futex(word, FUTEX_WAIT, 2, NULL);
    }
}

static void unlock(uint32_t *word)
{
    if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2) {
        futex(word, FUTEX_WAKE, 1, NULL);
    }
}

static void try_lock(uint32_t count)
{
    pid_t pids[TASKS];
    int failed = 0;

    shared[64] = shared[65] = 0;
    for (int i = 0; i < TASKS; i++) {
        if ((pids[i] = fork()) == 0) {
            for (uint32_t round = 0; round < count; round++) {
                lock(&shared[64]);
                uint32_t value = shared[65];

                if (round % 8 == 0) {
                    sched_yield();
                }
                shared[65] = value + 1;
                unlock(&shared[64]);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < TASKS; i++) {
        failed += status_of(pids[i]) != 0;
    }
    expect("lock_all_end", failed, 0);
    expect("lock_nobody_is_in_at_the_same_time", shared[65], TASKS * (long long)count);
}

static void try_ping_pong(void)
{
    uint32_t *ping = &shared[80], *pong = &shared[90];
    pid_t pid = fork();

    for (uint32_t round = 1; pid == 0 && round <= 500; round++) {
        while (load(ping) != round) {
            futex(ping, FUTEX_WAIT, round - 1, NULL);
        }
        store(pong, round);
        futex(pong, FUTEX_WAKE, 1, NULL);
    }
    if (pid == 0) {
        _exit(71);
    }
    for (uint32_t round = 1; round <= 500; round++) {
        store(ping, round);
        futex(ping, FUTEX_WAKE, 1, NULL);
        while (load(pong) != round) {
            futex(pong, FUTEX_WAIT, round - 1, NULL);
        }
    }
    expect("two_take_turns", status_of(pid), 71);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (argc == 3) {
        try_lock((uint32_t)atoi(argv[2]));
        return 0;
    }
    try_times();
    try_wakes();
    try_signals();
    try_ping_pong();
    try_lock(200);
    return 0;
}
