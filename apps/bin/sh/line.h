#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The line that is being edited, and where its cursor is. Positions are in bytes and always between two characters.
 */

#define LINE_BYTES_MAX 65536 /* of text, without its NUL */

struct line {
    char *text; /* NUL-terminated; NULL until something was inserted: line_text() */
    size_t capacity;
    size_t length;
    size_t cell_count; /* == characters in text: a cell of the screen each */
    size_t cursor; /* bytes before it */
    size_t cursor_cells; /* characters before it */
    size_t unchanged_cells; /* characters at the start that no change has touched since the screen set it */
};

/* Never NULL. */
const char *line_text(const struct line *line);

/*
 * Insert printable characters (or tabs) at the cursor, which is behind them afterwards.
 * Returns false when the line would be too long or memory is short: nothing has changed then.
 */
bool line_insert(struct line *line, const char *bytes, size_t size);

/* Make it empty, and give back memory that a long line took. */
void line_clear(struct line *line);

/* Replace everything, with the cursor behind it. Returns false as line_insert() does. */
bool line_set(struct line *line, const char *text);

/* Take away what is between the cursor and @position, to either side. */
void line_erase_to(struct line *line, size_t position);

void line_move_to(struct line *line, size_t position);

/* Swap the characters around the cursor (the last two at the end) and go behind them. Returns false if there are none. */
bool line_transpose(struct line *line);

/* The byte position of a cell. */
size_t line_position_of_cell(const struct line *line, size_t cell);

/* Where the cursor would go: one character, a word of letters and digits, to the start of what has no blanks in it. */
size_t line_left(const struct line *line);
size_t line_right(const struct line *line);
size_t line_word_left(const struct line *line);
size_t line_word_right(const struct line *line);
size_t line_blank_word_left(const struct line *line);
