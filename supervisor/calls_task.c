/*
 * System calls on tasks: who one is, groups, waiting, ending, limits. spawn and execve have files of their own,
 * sched_yield is with the queue.
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "scheduler.h"
#include "task.h"

int64_t call_getpid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    return task_current()->pid;
}

int64_t call_getppid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    return task_current()->parent_pid;
}

int64_t call_exit(uint64_t code, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    arch_lock();
    task_end(task_current(), TASK_STATUS_EXIT(code));
    return CALL_RESTART; /* of a task that never runs again */
}

int64_t call_exit_group(uint64_t code, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_exit(code, a1, a2, a3, a4, a5);
}

/* Whether @pid, as in wait4, names @child. */
static bool is_named(const struct task *child, const struct task *parent, int32_t pid)
{
    int32_t group = pid == 0 ? parent->group : -pid;

    return pid == -1 || child->pid == pid || (pid <= 0 && child->group == group);
}

/*
 * An ended child that @pid names, or NULL; @any tells whether there is a child at all that it names. Those that have
 * ended are in front of those that live.
 */
static struct task *ended_child(struct task *parent, int32_t pid, bool *any)
{
    *any = false;
    if (pid > 0) {
        struct task *child = task_find(pid);

        *any = child != NULL && child->parent == parent;
        return *any && child->state == TASK_ENDED ? child : NULL;
    }
    LIST_FOR_EACH_SAFE(link, following, &parent->children) {
        struct task *child = CONTAINER_OF(link, struct task, sibling);

        if (is_named(child, parent, pid)) {
            *any = true;
            return child->state == TASK_ENDED ? child : NULL;
        }
    }
    return NULL;
}

/* Tell how @child ended, without the lock: it changes no more, and only its parent forgets it. Returns 0 or -EFAULT. */
static int report_end(const struct task *child, uint64_t status_to, uint64_t usage_to)
{
    if (usage_to != 0) {
        struct abi_rusage usage = calls_usage_of(child->cpu_ticks + child->children_ticks);

        if (arch_copy_out(uaddr(usage_to), &usage, sizeof(usage))) {
            return -EFAULT;
        }
    }
    return status_to == 0 ? 0 : arch_copy_out(uaddr(status_to), &child->status, sizeof(child->status));
}

int64_t call_wait4(uint64_t pid, uint64_t status_to, uint64_t options, uint64_t usage_to, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    bool any;

    CALL_UNUSED(a4, a5);
    /* Nothing stops or goes on, so who asks for that too asks for nothing. */
    if (((uint32_t)options & ~(uint32_t)(ABI_WNOHANG | ABI_WUNTRACED | ABI_WCONTINUED)) != 0) {
        return -EINVAL;
    }
    if ((int32_t)pid == INT32_MIN) {
        return -ESRCH;
    }
    arch_lock();
    struct task *child = ended_child(task, (int32_t)pid, &any);

    if (child == NULL) {
        int64_t result = !any ? -ECHILD : (options & ABI_WNOHANG) != 0 ? 0 : scheduler_wait(&task->child_ended);

        scheduler_unlock();
        return result;
    }
    arch_unlock();
    if (report_end(child, status_to, usage_to)) {
        return -EFAULT;
    }
    int32_t child_pid = child->pid;

    arch_lock();
    task_reap(child);
    arch_unlock();
    return child_pid;
}

/* Everybody but init and the caller. */
static int64_t kill_all(unsigned signal)
{
    struct task *caller = task_current(), *task = task_first();
    int64_t result = -ESRCH;

    while (task != NULL) {
        struct task *following = task_following(task);

        if (task->parent != NULL && task != caller && task->state != TASK_ENDED) {
            result = 0;
            if (signal != 0) {
                signals_send(task, signal);
            }
        }
        task = following;
    }
    return result;
}

static int64_t kill_one(int32_t pid, unsigned signal)
{
    struct task *task = pid <= 0 ? NULL : task_find(pid);

    if (task == NULL) {
        return -ESRCH;
    }
    if (task->parent == NULL && task != task_current() && signal != 0) {
        return -EPERM; /* init ends by itself or not at all */
    }
    if (signal != 0) {
        signals_send(task, signal);
    }
    return 0;
}

