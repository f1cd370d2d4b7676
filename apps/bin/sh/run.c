/*
 * Running what is compound: lists, branches, loops. Simple commands are in command.c, what needs other processes in
 * pipeline.c.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "expand.h"
#include "functions.h"
#include "parse.h"
#include "pattern.h"
#include "pipeline.h"
#include "redirect.h"
#include "shell.h"
#include "variables.h"

static bool goes_on(void)
{
    return shell.control == CONTROL_NONE;
}

static void run_list(struct script *script, struct node *first, unsigned flags)
{
    for (struct node *node = first; node != NULL && goes_on(); node = node->next) {
        run_node(script, node, node->next == NULL ? flags : flags & ~RUN_LAST);
    }
}

static void run_and_or(struct script *script, struct node *first, unsigned flags)
{
    for (struct node *node = first; node != NULL && goes_on(); node = node->next) {
        bool is_wanted = node->connector == CONNECT_FIRST || (node->connector == CONNECT_AND) == (shell.status == 0);

        if (is_wanted) {
            run_node(script, node, node->next == NULL ? flags : RUN_TESTED);
        }
    }
}

/* An elif is an if here; so is an if that is all of an else part, unless there is more to it. */
static bool is_elif(const struct node *node)
{
    return node != NULL && node->kind == NODE_IF && node->redirections == NULL && !node->is_background;
}

static void run_if(struct script *script, struct node *node, unsigned flags)
{
    do {
        run_node(script, node->branch.condition, RUN_TESTED);
        if (!goes_on()) {
            return;
        }
        if (shell.status == 0) {
            run_node(script, node->branch.consequence, flags);
            return;
        }
        node = node->branch.alternative;
    } while (is_elif(node));
    if (node != NULL) {
        run_node(script, node, flags);
    } else {
        shell.status = 0;
    }
}

/* --- Loops */

/* After a turn of a loop: whether the loop is left. */
static bool leaves_loop(void)
{
    if (shell.control == CONTROL_BREAK || shell.control == CONTROL_CONTINUE) {
        bool is_last = shell.control == CONTROL_BREAK || shell.control_levels > 1;

        if (--shell.control_levels == 0) {
            shell.control = CONTROL_NONE;
        }
        return is_last;
    }
    return !goes_on();
}

static void run_while(struct script *script, struct node *node, unsigned flags)
{
    int status = 0;

    shell.loop_depth++;
    for (;;) {
        run_node(script, node->loop.condition, RUN_TESTED);
        if (leaves_loop()) {
            break;
        }
        if ((shell.status == 0) != (node->kind == NODE_WHILE)) {
            shell.status = status;
            break;
        }
        run_node(script, node->loop.body, flags & ~RUN_LAST);
        if (leaves_loop()) {
            break;
        }
        status = shell.status;
    }
    shell.loop_depth--;
}

static bool expand_list(struct script *script, struct node *node, struct words *words)
{
    bool is_expanded = true;

    if (node->for_each.has_words) {
        for (struct word *word = node->for_each.words; word != NULL && is_expanded; word = word->next) {
            is_expanded = expand_word(script, word, words);
        }
        return is_expanded;
    }
    for (size_t i = 0; i < shell.parameters.count; i++) {
        words_add(words, strdup(shell.parameters.values[i]));
    }
    if (words->has_failed) {
        shell_out_of_memory();
    }
    return !words->has_failed;
}

static void run_for(struct script *script, struct node *node, unsigned flags)
{
    struct slice slice = node->for_each.name;
    char *name = strndup(script->text.data + slice.start, slice.end - slice.start);
    struct words words = { 0 };

    if (name == NULL) {
        shell_out_of_memory();
    } else if (expand_list(script, node, &words)) {
        if (words.count == 0) {
            shell.status = 0;
        }
        shell.loop_depth++;
        for (size_t i = 0; i < words.count && variables_set(name, words.items[i]); i++) {
            run_node(script, node->for_each.body, flags & ~RUN_LAST);
            if (leaves_loop()) {
                break;
            }
        }
        shell.loop_depth--;
    }
    words_free(&words);
    free(name);
}

/* --- Case */

/* Whether one of the patterns matches; false too when one can't be expanded. */
static bool matches(struct script *script, const struct case_item *item, const char *subject)
{
    bool is_matched = false;

    for (const struct word *word = item->patterns; word != NULL && !is_matched && goes_on(); word = word->next) {
        char *pattern = expand_pattern(script, word->slice);

        is_matched = pattern != NULL && pattern_matches(pattern, subject, subject + strlen(subject));
        free(pattern);
    }
    return is_matched;
}

