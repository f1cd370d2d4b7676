/*
 * The table of builtins, and the small ones. The others are in builtin_*.c.
 */
#include "builtins.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history.h"
#include "jobs.h"
#include "output.h"
#include "program.h"
#include "shell.h"
#include "variables.h"

/* X(name, function, kind, usage, about), sorted by name. */
#define BUILTINS(X) \
    X(".", builtin_dot, BUILTIN_SPECIAL, "FILE", "run FILE in this shell") \
    X(":", builtin_colon, BUILTIN_SPECIAL, "[WORD...]", "do nothing") \
    X("[", builtin_test, BUILTIN_REGULAR, "EXPRESSION ]", "see test") \
    X("break", builtin_break, BUILTIN_SPECIAL, "[N]", "leave the Nth loop around") \
    X("cd", builtin_cd, BUILTIN_REGULAR, "[FOLDER | -]", "change the folder, to $HOME or /") \
    X("command", builtin_command, BUILTIN_REGULAR, "[-v] NAME [WORD...]", "run it, or say what it is; no function") \
    X("continue", builtin_continue, BUILTIN_SPECIAL, "[N]", "go on with the Nth loop around") \
    X("echo", builtin_echo, BUILTIN_REGULAR, "[-n] [WORD...]", "print the words") \
    X("eval", builtin_eval, BUILTIN_SPECIAL, "[WORD...]", "run the words as commands") \
    X("exec", builtin_exec, BUILTIN_SPECIAL, "[PROGRAM [WORD...]]", "become PROGRAM, or redirect for good") \
    X("exit", builtin_exit, BUILTIN_SPECIAL, "[STATUS]", "leave the shell") \
    X("export", builtin_export, BUILTIN_SPECIAL, "[NAME[=VALUE]...]", "let programs see variables") \
    X("false", builtin_false, BUILTIN_REGULAR, "", "fail") \
    X("fg", builtin_fg, BUILTIN_REGULAR, "[%JOB]", "bring a job to the foreground") \
    X("help", builtin_help, BUILTIN_REGULAR, "[NAME...]", "print this, or what concerns NAME") \
    X("history", builtin_history, BUILTIN_REPORT, "", "print the lines that were typed") \
    X("jobs", builtin_jobs, BUILTIN_REPORT, "", "print the jobs in the background") \
    X("kill", builtin_kill, BUILTIN_REGULAR, "[-SIGNAL] PID | %JOB...", "send a signal; -l lists them") \
    X("local", builtin_local, BUILTIN_REGULAR, "NAME[=VALUE]...", "variables of the function that runs") \
    X("printf", builtin_printf, BUILTIN_REGULAR, "FORMAT [WORD...]", "print the words as FORMAT says") \
    X("pwd", builtin_pwd, BUILTIN_REGULAR, "", "print the folder") \
    X("read", builtin_read, BUILTIN_REGULAR, "[-r] NAME...", "read a line into variables") \
    X("return", builtin_return, BUILTIN_SPECIAL, "[STATUS]", "leave the function or file") \
    X("set", builtin_set, BUILTIN_SPECIAL, "[-efux] [--] [WORD...]", "options, and the words $1 and on") \
    X("shift", builtin_shift, BUILTIN_SPECIAL, "[N]", "drop the first N of $1 and on") \
    X("test", builtin_test, BUILTIN_REGULAR, "EXPRESSION", "compare strings, numbers, look at files") \
    X("true", builtin_colon, BUILTIN_REGULAR, "", "do nothing") \
    X("type", builtin_type, BUILTIN_REGULAR, "NAME...", "say what a command is") \
    X("unset", builtin_unset, BUILTIN_SPECIAL, "[-fv] NAME...", "forget variables or functions") \
    X("wait", builtin_wait, BUILTIN_REGULAR, "[PID | %JOB...]", "wait for jobs in the background")

#define NAME(name, function, kind, usage, about) name,
#define ENTRY(name, function, kind, usage, about) { function, kind, usage, about },

static const char *const names[] = { BUILTINS(NAME) NULL };
static const struct builtin builtins[] = { BUILTINS(ENTRY) };
#define BUILTIN_COUNT (sizeof(builtins) / sizeof(builtins[0]))

static int compare(const void *name, const void *entry)
{
    return strcmp(name, *(const char *const *)entry);
}

const struct builtin *builtins_find(const char *name)
{
    const char *const *found = bsearch(name, names, BUILTIN_COUNT, sizeof(names[0]), compare);

    return found == NULL ? NULL : &builtins[found - names];
}

const char *const *builtin_names(void)
{
    return names;
}

