/*
 * posix_spawn() over the supervisor's spawn call.
 *
 * The call wants a finished table (the child's descriptor i is the caller's descriptor fds[i]), POSIX gives actions
 * in order. So the actions are played on the table here, before the call: a duplicate copies a cell, a close empties
 * one, an open is done by the caller and undone after the call. Without actions the supervisor inherits by itself.
 *
 * Typical use:
 *     posix_spawn_file_actions_init(&actions);
 *     posix_spawn_file_actions_adddup2(&actions, pipe_end, STDOUT_FILENO);
 *     posix_spawnp(&pid, "ls", &actions, NULL, argv, environ);
 *     posix_spawn_file_actions_destroy(&actions);
 */
#include <spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc.h"
#include "pando.h"

#define DESCRIPTOR_LIMIT 64
#define CLOSED (-1)
#define PATH_BYTES 256
#define DEFAULT_PATH "/bin"

enum action_kind { ACTION_CLOSE, ACTION_DUPLICATE, ACTION_OPEN };

struct action {
    enum action_kind kind;
    int target;
    int source; /* of ACTION_DUPLICATE */
    int flags; /* of ACTION_OPEN, as are the next two */
    mode_t mode;
    char *path; /* owned */
};

struct __posix_spawn_file_actions {
    size_t count;
    size_t capacity;
    struct action *actions;
};

struct __posix_spawnattr {
    short flags; /* POSIX_SPAWN_* */
    pid_t group;
    sigset_t mask;
    sigset_t defaults;
    sigset_t ignored; /* with any in it: beyond POSIX */
    const struct abi_limits *limits; /* not NULL: the same */
};

#define KNOWN_FLAGS (POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)

/* The child's table while the actions are played on it. */
struct table {
    int32_t cells[DESCRIPTOR_LIMIT];
    uint64_t closing; /* bit n: cells[n] is closed when the actions are done, unless one of them fills it anew */
    uint64_t opened; /* bit n: the caller's descriptor n was opened for the child and is to be closed again */
};

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions)
{
    *actions = calloc(1, sizeof(**actions));
    return *actions == NULL ? ENOMEM : 0;
}

int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)
{
    for (size_t i = 0; i < (*actions)->count; i++) {
        free((*actions)->actions[i].path);
    }
    free((*actions)->actions);
    free(*actions);
    *actions = NULL;
    return 0;
}

static bool is_descriptor(int fd)
{
    return fd >= 0 && fd < DESCRIPTOR_LIMIT;
}

static int append(struct __posix_spawn_file_actions *list, struct action action)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 4 : 2 * list->capacity;
        struct action *grown = reallocarray(list->actions, capacity, sizeof(*grown));

        if (grown == NULL) {
            return ENOMEM;
        }
        list->actions = grown;
        list->capacity = capacity;
    }
    list->actions[list->count++] = action;
    return 0;
}

int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int fd)
{
    if (!is_descriptor(fd)) {
        return EBADF;
    }
    return append(*actions, (struct action){ .kind = ACTION_CLOSE, .target = fd });
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int source, int target)
{
    if (!is_descriptor(source) || !is_descriptor(target)) {
        return EBADF;
    }
    return append(*actions, (struct action){ .kind = ACTION_DUPLICATE, .source = source, .target = target });
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict actions, int fd, const char *restrict path,
                                     int flags, mode_t mode)
{
    if (!is_descriptor(fd)) {
        return EBADF;
    }
    char *copy = strdup(path);

    if (copy == NULL) {
        return ENOMEM;
    }
    int error = append(
        *actions, (struct action){ .kind = ACTION_OPEN, .target = fd, .flags = flags, .mode = mode, .path = copy });

    if (error != 0) {
        free(copy);
    }
    return error;
}

/* What is open before any action: those that are close-on-exec too, which can be duplicated. */
static void table_inherit(struct table *table)
{
    int caller_errno = errno;

    table->opened = 0;
    table->closing = 0;
    for (int fd = 0; fd < DESCRIPTOR_LIMIT; fd++) {
        int flags = fcntl(fd, F_GETFD);

        table->cells[fd] = flags >= 0 ? fd : CLOSED;
        if (flags >= 0 && (flags & FD_CLOEXEC)) {
            table->closing |= 1ull << fd;
        }
    }
    errno = caller_errno;
}

