/*
 * Tasks: their creation, their end, and who is whose child.
 *
 * Ownership: a task owns its map (which is attached to a region and so holds a reference on it), or borrows its
 * parent's, which waits as long; one use of its program, its descriptors and a reference on its account. task_end() gives back all but the account; what is left
 * tells the parent how it ended, until task_reap().
 *
 * Invariants
 *   task-family     every task but init has a parent that has not ended, and is in its list of children: those that have
 *                   ended in front of those that live
 *   task-ended      an ENDED task has no map, no program, no open file, no child and no armed timer
 *   task-charged    an account's used ACCOUNT_TASKS are its tasks, those among them that have ended and were not asked for
 *   task-pid        pids are unique and the tree is sorted by them
 *   task-held       a task is_held exactly while one of its children, not more, holds_parent; it is WAITING then, in no
 *                   queue and for no signal. Who borrows_map holds the parent whose map it is; nobody borrows from it
 *
 * Locking: the supervisor's lock.
 */
#include "task.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "audit.h"
#include "cpu.h"
#include "gift.h"
#include "log.h"
#include "power.h"
#include "panic.h"
#include "pool.h"
#include "region.h"
#include "scheduler.h"

#include <string.h>

#define PID_MAX 0x3fffffff

static struct pool pool = POOL("task", struct task);
static struct tree tasks;
static uint32_t count;
static int32_t last_pid;
static struct task *init;

static struct task *by_pid(struct tree_node *node)
{
    return node == NULL ? NULL : CONTAINER_OF(node, struct task, pid_node);
}

struct task *task_find(int32_t pid)
{
    struct tree_node *node = tasks.root;

    while (node != NULL && by_pid(node)->pid != pid) {
        node = pid < by_pid(node)->pid ? node->left : node->right;
    }
    return by_pid(node);
}

struct task *task_first(void)
{
    return by_pid(tree_first(&tasks));
}

struct task *task_following(struct task *task)
{
    return by_pid(tree_next(&task->pid_node));
}

uint32_t task_count(void)
{
    return count;
}

bool task_group_exists(int32_t group)
{
    struct task *task = task_first();

    while (task != NULL && task->group != group) {
        task = task_following(task);
    }
    return task != NULL;
}

int task_set_group(struct task *task, int32_t group)
{
    if (group != 0 && group != task->pid && !task_group_exists(group)) {
        return -EPERM;
    }
    task->group = group == 0 ? task->pid : group;
    return 0;
}

/* Pids go round: none that was given to a task in the making comes again before it is published. */
static int32_t next_pid(void)
{
    do {
        last_pid = last_pid == PID_MAX ? 1 : last_pid + 1;
    } while (task_find(last_pid) != NULL);
    return last_pid;
}

static void insert(struct task *task)
{
    struct tree_node *parent = NULL, **link = &tasks.root;

    while (*link != NULL) {
        parent = *link;
        link = task->pid < by_pid(parent)->pid ? &parent->left : &parent->right;
    }
    tree_insert(&tasks, &task->pid_node, parent, link);
}

void task_set_name(struct task *task, const char *path)
{
    size_t length = 0;

    for (; *path != '\0'; path++) {
        if (*path == '/') {
            length = 0;
        } else if (length < sizeof(task->name) - 1) {
            task->name[length++] = *path;
        }
    }
    memset(task->name + length, 0, sizeof(task->name) - length);
}

int task_create(struct task *parent, struct account *account, const char *name, struct task **out)
{
    if (count >= TASKS_MAX) {
        return -EAGAIN;
    }
    int error = account_charge(account, ACCOUNT_TASKS, 1);

    if (error) {
        return error;
    }
    struct task *task = pool_alloc(&pool);

    if (task == NULL) {
        account_uncharge(account, ACCOUNT_TASKS, 1);
        return -ENOMEM;
    }
    /* What a task has not used is made zero when it first uses it: trap_exception(). */
    memset(task, 0, offsetof(struct task, fp));
    count++;
    task->account = account;
    account_get(account);
    task_set_name(task, name);
    list_init(&task->children);
    list_init(&task->queue);
    list_init(&task->child_ended.tasks);
    list_init(&task->sibling);
    descriptors_init(&task->descriptors);
    task->state = TASK_WAITING;
    task->parent = parent;
    task->pid = next_pid();
    if (parent == NULL) {
        task->group = task->pid;
        task->folder = place_root();
    } else {
        task->parent_pid = parent->pid;
        task->group = parent->group;
        task->folder = parent->folder;
        signals_init(&task->signals, &parent->signals);
    }
    *out = task;
    return 0;
}

__attribute__((noinline)) static int create_clean_map_relock(struct account *account, struct map **out)
{
    struct region *region;
    int error = region_create_clean_relock(account, &region);

    if (error == 0) {
        error = region_create_map_relock(region, account, out);
        region_put(region);
    }
    return error;
}

