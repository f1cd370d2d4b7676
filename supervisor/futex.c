/*
 * futex: waiting for a word of user memory to change, and waking who waits.
 *
 * What is waited for is known by its key: a page of a shared entry by its object, so that tasks meet there wherever they
 * map it; any other memory, the data window too, by map and address. Who waits is in the queue that the key hashes to,
 * in the order of arrival, its key in the task itself: nothing is allocated. A key stays valid while somebody waits with
 * it: the task is in its call, so its map and what that shows stay. An object that is made smaller, or loses its name,
 * keeps its waiters: whoever maps it can wake them.
 *
 *     waits     word as expected  -> in its queue, WAITING       else -EAGAIN
 *     woken     by a wake         -> the call gives 0            by its deadline  -> -ETIMEDOUT
 *               by a signal       -> the call is done again: it looks at the word, and gives -EINTR where it would wait
 *
 * Whoever ends the wait finishes the call in the waiter's frame, so that it goes on behind the ecall.
 *
 * The word is read under the supervisor's lock: a store of the waker's before its own call is seen, or its wake finds
 * the waiter in the queue.
 *
 * Invariants (for the auditor, by these names):
 *     futex-queue    who is in a queue waits, with a key that hashes to it
 *
 * Locking: the supervisor's lock.
 */
#include "futex.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "audit.h"
#include "calls.h"
#include "cpu.h"
#include "map.h"
#include "scheduler.h"
#include "task.h"
#include "timer.h"

#define QUEUE_BITS 6
#define QUEUE_COUNT (1u << QUEUE_BITS)
#define ANY_BITS UINT32_MAX

static struct wait_queue queues[QUEUE_COUNT]; /* next NULL: never used */

static struct wait_queue *queue_of(struct futex_key key)
{
    uint64_t mixed = ((uint64_t)key.of >> 4 ^ key.offset >> 2) * 0x9e3779b97f4a7c15ull;
    struct wait_queue *queue = &queues[mixed >> (64 - QUEUE_BITS)];

    if (queue->tasks.next == NULL) {
        list_init(&queue->tasks);
    }
    return queue;
}

/* Returns 0, -EINVAL (unaligned) or -EFAULT: there is nothing that could be waited for. */
static int key_of(struct map *map, uint64_t address, uint64_t operation, struct futex_key *key)
{
    if (address % sizeof(uint32_t) != 0) {
        return -EINVAL;
    }
    if (address >= SV39_USER_END) {
        return -EFAULT;
    }
    *key = (struct futex_key){ map, address };
    if ((operation & ABI_FUTEX_PRIVATE) != 0) {
        return 0;
    }
    const struct map_entry *entry = map_find(map, address);

    if (entry != NULL && entry->sharing == MAP_ENTRY_SHARED) {
        *key = (struct futex_key){ entry->object, (entry->object_page << PAGE_SHIFT) + (address - entry->start) };
    }
    return entry != NULL || address - WINDOW_DATA_BASE < WINDOW_BYTES ? 0 : -EFAULT;
}

/* The call of @task, which waits in it, gives @result. */
static void finish(struct task *task, int64_t result)
{
    task->frame.pc += 4;
    task->frame.a0 = (uint64_t)result;
    task->deadline_ticks = 0;
    scheduler_interrupt(task);
}

static void time_out(struct timer *timer)
{
    finish(CONTAINER_OF(timer, struct task, timer), -ETIMEDOUT);
}

/* The bits that @task waits with are its call's last argument. */
static uint32_t bits_of(const struct task *task)
{
    return (task->frame.a1 & ABI_FUTEX_COMMAND_MASK) == ABI_FUTEX_WAIT_BITSET ? (uint32_t)task->frame.a5 : ANY_BITS;
}

static bool waits_for(const struct task *task, struct futex_key key)
{
    return task->futex.of == key.of && task->futex.offset == key.offset;
}

