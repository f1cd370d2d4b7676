/*
 * Starting programs. The folders of PATH are tried by starting the program from each: no look-up beforehand, which
 * would cost another one.
 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pando.h"
#include "shell.h"
#include "text.h"
#include "variables.h"

#define HEAD_BYTES 128 /* of a file that may be a script */

const char *program_folders(void)
{
    const char *folders = variables_get("PATH");

    return folders != NULL ? folders : PROGRAM_DEFAULT_FOLDERS;
}

/*
 * The next path at which @name may be; *@folders is left behind its folder, and is NULL behind the last. The caller
 * frees it. NULL: no memory.
 */
static char *next_path(const char **folders, const char *name)
{
    size_t length = strcspn(*folders, ":");
    struct text path = { 0 };

    text_append(&path, *folders, length);
    if (length > 0) {
        text_put(&path, '/');
    }
    text_append_string(&path, name);
    *folders = (*folders)[length] == ':' ? *folders + length + 1 : NULL;
    return text_take(&path);
}

/* Where to look for @name: one with a slash is a path already. */
static const char *folders_of(const char *name)
{
    return strchr(name, '/') != NULL ? "" : program_folders();
}

char *program_find(const char *name)
{
    const char *folders = folders_of(name);
    struct stat status;

    while (folders != NULL && name[0] != '\0') {
        char *path = next_path(&folders, name);

        if (path == NULL || (access(path, X_OK) == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode))) {
            return path;
        }
        free(path);
    }
    return NULL;
}

/* --- Scripts */

/* What a script's first line says is to run it; the parts lie in @head. */
struct interpreter {
    char head[HEAD_BYTES + 1];
    char *path;
    char *argument; /* NULL: none */
};

/* Whether a file that begins so may be a script: control characters that no text has are for other programs. */
static bool is_text(const char *head, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)head[i];

        if (byte == 0x7f || (byte < ' ' && (byte == '\0' || strchr("\t\n\v\f\r\033", byte) == NULL))) {
            return false;
        }
    }
    return true;
}

/* Returns whether the file at @path is text, and then who runs it: this shell, unless it begins with #! and a path. */
static bool find_interpreter(const char *path, struct interpreter *interpreter)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, interpreter->head, HEAD_BYTES);

    if (fd >= 0) {
        close(fd);
    }
    if (got < 0 || !is_text(interpreter->head, (size_t)got)) {
        return false;
    }
    interpreter->head[got] = '\0';
    interpreter->path = SHELL_PATH;
    interpreter->argument = NULL;
    if (strncmp(interpreter->head, "#!", 2) != 0) {
        return true;
    }
    interpreter->head[strcspn(interpreter->head, "\r\n")] = '\0';
    char *rest = interpreter->head + 2;
    char *first = strtok_r(rest, " \t", &rest);

    if (first != NULL) {
        interpreter->path = first;
        interpreter->argument = strtok_r(NULL, " \t", &rest);
    }
    return true;
}

/* The arguments with which @interpreter runs the script at @path. The caller frees them. NULL: no memory. */
static char **script_arguments(struct interpreter *interpreter, char *path, char **arguments)
{
    size_t count = 0;

    while (arguments[count] != NULL) {
        count++;
    }
    char **extended = calloc(count + 3, sizeof(*extended));
    char **to = extended;

    if (extended == NULL) {
        return NULL;
    }
    *to++ = interpreter->path;
    if (interpreter->argument != NULL) {
        *to++ = interpreter->argument;
    }
    *to++ = path;
    memcpy(to, arguments + 1, (count - 1) * sizeof(*arguments));
    return extended;
}

/* --- Starting */

/* How one path is tried: by pando_spawn_with() or by execve(). Returns 0 or an error number. */
struct attempt {
    pid_t *pid; /* NULL: this process becomes the program */
    pid_t group;
    char **environment;
    char reason[ABI_REASON_BYTES];
};

