#pragma once

#include <stdbool.h>

#include "fields.h"
#include "script.h"

/*
 * What words stand for: quotes taken off, $ and ` replaced. All complain when they fail; why then lies in
 * shell.control and shell.status, and what ran for it stays done.
 */

/* Add what @word makes to @words. Returns false when it failed. */
bool expand_word(struct script *script, const struct word *word, struct words *words);

/* As one string, without splitting and without names of files: what is assigned, or a file's name. NULL: it failed. */
char *expand_string(struct script *script, struct slice slice);

/* As a pattern for pattern_matches(). NULL: it failed. */
char *expand_pattern(struct script *script, struct slice slice);

/* The body of a here-document. NULL: it failed. */
char *expand_document(struct script *script, const struct redirection *document);

/* --- Between expand.c and expand_parameter.c */

/* How characters that are typed at a place are meant. */
enum quoting {
    QUOTING_NONE,
    QUOTING_DOUBLE,
    QUOTING_DOUBLE_WORD, /* the word in "${name-word}" */
    QUOTING_DOCUMENT,
    QUOTING_ARITHMETIC,
};

/* A place in the text of a script that is being expanded. */
struct expansion {
    struct script *script;
    size_t at;
    size_t end;
    struct fields *fields;
    bool is_word_of_expansion; /* typed characters split as expanded ones do: ${name-a b} */
    bool has_content; /* since the double quotes began: something but a "$@" without parameters */
    bool has_failed;
};

/* Expand up to @terminator, '\0' for the end, which is not gone behind. */
void expand_until(struct expansion *x, enum quoting quoting, char terminator);

/* Put @value as what was expanded at a place with @quoting. */
void expand_put(struct expansion *x, enum quoting quoting, const char *value);

/* A ~ at x->at stands for $HOME, if it is alone or in front of a /. */
void expand_tilde(struct expansion *x);

/* The parameter behind a $ at x->at, with its braces if it has some; goes behind it. */
void expand_parameter(struct expansion *x, enum quoting quoting);
