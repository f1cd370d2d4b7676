#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "line.h"
#include "tty.h"

/*
 * The prompt and the line on the terminal, wrapped over as many rows as they need.
 *
 * Cells are numbered from the prompt's first on; cell n is in row n / columns, row 0 being the prompt's first. The cell
 * behind the last character always has a place, in a row of its own if need be. Of more rows than the terminal has, a
 * window is shown that the cursor is in.
 */
struct screen {
    struct tty_size size;
    const char *prompt; /* borrowed */
    size_t prompt_cells;
    bool has_new_prompt; /* the terminal shows another one, or none */
    size_t cursor; /* the cell that the terminal's cursor is in */
    size_t top; /* first row of the window */
    size_t bottom; /* last row that the terminal has made room for */
    size_t end; /* cells [top * columns, end) are on the terminal */
};

/*
 * Start at the terminal's cursor, which is at the start of an empty row. Nothing is drawn yet. What is not printable
 * in @prompt is shown as a question mark.
 */
void screen_start(struct screen *screen, const char *prompt);

/* Another prompt, from the next screen_draw() on. To be called after each change of its text, too. */
void screen_set_prompt(struct screen *screen, const char *prompt);

/* Make the terminal show @line and its cursor, with little output for a small change since the last time. */
void screen_draw(struct screen *screen, struct line *line);

/* Draw all of @line and @text behind it; the terminal's cursor goes to the start of an empty row. */
void screen_finish(struct screen *screen, struct line *line, const char *text);

/* Clear the terminal, whose size may have changed, and start in its first row. */
void screen_clear(struct screen *screen);
