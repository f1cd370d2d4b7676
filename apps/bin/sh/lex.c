/*
 * Tokens. A word is kept as the slice of the text that it was, so its end is all that has to be found: quotes and
 * expansions are skipped as they nest. What is in $(...) are commands again, which only the parser can skip; so the
 * two call each other.
 *
 * Lines are asked for when one is needed, never before: a complete command ends with the token of its newline, and
 * what stands behind is still where it came from. When that token is found, the bodies of the here-documents of its
 * line are read.
 *
 * Invariant: at <= limit <= length of the text; with an input limit is the length. After a failure there is nothing
 * more to read.
 */
#include "lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "shell.h"

#define TEXT_BYTES_MAX (1u << 28) /* slices have 32 bits */

void lex_start_at(struct lexer *lexer, struct script *script, size_t at, size_t limit)
{
    *lexer = (struct lexer){ .script = script, .at = at, .limit = limit, .last_end = at };
    lexer->pending_end = &lexer->pending;
}

void lex_start(struct lexer *lexer, struct script *script, struct input *input)
{
    lex_start_at(lexer, script, 0, 0);
    lexer->input = input;
    lex_next(lexer);
}

static void stop(struct lexer *lexer, enum lex_failure failure)
{
    lexer->failure = failure;
    lexer->input = NULL;
    lexer->limit = lexer->at;
    lexer->token = (struct token){ .kind = TOKEN_END };
    lexer->pending = NULL;
    lexer->pending_end = &lexer->pending;
}

void lex_fail(struct lexer *lexer, size_t offset, const char *format, ...)
{
    char message[96];
    va_list arguments;

    if (lexer->failure != LEX_NO_FAILURE) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    shell_complain_at(lexer->script, offset, "%s", message);
    stop(lexer, LEX_SYNTAX);
}

void lex_fail_without_memory(struct lexer *lexer)
{
    if (lexer->failure == LEX_NO_FAILURE) {
        shell_out_of_memory();
        stop(lexer, LEX_NO_MEMORY);
    }
}

/* One more line of the text, if there is one. */
static bool pull(struct lexer *lexer)
{
    struct text *text = &lexer->script->text;
    enum input_result result = lexer->input == NULL ? INPUT_END : input_line(lexer->input, text);

    if (result == INPUT_INTERRUPTED || shell_interrupt) {
        stop(lexer, LEX_INTERRUPTED);
        return false;
    }
    if (text->has_failed || text->length > TEXT_BYTES_MAX) {
        lex_fail_without_memory(lexer);
        return false;
    }
    if (result == INPUT_END) {
        lexer->input = NULL;
        return false;
    }
    lexer->limit = text->length;
    return true;
}

/* The byte at which the lexer is, or NUL behind the last. */
static char peek(struct lexer *lexer)
{
    while (lexer->at == lexer->limit) {
        if (!pull(lexer)) {
            return '\0';
        }
    }
    return lexer->script->text.data[lexer->at];
}

/* The byte behind it. There is always one in the same line but at the end of all. */
static char peek_second(const struct lexer *lexer)
{
    return lexer->at + 1 < lexer->limit ? lexer->script->text.data[lexer->at + 1] : '\0';
}

static bool is_too_deep(struct lexer *lexer)
{
    if (shell_stack_is_low()) {
        lex_fail(lexer, lexer->at, "nested too deeply");
    }
    return lexer->failure != LEX_NO_FAILURE;
}

/* --- Skipping what a word is made of */

static void skip_escaped(struct lexer *lexer)
{
    lexer->at++;
    if (peek(lexer) != '\0') {
        lexer->at++;
    }
}

/* From the opening quote at lexer->at on. */
static void skip_single_quotes(struct lexer *lexer)
{
    size_t start = lexer->at++;
    char c;

    while ((c = peek(lexer)) != '\'') {
        if (c == '\0') {
            lex_fail(lexer, start, "syntax error: unbalanced quote '");
            return;
        }
        lexer->at++;
    }
    lexer->at++;
}

void lex_skip_backquotes(struct lexer *lexer)
{
    size_t start = lexer->at;
    char c;

    while ((c = peek(lexer)) != '`') {
        if (c == '\0') {
            lex_fail(lexer, start, "syntax error: unbalanced quote `");
            return;
        }
        if (c == '\\') {
            skip_escaped(lexer);
        } else {
            lexer->at++;
        }
    }
    lexer->at++;
}

static void skip_double_quotes(struct lexer *lexer);

