/* apps/bin/sh/edit.c and what it is made of: keys in, lines and a terminal's screen out. */
#include "edit.h"

#include "apps_terminal.h"
#include "check.h"
#include "history.h"
#include "line.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROMPT "$ "
#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"
#define HOME "\033[H"
#define END "\033[F"
#define DELETE "\033[3~"
#define CTRL(letter) ((char)((letter) - '@'))

/* What @size bytes of keys make of a line. All that is typed belongs to it. */
static const char *typed_bytes(const char *keys, size_t size)
{
    fake_terminal_type(keys, size, TYPED);
    const char *line = edit_line(PROMPT);

    CHECK_EQUAL(fake_terminal_left(), 0);
    CHECK(!fake_terminal_is_raw());
    return line;
}

static const char *typed(const char *keys)
{
    return typed_bytes(keys, strlen(keys));
}

static const char *pasted(const char *keys, size_t size)
{
    fake_terminal_type(keys, size, PASTED);
    return edit_line(PROMPT);
}

TEST(characters_make_a_line_and_enter_ends_it)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("echo hello\r"), "echo hello");
    CHECK_STRING(vt100_row(0), "$ echo hello");
    CHECK_EQUAL(vt100_cursor_row(), 1);
    CHECK_EQUAL(vt100_cursor_column(), 0);
    CHECK_STRING(typed("\n"), "");
    CHECK_STRING(vt100_row(1), "$");
    CHECK_STRING(typed("  a\033OM"), "  a");
}

TEST(the_cursor_moves_by_every_sequence_that_terminals_send)
{
    static const char *const keys[] = {
        "bc" HOME "a\r",
        "bc\033OHa\r",
        "bc\033[1~a\r",
        "bc\033[7~a\r",
        "bc\001a\r",
        "ac" LEFT "b\r",
        "ac\033ODb\r",
        "ac\002b\r",
        "b" HOME "a" END "c\r",
        "b" HOME "a\033OFc\r",
        "b" HOME "a\033[4~c\r",
        "b" HOME "a\033[8~c\r",
        "b" HOME "a\005c\r",
        "ac" HOME RIGHT "b\r",
        "ac" HOME "\033OCb\r",
        "ac" HOME "\006b\r",
        "ac\033[1;2Db\r",
        "b" HOME "a" RIGHT "c\r",
        RIGHT LEFT "abc\r",
        "abc" RIGHT RIGHT "\r",
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        fake_terminal_reset(80, 24);
        CHECK_STRING(typed(keys[i]), "abc");
    }
}

TEST(the_cursor_moves_by_words)
{
    static const char *const to_the_last[] = { "\033[1;5D", "\033[1;3D", "\033[5D", "\033Od", "\033b" };
    static const char *const behind_the_first[] = { "\033[1;5C", "\033[1;3C", "\033[5C", "\033Oc", "\033f" };
    char keys[64];

    for (size_t i = 0; i < sizeof(to_the_last) / sizeof(to_the_last[0]); i++) {
        fake_terminal_reset(80, 24);
        snprintf(keys, sizeof(keys), "one /two--%sx\r", to_the_last[i]);
        CHECK_STRING(typed(keys), "one /xtwo--");
        snprintf(keys, sizeof(keys), "  one/two" HOME "%sx\r", behind_the_first[i]);
        CHECK_STRING(typed(keys), "  onex/two");
    }
    CHECK_STRING(typed("a\033b\033bx\033f\033fy\r"), "xay");
}

TEST(characters_are_erased_on_both_sides)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("ab\177c\b\bd\r"), "d");
    CHECK_STRING(typed("\177\b" DELETE "ab" LEFT DELETE DELETE "\r"), "a");
    CHECK_STRING(typed("abc" HOME "\004\r"), "bc");
    CHECK_STRING(typed("a\033[3;5~\004b\r"), "ab");
}

TEST(what_is_killed_is_yanked)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("one two" LEFT LEFT LEFT "\025\031\031\r"), "one one two");
    CHECK_STRING(typed("one two" LEFT LEFT LEFT "\013" HOME "\031\r"), "twoone ");
    CHECK_STRING(typed("a b/c  \027x\031\r"), "a xb/c  ");
    CHECK_STRING(typed("a b/c\033\177x\031\r"), "a b/xc");
    CHECK_STRING(typed("one two" HOME "\033dx" END "\031\r"), "x twoone");
    CHECK_STRING(typed("\025\027\013\033d\r"), "");
}

