#pragma once

#include <stdbool.h>
#include <stdio.h>

/*
 * What programs that read files have in common: the files named as arguments, or standard input when there are none;
 * "-" is standard input too.
 */

/* Reads @input to its end or as far as it wants. Returns false after a message of its own. */
typedef bool inputs_reader(FILE *input, const char *name, void *context);

/*
 * Call @read for each of @names (NULL behind the last). One that can't be opened or read is named on standard error,
 * and the others go on. Returns the program's exit status.
 */
int inputs_each(const char *program, char **names, inputs_reader *read, void *context);

/*
 * Where the files begin in @argv, whose options have been read up to @first: a "--" in front of them is passed over.
 * Returns 0 when an option that nobody knows stands there.
 */
int inputs_first(char **argv, int first);

/* A decimal number from @low to @high, and nothing behind it. Returns false for anything else. */
bool inputs_number(const char *word, long low, long high, long *out);