static void skip_dollar(struct lexer *lexer, enum lex_quoting quoting)
{
    lexer->at++;
    char c = peek(lexer);

    if (c == '{') {
        lexer->at++;
        lex_skip_braces(lexer, quoting);
    } else if (c == '(' && peek_second(lexer) == '(') {
        lexer->at += 2;
        lex_skip_arithmetic(lexer);
    } else if (c == '(') {
        struct script_mark mark = script_mark(lexer->script);

        lexer->at++;
        parse_substitution(lexer);
        script_forget(lexer->script, mark);
    }
}

/* One byte, or all that is nested at it. Single quotes and comments are the caller's business. */
static void skip_one(struct lexer *lexer, enum lex_quoting quoting)
{
    char c = peek(lexer);

    if (c == '\\') {
        skip_escaped(lexer);
    } else if (c == '"') {
        skip_double_quotes(lexer);
    } else if (c == '$') {
        skip_dollar(lexer, quoting);
    } else if (c == '`') {
        lexer->at++;
        lex_skip_backquotes(lexer);
    } else {
        lexer->at++;
    }
}

static void skip_double_quotes(struct lexer *lexer)
{
    size_t start = lexer->at++;
    char c;

    while (!is_too_deep(lexer) && (c = peek(lexer)) != '"') {
        if (c == '\0') {
            lex_fail(lexer, start, "syntax error: unbalanced quote \"");
            return;
        }
        skip_one(lexer, LEX_QUOTED);
    }
    lexer->at += lexer->failure == LEX_NO_FAILURE;
}

/* Within double quotes a single quote is just a character; but not in a pattern: "${name#'}'}". */
static bool has_single_quotes(struct lexer *lexer, enum lex_quoting quoting)
{
    const char *start = lexer->script->text.data + lexer->at;
    const char *end = lexer->script->text.data + lexer->limit;
    const char *at = start;

    if (quoting == LEX_UNQUOTED) {
        return true;
    }
    while (at < end && lex_is_name_character(*at)) {
        at++;
    }
    at += at == start && at < end;
    return at < end && (*at == '#' || *at == '%');
}

void lex_skip_braces(struct lexer *lexer, enum lex_quoting quoting)
{
    size_t start = lexer->at;
    enum lex_quoting inner = has_single_quotes(lexer, quoting) ? LEX_UNQUOTED : LEX_QUOTED;
    char c;

    while (!is_too_deep(lexer) && (c = peek(lexer)) != '}') {
        if (c == '\0') {
            lex_fail(lexer, start, "syntax error: ${ without }");
            return;
        }
        if (c == '\'' && inner == LEX_UNQUOTED) {
            skip_single_quotes(lexer);
        } else {
            skip_one(lexer, inner);
        }
    }
    lexer->at += lexer->failure == LEX_NO_FAILURE;
}

void lex_skip_arithmetic(struct lexer *lexer)
{
    size_t start = lexer->at;
    size_t depth = 0;
    char c;

    while (!is_too_deep(lexer) && ((c = peek(lexer)) != ')' || depth > 0 || peek_second(lexer) != ')')) {
        if (c == '\0' || (c == ')' && depth == 0)) {
            lex_fail(lexer, start, "syntax error: $(( without ))");
            return;
        }
        depth += c == '(';
        depth -= c == ')';
        skip_one(lexer, LEX_QUOTED);
    }
    lexer->at += lexer->failure == LEX_NO_FAILURE ? 2 : 0;
}

/* --- Tokens */

static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\r\n;&|<>()", c) != NULL;
}

static void scan_word(struct lexer *lexer)
{
    char c;

    while (!ends_word(c = peek(lexer))) {
        if (c == '\'') {
            skip_single_quotes(lexer);
        } else {
            skip_one(lexer, LEX_UNQUOTED);
        }
    }
}

/* In an order that has each before its own beginnings. */
static const struct operator
{
    char text[4];
    unsigned char kind;
    unsigned char redirection;
}
operators[] = {
    { "&&", TOKEN_AND, 0 },
    { "&", TOKEN_BACKGROUND, 0 },
    { "||", TOKEN_OR, 0 },
    { "|", TOKEN_PIPE, 0 },
    { ";;", TOKEN_DOUBLE_SEMICOLON, 0 },
    { ";", TOKEN_SEMICOLON, 0 },
    { "(", TOKEN_OPEN, 0 },
    { ")", TOKEN_CLOSE, 0 },
    { "\n", TOKEN_NEWLINE, 0 },
    { "<<-", TOKEN_REDIRECTION, REDIRECT_DOCUMENT_TABS },
    { "<<", TOKEN_REDIRECTION, REDIRECT_DOCUMENT },
    { "<&", TOKEN_REDIRECTION, REDIRECT_DUPLICATE },
    { "<>", TOKEN_REDIRECTION, REDIRECT_READ_WRITE },
    { "<", TOKEN_REDIRECTION, REDIRECT_READ },
    { ">>", TOKEN_REDIRECTION, REDIRECT_APPEND },
    { ">&", TOKEN_REDIRECTION, REDIRECT_DUPLICATE },
    { ">|", TOKEN_REDIRECTION, REDIRECT_WRITE },
    { ">", TOKEN_REDIRECTION, REDIRECT_WRITE },
};

