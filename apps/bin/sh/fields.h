#pragma once

#include <stdbool.h>

#include "text.h"
#include "words.h"

/*
 * The far side of an expansion: characters come in, with what is known of them, and become fields. A field is kept as
 * a pattern (see pattern.h) until it is finished.
 */

/* What lies behind the last field, where none is open. */
enum gap { GAP_NONE, GAP_BLANKS, GAP_DELIMITER };

struct fields {
    struct text text; /* of the field that is open */
    bool is_open; /* there will be a field, even if it stays empty */
    bool splits; /* else all goes to one field */
    enum gap gap;
    struct words *words; /* finished fields, where it splits */
};

/* One string or pattern without splitting, for fields_take_string() or fields_take_pattern(). */
void fields_start(struct fields *fields);

/* As many words as it makes, added to @words: split, and replaced by the names of files that they match. */
void fields_start_words(struct fields *fields, struct words *words);

/* A character that stands for itself. */
void fields_put_quoted(struct fields *fields, char c);

/* A character that was typed without quotes. */
void fields_put_typed(struct fields *fields, char c);

/* A character of what was expanded without quotes: it may end a field. */
void fields_put_expanded(struct fields *fields, char c);

/* There is a field here, even if nothing more is put into it. */
void fields_open(struct fields *fields);

/* Whatever comes belongs to the next field. */
void fields_close(struct fields *fields);

/* The string, or the pattern, which the caller frees. NULL: memory was short. */
char *fields_take_string(struct fields *fields);
char *fields_take_pattern(struct fields *fields);

/* End the last word. Returns false when memory was short somewhere. */
bool fields_finish_words(struct fields *fields);

/* The value of IFS, or what it is without one. */
const char *fields_separators(void);
