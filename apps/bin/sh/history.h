#pragma once

#include <stddef.h>

/*
 * The lines that were entered, in memory: the last 200, and of those as many as fit into 16 KiB.
 */

/* Remember @line, unless it is blank, the same as the newest one, or too long for that. */
void history_add(const char *line);

/* How many lines there are. */
size_t history_count(void);

/* Line @index < history_count(), 0 being the oldest. Borrowed until the next history_add(). */
const char *history_get(size_t index);

/* Which of all lines since the start, counted from 1, the oldest one is: for a list with numbers that stay. */
size_t history_first_number(void);

/* Forget all lines, and that there were any. */
void history_clear(void);
