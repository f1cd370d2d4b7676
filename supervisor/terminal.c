/*
 * The line discipline.
 *
 *     key  ->  terminal_receive()  ->  signal, edit the line, or append  ->  entries  ->  terminal_peek(), _drop()
 *                     |
 *                     +-> echo  ->  put()  <-  terminal_write()
 *
 * Canonical: entries in [taken, ready) are whole lines, those in [ready, received) are the line that is being typed and
 * can still be edited. Raw: ready is received.
 *
 * What echo puts on the screen is taken back by cells: a control character is shown as ^X and has two, a UTF-8 sequence
 * has one, a tab as many as it takes from its column. For that the column of the output is kept, as far as printable
 * characters tell it: escape sequences of programs are counted as if they were text, and the next line end puts that
 * right.
 *
 * Invariants
 *   order     taken <= ready <= received <= taken + TERMINAL_ENTRIES, modulo 2^32
 *   room      a line that is being typed leaves one entry for its end
 */
#include "terminal.h"

#include "abi_errno.h"

#include <string.h>

#define END_OF_INPUT 0x100u
#define DISABLED 0
#define TAB_COLUMNS 8u

enum { BELL = 7, BACKSPACE = 8, ESCAPE = 27, DELETE = 127 };

static bool has_local(const struct terminal *terminal, uint32_t flag)
{
    return (terminal->settings.local & flag) != 0;
}

static uint16_t *entry(const struct terminal *terminal, uint32_t index)
{
    return &terminal->entries[index % TERMINAL_ENTRIES];
}

void terminal_init(struct terminal *terminal, uint16_t *entries, void (*put)(const char *bytes, size_t size),
                   void (*signal)(unsigned signal))
{
    *terminal = (struct terminal){
        .put = put,
        .signal = signal,
        .entries = entries,
        .settings = {
            .input = ABI_ICRNL,
            .output = ABI_OPOST | ABI_ONLCR,
            .control = ABI_B115200 | ABI_CS8 | ABI_CREAD | ABI_CLOCAL,
            .local = ABI_ISIG | ABI_ICANON | ABI_ECHO | ABI_ECHOE | ABI_ECHOK | ABI_ECHOCTL | ABI_ECHOKE | ABI_IEXTEN,
            .characters = {
                [ABI_VINTR] = 3, [ABI_VQUIT] = 28, [ABI_VERASE] = 127, [ABI_VKILL] = 21, [ABI_VEOF] = 4, [ABI_VMIN] = 1,
                [ABI_VREPRINT] = 18, [ABI_VWERASE] = 23, [ABI_VLNEXT] = 22,
            },
        },
    };
}

void terminal_set(struct terminal *terminal, const struct abi_termios *settings)
{
    terminal->settings = *settings;
    if (!has_local(terminal, ABI_ICANON)) {
        terminal->ready = terminal->received;
    }
    terminal->is_literal = false;
}

/* --- Output */

static bool is_continuation(unsigned byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The column behind @byte, which is sent at @column. */
static uint32_t column_behind(uint32_t column, unsigned byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        return 0;
    case '\t':
        return (column / TAB_COLUMNS + 1) * TAB_COLUMNS;
    case BACKSPACE:
        return column > 0 ? column - 1 : 0;
    default:
        return column + (byte >= ' ' && byte != DELETE && !is_continuation(byte));
    }
}

static void send(struct terminal *terminal, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        terminal->column = column_behind(terminal->column, (uint8_t)bytes[i]);
    }
    terminal->put(bytes, size);
}

void terminal_write(struct terminal *terminal, const char *bytes, size_t size)
{
    bool is_processed = (terminal->settings.output & (ABI_OPOST | ABI_ONLCR)) == (uint32_t)(ABI_OPOST | ABI_ONLCR);

    while (size > 0) {
        const char *end = is_processed ? memchr(bytes, '\n', size) : NULL;
        size_t length = end == NULL ? size : (size_t)(end - bytes);

        send(terminal, bytes, length);
        if (end == NULL) {
            return;
        }
        send(terminal, "\r\n", 2);
        bytes = end + 1;
        size -= length + 1;
    }
}

/* --- Echo */

static bool is_shown_as_two(const struct terminal *terminal, unsigned byte)
{
    return (byte < ' ' || byte == DELETE) && byte != '\t' && byte != '\n' && has_local(terminal, ABI_ECHOCTL);
}

