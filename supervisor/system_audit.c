/*
 * The auditor's topmost part: tasks and files, and the order in which all parts are asked. What a task holds is counted
 * with its pid, so that a finding in its address space says whose it is.
 *
 * Invariants, by the names under which they are found: those of task.c (task-family, task-ended, task-pid), scheduler.c
 * (one-queue), signals.c (signal-attention, signal-kill), futex.c, shm_files.c, descriptors.c, pipe.c; and
 *     file-references   a file's ref_count is the number of descriptors that stand for it and of gifts that bring it
 *     all-found         each task, file and root object that there is was come upon
 */
#include "system_audit.h"

#include "file.h"
#include "futex.h"
#include "gift.h"
#include "log.h"
#include "pool.h"
#include "program.h"
#include "root_files.h"
#include "scheduler.h"
#include "shared.h"
#include "shm_files.h"
#include "start.h"
#include "task.h"

/* task-ended. */
static bool has_given_all_back(const struct task *task)
{
    for (uint32_t i = 0; i < task->descriptors.capacity; i++) {
        if (task->descriptors.slots[i] != NULL) {
            return false;
        }
    }
    return task->map == NULL && task->program == NULL && list_is_empty(&task->children) && !task->timer.armed &&
           task->signals.actions == NULL;
}

/* task-family: its children are its own, those that have ended first; task-held. */
static void audit_children(struct audit *audit, const struct task *task)
{
    bool has_living = false;
    unsigned holding = 0;

    if (!audit_list(audit, &task->children, task_count(), "task-family")) {
        return;
    }
    LIST_FOR_EACH(link, &task->children) {
        const struct task *child = CONTAINER_OF(link, struct task, sibling);
        bool has_ended = child->state == TASK_ENDED;

        audit_expect(audit, child->parent == task && !(has_ended && has_living), "task-family", (uint64_t)child->pid);
        has_living |= !has_ended;
        holding += child->holds_parent;
        audit_expect(audit, !child->borrows_map || (child->holds_parent && child->map == task->map), "task-held",
                     (uint64_t)child->pid);
    }
    audit_expect(audit, holding == task->is_held && (holding == 0 || task->state == TASK_WAITING), "task-held",
                 (uint64_t)task->pid);
}

/* one-queue, as far as the task can tell. */
static bool is_queued_rightly(const struct task *task)
{
    bool is_queued = !list_is_empty(&task->queue);

    return task->state == TASK_WAITING || is_queued == (task->state == TASK_READY);
}

static void audit_task(struct audit *audit, struct task *task)
{
    uint64_t pid = (uint64_t)task->pid;

    audit_expect(audit, is_queued_rightly(task), "one-queue", pid);
    audit_expect(audit, task->parent == NULL || !list_is_empty(&task->sibling), "task-family", pid);
    audit_children(audit, task);
    if (task->state == TASK_ENDED) {
        audit_expect(audit, has_given_all_back(task), "task-ended", pid);
        return;
    }
    if (task->map == NULL || task->program == NULL) {
        audit_find(audit, "task-ended", pid);
        return;
    }
    audit_expect(audit, !signals_deliverable(&task->signals) || (task->attention & TASK_HAS_SIGNALS) != 0,
                 "signal-attention", pid);
    audit_expect(audit, signals_let_kill_through(&task->signals), "signal-kill", pid);
    if (task_own_map(task) != NULL) {
        audit_map(audit, task->map);
    }
    program_audit_user(task->program);
}

/* Tasks in the order of their pids, and the files that they have open. */
static void audit_tasks(struct audit *audit)
{
    uint64_t tasks = 0, ready = 0, files = 0;

    for (struct task *task = task_first(); task != NULL && tasks <= task_count(); task = task_following(task)) {
        audit->pid = task->pid;
        audit_task(audit, task);
        descriptors_audit(&task->descriptors, audit, file_audit, &files);
        files += gift_audit(task, audit, file_audit);
        account_audit_reference(task->account);
        account_audit_use(task->account, ACCOUNT_TASKS, 1);
        tasks++;
        ready += task->state == TASK_READY;
    }
    for (struct task *task = task_first(); task != NULL; task = task_following(task)) {
        audit->pid = task->pid;
        descriptors_audit(&task->descriptors, audit, file_audit_end, NULL);
        (void)gift_audit(task, audit, file_audit_end);
    }
    audit->pid = 0;
    scheduler_audit(audit, ready);
    audit_expect(audit, tasks == task_count(), "task-pid", tasks);
    pool_audit_used(audit, "task", tasks, "all-found");
    pool_audit_used(audit, "file", files, "all-found");
}

void system_audit(struct audit *audit)
{
    const struct start_facts *facts = start_facts();

    audit_begin(audit);
    root_files_audit(audit);
    task_audit_tree(audit);
    if (audit->finding_count == 0) { /* else what follows is not to be walked */
        audit_tasks(audit);
        futex_audit(audit);
        shm_files_audit(audit);
        shared_audit(audit, AUDIT_ALL_OWNERS);
    }
    audit_end(audit, facts->ram_frames - facts->firmware_frames - facts->image_frames, facts->fixed_frames,
              AUDIT_ALL_OWNERS);
}

void system_audit_log(const struct audit *audit)
{
    for (uint32_t i = 0; i < audit->finding_count && i < AUDIT_FINDINGS_MAX; i++) {
        const struct audit_finding *finding = &audit->findings[i];

        log_error("audit: %s at 0x%lx, task %d", finding->invariant, finding->where, finding->pid);
    }
    log_error("audit: %u findings; %lu frames, %lu tables, %lu objects, %lu maps", audit->finding_count, audit->frames,
              audit->tables, audit->objects, audit->maps);
}
