/* The shell's language without processes; see language_world.h. */
#include "language_world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "expand.h"
#include "input.h"
#include "output.h"
#include "parse.h"
#include "pipeline.h"
#include "shell.h"
#include "variables.h"

static char said[4096];
static size_t said_length;

void language_start_at(const char *stack_base)
{
    const struct variable **all = variables_list();

    for (size_t i = 0; all != NULL && all[i] != NULL; i++) {
        variables_unset(all[i]->entry.name);
    }
    free(all);
    shell_init("sh");
    shell.stack_base = stack_base;
    said_length = 0;
}

const char *language_said(void)
{
    said[said_length] = '\0';
    said_length = 0;
    return said;
}

void language_set_parameters(char **values, size_t count)
{
    shell_set_parameters((struct parameters){ .values = values, .count = count });
}

/* --- In place of what reaches the system */

int output_write(int fd, const char *bytes, size_t count)
{
    (void)fd;
    if (count < sizeof(said) - said_length) {
        memcpy(said + said_length, bytes, count);
        said_length += count;
    }
    return 0;
}

const char *edit_line(const char *prompt)
{
    (void)prompt;
    return NULL;
}

bool pipeline_read(struct script *script, struct node *node, struct text *output)
{
    char *commands = script_extract(script, node->text);

    shell.substitution_count++;
    shell.substitution_status = 0;
    text_put(output, '<');
    text_append_string(output, commands != NULL ? commands : "");
    text_append_string(output, ">\n\n");
    output->has_failed = output->has_failed || commands == NULL;
    free(commands);
    return true;
}

/* --- Trees */

static void print_slice(struct text *text, const struct script *script, struct slice slice)
{
    assert(slice.start <= slice.end && slice.end <= script->text.length);
    text_append(text, script->text.data + slice.start, slice.end - slice.start);
}

static void print_words(struct text *text, const struct script *script, const struct word *word)
{
    for (; word != NULL; word = word->next) {
        text_put(text, ' ');
        print_slice(text, script, word->slice);
    }
}

static void print_child(struct text *text, const struct script *script, const struct node *node)
{
    text_put(text, ' ');
    language_print_tree(text, script, node);
}

static void print_redirections(struct text *text, const struct script *script, const struct redirection *redirection)
{
    static const char *const operators[] = { "<", ">", ">>", "<>", ">&", "<<", "<<-" };

    for (; redirection != NULL; redirection = redirection->next) {
        text_put(text, ' ');
        text_append_number(text, redirection->fd);
        text_append_string(text, operators[redirection->kind]);
        if (redirection->delimiter == NULL) {
            print_slice(text, script, redirection->word);
        } else {
            text_append_string(text, redirection->is_quoted ? "'" : "\"");
            print_slice(text, script, redirection->body);
            text_append_string(text, redirection->is_quoted ? "'" : "\"");
        }
    }
}

static void print_members(struct text *text, const struct script *script, const struct node *member)
{
    static const char *const connectors[] = { "", " &&", " ||" };

    for (; member != NULL; member = member->next) {
        text_append_string(text, connectors[member->connector]);
        print_child(text, script, member);
        text_append_string(text, member->is_background ? "&" : "");
    }
}

static void print_case(struct text *text, const struct script *script, const struct node *node)
{
    text_append_string(text, "case");
    print_words(text, script, node->choice.subject);
    for (const struct case_item *item = node->choice.items; item != NULL; item = item->next) {
        text_append_string(text, " [");
        print_words(text, script, item->patterns);
        text_put(text, ']');
        print_child(text, script, item->body);
    }
}

static void print_for(struct text *text, const struct script *script, const struct node *node)
{
    text_append_string(text, "for ");
    print_slice(text, script, node->for_each.name);
    text_append_string(text, node->for_each.has_words ? " in" : "");
    print_words(text, script, node->for_each.words);
    print_child(text, script, node->for_each.body);
}

