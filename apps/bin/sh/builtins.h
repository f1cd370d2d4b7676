#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The commands that the shell runs itself.
 */
enum builtin_kind {
    BUILTIN_REGULAR,
    BUILTIN_REPORT, /* prints what only this process knows, so no other one can do it: see command_start() */
    BUILTIN_SPECIAL, /* comes before functions; assignments in front of it stay; its failure ends a script */
};

/* @arguments[0] is its name, @arguments[@count] is NULL. Returns its status. */
typedef int builtin_function(size_t count, char **arguments);

struct builtin {
    builtin_function *run;
    enum builtin_kind kind;
    const char *usage; /* what stands behind its name */
    const char *about;
};

/* The builtin of that name, or NULL. */
const struct builtin *builtins_find(const char *name);

/* The names of all of them, sorted, with NULL behind the last. */
const char *const *builtin_names(void);

/* The functions, by file. */
builtin_function builtin_colon, builtin_false, builtin_fg, builtin_history, builtin_jobs, builtin_wait;
builtin_function builtin_cd, builtin_pwd;
builtin_function builtin_break, builtin_command, builtin_continue, builtin_dot, builtin_eval, builtin_exec,
    builtin_exit, builtin_return, builtin_type;
builtin_function builtin_help;
builtin_function builtin_printf;
builtin_function builtin_echo, builtin_kill;
builtin_function builtin_export, builtin_local, builtin_set, builtin_shift, builtin_unset;
builtin_function builtin_read;
builtin_function builtin_test;

/*
 * The number of the background job that @word names: %N, or %, %% and %+ for the latest (JOBS_LATEST). Returns false
 * when it names none, which it has complained about for @name.
 */
bool builtin_job(const char *name, const char *word, unsigned *number);

/* A whole number in decimal. Returns false when @word is none, which it has complained about for @name. */
bool builtin_number(const char *name, const char *word, long *number);