TEST(kills_that_follow_each_other_are_yanked_together)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("one two three\027\027-\031\r"), "one -two three");
    CHECK_STRING(typed("one two three" HOME "\033d\033d" END "\031\r"), " threeone two");
    CHECK_STRING(typed("one two three\033b\027\013-\031\r"), "one -two three");
    CHECK_STRING(typed("one two\027" HOME "\033d\031\r"), "one ");
    CHECK_STRING(typed("one two\027x\027\031\r"), "one x");
}

TEST(characters_are_transposed)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("ab\024\r"), "ba");
    CHECK_STRING(typed("abc" LEFT "\024x\r"), "acbx");
    CHECK_STRING(typed("aé€\024\r"), "a€é");
    CHECK_STRING(typed("a\024" HOME "\024\r"), "a");
    CHECK_EQUAL(vt100_bells(), 2);
}

TEST(characters_of_several_bytes_are_one_cell)
{
    fake_terminal_reset(10, 4);
    CHECK_STRING(typed("é€𝄞" LEFT LEFT "\177x\r"), "x€𝄞");
    CHECK_STRING(vt100_row(0), "$ x€𝄞");
    CHECK_STRING(typed("äöüäöüäö" HOME DELETE "日\r"), "日öüäöüäö");
    CHECK_STRING(vt100_row(1), "$ 日öüäöüäö");
    CHECK_STRING(vt100_row(2), "");
    CHECK_EQUAL(vt100_cursor_row(), 2);
}

TEST(what_is_no_utf_8_is_dropped_and_what_cuts_it_is_not)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("a\303b\r"), "ab");
    CHECK_STRING(typed("a\342\202\033[Db\r"), "ba");
    CHECK_STRING(typed("a\200\277\376\377b\r"), "ab");
    CHECK_STRING(typed("\300\257\340\237\277\355\240\200\364\220\200\200\302\233x\r"), "x");
    CHECK_STRING(typed("\303\303\251\r"), "é");
    CHECK_STRING(typed("a\342\202\r"), "a");
}

TEST(sequences_that_are_cut_or_unknown_end_before_the_next_line)
{
    static const char *const lines[] = {
        "a\033\r",
        "a\033[\r",
        "a\033[1\r",
        "a\033[1;\r",
        "a\033O\r",
        "a\033[[\r",
        "a\033\033[\r",
        "a\033[200~\r",
        "a\033[201~\r",
        "a\033[?1;2c\r",
        "a\033[<0;1;1M\r",
        "a\033[[A\r",
        "a\033[99999999999999999999~\r",
        "\033[\033[ga\033[Z\r",
        "a\033z\033Q\r",
        "a\033[5~\033[6~\033[2~\033OP\r",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        fake_terminal_reset(80, 24);
        CHECK_STRING(typed(lines[i]), "a");
        CHECK_STRING(typed("next\r"), "next");
        CHECK_STRING(vt100_row(0), "$ a");
        CHECK_STRING(vt100_row(1), "$ next");
    }
    CHECK_STRING(typed("\033[1;é\r"), "é");
}

TEST(all_byte_values_are_taken_and_none_reaches_the_terminal_raw)
{
    char keys[257];

    for (int byte = 0; byte < 256; byte++) {
        /* But for those that end the line. */
        keys[byte] = (char)(byte == '\r' || byte == '\n' || byte == CTRL('C') || byte == CTRL('D') ? '.' : byte);
    }
    keys[256] = '\r';
    fake_terminal_reset(80, 24);
    fake_terminal_type(keys, sizeof(keys), TYPED);
    CHECK(edit_line(PROMPT) != NULL);
}

TEST(ctrl_d_is_the_end_of_input_on_an_empty_line_only)
{
    fake_terminal_reset(80, 24);
    errno = EBADF;
    CHECK_STRING(typed("\004"), NULL);
    CHECK_EQUAL(errno, 0);
    CHECK_EQUAL(vt100_cursor_row(), 1);
    CHECK_STRING(typed("a" HOME "\004\004"), NULL);
    CHECK_EQUAL(vt100_cursor_row(), 2);
    CHECK_STRING(vt100_row(1), "$");
}

