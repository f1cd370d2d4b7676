/*
 * execve: another program in the same task.
 *
 * The new address space is made in full beside the old one, attached to the region that is due; only when nothing can
 * fail any more the task goes over to it (rule 3.6). So a program that can't be started leaves everything as it was.
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "arguments.h"
#include "calls.h"
#include "cpu.h"
#include "loading.h"
#include "region.h"
#include "scheduler.h"
#include "task.h"
#include "user_path.h"

#include <string.h>

/* A program in an address space that no task has yet. */
struct new_image {
    struct program *program;
    struct map *map;
    struct loading_start start;
};

/* What is to be executed: what is at a path, or (NULL) in an open file. */
struct exec_target {
    struct place from;
    const char *path;
    struct file *file;
};

static int find_program_relock(const struct exec_target *target, struct account *account, struct program **out)
{
    return target->path != NULL ? loading_find_relock(target->from, target->path, account, out, NULL)
                                : loading_find_open_relock(target->file, account, out);
}

static int make_image_relock(struct task *task, const struct exec_target *target, const struct arguments *arguments,
                             struct new_image *image)
{
    int error = find_program_relock(target, task->account, &image->program);

    if (error) {
        return error;
    }
    error = task_create_map_relock(task, task->account, &image->map);
    if (error) {
        goto put_program;
    }
    error = loading_map_relock(image->program, image->map, arguments, NULL, &image->start);
    if (error) {
        goto destroy_map;
    }
    return 0;

destroy_map:
    region_detach(image->map);
    map_destroy(image->map);
put_program:
    program_put(image->program);
    return error;
}

/* The registers that the trap code saved before the call; the others are cleared when the task is left. */
static void set_frame(struct trap_frame *frame, const struct loading_start *start)
{
    memset(&frame->ra, 0, offsetof(struct trap_frame, hart) - offsetof(struct trap_frame, ra));
    frame->pc = start->pc;
    frame->sp = start->sp;
}

/* From here on the task is the new program's. */
static void go_over(struct task *task, const char *path, const struct new_image *image)
{
    space_leave();
    task_set_map(task, image->map);
    task->wants_clean_region = false;
    task_let_parent_go(task);
    program_put(task->program);
    task->program = image->program;
    task_set_name(task, path);
    descriptors_close_on_exec(&task->descriptors);
    signals_forget_actions(&task->signals);
    cpu_fp_forget(&task->fp);
    task->attention &= (uint8_t)~TASK_USES_FP;
    set_frame(&task->frame, &image->start);
    this_hart()->reschedule = HART_RESCHEDULES;
}

/* Takes the lock, and keeps it. */
static int64_t exec_lock(const struct exec_target *target, uint64_t argv, uint64_t envp)
{
    struct arguments arguments;
    struct new_image image;

    arguments_init(&arguments);
    int64_t result = argv == 0 ? 0 : arguments_append_users(&arguments, ARGUMENTS_ARGV, uaddr(argv));

    if (result == 0 && envp != 0) {
        result = arguments_append_users(&arguments, ARGUMENTS_ENVP, uaddr(envp));
    }
    arch_lock();
    if (result == 0) {
        result = make_image_relock(task_current(), target, &arguments, &image);
        loading_finished();
    }
    arguments_free(&arguments);
    if (result == 0) {
        go_over(task_current(), target->path != NULL ? target->path : "fd", &image);
        result = CALL_NEW_IMAGE;
    }
    return result == -EBUSY ? loading_wait() : result;
}

/* The end of both calls. */
static int64_t exec_path(const struct exec_target *target, struct user_path *path, uint64_t argv, uint64_t envp)
{
    int64_t result = exec_lock(target, argv, envp);

    user_path_free_locked(path);
    scheduler_unlock();
    /* spawn says more than Linux's call does. */
    return result == -EISDIR ? -EACCES : result;
}

int64_t call_execve(uint64_t path_address, uint64_t argv, uint64_t envp, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct user_path path;
    int64_t result = user_path_copy_in(uaddr(path_address), USER_PATH_NOT_EMPTY, &path);

    CALL_UNUSED(a3, a4, a5);
    if (result == 0) {
        const struct exec_target target = { .from = task_current()->folder, .path = path.text };

        result = exec_path(&target, &path, argv, envp);
    }
    return result;
}

int64_t call_execveat(uint64_t directory, uint64_t path_address, uint64_t argv, uint64_t envp, uint64_t flags,
                      uint64_t a5)
{
    struct user_path path;
    struct exec_target target = { .path = NULL };

    CALL_UNUSED(a5);
    if (((uint32_t)flags & ~(uint32_t)ABI_AT_EMPTY_PATH) != 0) {
        return -EINVAL;
    }
    int64_t result =
        user_path_copy_in(uaddr(path_address), flags != 0 ? USER_PATH_MAY_BE_EMPTY : USER_PATH_NOT_EMPTY, &path);

    if (result < 0) {
        return result;
    }
    if (path.size_bytes > 0) {
        target.path = path.text;
        result = user_path_start(directory, path.text, &target.from);
    } else {
        target.file = task_file(directory);
        result = target.file == NULL ? -EBADF : 0;
    }
    if (result < 0) {
        user_path_free(&path);
        return result;
    }
    return exec_path(&target, &path, argv, envp);
}
