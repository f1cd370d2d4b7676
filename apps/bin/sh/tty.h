#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The terminal on standard input and output, while a line is edited.
 */

#define TTY_END (-1)

struct tty_size {
    size_t columns; /* at least 1 */
    size_t rows; /* likewise */
};

/*
 * Raw mode from here to tty_leave(): no echo, no signals from keys, each byte as it comes; a newline that is
 * written still goes to the start of the next row. What was typed ahead stays. A terminal whose settings can't be had
 * is taken to be like that already. What stdio still holds is written first.
 */
void tty_enter(void);

/* The settings are what they were before tty_enter(); output is sent. */
void tty_leave(void);

/* As the terminal says; 80 by 24 where it doesn't. */
struct tty_size tty_get_size(void);

/* The next byte, 0 to 255, after waiting for it, or TTY_END. Reads no byte ahead. */
int tty_read(void);

/* Whether tty_read() has a byte at once. */
bool tty_has_input(void);

/* Keep bytes for tty_flush(), which is called by itself when they get many. */
void tty_put(const char *bytes, size_t size);
void tty_put_string(const char *string);
void tty_flush(void);
