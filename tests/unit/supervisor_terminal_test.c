/* supervisor/terminal.c: the line discipline, by what is typed, what is read and what the screen gets. */
#include "terminal.h"

#include "abi_errno.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static struct terminal terminal;
static uint16_t entries[TERMINAL_ENTRIES];
static char screen[65536];
static size_t screen_size;
static unsigned signals[8], signal_count;

static void put(const char *bytes, size_t size)
{
    CHECK(screen_size + size < sizeof(screen));
    memcpy(screen + screen_size, bytes, size);
    screen_size += size;
    screen[screen_size] = '\0';
}

static void take_signal(unsigned signal)
{
    CHECK(signal_count < 8);
    signals[signal_count++] = signal;
}

static void start(void)
{
    terminal_init(&terminal, entries, put, take_signal);
    screen_size = 0;
    screen[0] = '\0';
    signal_count = 0;
}

static void type(const char *keys)
{
    for (; *keys != '\0'; keys++) {
        CHECK(terminal_has_room(&terminal));
        terminal_receive(&terminal, *keys);
    }
}

/* One read, as a string; "EAGAIN" when there is nothing, "END" at the end of input. */
static const char *read_up_to(size_t capacity)
{
    static char bytes[70000];
    int64_t size = terminal_peek(&terminal, bytes, capacity);

    if (size == -EAGAIN) {
        return "EAGAIN";
    }
    terminal_drop(&terminal, (size_t)size);
    bytes[size] = '\0';
    return size == 0 ? "END" : bytes;
}

static const char *read_line(void)
{
    return read_up_to(60000);
}

static void set_local(uint32_t off, uint32_t on)
{
    struct abi_termios settings = terminal.settings;

    settings.local = (settings.local & ~off) | on;
    terminal_set(&terminal, &settings);
}

TEST(a_line_is_read_once_it_is_complete_and_the_return_key_ends_it)
{
    start();
    type("ab");
    CHECK_STRING(read_line(), "EAGAIN");
    CHECK_EQUAL(terminal_readable(&terminal), 0);
    type("c\r");
    CHECK_EQUAL(terminal_readable(&terminal), 4);
    CHECK_STRING(read_line(), "abc\n");
    CHECK_STRING(read_line(), "EAGAIN");
    CHECK_STRING(screen, "abc\r\n");
}

TEST(each_read_gives_one_line_and_a_short_read_a_part_of_it)
{
    start();
    type("one\rtwo\rthr");
    CHECK_STRING(read_up_to(2), "on");
    CHECK_STRING(read_line(), "e\n");
    CHECK_STRING(read_line(), "two\n");
    CHECK_STRING(read_line(), "EAGAIN");
    type("ee\n");
    CHECK_STRING(read_line(), "three\n");
}

TEST(backspace_takes_back_a_character_and_all_its_cells)
{
    start();
    type("ab\x7f");
    CHECK_STRING(screen, "ab\b \b");
    type("\b\b\b");
    CHECK_STRING(screen, "ab\b \b\b \b");
    start();
    type("\xc3\xa4\x7f"); /* one character of two bytes */
    CHECK_STRING(screen, "\xc3\xa4\b \b");
    start();
    type("\x01\x7f"); /* shown as ^A */
    CHECK_STRING(screen, "^A\b \b\b \b");
    start();
    terminal_write(&terminal, "> ", 2);
    type("a\t\x7fz\r");
    CHECK_STRING(screen, "> a\t\b \b\b \b\b \b\b \b\b \bz\r\n"); /* from column 3 to 8 */
    CHECK_STRING(read_line(), "az\n");
}

TEST(words_and_lines_are_erased)
{
    start();
    type("one two  \x17\r");
    CHECK_STRING(read_line(), "one \n");
    type("one two\x15three\r");
    CHECK_STRING(read_line(), "three\n");
    type("\x17\x15\x7f\r");
    CHECK_STRING(read_line(), "\n");
}

TEST(erasing_stops_at_lines_that_are_complete)
{
    start();
    type("one\r\x7f\x15\x17");
    CHECK_STRING(read_line(), "one\n");
}

TEST(the_end_of_input_ends_a_read_once)
{
    start();
    type("\x04");
    CHECK_STRING(read_line(), "END");
    CHECK_STRING(read_line(), "EAGAIN");
    type("ab\x04");
    CHECK_EQUAL(terminal_readable(&terminal), 2);
    CHECK_STRING(read_line(), "ab");
    CHECK_STRING(read_line(), "EAGAIN");
    type("ab\x04");
    CHECK_STRING(read_up_to(2), "ab");
    CHECK_STRING(read_line(), "EAGAIN");
    type("ab\r\x04");
    CHECK_STRING(read_line(), "ab\n");
    CHECK_STRING(read_line(), "END");
}

TEST(interrupt_and_quit_are_signals_and_drop_what_was_typed)
{
    start();
    type("one\rtw\x03");
    CHECK_EQUAL(signal_count, 1);
    CHECK_EQUAL(signals[0], ABI_SIGINT);
    CHECK_STRING(read_line(), "EAGAIN");
    CHECK_STRING(screen, "one\r\ntw^C");
    type("x\x1c\r");
    CHECK_EQUAL(signals[1], ABI_SIGQUIT);
    CHECK_STRING(read_line(), "\n");
    set_local(0, ABI_NOFLSH);
    type("kept\r\x03");
    CHECK_EQUAL(signal_count, 3);
    CHECK_STRING(read_line(), "kept\n");
}

