/*
 * Keys: control characters, UTF-8, and the escape sequences of xterm, the VT100 and VT220, and the Linux console.
 *
 *     ESC [ parameters final     parameters: digits and ; (others are passed over), final: '@' to '~'
 *     ESC O parameters final     cursor keys in application mode
 *     ESC character              the same key with Alt held down
 *
 * A sequence ends at its final byte, or before any byte that no sequence has in it: a control character, as which Enter
 * ends it, or one of UTF-8.
 *
 * Invariant: when a key other than KEY_NOTHING is returned no byte is held back, so none is lost between two lines.
 */
#include "key.h"

#include <stdbool.h>

#include "tty.h"

#define NO_BYTE (-2)
#define ESCAPE 27
#define RUBOUT 127
#define NUMBER_MAX 999

/* What the modifiers of a cursor key add up to, plus one. */
#define MODIFIED_BY_ALT 3
#define MODIFIED_BY_CTRL 5

struct sequence {
    char introducer; /* [ or O */
    char final;
    unsigned first; /* of the numbers; 0 if there is none */
    unsigned last;
};

static int held_back = NO_BYTE;

static const unsigned char control_keys[' '] = {
    ['A' - '@'] = KEY_LINE_START,      ['B' - '@'] = KEY_LEFT,       ['C' - '@'] = KEY_INTERRUPT,
    ['D' - '@'] = KEY_DELETE_OR_END,   ['E' - '@'] = KEY_LINE_END,   ['F' - '@'] = KEY_RIGHT,
    ['G' - '@'] = KEY_CANCEL,          ['H' - '@'] = KEY_BACKSPACE,  ['I' - '@'] = KEY_TAB,
    ['J' - '@'] = KEY_ENTER,           ['K' - '@'] = KEY_KILL_RIGHT, ['L' - '@'] = KEY_CLEAR,
    ['M' - '@'] = KEY_ENTER,           ['N' - '@'] = KEY_DOWN,       ['P' - '@'] = KEY_UP,
    ['R' - '@'] = KEY_SEARCH,          ['T' - '@'] = KEY_TRANSPOSE,  ['U' - '@'] = KEY_KILL_LEFT,
    ['W' - '@'] = KEY_KILL_BLANK_WORD, ['Y' - '@'] = KEY_YANK,
};

static int next_byte(void)
{
    int byte = held_back;

    held_back = NO_BYTE;
    return byte != NO_BYTE ? byte : tty_read();
}

/* The end of input needs no holding back: the terminal says it again. */
static void hold_back(int byte)
{
    if (byte != TTY_END) {
        held_back = byte;
    }
}

static bool is_final(int byte)
{
    return byte >= '@' && byte <= '~';
}

static bool is_of_parameters(int byte)
{
    return byte >= ' ' && byte < '@';
}

/* The rest of a sequence behind its introducer. Returns false if it is cut. */
static bool read_sequence(struct sequence *sequence)
{
    unsigned number = 0;
    bool is_first = true;
    int byte;

    while (is_of_parameters(byte = next_byte())) {
        if (byte >= '0' && byte <= '9' && number <= NUMBER_MAX) {
            number = 10 * number + (unsigned)(byte - '0');
        } else if (byte == ';') {
            sequence->first = is_first ? number : sequence->first;
            is_first = false;
            number = 0;
        }
    }
    if (!is_final(byte)) {
        hold_back(byte);
        return false;
    }
    sequence->final = (char)byte;
    sequence->first = is_first ? number : sequence->first;
    sequence->last = number;
    return true;
}

/* The keys that have a number of their own: ESC [ number ~ */
static enum key_kind numbered_key(unsigned number)
{
    switch (number) {
    case 1:
    case 7:
        return KEY_LINE_START;
    case 3:
        return KEY_DELETE;
    case 4:
    case 8:
        return KEY_LINE_END;
    default:
        return KEY_NOTHING;
    }
}

static enum key_kind sequence_key(const struct sequence *sequence)
{
    bool is_modified = sequence->last == MODIFIED_BY_ALT || sequence->last == MODIFIED_BY_CTRL;
    bool is_application = sequence->introducer == 'O';

    switch (sequence->final) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return is_modified ? KEY_WORD_RIGHT : KEY_RIGHT;
    case 'D':
        return is_modified ? KEY_WORD_LEFT : KEY_LEFT;
    case 'F':
        return KEY_LINE_END;
    case 'H':
        return KEY_LINE_START;
    case 'M':
        return is_application ? KEY_ENTER : KEY_NOTHING; /* of the numeric keypad */
    case 'c':
        return is_application ? KEY_WORD_RIGHT : KEY_NOTHING;
    case 'd':
        return is_application ? KEY_WORD_LEFT : KEY_NOTHING;
    case '~':
        return numbered_key(sequence->first);
    default:
        return KEY_NOTHING;
    }
}

/* The Linux console's function keys are ESC [ [ and a letter. */
static void skip_function_key(void)
{
    int byte = next_byte();

    if (!is_final(byte)) {
        hold_back(byte);
    }
}

static enum key_kind read_escape(void)
{
    int byte = next_byte();

    if (byte == '[' || byte == 'O') {
        struct sequence sequence = { .introducer = (char)byte };

        if (!read_sequence(&sequence)) {
            return KEY_NOTHING;
        }
        if (byte == '[' && sequence.final == '[') {
            skip_function_key();
        }
        return sequence_key(&sequence);
    }
    switch (byte) {
    case 'b':
        return KEY_WORD_LEFT;
    case 'f':
        return KEY_WORD_RIGHT;
    case 'd':
        return KEY_KILL_WORD_RIGHT;
    case '\b':
    case RUBOUT:
        return KEY_KILL_WORD_LEFT;
    default:
        if (byte < ' ' || byte > '~') {
            hold_back(byte);
        }
        return KEY_NOTHING;
    }
}

static struct key read_text(int first)
{
    struct key key = { .kind = KEY_NOTHING, .size = 1, .text = { (char)first } };
    size_t wanted = utf8_size_by_first((char)first);

    while (key.size < wanted) {
        int byte = next_byte();

        if (byte == TTY_END || !utf8_is_continuation((char)byte)) {
            hold_back(byte);
            return key;
        }
        key.text[key.size++] = (char)byte;
    }
    if (utf8_size(key.text, key.size) == key.size) {
        key.kind = KEY_TEXT;
    }
    return key;
}

struct key key_read(void)
{
    int byte = next_byte();

    if (byte == TTY_END) {
        return (struct key){ .kind = KEY_END_OF_INPUT };
    }
    if (byte == ESCAPE) {
        return (struct key){ .kind = read_escape() };
    }
    if (byte < ' ') {
        return (struct key){ .kind = (enum key_kind)control_keys[byte] };
    }
    if (byte == RUBOUT) {
        return (struct key){ .kind = KEY_BACKSPACE };
    }
    return read_text(byte);
}
