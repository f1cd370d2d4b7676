#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "input.h"
#include "script.h"

/*
 * A script's text as tokens, and how quotes and expansions nest in it.
 */
enum token_kind {
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_WORD,
    TOKEN_REDIRECTION,
    TOKEN_SEMICOLON,
    TOKEN_DOUBLE_SEMICOLON,
    TOKEN_BACKGROUND,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_PIPE,
    TOKEN_OPEN,
    TOKEN_CLOSE,
};

struct token {
    enum token_kind kind;
    enum redirection_kind redirection;
    int fd; /* of a redirection */
    struct slice slice;
};

/* Why there are no more tokens. All but an interrupt have been complained about. */
enum lex_failure { LEX_NO_FAILURE, LEX_SYNTAX, LEX_NO_MEMORY, LEX_INTERRUPTED };

struct lexer {
    struct script *script;
    struct input *input; /* where more lines come from; NULL: from nowhere */
    size_t at; /* the next byte */
    size_t limit; /* behind the last byte that may be looked at */
    struct token token; /* the one that is looked at */
    size_t last_end; /* behind the token before it */
    struct redirection *pending; /* documents whose bodies come behind this line */
    struct redirection **pending_end;
    enum lex_failure failure;
};

/* Start in front of the first token of what @input has. The script is empty. */
void lex_start(struct lexer *lexer, struct script *script, struct input *input);

/* Start inside of a script that was read before, without a token. */
void lex_start_at(struct lexer *lexer, struct script *script, size_t at, size_t limit);

/* Go to the next token. After a failure all tokens are TOKEN_END. */
void lex_next(struct lexer *lexer);

/* The body of this here-document begins behind the line that is being read; lex_next() will find it. */
void lex_expect_document(struct lexer *lexer, struct redirection *document);

/* Complain about the text at @offset, and fail. Only the first failure counts. */
void lex_fail(struct lexer *lexer, size_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));
void lex_fail_without_memory(struct lexer *lexer);

/* Whether the words of the token are @string, without quotes. */
bool lex_is_word(const struct lexer *lexer, const char *string);

/*
 * Skip the rest of an expansion whose start ("${", "$((", "`") was skipped: lexer->at is left behind its end.
 */
enum lex_quoting { LEX_UNQUOTED, LEX_QUOTED };
void lex_skip_braces(struct lexer *lexer, enum lex_quoting quoting);
void lex_skip_arithmetic(struct lexer *lexer);
void lex_skip_backquotes(struct lexer *lexer);

/* Whether a variable's name may have @c in it, or start with it. */
bool lex_is_name_character(char c);
bool lex_is_name_start(char c);

/* Behind the name that starts at @at, or @at itself where none does. */
const char *lex_name_end(const char *at, const char *end);
