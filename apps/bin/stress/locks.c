/*
 * Futexes on memory that tasks share: a mutex that several children take in turns, waiting that ends in time, and
 * waiting for what is no longer so.
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "raw_syscall.h"
#include "stress.h"

#define CHILDREN 3u
#define ROUNDS 20u
#define TIMEOUT_NS 200000

static struct {
    uint32_t word; /* 0 free, 1 taken, 2 taken and somebody may wait */
    uint32_t other; /* nobody wakes who waits here */
    volatile uint64_t count; /* under the mutex */
} * shared;
static uint64_t wanted_count;

static int64_t futex(uint32_t *word, uint64_t operation, uint32_t value, const struct abi_timespec *timeout)
{
    return raw_syscall6(SYS_futex, (uint64_t)word, operation, value, (uint64_t)timeout, 0, 0);
}

void locks_begin(void)
{
    int64_t start = raw_syscall6(SYS_mmap, 0, sizeof(*shared), ABI_PROT_READ | ABI_PROT_WRITE,
                                 ABI_MAP_SHARED | ABI_MAP_ANONYMOUS, UINT64_MAX, 0);

    stress_check(start > 0, "memory for a mutex");
    shared = (void *)start;
}

static void lock(void)
{
    uint32_t state = 0;

    if (__atomic_compare_exchange_n(&shared->word, &state, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return;
    }
    while (__atomic_exchange_n(&shared->word, 2, __ATOMIC_ACQUIRE) != 0) {
        int64_t result = futex(&shared->word, ABI_FUTEX_WAIT, 2, NULL);

        stress_check(result == 0 || result == -EAGAIN || result == -EINTR, "a wait for the mutex");
    }
}

static void unlock(void)
{
    if (__atomic_exchange_n(&shared->word, 0, __ATOMIC_RELEASE) == 2) {
        stress_check(futex(&shared->word, ABI_FUTEX_WAKE, 1, NULL) >= 0, "waking who waits for the mutex");
    }
}

static void count_up(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        lock();
        uint64_t count = shared->count;

        if (i % 4 == 0) {
            raw_syscall0(SYS_sched_yield); /* so that others find it taken */
        }
        shared->count = count + 1;
        unlock();
    }
}

static void count_together(void)
{
    int64_t pids[CHILDREN];

    for (unsigned i = 0; i < CHILDREN; i++) {
        pids[i] = child_fork();
        if (pids[i] == 0) {
            count_up(ROUNDS);
            child_end();
        }
        wanted_count += pids[i] > 0 ? ROUNDS : 0;
    }
    count_up(ROUNDS);
    wanted_count += ROUNDS;
    for (unsigned i = 0; i < CHILDREN; i++) {
        if (pids[i] > 0) {
            child_wait(pids[i], 0);
        }
    }
    stress_check_equal((int64_t)shared->count, (int64_t)wanted_count, "what was counted under the mutex");
}

void locks_step(void)
{
    static const struct abi_timespec timeout = { 0, TIMEOUT_NS };

    switch (stress_pick(4)) {
    case 0:
        stress_check_equal(futex(&shared->other, ABI_FUTEX_WAIT, 1, NULL), -EAGAIN, "a wait for what is not so");
        break;
    case 1:
        stress_check_equal(futex(&shared->other, ABI_FUTEX_WAIT, 0, &timeout), -ETIMEDOUT, "a wait that nobody ends");
        break;
    case 2:
        stress_check_equal(futex(&shared->other, ABI_FUTEX_WAKE, 5, NULL), 0, "waking where nobody waits");
        break;
    default:
        count_together();
    }
}