TEST(a_terminal_that_is_gone_is_the_end_of_input)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("half a li"), NULL);
    CHECK_EQUAL(errno, 0);
    CHECK_STRING(typed("\033["), NULL);
    CHECK_STRING(typed("\303"), NULL);
    CHECK_STRING(typed("\022x"), NULL);
    CHECK_STRING(typed(""), NULL);
}

TEST(ctrl_c_abandons_the_line_and_says_so)
{
    fake_terminal_reset(10, 5);
    CHECK_STRING(typed("one two three" HOME "\003"), NULL);
    CHECK_EQUAL(errno, EINTR);
    CHECK_STRING(vt100_row(0), "$ one two");
    CHECK_STRING(vt100_row(1), "three^C");
    CHECK_EQUAL(vt100_cursor_row(), 2);
    CHECK_EQUAL(history_count(), 0);
    CHECK_STRING(typed("\003"), NULL);
    CHECK_STRING(vt100_row(2), "$ ^C");
    CHECK_STRING(typed("x\r"), "x");
}

TEST(lines_longer_than_a_row_wrap)
{
    fake_terminal_reset(10, 6);
    CHECK_STRING(typed("0123456789abcdefghij" HOME "X" END "Y\r"), "X0123456789abcdefghijY");
    CHECK_STRING(vt100_row(0), "$ X0123456");
    CHECK_STRING(vt100_row(1), "789abcdefg");
    CHECK_STRING(vt100_row(2), "hijY");
    CHECK_STRING(vt100_row(3), "");
    CHECK_EQUAL(vt100_cursor_row(), 3);
}

TEST(ctrl_l_clears_the_screen_and_keeps_the_line)
{
    fake_terminal_reset(20, 6);
    typed("before\r");
    CHECK_STRING(typed("one" LEFT "\fx\r"), "onxe");
    CHECK_STRING(vt100_row(0), "$ onxe");
    CHECK_EQUAL(vt100_cursor_row(), 1);
}

TEST(the_history_comes_back_with_up_and_the_unfinished_line_with_down)
{
    fake_terminal_reset(80, 24);
    typed("one\r");
    typed("two\r");
    CHECK_STRING(typed(UP "\r"), "two");
    CHECK_EQUAL(history_count(), 2);
    CHECK_STRING(typed(UP UP "x\r"), "onex");
    CHECK_STRING(typed("unfinished" LEFT UP "\033OA" DOWN "\033OB!\r"), "unfinished!");
    CHECK_STRING(typed("\020\020\020\r"), "two");
    CHECK_STRING(typed(UP UP UP UP UP UP "\016\r"), "two");
    CHECK_EQUAL(vt100_bells(), 1);
    CHECK_STRING(typed(UP "changed" UP DOWN "\r"), "two");
    CHECK_STRING(typed("é" DOWN "\r"), "é");
    CHECK_EQUAL(vt100_bells(), 2);
}

TEST(blank_lines_and_repetitions_are_not_remembered)
{
    fake_terminal_reset(80, 24);
    typed("one\r");
    typed("one\r");
    typed("  \t \r");
    typed("\r");
    typed("two\r");
    typed("one\r");
    CHECK_EQUAL(history_count(), 3);
    CHECK_STRING(history_get(0), "one");
    CHECK_STRING(history_get(2), "one");
}

TEST(ctrl_r_finds_the_newest_line_and_goes_on_to_older_ones)
{
    fake_terminal_reset(80, 24);
    typed("make test\r");
    typed("echo one\r");
    typed("make unit\r");
    CHECK_STRING(typed("\022ma\r"), "make unit");
    CHECK_STRING(typed("\022ma\022\r"), "make test");
    CHECK_STRING(typed("\022make t\r"), "make test");
    CHECK_STRING(typed("\022make te\177\177u\r"), "make unit");
    CHECK_STRING(typed("\022one" END " two\r"), "echo one two");
    CHECK_STRING(typed("\022unit" UP "\r"), "make test");
    CHECK_STRING(typed("\022one x\025new \r"), "new one two");
    CHECK_STRING(typed("draft\022make\007 kept\r"), "draft kept");
    CHECK_STRING(typed("draft\022make" DOWN DOWN DOWN DOWN DOWN DOWN DOWN DOWN DOWN "\r"), "draft");
    CHECK_STRING(typed("draft\022ma\177\177\r"), "draft");
    CHECK_STRING(typed("x\022\177\022\r"), "x");
    CHECK_STRING(typed("\022make\003"), NULL);
    CHECK_EQUAL(errno, EINTR);
}

