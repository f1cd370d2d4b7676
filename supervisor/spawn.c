/*
 * Starting programs: a new task, its image and libraries mapped, its stack laid out, its descriptors given.
 *
 * All or nothing: a task that can't be made complete is discarded before it has run, and nobody has seen it.
 */
#include "spawn.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arguments.h"
#include "calls.h"
#include "file.h"
#include "object.h"
#include "region.h"
#include "root_files.h"
#include "scheduler.h"
#include "task.h"

#include <string.h>

enum { PATH_BYTES = 256 };

static int open_library(const char *name, struct object **out, void *context)
{
    char path[sizeof("/lib/") + ABI_LIBRARY_NAME_BYTES] = "/lib/";

    (void)context;
    strncat(path, name, ABI_LIBRARY_NAME_BYTES);
    return root_files_object(path, ROOT_FILE_READABLE, out);
}

/* Find the program at @path, with one use. */
static int find_program(const char *path, struct account *account, struct program **out, struct reason *reason)
{
    struct object *object;
    int error = root_files_object(path, ROOT_FILE_EXECUTABLE, &object);

    if (error) {
        return error;
    }
    struct image image = image_of(object);

    error = program_acquire(&image, account, out, reason);
    object_put(object);
    return error;
}

static int map_stack(struct map *map)
{
    const struct map_request stack = {
        .start = MAP_STACK_END - MAP_STACK_BYTES,
        .size_bytes = MAP_STACK_BYTES,
        .protection = ABI_PROT_READ | ABI_PROT_WRITE,
        .max_protection = ABI_PROT_READ | ABI_PROT_WRITE,
        .sharing = MAP_ENTRY_PRIVATE,
    };

    return map_add(map, &stack);
}

static int lay_out_stack(struct task *task, const struct arguments *arguments)
{
    struct program_start start = program_start(task->program);
    const struct auxiliary auxiliary[] = {
        { ABI_AT_PAGESZ, PAGE_SIZE },         { ABI_AT_PHDR, start.headers_address }, { ABI_AT_PHENT, 56 },
        { ABI_AT_PHNUM, start.header_count }, { ABI_AT_ENTRY, start.entry },
    };

    task->frame.pc = start.entry;
    return arguments_lay_out(arguments, task->map, MAP_STACK_END, auxiliary, ARRAY_COUNT(auxiliary), &task->frame.sp);
}

/*
 * Everything between the empty address space and the first instruction. Consumes a use of @program.
 */
static int load(struct task *task, struct program *program, const struct arguments *arguments, struct reason *reason)
{
    task->program = program;
    int error = program_map(program, task->map);

    if (error == 0) {
        error = program_load_libraries(program, region_of(task->map), task->account, open_library, NULL, reason);
    }
    if (error == 0) {
        error = map_stack(task->map);
    }
    return error ? error : lay_out_stack(task, arguments);
}

/* A task that is ready to run but in no queue yet, with no descriptors. */
static int make_task(struct task *parent, const char *path, const struct arguments *arguments, struct reason *reason,
                     struct task **out)
{
    struct account *account = parent == NULL ? account_root() : parent->account;
    struct program *program;
    struct task *task;
    int error = find_program(path, account, &program, reason);

    if (error) {
        return error;
    }
    error = task_create(parent, path, &task);
    if (error) {
        program_put(program);
        return error;
    }
    error = load(task, program, arguments, reason);
    if (error) {
        task_discard(task);
        return error;
    }
    *out = task;
    return 0;
}

/* What a call of spawn asks for, copied in. */
struct spawn_request {
    struct abi_spawn call;
    char path[PATH_BYTES];
    struct arguments arguments;
};

static int read_request(uaddr_t from, struct spawn_request *request)
{
    const struct abi_spawn *call = &request->call;

    if (arch_copy_in(&request->call, from, sizeof(request->call))) {
        return -EFAULT;
    }
    if (call->flags != 0 || (call->fds == 0 && call->fd_count != 0)) {
        return -EINVAL;
    }
    if (call->fd_count > DESCRIPTORS_MAX) {
        return -EMFILE;
    }
    int64_t length = arch_copy_in_string(request->path, uaddr(call->path), sizeof(request->path));

    if (length <= 0) {
        return length == 0 ? -ENOENT : (int)length;
    }
    int error = arguments_append_users(&request->arguments, ARGUMENTS_ARGV, uaddr(call->argv));

    if (error == 0 && call->envp != 0) {
        error = arguments_append_users(&request->arguments, ARGUMENTS_ENVP, uaddr(call->envp));
    }
    return error;
}

static int give_descriptors(struct task *task, const struct spawn_request *request)
{
    const struct descriptors *from = &task->parent->descriptors;
    int32_t numbers[DESCRIPTORS_MAX];

    if (request->call.fds == 0) {
        return descriptors_inherit(&task->descriptors, from);
    }
    if (arch_copy_in(numbers, uaddr(request->call.fds), request->call.fd_count * sizeof(numbers[0]))) {
        return -EFAULT;
    }
    return descriptors_select(&task->descriptors, from, numbers, request->call.fd_count);
}

static int64_t spawn(const struct spawn_request *request, struct reason *reason)
{
    struct task *task;
    int error = make_task(task_current(), request->path, &request->arguments, reason, &task);

    if (error) {
        return error;
    }
    error = give_descriptors(task, request);
    if (error) {
        task_discard(task);
        return error;
    }
    scheduler_ready(task);
    return task->pid;
}

int64_t call_spawn(uint64_t from, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct spawn_request request;
    struct reason reason = { "" };

    CALL_UNUSED(a1, a2, a3, a4, a5);
    arguments_init(&request.arguments);
    int64_t result = read_request(uaddr(from), &request);

    if (result == 0) {
        result = spawn(&request, &reason);
    }
    arguments_free(&request.arguments);
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
    for (uint32_t i = 0; i < 3; i++) {
        int number = descriptors_put(&task->descriptors, file_console(), i, false);

        if (number < 0) {
            return number;
        }
        file_get(file_console());
    }
    return 0;
}

int spawn_init(const char *path, const char *run, const char **reason_text)
{
    static struct reason reason;
    struct arguments arguments;
    struct task *task;

    arguments_init(&arguments);
    int error = init_arguments(&arguments, run);

    if (error == 0) {
        error = make_task(NULL, path == NULL ? "/bin/init" : path, &arguments, &reason, &task);
    }
    arguments_free(&arguments);
    if (error == 0) {
        error = give_console(task);
    }
    if (error) {
        *reason_text = reason.text[0] != '\0' ? reason.text : "it can't be found or there is no memory for it";
        return error;
    }
    scheduler_ready(task);
    return 0;
}
