/*
 * Simple commands. The words are expanded first; then it is known what the command is. Its redirections and the
 * assignments in front of it are made, it runs, and they are undone.
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"
#include "expand.h"
#include "functions.h"
#include "inherit.h"
#include "lex.h"
#include "output.h"
#include "program.h"
#include "redirect.h"
#include "run.h"
#include "shell.h"
#include "variables.h"
#include "words.h"

/* --- Words and assignments */

/* Whether @word, behind the name of a builtin that makes assignments of its words, is one: it isn't split then. */
static bool is_assignment(const struct script *script, const struct word *word, const struct words *before)
{
    const char *start = script->text.data + word->slice.start;
    const char *end = script->text.data + word->slice.end;
    const char *name_end = lex_name_end(start, end);
    const char *name = before->count > 0 ? before->items[0] : "";

    return name_end > start && name_end < end && *name_end == '=' &&
           (strcmp(name, "export") == 0 || strcmp(name, "local") == 0);
}

static bool expand_words(struct script *script, const struct node *node, struct words *words)
{
    bool is_expanded = true;

    for (const struct word *word = node->simple.words; word != NULL && is_expanded; word = word->next) {
        if (is_assignment(script, word, words)) {
            char *string = expand_string(script, word->slice);

            is_expanded = string != NULL;
            if (is_expanded) {
                words_add(words, string);
            }
        } else {
            is_expanded = expand_word(script, word, words);
        }
    }
    if (is_expanded && words->has_failed) {
        shell_out_of_memory();
    }
    return is_expanded && !words->has_failed;
}

/* Whether assignments are for a command only, and programs see them, or for the shell. */
enum assignment_kind { ASSIGN_FOR_COMMAND, ASSIGN_FOR_SHELL };

static bool assign(struct variable_save **saves, const char *name, const char *value, enum assignment_kind kind)
{
    if (kind == ASSIGN_FOR_COMMAND && (!variables_save(saves, name) || !variables_export(name))) {
        return false;
    }
    return variables_set(name, value);
}

/* With set -x: a line with @words, or with an assignment. */
static void trace(const struct words *words, const char *name, const char *value)
{
    struct text line = { 0 };

    if (!shell.is_traced) {
        return;
    }
    text_put(&line, '+');
    for (size_t i = 0; words != NULL && i < words->count; i++) {
        text_put(&line, ' ');
        text_append_string(&line, words->items[i]);
    }
    if (name != NULL) {
        text_put(&line, ' ');
        text_append_string(&line, name);
        text_put(&line, '=');
        text_append_string(&line, value);
    }
    text_put(&line, '\n');
    output_write(STDERR_FILENO, line.data, line.length);
    text_free(&line);
}

/* Make the assignments in front of @node, in order. Returns false after a complaint; some may have been made then. */
static bool make_assignments(struct script *script, const struct node *node, struct variable_save **saves,
                             enum assignment_kind kind)
{
    const char *text = script->text.data;
    bool is_made = true;

    for (const struct word *word = node->simple.assignments; word != NULL && is_made; word = word->next) {
        const char *name_end = lex_name_end(text + word->slice.start, text + word->slice.end);
        struct slice value = { .start = (uint32_t)(name_end + 1 - text), .end = word->slice.end };
        char *name = strndup(text + word->slice.start, (size_t)(name_end - text) - word->slice.start);
        char *expanded = name == NULL ? NULL : expand_string(script, value);

        if (name == NULL) {
            shell_out_of_memory();
        }
        is_made = expanded != NULL && assign(saves, name, expanded, kind);
        if (is_made) {
            trace(NULL, name, expanded);
        }
        free(expanded);
        free(name);
    }
    return is_made;
}

/* --- Builtins */

static void run_builtin(struct script *script, const struct node *node, const struct builtin *builtin,
                        struct words *words)
{
    struct redirect saved = { 0 };
    struct variable_save *saves = NULL;
    bool is_special = builtin->kind == BUILTIN_SPECIAL;

    if (!redirect_make(&saved, script, node->redirections)) {
        if (is_special) {
            shell_give_up();
        }
    } else if (make_assignments(script, node, &saves, is_special ? ASSIGN_FOR_SHELL : ASSIGN_FOR_COMMAND)) {
        shell.status = output_flush(words->items[0], builtin->run(words->count, words->items));
        /* Alone, exec makes redirections for good. */
        if (builtin->run == builtin_exec && words->count == 1) {
            redirect_keep(&saved);
        }
    }
    redirect_undo(&saved);
    variables_restore(saves);
}

