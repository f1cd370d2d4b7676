/*
 * The shell's language: commands of words, joined by ; & && || and newlines, with quotes, \ and # comments.
 *
 * A word is kept as the slice of the text that it was, quotes and all, since $? in it means the status at the time
 * it runs. The same walk over quotes (word_end) serves parsing, so that what is a word is decided in one place.
 */
#include "sh.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_FIRST_BYTES 32

/* A growing string. Once memory was short it takes no more. */
struct builder {
    char *data;
    size_t length;
    size_t capacity;
    bool has_failed;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_word(char c)
{
    return c == '\0' || c == '\n' || c == ';' || c == '&' || c == '|' || is_blank(c);
}

/* The end of the quoted part that starts at @at, or NULL when it has none. */
static const char *quote_end(const char *at)
{
    char quote = *at++;

    while (*at != quote) {
        if (*at == '\\' && quote == '"' && at[1] != '\0') {
            at++;
        }
        if (*at == '\0') {
            return NULL;
        }
        at++;
    }
    return at + 1;
}

static const char *word_end(const char *at)
{
    while (at != NULL && !ends_word(*at)) {
        if (*at == '\'' || *at == '"') {
            at = quote_end(at);
        } else if (*at == '\\' && at[1] != '\0') {
            at += 2;
        } else {
            at++;
        }
    }
    return at;
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at) || (*at == '\\' && at[1] == '\n')) {
        at += *at == '\\' ? 2 : 1;
    }
    if (*at == '#') {
        at += strcspn(at, "\n");
    }
    return at;
}

static bool complain(const char *what)
{
    fprintf(stderr, "sh: %s\n", what);
    return false;
}

static bool complain_about(const char *at)
{
    if (*at == '\0' || *at == '\n') {
        return complain("syntax error: unexpected end of line");
    }
    size_t length = at[1] == at[0] && (at[0] == '&' || at[0] == '|') ? 2 : 1;

    fprintf(stderr, "sh: syntax error: unexpected %.*s\n", (int)length, at);
    return false;
}

static bool add_word(struct command *command, struct slice word)
{
    struct slice *grown = reallocarray(command->words, command->word_count + 1, sizeof(*grown));

    if (grown == NULL) {
        return complain("out of memory");
    }
    command->words = grown;
    command->words[command->word_count++] = word;
    return true;
}

static struct command *add_command(struct script *script)
{
    struct command *grown = reallocarray(script->commands, script->count + 1, sizeof(*grown));

    if (grown == NULL) {
        complain("out of memory");
        return NULL;
    }
    script->commands = grown;
    grown[script->count] = (struct command){ 0 };
    return &grown[script->count++];
}

/* The words of one command from *@at on; *@at is left at what ends it. */
static bool parse_words(struct command *command, const char **at)
{
    command->text.start = *at;
    while (!ends_word(**at)) {
        struct slice word = { .start = *at, .end = word_end(*at) };

        /* Said, not taken for a word: `echo x > file` would print its own redirection. */
        if (**at == '<' || **at == '>') {
            return complain("redirections are not there yet: quote < and > to mean themselves");
        }
        if (word.end == NULL) {
            return complain("unbalanced quote");
        }
        if (!add_word(command, word)) {
            return false;
        }
        command->text.end = word.end;
        *at = skip_blanks(word.end);
    }
    return command->word_count > 0 || complain_about(*at);
}

/* What stands at *@at between two commands; *@at is left behind it. */
static bool parse_connector(enum connector *connector, const char **at)
{
    char c = **at;
    bool is_double = c != '\0' && (*at)[1] == c;

    if (c == '|' && !is_double) {
        return complain("pipes are not there yet");
    }
    *connector = c == '&' ? (is_double ? CONNECT_AND : CONNECT_BACKGROUND) : c == '|' ? CONNECT_OR : CONNECT_END;
    if (c != '\0') {
        *at += *connector == CONNECT_AND || *connector == CONNECT_OR ? 2 : 1;
    }
    return true;
}

static const char *skip_empty_lines(const char *at)
{
    at = skip_blanks(at);
    while (*at == '\n') {
        at = skip_blanks(at + 1);
    }
    return at;
}

bool script_parse(const char *text, struct script *script)
{
    const char *at = skip_empty_lines(text);
    bool needs_more = false;

    *script = (struct script){ 0 };
    while (*at != '\0' || needs_more) {
        struct command *command = add_command(script);

        if (command == NULL || !parse_words(command, &at) || !parse_connector(&command->connector, &at)) {
            return false;
        }
        needs_more = command->connector == CONNECT_AND || command->connector == CONNECT_OR;
        at = skip_empty_lines(at);
    }
    return true;
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->commands[i].words);
    }
    free(script->commands);
}

static bool grow(struct builder *out)
{
    size_t wanted = out->capacity == 0 ? WORD_FIRST_BYTES : 2 * out->capacity;
    char *grown = realloc(out->data, wanted);

    if (grown == NULL) {
        out->has_failed = true;
        return false;
    }
    out->data = grown;
    out->capacity = wanted;
    return true;
}

static void put(struct builder *out, char c)
{
    if (!out->has_failed && (out->length < out->capacity || grow(out))) {
        out->data[out->length++] = c;
    }
}

static void put_string(struct builder *out, const char *string)
{
    while (*string != '\0') {
        put(out, *string++);
    }
}

static void put_number(struct builder *out, int number)
{
    char digits[12];

    snprintf(digits, sizeof(digits), "%d", number);
    put_string(out, digits);
}

static const char *put_variable(struct builder *out, const char *at, const char *end)
{
    char name[64];
    size_t length = 0;

    while (at < end && length + 1 < sizeof(name) && (isalnum((unsigned char)*at) || *at == '_')) {
        name[length++] = *at++;
    }
    name[length] = '\0';
    const char *value = getenv(name);

    put_string(out, value != NULL ? value : "");
    return at;
}

/* What the $ at @at stands for. Returns where to go on. */
static const char *put_dollar(struct builder *out, const char *at, const char *end, const struct shell *shell)
{
    char kind = at + 1 < end ? at[1] : '\0';

    if (kind == '?') {
        put_number(out, shell->last_status);
    } else if (kind == '!') {
        if (shell->last_background != 0) {
            put_number(out, (int)shell->last_background);
        }
    } else if (isalpha((unsigned char)kind) || kind == '_') {
        return put_variable(out, at + 1, end);
    } else {
        put(out, '$');
        return at + 1;
    }
    return at + 2;
}

static bool is_escape(const char *at, const char *end, char quote)
{
    if (*at != '\\' || at + 1 >= end || quote == '\'') {
        return false;
    }
    return quote == '\0' || strchr("\"\\$", at[1]) != NULL;
}

char *script_expand(struct slice word, const struct shell *shell)
{
    struct builder out = { 0 };
    char quote = '\0';

    for (const char *at = word.start; at < word.end;) {
        if (*at == quote || (quote == '\0' && (*at == '\'' || *at == '"'))) {
            quote = quote == '\0' ? *at : '\0';
            at++;
        } else if (is_escape(at, word.end, quote)) {
            put(&out, at[1]);
            at += 2;
        } else if (*at == '$' && quote != '\'') {
            at = put_dollar(&out, at, word.end, shell);
        } else {
            put(&out, *at++);
        }
    }
    put(&out, '\0');
    if (out.has_failed) {
        free(out.data);
        return NULL;
    }
    return out.data;
}
