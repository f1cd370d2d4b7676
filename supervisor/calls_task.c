/* System calls on tasks: who one is, waiting, ending, stopping the machine. spawn has a file of its own. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "power.h"
#include "scheduler.h"
#include "task.h"

int64_t call_getpid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    return task_current()->pid;
}

int64_t call_getppid(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct task *parent = task_current()->parent;

    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    return parent == NULL ? 0 : parent->pid;
}

int64_t call_sched_yield(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    scheduler_yield();
    return 0;
}

int64_t call_exit(uint64_t code, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    task_end(task_current(), TASK_STATUS_EXIT(code));
    return CALL_RESTART; /* of a task that never runs again */
}

int64_t call_exit_group(uint64_t code, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return call_exit(code, a1, a2, a3, a4, a5);
}

/* An ended child that @pid (as in wait4) names; @any tells whether there is a child at all that it names. */
static struct task *ended_child(struct task *parent, int32_t pid, bool *any)
{
    /* Those that have ended are in front: the first stands for all. */
    struct list *first = list_first(&parent->children);
    struct task *child = pid != -1 ? task_find(pid) : first == NULL ? NULL : CONTAINER_OF(first, struct task, sibling);

    *any = child != NULL && child->parent == parent;
    return *any && child->state == TASK_ENDED ? child : NULL;
}

int64_t call_wait4(uint64_t pid, uint64_t status_to, uint64_t options, uint64_t usage_to, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    bool any;

    CALL_UNUSED(a4, a5);
    /*
     * Nothing stops or goes on, so who asks for that too asks for nothing. There are no process groups: 0 and -n name
     * none. Times are not kept yet, so there is no usage to give.
     */
    if ((options & ~(uint64_t)(ABI_WNOHANG | ABI_WUNTRACED | ABI_WCONTINUED)) != 0 || usage_to != 0 ||
        ((int32_t)pid <= 0 && (int32_t)pid != -1)) {
        return -EINVAL;
    }
    struct task *child = ended_child(task, (int32_t)pid, &any);

    if (!any) {
        return -ECHILD;
    }
    if (child == NULL) {
        if ((options & ABI_WNOHANG) != 0) {
            return 0;
        }
        scheduler_wait(&task->child_ended);
        return CALL_RESTART;
    }
    if (status_to != 0 && arch_copy_out(uaddr(status_to), &child->status, sizeof(child->status))) {
        return -EFAULT;
    }
    int32_t child_pid = child->pid;

    task_reap(child);
    return child_pid;
}

/* Signals whose default action is to do nothing: SIGCHLD, SIGCONT, SIGURG, SIGWINCH. */
static bool is_ignored(uint64_t signal)
{
    return signal == 17 || signal == 18 || signal == 23 || signal == 28;
}

/* Signals that would stop a task: there is no such state. */
static bool would_stop(uint64_t signal)
{
    return signal >= 19 && signal <= 22;
}

/* Everybody but init and the caller. */
static int64_t kill_all(uint64_t signal)
{
    struct task *caller = task_current(), *task = task_first();
    int64_t result = -ESRCH;

    while (task != NULL) {
        struct task *following = task_following(task);

        if (task->parent != NULL && task != caller && task->state != TASK_ENDED) {
            result = 0;
            if (signal != 0 && !is_ignored(signal)) {
                task_end(task, TASK_STATUS_SIGNAL(signal));
            }
        }
        task = following;
    }
    return result;
}

int64_t call_kill(uint64_t pid, uint64_t signal, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a2, a3, a4, a5);
    if (signal > ABI_SIGNAL_MAX || would_stop(signal)) {
        return -EINVAL;
    }
    if ((int32_t)pid == -1) {
        return kill_all(signal);
    }
    struct task *task = (int32_t)pid <= 0 ? NULL : task_find((int32_t)pid);

    if (task == NULL) {
        return -ESRCH;
    }
    if (task->parent == NULL && signal != 0) {
        return task == task_current() ? 0 : -EPERM; /* init ends by itself or not at all */
    }
    if (signal == 0 || is_ignored(signal) || task->state == TASK_ENDED) {
        return 0;
    }
    task_end(task, TASK_STATUS_SIGNAL(signal));
    return task == task_current() ? CALL_RESTART : 0;
}

int64_t call_reboot(uint64_t magic1, uint64_t magic2, uint64_t command, uint64_t status, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a4, a5);
    if ((uint32_t)magic1 != ABI_REBOOT_MAGIC1 || (uint32_t)magic2 != ABI_REBOOT_MAGIC2) {
        return -EINVAL;
    }
    switch ((uint32_t)command) {
    case ABI_REBOOT_POWER_OFF:
        power_off(status & 0xff);
    case ABI_REBOOT_RESTART:
        power_restart();
    default:
        return -EINVAL;
    }
}
