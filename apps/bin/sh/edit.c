/*
 * Editing one line on a raw terminal: it echoes nothing by itself and sends a carriage return for the return key.
 *
 * Backspace takes the last character away, Ctrl-U the line, Ctrl-C the line and starts anew, Ctrl-D on an empty line
 * is the end of input. Escape sequences (cursor keys) and other control characters do nothing.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "sh.h"

#define LINE_MAX_BYTES 65536
#define FIRST_BYTES 128

enum key {
    KEY_CTRL_C = 3,
    KEY_CTRL_D = 4,
    KEY_BELL = 7,
    KEY_BACKSPACE = 8,
    KEY_CTRL_U = 21,
    KEY_ESCAPE = 27,
    KEY_DELETE = 127,
};

static char *line;
static size_t capacity;
static size_t length;

static bool read_key(unsigned char *key)
{
    fflush(stdout);
    return read(STDIN_FILENO, key, 1) == 1;
}

static bool has_room(void)
{
    if (length + 1 < capacity) {
        return true;
    }
    size_t wanted = capacity == 0 ? FIRST_BYTES : 2 * capacity;
    char *grown = wanted > LINE_MAX_BYTES ? NULL : realloc(line, wanted);

    if (grown == NULL) {
        return false;
    }
    line = grown;
    capacity = wanted;
    return true;
}

static void append(unsigned char key)
{
    if (!has_room()) {
        putchar(KEY_BELL);
        return;
    }
    line[length++] = (char)key;
    putchar(key);
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* A character may be several bytes of UTF-8, but is one cell on the screen. */
static void take_last(void)
{
    if (length == 0) {
        return;
    }
    while (length > 1 && is_continuation(line[length - 1])) {
        length--;
    }
    length--;
    fputs("\b \b", stdout);
}

static void skip_escape_sequence(void)
{
    unsigned char key;

    if (!read_key(&key) || (key != '[' && key != 'O')) {
        return;
    }
    while (read_key(&key) && (key < '@' || key > '~')) {
    }
}

/* One key of an unfinished line. */
static void edit(unsigned char key, const char *prompt)
{
    if (key == KEY_BACKSPACE || key == KEY_DELETE) {
        take_last();
    } else if (key == KEY_CTRL_U) {
        while (length > 0) {
            take_last();
        }
    } else if (key == KEY_CTRL_C) {
        length = 0;
        printf("^C\n%s", prompt);
    } else if (key == KEY_ESCAPE) {
        skip_escape_sequence();
    } else if (key >= ' ') {
        append(key);
    }
}

static const char *edit_raw_line(const char *prompt)
{
    unsigned char key;

    length = 0;
    if (!has_room()) {
        return NULL;
    }
    fputs(prompt, stdout);
    for (;;) {
        if (!read_key(&key) || (key == KEY_CTRL_D && length == 0)) {
            putchar('\n');
            return NULL;
        }
        if (key == '\r' || key == '\n') {
            break;
        }
        edit(key, prompt);
    }
    putchar('\n');
    line[length] = '\0';
    return line;
}

const char *edit_line(const char *prompt)
{
    struct termios cooked, raw;

    tcgetattr(STDIN_FILENO, &cooked);
    raw = cooked;
    raw.c_iflag &= ~ICRNL;
    raw.c_lflag &= ~(ICANON | ECHO | ISIG);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    const char *result = edit_raw_line(prompt);

    tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
    return result;
}