bool builtin_number(const char *name, const char *word, long *number)
{
    char *end;

    errno = 0;
    *number = strtol(word, &end, 10);
    end += strspn(end, " \t\n");
    if (end == word || *end != '\0' || errno != 0) {
        shell_complain("%s: %s: not a number", name, word);
        return false;
    }
    return true;
}

bool builtin_job(const char *name, const char *word, unsigned *number)
{
    const char *digits = word + 1;
    char *end;
    unsigned long parsed = strtoul(digits, &end, 10);

    if (*digits == '\0' || strcmp(digits, "%") == 0 || strcmp(digits, "+") == 0) {
        *number = JOBS_LATEST;
    } else if (*digits < '1' || *digits > '9' || *end != '\0' || parsed > UINT_MAX) {
        *number = UINT_MAX;
    } else {
        *number = (unsigned)parsed;
    }
    if (jobs_target(*number) == 0) {
        shell_complain("%s: %s: no such job", name, word);
        return false;
    }
    return true;
}

int builtin_colon(size_t count, char **arguments)
{
    (void)count;
    (void)arguments;
    return 0;
}

int builtin_false(size_t count, char **arguments)
{
    (void)count;
    (void)arguments;
    return 1;
}

/* --- History */

int builtin_history(size_t count, char **arguments)
{
    (void)count;
    (void)arguments;
    for (size_t i = 0; i < history_count(); i++) {
        output_format("%5zu  ", history_first_number() + i);
        output_string(history_get(i));
        output_string("\n");
    }
    return 0;
}

/* --- Jobs */

int builtin_jobs(size_t count, char **arguments)
{
    (void)count;
    (void)arguments;
    jobs_print();
    return 0;
}

int builtin_fg(size_t count, char **arguments)
{
    static const char latest[] = "%%";
    const char *word = count > 1 ? arguments[1] : latest;
    unsigned job;

    if (!shell.has_job_control) {
        shell_complain("fg: there is no job control");
        return 1;
    }
    if (word[0] != '%' || count > 2) {
        shell_complain("usage: fg [%%JOB]");
        return STATUS_USAGE;
    }
    return builtin_job("fg", word, &job) ? jobs_to_foreground(job) : 1;
}

int builtin_wait(size_t count, char **arguments)
{
    int status = 0;

    if (count == 1) {
        jobs_wait_all();
        return shell.control == CONTROL_NONE ? 0 : shell.status;
    }
    for (size_t i = 1; i < count && shell.control == CONTROL_NONE; i++) {
        long pid;
        unsigned job;

        if (arguments[i][0] == '%') {
            status = builtin_job("wait", arguments[i], &job) ? jobs_wait_job(job) : STATUS_NOT_FOUND;
            continue;
        }
        if (!builtin_number("wait", arguments[i], &pid)) {
            return STATUS_USAGE;
        }
        status = pid < 1 || pid > INT_MAX ? STATUS_NOT_FOUND : jobs_wait_process((pid_t)pid);
    }
    return status;
}

/* --- The folder */

/* Returns the path of the present folder, which the caller frees, or NULL with errno. */
static char *present_folder(void)
{
    size_t size = 128;
    char *path = NULL;

    for (;;) {
        char *grown = realloc(path, size);

        if (grown == NULL) {
            free(path);
            return NULL;
        }
        path = grown;
        if (getcwd(path, size) != NULL) {
            return path;
        }
        if (errno != ERANGE) {
            free(path);
            return NULL;
        }
        size *= 2;
    }
}

int builtin_pwd(size_t count, char **arguments)
{
    char *path = present_folder();

    (void)count;
    (void)arguments;
    if (path == NULL) {
        shell_complain("pwd: %s", strerror(errno));
        return 1;
    }
    output_string(path);
    output_string("\n");
    free(path);
    return 0;
}

/* PWD and OLDPWD, as far as there is memory. */
static void set_folder(const char *old, const char *new)
{
    if ((old == NULL || variables_set("OLDPWD", old)) && new != NULL) {
        variables_set("PWD", new);
    }
}

int builtin_cd(size_t count, char **arguments)
{
    const char *home = variables_get("HOME");
    const char *to = count > 1 ? arguments[1] : home != NULL ? home : "/";
    bool is_back = strcmp(to, "-") == 0;

    if (is_back) {
        to = variables_get("OLDPWD");
        if (to == NULL) {
            shell_complain("cd: OLDPWD is not set");
            return 1;
        }
    }
    char *old = present_folder();

    if (chdir(to) != 0) {
        shell_complain("cd: %s: %s", to, strerror(errno));
        free(old);
        return 1;
    }
    char *new = present_folder();

    if (is_back && new != NULL) {
        output_string(new);
        output_string("\n");
    }
    set_folder(old, new);
    free(new);
    free(old);
    return 0;
}
