/*
 * Starting programs in tasks of their own: a new task, its address space made, its descriptors and attributes given.
 *
 * All or nothing: a task that can't be made complete is discarded before it has run, and nobody has seen it.
 *
 * What the caller's memory holds is copied in first, without the lock; the task is made and published under it.
 */
#include "spawn.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arguments.h"
#include "calls.h"
#include "console_file.h"
#include "limits.h"
#include "loading.h"
#include "scheduler.h"
#include "task.h"
#include "user_path.h"

#include <string.h>

/* A task that is ready to run but in no queue yet, with no descriptors. */
static int make_task_relock(struct task *parent, struct account *account, const char *path,
                            const struct arguments *arguments, struct reason *reason, struct task **out)
{
    struct loading_start start;
    struct program *program;
    struct task *task;
    int error = loading_find_relock(parent == NULL ? place_root() : parent->folder, path, account, &program, reason);

    if (error) {
        return error;
    }
    error = task_create_relock(parent, account, path, &task);
    if (error) {
        program_put(program);
        return error;
    }
    task->program = program;
    error = loading_map_relock(program, task->map, arguments, reason, &start);
    if (error) {
        task_discard(task);
        return error;
    }
    task->frame.pc = start.pc;
    task->frame.sp = start.sp;
    *out = task;
    return 0;
}

/* What a call of spawn asks for, copied in. */
struct spawn_request {
    struct abi_spawn call;
    struct abi_limits limits;
    int32_t numbers[DESCRIPTORS_MAX];
    struct user_path path;
    struct arguments arguments;
};

#define SPAWN_FLAGS \
    (ABI_SPAWN_GROUP | ABI_SPAWN_SIGNAL_MASK | ABI_SPAWN_SIGNAL_DEFAULT | ABI_SPAWN_SIGNAL_IGNORE | ABI_SPAWN_LIMITS)

static int check_call(const struct abi_spawn *call)
{
    if ((call->flags & ~(uint32_t)SPAWN_FLAGS) != 0 || call->reserved != 0 || (call->fds == 0 && call->fd_count != 0) ||
        ((call->flags & ABI_SPAWN_GROUP) != 0 && call->group < 0)) {
        return -EINVAL;
    }
    return call->fd_count > DESCRIPTORS_MAX ? -EMFILE : 0;
}

static int read_arguments(const struct abi_spawn *call, struct arguments *arguments)
{
    int error = arguments_append_users(arguments, ARGUMENTS_ARGV, uaddr(call->argv));

    if (error == 0 && call->envp != 0) {
        error = arguments_append_users(arguments, ARGUMENTS_ENVP, uaddr(call->envp));
    }
    return error;
}

static int give_descriptors(struct task *task, const struct spawn_request *request)
{
    const struct descriptors *from = &task->parent->descriptors;

    return request->call.fds == 0
               ? descriptors_inherit(&task->descriptors, from)
               : descriptors_select(&task->descriptors, from, request->numbers, request->call.fd_count);
}

/* Process group and signals, where the call asks for others than the caller's. */
static int give_attributes(struct task *task, const struct abi_spawn *call)
{
    if ((call->flags & ABI_SPAWN_GROUP) != 0) {
        int error = task_set_group(task, call->group);

        if (error) {
            return error;
        }
    }
    if ((call->flags & ABI_SPAWN_SIGNAL_MASK) != 0) {
        signals_block(&task->signals, call->signal_mask);
    }
    if ((call->flags & ABI_SPAWN_SIGNAL_DEFAULT) != 0) {
        task->signals.ignored &= ~call->signal_default;
    }
    if ((call->flags & ABI_SPAWN_SIGNAL_IGNORE) != 0) {
        signals_ignore(&task->signals, call->signal_ignore);
    }
    return 0;
}

/* The account of the child: one reference, the caller's own or a new one. */
static int account_for_child(const struct spawn_request *request, struct account **out)
{
    struct account *account = task_current()->account;

    if ((request->call.flags & ABI_SPAWN_LIMITS) != 0) {
        return limits_create_account(account, &request->limits, out);
    }
    account_get(account);
    *out = account;
    return 0;
}

static int make_child_relock(const struct spawn_request *request, struct reason *reason, struct task **out)
{
    struct account *account;
    int error = account_for_child(request, &account);

    if (error) {
        return error;
    }
    error = make_task_relock(task_current(), account, request->path.text, &request->arguments, reason, out);
    if (error == 0 && account != task_current()->account) {
        account->leader = (*out)->pid;
    }
    account_put(account);
    return error;
}

