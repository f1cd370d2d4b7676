#pragma once

#include "abi_types.h"
#include "types.h"

/*
 * The line discipline of a serial line, with Linux's settings (struct abi_termios): what is typed is echoed, edited and
 * given out by lines, and some keys are signals; or, with ICANON and ISIG off, everything is passed on as it comes.
 * Bytes come in at terminal_receive() and go out through the functions that it was given; nothing else of the machine
 * is known here.
 */
#define TERMINAL_ENTRIES 2048u

struct terminal {
    /* Fixed by terminal_init(). */
    void (*put)(const char *bytes, size_t size);
    void (*signal)(unsigned signal); /* to the foreground group */
    uint16_t *entries; /* TERMINAL_ENTRIES; of one byte, or TERMINAL_END_OF_INPUT */
    /* Under the terminal's use. */
    struct abi_termios settings;
    uint32_t received; /* entries since the start, modulo 2^32; so are the next two */
    uint32_t ready; /* up to here they can be read: in canonical mode the lines that are complete */
    uint32_t taken;
    uint32_t column; /* of the output, from 0 */
    uint32_t line_column; /* where the line that is being typed began */
    bool is_literal; /* the next byte is taken as it is */
};

/*
 * Start with the settings that a shell expects. @entries is borrowed for ever, as are @put, which sends bytes to the
 * line as they are, and @signal.
 */
void terminal_init(struct terminal *terminal, uint16_t *entries, void (*put)(const char *bytes, size_t size),
                   void (*signal)(unsigned signal));

/* Change the settings. What was typed and not read yet is read by the new ones. */
void terminal_set(struct terminal *terminal, const struct abi_termios *settings);

/* Whether it takes another byte now; else what was typed is to be read first. */
bool terminal_has_room(const struct terminal *terminal);

/* A byte was typed. There is room. */
void terminal_receive(struct terminal *terminal, char typed);

/* Drop what was typed and not read yet. */
void terminal_flush_input(struct terminal *terminal);

/* How many bytes could be read now; the end of input counts as none. */
uint32_t terminal_readable(const struct terminal *terminal);

/*
 * Copy out what a read of @capacity > 0 gives now; it stays.
 * Returns the number of bytes: 0 at the end of input, -EAGAIN when there is nothing.
 */
int64_t terminal_peek(const struct terminal *terminal, char *bytes, size_t capacity);

/* Take away what terminal_peek() gave: @size bytes, and an end of input right behind them or instead of them. */
void terminal_drop(struct terminal *terminal, size_t size);

/* Output of a program, processed as the settings say. */
void terminal_write(struct terminal *terminal, const char *bytes, size_t size);
