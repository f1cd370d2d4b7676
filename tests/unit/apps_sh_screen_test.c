/*
 * apps/bin/sh/screen.c against the model of a VT100: after each draw the terminal shows what the line is, wrapped, and
 * its cursor is where the line's is.
 */
#include "screen.h"

#include "apps_terminal.h"
#include "check.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

#define CHARACTERS_MAX 4000
#define STEPS 4000

/* The line once more: its characters one by one. */
static char expected[CHARACTERS_MAX][UTF8_SIZE_MAX + 1];
static size_t expected_count;
static size_t expected_cursor;
static char prompt[64];

static struct screen screen;
static struct line line;
static size_t columns, rows;
static uint64_t state;
/* Rows with an x that were written before, and whether they may be disturbed: a line once had more rows than there are. */
static size_t rows_before;
static bool has_overflown;

static size_t below(size_t limit)
{
    return check_random(&state) % limit;
}

/* The cell's character: the prompt's (ASCII here), the line's, or a blank behind them. */
static const char *expected_cell(size_t cell)
{
    static char ascii[2];
    size_t prompt_cells = strlen(prompt);

    if (cell < prompt_cells) {
        ascii[0] = prompt[cell];
        return ascii;
    }
    return cell - prompt_cells < expected_count ? expected[cell - prompt_cells] : " ";
}

static const char *expected_row(size_t row)
{
    static char text[VT100_COLUMNS_MAX * UTF8_SIZE_MAX + 1];

    text[0] = '\0';
    for (size_t column = 0; column < columns; column++) {
        const char *cell = expected_cell(row * columns + column);

        strcat(text, cell[0] == '\t' ? " " : cell);
    }
    for (size_t length = strlen(text); length > 0 && text[length - 1] == ' '; length--) {
        text[length - 1] = '\0';
    }
    return text;
}

/* As vt100_row(), which keeps no blank at the end, written or not. */
static const char *shown_row(size_t row)
{
    static char text[VT100_COLUMNS_MAX * UTF8_SIZE_MAX + 1];

    strcpy(text, vt100_row(row));
    for (size_t length = strlen(text); length > 0 && text[length - 1] == ' '; length--) {
        text[length - 1] = '\0';
    }
    return text;
}

static void check_terminal(void)
{
    size_t cursor = strlen(prompt) + expected_cursor;
    size_t last_row = (strlen(prompt) + expected_count) / columns;
    size_t in_window = cursor / columns - screen.top;

    tty_flush();
    has_overflown = has_overflown || last_row >= rows;
    CHECK(last_row >= rows || screen.top == 0);
    CHECK(screen.top <= cursor / columns && in_window < rows);
    CHECK(!vt100_is_pending());
    CHECK_EQUAL(vt100_cursor_column(), cursor % columns);
    CHECK(vt100_cursor_row() >= in_window);
    size_t start = vt100_cursor_row() - in_window;

    for (size_t row = start; row < rows; row++) {
        size_t of_line = row - start + screen.top;

        CHECK_STRING(shown_row(row), row - start < rows && of_line <= last_row ? expected_row(of_line) : "");
    }
    for (size_t row = 0; row < start && !has_overflown; row++) {
        CHECK_STRING(shown_row(row), "x");
    }
    CHECK(has_overflown || start + vt100_scrolled() == rows_before);
}

static void random_character(char *text)
{
    static const char *const characters[] = { "a", "b", " ", "Z", "\t", "~", "é", "ü", "€", "日", "𝄞", "0" };

    strcpy(text, characters[below(sizeof(characters) / sizeof(characters[0]))]);
}

static void insert(size_t count)
{
    if (expected_count + count > CHARACTERS_MAX) {
        return;
    }
    memmove(expected + expected_cursor + count, expected + expected_cursor,
            sizeof(expected[0]) * (expected_count - expected_cursor));
    for (size_t i = 0; i < count; i++) {
        random_character(expected[expected_cursor + i]);
        CHECK(line_insert(&line, expected[expected_cursor + i], strlen(expected[expected_cursor + i])));
    }
    expected_count += count;
    expected_cursor += count;
}

