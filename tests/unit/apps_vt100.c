/*
 * The model of a VT100: a grid of cells, each the bytes of one character; see vt100.h.
 *
 * Written down after the VT100 User Guide (EK-VT100-UG), chapter 3, with autowrap on. A character in the last column
 * leaves the cursor there, pending; the next character wraps first; CR, BS, LF and moves end the pending state.
 */
#include "apps_vt100.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define PARAMETER_BYTES 8

struct cell {
    char text[UTF8_SIZE_MAX + 1]; /* "" is blank */
};

static struct cell grid[VT100_ROWS_MAX][VT100_COLUMNS_MAX];
static size_t columns, rows;
static size_t row, column;
static bool is_pending;
static size_t scrolled, bells;
/* An escape sequence or a character of several bytes, as far as it came. */
static char partial[PARAMETER_BYTES];
static size_t partial_size;

static _Noreturn void refuse(const char *what)
{
    fprintf(stderr, "vt100: %s:", what);
    for (size_t i = 0; i < partial_size; i++) {
        fprintf(stderr, " %02x", (unsigned char)partial[i]);
    }
    fputc('\n', stderr);
    abort();
}

void vt100_reset(size_t new_columns, size_t new_rows)
{
    if (new_columns > VT100_COLUMNS_MAX || new_rows > VT100_ROWS_MAX) {
        refuse("too large");
    }
    memset(grid, 0, sizeof(grid));
    columns = new_columns;
    rows = new_rows;
    row = column = scrolled = bells = partial_size = 0;
    is_pending = false;
}

static void line_feed(void)
{
    is_pending = false;
    if (row + 1 < rows) {
        row++;
        return;
    }
    memmove(grid[0], grid[1], sizeof(grid[0]) * (rows - 1));
    memset(grid[rows - 1], 0, sizeof(grid[0]));
    scrolled++;
}

static void put_character(void)
{
    if (is_pending) {
        line_feed();
        column = 0;
    }
    memset(&grid[row][column], 0, sizeof(grid[row][column]));
    if (partial_size > 1 || partial[0] != ' ') {
        memcpy(grid[row][column].text, partial, partial_size);
    }
    if (column + 1 < columns) {
        column++;
    } else {
        is_pending = true;
    }
}

static void clear_from_cursor(void)
{
    if (is_pending) {
        refuse("clears the character that is pending");
    }
    memset(&grid[row][column], 0, sizeof(grid[0][0]) * (VT100_COLUMNS_MAX - column));
    for (size_t below = row + 1; below < rows; below++) {
        memset(grid[below], 0, sizeof(grid[0]));
    }
}

/* The sequence in partial, ESC [ n final. A move beyond the edge is a mistake of who counts cells. */
static void obey(void)
{
    size_t count = (size_t)atoi(partial + 2);
    char final = partial[partial_size - 1];

    if (strchr("ABCDJH", final) == NULL || (count == 0 && partial_size != 3)) {
        refuse("no sequence of these");
    }
    count = count > 0 ? count : 1;
    if (final == 'J' && partial_size == 3) {
        clear_from_cursor();
        return;
    }
    if (final == 'A' && count <= row) {
        row -= count;
    } else if (final == 'B' && count < rows - row) {
        row += count;
    } else if (final == 'C' && count < columns - column) {
        column += count;
    } else if (final == 'D' && count <= column) {
        column -= count;
    } else if (final == 'H' && partial_size == 3) {
        row = column = 0;
    } else {
        refuse("moves beyond the edge");
    }
    is_pending = false;
}

static void control(char byte)
{
    if (byte == '\n') {
        line_feed();
        column = 0;
    } else if (byte == '\r') {
        column = 0;
        is_pending = false;
    } else if (byte == '\b' && column > 0) {
        column--;
        is_pending = false;
    } else if (byte == '\a') {
        bells++;
    } else {
        refuse("a raw control character");
    }
}

static void feed_byte(char byte)
{
    if (partial_size == sizeof(partial) - 1) {
        refuse("too long");
    }
    partial[partial_size++] = byte;
    partial[partial_size] = '\0';
    if (partial[0] == '\033') {
        if (partial_size < 3 || (byte >= '0' && byte <= '9')) {
            if (partial_size == 2 && byte != '[') {
                refuse("no sequence of these");
            }
            return;
        }
        obey();
    } else if ((unsigned char)partial[0] < ' ') {
        control(byte);
    } else if (partial_size < utf8_size_by_first(partial[0])) {
        return;
    } else if (utf8_size(partial, partial_size) == partial_size) {
        put_character();
    } else {
        refuse("no printable character");
    }
    partial_size = 0;
}

void vt100_feed(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        feed_byte(bytes[i]);
    }
}

const char *vt100_row(size_t wanted)
{
    static char text[VT100_COLUMNS_MAX * UTF8_SIZE_MAX + 1];
    size_t length = columns;

    while (length > 0 && grid[wanted][length - 1].text[0] == '\0') {
        length--;
    }
    text[0] = '\0';
    for (size_t i = 0; i < length; i++) {
        strcat(text, grid[wanted][i].text[0] != '\0' ? grid[wanted][i].text : " ");
    }
    return text;
}

size_t vt100_cursor_row(void)
{
    return row;
}

size_t vt100_cursor_column(void)
{
    return column;
}

bool vt100_is_pending(void)
{
    return is_pending;
}

size_t vt100_scrolled(void)
{
    return scrolled;
}

size_t vt100_bells(void)
{
    return bells;
}
