/*
 * Limits of groups of tasks, as the calls see them: accounts, made by spawn, asked for by `limits` and prlimit64, and
 * lowered by prlimit64. RLIMIT_NOFILE alone is a task's own, as in Linux.
 *
 * Locking: the supervisor's lock.
 */
#include "limits.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "task.h"

#include <stddef.h>

/* Where a limit is in the calls' structure. */
static const uint8_t offsets[ACCOUNT_RESOURCES] = {
    [ACCOUNT_FRAMES] = offsetof(struct abi_limits, frames),
    [ACCOUNT_ENTRIES] = offsetof(struct abi_limits, entries),
    [ACCOUNT_DESCRIPTORS] = offsetof(struct abi_limits, descriptors),
    [ACCOUNT_NAMES] = offsetof(struct abi_limits, names),
    [ACCOUNT_TASKS] = offsetof(struct abi_limits, tasks),
    [ACCOUNT_RECORDS] = offsetof(struct abi_limits, records),
};

static uint64_t *field_of(struct abi_limits *limits, unsigned resource)
{
    return (uint64_t *)((char *)limits + offsets[resource]);
}

static bool is_limit(uint64_t value)
{
    return value < ACCOUNT_UNLIMITED || value == ABI_NO_LIMIT;
}

int limits_create_account(struct account *maker, const struct abi_limits *limits, struct account **out)
{
    struct account_limits wanted = { .guarantee = limits->guarantee };
    struct abi_limits copy = *limits;

    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        uint64_t value = *field_of(&copy, i);

        if (!is_limit(value)) {
            return -EINVAL;
        }
        wanted.of[i] = value == ABI_NO_LIMIT ? ACCOUNT_UNLIMITED : value;
    }
    return limits->guarantee < ACCOUNT_UNLIMITED ? account_create_within(maker, &wanted, out) : -EINVAL;
}

void limits_describe(const struct account *account, struct abi_group *group)
{
    uint64_t frames = account->uses[ACCOUNT_FRAMES].used;

    *group = (struct abi_group){
        .id = account->id,
        .maker = account->maker == NULL ? 0 : account->maker->id,
        .leader = account->leader,
        .limits.guarantee = account->guarantee,
        .used.guarantee = account->guarantee > frames ? account->guarantee - frames : 0,
    };
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        const struct account_use *use = &account->uses[i];

        *field_of(&group->limits, i) = use->limit == ACCOUNT_UNLIMITED ? ABI_NO_LIMIT : use->limit;
        *field_of(&group->used, i) = use->used;
        *field_of(&group->given, i) = (uint64_t)((int64_t)use->limit - use->bound);
    }
}

/* A resource of the group's that one of Linux's limits stands for. */
struct group_limit {
    enum account_resource resource;
    uint64_t unit; /* of Linux's limit */
};

static bool find_group_limit(uint32_t resource, struct group_limit *limit)
{
    switch (resource) {
    case ABI_RLIMIT_RSS:
        *limit = (struct group_limit){ ACCOUNT_FRAMES, PAGE_SIZE };
        return true;
    case ABI_RLIMIT_NPROC:
        *limit = (struct group_limit){ ACCOUNT_TASKS, 1 };
        return true;
    default:
        return false;
    }
}

static uint64_t current_limit(const struct task *task, uint32_t resource)
{
    struct group_limit group;

    if (find_group_limit(resource, &group)) {
        uint64_t limit = task->account->uses[group.resource].limit;

        return limit > ACCOUNT_UNLIMITED / group.unit ? ABI_RLIM_INFINITY : limit * group.unit;
    }
    switch (resource) {
    case ABI_RLIMIT_STACK:
        return MAP_STACK_BYTES;
    case ABI_RLIMIT_NOFILE:
        return task->descriptors.limit;
    default:
        return ABI_RLIM_INFINITY;
    }
}

/* @limit is lower than it is now. */
static int lower(struct task *task, uint32_t resource, uint64_t limit)
{
    struct group_limit group;

    if (task != task_current()) {
        return -EPERM;
    }
    if (resource == ABI_RLIMIT_NOFILE) {
        task->descriptors.limit = (uint16_t)limit;
        return 0;
    }
    if (!find_group_limit(resource, &group) || task->account->leader != task->pid) {
        return -EPERM;
    }
    return account_lower(task->account, group.resource, limit / group.unit);
}

/* There is one limit of each kind: what may be had now can't be raised again, and that is the maximum. */
static int set(struct task *task, uint32_t resource, const struct abi_rlimit *wanted)
{
    uint64_t limit = current_limit(task, resource);

    if (wanted->current > wanted->maximum) {
        return -EINVAL;
    }
    if (wanted->maximum > limit) {
        return -EPERM;
    }
    return wanted->current == limit ? 0 : lower(task, resource, wanted->current);
}

static int64_t change(int32_t pid, uint32_t resource, const struct abi_rlimit *wanted, struct abi_rlimit *old)
{
    struct task *task = pid == 0 ? task_current() : task_find(pid);

    if (resource >= ABI_RLIMIT_COUNT) {
        return -EINVAL;
    }
    if (task == NULL) {
        return -ESRCH;
    }
    old->current = current_limit(task, resource);
    old->maximum = old->current;
    return wanted == NULL ? 0 : set(task, resource, wanted);
}

int64_t call_prlimit64(uint64_t pid, uint64_t resource, uint64_t from, uint64_t old_to, uint64_t a4, uint64_t a5)
{
    struct abi_rlimit wanted, old;

    CALL_UNUSED(a4, a5);
    if (from != 0 && arch_copy_in(&wanted, uaddr(from), sizeof(wanted))) {
        return -EFAULT;
    }
    arch_lock();
    int64_t result = change((int32_t)pid, (uint32_t)resource, from == 0 ? NULL : &wanted, &old);

    arch_unlock();
    return result != 0 || old_to == 0 ? result : arch_copy_out(uaddr(old_to), &old, sizeof(old));
}
