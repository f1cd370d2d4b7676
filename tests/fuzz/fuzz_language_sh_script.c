/*
 * Scripts. What is parsed is parsed to the same tree again from a part of the text, as another shell is given it; all
 * words expand, or fail with a complaint; a value in quotes stands for itself; and memory that is short loses none.
 */
#include "parse.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apps_system.h"
#include "expand.h"
#include "language_world.h"
#include "shell.h"
#include "variables.h"

/* Longer values make longer ones: with $x$x in each of many assignments there is no end. */
#define VALUE_BYTES_MAX 10000

static char *parameters[] = { (char *)"one", (char *)"", (char *)"* two", NULL };

static void check_same_tree(const struct script *script, const struct node *node)
{
    char *part = script_extract(script, node->text);
    struct text wanted = { 0 };

    language_print_tree(&wanted, script, node);
    text_put(&wanted, '\n');
    char *found = language_trees(part);

    assert(strcmp(found, text_string(&wanted)) == 0);
    free(found);
    free(part);
    text_free(&wanted);
}

static bool is_too_long(void)
{
    const struct variable **all = variables_list();
    bool is_long = all == NULL;

    for (size_t i = 0; !is_long && all[i] != NULL; i++) {
        is_long = all[i]->string != NULL && strlen(all[i]->string) > VALUE_BYTES_MAX;
    }
    free(all);
    return is_long;
}

/* Anything that is not done has said why, or has left what runs. */
static void check_done(bool is_done)
{
    assert(is_done || shell.control != CONTROL_NONE);
    shell.control = CONTROL_NONE;
}

static void expand_words(struct script *script, const struct word *word)
{
    for (; word != NULL && !is_too_long(); word = word->next) {
        struct words words = { 0 };

        check_done(expand_word(script, word, &words));
        words_free(&words);
        char *pattern = expand_pattern(script, word->slice);

        check_done(pattern != NULL);
        free(pattern);
    }
}

static void expand_simple(struct script *script, const struct node *node)
{
    expand_words(script, node->simple.assignments);
    expand_words(script, node->simple.words);
    for (const struct redirection *redirection = node->redirections; redirection != NULL && !is_too_long();
         redirection = redirection->next) {
        char *string = redirection->delimiter != NULL ? expand_document(script, redirection)
                                                      : expand_string(script, redirection->word);

        check_done(string != NULL);
        free(string);
    }
}

/* Parse and expand with the allocation behind @count more failing; SIZE_MAX: with none that does. */
static void run(const char *commands, size_t count)
{
    struct input input;
    enum parse_result result;

    language_start();
    language_set_parameters(parameters, 3);
    shell.leaves_patterns = true;
    input_from_string(&input, commands);
    if (count != SIZE_MAX) {
        system_fail_after(count);
    }
    do {
        struct script *script = script_new(NULL, 1);
        struct node *node = NULL;

        if (script == NULL) {
            break;
        }
        result = parse_command(script, &input, &node);
        if (result == PARSE_COMMAND && count == SIZE_MAX) {
            check_same_tree(script, node);
        }
        if (result == PARSE_COMMAND && node->kind == NODE_SIMPLE) {
            expand_simple(script, node);
        }
        script_release(script);
        shell.control = CONTROL_NONE;
    } while (result == PARSE_COMMAND || result == PARSE_NOTHING);
    system_has_failed();
}

static void check_quoted(const char *value)
{
    struct words words = { 0 };
    struct text text = { 0 };

    language_start();
    shell.leaves_patterns = true;
    variables_quote(&text, value);
    bool is_done = language_expand(text_string(&text), &words);

    assert(is_done && words.count == 1 && strcmp(words.items[0], value) == 0);
    words_free(&words);
    text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    char *commands = strndup((const char *)data + 1, size - 1);

    run(commands, SIZE_MAX);
    run(commands, data[0]);
    check_quoted(commands);
    free(commands);
    return 0;
}
