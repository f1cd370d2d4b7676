#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The shell's parts. Text is parsed into a script, its words still as typed; they are expanded when they are run.
 */

/* Bytes of the text that a script was parsed from; not NUL-terminated. */
struct slice {
    const char *start;
    const char *end;
};

/* What stands behind a command. */
enum connector { CONNECT_END, CONNECT_BACKGROUND, CONNECT_AND, CONNECT_OR };

struct command {
    struct slice *words; /* at least one */
    size_t word_count;
    struct slice text;
    enum connector connector;
};

struct script {
    struct command *commands;
    size_t count;
};

/* What expansions and builtins see. */
struct shell {
    int last_status; /* $? */
    pid_t last_background; /* $!, 0 before the first */
    bool wants_exit;
};

/* --- script.c --- */

/*
 * Parse @text, which must outlive the script. Returns true, or false after one line on stderr that says what is wrong.
 * script_free() takes either.
 */
bool script_parse(const char *text, struct script *script);
void script_free(struct script *script);

/*
 * A word as a program gets it: quotes removed, $ replaced. Returns memory that the caller frees, or NULL: no memory.
 */
char *script_expand(struct slice word, const struct shell *shell);

/* --- run.c --- */

/* Run @text; afterwards last_status is that of its last command, 2 when it could not be parsed. */
void run_text(struct shell *shell, const char *text);

/* --- jobs.c --- */

/* Remember a child that nobody waits for yet. Without memory for it, it is forgotten; init reaps it in the end. */
void jobs_add(pid_t pid, const char *name);

/* Wait for @pid, a child of this shell. Says so when a signal ended it. Returns its status as $? shows it. */
int jobs_wait_foreground(pid_t pid, const char *name);

/* Wait for the background job @pid, which may have ended already. Returns its status, 127 if there is no such job. */
int jobs_wait(pid_t pid);

/* Wait for all background jobs. */
void jobs_wait_all(void);

/* Notice background jobs that have ended, without waiting, and print a line for each. */
void jobs_notice(void);

/* --- edit.c --- */

/*
 * Read a line from the terminal with @prompt before it; it echoes, since the terminal does not.
 * Returns the line, which belongs to the editor and lives until the next call, or NULL at the end of input.
 */
const char *edit_line(const char *prompt);
