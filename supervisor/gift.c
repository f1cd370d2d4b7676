/*
 * Open files handed from task to task: give() and take().
 *
 * A gift waits with its receiver, as one reference on the open file; so no task keeps another one, and nothing is left
 * over when the receiver ends. What is given read-only is an open file of its own, for rights are the open file's.
 *
 * Invariants
 *   gift-bound   a task has at most ABI_GIFTS_MAX gifts, and none once it has ended
 */
#include "gift.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "audit.h"
#include "calls.h"
#include "file.h"
#include "pool.h"
#include "scheduler.h"
#include "shm_files.h"
#include "task.h"

struct gift {
    struct gift *next;
    struct file *file; /* one reference */
    int32_t pid; /* who gave it */
};

static struct pool pool = POOL("gift", struct gift);
/* Tasks that wait for any gift. */
static struct wait_queue takers = WAIT_QUEUE(takers);

static void drop_first(struct task *task)
{
    struct gift *gift = task->gifts;

    task->gifts = gift->next;
    pool_free(&pool, gift);
}

void gift_drop_all(struct task *task)
{
    while (task->gifts != NULL) {
        file_put(task->gifts->file);
        drop_first(task);
    }
}

__attribute__((cold)) uint64_t gift_audit(const struct task *task, struct audit *audit,
                                          bool (*visit)(struct file *file, struct audit *audit))
{
    uint64_t files = 0, gifts = 0;

    for (const struct gift *gift = task->gifts; gift != NULL && gifts <= ABI_GIFTS_MAX; gift = gift->next) {
        files += visit(gift->file, audit);
        gifts++;
    }
    audit_expect(audit, gifts <= ABI_GIFTS_MAX && (gifts == 0 || task->state != TASK_ENDED), "gift-bound", gifts);
    return files;
}

/* What the receiver is to have, with one reference. */
static int file_to_give(struct file *file, uint64_t flags, struct file **out)
{
    *out = file;
    if ((flags & ABI_GIVE_READ_ONLY) == 0 || !file->writable) {
        file_get(file);
        return 0;
    }
    if (!file->readable) {
        return -EACCES;
    }
    if (!shm_files_is(file)) {
        return -EINVAL;
    }
    *out = shm_files_open_read_only(file);
    return *out == NULL ? -ENOMEM : 0;
}

/* Consumes the reference on @file when it is 0. */
static int append(struct task *receiver, struct file *file)
{
    struct gift **link = &receiver->gifts, *gift;
    uint32_t count = 0;

    for (; *link != NULL; link = &(*link)->next) {
        count++;
    }
    if (count == ABI_GIFTS_MAX) {
        return -EAGAIN;
    }
    gift = pool_alloc(&pool);
    if (gift == NULL) {
        return -ENOMEM;
    }
    *gift = (struct gift){ .file = file, .pid = task_current()->pid };
    *link = gift;
    return 0;
}

static int give(int32_t pid, uint64_t descriptor, uint64_t flags)
{
    struct file *file = task_file(descriptor), *given;
    struct task *receiver = task_find(pid);

    if (file == NULL) {
        return -EBADF;
    }
    if (receiver == NULL || receiver->state == TASK_ENDED) {
        return -ESRCH;
    }
    int error = file_to_give(file, flags, &given);

    if (error) {
        return error;
    }
    error = append(receiver, given);
    if (error) {
        file_put(given);
    } else {
        scheduler_wake_all(&takers);
    }
    return error;
}

int64_t call_give(uint64_t pid, uint64_t descriptor, uint64_t flags, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    if ((flags & ~(uint64_t)ABI_GIVE_READ_ONLY) != 0) {
        return -EINVAL;
    }
    arch_lock();
    int error = give((int32_t)pid, descriptor, flags);

    scheduler_unlock();
    return error;
}

/* The oldest gift becomes a descriptor. Nobody else takes a task's gifts, so it is still the oldest in the end. */
static int64_t take_relock(struct task *task, uint64_t to, uint64_t flags)
{
    int32_t pid = task->gifts->pid;
    int number = descriptors_put(&task->descriptors, task->gifts->file, 0, descriptors_on_exec_of(flags));

    if (number >= 0 && to != 0) {
        arch_unlock();
        int error = arch_copy_out(uaddr(to), &pid, sizeof(pid));

        arch_lock();
        if (error) {
            descriptors_take(&task->descriptors, (uint32_t)number);
            return error;
        }
    }
    if (number >= 0) {
        drop_first(task);
    }
    return number;
}

int64_t call_take(uint64_t to, uint64_t flags, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    int64_t result;

    CALL_UNUSED(a2, a3, a4, a5);
    if ((flags & ~(uint64_t)(ABI_O_CLOEXEC | ABI_O_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    arch_lock();
    if (task->gifts != NULL) {
        result = take_relock(task, to, flags);
    } else {
        result = (flags & ABI_O_NONBLOCK) != 0 ? -EAGAIN : scheduler_wait(&takers);
    }
    scheduler_unlock();
    return result;
}
