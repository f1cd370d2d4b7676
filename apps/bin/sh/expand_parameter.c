/*
 * What a parameter stands for: $name, ${name} and the forms with an operator and a word behind the name. The word is
 * expanded only where it is wanted, so that ${name:=word} and ${name:-$(command)} do nothing otherwise.
 */
#include "expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lex.h"
#include "pattern.h"
#include "shell.h"
#include "variables.h"

struct parameter {
    char *name;
    const char *value; /* NULL: it is not set */
    char digits[24]; /* where a value that is a number lies */
    bool is_list; /* $@ or $* */
    bool is_length; /* ${#name} */
    char operation; /* one of - = ? + # %, '\0' for none */
    bool is_strong; /* :- and so on, where an empty value is none; ## and %% */
    size_t word; /* behind the operator */
};

static char byte_at(const struct expansion *x, size_t at)
{
    return at < x->end ? x->script->text.data[at] : '\0';
}

static bool is_special(char c)
{
    return c != '\0' && strchr("@*#?-$!", c) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- Values */

static const char *number(struct parameter *parameter, long value)
{
    snprintf(parameter->digits, sizeof(parameter->digits), "%ld", value);
    return parameter->digits;
}

static const char *positional(const char *name)
{
    unsigned long index = strtoul(name, NULL, 10);

    if (index == 0) {
        return shell.name;
    }
    return index <= shell.parameters.count ? shell.parameters.values[index - 1] : NULL;
}

static void look_up(struct parameter *parameter)
{
    switch (parameter->name[0]) {
    case '#':
        parameter->value = number(parameter, (long)shell.parameters.count);
        break;
    case '?':
        parameter->value = number(parameter, shell.status);
        break;
    case '$':
        parameter->value = number(parameter, shell.pid);
        break;
    case '!':
        parameter->value = shell.last_background == 0 ? NULL : number(parameter, shell.last_background);
        break;
    case '-':
        parameter->digits[0] = 'i';
        shell_options(parameter->digits + shell.is_interactive);
        parameter->value = parameter->digits;
        break;
    case '@':
    case '*':
        parameter->is_list = true;
        parameter->value = shell.parameters.count == 0 ? NULL : shell.parameters.values[0];
        break;
    default:
        parameter->value = is_digit(parameter->name[0]) ? positional(parameter->name) : variables_get(parameter->name);
    }
}

/* --- Putting them */

static void put_joined(struct expansion *x, enum quoting quoting, char separator)
{
    for (size_t i = 0; i < shell.parameters.count; i++) {
        if (i > 0 && separator != '\0') {
            fields_put_quoted(x->fields, separator);
        }
        expand_put(x, quoting, shell.parameters.values[i]);
    }
}

/* Each one a field, or more without quotes. */
static void put_separately(struct expansion *x, enum quoting quoting)
{
    for (size_t i = 0; i < shell.parameters.count; i++) {
        if (i > 0) {
            fields_close(x->fields);
        }
        if (quoting != QUOTING_NONE) {
            fields_open(x->fields);
        }
        expand_put(x, quoting, shell.parameters.values[i]);
    }
}

static void put_list(struct expansion *x, enum quoting quoting, char name)
{
    bool is_quoted = quoting != QUOTING_NONE;

    if (x->fields->splits && (name == '@' || !is_quoted)) {
        put_separately(x, quoting);
    } else {
        x->has_content = true;
        put_joined(x, quoting, name == '@' ? ' ' : fields_separators()[0]);
    }
}

static void fail(struct expansion *x)
{
    shell_give_up();
    x->has_failed = true;
}

/* With set -u what is not set fails, but for $@ and $*. */
static void check_set(struct expansion *x, const struct parameter *parameter)
{
    if (shell.fails_on_unset && parameter->value == NULL && !parameter->is_list) {
        shell_complain("%s: parameter not set", parameter->name);
        fail(x);
    }
}

static void put_value(struct expansion *x, enum quoting quoting, const struct parameter *parameter)
{
    if (parameter->is_list) {
        put_list(x, quoting, parameter->name[0]);
        return;
    }
    check_set(x, parameter);
    expand_put(x, quoting, parameter->value != NULL ? parameter->value : "");
}

static void put_length(struct expansion *x, enum quoting quoting, struct parameter *parameter)
{
    size_t length = parameter->value == NULL ? 0 : strlen(parameter->value);

    check_set(x, parameter);
    if (parameter->is_list) {
        length = shell.parameters.count;
    }
    expand_put(x, quoting, number(parameter, (long)length));
}

/* --- Operators */

/* Put the word behind the operator. */
static void put_word(struct expansion *x, enum quoting quoting, const struct parameter *parameter)
{
    bool was_word = x->is_word_of_expansion;

    x->has_content = true;
    x->is_word_of_expansion = true;
    x->at = parameter->word;
    if (quoting == QUOTING_NONE) {
        expand_tilde(x);
    }
    expand_until(x, quoting == QUOTING_NONE ? QUOTING_NONE : QUOTING_DOUBLE_WORD, '\0');
    x->is_word_of_expansion = was_word;
}

/* The word as a string or a pattern, which the caller frees. NULL: it failed. */
static char *take_word(struct expansion *x, enum quoting quoting, const struct parameter *parameter)
{
    struct fields fields;
    struct expansion inner = { .script = x->script, .at = parameter->word, .end = x->end, .fields = &fields };
    bool is_pattern = parameter->operation == '#' || parameter->operation == '%';

    fields_start(&fields);
    expand_until(&inner, quoting == QUOTING_NONE || is_pattern ? QUOTING_NONE : QUOTING_DOUBLE_WORD, '\0');
    char *word = is_pattern ? fields_take_pattern(&fields) : fields_take_string(&fields);

    if (word == NULL) {
        shell_out_of_memory();
    }
    if (inner.has_failed) {
        free(word);
        word = NULL;
    }
    x->has_failed = word == NULL;
    return word;
}

static void assign(struct expansion *x, enum quoting quoting, struct parameter *parameter)
{
    char *word = take_word(x, quoting, parameter);

    if (word == NULL) {
        return;
    }
    if (!lex_is_name_start(parameter->name[0])) {
        shell_complain("%s: cannot be assigned to", parameter->name);
        fail(x);
    } else if (variables_set(parameter->name, word)) {
        expand_put(x, quoting, word);
    } else {
        x->has_failed = true;
    }
    free(word);
}

static void complain(struct expansion *x, enum quoting quoting, const struct parameter *parameter)
{
    char *word = take_word(x, quoting, parameter);

    if (word != NULL) {
        shell_complain("%s: %s", parameter->name, word[0] != '\0' ? word : "parameter not set");
        free(word);
        fail(x);
    }
}

/* @value without the shortest or longest beginning that matches; returns where what is left starts. */
static const char *behind_beginning(const char *value, const char *pattern, bool is_longest)
{
    size_t length = strlen(value);

    for (size_t tried = 0; tried <= length && !shell_interrupt; tried++) {
        const char *end = value + (is_longest ? length - tried : tried);

        if (pattern_matches(pattern, value, end)) {
            return end;
        }
    }
    return value;
}

/* The same with its end; returns where what is left ends. */
static const char *before_ending(const char *value, const char *pattern, bool is_longest)
{
    size_t length = strlen(value);

    for (size_t tried = 0; tried <= length && !shell_interrupt; tried++) {
        const char *start = value + (is_longest ? tried : length - tried);

        if (pattern_matches(pattern, start, value + length)) {
            return start;
        }
    }
    return value + length;
}

static void put_trimmed(struct expansion *x, enum quoting quoting, const struct parameter *parameter)
{
    char *value = strdup(parameter->value != NULL ? parameter->value : "");
    char *pattern = value == NULL ? NULL : take_word(x, quoting, parameter);

    if (value == NULL) {
        shell_out_of_memory();
        x->has_failed = true;
    }
    if (pattern != NULL && parameter->operation == '#') {
        expand_put(x, quoting, behind_beginning(value, pattern, parameter->is_strong));
    } else if (pattern != NULL) {
        value[before_ending(value, pattern, parameter->is_strong) - value] = '\0';
        expand_put(x, quoting, value);
    }
    free(pattern);
    free(value);
}

static void operate(struct expansion *x, enum quoting quoting, struct parameter *parameter)
{
    bool has_value = parameter->value != NULL && (!parameter->is_strong || parameter->value[0] != '\0');

    switch (parameter->operation) {
    case '\0':
        put_value(x, quoting, parameter);
        break;
    case '#':
    case '%':
        put_trimmed(x, quoting, parameter);
        break;
    case '+':
        x->has_content = true;
        if (has_value) {
            put_word(x, quoting, parameter);
        }
        break;
    default:
        if (has_value) {
            put_value(x, quoting, parameter);
        } else if (parameter->operation == '-') {
            put_word(x, quoting, parameter);
        } else if (parameter->operation == '=') {
            assign(x, quoting, parameter);
        } else {
            complain(x, quoting, parameter);
        }
    }
}

/* --- Parsing */

/* Behind the name that starts at @at. */
static size_t name_end(const struct expansion *x, size_t at, bool has_braces)
{
    const char *text = x->script->text.data;

    if (is_digit(byte_at(x, at))) {
        do {
            at++;
        } while (has_braces && is_digit(byte_at(x, at)));
        return at;
    }
    return is_special(byte_at(x, at)) ? at + 1 : (size_t)(lex_name_end(text + at, text + x->end) - text);
}

/* The operator between x->at and the word, which ends with x->end. Returns whether there is a valid one, or none. */
static bool parse_operator(const struct expansion *x, struct parameter *parameter)
{
    size_t at = x->at;
    char c = byte_at(x, at);

    if (at == x->end) {
        return true;
    }
    if (c == ':') {
        parameter->is_strong = true;
        c = byte_at(x, ++at);
    } else if ((c == '#' || c == '%') && byte_at(x, at + 1) == c) {
        parameter->is_strong = true;
        at++;
    }
    parameter->operation = c;
    parameter->word = at + 1;
    return c != '\0' && strchr(byte_at(x, x->at) == ':' ? "-=?+" : "-=?+#%", c) != NULL;
}

/* The name at x->at, and in braces what is around it. Returns whether all is well formed; x->at is of no use then. */
static bool parse(struct expansion *x, struct parameter *parameter, bool has_braces)
{
    size_t end = name_end(x, x->at + 1, has_braces);

    if (has_braces && byte_at(x, x->at) == '#' && end > x->at + 1 && end == x->end) {
        parameter->is_length = true;
        x->at++;
    } else {
        end = name_end(x, x->at, has_braces);
    }
    parameter->name = strndup(x->script->text.data + x->at, end - x->at);
    if (parameter->name == NULL) {
        shell_out_of_memory();
        x->has_failed = true;
        return true;
    }
    x->at = end;
    return parameter->name[0] != '\0' && (!has_braces || parameter->is_length || parse_operator(x, parameter));
}

static void put_parameter(struct expansion *x, enum quoting quoting, bool has_braces)
{
    struct parameter parameter = { 0 };
    size_t start = x->at;

    if (!parse(x, &parameter, has_braces)) {
        shell_complain("bad substitution: ${%.*s}", (int)(x->end - start < 40 ? x->end - start : 40),
                       x->script->text.data + start);
        fail(x);
    }
    if (!x->has_failed) {
        look_up(&parameter);
        if (parameter.is_length) {
            put_length(x, quoting, &parameter);
        } else {
            operate(x, quoting, &parameter);
        }
    }
    free(parameter.name);
}

void expand_parameter(struct expansion *x, enum quoting quoting)
{
    if (byte_at(x, x->at) != '{') {
        put_parameter(x, quoting, false);
        return;
    }
    size_t outer_end = x->end;
    struct lexer lexer;

    lex_start_at(&lexer, x->script, ++x->at, x->end);
    lex_skip_braces(&lexer, quoting == QUOTING_NONE ? LEX_UNQUOTED : LEX_QUOTED);
    if (lexer.failure != LEX_NO_FAILURE) {
        fail(x);
        return;
    }
    x->end = lexer.at - 1;
    put_parameter(x, quoting, true);
    x->end = outer_end;
    x->at = lexer.at;
}