TEST(without_isig_the_keys_are_characters)
{
    start();
    set_local(ABI_ISIG, 0);
    type("\x03\x1c\r");
    CHECK_EQUAL(signal_count, 0);
    CHECK_STRING(read_line(), "\x03\x1c\n");
}

TEST(a_literal_key_is_taken_as_it_is)
{
    start();
    type("\x16\x03\x16\x7f\x16\r\r");
    CHECK_EQUAL(signal_count, 0);
    CHECK_STRING(read_line(), "\x03\x7f\r\n");
}

TEST(raw_input_comes_at_once_and_unchanged)
{
    struct abi_termios settings;

    start();
    settings = terminal.settings;
    settings.local = 0;
    settings.input = 0;
    terminal_set(&terminal, &settings);
    type("a\r\x03\x04\x7f");
    CHECK_EQUAL(terminal_readable(&terminal), 5);
    CHECK_STRING(read_line(), "a\r\x03\x04\x7f");
    CHECK_STRING(screen, "");
    CHECK_EQUAL(signal_count, 0);
}

TEST(what_was_typed_before_raw_mode_is_read_in_it)
{
    start();
    type("par");
    set_local(ABI_ICANON, 0);
    CHECK_STRING(read_line(), "par");
}

TEST(input_flags_translate_line_ends)
{
    struct abi_termios settings;

    start();
    settings = terminal.settings;
    settings.input = ABI_IGNCR;
    terminal_set(&terminal, &settings);
    type("a\rb\n");
    CHECK_STRING(read_line(), "ab\n");
    settings.input = ABI_INLCR;
    terminal_set(&terminal, &settings);
    type("a\nb");
    CHECK_STRING(read_line(), "EAGAIN");
    settings.input = ABI_ISTRIP;
    terminal_set(&terminal, &settings);
    type("\xe1\n");
    CHECK_STRING(read_line(), "a\rba\n");
}

TEST(echo_can_be_off_but_for_the_line_end)
{
    start();
    set_local(ABI_ECHO, ABI_ECHONL);
    type("secret\x7f\r");
    CHECK_STRING(screen, "\r\n");
    CHECK_STRING(read_line(), "secre\n");
}

TEST(output_gets_carriage_returns_unless_it_is_raw)
{
    struct abi_termios settings;

    start();
    terminal_write(&terminal, "a\nb\n", 4);
    CHECK_STRING(screen, "a\r\nb\r\n");
    settings = terminal.settings;
    settings.output = 0;
    terminal_set(&terminal, &settings);
    terminal_write(&terminal, "c\n", 2);
    CHECK_STRING(screen, "a\r\nb\r\nc\n");
}

TEST(a_line_that_is_too_long_is_cut_with_bells_and_still_ends)
{
    start();
    set_local(ABI_ECHO, 0);
    for (unsigned i = 0; i < TERMINAL_ENTRIES + 100; i++) {
        CHECK(terminal_has_room(&terminal));
        terminal_receive(&terminal, 'x');
    }
    CHECK_EQUAL(screen_size, 101);
    CHECK_EQUAL(screen[0], '\a');
    type("\r");
    CHECK_EQUAL(strlen(read_line()), TERMINAL_ENTRIES);
    type("next\r");
    CHECK_STRING(read_line(), "next\n");
}

TEST(when_lines_wait_there_is_no_room_and_nothing_is_lost)
{
    unsigned typed = 0, read = 0;

    start();
    while (terminal_has_room(&terminal)) {
        terminal_receive(&terminal, typed % 10 == 9 ? '\n' : 'a');
        typed++;
    }
    CHECK(typed > TERMINAL_ENTRIES - 12);
    while (read < typed / 10 * 10) {
        CHECK_STRING(read_line(), "aaaaaaaaa\n");
        read += 10;
    }
    CHECK(terminal_has_room(&terminal));
}

TEST(any_keys_under_any_settings_keep_the_order)
{
    uint64_t state = 1;

    for (unsigned round = 0; round < 300; round++) {
        start();
        for (unsigned i = 0; i < 3000; i++) {
            uint64_t random = check_random(&state);

            if (random % 200 == 0) {
                struct abi_termios settings = terminal.settings;

                settings.local = (uint32_t)check_random(&state);
                settings.input = (uint32_t)check_random(&state);
                settings.output = (uint32_t)check_random(&state);
                settings.characters[random / 200 % ABI_TERMIOS_CC] = (uint8_t)check_random(&state);
                terminal_set(&terminal, &settings);
            }
            if (random % 7 == 0) {
                (void)read_up_to(1 + random / 7 % 50);
            }
            if (random % 61 == 0) {
                terminal_flush_input(&terminal);
            }
            if (terminal_has_room(&terminal)) {
                terminal_receive(&terminal, (char)(random >> 32));
            }
            signal_count = 0;
            screen_size = 0;
            CHECK(terminal.ready - terminal.taken <= terminal.received - terminal.taken);
            CHECK(terminal.received - terminal.taken <= TERMINAL_ENTRIES);
        }
    }
}
