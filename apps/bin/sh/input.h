#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/*
 * Where commands are read from, line by line: a string, a file, or what is typed.
 */
enum input_kind { INPUT_STRING, INPUT_FILE, INPUT_TERMINAL };

#define INPUT_BUFFER_BYTES 256

struct input {
    enum input_kind kind;
    const char *name; /* of the file; NULL: none */
    unsigned line_count; /* lines read so far */
    const char *next; /* of a string: what is not read yet */
    int fd; /* of a file, as is the rest */
    int error; /* errno of a read that failed, 0 if none did */
    size_t read_bytes; /* read at once */
    size_t used;
    size_t filled;
    char buffer[INPUT_BUFFER_BYTES];
};

enum input_result {
    INPUT_LINE, /* a line was appended; only the last one of all may have no newline */
    INPUT_END,
    INPUT_INTERRUPTED, /* what was typed is to be forgotten */
};

/* @string is borrowed for as long as the input is read from. */
void input_from_string(struct input *input, const char *string);

/* @name is borrowed. Reads ahead, but for INPUT_SHARED. */
enum input_sharing { INPUT_ALONE, INPUT_SHARED /* commands read from the same file what stands behind them */ };
void input_from_file(struct input *input, int fd, const char *name, enum input_sharing sharing);
void input_from_terminal(struct input *input);

/* Append the next line to @text; NUL bytes in it are left out. */
enum input_result input_line(struct input *input, struct text *text);

/* What is typed from here on is the start of a command, not its continuation: another prompt. */
void input_start_command(struct input *input);

/* Whether the file, of which nothing was read yet, starts with what only a binary file has in it. */
bool input_is_binary(struct input *input);
