/*
 * Drawing by what every VT100 knows: BEL, BS, CR, LF, and of the sequences ESC [ n A, B, C and D, which move the cursor,
 * ESC [ J, which clears from it on, and ESC [ H, which moves it to the first row.
 *
 * A terminal that has just got a character into the last column of a row leaves its cursor there, and goes to the next
 * row when another one comes. Nothing is left to that: each full row is ended by a line feed (which the terminal's
 * driver makes a carriage return and a line feed of), so the cursor is where its number says. It also wraps the line
 * where the terminal is wider than it is said to be, as one behind a serial line may be.
 *
 * What is drawn is what is behind the first cell that changed; so a character at the end of the line is all that is
 * sent for it. Nothing is drawn twice, nothing is cleared that is written over.
 *
 * Invariants between two calls:
 *   placed      the terminal's cursor is in row cursor / columns, column cursor % columns, no character pending
 *   window      top <= cursor / columns <= bottom < top + size.rows
 *   shown       top * columns <= end <= (top + size.rows) * columns; behind @end the terminal is blank
 *
 * Typical use: screen_start() -> { screen_draw() -> a key changes the line }... -> screen_finish()
 */
#include "screen.h"

#include <string.h>

#include "utf8.h"

#define BACKSPACES_MAX 4 /* for more of them, ESC [ n D is shorter */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The bytes of the character at @at, as it is shown; *@glyph is what is shown. */
static size_t character_size(const char *at, const char *end, const char **glyph)
{
    size_t size = utf8_size(at, (size_t)(end - at));

    *glyph = size > 0 ? at : *at == '\t' ? " " : "?";
    return size > 0 ? size : 1;
}

static size_t count_cells(const char *prompt)
{
    const char *end = prompt + strlen(prompt);
    const char *glyph;
    size_t cells = 0;

    for (const char *at = prompt; at < end; at += character_size(at, end, &glyph)) {
        cells++;
    }
    return cells;
}

void screen_set_prompt(struct screen *screen, const char *prompt)
{
    screen->prompt = prompt;
    screen->prompt_cells = count_cells(prompt);
    screen->has_new_prompt = true;
}

void screen_start(struct screen *screen, const char *prompt)
{
    *screen = (struct screen){ .size = tty_get_size() };
    screen_set_prompt(screen, prompt);
}

static void put_sequence(size_t count, char final)
{
    char text[24];
    char *at = text + sizeof(text);

    *--at = final;
    for (size_t left = count; count > 1 && left > 0; left /= 10) {
        *--at = (char)('0' + left % 10);
    }
    *--at = '[';
    *--at = '\033';
    tty_put(at, (size_t)(text + sizeof(text) - at));
}

static void move_down_to(struct screen *screen, size_t row)
{
    size_t existing = least(row, screen->bottom);
    size_t from = screen->cursor / screen->size.columns;

    if (existing > from) {
        put_sequence(existing - from, 'B');
        screen->cursor += (existing - from) * screen->size.columns;
    }
    while (screen->bottom < row) {
        tty_put("\n", 1);
        screen->bottom++;
        screen->cursor = screen->bottom * screen->size.columns;
    }
}

static void move_up_to(struct screen *screen, size_t row)
{
    size_t count = screen->cursor / screen->size.columns - row;

    put_sequence(count, 'A');
    screen->cursor -= count * screen->size.columns;
}

static void move_to_column(struct screen *screen, size_t column)
{
    size_t from = screen->cursor % screen->size.columns;

    if (column == 0 && from > 0) {
        tty_put("\r", 1);
    } else if (column < from && from - column <= BACKSPACES_MAX) {
        tty_put("\b\b\b\b", from - column);
    } else if (column < from) {
        put_sequence(from - column, 'D');
    } else if (column > from) {
        put_sequence(column - from, 'C');
    }
    screen->cursor = screen->cursor - from + column;
}

static void move_to(struct screen *screen, size_t cell)
{
    size_t row = cell / screen->size.columns;
    size_t from = screen->cursor / screen->size.columns;

    if (row > from) {
        move_down_to(screen, row);
    } else if (row < from) {
        move_up_to(screen, row);
    }
    move_to_column(screen, cell % screen->size.columns);
}

