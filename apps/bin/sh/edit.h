#pragma once

/*
 * Read a line from the terminal with @prompt before it, which is plain text; see edit.c for the keys. The terminal is
 * in raw mode for as long as it runs. The line goes into the history (history.h).
 *
 * Returns the line without its newline: printable UTF-8 and tabs, at most 64 KiB; it belongs to the editor and lives
 * until the next call. NULL with errno 0 at the end of input, with EINTR when Ctrl-C abandoned the line, and with
 * EMSGSIZE when there was no room for all of it; in each case the cursor is at the start of a new row.
 */
const char *edit_line(const char *prompt);
