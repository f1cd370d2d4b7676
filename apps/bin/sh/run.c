/*
 * Running a script: and-or lists in order, builtins, and programs in the foreground or not.
 *
 * A list that is to run in the background but is more than one program is given, as text, to another shell.
 */
#include <errno.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pando.h"
#include "sh.h"

#define PROGRAM_FOLDER "/bin"
#define PATH_BYTES 256

#define STATUS_USAGE 2
#define STATUS_CANNOT_RUN 126
#define STATUS_NOT_FOUND 127

typedef int builtin_function(struct shell *shell, char **arguments);

static int builtin_exit(struct shell *shell, char **arguments)
{
    shell->wants_exit = true;
    return arguments[1] != NULL ? atoi(arguments[1]) & 0xff : shell->last_status;
}

static int builtin_wait(struct shell *shell, char **arguments)
{
    int status = 0;

    (void)shell;
    if (arguments[1] == NULL) {
        jobs_wait_all();
    }
    for (char **argument = arguments + 1; *argument != NULL; argument++) {
        status = jobs_wait((pid_t)atoi(*argument));
    }
    return status;
}

static int builtin_help(struct shell *shell, char **arguments)
{
    DIR *directory = opendir(PROGRAM_FOLDER);
    struct dirent *entry;

    (void)shell;
    (void)arguments;
    printf("A line is commands joined by ; & && || with '...' \"...\" \\ $? $! and # comments.\n"
           "Builtins: exit [STATUS], help, wait [PID...]\n"
           "Programs:");
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            printf(" %s", entry->d_name);
        }
    }
    putchar('\n');
    if (directory != NULL) {
        closedir(directory);
    }
    return 0;
}

static const struct {
    const char *name;
    builtin_function *run;
} builtins[] = {
    { "exit", builtin_exit },
    { "help", builtin_help },
    { "wait", builtin_wait },
};

static builtin_function *find_builtin(const char *name)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strcmp(builtins[i].name, name) == 0) {
            return builtins[i].run;
        }
    }
    return NULL;
}

/* One line for a program that could not be started. Returns the status that says so. */
static int explain(const char *name, const char *path, int error, const char *reason)
{
    if (error == ENOENT) {
        fprintf(stderr, "sh: %s: not found\n", name);
        return STATUS_NOT_FOUND;
    }
    if (reason[0] != '\0') {
        fprintf(stderr, "sh: %s: %s\n", path, reason);
    } else {
        fprintf(stderr, "sh: %s: %s\n", name, error == ENOEXEC ? "not a program" : pando_strerror(error));
    }
    return STATUS_CANNOT_RUN;
}

/* Start a program. Returns 0, or the status that says why it could not be started. */
static int start(char **arguments, pid_t *pid)
{
    char path[PATH_BYTES];
    char reason[ABI_REASON_BYTES];
    const char *name = arguments[0];
    const char *folder = strchr(name, '/') != NULL ? "" : PROGRAM_FOLDER "/";
    int error = ENAMETOOLONG;

    reason[0] = '\0';
    if (snprintf(path, sizeof(path), "%s%s", folder, name) < (int)sizeof(path)) {
        error = name[0] == '\0' ? ENOENT : pando_spawn(pid, path, NULL, arguments, environ, reason);
    }
    return error == 0 ? 0 : explain(name, path, error, reason);
}

static void run_program(struct shell *shell, char **arguments, bool is_background)
{
    pid_t pid;

    /* What the shell itself has printed comes before what the program prints. */
    fflush(stdout);
    shell->last_status = start(arguments, &pid);
    if (shell->last_status != 0) {
        return;
    }
    if (is_background) {
        shell->last_background = pid;
        jobs_add(pid, arguments[0]);
    } else {
        shell->last_status = jobs_wait_foreground(pid, arguments[0]);
    }
}

static void free_arguments(char **arguments)
{
    for (char **argument = arguments; *argument != NULL; argument++) {
        free(*argument);
    }
    free(arguments);
}

/* The command's words as a program gets them, or NULL after a message. */
static char **expand_arguments(const struct command *command, const struct shell *shell)
{
    char **arguments = calloc(command->word_count + 1, sizeof(*arguments));

    for (size_t i = 0; arguments != NULL && i < command->word_count; i++) {
        arguments[i] = script_expand(command->words[i], shell);
        if (arguments[i] == NULL) {
            free_arguments(arguments);
            arguments = NULL;
        }
    }
    if (arguments == NULL) {
        fprintf(stderr, "sh: out of memory\n");
    }
    return arguments;
}

static void run_command(struct shell *shell, const struct command *command, bool is_background)
{
    char **arguments = expand_arguments(command, shell);

    if (arguments == NULL) {
        shell->last_status = STATUS_CANNOT_RUN;
        return;
    }
    builtin_function *builtin = find_builtin(arguments[0]);

    if (builtin != NULL && !is_background) {
        shell->last_status = builtin(shell, arguments);
    } else {
        run_program(shell, arguments, is_background);
    }
    free_arguments(arguments);
}

static void run_list_in_background(struct shell *shell, const struct command *first, const struct command *last)
{
    char *text = strndup(first->text.start, (size_t)(last->text.end - first->text.start));
    char *arguments[] = { "sh", "-c", text, NULL };

    if (text == NULL) {
        fprintf(stderr, "sh: out of memory\n");
        shell->last_status = STATUS_CANNOT_RUN;
        return;
    }
    run_program(shell, arguments, true);
    free(text);
}

static void run_list(struct shell *shell, const struct command *first, const struct command *last)
{
    for (const struct command *command = first; command <= last && !shell->wants_exit; command++) {
        bool is_skipped = false;

        if (command > first) {
            is_skipped = (command[-1].connector == CONNECT_AND) != (shell->last_status == 0);
        }
        if (!is_skipped) {
            run_command(shell, command, false);
        }
    }
}

static bool is_chained(const struct command *command)
{
    return command->connector == CONNECT_AND || command->connector == CONNECT_OR;
}

void run_text(struct shell *shell, const char *text)
{
    struct script script;

    if (!script_parse(text, &script)) {
        shell->last_status = STATUS_USAGE;
        script_free(&script);
        return;
    }
    for (size_t i = 0; i < script.count && !shell->wants_exit; i++) {
        const struct command *first = &script.commands[i];

        while (is_chained(&script.commands[i])) {
            i++;
        }
        const struct command *last = &script.commands[i];

        if (last->connector != CONNECT_BACKGROUND) {
            run_list(shell, first, last);
        } else if (first == last) {
            run_command(shell, first, true);
        } else {
            run_list_in_background(shell, first, last);
        }
    }
    script_free(&script);
}
