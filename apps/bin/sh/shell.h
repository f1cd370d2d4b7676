#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The shell that this process is: what all parts of it know of each other.
 */

enum {
    STATUS_USAGE = 2,
    STATUS_CANNOT_RUN = 126,
    STATUS_NOT_FOUND = 127,
    STATUS_SIGNAL = 128, /* and the signal's number on top */
};

/* What the shell is started from again, for what a forked shell would do elsewhere. */
#ifndef SHELL_PATH
#define SHELL_PATH "/bin/sh"
#endif

struct script;
struct variable_save;

/* How far what is running is left. Each is reset by whom it leads to. */
enum control {
    CONTROL_NONE,
    CONTROL_BREAK, /* to behind @control_levels loops */
    CONTROL_CONTINUE, /* to the next turn of the @control_levels-th loop */
    CONTROL_RETURN, /* to the caller of the function, or to who read the file */
    CONTROL_ABANDON, /* to the next complete command: an interrupt, no memory */
    CONTROL_EXIT,
};

/* $1 and on. */
struct parameters {
    char **values;
    size_t count;
    char **owned; /* freed with them; NULL: they are borrowed */
};

struct shell {
    int status; /* $? */
    pid_t pid; /* $$ */
    pid_t last_background; /* $!, 0 before the first */
    const char *name; /* $0 */
    struct parameters parameters;

    bool is_interactive;
    bool has_job_control;
    bool starts_deaf; /* what is started now ignores what is typed to interrupt */
    unsigned child_depth; /* 0: the user's; else it does what a fork of another shell would do, and no more */
    bool exits_on_error; /* set -e */
    bool leaves_patterns; /* set -f */
    bool fails_on_unset; /* set -u */
    bool is_traced; /* set -x */

    bool is_tested; /* somebody asks for the status of what runs: failing ends nothing, even with set -e */
    enum control control;
    unsigned control_levels;
    unsigned loop_depth; /* loops around what runs, in the same function */
    struct variable_save **locals; /* of the function that runs; NULL: none does */
    /* How many command substitutions there have been, and the status of the last: it is that of an assignment. */
    unsigned substitution_count;
    int substitution_status;
    unsigned command_count; /* complete commands that have been run */

    /* What runs now, for messages. NULL: nothing. */
    const struct script *script;
    uint32_t offset;

    const char *stack_base;
};

extern struct shell shell;

/* Set by the handler of SIGINT, taken notice of by shell_is_interrupted(). */
extern volatile sig_atomic_t shell_interrupt;

/* The letters of the options that are set, for `set`. */
#define SHELL_OPTIONS_BYTES 8
void shell_options(char letters[SHELL_OPTIONS_BYTES]);

/* Set an option, or not. Returns false when there is no such letter. */
enum shell_option { SHELL_OPTION_OFF, SHELL_OPTION_ON };
bool shell_set_option(char letter, enum shell_option wanted);

/* To be called first, by main(). */
void shell_init(const char *name);

/* One line on standard error, behind "sh: " and the place in the file that runs. */
void shell_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same about the line that @offset of @script is in, which is named even if it is in no file. */
void shell_complain_at(const struct script *script, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Memory was short: says so, and leaves the complete command that is running. */
void shell_out_of_memory(void);

/* An error that ends a script, but not the shell that somebody types at: status 2. It has been complained about. */
void shell_give_up(void);

/* Whether the user wants what runs to end. If so, it is being left. */
bool shell_is_interrupted(void);

/* Whether there is too little stack to go one level deeper. Nothing is said about it. */
bool shell_stack_is_low(void);

/* As the last function; says so, and leaves the complete command that is running. */
bool shell_is_too_deep(void);

/* They become $1 and on; what these were is freed. */
void shell_set_parameters(struct parameters parameters);