static void table_set(struct table *table, int target, int32_t cell)
{
    table->cells[target] = cell;
    table->closing &= ~(1ull << target);
}

static int play_open(struct table *table, const struct action *action)
{
    int fd = open(action->path, action->flags & ~O_CLOEXEC, action->mode);

    if (fd < 0) {
        return errno;
    }
    if (!is_descriptor(fd)) {
        close(fd);
        return EMFILE;
    }
    table->opened |= 1ull << fd;
    table_set(table, action->target, fd);
    return 0;
}

static int play_duplicate(struct table *table, const struct action *action)
{
    int32_t source = table->cells[action->source];

    if (source == CLOSED) {
        return EBADF;
    }
    table_set(table, action->target, source);
    return 0;
}

static int play(struct table *table, const struct __posix_spawn_file_actions *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct action *action = &list->actions[i];
        int error = 0;

        if (action->kind == ACTION_CLOSE) {
            table_set(table, action->target, CLOSED);
        } else if (action->kind == ACTION_DUPLICATE) {
            error = play_duplicate(table, action);
        } else {
            error = play_open(table, action);
        }
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* Close what is close-on-exec and was not filled anew. Returns how long the table is. */
static uint32_t table_finish(struct table *table)
{
    uint32_t count = DESCRIPTOR_LIMIT;

    for (int fd = 0; fd < DESCRIPTOR_LIMIT; fd++) {
        if (table->closing & 1ull << fd) {
            table->cells[fd] = CLOSED;
        }
    }
    while (count > 0 && table->cells[count - 1] == CLOSED) {
        count--;
    }
    return count;
}

static void close_opened(const struct table *table)
{
    for (int fd = 0; fd < DESCRIPTOR_LIMIT; fd++) {
        if (table->opened & 1ull << fd) {
            close(fd);
        }
    }
}

static int spawn(pid_t *pid, const struct abi_spawn *request)
{
    int caller_errno = errno;
    long result = libc_result(raw_syscall1(SYS_spawn, ARG(request)));

    if (result < 0) {
        int error = errno;

        errno = caller_errno;
        return error;
    }
    if (pid != NULL) {
        *pid = (pid_t)result;
    }
    return 0;
}

/* What @attributes ask for goes into @request. Returns 0 or EINVAL: nothing is done that is not what was asked for. */
static int request_attributes(struct abi_spawn *request, const struct __posix_spawnattr *attributes)
{
    if ((attributes->flags & ~KNOWN_FLAGS) != 0) {
        return EINVAL;
    }
    if (attributes->flags & POSIX_SPAWN_SETPGROUP) {
        request->flags |= ABI_SPAWN_GROUP;
        request->group = attributes->group;
    }
    if (attributes->flags & POSIX_SPAWN_SETSIGMASK) {
        request->flags |= ABI_SPAWN_SIGNAL_MASK;
        request->signal_mask = attributes->mask;
    }
    if (attributes->flags & POSIX_SPAWN_SETSIGDEF) {
        request->flags |= ABI_SPAWN_SIGNAL_DEFAULT;
        request->signal_default = attributes->defaults;
    }
    if (attributes->ignored != 0) {
        request->flags |= ABI_SPAWN_SIGNAL_IGNORE;
        request->signal_ignore = attributes->ignored;
    }
    if (attributes->limits != NULL) {
        request->flags |= ABI_SPAWN_LIMITS;
        request->limits = ARG(attributes->limits);
    }
    return 0;
}

/* With a table of descriptors that the actions make. */
static int spawn_with_actions(pid_t *pid, struct abi_spawn *request, const struct __posix_spawn_file_actions *actions)
{
    struct table table;

    table_inherit(&table);
    int error = play(&table, actions);

    if (error == 0) {
        request->fds = ARG(table.cells);
        request->fd_count = table_finish(&table);
        error = spawn(pid, request);
    }
    close_opened(&table);
    return error;
}

int pando_spawn_with(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                     const posix_spawnattr_t *attributes, char *const argv[], char *const envp[],
                     char reason[ABI_REASON_BYTES])
{
    struct abi_spawn request = { .path = ARG(path), .argv = ARG(argv), .envp = ARG(envp), .reason = ARG(reason) };
    int error = attributes == NULL || *attributes == NULL ? 0 : request_attributes(&request, *attributes);

    if (reason != NULL) {
        reason[0] = '\0';
    }
    if (error != 0) {
        return error;
    }
    if (actions == NULL || *actions == NULL || (*actions)->count == 0) {
        return spawn(pid, &request);
    }
    return spawn_with_actions(pid, &request, *actions);
}

int pando_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, char *const argv[],
                char *const envp[], char reason[ABI_REASON_BYTES])
{
    return pando_spawn_with(pid, path, actions, NULL, argv, envp, reason);
}