static void run_case(struct script *script, struct node *node, unsigned flags)
{
    char *subject = expand_string(script, node->choice.subject->slice);
    struct case_item *item = node->choice.items;

    while (subject != NULL && item != NULL && goes_on() && !matches(script, item, subject)) {
        item = item->next;
    }
    if (subject != NULL && goes_on()) {
        if (item != NULL && item->body != NULL) {
            run_node(script, item->body, flags);
        } else {
            shell.status = 0;
        }
    }
    free(subject);
}

/* --- One node */

static void run_kind(struct script *script, struct node *node, unsigned flags)
{
    switch (node->kind) {
    case NODE_SIMPLE:
        command_run(script, node, flags);
        break;
    case NODE_PIPELINE:
        pipeline_run(script, node, flags);
        break;
    case NODE_AND_OR:
        run_and_or(script, node->members, flags);
        break;
    case NODE_LIST:
        run_list(script, node->members, flags);
        break;
    case NODE_GROUP:
    case NODE_SUBSHELL:
        run_node(script, node->body, flags);
        break;
    case NODE_IF:
        run_if(script, node, flags);
        break;
    case NODE_WHILE:
    case NODE_UNTIL:
        run_while(script, node, flags);
        break;
    case NODE_FOR:
        run_for(script, node, flags);
        break;
    case NODE_CASE:
        run_case(script, node, flags);
        break;
    case NODE_FUNCTION:
        shell.status = functions_define(script, node) ? 0 : shell.status;
        break;
    }
}

static void run_redirected(struct script *script, struct node *node, unsigned flags)
{
    struct redirect saved = { 0 };

    if (redirect_make(&saved, script, node->redirections)) {
        run_kind(script, node, flags);
    }
    redirect_undo(&saved);
}

/* With set -e a command that fails ends the shell, unless somebody asks whether it failed. */
static void exit_on_error(const struct node *node)
{
    bool counts = node->kind == NODE_SIMPLE || node->kind == NODE_SUBSHELL ||
                  (node->kind == NODE_PIPELINE && !node->pipeline.is_negated);

    if (shell.exits_on_error && counts && shell.status != 0 && !shell.is_tested && goes_on()) {
        shell.control = CONTROL_EXIT;
    }
}

void run_node(struct script *script, struct node *node, unsigned flags)
{
    if (!goes_on() || shell_is_interrupted() || shell_is_too_deep()) {
        return;
    }
    if (node->is_background) {
        pipeline_run_background(script, node);
        return;
    }
    bool was_tested = shell.is_tested;
    bool is_process = node->kind == NODE_SUBSHELL && !(shell.child_depth > 0 && (flags & RUN_LAST));

    shell.is_tested = was_tested || (flags & RUN_TESTED);
    if (is_process) {
        pipeline_run_subshell(script, node);
    } else if (node->kind != NODE_SIMPLE && node->redirections != NULL) {
        run_redirected(script, node, flags);
    } else {
        run_kind(script, node, flags);
    }
    exit_on_error(node);
    shell.is_tested = was_tested;
}

/* Without memory for a script, one line of the input is lost. */
static bool skip_line(struct input *input)
{
    struct text line = { 0 };

    shell_out_of_memory();
    bool has_line = input_line(input, &line) != INPUT_END;

    text_free(&line);
    return has_line;
}

bool run_next(struct input *input, unsigned flags)
{
    struct script *script = script_new(input->name, input->kind == INPUT_TERMINAL ? 1 : input->line_count + 1);
    struct node *node;

    if (script == NULL) {
        return skip_line(input);
    }
    enum parse_result result = parse_command(script, input, &node);
    bool is_last = (flags & RUN_LAST) && input->kind == INPUT_STRING && *input->next == '\0';

    if (result == PARSE_COMMAND) {
        shell.command_count++;
        run_node(script, node, is_last ? RUN_LAST : RUN_PLAINLY);
    } else if (result == PARSE_ERROR) {
        shell_give_up();
    } else if (result == PARSE_INTERRUPTED) {
        shell.status = STATUS_SIGNAL + SIGINT;
        shell.control = CONTROL_ABANDON;
    }
    script_release(script);
    return result != PARSE_END;
}

void run_input(struct input *input, unsigned flags)
{
    unsigned before = shell.command_count;

    while (goes_on() && run_next(input, flags)) {
    }
    if (goes_on() && shell.command_count == before) {
        shell.status = 0;
    }
}
