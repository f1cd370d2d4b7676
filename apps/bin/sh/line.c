/*
 * The text of a line in one piece of memory, which grows by doubling and is kept from line to line.
 *
 * Cells are counted along with each change, over the bytes that it touches, so that typing costs the same in a long line
 * as in a short one.
 *
 * Invariants:
 *   text        text is length bytes of whole printable characters and tabs, and a NUL; length < capacity
 *   counted     cell_count and cursor_cells are the characters in text and in its first cursor bytes
 *   unchanged   the first unchanged_cells characters are those that the screen shows, if it shows any
 */
#include "line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define FIRST_BYTES 128
#define KEPT_BYTES_MAX 1024

const char *line_text(const struct line *line)
{
    return line->text != NULL ? line->text : "";
}

static bool make_room(struct line *line, size_t size)
{
    size_t wanted = line->capacity > 0 ? line->capacity : FIRST_BYTES;

    if (size > LINE_BYTES_MAX - line->length) {
        return false;
    }
    while (wanted <= line->length + size) {
        wanted *= 2;
    }
    wanted = wanted > LINE_BYTES_MAX ? LINE_BYTES_MAX + 1 : wanted;
    if (wanted == line->capacity) {
        return true;
    }
    char *grown = realloc(line->text, wanted);

    if (grown == NULL) {
        return false;
    }
    line->text = grown;
    line->capacity = wanted;
    return true;
}

static void note_change(struct line *line, size_t cells)
{
    if (cells < line->unchanged_cells) {
        line->unchanged_cells = cells;
    }
}

void line_clear(struct line *line)
{
    char *text = line->text;
    size_t capacity = line->capacity;

    if (capacity > KEPT_BYTES_MAX) {
        free(text);
        text = NULL;
        capacity = 0;
    }
    *line = (struct line){ .text = text, .capacity = capacity };
    if (text != NULL) {
        text[0] = '\0';
    }
}

bool line_insert(struct line *line, const char *bytes, size_t size)
{
    size_t cells = utf8_count(bytes, size);

    if (!make_room(line, size)) {
        return false;
    }
    memmove(line->text + line->cursor + size, line->text + line->cursor, line->length - line->cursor);
    memcpy(line->text + line->cursor, bytes, size);
    note_change(line, line->cursor_cells);
    line->length += size;
    line->text[line->length] = '\0';
    line->cursor += size;
    line->cell_count += cells;
    line->cursor_cells += cells;
    return true;
}

void line_move_to(struct line *line, size_t position)
{
    const char *text = line_text(line);

    if (position < line->cursor) {
        line->cursor_cells -= utf8_count(text + position, line->cursor - position);
    } else {
        line->cursor_cells += utf8_count(text + line->cursor, position - line->cursor);
    }
    line->cursor = position;
}

void line_erase_to(struct line *line, size_t position)
{
    size_t end = position > line->cursor ? position : line->cursor;

    if (position == line->cursor) {
        return;
    }
    if (position < line->cursor) {
        line_move_to(line, position);
    }
    note_change(line, line->cursor_cells);
    line->cell_count -= utf8_count(line->text + line->cursor, end - line->cursor);
    memmove(line->text + line->cursor, line->text + end, line->length - end + 1);
    line->length -= end - line->cursor;
}

bool line_set(struct line *line, const char *text)
{
    size_t length = strlen(text);
    size_t common = 0;

    if (length > line->length && !make_room(line, length - line->length)) {
        return false;
    }
    /* What both have in common at the start need not be drawn again. */
    while (common < line->length && text[common] == line->text[common]) {
        common++;
    }
    while (common > 0 && utf8_is_continuation(text[common])) {
        common--;
    }
    line_move_to(line, common);
    line_erase_to(line, line->length);
    return line_insert(line, text + common, length - common);
}

size_t line_position_of_cell(const struct line *line, size_t cell)
{
    const char *text = line_text(line);
    size_t position = line->cursor;
    size_t at = line->cursor_cells;

    if (cell < at / 2) {
        position = 0;
        at = 0;
    }
    while (at > cell) {
        do {
            position--;
        } while (utf8_is_continuation(text[position]));
        at--;
    }
    while (at < cell) {
        do {
            position++;
        } while (utf8_is_continuation(text[position]));
        at++;
    }
    return position;
}

size_t line_left(const struct line *line)
{
    return line->cursor == 0 ? 0 : line_position_of_cell(line, line->cursor_cells - 1);
}

size_t line_right(const struct line *line)
{
    return line->cursor == line->length ? line->length : line_position_of_cell(line, line->cursor_cells + 1);
}

/* Characters outside ASCII count as letters. */
static bool is_in_word(char byte)
{
    return isalnum((unsigned char)byte) || ((unsigned char)byte & 0x80) != 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

size_t line_word_left(const struct line *line)
{
    const char *text = line_text(line);
    size_t position = line->cursor;

    while (position > 0 && !is_in_word(text[position - 1])) {
        position--;
    }
    while (position > 0 && is_in_word(text[position - 1])) {
        position--;
    }
    return position;
}

size_t line_word_right(const struct line *line)
{
    const char *text = line_text(line);
    size_t position = line->cursor;

    while (position < line->length && !is_in_word(text[position])) {
        position++;
    }
    while (position < line->length && is_in_word(text[position])) {
        position++;
    }
    return position;
}

size_t line_blank_word_left(const struct line *line)
{
    const char *text = line_text(line);
    size_t position = line->cursor;

    while (position > 0 && is_blank(text[position - 1])) {
        position--;
    }
    while (position > 0 && !is_blank(text[position - 1])) {
        position--;
    }
    return position;
}

bool line_transpose(struct line *line)
{
    char swapped[UTF8_SIZE_MAX];

    if (line->cell_count < 2 || line->cursor == 0) {
        return false;
    }
    if (line->cursor == line->length) {
        line_move_to(line, line_left(line));
    }
    size_t start = line_left(line);
    size_t size = line->cursor - start;

    memcpy(swapped, line->text + start, size);
    line_erase_to(line, start);
    line_move_to(line, line_right(line));
    /* The room is there: the line is as long as before. */
    return line_insert(line, swapped, size);
}
