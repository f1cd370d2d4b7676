/*
 * Expanding words. A word is walked once, from its text as it was typed; quotes nest by recursion (expand_until() for
 * what is in them), and what $ stands for is put where it is met. Characters reach struct fields with what it has to
 * know of them: quoted, typed or expanded.
 *
 * The lexer has found where a word's parts end; the body of a here-document it has not looked into, so everything
 * here may meet an end where there should be none.
 */
#include "expand.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arithmetic.h"
#include "lex.h"
#include "parse.h"
#include "pipeline.h"
#include "shell.h"
#include "variables.h"

static char byte_at(const struct expansion *x, size_t at)
{
    return at < x->end ? x->script->text.data[at] : '\0';
}

static void put_typed(struct expansion *x, enum quoting quoting, char c)
{
    x->has_content = true;
    if (quoting != QUOTING_NONE) {
        fields_put_quoted(x->fields, c);
    } else if (x->is_word_of_expansion) {
        fields_put_expanded(x->fields, c);
    } else {
        fields_put_typed(x->fields, c);
    }
}

void expand_put(struct expansion *x, enum quoting quoting, const char *value)
{
    x->has_content = true;
    while (*value != '\0') {
        if (quoting == QUOTING_NONE) {
            fields_put_expanded(x->fields, *value++);
        } else {
            fields_put_quoted(x->fields, *value++);
        }
    }
}

/* --- What commands print */

static void put_output(struct expansion *x, enum quoting quoting, struct text *output)
{
    while (output->length > 0 && output->data[output->length - 1] == '\n') {
        text_cut(output, output->length - 1);
    }
    const char *string = text_string(output);

    if (string != NULL) {
        expand_put(x, quoting, string);
    }
}

/* Put what @command (or NULL) of @script prints. */
static void substitute(struct expansion *x, enum quoting quoting, struct script *script, struct node *command)
{
    struct text output = { 0 };

    x->has_content = true;
    if (command == NULL) {
        shell.substitution_count++;
        shell.substitution_status = 0;
    } else if (pipeline_read(script, command, &output)) {
        put_output(x, quoting, &output);
    } else {
        x->has_failed = true;
    }
    if (output.has_failed) {
        shell_out_of_memory();
        x->has_failed = true;
    }
    text_free(&output);
}

/* From the "$(" on. */
static void expand_commands(struct expansion *x, enum quoting quoting)
{
    struct script *script = x->script;
    struct script_mark mark = script_mark(script);
    struct lexer lexer;

    lex_start_at(&lexer, script, x->at + 2, x->end);
    struct node *command = parse_substitution(&lexer);

    x->at = lexer.at;
    if (lexer.failure != LEX_NO_FAILURE) {
        shell_give_up();
        x->has_failed = true;
    } else {
        substitute(x, quoting, script, command);
    }
    script_forget(script, mark);
}

/* What is between backquotes, as commands: \ is taken off once more. */
static char *unquote_commands(const struct expansion *x, size_t start, size_t end, enum quoting quoting)
{
    const char *escaped = quoting == QUOTING_NONE ? "$`\\" : "$`\\\"";
    struct text text = { 0 };

    for (size_t at = start; at < end; at++) {
        char next = byte_at(x, at + 1);

        if (byte_at(x, at) == '\\' && at + 1 < end && strchr(escaped, next) != NULL) {
            at++;
        }
        text_put(&text, byte_at(x, at));
    }
    return text_take(&text);
}

/* Run all complete commands of @text, which is freed, as one. */
static void substitute_text(struct expansion *x, enum quoting quoting, char *text)
{
    struct script *script = text == NULL ? NULL : script_new(NULL, 1);
    struct text wrapped = { 0 };
    struct lexer lexer;

    text_append_string(&wrapped, text != NULL ? text : "");
    text_append_string(&wrapped, "\n)");
    free(text);
    if (script == NULL || wrapped.has_failed) {
        shell_out_of_memory();
        x->has_failed = true;
    } else {
        script->text = wrapped;
        wrapped = (struct text){ 0 };
        lex_start_at(&lexer, script, 0, script->text.length);
        struct node *command = parse_substitution(&lexer);

        if (lexer.at < lexer.limit) {
            lex_fail(&lexer, lexer.at - 1, "syntax error: unexpected )");
        }
        if (lexer.failure != LEX_NO_FAILURE) {
            shell_give_up();
            x->has_failed = true;
        } else {
            substitute(x, quoting, script, command);
        }
    }
    text_free(&wrapped);
    if (script != NULL) {
        script_release(script);
    }
}