static void check_search(void)
{
    if (fake_terminal_left() == 2) {
        CHECK_STRING(vt100_row(vt100_cursor_row()), "(search) 'né': one né");
        CHECK_EQUAL(vt100_cursor_column(), 19);
    } else if (fake_terminal_left() == 1) {
        CHECK_STRING(vt100_row(vt100_cursor_row()), "(no match) 'néx': one né");
        CHECK_EQUAL(vt100_bells(), 1);
    }
}

TEST(a_search_shows_what_it_has_found)
{
    fake_terminal_reset(80, 24);
    typed("one né\r");
    fake_terminal_on_wait(check_search);
    CHECK_STRING(typed("\022néx\r"), "one né");
    CHECK_STRING(vt100_row(1), "$ one né");
}

TEST(a_search_takes_a_pattern_as_long_as_there_is_room_for)
{
    char keys[200];

    fake_terminal_reset(80, 24);
    typed("a\r");
    keys[0] = CTRL('R');
    memset(keys + 1, 'a', sizeof(keys) - 2);
    keys[sizeof(keys) - 1] = '\r';
    CHECK_STRING(typed_bytes(keys, sizeof(keys)), "a");
}

TEST(pasted_lines_are_taken_one_by_one_and_drawn_once)
{
    static const char lines[] = "first line\rsecond line\nth\177hird" LEFT LEFT LEFT LEFT DELETE "\r";

    fake_terminal_reset(80, 24);
    CHECK_STRING(pasted(lines, sizeof(lines) - 1), "first line");
    CHECK_EQUAL(fake_terminal_left(), sizeof(lines) - 1 - 11);
    CHECK_EQUAL(fake_terminal_writes(), 1);
    CHECK_EQUAL(fake_terminal_sent(), 2 + 10 + 1);
    CHECK_STRING(edit_line(PROMPT), "second line");
    CHECK_STRING(edit_line(PROMPT), "tird");
    CHECK_STRING(vt100_row(0), "$ first line");
    CHECK_STRING(vt100_row(1), "$ second line");
    CHECK_STRING(vt100_row(2), "$ tird");
    CHECK_EQUAL(vt100_cursor_row(), 3);
}

TEST(pasted_indentation_is_kept)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("\t \techo x\r"), "\t \techo x");
    CHECK_STRING(vt100_row(0), "$    echo x");
}

TEST(a_line_of_64_kib_is_taken_and_a_longer_one_is_not_cut_but_refused)
{
    static char keys[LINE_BYTES_MAX + 1001];
    static char wanted[LINE_BYTES_MAX + 1];

    memset(wanted, 'x', LINE_BYTES_MAX);
    memset(keys, 'x', sizeof(keys));
    keys[sizeof(keys) - 1] = '\r';
    fake_terminal_reset(80, 24);
    CHECK_STRING(pasted(keys, sizeof(keys)), NULL);
    CHECK_EQUAL(errno, EMSGSIZE);
    CHECK_EQUAL(fake_terminal_left(), 0);
    CHECK(fake_terminal_sent() < 80 * 24 + 100);
    keys[LINE_BYTES_MAX] = '\r';
    CHECK_STRING(pasted(keys, LINE_BYTES_MAX + 1), wanted);
    CHECK_EQUAL(history_count(), 0);
    CHECK_STRING(typed("x\r"), "x");
}

TEST(a_full_line_rings_once_for_what_is_refused_together_and_can_be_edited)
{
    static char keys[LINE_BYTES_MAX + 100];

    memset(keys, 'x', sizeof(keys));
    fake_terminal_reset(80, 24);
    fake_terminal_type(keys, sizeof(keys), PASTED);
    CHECK_STRING(edit_line(PROMPT), NULL);
    CHECK_EQUAL(vt100_bells(), 1);
    memcpy(keys + LINE_BYTES_MAX, "é\177" HOME "y\177\r", 9);
    fake_terminal_type(keys, LINE_BYTES_MAX + 9, STUTTERED);
    const char *line = edit_line(PROMPT);

    CHECK_EQUAL(fake_terminal_left(), 0);
    CHECK_EQUAL(strlen(line), LINE_BYTES_MAX - 1);
}