int posix_spawn(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes, char *const argv[], char *const envp[])
{
    return pando_spawn_with(pid, path, actions, attributes, argv, envp, NULL);
}

const char *libc_search_path(void)
{
    const char *folders = getenv("PATH");

    return folders != NULL ? folders : DEFAULT_PATH;
}

const char *libc_next_path(const char *folders, const char *file, char *path, size_t capacity)
{
    size_t length = strcspn(folders, ":");
    const char *folder = length == 0 ? "." : folders;

    if (snprintf(path, capacity, "%.*s/%s", length == 0 ? 1 : (int)length, folder, file) >= (int)capacity) {
        path[0] = '\0';
    }
    return folders[length] == ':' ? folders + length + 1 : NULL;
}

int posix_spawnp(pid_t *restrict pid, const char *restrict file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *restrict attributes, char *const argv[], char *const envp[])
{
    const char *folders = libc_search_path();
    int error = ENOENT;

    if (strchr(file, '/') != NULL) {
        return posix_spawn(pid, file, actions, attributes, argv, envp);
    }
    while (error == ENOENT && folders != NULL) {
        char path[PATH_BYTES];

        folders = libc_next_path(folders, file, path, sizeof(path));
        error = posix_spawn(pid, path, actions, attributes, argv, envp);
    }
    return error;
}

int posix_spawnattr_init(posix_spawnattr_t *attributes)
{
    *attributes = calloc(1, sizeof(**attributes));
    return *attributes == NULL ? ENOMEM : 0;
}

int posix_spawnattr_destroy(posix_spawnattr_t *attributes)
{
    free(*attributes);
    *attributes = NULL;
    return 0;
}

int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags)
{
    (*attributes)->flags = flags;
    return 0;
}

int posix_spawnattr_getflags(const posix_spawnattr_t *restrict attributes, short *restrict flags)
{
    *flags = (*attributes)->flags;
    return 0;
}

int posix_spawnattr_setpgroup(posix_spawnattr_t *attributes, pid_t group)
{
    (*attributes)->group = group;
    return 0;
}

int posix_spawnattr_getpgroup(const posix_spawnattr_t *restrict attributes, pid_t *restrict group)
{
    *group = (*attributes)->group;
    return 0;
}

int posix_spawnattr_setsigmask(posix_spawnattr_t *restrict attributes, const sigset_t *restrict mask)
{
    (*attributes)->mask = *mask;
    return 0;
}

int posix_spawnattr_getsigmask(const posix_spawnattr_t *restrict attributes, sigset_t *restrict mask)
{
    *mask = (*attributes)->mask;
    return 0;
}

int posix_spawnattr_setsigdefault(posix_spawnattr_t *restrict attributes, const sigset_t *restrict defaults)
{
    (*attributes)->defaults = *defaults;
    return 0;
}

int posix_spawnattr_getsigdefault(const posix_spawnattr_t *restrict attributes, sigset_t *restrict defaults)
{
    *defaults = (*attributes)->defaults;
    return 0;
}

int pando_spawnattr_setsigignore(posix_spawnattr_t *attributes, const sigset_t *ignored)
{
    (*attributes)->ignored = *ignored;
    return 0;
}

int pando_spawnattr_setlimits(posix_spawnattr_t *attributes, const struct abi_limits *limits)
{
    (*attributes)->limits = limits;
    return 0;
}