int command_run_words(size_t count, char **arguments)
{
    const struct builtin *builtin = builtins_find(arguments[0]);

    if (builtin != NULL) {
        return builtin->run(count, arguments);
    }
    char **environment = variables_environment();
    struct job *job = jobs_new(JOB_FOREGROUND, 1, arguments[0], strlen(arguments[0]));
    pid_t pid = 0;

    if (environment == NULL || job == NULL) {
        shell_out_of_memory();
        free(environment);
        return job == NULL ? STATUS_CANNOT_RUN : jobs_wait(job);
    }
    int status = program_spawn(&pid, arguments, environment, jobs_group(job));

    free(environment);
    jobs_add(job, status, pid);
    return jobs_wait(job);
}

/* --- Functions */

bool command_add_local(const char *name)
{
    if (shell.locals == NULL) {
        shell_complain("local: not in a function");
        return false;
    }
    return variables_save(shell.locals, name);
}

static void call(struct function *function, struct words *words)
{
    struct parameters parameters = shell.parameters;
    struct variable_save **outer_locals = shell.locals, *locals = NULL;
    unsigned loop_depth = shell.loop_depth;

    functions_hold(function);
    shell.parameters = (struct parameters){ .values = words->items + 1, .count = words->count - 1 };
    shell.locals = &locals;
    shell.loop_depth = 0;
    run_node(function->script, function->node->function.body, RUN_PLAINLY);
    if (shell.control == CONTROL_RETURN) {
        shell.control = CONTROL_NONE;
    }
    shell.loop_depth = loop_depth;
    shell.locals = outer_locals;
    shell_set_parameters(parameters);
    variables_restore(locals);
    functions_release(function);
}

static void run_function(struct script *script, const struct node *node, struct function *function, struct words *words)
{
    struct redirect saved = { 0 };
    struct variable_save *saves = NULL;

    if (redirect_make(&saved, script, node->redirections) &&
        make_assignments(script, node, &saves, ASSIGN_FOR_COMMAND)) {
        call(function, words);
    }
    redirect_undo(&saved);
    variables_restore(saves);
}

/* --- Programs */

/* Start it, or become it, with what is in front of it and its redirections made. Returns 0 or a status. */
static int spawn(struct script *script, const struct node *node, char **arguments, pid_t *pid, pid_t group,
                 unsigned flags)
{
    struct redirect saved = { 0 };
    struct variable_save *saves = NULL;
    char **environment = NULL;
    int status;

    if (redirect_make(&saved, script, node->redirections) &&
        make_assignments(script, node, &saves, ASSIGN_FOR_COMMAND)) {
        environment = variables_environment();
        if (environment == NULL) {
            shell_out_of_memory();
        }
    }
    if (environment == NULL) {
        status = shell.status;
    } else if (shell.child_depth > 0 && (flags & RUN_LAST)) {
        status = program_exec(arguments, environment);
    } else {
        status = program_spawn(pid, arguments, environment, group);
    }
    free(environment);
    redirect_undo(&saved);
    variables_restore(saves);
    return status;
}

static void start(struct job *job, struct script *script, const struct node *node, char **arguments, unsigned flags)
{
    pid_t pid = 0;

    int status = spawn(script, node, arguments, &pid, jobs_group(job), flags);

    jobs_add(job, status, pid);
}

static void run_program(struct script *script, const struct node *node, struct words *words, unsigned flags)
{
    struct slice text = node->text;
    struct job *job = jobs_new(JOB_FOREGROUND, 1, script->text.data + text.start, text.end - text.start);

    if (job != NULL) {
        start(job, script, node, words->items, flags);
        shell.status = jobs_wait(job);
    }
}

/* The report is made here, and written where it is to go. */
static void start_report(struct job *job, struct script *script, const struct node *node, const struct builtin *builtin,
                         struct words *words)
{
    struct redirect saved = { 0 };
    bool is_made = redirect_make(&saved, script, node->redirections);
    pid_t pid = 0;

    if (is_made) {
        builtin->run(words->count, words->items);
    }
    char *report = output_take();

    if (report == NULL) {
        shell_out_of_memory();
    }
    int status = is_made && report != NULL ? inherit_start_writer(&pid, report, jobs_group(job)) : shell.status;

    free(report);
    redirect_undo(&saved);
    jobs_add(job, status, pid);
}

