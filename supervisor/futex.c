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

#define QUEUE_COUNT 64u
#define ANY_BITS UINT32_MAX

static struct wait_queue queues[QUEUE_COUNT];

static struct wait_queue *queue_of(struct futex_key key)
{
    return &queues[(((uint64_t)key.of >> 6) + (key.offset >> 2)) % QUEUE_COUNT];
}

/* Returns 0, -EINVAL (unaligned) or -EFAULT: there is nothing that could be waited for. */
static inline int key_of(struct map *map, uint64_t address, uint32_t operation, struct futex_key *key)
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
static inline int64_t wake(struct futex_key key, int32_t count, uint32_t bits)
{
    struct list *tasks = &queue_of(key)->tasks;
    int64_t woken = 0;

    LIST_FOR_EACH_SAFE(link, following, tasks) {
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

/* The word at @address, where it had to be faulted in. Returns it or -EFAULT. */
__attribute__((noinline)) static int64_t read_missing_word_relock(uint64_t address)
{
    int64_t word;

    do {
        uint32_t old;

        arch_unlock();
        int error = arch_copy_in(&old, uaddr(address), sizeof(old));

        arch_lock();
        if (error) {
            return error;
        }
        word = cpu_peek_word(uaddr(address));
    } while (word < 0);
    return word;
}

/* The word at @address as it is now. Returns it or -EFAULT. */
static inline int64_t read_word_relock(uint64_t address)
{
    int64_t word = cpu_peek_word(uaddr(address));

    return word < 0 ? read_missing_word_relock(address) : word;
}

/* The current task waits in @queue, for its deadline too. */
__attribute__((noinline)) static int64_t wait_with_deadline(struct wait_queue *queue)
{
    struct task *task = task_current();

    if (cpu_time() >= task->deadline_ticks) {
        task->deadline_ticks = 0;
        return -ETIMEDOUT;
    }
    timer_arm(&task->timer, task->deadline_ticks, time_out);
    int64_t result = scheduler_wait(queue);

    return result == CALL_INTERRUPTED ? -EINTR : result;
}

static inline int64_t wait_relock(uint64_t address, uint32_t operation, uint32_t expected)
{
    struct task *task = task_current();
    int64_t word = key_of(task->map, address, operation, &task->futex);

    if (word == 0) {
        word = read_word_relock(address);
    }
    if (word != expected) {
        task->deadline_ticks = 0;
        return word < 0 ? word : -EAGAIN;
    }
    struct wait_queue *queue = queue_of(task->futex);

    return task->deadline_ticks == 0 ? scheduler_wait(queue) : wait_with_deadline(queue);
}

/* The call's deadline, but where a wait goes on that has one. Returns 0, -EFAULT or -EINVAL. */
__attribute__((noinline)) static int set_deadline(uint32_t operation, uint64_t timeout_at)
{
    struct task *task = task_current();
    struct abi_timespec time;

    if (task->deadline_ticks != 0) {
        return 0;
    }
    if (arch_copy_in(&time, uaddr(timeout_at), sizeof(time))) {
        return -EFAULT;
    }
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= 1000000000) {
        return -EINVAL;
    }
    uint64_t ticks = timer_ticks((uint64_t)time.seconds, (uint64_t)time.nanoseconds);

    ticks = (operation & ABI_FUTEX_COMMAND_MASK) == ABI_FUTEX_WAIT ? timer_deadline(ticks) : ticks;
    task->deadline_ticks = ticks == 0 ? 1 : ticks; /* the beginning of time is over too */
    return 0;
}

static int64_t futex_wait(uint64_t address, uint32_t operation, uint32_t expected, uint64_t timeout_at)
{
    int64_t result = timeout_at == 0 ? 0 : set_deadline(operation, timeout_at);

    if (result == 0) {
        arch_lock();
        result = wait_relock(address, operation, expected);
        scheduler_unlock();
    }
    return result;
}

static int64_t futex_wake(uint64_t address, uint32_t operation, int32_t count, uint32_t bits)
{
    struct futex_key key;

    arch_lock();
    int64_t result = key_of(task_current()->map, address, operation, &key);

    if (result == 0) {
        result = wake(key, count, bits);
    }
    scheduler_unlock();
    return result;
}

/* With CMP_REQUEUE only if the word is as expected. */
__attribute__((cold)) static int64_t requeue_relock(uint64_t address, uint32_t operation, int32_t wake_count,
                                                    int32_t move_count, uint64_t to_address, uint32_t expected)
{
    struct map *map = task_current()->map;
    struct futex_key from, to;
    int64_t result = key_of(map, address, operation, &from);

    if (result == 0) {
        result = key_of(map, to_address, operation, &to);
    }
    if (result == 0 && (operation & ABI_FUTEX_COMMAND_MASK) == ABI_FUTEX_CMP_REQUEUE) {
        int64_t word = read_word_relock(address);

        result = word < 0 ? word : word != expected ? -EAGAIN : 0;
    }
    if (result == 0) {
        result = wake(from, wake_count, ANY_BITS);
        result += move(from, to, move_count);
    }
    return result;
}

__attribute__((cold, noinline)) static int64_t futex_requeue(uint64_t address, uint32_t operation, int32_t wake_count,
                                                             int32_t move_count, uint64_t to_address, uint32_t expected)
{
    if (wake_count < 0 || move_count < 0) {
        return -EINVAL;
    }
    arch_lock();
    int64_t result = requeue_relock(address, operation, wake_count, move_count, to_address, expected);

    scheduler_unlock();
    return result;
}

/* What is not plain WAIT or WAKE: apart, so that those save few registers. */
__attribute__((noinline)) static int64_t futex_rarer(uint64_t address, uint32_t operation, uint64_t value,
                                                     uint64_t timeout_at, uint64_t to_address, uint32_t bits)
{
    uint32_t command = operation & ABI_FUTEX_COMMAND_MASK;

    if ((operation & ABI_FUTEX_CLOCK_REALTIME) != 0 && command != ABI_FUTEX_WAIT_BITSET) {
        return -ENOSYS;
    }
    switch (command) {
    case ABI_FUTEX_WAIT_BITSET:
        return bits == 0 ? -EINVAL : futex_wait(address, operation, (uint32_t)value, timeout_at);
    case ABI_FUTEX_WAKE_BITSET:
        return bits == 0 ? -EINVAL : futex_wake(address, operation, (int32_t)value, bits);
    case ABI_FUTEX_REQUEUE:
    case ABI_FUTEX_CMP_REQUEUE:
        return futex_requeue(address, operation, (int32_t)value, (int32_t)timeout_at, to_address, bits);
    default:
        return -ENOSYS;
    }
}

__attribute__((cold)) void futex_audit(struct audit *audit)
{
    for (unsigned i = 0; i < QUEUE_COUNT; i++) {
        const struct list *tasks = &queues[i].tasks;

        if (!audit_list(audit, tasks, task_count(), "futex-queue")) {
            continue;
        }
        LIST_FOR_EACH(link, tasks) {
            const struct task *task = CONTAINER_OF(link, struct task, queue);

            audit_expect(audit, task->state == TASK_WAITING && queue_of(task->futex) == &queues[i], "futex-queue",
                         (uint64_t)task->pid);
        }
    }
}

int64_t call_futex(uint64_t address, uint64_t a1, uint64_t value, uint64_t timeout_at, uint64_t to_address,
                   uint64_t bits)
{
    uint32_t operation = (uint32_t)a1;

    switch (operation & ~ABI_FUTEX_PRIVATE) {
    case ABI_FUTEX_WAIT:
        return futex_wait(address, operation, (uint32_t)value, timeout_at);
    case ABI_FUTEX_WAKE:
        return futex_wake(address, operation, (int32_t)value, ANY_BITS);
    default:
        return futex_rarer(address, operation, value, timeout_at, to_address, (uint32_t)bits);
    }
}

void futex_init(void)
{
    for (uint32_t i = 0; i < QUEUE_COUNT; i++) {
        list_init(&queues[i].tasks);
    }
}