static size_t position_of(size_t character)
{
    size_t position = 0;

    for (size_t i = 0; i < character; i++) {
        position += strlen(expected[i]);
    }
    return position;
}

static void erase_to(size_t character)
{
    size_t from = character < expected_cursor ? character : expected_cursor;
    size_t to = character < expected_cursor ? expected_cursor : character;

    line_erase_to(&line, position_of(character));
    memmove(expected + from, expected + to, sizeof(expected[0]) * (expected_count - to));
    expected_count -= to - from;
    expected_cursor = from;
}

static void move_to(size_t character)
{
    line_move_to(&line, position_of(character));
    expected_cursor = character;
}

/* As an entry of the history: the start stays as it was, the rest is other text. */
static void replace(void)
{
    static char text[CHARACTERS_MAX * UTF8_SIZE_MAX + 1];
    size_t kept = below(expected_count + 1);
    size_t fresh = below(3 * columns);

    expected_count = kept + fresh > CHARACTERS_MAX ? kept : kept + fresh;
    for (size_t i = kept; i < expected_count; i++) {
        random_character(expected[i]);
    }
    text[0] = '\0';
    for (size_t i = 0; i < expected_count; i++) {
        strcat(text, expected[i]);
    }
    expected_cursor = expected_count;
    CHECK(line_set(&line, text));
}

static void change_prompt(void)
{
    size_t length = below(sizeof(prompt));

    memset(prompt, '>', length);
    prompt[length] = '\0';
    screen_set_prompt(&screen, prompt);
}

static void finish(void)
{
    size_t count = below(rows);

    screen_finish(&screen, &line, below(2) == 0 ? "" : "^C");
    tty_flush();
    CHECK(!vt100_is_pending());
    CHECK_EQUAL(vt100_cursor_column(), 0);
    CHECK_STRING(shown_row(vt100_cursor_row()), "");
    /* Start anew at a random height. */
    vt100_reset(columns, rows);
    for (size_t i = 0; i < count; i++) {
        vt100_feed("x\n", 2);
    }
    rows_before = count;
    has_overflown = false;
    screen_start(&screen, prompt);
    line_clear(&line);
    expected_count = expected_cursor = 0;
}

static void random_step(void)
{
    switch (below(32)) {
    case 0:
        insert(below(2 * columns * rows) + 1);
        break;
    case 1:
        replace();
        break;
    case 2:
        change_prompt();
        break;
    case 3:
        screen_clear(&screen);
        rows_before = 0;
        has_overflown = false;
        vt100_reset(columns, rows);
        break;
    case 4:
        finish();
        break;
    case 5:
    case 6:
        erase_to(below(expected_count + 1));
        break;
    case 7:
        erase_to(expected_cursor - (expected_cursor > 0));
        break;
    case 8:
    case 9:
        move_to(below(expected_count + 1));
        break;
    case 10:
        move_to(expected_count);
        break;
    case 11:
    case 12:
    case 13:
        move_to(expected_cursor - (expected_cursor > 0));
        break;
    default:
        insert(below(4) == 0 ? below(columns + 2) : 1);
    }
}

static void start(size_t new_columns, size_t new_rows, const char *new_prompt)
{
    columns = new_columns;
    rows = new_rows;
    strcpy(prompt, new_prompt);
    fake_terminal_reset(columns, rows);
    line_clear(&line);
    expected_count = expected_cursor = 0;
    rows_before = 0;
    has_overflown = false;
    screen_start(&screen, prompt);
}

/* How many bytes the last change took to show. */
static size_t draw(void)
{
    tty_flush();
    size_t before = fake_terminal_sent();

    screen_draw(&screen, &line);
    check_terminal();
    return fake_terminal_sent() - before;
}

static void walk_randomly(size_t new_columns, size_t new_rows)
{
    state = new_columns * 1000 + new_rows;
    start(new_columns, new_rows, "$ ");
    for (size_t i = 0; i < STEPS; i++) {
        random_step();
        /* What is pasted is not drawn in between. */
        if (below(5) != 0) {
            draw();
        }
    }
}