static void print_node(struct text *text, const struct script *script, const struct node *node)
{
    switch (node->kind) {
    case NODE_SIMPLE:
        text_put(text, '=');
        print_words(text, script, node->simple.assignments);
        text_put(text, ':');
        print_words(text, script, node->simple.words);
        break;
    case NODE_PIPELINE:
        text_append_string(text, node->pipeline.is_timed ? "time " : "");
        text_append_string(text, node->pipeline.is_negated ? "!" : "");
        text_put(text, '|');
        text_append_number(text, (long)node->pipeline.count);
        print_members(text, script, node->pipeline.stages);
        break;
    case NODE_AND_OR:
        text_append_string(text, "and-or");
        print_members(text, script, node->members);
        break;
    case NODE_LIST:
        text_put(text, ';');
        print_members(text, script, node->members);
        break;
    case NODE_GROUP:
    case NODE_SUBSHELL:
        text_append_string(text, node->kind == NODE_GROUP ? "group" : "subshell");
        print_child(text, script, node->body);
        break;
    case NODE_IF:
        text_append_string(text, "if");
        print_child(text, script, node->branch.condition);
        print_child(text, script, node->branch.consequence);
        print_child(text, script, node->branch.alternative);
        break;
    case NODE_WHILE:
    case NODE_UNTIL:
        text_append_string(text, node->kind == NODE_WHILE ? "while" : "until");
        print_child(text, script, node->loop.condition);
        print_child(text, script, node->loop.body);
        break;
    case NODE_FOR:
        print_for(text, script, node);
        break;
    case NODE_CASE:
        print_case(text, script, node);
        break;
    case NODE_FUNCTION:
        text_append_string(text, "function ");
        print_slice(text, script, node->function.name);
        print_child(text, script, node->function.body);
        break;
    }
}

void language_print_tree(struct text *text, const struct script *script, const struct node *node)
{
    if (node == NULL) {
        text_put(text, '-');
        return;
    }
    assert(node->text.start <= node->text.end && node->text.end <= script->text.length);
    text_put(text, '(');
    print_node(text, script, node);
    print_redirections(text, script, node->redirections);
    text_put(text, ')');
}

char *language_trees(const char *commands)
{
    enum parse_result result;
    struct text text = { 0 };
    struct input input;

    input_from_string(&input, commands);
    do {
        struct script *script = script_new(NULL, input.line_count + 1);
        struct node *node;

        result = parse_command(script, &input, &node);
        if (result == PARSE_COMMAND) {
            language_print_tree(&text, script, node);
            text_put(&text, '\n');
        }
        script_release(script);
    } while (result == PARSE_COMMAND || result == PARSE_NOTHING);
    if (result == PARSE_ERROR) {
        text_append_string(&text, "error");
    }
    return text_take(&text);
}

/* --- Expansion */

bool language_expand(const char *line, struct words *words)
{
    struct script *script = script_new(NULL, 1);
    struct node *node = NULL;
    struct input input;

    if (script == NULL) {
        shell_out_of_memory();
        return false;
    }
    input_from_string(&input, line);
    bool is_done = parse_command(script, &input, &node) == PARSE_COMMAND && node->kind == NODE_SIMPLE;

    for (const struct word *word = is_done ? node->simple.words : NULL; is_done && word != NULL; word = word->next) {
        is_done = expand_word(script, word, words);
    }
    script_release(script);
    return is_done;
}

char *language_fields(const char *line)
{
    struct words words = { 0 };
    struct text text = { 0 };

    if (language_expand(line, &words)) {
        for (size_t i = 0; i < words.count; i++) {
            text_put(&text, '[');
            text_append_string(&text, words.items[i]);
            text_put(&text, ']');
        }
    } else {
        text_append_string(&text, "failed");
    }
    words_free(&words);
    shell.control = CONTROL_NONE;
    return text_take(&text);
}
