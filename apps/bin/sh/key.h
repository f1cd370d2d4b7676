#pragma once

#include <stddef.h>

#include "utf8.h"

/*
 * What was typed: bytes of the terminal made into keys.
 */
enum key_kind {
    KEY_NOTHING, /* bytes that mean nothing */
    KEY_TEXT, /* one printable character */
    KEY_END_OF_INPUT, /* the terminal is gone */
    KEY_ENTER,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_WORD_LEFT,
    KEY_WORD_RIGHT,
    KEY_LINE_START,
    KEY_LINE_END,
    KEY_UP,
    KEY_DOWN,
    KEY_BACKSPACE,
    KEY_DELETE,
    KEY_DELETE_OR_END, /* Ctrl-D */
    KEY_KILL_RIGHT,
    KEY_KILL_LEFT,
    KEY_KILL_BLANK_WORD, /* Ctrl-W: to a blank */
    KEY_KILL_WORD_LEFT, /* Alt-Backspace: letters and digits */
    KEY_KILL_WORD_RIGHT,
    KEY_YANK,
    KEY_TRANSPOSE,
    KEY_TAB,
    KEY_SEARCH,
    KEY_CLEAR,
    KEY_CANCEL, /* Ctrl-G */
    KEY_INTERRUPT,
    KEY_KINDS,
};

struct key {
    enum key_kind kind;
    size_t size; /* of KEY_TEXT */
    char text[UTF8_SIZE_MAX];
};

/*
 * Wait for the next key. An escape sequence or a character that is cut short is KEY_NOTHING, and the byte that cut it
 * is the next key's first: so no such thing goes beyond the end of a line.
 */
struct key key_read(void);
