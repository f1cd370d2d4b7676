/*
 * Completion: what all candidates have in common is inserted behind the stem, quoted as the stem is. What was typed is
 * never changed.
 */
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "editor.h"
#include "stem.h"
#include "tty.h"

#define COLUMN_GAP 2
/* A single quote inside of single quotes ends them, is escaped, and starts them again. */
#define ESCAPED_QUOTE "'\\''"
#define GROWTH_MAX 4 /* bytes that one byte becomes by quoting */
#define END_BYTES 3 /* what comes behind a name, and its NUL */

static const char *special_characters(char quote)
{
    switch (quote) {
    case '\'':
        return "";
    case '"':
        return "\"\\$`";
    default:
        return " |&;()<>'\"\\$`*?[]{}!#~";
    }
}

/* Append @size bytes of @name to @to, so that the shell reads them as they are. Returns where they end. */
static char *quote(char *to, const char *name, size_t size, char quote)
{
    const char *special = special_characters(quote);

    for (size_t i = 0; i < size; i++) {
        if (quote == '\'' && name[i] == quote) {
            strcpy(to, ESCAPED_QUOTE);
            to += strlen(to);
            continue;
        }
        if (strchr(special, name[i]) != NULL) {
            *to++ = '\\';
        }
        *to++ = name[i];
    }
    return to;
}

/* What comes behind a name when there is no choice: nothing behind a folder, whose entries may follow. */
static char *put_end(char *to, const struct stem *stem, const char *name)
{
    if (name[strlen(name) - 1] == '/') {
        return to;
    }
    if (stem->is_braced) {
        *to++ = '}';
        return to;
    }
    if (stem->quote != '\0' && stem->kind == STEM_VARIABLE) {
        return to; /* more may follow inside of the quotes */
    }
    if (stem->quote != '\0') {
        *to++ = stem->quote;
    }
    *to++ = ' ';
    return to;
}

/* Insert what there is no choice about. Returns false, with the bell, when there is no room or memory for it. */
static bool extend(struct editor *editor, const struct stem *stem, const struct candidates *candidates)
{
    const char *name = candidates->names[0];
    size_t size = candidates_common_length(candidates) - candidates->stem_length;
    char *text = malloc(GROWTH_MAX * size + END_BYTES);

    if (text == NULL) {
        editor_ring(editor);
        return false;
    }
    char *end = quote(text, name + candidates->stem_length, size, stem->quote);

    if (candidates->count == 1) {
        end = put_end(end, stem, name);
    }
    size_t text_size = (size_t)(end - text);

    bool is_done = line_insert(&editor->line, text, text_size);

    if (!is_done) {
        editor_ring(editor);
    }
    free(text);
    return is_done;
}

static void put_padded(const char *name, size_t cells)
{
    tty_put_string(name);
    for (size_t cell = utf8_count(name, strlen(name)); cell < cells; cell++) {
        tty_put(" ", 1);
    }
}

/* In columns, which are read from top to bottom. */
static void put_columns(const struct candidates *candidates, size_t columns)
{
    size_t widest = 0;

    for (size_t i = 0; i < candidates->count; i++) {
        size_t cells = utf8_count(candidates->names[i], strlen(candidates->names[i]));

        widest = cells > widest ? cells : widest;
    }
    widest += COLUMN_GAP;
    size_t per_row = columns > widest ? columns / widest : 1;
    size_t row_count = (candidates->count + per_row - 1) / per_row;

    for (size_t row = 0; row < row_count; row++) {
        for (size_t i = row; i < candidates->count; i += row_count) {
            put_padded(candidates->names[i], i + row_count < candidates->count ? widest : 0);
        }
        tty_put("\n", 1);
    }
}

static void list_candidates(struct editor *editor, const struct candidates *candidates)
{
    screen_finish(&editor->screen, &editor->line, "");
    put_columns(candidates, editor->screen.size.columns);
    screen_start(&editor->screen, editor->prompt);
}

static bool is_indentation(const struct line *line)
{
    return strspn(line_text(line), " \t") >= line->cursor;
}

void complete_word(struct editor *editor)
{
    struct stem stem;
    struct candidates candidates;
    size_t length = editor->line.length;

    if (is_indentation(&editor->line)) {
        if (!line_insert(&editor->line, "\t", 1)) {
            editor_ring(editor);
        }
        return;
    }
    if (!stem_find(line_text(&editor->line), editor->line.cursor, &stem)) {
        editor_ring(editor);
        return;
    }
    if (!candidates_find(&stem, &candidates) || candidates.count == 0) {
        editor_ring(editor);
    } else if (extend(editor, &stem, &candidates) && candidates.count > 1) {
        if (editor->line.length == length && editor->last_key == KEY_TAB) {
            list_candidates(editor, &candidates);
        } else {
            editor_ring(editor);
        }
    }
    candidates_free(&candidates);
    free(stem.text);
}