void command_start(struct job *job, struct script *script, const struct node *node)
{
    enum control before = shell.control;
    struct words words = { 0 };

    if (!expand_words(script, node, &words)) {
        jobs_add(job, shell.status, 0);
    } else {
        const struct builtin *builtin = builtins_find(words.items[0]);

        trace(&words, NULL, NULL);
        if (builtin != NULL) {
            start_report(job, script, node, builtin, &words);
        } else {
            start(job, script, node, words.items, RUN_PLAINLY);
        }
    }
    /* What would end the process of this stage ends nothing else. */
    if (shell.control == CONTROL_EXIT) {
        shell.control = before;
    }
    words_free(&words);
}

/* --- What a command is */

static bool has_side_effects(const struct script *script, struct slice slice)
{
    const char *end = script->text.data + slice.end;

    for (const char *at = script->text.data + slice.start; at < end; at++) {
        if (*at == '$' && at + 1 < end && (at[1] == '{' || at[1] == '(')) {
            return memchr(at, '=', (size_t)(end - at)) != NULL;
        }
    }
    return false;
}

static bool any_has_side_effects(const struct script *script, const struct node *node)
{
    for (const struct word *word = node->simple.assignments; word != NULL; word = word->next) {
        if (has_side_effects(script, word->slice)) {
            return true;
        }
    }
    for (const struct word *word = node->simple.words; word != NULL; word = word->next) {
        if (has_side_effects(script, word->slice)) {
            return true;
        }
    }
    for (const struct redirection *redirection = node->redirections; redirection; redirection = redirection->next) {
        if (has_side_effects(script, redirection->word) || has_side_effects(script, redirection->body)) {
            return true;
        }
    }
    return false;
}

bool command_can_start(struct script *script, const struct node *node)
{
    if (node->kind != NODE_SIMPLE || node->simple.words == NULL || any_has_side_effects(script, node)) {
        return false;
    }
    struct slice slice = node->simple.words->slice;
    size_t length = slice.end - slice.start;
    char *name = strndup(script->text.data + slice.start, length);
    bool can_start = name != NULL && strcspn(name, "\\'\"$`*?[~") == length && functions_find(name) == NULL;
    const struct builtin *builtin = can_start ? builtins_find(name) : NULL;

    free(name);
    return can_start && (builtin == NULL || builtin->kind == BUILTIN_REPORT);
}

enum command_kind command_look_up(const char *name)
{
    static const char *const reserved[] = { "!",  "case", "do",   "done", "elif", "else",  "esac",  "fi", "for",
                                            "if", "in",   "then", "time", "{",    "until", "while", "}" };
    const struct builtin *builtin = builtins_find(name);

    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(reserved[i], name) == 0) {
            return COMMAND_RESERVED;
        }
    }
    if (builtin != NULL && builtin->kind == BUILTIN_SPECIAL) {
        return COMMAND_BUILTIN;
    }
    if (functions_find(name) != NULL) {
        return COMMAND_FUNCTION;
    }
    return builtin != NULL ? COMMAND_BUILTIN : COMMAND_PROGRAM;
}

/* --- Running one */

/* Without a name: assignments to the shell, and redirections that are only tried. */
static void run_assignments(struct script *script, const struct node *node, unsigned substitutions)
{
    struct redirect saved = { 0 };

    if (!make_assignments(script, node, NULL, ASSIGN_FOR_SHELL)) {
        return;
    }
    shell.status = shell.substitution_count == substitutions ? 0 : shell.substitution_status;
    redirect_make(&saved, script, node->redirections);
    redirect_undo(&saved);
}

static void run_words(struct script *script, const struct node *node, struct words *words, unsigned flags)
{
    const char *name = words->items[0];

    trace(words, NULL, NULL);
    switch (command_look_up(name)) {
    case COMMAND_BUILTIN:
        run_builtin(script, node, builtins_find(name), words);
        break;
    case COMMAND_FUNCTION:
        run_function(script, node, functions_find(name), words);
        break;
    default:
        run_program(script, node, words, flags);
    }
}

void command_run(struct script *script, const struct node *node, unsigned flags)
{
    const struct script *outer_script = shell.script;
    uint32_t outer_offset = shell.offset;
    unsigned substitutions = shell.substitution_count;
    struct words words = { 0 };

    shell.script = script;
    shell.offset = node->text.start;
    if (expand_words(script, node, &words)) {
        if (words.count > 0) {
            run_words(script, node, &words, flags);
        } else {
            run_assignments(script, node, substitutions);
        }
    }
    words_free(&words);
    shell.script = outer_script;
    shell.offset = outer_offset;
}
