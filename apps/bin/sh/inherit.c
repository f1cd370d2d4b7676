/*
 * The state of a shell as a stream of records, each a letter and a string with the NUL that ends it:
 *
 *     $ pid         ? status      ! the last background job     0 name          - options
 *     V name=value  a variable that is not in the environment   A value         the next of $1 and on
 *     F name() ...  a function    @ name of the file, # line of what follows
 *     N depth       of children in children, the first record
 *     B loops       around what runs                            L               a function runs
 *     C commands    to be run as the last thing                 D document      to be written instead
 *
 * The child reads it to its end before it does anything else, so the parent may write it in one go. A record that is
 * not known, or that has no end, is refused: the stream is not from a shell like this one.
 */
#include "inherit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "functions.h"
#include "input.h"
#include "output.h"
#include "parse.h"
#include "program.h"
#include "redirect.h"
#include "run.h"
#include "shell.h"
#include "variables.h"
#include "words.h"

#define READ_BYTES 1024
#define CHILD_DEPTH_MAX 100 /* f() { echo $(f); } is to end before the memory does */

/* --- The parent */

static void put(struct text *state, char kind, const char *string)
{
    text_put(state, kind);
    text_append_string(state, string);
    text_put(state, '\0');
}

static void put_number(struct text *state, char kind, long number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%ld", number);
    put(state, kind, digits);
}

/* Where failing is tested, it doesn't end the child either. */
static void put_options(struct text *state, bool is_tested)
{
    char letters[SHELL_OPTIONS_BYTES];
    bool exits_on_error = shell.exits_on_error;

    shell.exits_on_error = exits_on_error && !is_tested;
    shell_options(letters);
    shell.exits_on_error = exits_on_error;
    put(state, '-', letters);
}

static void put_variables(struct text *state)
{
    const struct variable **list = variables_list();

    state->has_failed = state->has_failed || list == NULL;
    for (const struct variable **variable = list; list != NULL && *variable != NULL; variable++) {
        if (!(*variable)->is_exported) {
            put(state, 'V', (*variable)->string);
        }
    }
    free(list);
}

static void put_functions(struct text *state)
{
    for (struct function *function = functions_next(NULL); function != NULL; function = functions_next(function)) {
        char *text = script_extract(function->script, function->node->text);

        state->has_failed = state->has_failed || text == NULL;
        put(state, 'F', text != NULL ? text : "");
        free(text);
    }
}

static void put_state(struct text *state, const struct inherit_commands *commands)
{
    put_number(state, 'N', (long)shell.child_depth + 1);
    put_number(state, '$', shell.pid);
    put_number(state, '?', shell.status);
    put_number(state, '!', shell.last_background);
    put(state, '0', shell.name);
    put_number(state, 'B', shell.loop_depth);
    if (shell.locals != NULL) {
        put(state, 'L', "");
    }
    put_options(state, commands->is_tested);
    for (size_t i = 0; i < shell.parameters.count; i++) {
        put(state, 'A', shell.parameters.values[i]);
    }
    put_variables(state);
    put_functions(state);
    if (commands->name != NULL) {
        put(state, '@', commands->name);
    }
    put_number(state, '#', commands->line);
    put(state, 'C', commands->text);
}

/* The child may have been killed: that is no reason to end too, and who waits for it will notice. */
static void write_state(int fd, const struct text *state)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);

    output_write(fd, state->data, state->length);
    signal(SIGPIPE, before);
}

/* Start a child that reads its state from @fd. */
static int spawn(pid_t *pid, int fd, pid_t group)
{
    char number[12];
    char *arguments[] = { SHELL_PATH, INHERIT_OPTION, number, NULL };
    char **environment = variables_environment();

    if (environment == NULL) {
        shell_out_of_memory();
        return STATUS_CANNOT_RUN;
    }
    snprintf(number, sizeof(number), "%d", fd);
    int status = program_spawn(pid, arguments, environment, group);

    free(environment);
    return status;
}

/* Start a child with the state @state, which is freed. */
static int start(pid_t *pid, struct text *state, pid_t group)
{
    int ends[2];
    int status = STATUS_CANNOT_RUN;

    if (state->has_failed) {
        shell_out_of_memory();
    } else if (redirect_pipe(ends)) {
        /* A copy without close-on-exec is the child's. */
        int inherited = dup(ends[0]);

        status = inherited < 0 ? STATUS_CANNOT_RUN : spawn(pid, inherited, group);
        close(inherited);
        close(ends[0]);
        if (status == 0) {
            write_state(ends[1], state);
        }
        close(ends[1]);
    }
    text_free(state);
    return status;
}

