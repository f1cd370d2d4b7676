#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A terminal as the VT100 is one, behind a driver that makes CR LF of LF: what the editor's output comes to. It knows
 * what the editor may send and nothing else: other control characters and sequences, and bytes that are no UTF-8, fail
 * the test.
 */

#define VT100_ROWS_MAX 64
#define VT100_COLUMNS_MAX 256

void vt100_reset(size_t columns, size_t rows);
void vt100_feed(const char *bytes, size_t size);

/* Row @row without the blanks at its end; lives until the next call. */
const char *vt100_row(size_t row);

size_t vt100_cursor_row(void);
size_t vt100_cursor_column(void);

/* Whether the next character would go to the next row, although the cursor is still in the last column. */
bool vt100_is_pending(void);

/* Since the reset: rows that left the terminal at its top, and bells. */
size_t vt100_scrolled(void);
size_t vt100_bells(void);
