/*
 * Splitting into fields. A separator that is a blank ends the field before it and else means nothing; any other one
 * ends a field, an empty one too; blanks around it belong to it. So behind a field's end there is a gap, of blanks or
 * of a delimiter, and only a second delimiter makes an empty field of it.
 *
 *     state       blank separator          other separator            any other character
 *     open        close; GAP_BLANKS        close; GAP_DELIMITER       put
 *     GAP_NONE    (at the very start)      empty field; GAP_DELIMITER open; put
 *     GAP_BLANKS                           GAP_DELIMITER              open; put
 *     GAP_DELIMITER                        empty field                open; put
 */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "pattern.h"
#include "shell.h"
#include "variables.h"

const char *fields_separators(void)
{
    const char *separators = variables_get("IFS");

    return separators != NULL ? separators : " \t\n";
}

void fields_start(struct fields *fields)
{
    *fields = (struct fields){ 0 };
}

void fields_start_words(struct fields *fields, struct words *words)
{
    *fields = (struct fields){ .splits = true, .words = words };
}

void fields_open(struct fields *fields)
{
    fields->is_open = true;
    fields->gap = GAP_NONE;
}

void fields_put_quoted(struct fields *fields, char c)
{
    fields_open(fields);
    if (pattern_is_special(c)) {
        text_put(&fields->text, '\\');
    }
    text_put(&fields->text, c);
}

/* A byte that means something here only, and so has to mean itself. */
static void put_unquoted(struct fields *fields, char c)
{
    fields_open(fields);
    if (c == PATTERN_BACKSLASH) {
        text_put(&fields->text, '\\');
    }
    text_put(&fields->text, c);
}

void fields_put_typed(struct fields *fields, char c)
{
    put_unquoted(fields, c);
}

void fields_put_expanded(struct fields *fields, char c)
{
    if (!fields->splits || c == '\0' || strchr(fields_separators(), c) == NULL) {
        if (c == '\\') {
            fields_open(fields);
            text_put(&fields->text, PATTERN_BACKSLASH);
        } else {
            put_unquoted(fields, c);
        }
        return;
    }
    bool is_blank = c == ' ' || c == '\t' || c == '\n';

    if (!fields->is_open && !is_blank && fields->gap != GAP_BLANKS) {
        fields_open(fields);
    }
    bool has_ended = fields->is_open;

    fields_close(fields);
    if (!is_blank) {
        fields->gap = GAP_DELIMITER;
    } else if (has_ended) {
        fields->gap = GAP_BLANKS;
    }
}

void fields_close(struct fields *fields)
{
    if (!fields->is_open) {
        return;
    }
    fields->is_open = false;
    char *word = text_take(&fields->text);
    size_t count = fields->words->count;

    if (word != NULL && !shell.leaves_patterns && pattern_is_active(word)) {
        glob_expand(word, fields->words);
    }
    if (word == NULL || fields->words->count == count) {
        if (word != NULL) {
            pattern_unescape(word);
        }
        words_add(fields->words, word);
    } else {
        free(word);
    }
}

char *fields_take_pattern(struct fields *fields)
{
    return text_take(&fields->text);
}

char *fields_take_string(struct fields *fields)
{
    char *string = text_take(&fields->text);

    if (string != NULL) {
        pattern_unescape(string);
    }
    return string;
}

bool fields_finish_words(struct fields *fields)
{
    fields_close(fields);
    return !fields->words->has_failed;
}