/* From the ` on. */
static void expand_backquotes(struct expansion *x, enum quoting quoting)
{
    struct lexer lexer;
    size_t start = x->at + 1;

    lex_start_at(&lexer, x->script, start, x->end);
    lex_skip_backquotes(&lexer);
    x->at = lexer.at;
    if (lexer.failure != LEX_NO_FAILURE) {
        shell_give_up();
        x->has_failed = true;
        return;
    }
    substitute_text(x, quoting, unquote_commands(x, start, lexer.at - 1, quoting));
}

/* --- Arithmetic */

/* From the "$((" on. */
static void expand_arithmetic(struct expansion *x, enum quoting quoting)
{
    struct fields expression;
    struct expansion inner = { .script = x->script, .at = x->at + 3, .fields = &expression };
    struct lexer lexer;
    int64_t value;
    char digits[24];

    lex_start_at(&lexer, x->script, inner.at, x->end);
    lex_skip_arithmetic(&lexer);
    x->at = lexer.at;
    if (lexer.failure != LEX_NO_FAILURE) {
        shell_give_up();
        x->has_failed = true;
        return;
    }
    inner.end = lexer.at - 2;
    fields_start(&expression);
    expand_until(&inner, QUOTING_ARITHMETIC, '\0');
    char *string = fields_take_string(&expression);

    if (string == NULL) {
        shell_out_of_memory();
    }
    x->has_failed = inner.has_failed || string == NULL;
    if (!x->has_failed && !arithmetic_evaluate(string, &value)) {
        shell_give_up();
        x->has_failed = true;
    }
    free(string);
    if (!x->has_failed) {
        snprintf(digits, sizeof(digits), "%" PRId64, value);
        expand_put(x, quoting, digits);
    }
}

/* --- Quotes */

/* From the $ on. */
static void expand_dollar(struct expansion *x, enum quoting quoting)
{
    char next = byte_at(x, x->at + 1);

    if (next == '(' && byte_at(x, x->at + 2) == '(') {
        expand_arithmetic(x, quoting);
    } else if (next == '(') {
        expand_commands(x, quoting);
    } else if (next == '{' || lex_is_name_character(next) || (next != '\0' && strchr("@*#?-$!", next) != NULL)) {
        x->at++;
        expand_parameter(x, quoting);
    } else {
        x->at++;
        put_typed(x, quoting, '$');
    }
}

/* From the \ on. */
static void expand_backslash(struct expansion *x, enum quoting quoting)
{
    static const char *const escaped[] = {
        [QUOTING_DOUBLE] = "$`\"\\",
        [QUOTING_DOUBLE_WORD] = "$`\"\\}",
        [QUOTING_DOCUMENT] = "$`\\",
        [QUOTING_ARITHMETIC] = "$`\\",
    };
    char next = byte_at(x, x->at + 1);
    bool is_last = x->at + 1 == x->end;

    if (next == '\n') {
        x->at += 2;
        return;
    }
    x->has_content = true;
    if (is_last || (quoting != QUOTING_NONE && strchr(escaped[quoting], next) == NULL)) {
        fields_put_quoted(x->fields, '\\');
        x->at++;
    } else {
        fields_put_quoted(x->fields, next);
        x->at += 2;
    }
}

static void expand_single_quotes(struct expansion *x)
{
    fields_open(x->fields);
    for (x->at++; x->at < x->end && byte_at(x, x->at) != '\''; x->at++) {
        fields_put_quoted(x->fields, byte_at(x, x->at));
    }
    x->at++;
}

static void expand_double_quotes(struct expansion *x)
{
    bool had_content = x->has_content;
    size_t start = ++x->at;

    x->has_content = false;
    expand_until(x, QUOTING_DOUBLE, '"');
    /* "" is a field, and "$@" without parameters is none. */
    if (x->has_content || x->at == start) {
        fields_open(x->fields);
    }
    x->has_content = x->has_content || had_content;
    x->at++;
}