/* Wake the first @count tasks that wait for @key with any of @bits. Returns how many there were. */
static int64_t wake(struct futex_key key, int32_t count, uint32_t bits)
{
    int64_t woken = 0;

    LIST_FOR_EACH_SAFE(link, following, &queue_of(key)->tasks) {
        struct task *task = CONTAINER_OF(link, struct task, queue);

        if (woken >= count) {
            break;
        }
        if (waits_for(task, key) && (bits_of(task) & bits) != 0) {
            finish(task, 0);
            woken++;
        }
    }
    return woken;
}

/* Let the first @count tasks that wait for @from wait for @to. Returns how many there were. */
static int64_t move(struct futex_key from, struct futex_key to, int32_t count)
{
    struct list moved;
    int64_t done = 0;

    list_init(&moved);
    LIST_FOR_EACH_SAFE(link, following, &queue_of(from)->tasks) {
        struct task *task = CONTAINER_OF(link, struct task, queue);

        if (done < count && waits_for(task, from)) {
            task->futex = to;
            list_remove(link);
            list_push_back(&moved, link);
            done++;
        }
    }
    while (!list_is_empty(&moved)) {
        struct list *link = moved.next;

        list_remove(link);
        list_push_back(&queue_of(to)->tasks, link);
    }
    return done;
}

/* The word at @address as it is now, faulted in first. Returns 0 or -EFAULT. */
static int read_word_relock(struct map *map, uint64_t address, uint32_t *word)
{
    while (map_read_word(map, address, word) != 0) {
        arch_unlock();
        int error = arch_copy_in(word, uaddr(address), sizeof(*word));

        arch_lock();
        if (error) {
            return error;
        }
    }
    return 0;
}

/* @deadline is of the clock in ticks; 0: none. */
static int64_t wait_relock(uint64_t address, uint64_t operation, uint32_t expected, uint64_t deadline)
{
    struct task *task = task_current();
    uint32_t word;
    struct futex_key key;
    int error = key_of(task->map, address, operation, &key);

    task->deadline_ticks = 0;
    if (error == 0) {
        error = read_word_relock(task->map, address, &word);
    }
    if (error == 0 && word != expected) {
        error = -EAGAIN;
    }
    if (error == 0 && deadline != 0 && cpu_time() >= deadline) {
        error = -ETIMEDOUT;
    }
    if (error) {
        return error;
    }
    task->futex = key;
    if (deadline != 0) {
        task->deadline_ticks = deadline;
        timer_arm(&task->timer, deadline, time_out);
    }
    int64_t result = scheduler_wait(queue_of(key));

    return result == CALL_INTERRUPTED && deadline != 0 ? -EINTR : result;
}

/* When a wait with @timeout_at ends, 0 for never; or it goes on. Returns 0, -EFAULT or -EINVAL. */
static int deadline_of(uint64_t operation, uint64_t timeout_at, uint64_t *deadline)
{
    struct abi_timespec time;

    *deadline = task_current()->deadline_ticks;
    if (timeout_at == 0 || *deadline != 0) {
        return 0;
    }
    if (arch_copy_in(&time, uaddr(timeout_at), sizeof(time))) {
        return -EFAULT;
    }
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= 1000000000) {
        return -EINVAL;
    }
    uint64_t ticks = timer_ticks((uint64_t)time.seconds, (uint64_t)time.nanoseconds);

    *deadline = (operation & ABI_FUTEX_COMMAND_MASK) == ABI_FUTEX_WAIT ? timer_deadline(ticks) : ticks;
    *deadline = *deadline == 0 ? 1 : *deadline; /* the beginning of time is over too */
    return 0;
}

static int64_t futex_wait(uint64_t address, uint64_t operation, uint32_t expected, uint64_t timeout_at, uint32_t bits)
{
    uint64_t deadline;
    int64_t result = bits == 0 ? -EINVAL : deadline_of(operation, timeout_at, &deadline);

    if (result == 0) {
        arch_lock();
        result = wait_relock(address, operation, expected, deadline);
        scheduler_unlock();
    }
    return result;
}

