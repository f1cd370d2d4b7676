/*
 * fork and vfork: clone, for children that are no threads.
 *
 *     flags                    the child's memory                       the caller
 *     SIGCHLD                  a copy                                   goes on
 *     ... | VFORK              a copy                                   waits
 *     ... | VFORK | VM         the caller's own, until execve or end    waits
 *
 * A caller that waits does so in no queue: handlers come when it goes on, what ends it ends it at once, and the memory
 * is the child's then. So a map is never in use by two tasks at the same time. Who borrows its memory can't lend it: its
 * own children get copies.
 *
 * All or nothing, as in spawn.c: a child that can't be made complete is discarded before anybody has seen it. What C
 * preserves of the caller's registers is not in its frame while the call is made: trap_schedule() has them, so there
 * the child gets its own (fork_finish()), before the lock is dropped. The child is first in the queue: as a rule it
 * stores first, and what the caller gets back by waiting for its end it need not copy.
 *
 * Locking: the supervisor's lock; dropped while memory is copied.
 */
#include "fork.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "cpu.h"
#include "program.h"
#include "region.h"
#include "scheduler.h"
#include "task.h"

#include <string.h>

/* What may be asked for beside SIGCHLD. CHILD_CLEARTID says nothing here: memory that no other thread has goes anyway. */
#define COPY_FLAGS (ABI_CLONE_PARENT_SETTID | ABI_CLONE_CHILD_SETTID | ABI_CLONE_CHILD_CLEARTID | ABI_CLONE_VFORK)
#define LEND_FLAGS (ABI_CLONE_VM | ABI_CLONE_VFORK | ABI_CLONE_PARENT_SETTID)

struct clone_request {
    uint64_t flags;
    uint64_t parent_tid_to;
    uint64_t child_tid_to;
};

static bool is_supported(uint64_t flags)
{
    uint64_t others = flags & ~(uint64_t)ABI_CLONE_SIGNAL_MASK;
    bool lends = (flags & ABI_CLONE_VM) != 0;

    return (flags & ABI_CLONE_SIGNAL_MASK) == ABI_SIGCHLD &&
           (others & ~(uint64_t)(lends ? LEND_FLAGS : COPY_FLAGS)) == 0 && (!lends || (flags & ABI_CLONE_VFORK) != 0);
}

static int copy_map_relock(const struct task *parent, struct task *child)
{
    int error = region_create_map_relock(region_of(parent->map), child->account, &child->map);

    if (error == 0) {
        error = region_copy_uses(parent->map, child->map);
    }
    return error ? error : map_fork_relock(parent->map, child->map);
}

static void copy_floating_point(struct task *parent, struct task *child)
{
    if ((parent->attention & TASK_USES_FP) != 0) {
        cpu_fp_switch(&parent->fp, &parent->fp);
        child->fp = parent->fp;
        child->fp.hart = NULL;
        child->attention |= TASK_USES_FP;
    }
}

/* Everything of @child but its registers. */
static int fill_child_relock(struct task *parent, struct task *child, const struct clone_request *request)
{
    int error = descriptors_fork(&child->descriptors, &parent->descriptors);

    if (error == 0) {
        error = signals_copy_actions(&child->signals, &parent->signals);
    }
    if (error) {
        return error;
    }
    if ((request->flags & ABI_CLONE_VM) != 0 && !parent->borrows_map) {
        child->map = parent->map;
        child->borrows_map = true;
    } else {
        error = copy_map_relock(parent, child);
    }
    /* As on Linux nobody is told when the number has nowhere to go. */
    if (error == 0 && (request->flags & ABI_CLONE_CHILD_SETTID) != 0 &&
        map_write_relock(child->map, request->child_tid_to, &child->pid, sizeof(child->pid)) == -ENOMEM) {
        error = -ENOMEM;
    }
    copy_floating_point(parent, child);
    program_get(parent->program);
    child->program = parent->program;
    return error;
}

static void tell_parent_relock(const struct task *child, uint64_t to)
{
    int32_t pid = child->pid;

    arch_unlock();
    (void)arch_copy_out(uaddr(to), &pid, sizeof(pid));
    arch_lock();
}

static int64_t clone_relock(struct task *parent, const struct clone_request *request)
{
    struct task *child;
    int error = task_create(parent, parent->account, parent->name, &child);

    if (error) {
        return error;
    }
    if ((request->flags & ABI_CLONE_PARENT_SETTID) != 0) {
        tell_parent_relock(child, request->parent_tid_to);
    }
    error = fill_child_relock(parent, child, request);
    if (error) {
        task_discard(child);
        return error;
    }
    /* As in spawn: the caller's group was ended meanwhile, and nobody in it must be left over. */
    if (signals_end_it(parent)) {
        task_discard(child);
        return scheduler_again();
    }
    child->holds_parent = parent->is_held = (request->flags & ABI_CLONE_VFORK) != 0;
    task_publish(child);
    this_hart()->reschedule = HART_RESCHEDULES;
    return CALL_FORKED;
}

int64_t call_clone(uint64_t flags, uint64_t stack, uint64_t parent_tid_to, uint64_t tls, uint64_t child_tid_to,
                   uint64_t a5)
{
    const struct clone_request request = { flags, parent_tid_to, child_tid_to };

    CALL_UNUSED(stack, tls, a5); /* fork_finish() has the first */
    if (!is_supported(flags)) {
        return -EINVAL;
    }
    arch_lock();
    int64_t result = clone_relock(task_current(), &request);

    scheduler_unlock();
    return result;
}

void fork_finish(struct task *task)
{
    struct task *child = CONTAINER_OF(task->children.previous, struct task, sibling);
    uint64_t stack = task->frame.a1;

    task->frame.pc += 4;
    memcpy(&child->frame, &task->frame, offsetof(struct trap_frame, hart));
    child->frame.a0 = 0;
    child->frame.sp = stack != 0 ? stack : task->frame.sp;
    task->frame.a0 = (uint64_t)child->pid;
    scheduler_ready(child);
    if (task->is_held) {
        task->state = TASK_WAITING;
    }
}