/* What the user interrupts with does its work in programs; what the shell itself ignores is no matter of theirs. */
static void choose_signals(posix_spawnattr_t *attributes)
{
    sigset_t defaults, ignored;

    sigemptyset(&defaults);
    sigemptyset(&ignored);
    if (shell.is_interactive) {
        sigfillset(&defaults);
    }
    if (shell.starts_deaf) {
        sigaddset(&ignored, SIGINT);
        sigaddset(&ignored, SIGQUIT);
    }
    posix_spawnattr_setsigdefault(attributes, &defaults);
    pando_spawnattr_setsigignore(attributes, &ignored);
}

static int spawn(struct attempt *attempt, const char *path, char **arguments)
{
    static posix_spawnattr_t attributes;
    static bool is_ready;
    short flags = POSIX_SPAWN_SETSIGDEF;

    if (attempt->group < 0 && !shell.is_interactive && !shell.starts_deaf) {
        return pando_spawn_with(attempt->pid, path, NULL, NULL, arguments, attempt->environment, attempt->reason);
    }
    if (!is_ready && posix_spawnattr_init(&attributes) != 0) {
        return ENOMEM;
    }
    is_ready = true;
    choose_signals(&attributes);
    if (attempt->group >= 0) {
        posix_spawnattr_setpgroup(&attributes, attempt->group);
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    posix_spawnattr_setflags(&attributes, flags);
    return pando_spawn_with(attempt->pid, path, NULL, &attributes, arguments, attempt->environment, attempt->reason);
}

static int start(struct attempt *attempt, const char *path, char **arguments)
{
    attempt->reason[0] = '\0';
    if (attempt->pid != NULL) {
        return spawn(attempt, path, arguments);
    }
    execve(path, arguments, attempt->environment);
    return errno;
}

static int start_script(struct attempt *attempt, char *path, char **arguments)
{
    struct interpreter interpreter;

    if (!find_interpreter(path, &interpreter)) {
        return ENOEXEC;
    }
    char **extended = script_arguments(&interpreter, path, arguments);
    int error = extended == NULL ? ENOMEM : start(attempt, interpreter.path, extended);

    free(extended);
    return error;
}

/* Returns 0, or the error number that says most; *@path (or NULL) is what it is about, which the caller frees. */
static int try_folders(struct attempt *attempt, char **arguments, char **path)
{
    const char *folders = arguments[0][0] == '\0' ? NULL : folders_of(arguments[0]);
    int error = ENOENT;

    *path = NULL;
    while (folders != NULL) {
        char *tried = next_path(&folders, arguments[0]);
        int tried_error = tried == NULL ? ENOMEM : start(attempt, tried, arguments);

        if (tried_error == ENOEXEC) {
            tried_error = start_script(attempt, tried, arguments);
        }
        if (tried_error == ENOENT || (tried_error == ENOTDIR && strchr(arguments[0], '/') == NULL)) {
            free(tried);
            continue;
        }
        free(*path);
        *path = tried;
        error = tried_error;
        /* What is there but can't be run may be a program in the next folder. */
        if (error != EACCES && error != EISDIR) {
            break;
        }
    }
    return error;
}

/* One line for a program that could not be started. Returns the status that says so. */
static int explain(const char *name, const char *path, int error, const char *reason)
{
    if (error == ENOENT) {
        shell_complain("%s: not found", name);
        return STATUS_NOT_FOUND;
    }
    if (reason[0] != '\0') {
        shell_complain("%s: %s", path, reason);
    } else {
        shell_complain("%s: %s", path != NULL ? path : name,
                       error == ENOEXEC ? "not a program" : pando_strerror(error));
    }
    return STATUS_CANNOT_RUN;
}

static int run(struct attempt *attempt, char **arguments)
{
    char *path;
    int error = try_folders(attempt, arguments, &path);
    int status = error == 0 ? 0 : explain(arguments[0], path, error, attempt->reason);

    free(path);
    return status;
}

int program_spawn(pid_t *pid, char **arguments, char **environment, pid_t group)
{
    struct attempt attempt = { .pid = pid, .group = group, .environment = environment };

    return run(&attempt, arguments);
}

int program_exec(char **arguments, char **environment)
{
    struct attempt attempt = { .environment = environment };

    return run(&attempt, arguments);
}