int inherit_start(pid_t *pid, const struct inherit_commands *commands, pid_t group)
{
    struct text state = { 0 };

    if (shell.child_depth == CHILD_DEPTH_MAX) {
        shell_complain("nested too deeply");
        return STATUS_USAGE;
    }
    put_state(&state, commands);
    return start(pid, &state, group);
}

int inherit_start_writer(pid_t *pid, const char *document, pid_t group)
{
    struct text state = { 0 };

    put(&state, 'D', document);
    return start(pid, &state, group);
}

/* --- The child */

struct child {
    struct words parameters;
    struct variable_save *locals;
    const char *name; /* of the file that the commands are in */
    unsigned line;
    bool is_broken;
};

static bool read_all(int fd, struct text *state)
{
    char buffer[READ_BYTES];
    ssize_t got;

    while ((got = read(fd, buffer, sizeof(buffer))) > 0 || (got < 0 && errno == EINTR)) {
        text_append(state, buffer, got > 0 ? (size_t)got : 0);
    }
    return got == 0 && !state->has_failed;
}

static void define(const char *text)
{
    struct input input;
    struct node *node;
    struct script *script = script_new(NULL, 1);

    input_from_string(&input, text);
    if (script == NULL) {
        shell_out_of_memory();
        return;
    }
    if (parse_command(script, &input, &node) == PARSE_COMMAND && node->kind == NODE_FUNCTION) {
        functions_define(script, node);
    }
    script_release(script);
}

static void run_commands(struct child *child, const char *text)
{
    struct input input;

    if (child->parameters.has_failed) {
        shell_out_of_memory();
        return;
    }
    shell_set_parameters(
        (struct parameters){ child->parameters.items, child->parameters.count, child->parameters.items });
    input_from_string(&input, text);
    input.name = child->name;
    input.line_count = child->line > 0 ? child->line - 1 : 0;
    run_input(&input, RUN_LAST);
}

static void take(struct child *child, char kind, const char *string)
{
    switch (kind) {
    case 'N':
        shell.child_depth = (unsigned)strtoul(string, NULL, 10);
        break;
    case '$':
        shell.pid = (pid_t)strtol(string, NULL, 10);
        break;
    case '?':
        shell.status = (int)strtol(string, NULL, 10);
        break;
    case '!':
        shell.last_background = (pid_t)strtol(string, NULL, 10);
        break;
    case '0':
        shell.name = string;
        break;
    case '-':
        while (*string != '\0') {
            shell_set_option(*string++, SHELL_OPTION_ON);
        }
        break;
    case 'B':
        shell.loop_depth = (unsigned)strtoul(string, NULL, 10);
        break;
    case 'L':
        shell.locals = &child->locals;
        break;
    case 'A':
        words_add(&child->parameters, strdup(string));
        break;
    case 'V':
        child->is_broken = !variables_is_name(string) || strchr(string, '=') == NULL || !variables_assign(string);
        break;
    case 'F':
        define(string);
        break;
    case '@':
        child->name = string;
        break;
    case '#':
        child->line = (unsigned)strtoul(string, NULL, 10);
        break;
    case 'C':
        run_commands(child, string);
        break;
    case 'D':
        output_write(STDOUT_FILENO, string, strlen(string));
        break;
    default:
        child->is_broken = true;
    }
}

void inherit_run(int fd)
{
    struct child child = { 0 };
    struct text state = { 0 };
    bool is_read = read_all(fd, &state);

    close(fd);
    for (size_t at = 0; is_read && !child.is_broken && at < state.length;) {
        const char *end = memchr(state.data + at, '\0', state.length - at);

        child.is_broken = end == NULL;
        if (end != NULL) {
            take(&child, state.data[at], state.data + at + 1);
            at = (size_t)(end - state.data) + 1;
        }
    }
    variables_restore(child.locals);
    if (!is_read || child.is_broken) {
        shell_complain("the state of the shell that started this one did not arrive");
        shell.status = STATUS_USAGE;
    }
    text_free(&state);
}
