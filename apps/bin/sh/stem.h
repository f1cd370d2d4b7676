#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * What of a word stands before the cursor, to be completed, and what kind of word it is.
 */
enum stem_kind {
    STEM_COMMAND, /* where a command's name is expected; with no slash in it */
    STEM_FILE,
    STEM_VARIABLE, /* behind $ or ${ */
};

struct stem {
    enum stem_kind kind;
    char quote; /* the quotation mark that is open at the cursor, or NUL */
    bool is_braced; /* a variable behind ${ */
    char *text; /* without quotes and backslashes; of a variable only the name */
};

/*
 * Find the stem before byte @cursor of @line, by the shell's rules for quotes and operators.
 * Returns false when there is no memory; else the caller frees the text.
 */
bool stem_find(const char *line, size_t cursor, struct stem *stem);

/* The words behind which a command is expected. Ends with NULL. */
extern const char *const stem_keywords[];
