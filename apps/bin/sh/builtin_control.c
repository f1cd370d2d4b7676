/*
 * Builtins that say what runs next: other commands, or what is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"
#include "command.h"
#include "output.h"
#include "program.h"
#include "redirect.h"
#include "run.h"
#include "shell.h"
#include "text.h"
#include "variables.h"

/* --- Leaving */

/* The status that the first argument asks for, or else that of the command before. */
static int wanted_status(size_t count, char **arguments)
{
    long status;

    if (count < 2) {
        return shell.status;
    }
    return builtin_number(arguments[0], arguments[1], &status) ? (int)(status & 0xff) : STATUS_USAGE;
}

int builtin_exit(size_t count, char **arguments)
{
    int status = wanted_status(count, arguments);

    shell.control = CONTROL_EXIT;
    return status;
}

int builtin_return(size_t count, char **arguments)
{
    int status = wanted_status(count, arguments);

    shell.control = CONTROL_RETURN;
    return status;
}

/* As many loops as the first argument says, or as there are; outside of all, nothing happens. */
static int leave_loops(size_t count, char **arguments, enum control control)
{
    long levels = 1;

    if (count > 1 && (!builtin_number(arguments[0], arguments[1], &levels) || levels < 1)) {
        shell_give_up();
        return STATUS_USAGE;
    }
    if (shell.loop_depth > 0) {
        shell.control_levels = levels < (long)shell.loop_depth ? (unsigned)levels : shell.loop_depth;
        shell.control = control;
    }
    return 0;
}

int builtin_break(size_t count, char **arguments)
{
    return leave_loops(count, arguments, CONTROL_BREAK);
}

int builtin_continue(size_t count, char **arguments)
{
    return leave_loops(count, arguments, CONTROL_CONTINUE);
}

/* --- Running something else */

int builtin_eval(size_t count, char **arguments)
{
    struct text text = { 0 };
    struct input input;

    for (size_t i = 1; i < count; i++) {
        text_append_string(&text, i == 1 ? "" : " ");
        text_append_string(&text, arguments[i]);
    }
    const char *string = text_string(&text);

    if (string == NULL) {
        shell_out_of_memory();
    } else {
        input_from_string(&input, string);
        run_input(&input, RUN_PLAINLY);
    }
    text_free(&text);
    return shell.status;
}

/* The file NAME, or in the folders where programs are. Returns its path, which the caller frees. NULL: no memory. */
static char *find_file(const char *name)
{
    const char *folders = strchr(name, '/') != NULL ? "" : program_folders();

    while (*folders != '\0') {
        struct text path = { 0 };
        size_t length = strcspn(folders, ":");

        text_append(&path, folders, length);
        text_put(&path, '/');
        text_append_string(&path, name);
        char *string = text_take(&path);

        if (string == NULL || access(string, R_OK) == 0) {
            return string;
        }
        free(string);
        folders += length;
        folders += *folders == ':';
    }
    return strdup(name);
}

static int run_file(int fd, const char *path)
{
    struct input input;
    unsigned loop_depth = shell.loop_depth;

    shell.loop_depth = 0;
    input_from_file(&input, fd, path, INPUT_ALONE);
    run_input(&input, RUN_PLAINLY);
    shell.loop_depth = loop_depth;
    if (shell.control == CONTROL_RETURN) {
        shell.control = CONTROL_NONE;
    }
    return shell.status;
}

int builtin_dot(size_t count, char **arguments)
{
    char *path = count < 2 ? NULL : find_file(arguments[1]);

    if (path == NULL) {
        shell_complain(count < 2 ? ".: a file's name is missing" : ".: out of memory");
        shell_give_up();
        return STATUS_USAGE;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int status = STATUS_NOT_FOUND;

    fd = fd < 0 ? -1 : redirect_raise(fd);
    if (fd < 0) {
        shell_complain(".: %s: %s", path, strerror(errno));
        shell_give_up();
    } else {
        status = run_file(fd, path);
        close(fd);
    }
    free(path);
    return status;
}

int builtin_exec(size_t count, char **arguments)
{
    if (count < 2) {
        return 0;
    }
    char **environment = variables_environment();

    if (environment == NULL) {
        shell_out_of_memory();
        return shell.status;
    }
    int status = program_exec(arguments + 1, environment);

    free(environment);
    if (!shell.is_interactive) {
        shell.control = CONTROL_EXIT;
    }
    return status;
}

/* --- What is what */

/* In a sentence, or as `command -v` does. */
enum description { DESCRIBE, DESCRIBE_SHORTLY };

/* Say what @name is. Returns whether it is anything. */
static bool describe(const char *name, enum description how)
{
    static const char *const words[] = {
        [COMMAND_RESERVED] = "a reserved word of the shell",
        [COMMAND_BUILTIN] = "a builtin of the shell",
        [COMMAND_FUNCTION] = "a function",
    };
    enum command_kind kind = command_look_up(name);
    char *path = kind == COMMAND_PROGRAM ? program_find(name) : NULL;

    if (kind == COMMAND_PROGRAM && path == NULL) {
        return false;
    }
    const char *description = path != NULL ? path : how == DESCRIBE ? words[kind] : name;

    if (how == DESCRIBE) {
        output_string(name);
        output_string(" is ");
    }
    output_string(description);
    output_string("\n");
    free(path);
    return true;
}

int builtin_type(size_t count, char **arguments)
{
    int status = 0;

    for (size_t i = 1; i < count; i++) {
        if (!describe(arguments[i], DESCRIBE)) {
            shell_complain("type: %s: not found", arguments[i]);
            status = STATUS_NOT_FOUND;
        }
    }
    return status;
}

int builtin_command(size_t count, char **arguments)
{
    if (count < 2) {
        return 0;
    }
    if (strcmp(arguments[1], "-v") != 0) {
        return command_run_words(count - 1, arguments + 1);
    }
    return count < 3 || describe(arguments[2], DESCRIBE_SHORTLY) ? 0 : STATUS_NOT_FOUND;
}