static void expand_one(struct expansion *x, enum quoting quoting)
{
    char c = byte_at(x, x->at);

    if (c == '\\') {
        expand_backslash(x, quoting);
    } else if (c == '$') {
        expand_dollar(x, quoting);
    } else if (c == '`') {
        expand_backquotes(x, quoting);
    } else if (c == '\'' && quoting == QUOTING_NONE) {
        expand_single_quotes(x);
    } else if (c == '"' && (quoting == QUOTING_NONE || quoting == QUOTING_DOUBLE_WORD)) {
        expand_double_quotes(x);
    } else if (c == '"' && quoting == QUOTING_ARITHMETIC) {
        x->at++;
    } else {
        put_typed(x, quoting, c);
        x->at++;
    }
}

void expand_until(struct expansion *x, enum quoting quoting, char terminator)
{
    if (shell_is_too_deep()) {
        x->has_failed = true;
    }
    while (!x->has_failed && x->at < x->end && (terminator == '\0' || byte_at(x, x->at) != terminator)) {
        expand_one(x, quoting);
    }
}

void expand_tilde(struct expansion *x)
{
    const char *home = variables_get("HOME");
    char behind = byte_at(x, x->at + 1);

    if (home != NULL && byte_at(x, x->at) == '~' && (behind == '\0' || behind == '/')) {
        expand_put(x, QUOTING_DOUBLE, home);
        x->at++;
    }
}

/* --- Words */

bool expand_word(struct script *script, const struct word *word, struct words *words)
{
    struct fields fields;
    struct expansion x = { .script = script, .at = word->slice.start, .end = word->slice.end, .fields = &fields };

    fields_start_words(&fields, words);
    expand_tilde(&x);
    expand_until(&x, QUOTING_NONE, '\0');
    if (!x.has_failed && !fields_finish_words(&fields)) {
        shell_out_of_memory();
        x.has_failed = true;
    }
    text_free(&fields.text);
    return !x.has_failed;
}

/* Expand @slice into @fields, which were started. */
static bool expand_to(struct fields *fields, struct script *script, struct slice slice, enum quoting quoting)
{
    struct expansion x = { .script = script, .at = slice.start, .end = slice.end, .fields = fields };

    if (quoting == QUOTING_NONE) {
        expand_tilde(&x);
    }
    expand_until(&x, quoting, '\0');
    if (x.has_failed) {
        text_free(&fields->text);
    }
    return !x.has_failed;
}

static char *checked(char *string)
{
    if (string == NULL) {
        shell_out_of_memory();
    }
    return string;
}

char *expand_string(struct script *script, struct slice slice)
{
    struct fields fields;

    fields_start(&fields);
    return expand_to(&fields, script, slice, QUOTING_NONE) ? checked(fields_take_string(&fields)) : NULL;
}

char *expand_pattern(struct script *script, struct slice slice)
{
    struct fields fields;

    fields_start(&fields);
    return expand_to(&fields, script, slice, QUOTING_NONE) ? checked(fields_take_pattern(&fields)) : NULL;
}

/* The body without the tabs at the start of its lines. */
static void append_without_tabs(struct text *text, const char *body, size_t length)
{
    bool is_at_start = true;

    for (size_t i = 0; i < length; i++) {
        if (!is_at_start || body[i] != '\t') {
            text_put(text, body[i]);
            is_at_start = body[i] == '\n';
        }
    }
}

static char *expand_body(struct script *script, struct slice body, bool is_quoted)
{
    struct fields fields;

    if (is_quoted) {
        return checked(strndup(script->text.data + body.start, body.end - body.start));
    }
    fields_start(&fields);
    return expand_to(&fields, script, body, QUOTING_DOCUMENT) ? checked(fields_take_string(&fields)) : NULL;
}

char *expand_document(struct script *script, const struct redirection *document)
{
    struct slice body = document->body;

    if (document->kind != REDIRECT_DOCUMENT_TABS) {
        return expand_body(script, body, document->is_quoted);
    }
    /* What is between the lines' first tabs is in one piece nowhere yet: it gets a script of its own. */
    struct script *own = script_new(script->name, script_line(script, body.start));
    char *expanded = NULL;

    if (own != NULL) {
        append_without_tabs(&own->text, script->text.data + body.start, body.end - body.start);
        body = (struct slice){ .end = (uint32_t)own->text.length };
    }
    if (own == NULL || text_string(&own->text) == NULL) {
        shell_out_of_memory();
    } else {
        expanded = expand_body(own, body, document->is_quoted);
    }
    if (own != NULL) {
        script_release(own);
    }
    return expanded;
}