TEST(random_changes_are_shown_on_a_terminal_of_80_by_24)
{
    walk_randomly(80, 24);
}

TEST(random_changes_are_shown_on_terminals_of_every_small_size)
{
    for (size_t width = 1; width <= 7; width++) {
        for (size_t height = 1; height <= 5; height++) {
            walk_randomly(width, height);
        }
    }
}

TEST(random_changes_are_shown_on_a_wide_terminal)
{
    walk_randomly(200, 3);
}

TEST(a_character_at_the_end_sends_just_itself)
{
    start(20, 5, "$ ");
    CHECK_EQUAL(draw(), 2);
    for (size_t cell = 2; cell < 19; cell++) {
        insert(1);
        CHECK_EQUAL(draw(), strlen(expected[expected_cursor - 1]));
    }
    insert(1);
    CHECK_EQUAL(draw(), strlen(expected[expected_cursor - 1]) + 1); /* the row is full */
    insert(1);
    CHECK_EQUAL(draw(), strlen(expected[expected_cursor - 1]));
}

TEST(moves_and_erasing_at_the_end_send_a_few_bytes)
{
    start(20, 5, "$ ");
    insert(40);
    draw();
    move_to(39);
    CHECK_EQUAL(draw(), 1);
    move_to(30);
    CHECK(draw() <= 8);
    move_to(5);
    CHECK(draw() <= 8);
    move_to(40);
    CHECK(draw() <= 8);
    erase_to(39);
    CHECK(draw() <= 4);
    CHECK_EQUAL(draw(), 0);
}

TEST(a_character_in_the_middle_sends_what_is_behind_it)
{
    start(80, 24, "$ ");
    insert(60);
    move_to(50);
    draw();
    insert(1);
    CHECK(draw() <= 11 * UTF8_SIZE_MAX + 5);
}

TEST(a_line_that_was_recalled_is_drawn_from_where_it_differs)
{
    start(80, 24, "$ ");
    CHECK(line_set(&line, "make test K=one"));
    screen_draw(&screen, &line);
    tty_flush();
    size_t before = fake_terminal_sent();

    CHECK(line_set(&line, "make test K=two"));
    screen_draw(&screen, &line);
    tty_flush();
    CHECK_STRING(vt100_row(0), "$ make test K=two");
    CHECK_EQUAL(fake_terminal_sent() - before, 3 + 3);
}

TEST(a_prompt_is_never_a_command_to_the_terminal)
{
    start(20, 5, "\033[2J\x9b\a> ");
    screen_draw(&screen, &line);
    tty_flush();
    CHECK_STRING(vt100_row(0), "?[2J?\?>");
    CHECK_EQUAL(vt100_cursor_column(), 8);
    CHECK_EQUAL(vt100_bells(), 0);
}

TEST(a_line_that_fills_its_row_leaves_no_empty_one)
{
    start(10, 5, "$ ");
    insert(8);
    screen_finish(&screen, &line, "");
    tty_flush();
    CHECK_EQUAL(vt100_cursor_row(), 1);
    start(10, 5, "$ ");
    insert(9);
    screen_finish(&screen, &line, "");
    tty_flush();
    CHECK_EQUAL(vt100_cursor_row(), 2);
    start(10, 5, "");
    screen_finish(&screen, &line, "");
    tty_flush();
    CHECK_EQUAL(vt100_cursor_row(), 1);
}

TEST(a_long_line_costs_as_much_as_a_short_one_to_type)
{
    start(80, 24, "$ ");
    while (line.length < LINE_BYTES_MAX) {
        CHECK(line_insert(&line, "0123456789abcdef", 16));
    }
    screen_draw(&screen, &line);
    tty_flush();
    CHECK(fake_terminal_sent() <= 80 * 24 + 24 + 10);
    size_t before = fake_terminal_sent();

    line_erase_to(&line, line.length - 1);
    screen_draw(&screen, &line);
    tty_flush();
    CHECK(fake_terminal_sent() - before <= 10);
}