int task_create_map_relock(struct task *task, struct account *account, struct map **out)
{
    if (task != NULL && task->wants_clean_region) {
        return create_clean_map_relock(account, out);
    }
    return region_create_map_relock(region_for_program_relock(task == NULL ? region_current() : region_of(task->map)),
                                    account, out);
}

int task_create_relock(struct task *parent, struct account *account, const char *name, struct task **out)
{
    struct task *task;
    int error = task_create(parent, account, name, &task);

    if (error) {
        return error;
    }
    error = task_create_map_relock(parent, account, &task->map);
    if (error) {
        task_discard(task);
        return error;
    }
    *out = task;
    return 0;
}

void task_publish(struct task *task)
{
    insert(task);
    if (task->parent == NULL) {
        init = task;
    } else {
        list_push_back(&task->parent->children, &task->sibling);
    }
}

/* Give the map of @task, which ends, to the child that borrows it. Returns whether there is one. */
static bool hand_map_over(struct task *task)
{
    LIST_FOR_EACH(link, &task->children) {
        struct task *child = CONTAINER_OF(link, struct task, sibling);

        if (child->borrows_map) {
            child->borrows_map = false;
            return true;
        }
    }
    return false;
}

void task_set_map(struct task *task, struct map *map)
{
    struct map *old = task->map;

    task->map = map;
    if (old == NULL || task->borrows_map) {
        task->borrows_map = false;
    } else if (!task->is_held || !hand_map_over(task)) {
        region_detach(old);
        map_destroy(old);
    }
}

void task_let_parent_go(struct task *task)
{
    if (task->holds_parent) {
        task->holds_parent = false;
        task->parent->is_held = false;
        scheduler_ready(task->parent);
    }
}

/* Give back everything but the structure itself. */
static void release(struct task *task)
{
    descriptors_close_all(&task->descriptors);
    gift_drop_all(task);
    signals_forget_actions(&task->signals);
    cpu_fp_forget(&task->fp);
    task->attention = 0;
    task_set_map(task, NULL);
    if (task->program != NULL) {
        program_put(task->program);
        task->program = NULL;
    }
}

static void free_task(struct task *task)
{
    count--;
    account_uncharge(task->account, ACCOUNT_TASKS, 1);
    account_put(task->account);
    pool_free(&pool, task);
}

void task_discard(struct task *task)
{
    release(task);
    free_task(task);
}

void task_reap(struct task *task)
{
    ASSERT(task->state == TASK_ENDED);
    task->parent->children_ticks += task->cpu_ticks + task->children_ticks;
    list_remove(&task->sibling);
    tree_remove(&tasks, &task->pid_node);
    free_task(task);
}

static void leave_children_to_init(struct task *task)
{
    LIST_FOR_EACH_SAFE(link, following, &task->children) {
        struct task *child = CONTAINER_OF(link, struct task, sibling);

        list_remove(link);
        if (child->state == TASK_ENDED) {
            list_push_front(&init->children, link);
        } else {
            list_push_back(&init->children, link);
        }
        child->holds_parent = false;
        child->parent = init;
        child->parent_pid = init->pid;
    }
    task->is_held = false;
    scheduler_wake_all(&init->child_ended);
}

void task_end(struct task *task, int32_t status)
{
    if (task == init) {
        int32_t signal = status & 0x7f;

        arch_unlock(); /* for ever: the machine stops */
        log_error("init ended with status %d: nothing is left to run", signal != 0 ? 128 + signal : status >> 8 & 0xff);
        power_off(status == 0 ? 0 : 1);
    }
    scheduler_forget(task);
    if (task->state == TASK_RUNNING) {
        if (CONFIG_DEBUG) {
            ASSERT(task->frame.hart == this_hart());
        }
        space_leave();
        this_hart()->reschedule = HART_RESCHEDULES;
    }
    release(task);
    task_let_parent_go(task);
    task->state = TASK_ENDED;
    task->status = status;
    if (!list_is_empty(&task->children)) {
        leave_children_to_init(task);
    }
    list_remove(&task->sibling);
    list_push_front(&task->parent->children, &task->sibling);
    scheduler_wake_all(&task->parent->child_ended);
    signals_send(task->parent, ABI_SIGCHLD);
}

__attribute__((cold)) void task_audit_tree(struct audit *audit)
{
    int32_t previous = 0;

    if (tree_audit(&tasks) != NULL) {
        audit_find(audit, "task-pid", 0);
        return;
    }
    for (struct task *task = task_first(); task != NULL; task = task_following(task)) {
        audit_expect(audit, task->pid > previous, "task-pid", (uint64_t)task->pid);
        previous = task->pid;
    }
}