/* The terminal's cursor is behind a full row. In the window's last one it goes back to the start, which ends it too. */
static void end_row(struct screen *screen)
{
    size_t row = screen->cursor / screen->size.columns;

    if (row < screen->top + screen->size.rows) {
        tty_put("\n", 1);
        screen->bottom = row > screen->bottom ? row : screen->bottom;
    } else {
        tty_put("\r", 1);
        screen->cursor -= screen->size.columns;
    }
}

/* Write @count characters from @at on, into the cells from the cursor on. */
static void write_characters(struct screen *screen, const char *at, const char *end, size_t count)
{
    while (count-- > 0) {
        const char *glyph;
        size_t size = character_size(at, end, &glyph);

        tty_put(glyph, glyph == at ? size : 1);
        at += size;
        screen->cursor++;
        if (screen->cursor % screen->size.columns == 0) {
            end_row(screen);
        }
    }
}

/* Write cells [from, stop), which are in the window. */
static void write_cells(struct screen *screen, const struct line *line, size_t from, size_t stop)
{
    const char *text = line_text(line);
    const char *end = screen->prompt + strlen(screen->prompt);
    const char *glyph;
    size_t prompt_stop = least(stop, screen->prompt_cells);

    move_to(screen, from);
    if (from < prompt_stop) {
        const char *at = screen->prompt;

        for (size_t cell = 0; cell < from; cell++) {
            at += character_size(at, end, &glyph);
        }
        write_characters(screen, at, end, prompt_stop - from);
        from = prompt_stop;
    }
    if (from < stop) {
        size_t position = line_position_of_cell(line, from - screen->prompt_cells);

        write_characters(screen, text + position, text + line->length, stop - from);
    }
}

static void clear_from(struct screen *screen, size_t cell)
{
    move_to(screen, cell);
    put_sequence(1, 'J');
}

/* The first row to show when the cursor is in @row. Going up, it jumps: each jump draws the whole window. */
static size_t choose_top(const struct screen *screen, size_t row, size_t last_row)
{
    size_t rows = screen->size.rows;

    if (last_row < rows) {
        return 0;
    }
    if (row < screen->top) {
        return row - least(row, rows / 2);
    }
    return row - screen->top < rows ? screen->top : row - rows + 1;
}

/* Let the window start at row @top, which may be off the terminal: then nothing of it is shown any more. */
static void move_window(struct screen *screen, size_t top)
{
    size_t columns = screen->size.columns;

    if (top < screen->top || top * columns > screen->end) {
        clear_from(screen, screen->top * columns);
        screen->cursor = top * columns;
        screen->bottom = top;
        screen->end = top * columns;
    }
    screen->top = top;
}

void screen_draw(struct screen *screen, struct line *line)
{
    size_t columns = screen->size.columns;
    size_t total = screen->prompt_cells + line->cell_count;
    size_t cursor = screen->prompt_cells + line->cursor_cells;
    size_t unchanged = screen->has_new_prompt ? 0 : screen->prompt_cells + line->unchanged_cells;

    move_window(screen, choose_top(screen, cursor / columns, total / columns));
    size_t from = least(unchanged, screen->end);
    size_t stop = least(total, (screen->top + screen->size.rows) * columns);

    if (from < screen->top * columns) {
        from = screen->top * columns;
    }
    if (from < stop) {
        write_cells(screen, line, from, stop);
    }
    if (screen->end > stop) {
        clear_from(screen, stop);
    }
    screen->end = stop;
    screen->has_new_prompt = false;
    line->unchanged_cells = line->cell_count;
    move_to(screen, cursor);
}

void screen_finish(struct screen *screen, struct line *line, const char *text)
{
    size_t cursor = line->cursor;

    line_move_to(line, line->length);
    screen_draw(screen, line);
    line_move_to(line, cursor);
    /* Behind a line that fills its last row, the cursor is in an empty one already. */
    if (text[0] != '\0' || screen->cursor == 0 || screen->cursor % screen->size.columns != 0) {
        tty_put_string(text);
        tty_put("\n", 1);
    }
}

void screen_clear(struct screen *screen)
{
    const char *prompt = screen->prompt;

    put_sequence(1, 'H');
    put_sequence(1, 'J');
    screen_start(screen, prompt);
}
