/* arch/base/lock.c: locks count exactly, are fair, and a debug build checks how they are used. */
#include "lock.h"

#include <pthread.h>
#include <unistd.h>

#include "check.h"

#define THREADS 4
#define TURNS 100000

static _Thread_local struct lock_holder holder;

struct lock_holder *lock_this_holder(void)
{
    return &holder;
}

static struct lock first = LOCK(LOCK_TERMINAL), second = LOCK(LOCK_SUPERVISOR), last = LOCK(LOCK_CONSOLE);

TEST(ancestor_d39_a_lock_of_lower_rank_is_not_taken_after_one_of_higher_rank)
{
    lock_acquire(&second);
    CHECK_PANICS(lock_acquire(&first), "out of order");
    lock_acquire(&last);
    CHECK_PANICS(lock_acquire(&first), "out of order");
    lock_release(&second);
    CHECK_PANICS(lock_acquire(&second), "out of order");
    lock_release(&last);
    lock_acquire(&first);
    lock_acquire(&second);
    lock_acquire(&last);
    CHECK_EQUAL(holder.held, 1 << LOCK_TERMINAL | 1 << LOCK_SUPERVISOR | 1 << LOCK_CONSOLE);
    lock_release(&last);
    lock_release(&second);
    lock_release(&first);
    CHECK_EQUAL(holder.held, 0);
}

TEST(ancestor_d39_two_locks_of_one_rank_are_not_held_together)
{
    struct lock twin = LOCK(LOCK_SUPERVISOR);

    lock_acquire(&second);
    CHECK_PANICS(lock_acquire(&twin), "out of order");
    lock_release(&second);
}

TEST(ancestor_d39_a_lock_is_not_taken_twice)
{
    lock_acquire(&second);
    CHECK_PANICS(lock_acquire(&second), "is taken twice");
    lock_release(&second);
    lock_acquire(&second);
    lock_release(&second);
}

TEST(ancestor_d39_a_lock_that_is_not_held_is_not_released)
{
    CHECK_PANICS(lock_release(&second), "is needed here, and not held");
}

TEST(ancestor_d39_what_needs_the_lock_is_not_done_without_it)
{
    CHECK_PANICS(lock_assert_held(&second), "is needed here, and not held");
    lock_acquire(&second);
    lock_assert_held(&second);
    lock_release(&second);
}

TEST(ancestor_d39_what_is_slow_is_not_done_under_the_lock)
{
    lock_assert_not_held(&second);
    lock_acquire(&second);
    CHECK_PANICS(lock_assert_not_held(&second), "is held where nothing slow may be done");
    lock_release(&second);
    lock_assert_not_held(&second);
}

static void *hold_shortly(void *context)
{
    lock_acquire(&second);
    __atomic_store_n((bool *)context, true, __ATOMIC_RELEASE);
    usleep(100000);
    lock_release(&second);
    return NULL;
}

TEST(ancestor_d39_a_lock_that_another_hart_holds_is_not_ours)
{
    bool is_held = false;
    pthread_t thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, hold_shortly, &is_held), 0);
    while (!__atomic_load_n(&is_held, __ATOMIC_ACQUIRE)) {
    }
    lock_assert_not_held(&second);
    lock_acquire(&second);
    lock_assert_held(&second);
    lock_release(&second);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

static uint64_t total;

static void *count(void *context)
{
    for (unsigned i = 0; i < TURNS; i++) {
        lock_acquire(&second);
        total++;
        lock_release(&second);
    }
    return context;
}

TEST(ancestor_d39_four_harts_count_exactly)
{
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, count, NULL), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    }
    CHECK_EQUAL(total, (uint64_t)THREADS * TURNS);
    CHECK_EQUAL(second.is_held, 0);
    CHECK_EQUAL(second.next_ticket, second.serving);
}

static unsigned served[THREADS], served_count;

static void *queue(void *context)
{
    lock_acquire(&second);
    served[served_count++] = *(unsigned *)context;
    lock_release(&second);
    return NULL;
}

TEST(ancestor_d39_who_waits_is_served_in_the_order_of_coming)
{
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];

    lock_acquire(&second);
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK_EQUAL(pthread_create(&threads[i], NULL, queue, &numbers[i]), 0);
        while (__atomic_load_n(&second.next_ticket, __ATOMIC_RELAXED) != i + 1) {
            usleep(1000);
        }
    }
    lock_release(&second);
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_EQUAL(served[i], i);
    }
}

TEST(ancestor_d39_a_panic_takes_a_free_lock_and_gives_up_on_a_held_one)
{
    lock_acquire_or_break(&last);
    CHECK_EQUAL(last.is_held, 1);
    lock_acquire_or_break(&last);
    CHECK_EQUAL(last.is_held, 1);
    CHECK_EQUAL(last.next_ticket, 0);
}