static bool scan_operator(struct lexer *lexer)
{
    const char *at = lexer->script->text.data + lexer->at;

    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t length = strlen(operators[i].text);

        if (lexer->limit - lexer->at >= length && memcmp(at, operators[i].text, length) == 0) {
            lexer->token.kind = operators[i].kind;
            lexer->token.redirection = operators[i].redirection;
            lexer->token.fd = *at == '<' ? 0 : 1;
            lexer->at += length;
            return true;
        }
    }
    return false;
}

static void skip_blanks(struct lexer *lexer)
{
    char c;

    while ((c = peek(lexer)) == ' ' || c == '\t' || c == '\r' || (c == '\\' && peek_second(lexer) == '\n')) {
        lexer->at += c == '\\' ? 2 : 1;
    }
    if (c == '#') {
        while ((c = peek(lexer)) != '\n' && c != '\0') {
            lexer->at++;
        }
    }
}

/* A digit right in front of a redirection says what is redirected. */
static bool scan_redirected_digit(struct lexer *lexer)
{
    char digit = peek(lexer);
    char second = peek_second(lexer);

    if (!isdigit((unsigned char)digit) || (second != '<' && second != '>')) {
        return false;
    }
    lexer->at++;
    scan_operator(lexer);
    lexer->token.fd = digit - '0';
    return true;
}

static void read_documents(struct lexer *lexer);

void lex_next(struct lexer *lexer)
{
    lexer->last_end = lexer->token.slice.end;
    skip_blanks(lexer);
    size_t start = lexer->at;

    lexer->token = (struct token){ .kind = TOKEN_END };
    if (peek(lexer) != '\0' && !scan_redirected_digit(lexer) && !scan_operator(lexer)) {
        scan_word(lexer);
        lexer->token.kind = TOKEN_WORD;
    }
    lexer->token.slice = (struct slice){ .start = (uint32_t)start, .end = (uint32_t)lexer->at };
    if (lexer->token.kind == TOKEN_NEWLINE || lexer->token.kind == TOKEN_END) {
        read_documents(lexer);
    }
    if (lexer->failure != LEX_NO_FAILURE) {
        lexer->token.kind = TOKEN_END;
    }
}

bool lex_is_word(const struct lexer *lexer, const char *string)
{
    const struct slice *slice = &lexer->token.slice;
    size_t length = strlen(string);

    return lexer->token.kind == TOKEN_WORD && slice->end - slice->start == length &&
           memcmp(lexer->script->text.data + slice->start, string, length) == 0;
}

/* --- Here-documents */

void lex_expect_document(struct lexer *lexer, struct redirection *document)
{
    *lexer->pending_end = document;
    lexer->pending_end = &document->next_document;
}

/* Go behind the line that starts here. Returns whether it is the one that ends @document; false at the end of all. */
static bool skip_line(struct lexer *lexer, const struct redirection *document)
{
    char c;

    while (document->kind == REDIRECT_DOCUMENT_TABS && peek(lexer) == '\t') {
        lexer->at++;
    }
    size_t start = lexer->at;

    while ((c = peek(lexer)) != '\n' && c != '\0') {
        lexer->at++;
    }
    size_t length = lexer->at - start;
    bool is_end = length == strlen(document->delimiter) &&
                  memcmp(lexer->script->text.data + start, document->delimiter, length) == 0;

    lexer->at += c == '\n';
    return is_end;
}

static void read_document(struct lexer *lexer, struct redirection *document)
{
    document->body.start = (uint32_t)lexer->at;
    do {
        document->body.end = (uint32_t)lexer->at;
    } while (peek(lexer) != '\0' && !skip_line(lexer, document));
    document->body_end = (uint32_t)lexer->at;
}

static void read_documents(struct lexer *lexer)
{
    struct redirection *document = lexer->pending;
    struct script *script = lexer->script;

    while (document != NULL && lexer->failure == LEX_NO_FAILURE) {
        struct redirection *next = document->next_document;

        read_document(lexer, document);
        document->next_document = NULL;
        *script->documents_end = document;
        script->documents_end = &document->next_document;
        document = next;
    }
    lexer->pending = NULL;
    lexer->pending_end = &lexer->pending;
}

/* --- Names */

bool lex_is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

bool lex_is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

const char *lex_name_end(const char *at, const char *end)
{
    if (at < end && lex_is_name_start(*at)) {
        while (at < end && lex_is_name_character(*at)) {
            at++;
        }
    }
    return at;
}
