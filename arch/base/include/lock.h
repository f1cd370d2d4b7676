#pragma once

#include "types.h"

/*
 * Spin locks. A hart that holds one has its interrupts off; who waits for one spins, in turn with others who wait.
 *
 * The order, which this is the one place for: a hart may take a lock only while all that it holds have a lower rank.
 *
 *     LOCK_TERMINAL     the console's line discipline (supervisor/console_file.c)
 *     LOCK_SUPERVISOR   everything else in mm, shared and supervisor: tasks, queues, maps, frames, files
 *     LOCK_INPUT        what the console has received (platform/console.c)
 *     LOCK_LOG          the log's ring (arch/base/log.c)
 *     LOCK_CONSOLE      the console's UART (platform/console.c): a line that is printed stays whole
 *
 * The supervisor's lock is held for short only: no user memory is touched under it, no page zeroed, copied or hashed,
 * and nothing printed. A function that drops it and takes it again says so in its name (_relock): what its caller has
 * looked at under the lock may have changed, but for
 *   - the running task, its descriptors and its map, which no other hart changes;
 *   - a task or map in the making, which nobody else knows yet;
 *   - a region that is being loaded into, where other loads wait (shared/region_load.c).
 *
 * A debug build checks all this: the order, that no lock is taken twice, and who holds one for too long.
 */
enum lock_rank { LOCK_TERMINAL, LOCK_SUPERVISOR, LOCK_INPUT, LOCK_LOG, LOCK_CONSOLE };

struct lock {
    uint32_t is_held;
    uint32_t next_ticket; /* of those who wait: taken by adding 1 */
    uint32_t serving; /* the ticket whose turn it is */
    uint8_t rank; /* enum lock_rank */
    /* In a debug build, for the checks. */
    const void *holder; /* the hart, or NULL */
    const void *caller; /* where it was taken */
};

#define LOCK(lock_rank) \
    { \
        .rank = (lock_rank) \
    }

/* The supervisor's: see arch_lock(). */
extern struct lock supervisor_lock;

/* What the checks know of each hart: a bit for each rank that it holds. Given by arch. */
struct lock_holder {
    uint32_t held;
};
struct lock_holder *lock_this_holder(void);

/* Out of line: somebody holds it; and the checks. */
void lock_wait(struct lock *lock);
void lock_check_order(const struct lock *lock, const void *caller);
void lock_note_acquired(struct lock *lock, const void *caller);
void lock_note_released(struct lock *lock);
void lock_assert_held(const struct lock *lock);
void lock_assert_not_held(const struct lock *lock);

static inline void lock_acquire(struct lock *lock)
{
    if (CONFIG_DEBUG) {
        lock_check_order(lock, __builtin_return_address(0));
    }
    if (__builtin_expect(__atomic_exchange_n(&lock->is_held, 1, __ATOMIC_ACQUIRE) != 0, 0)) {
        lock_wait(lock);
    }
    if (CONFIG_DEBUG) {
        lock_note_acquired(lock, __builtin_return_address(0));
    }
}

static inline void lock_release(struct lock *lock)
{
    if (CONFIG_DEBUG) {
        lock_note_released(lock);
    }
    __atomic_store_n(&lock->is_held, 0, __ATOMIC_RELEASE);
}

/*
 * For a panic, which must be heard whoever holds the lock: take it, or give up after a while and go on without.
 */
void lock_acquire_or_break(struct lock *lock);