static void show(struct terminal *terminal, unsigned byte)
{
    if (is_shown_as_two(terminal, byte)) {
        char shown[2] = { '^', (char)(byte ^ 0x40) };

        send(terminal, shown, 2);
    } else {
        char shown = (char)byte;

        terminal_write(terminal, &shown, 1);
    }
}

static void echo(struct terminal *terminal, unsigned byte)
{
    if (has_local(terminal, ABI_ECHO) || (byte == '\n' && has_local(terminal, ABI_ECHONL))) {
        show(terminal, byte);
    }
}

/* The column behind the line that is being typed, up to @end. */
static uint32_t typed_column(const struct terminal *terminal, uint32_t end)
{
    uint32_t column = terminal->line_column;

    for (uint32_t i = terminal->ready; i != end; i++) {
        unsigned byte = *entry(terminal, i);

        column = is_shown_as_two(terminal, byte) ? column + 2 : column_behind(column, byte);
    }
    return column;
}

/* Take the last character of the line that is being typed away, from the line and from the screen. */
static void erase(struct terminal *terminal)
{
    uint32_t before = typed_column(terminal, terminal->received);

    do {
        terminal->received--;
    } while (terminal->received != terminal->ready && is_continuation(*entry(terminal, terminal->received)));
    if (has_local(terminal, ABI_ECHO)) {
        for (uint32_t column = typed_column(terminal, terminal->received); column < before; column++) {
            send(terminal, "\b \b", 3);
        }
    }
}

static void erase_word(struct terminal *terminal)
{
    while (terminal->received != terminal->ready && *entry(terminal, terminal->received - 1) == ' ') {
        erase(terminal);
    }
    while (terminal->received != terminal->ready && *entry(terminal, terminal->received - 1) != ' ') {
        erase(terminal);
    }
}

static void reprint(struct terminal *terminal)
{
    show(terminal, terminal->settings.characters[ABI_VREPRINT]);
    terminal_write(terminal, "\n", 1);
    terminal->line_column = terminal->column;
    for (uint32_t i = terminal->ready; i != terminal->received; i++) {
        echo(terminal, *entry(terminal, i));
    }
}

/* --- Input */

bool terminal_has_room(const struct terminal *terminal)
{
    /* A line that is being typed is cut, with a bell, rather than left without an end. */
    bool is_typing = has_local(terminal, ABI_ICANON) && terminal->ready == terminal->taken;

    return is_typing || terminal->received - terminal->taken < TERMINAL_ENTRIES - 1;
}

void terminal_flush_input(struct terminal *terminal)
{
    terminal->ready = terminal->received;
    terminal->taken = terminal->received;
}

static bool is_key(const struct terminal *terminal, unsigned byte, unsigned place)
{
    return byte == terminal->settings.characters[place] && byte != DISABLED;
}

/* Terminals send one or the other for the key that erases; a program that wants one of them has ICANON off. */
static bool is_erase_key(const struct terminal *terminal, unsigned byte)
{
    unsigned key = terminal->settings.characters[ABI_VERASE];

    return byte == key ? key != DISABLED : (key == DELETE && byte == BACKSPACE) || (key == BACKSPACE && byte == DELETE);
}

static void append(struct terminal *terminal, unsigned value)
{
    *entry(terminal, terminal->received++) = (uint16_t)value;
}

/* The line is complete with what was appended. */
static void end_line(struct terminal *terminal)
{
    terminal->ready = terminal->received;
}

static void append_typed(struct terminal *terminal, unsigned byte)
{
    /* The last entry is for the line's end. */
    if (terminal->received - terminal->taken >= TERMINAL_ENTRIES - 1 && byte != '\n') {
        send(terminal, "\a", 1);
        return;
    }
    if (terminal->received == terminal->ready) {
        terminal->line_column = terminal->column;
    }
    append(terminal, byte);
    echo(terminal, byte);
}

/* A key that sends a signal. Returns whether it was one. */
static bool take_signal_key(struct terminal *terminal, unsigned byte)
{
    unsigned signal = is_key(terminal, byte, ABI_VINTR)   ? ABI_SIGINT
                      : is_key(terminal, byte, ABI_VQUIT) ? ABI_SIGQUIT
                                                          : 0;

    if (signal == 0 || !has_local(terminal, ABI_ISIG)) {
        return false;
    }
    if (!has_local(terminal, ABI_NOFLSH)) {
        terminal_flush_input(terminal);
    }
    echo(terminal, byte);
    terminal->signal(signal);
    return true;
}

