/*
 * sh: runs a text (-c TEXT), a file (FILE), what it reads (-s), or what is typed.
 *
 * On a terminal there is a prompt and an editor; from anything else commands are read one by one. The status is the
 * last command's, or what exit was told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inherit.h"
#include "input.h"
#include "jobs.h"
#include "output.h"
#include "program.h"
#include "redirect.h"
#include "run.h"
#include "shell.h"
#include "terminal.h"
#include "variables.h"

extern char **environ;

static int usage(void)
{
    shell_complain("usage: sh [-efux] [-c TEXT [NAME [WORD...]] | FILE [WORD...] | -s [WORD...]]");
    return STATUS_USAGE;
}

/* Back to what is typed: behind a ^C that ended something, and after a word about the jobs in the background. */
static void finish_line(void)
{
    if (shell_interrupt) {
        output_write(STDERR_FILENO, "\n", 1);
    }
    jobs_notice();
}

/* Run all that @input has. What has to be abandoned costs one complete command, not the shell. */
static void run_all(struct input *input)
{
    bool has_more = true;

    while (has_more && shell.control == CONTROL_NONE) {
        shell_interrupt = 0;
        has_more = run_next(input, RUN_PLAINLY);
        if (shell.control == CONTROL_ABANDON || (shell.control == CONTROL_RETURN && shell.is_interactive)) {
            shell.control = CONTROL_NONE;
        }
        if (input->kind == INPUT_TERMINAL) {
            finish_line();
        }
    }
    if (input->error != 0) {
        shell_complain("%s: %s", input->name != NULL ? input->name : "standard input", strerror(input->error));
        shell.status = STATUS_CANNOT_RUN;
    }
}

static int run_string(const char *string)
{
    struct input input;

    input_from_string(&input, string);
    run_all(&input);
    return shell.status;
}

static int run_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct input input;

    fd = fd < 0 ? -1 : redirect_raise(fd);
    if (fd < 0) {
        shell_complain("%s: %s", path, strerror(errno));
        return STATUS_NOT_FOUND;
    }
    input_from_file(&input, fd, path, INPUT_ALONE);
    if (input_is_binary(&input)) {
        shell_complain("%s: not a text", path);
        return STATUS_CANNOT_RUN;
    }
    run_all(&input);
    return shell.status;
}

static int run_standard_input(void)
{
    struct input input;

    if (isatty(STDIN_FILENO)) {
        terminal_start();
        input_from_terminal(&input);
    } else {
        input_from_file(&input, STDIN_FILENO, NULL, INPUT_SHARED);
    }
    run_all(&input);
    return shell.status;
}

static void set_parameters(int count, char **values)
{
    shell_set_parameters((struct parameters){ .values = values, .count = count > 0 ? (size_t)count : 0 });
}

/* @arguments behind the options, with a -c or -s as the last of them. */
static int run_wanted(char kind, int count, char **arguments)
{
    if (kind == 'c') {
        if (count == 0) {
            return usage();
        }
        if (count > 1) {
            shell.name = arguments[1];
        }
        set_parameters(count - 2, arguments + 2);
        return run_string(arguments[0]);
    }
    if (kind == 's' || count == 0) {
        set_parameters(count, arguments);
        return run_standard_input();
    }
    shell.name = arguments[0];
    set_parameters(count - 1, arguments + 1);
    return run_file(arguments[0]);
}

/* What every script may count on; programs get them only when they are exported. */
static void set_defaults(void)
{
    if (variables_get("PATH") == NULL) {
        variables_set("PATH", PROGRAM_DEFAULT_FOLDERS);
    }
    if (variables_get("HOME") == NULL) {
        variables_set("HOME", "/");
    }
}

int main(int argc, char **argv)
{
    char kind = '\0';
    int i = 1;

    shell_init(argc > 0 ? argv[0] : "sh");
    variables_import(environ);
    set_defaults();
    if (argc == 3 && strcmp(argv[1], INHERIT_OPTION) == 0) {
        inherit_run((int)strtol(argv[2], NULL, 10));
        return shell.status;
    }
    for (; i < argc && kind == '\0' && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        for (const char *letter = argv[i] + 1; *letter != '\0'; letter++) {
            if (*letter == 'c' || *letter == 's') {
                kind = *letter;
            } else if (!shell_set_option(*letter, SHELL_OPTION_ON)) {
                return usage();
            }
        }
    }
    return run_wanted(kind, argc - i, argv + i);
}
