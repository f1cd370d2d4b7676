#pragma once

#include "abi_pando.h"
#include "account.h"
#include "descriptors.h"
#include "list.h"
#include "map.h"
#include "place.h"
#include "program.h"
#include "signals.h"
#include "timer.h"
#include "trap.h"
#include "tree.h"
#include "wait_queue.h"

/*
 * Tasks: a program in an address space. A task that waits is this structure and nothing more: there is no stack of the
 * supervisor's for it.
 */
enum task_state {
    TASK_READY, /* in the scheduler's queue */
    TASK_RUNNING, /* the current one of a hart */
    TASK_WAITING, /* in a wait queue, or for its timer alone */
    TASK_ENDED, /* has no map any more; waits for its parent to ask */
};

/* What makes going to or from a task more than its registers and its root table. */
enum task_attention {
    TASK_USES_FP = 1, /* its floating-point values are in fp, or in the hart */
    TASK_HAS_SIGNALS = 2, /* some may be deliverable */
};

/* What a task waits for in a futex call: a byte of an object, or of a map. */
struct futex_key {
    const void *of;
    uint64_t offset;
};

struct task {
    struct trap_frame frame; /* first: the trap code knows a task by its frame */
    /* Fixed at creation. */
    int32_t pid;
    char name[ABI_TASK_NAME_BYTES];
    struct account *account; /* one reference */
    /*
     * Under the supervisor's lock. While the task runs, its descriptors, folder, group, signal actions and map are its
     * own: no other hart changes them, and the task may look at them without the lock.
     */
    struct tree_node pid_node; /* in the tree of all tasks */
    struct task *parent; /* NULL for init alone */
    int32_t parent_pid; /* its pid, or 0: what the task itself may look at without the lock */
    struct list children; /* struct task.sibling */
    struct list sibling;
    struct wait_queue child_ended; /* where the task itself waits for a child to end */
    struct list queue; /* in the scheduler's queue, or in the wait queue that it waits in */
    struct timer timer; /* of a sleep */
    struct map *map; /* NULL once ended */
    struct program *program; /* one use; NULL once ended */
    struct descriptors descriptors;
    struct place folder; /* where relative paths start */
    struct gift *gifts; /* open files that it was given and has not taken, the oldest first */
    int32_t group; /* process group: the pid of the task that it began with */
    uint8_t state;
    uint8_t attention; /* enum task_attention */
    uint64_t call_again_pc; /* of the ecall that it is to do again: a signal comes after it; else old */
    bool call_interrupted; /* its pc is at an ecall that would wait, had no signal come */
    bool borrows_map; /* of its parent, which waits: vfork */
    bool holds_parent; /* its parent waits, in no queue, until it has a program of its own or ends */
    bool is_held; /* a child holds it */
    bool wants_clean_region; /* the next program that it starts, itself or in a child, gets one */
    uint64_t done_bytes; /* of the call that is under way in steps, what is done: bytes of a write; else 0 */
    struct futex_key futex; /* while it waits in such a call */
    uint64_t deadline_ticks; /* of the wait that is under way, when it ends by itself; else 0 */
    uint64_t cpu_ticks; /* time on a hart, of the clock; of the running task, less the time when it was entered */
    uint64_t children_ticks; /* of children that were waited for, and theirs */
    struct signals signals;
    int32_t status; /* for wait4 once ended, as Linux encodes it */
    struct fp_frame
        fp; /* zeroed when TASK_USES_FP is set first; last, so that task_create_relock() need not look at it */
};

/* Above it spawn answers EAGAIN. */
#define TASKS_MAX 20000

/* The task that this hart runs. */
static inline struct task *task_current(void)
{
    return CONTAINER_OF(this_hart()->frame, struct task, frame);
}

/* The open file that the current task knows by @descriptor, as its call gives it; NULL when there is none. */
static inline struct file *task_file(uint64_t descriptor)
{
    return descriptors_get(&task_current()->descriptors, (uint32_t)descriptor);
}

/*
 * An empty address space for a program that @task starts (NULL: nobody does), attached to the region that is due: the
 * task's own if it is private, the current one, or a clean one when it asked for that. @account pays for it.
 * Returns 0 or -ENOMEM.
 */
int task_create_map_relock(struct task *task, struct account *account, struct map **out);

/*
 * A new task with such an address space, to be a child of @parent (NULL: it is init).
 * All that it takes is charged to @account, on which it takes a reference. It has a pid, but nobody can find it before task_publish(), and it is in no queue.
 * Returns 0, -EAGAIN (TASKS_MAX, or the account's limit) or -ENOMEM.
 */
int task_create_relock(struct task *parent, struct account *account, const char *name, struct task **out);

/* The same without an address space: the caller gives it one, or calls task_discard(). */
int task_create(struct task *parent, struct account *account, const char *name, struct task **out);

/* The task is complete: its parent has it as a child, and it can be found by its pid. */
void task_publish(struct task *task);

/* Undo task_create_relock() for a task that was not published. */
void task_discard(struct task *task);

/*
 * End @task, which runs on no other hart, with a wait4 status, whatever it is doing: it gives back its memory and descriptors, its children become
 * init's, its parent learns of it. When it is the current one the hart is made to reschedule. When it is init the
 * machine stops.
 */
void task_end(struct task *task, int32_t status);

/*
 * @task has @map, NULL or made for it, from now on; what it has had is dropped, or left to who lent it, or to whom it
 * was lent. This hart does not run in it.
 */
void task_set_map(struct task *task, struct map *map);

/* The parent that waits for @task, if it does, goes on. */
void task_let_parent_go(struct task *task);

/* The map of @task, where it is not another one's: so each map comes once among those of all tasks. */
static inline struct map *task_own_map(const struct task *task)
{
    return task->borrows_map ? NULL : task->map;
}

/* Forget an ended task whose parent has learnt of it. */
void task_reap(struct task *task);

/* Its name is the last part of @path, cut to fit. */
void task_set_name(struct task *task, const char *path);

/*
 * Whether a task is in the process group, be it one that has ended and whose parent does not know yet: the first program
 * of a pipeline may have ended on another hart when the next one is to join its group.
 */
bool task_group_exists(int32_t group);

/* Put @task into a group: one that exists, or its own (0 or its pid). Returns 0 or -EPERM. */
int task_set_group(struct task *task, int32_t group);

/* NULL when there is none with this pid. */
struct task *task_find(int32_t pid);

/* In the order of their pids; NULL behind the last. */
struct task *task_first(void);
struct task *task_following(struct task *task);
uint32_t task_count(void);

/* For the auditor: task-pid. */
struct audit;
void task_audit_tree(struct audit *audit);

/* wait4 statuses. */
#define TASK_STATUS_EXIT(code) ((int32_t)((code)&0xff) << 8)
#define TASK_STATUS_SIGNAL(signal) ((int32_t)((signal)&0x7f))