/* A key that edits the line that is being typed. Returns whether it was one. */
static bool take_editing_key(struct terminal *terminal, unsigned byte)
{
    bool has_typed = terminal->received != terminal->ready;

    if (is_erase_key(terminal, byte)) {
        if (has_typed) {
            erase(terminal);
        }
    } else if (is_key(terminal, byte, ABI_VKILL)) {
        while (terminal->received != terminal->ready) {
            erase(terminal);
        }
    } else if (is_key(terminal, byte, ABI_VWERASE) && has_local(terminal, ABI_IEXTEN)) {
        erase_word(terminal);
    } else if (is_key(terminal, byte, ABI_VREPRINT) && has_local(terminal, ABI_IEXTEN)) {
        reprint(terminal);
    } else if (is_key(terminal, byte, ABI_VLNEXT) && has_local(terminal, ABI_IEXTEN)) {
        terminal->is_literal = true;
    } else {
        return false;
    }
    return true;
}

static void receive_canonical(struct terminal *terminal, unsigned byte)
{
    if (take_editing_key(terminal, byte)) {
        return;
    }
    if (is_key(terminal, byte, ABI_VEOF)) {
        append(terminal, END_OF_INPUT);
        end_line(terminal);
        return;
    }
    append_typed(terminal, byte);
    if (byte == '\n' || is_key(terminal, byte, ABI_VEOL) || is_key(terminal, byte, ABI_VEOL2)) {
        end_line(terminal);
    }
}

/* What the input flags make of a byte; false: nothing. */
static bool translate(const struct terminal *terminal, unsigned *byte)
{
    uint32_t input = terminal->settings.input;

    if ((input & ABI_ISTRIP) != 0) {
        *byte &= 0x7f;
    }
    if (*byte == '\r') {
        if ((input & ABI_IGNCR) != 0) {
            return false;
        }
        *byte = (input & ABI_ICRNL) != 0 ? '\n' : '\r';
    } else if (*byte == '\n' && (input & ABI_INLCR) != 0) {
        *byte = '\r';
    }
    return true;
}

void terminal_receive(struct terminal *terminal, char typed)
{
    unsigned byte = (uint8_t)typed;
    bool is_canonical = has_local(terminal, ABI_ICANON);

    if (terminal->is_literal && is_canonical) {
        terminal->is_literal = false;
        append_typed(terminal, byte);
        return;
    }
    if (!translate(terminal, &byte) || take_signal_key(terminal, byte)) {
        return;
    }
    if (is_canonical) {
        receive_canonical(terminal, byte);
    } else {
        append(terminal, byte);
        echo(terminal, byte);
        terminal->ready = terminal->received;
    }
}

/* --- Reading */

static bool is_canonical_end(const struct terminal *terminal, unsigned value)
{
    return has_local(terminal, ABI_ICANON) &&
           (value == '\n' || is_key(terminal, value, ABI_VEOL) || is_key(terminal, value, ABI_VEOL2));
}

uint32_t terminal_readable(const struct terminal *terminal)
{
    uint32_t count = 0;

    for (uint32_t i = terminal->taken; i != terminal->ready; i++) {
        count += *entry(terminal, i) != END_OF_INPUT;
    }
    return count;
}

int64_t terminal_peek(const struct terminal *terminal, char *bytes, size_t capacity)
{
    size_t size = 0;

    if (terminal->taken == terminal->ready) {
        return -EAGAIN;
    }
    for (uint32_t i = terminal->taken; i != terminal->ready && size < capacity; i++) {
        unsigned value = *entry(terminal, i);

        if (value == END_OF_INPUT) {
            break;
        }
        bytes[size++] = (char)value;
        if (is_canonical_end(terminal, value)) {
            break;
        }
    }
    return (int64_t)size;
}

void terminal_drop(struct terminal *terminal, size_t size)
{
    bool ends_line = size > 0 && is_canonical_end(terminal, *entry(terminal, terminal->taken + (uint32_t)size - 1));

    terminal->taken += (uint32_t)size;
    if (!ends_line && terminal->taken != terminal->ready && *entry(terminal, terminal->taken) == END_OF_INPUT) {
        terminal->taken++;
    }
}