static int64_t futex_wake(uint64_t address, uint64_t operation, int32_t count, uint32_t bits)
{
    struct futex_key key;

    if (bits == 0) {
        return -EINVAL;
    }
    arch_lock();
    int64_t result = key_of(task_current()->map, address, operation, &key);

    if (result == 0) {
        result = wake(key, count, bits);
    }
    scheduler_unlock();
    return result;
}

/* @expected NULL: whatever the word is. */
static int64_t requeue_relock(uint64_t address, uint64_t operation, int32_t wake_count, int32_t move_count,
                              uint64_t to_address, const uint32_t *expected)
{
    struct map *map = task_current()->map;
    struct futex_key from, to;
    uint32_t word;
    int64_t result = key_of(map, address, operation, &from);

    if (result == 0) {
        result = key_of(map, to_address, operation, &to);
    }
    if (result == 0 && expected != NULL) {
        result = read_word_relock(map, address, &word);
        result = result == 0 && word != *expected ? -EAGAIN : result;
    }
    if (result == 0) {
        result = wake(from, wake_count, ANY_BITS);
        result += move(from, to, move_count);
    }
    return result;
}

static int64_t futex_requeue(uint64_t address, uint64_t operation, int32_t wake_count, int32_t move_count,
                             uint64_t to_address, const uint32_t *expected)
{
    if (wake_count < 0 || move_count < 0) {
        return -EINVAL;
    }
    arch_lock();
    int64_t result = requeue_relock(address, operation, wake_count, move_count, to_address, expected);

    scheduler_unlock();
    return result;
}

int64_t call_futex(uint64_t address, uint64_t operation, uint64_t value, uint64_t timeout_at, uint64_t to_address,
                   uint64_t bits)
{
    const uint32_t expected = (uint32_t)bits;

    operation = (uint32_t)operation;
    if ((operation & ABI_FUTEX_CLOCK_REALTIME) != 0 && (operation & ABI_FUTEX_COMMAND_MASK) != ABI_FUTEX_WAIT_BITSET) {
        return -ENOSYS;
    }
    switch (operation & ABI_FUTEX_COMMAND_MASK) {
    case ABI_FUTEX_WAIT:
        return futex_wait(address, operation, (uint32_t)value, timeout_at, ANY_BITS);
    case ABI_FUTEX_WAIT_BITSET:
        return futex_wait(address, operation, (uint32_t)value, timeout_at, (uint32_t)bits);
    case ABI_FUTEX_WAKE:
        return futex_wake(address, operation, (int32_t)value, ANY_BITS);
    case ABI_FUTEX_WAKE_BITSET:
        return futex_wake(address, operation, (int32_t)value, (uint32_t)bits);
    case ABI_FUTEX_REQUEUE:
        return futex_requeue(address, operation, (int32_t)value, (int32_t)timeout_at, to_address, NULL);
    case ABI_FUTEX_CMP_REQUEUE:
        return futex_requeue(address, operation, (int32_t)value, (int32_t)timeout_at, to_address, &expected);
    default:
        return -ENOSYS;
    }
}

__attribute__((cold)) void futex_audit(struct audit *audit)
{
    for (unsigned i = 0; i < QUEUE_COUNT; i++) {
        const struct list *tasks = &queues[i].tasks;

        if (tasks->next == NULL || !audit_list(audit, tasks, task_count(), "futex-queue")) {
            continue;
        }
        LIST_FOR_EACH(link, tasks) {
            const struct task *task = CONTAINER_OF(link, struct task, queue);

            audit_expect(audit, task->state == TASK_WAITING && queue_of(task->futex) == &queues[i], "futex-queue",
                         (uint64_t)task->pid);
        }
    }
}
