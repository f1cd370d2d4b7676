#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "apps_vt100.h"

/*
 * In place of apps/bin/sh/tty.c: keys come from a string, output goes to the model of a terminal.
 */

enum typing {
    TYPED, /* each byte comes when the one before was dealt with: all is drawn */
    PASTED, /* all bytes are there at once */
    STUTTERED, /* now the one, now the other */
};

/* A terminal of that size, in which nothing was written, and no keys. */
void fake_terminal_reset(size_t columns, size_t rows);

/* @keys are the input from here on, borrowed; behind them is its end. */
void fake_terminal_type(const char *keys, size_t size, enum typing typing);

/* Called whenever the editor waits for a byte that is not there yet: the terminal must be up to date. NULL: nothing. */
void fake_terminal_on_wait(void (*check)(void));

/* Bytes of the input that were not read. */
size_t fake_terminal_left(void);

/* Since the reset: bytes of output, and in how many writes. */
size_t fake_terminal_sent(void);
size_t fake_terminal_writes(void);

/* Whether the terminal is in raw mode. */
bool fake_terminal_is_raw(void);