TEST(keys_that_find_nothing_to_do_leave_the_line_alone)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed(LEFT RIGHT UP DOWN HOME END DELETE "\177\025\013\027\031\024\033b\033f\033d\007\032\023\021\r"),
                 "");
    CHECK_STRING(vt100_row(0), "$");
}

/* --- Random keys, and what a line is by another way of writing it down. */

#define MODEL_MAX 300

static char model[MODEL_MAX][UTF8_SIZE_MAX + 1];
static size_t model_count, model_cursor;
static char model_killed[MODEL_MAX][UTF8_SIZE_MAX + 1];
static size_t killed_count;
static char keys_typed[1 << 16];
static size_t keys_size;
static uint64_t state;

static void press(const char *keys)
{
    memcpy(keys_typed + keys_size, keys, strlen(keys));
    keys_size += strlen(keys);
}

static void model_remove(size_t from, size_t to)
{
    memmove(model + from, model + to, sizeof(model[0]) * (model_count - to));
    model_count -= to - from;
    model_cursor = from;
}

static void model_insert(const char *character)
{
    memmove(model + model_cursor + 1, model + model_cursor, sizeof(model[0]) * (model_count - model_cursor));
    strcpy(model[model_cursor++], character);
    model_count++;
}

static void model_kill(size_t from, size_t to)
{
    if (from < to) {
        killed_count = to - from;
        memcpy(model_killed, model + from, sizeof(model[0]) * killed_count);
    }
    model_remove(from, to);
}

static void random_text(void)
{
    static const char *const characters[] = { "a", "b", "z", " ", ".", "é", "€", "日", "𝄞" };
    const char *character = characters[check_random(&state) % (sizeof(characters) / sizeof(characters[0]))];

    press(character);
    model_insert(character);
}

static void random_key(void)
{
    size_t left = model_cursor > 0 ? model_cursor - 1 : 0;
    size_t right = model_cursor < model_count ? model_cursor + 1 : model_count;

    switch (check_random(&state) % 24) {
    case 0:
    case 1:
        press(LEFT);
        model_cursor = left;
        break;
    case 2:
        press("\033OC");
        model_cursor = right;
        break;
    case 3:
        press("\001");
        model_cursor = 0;
        break;
    case 4:
        press(END);
        model_cursor = model_count;
        break;
    case 5:
    case 6:
        press("\177");
        model_remove(left, model_cursor);
        break;
    case 7:
        press(DELETE);
        model_remove(model_cursor, right);
        break;
    case 8:
        /* A move that is none in between: kills are not to join. */
        press("\013\033[6~");
        model_kill(model_cursor, model_count);
        break;
    case 9:
        press("\025\033[6~");
        model_kill(0, model_cursor);
        break;
    case 10:
        press("\031");
        for (size_t i = 0; i < killed_count; i++) {
            model_insert(model_killed[i]);
        }
        break;
    case 11:
        press("\f");
        break;
    case 12:
        press("\377\033[\303");
        /* The Ã cuts the sequence, and is itself cut. */
        press("\001");
        model_cursor = 0;
        break;
    default:
        random_text();
    }
}

static const char *model_text(void)
{
    static char text[MODEL_MAX * UTF8_SIZE_MAX + 1];

    text[0] = '\0';
    for (size_t i = 0; i < model_count; i++) {
        strcat(text, model[i]);
    }
    return text;
}

static void check_random_keys(size_t columns, size_t rows)
{
    model_count = model_cursor = keys_size = 0;
    /* The line before this one leaves something to yank. */
    strcpy(model_killed[0], "-");
    killed_count = 1;
    for (int i = 0; i < 600; i++) {
        if (model_count + killed_count + 1 < MODEL_MAX) {
            random_key();
        }
    }
    press("\r");
    for (enum typing typing = TYPED; typing <= STUTTERED; typing++) {
        fake_terminal_reset(columns, rows);
        typed("-\025\r");
        fake_terminal_type(keys_typed, keys_size, typing);
        CHECK_STRING(edit_line(PROMPT), model_text());
        CHECK_EQUAL(fake_terminal_left(), 0);
    }
}

TEST(random_keys_make_the_line_that_a_model_makes)
{
    state = 7;
    for (int round = 0; round < 150; round++) {
        check_random_keys(2 + check_random(&state) % 80, 1 + check_random(&state) % 10);
    }
}
