/*
 * Spin locks: waiting, and the checks of a debug build.
 *
 *     free  --exchange-->  held  --store-->  free
 *
 * Taking a free lock is one exchange. Who finds it held takes a ticket, and only the one whose turn it is tries the
 * exchange again: so those who wait are served in the order in which they came, and a newcomer can overtake one of
 * them only in the moment when the lock changes hands.
 *
 * Invariant (a debug build): a holder's `held` has a bit for each lock whose `holder` it is.
 */
#include "lock.h"

#include "panic.h"

/* Turns of a waiting loop: some seconds, on any machine. */
#define TURNS_MAX (1ull << 31)
#define TURNS_OF_A_PANIC (1ull << 24)

struct lock supervisor_lock = LOCK(LOCK_SUPERVISOR);

/* A hint that this is a waiting loop (Zihintpause: a fence that orders nothing). */
static inline void pause_turn(void)
{
#ifdef __riscv
    __asm__ volatile(".word 0x0100000f");
#endif
}

static bool try_acquire(struct lock *lock)
{
    return __atomic_load_n(&lock->is_held, __ATOMIC_RELAXED) == 0 &&
           __atomic_exchange_n(&lock->is_held, 1, __ATOMIC_ACQUIRE) == 0;
}

_Noreturn static void panic_about_holder(const struct lock *lock)
{
    panic("a lock of rank %u is not given free: holder %p, taken at %p", lock->rank, lock->holder, lock->caller);
}

void lock_wait(struct lock *lock)
{
    uint32_t ticket = __atomic_fetch_add(&lock->next_ticket, 1, __ATOMIC_RELAXED);
    uint64_t turns = 0;

    while (__atomic_load_n(&lock->serving, __ATOMIC_RELAXED) != ticket || !try_acquire(lock)) {
        pause_turn();
        if (CONFIG_DEBUG && ++turns == TURNS_MAX) {
            panic_about_holder(lock);
        }
    }
    __atomic_store_n(&lock->serving, ticket + 1, __ATOMIC_RELAXED);
}

void lock_acquire_or_break(struct lock *lock)
{
    for (uint64_t turns = 0; turns < TURNS_OF_A_PANIC && !try_acquire(lock); turns++) {
        pause_turn();
    }
}

void lock_check_order(const struct lock *lock, const void *caller)
{
    if (lock->holder == lock_this_holder()) {
        panic("a lock of rank %u is taken twice: at %p, again at %p", lock->rank, lock->caller, caller);
    }
    if (lock_this_holder()->held >> lock->rank != 0) {
        panic("a lock of rank %u is taken at %p while those of ranks 0x%x are held: out of order", lock->rank, caller,
              lock_this_holder()->held);
    }
}

void lock_note_acquired(struct lock *lock, const void *caller)
{
    lock->holder = lock_this_holder();
    lock->caller = caller;
    lock_this_holder()->held |= 1u << lock->rank;
}

void lock_note_released(struct lock *lock)
{
    lock_assert_held(lock);
    lock->holder = NULL;
    lock_this_holder()->held &= ~(1u << lock->rank);
}

void lock_assert_held(const struct lock *lock)
{
    if (lock->holder != lock_this_holder()) {
        panic("a lock of rank %u is needed here, and not held: holder %p, taken at %p", lock->rank, lock->holder,
              lock->caller);
    }
}

void lock_assert_not_held(const struct lock *lock)
{
    if (lock->holder == lock_this_holder()) {
        panic("a lock of rank %u, taken at %p, is held where nothing slow may be done", lock->rank, lock->caller);
    }
}