static int64_t spawn_relock(const struct spawn_request *request, struct reason *reason)
{
    struct task *task;
    int error = make_child_relock(request, reason, &task);

    loading_finished();
    if (error) {
        return error == -EBUSY ? loading_wait() : error;
    }
    error = give_descriptors(task, request);
    if (error == 0 && request->call.flags != 0) {
        error = give_attributes(task, &request->call);
    }
    if (error) {
        task_discard(task);
        return error;
    }
    /* The caller's group was ended by another hart meanwhile: nobody in it must be left over. */
    if (signals_end_it(task->parent)) {
        task_discard(task);
        return scheduler_again();
    }
    task_current()->wants_clean_region = false;
    task_publish(task);
    scheduler_ready(task);
    return task->pid;
}

/* With the call's structure copied in; its path and strings are now. */
static int64_t spawn_call(struct spawn_request *request, struct reason *reason)
{
    int64_t result = user_path_copy_in(uaddr(request->call.path), USER_PATH_NOT_EMPTY, &request->path);

    if (result < 0) {
        return result;
    }
    arguments_init(&request->arguments);
    result = read_arguments(&request->call, &request->arguments);
    arch_lock();
    if (result == 0) {
        result = spawn_relock(request, reason);
    }
    arguments_free(&request->arguments);
    user_path_free_locked(&request->path);
    scheduler_unlock();
    return result;
}

int64_t call_spawn(uint64_t from, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct spawn_request request;
    struct reason reason = { "" };

    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (arch_copy_in(&request.call, uaddr(from), sizeof(request.call))) {
        return -EFAULT;
    }
    int64_t result = check_call(&request.call);

    if (result == 0 && request.call.fds != 0 &&
        arch_copy_in(request.numbers, uaddr(request.call.fds), request.call.fd_count * sizeof(request.numbers[0]))) {
        result = -EFAULT;
    }
    if (result == 0 && (request.call.flags & ABI_SPAWN_LIMITS) != 0 &&
        arch_copy_in(&request.limits, uaddr(request.call.limits), sizeof(request.limits))) {
        result = -EFAULT;
    }
    if (result == 0) {
        result = spawn_call(&request, &reason);
    }
    if (result < 0 && reason.text[0] != '\0' && request.call.reason != 0) {
        /* Best effort: the error itself says enough when its words have nowhere to go. */
        (void)arch_copy_out(uaddr(request.call.reason), reason.text, sizeof(reason.text));
    }
    return result;
}

/* argv of init: its name, and what to run. */
static int init_arguments(struct arguments *arguments, const char *run)
{
    int error = arguments_append(arguments, ARGUMENTS_ARGV, "init");

    if (error == 0 && run != NULL) {
        error = arguments_append(arguments, ARGUMENTS_ARGV, "run");
        if (error == 0) {
            error = arguments_append(arguments, ARGUMENTS_ARGV, run);
        }
    }
    return error;
}

static int give_console(struct task *task)
{
    struct place console;
    struct file *file;

    /* By its name when the initrd has /dev, so that fstat() knows it. */
    if (place_walk(place_root(), "/dev/console", 12, PLACE_FOLLOW, &console)) {
        console = (struct place){ 0 };
    }
    file = console_file_open(console, ABI_O_RDWR);
    if (file == NULL) {
        return -ENOMEM;
    }
    int error = 0;

    for (uint32_t i = 0; i < 3 && error == 0; i++) {
        error = descriptors_replace(&task->descriptors, i, file, DESCRIPTORS_INHERIT);
    }
    file_put(file);
    return error;
}

int spawn_init(const char *path, const char *run, const char **reason_text)
{
    static struct reason reason;
    struct arguments arguments;
    struct task *task;

    arguments_init(&arguments);
    int error = init_arguments(&arguments, run);

    arch_lock();
    if (error == 0) {
        error = make_task_relock(NULL, account_root(), path == NULL ? "/bin/init" : path, &arguments, &reason, &task);
    }
    arguments_free(&arguments);
    if (error == 0) {
        error = give_console(task);
    }
    if (error == 0) {
        task_publish(task);
        scheduler_ready(task);
    }
    arch_unlock();
    if (error) {
        *reason_text = reason.text[0] != '\0' ? reason.text : "it can't be found or there is no memory for it";
    }
    return error;
}