static int64_t kill_checked(int32_t pid, uint32_t signal)
{
    if (signal > ABI_SIGNAL_MAX || signal == ABI_SIGSTOP) {
        return -EINVAL; /* there is no stopped state */
    }
    if (pid == -1) {
        return kill_all(signal);
    }
    if (pid > 0) {
        return kill_one(pid, signal);
    }
    if (pid == INT32_MIN) {
        return -ESRCH; /* -pid is no number */
    }
    return signals_send_group(pid == 0 ? task_current()->group : -pid, signal) > 0 ? 0 : -ESRCH;
}

int64_t call_kill(uint64_t pid, uint64_t signal, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a2, a3, a4, a5);
    arch_lock();
    int64_t result = kill_checked((int32_t)pid, (uint32_t)signal);

    scheduler_unlock();
    return result;
}

int64_t call_tgkill(uint64_t group, uint64_t tid, uint64_t signal, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    /* A task is its only thread. */
    if ((int32_t)group <= 0 || (int32_t)tid <= 0) {
        return -EINVAL;
    }
    return (int32_t)group != (int32_t)tid ? -ESRCH : call_kill(tid, signal, 0, 0, 0, 0);
}

int64_t call_tkill(uint64_t tid, uint64_t signal, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a2);
    return call_tgkill(tid, tid, signal, a3, a4, a5);
}

/* The task that a call on groups means: the caller (0), or a child of it. NULL: neither. */
static struct task *task_of_group_call(int32_t pid)
{
    struct task *caller = task_current();
    struct task *task = pid == 0 ? caller : task_find(pid);

    return task == caller || (task != NULL && task->parent == caller && task->state != TASK_ENDED) ? task : NULL;
}

int64_t call_setpgid(uint64_t pid, uint64_t group, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a2, a3, a4, a5);
    /* Group 0 is that of the pid's own number. */
    if ((int32_t)group < 0 || ((int32_t)group == 0 && (int32_t)pid < 0)) {
        return -EINVAL;
    }
    arch_lock();
    struct task *task = task_of_group_call((int32_t)pid);
    int64_t result = task == NULL ? -ESRCH : task_set_group(task, (int32_t)group);

    arch_unlock();
    return result;
}

int64_t call_getpgid(uint64_t pid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    arch_lock();
    const struct task *task = (int32_t)pid == 0 ? task_current() : task_find((int32_t)pid);
    int64_t result = task == NULL ? -ESRCH : task->group;

    arch_unlock();
    return result;
}

/* Whether there is a task that @pid names; 0 is the caller. */
static bool exists(int32_t pid)
{
    arch_lock();
    bool is_there = pid == 0 || task_find(pid) != NULL;

    arch_unlock();
    return is_there;
}

int64_t call_gettid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_getpid(a0, a1, a2, a3, a4, a5);
}

/* The address is where a thread that ends would wake others: there are none, and a task's memory goes with it. */
int64_t call_set_tid_address(uint64_t address, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_getpid(address, a1, a2, a3, a4, a5);
}

/* There are no users: everybody is the same one, who may do everything that anybody may. */
int64_t call_getuid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    return 0;
}

int64_t call_geteuid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_getuid(a0, a1, a2, a3, a4, a5);
}

int64_t call_getgid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_getuid(a0, a1, a2, a3, a4, a5);
}

int64_t call_getegid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_getuid(a0, a1, a2, a3, a4, a5);
}

/* One bit a hart that runs tasks: every task may run on each. */
int64_t call_sched_getaffinity(uint64_t pid, uint64_t size_bytes, uint64_t to, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const uint64_t mask = arch_harts();

    CALL_UNUSED(a3, a4, a5);
    if ((uint32_t)size_bytes < sizeof(mask) || (uint32_t)size_bytes % sizeof(mask) != 0) {
        return -EINVAL;
    }
    if (!exists((int32_t)pid)) {
        return -ESRCH;
    }
    return arch_copy_out(uaddr(to), &mask, sizeof(mask)) ? -EFAULT : (int64_t)sizeof(mask);
}
