/* supervisor/command_line.c. The buffer is an allocation of just one byte more than the text. */
#include "command_line.h"

#include "abi_errno.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

static struct command_line line;
static const char *reason;

static int parse(const char *text)
{
    static char *buffer;
    size_t capacity = strlen(text) + 1;

    free(buffer);
    buffer = malloc(capacity);
    reason = NULL;
    return command_line_parse(text, buffer, capacity, &line, &reason);
}

static void check_run(const char *text, const char *wanted)
{
    CHECK_EQUAL(parse(text), 0);
    CHECK_STRING(line.run, wanted);
}

static void check_refused(const char *text, const char *why)
{
    CHECK_EQUAL(parse(text), -EINVAL);
    CHECK_STRING(reason, why);
}

TEST(an_empty_line_sets_nothing)
{
    static const char *const empty[] = { "", " ", " \t\n\r  " };

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        CHECK_EQUAL(parse(empty[i]), 0);
        CHECK(!line.quiet && !line.bench && !line.audits && !line.has_initrd);
        CHECK_STRING(line.init, NULL);
        CHECK_STRING(line.run, NULL);
        CHECK_STRING(line.ignored, "");
    }
}

TEST(every_word_is_read_in_any_order)
{
    CHECK_EQUAL(parse("bench init=/bin/sh run=\"a; b\" audit  quiet\tinitrd=0x80280000,65536"), 0);
    CHECK(line.quiet && line.bench && line.audits && line.has_initrd);
    CHECK_STRING(line.init, "/bin/sh");
    CHECK_STRING(line.run, "a; b");
    CHECK_EQUAL(line.initrd_start, 0x80280000);
    CHECK_EQUAL(line.initrd_end, 0x80290000);
    CHECK_STRING(line.ignored, "");
}

TEST(inside_quotes_a_backslash_escapes_a_quote_and_a_backslash_only)
{
    check_run("run=\"echo \\\"a\\\"\"", "echo \"a\"");
    check_run("run=\"a\\\\b\"", "a\\b");
    check_run("run=\"a\\nb\"", "a\\nb");
    check_run("run=\"\\\\\\\"\"", "\\\"");
    check_run("run=\"$i `x` 'y'\"", "$i `x` 'y'");
    check_run("run=\"\"", "");
    check_run("run=", "");
    check_run("run=ls", "ls");
    check_run("run=a\\\\b", "a\\\\b");
    check_run("run=a\" \"b", "a b");
    check_run("\"run=a b\"", "a b");
    check_run("run=\"a\nb\"", "a\nb");
}

TEST(the_last_of_equal_words_counts)
{
    check_run("run=a run=b", "b");
    CHECK_EQUAL(parse("initrd=1,2 initrd=3,4"), 0);
    CHECK_EQUAL(line.initrd_start, 3);
    CHECK_EQUAL(line.initrd_end, 7);
}

TEST(unknown_words_are_ignored_and_listed_once_in_order)
{
    CHECK_EQUAL(parse("console=ttyS0 quiet root=/dev/vda1  run=\"x y\" ro"), 0);
    CHECK_STRING(line.ignored, "console=ttyS0 root=/dev/vda1 ro");
    CHECK_STRING(line.run, "x y");
    CHECK(line.quiet);
    CHECK_EQUAL(parse("a"), 0);
    CHECK_STRING(line.ignored, "a");
    CHECK_EQUAL(parse("quiet2 quie benchmark quiet=1 init run initr initrds=1,2 Quiet \"a b\""), 0);
    CHECK_STRING(line.ignored, "quiet2 quie benchmark quiet=1 init run initr initrds=1,2 Quiet a b");
    CHECK(!line.quiet && !line.bench);
}

TEST(known_words_are_right_among_many_unknown_ones)
{
    CHECK_EQUAL(parse("a init=/x bb \"run=c  d\" e f initrd=1,2 g quiet"), 0);
    CHECK_STRING(line.init, "/x");
    CHECK_STRING(line.run, "c  d");
    CHECK_STRING(line.ignored, "a bb e f g");
    CHECK(line.quiet && line.has_initrd);
}

TEST(a_missing_closing_quote_is_refused)
{
    static const char *const open[] = { "run=\"", "run=\"a", "run=\"a\\\"", "\"", "x\"y quiet", "run=\"a\" \"" };

    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        check_refused(open[i], "a closing quote is missing");
    }
}

TEST(init_needs_an_absolute_path)
{
    check_refused("init=", "init= needs a path that starts with '/'");
    check_refused("init=bin/sh", "init= needs a path that starts with '/'");
    check_refused("init=\"\"", "init= needs a path that starts with '/'");
}

TEST(initrd_needs_two_numbers_that_make_a_range)
{
    static const char *const malformed[] = {
        "initrd=",
        "initrd=1",
        "initrd=1,",
        "initrd=,1",
        "initrd=a,1",
        "initrd=1,b",
        "initrd=1,2,3",
        "initrd=1;2",
        "initrd=0x,1",
        "initrd=-1,1",
        "initrd=1,2x",
        "initrd=1,0x2g",
        "initrd=0xg,1",
        "initrd=1.0,2",
        "initrd=18446744073709551616,1",
        "initrd=1,0x10000000000000000",
    };

    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        check_refused(malformed[i], "initrd= needs an address, a comma and a size");
    }
    check_refused("initrd=1,0", "initrd= names an empty range, or one that wraps");
    check_refused("initrd=2,18446744073709551615", "initrd= names an empty range, or one that wraps");
    CHECK_EQUAL(parse("initrd=0XffFFffFFffFFffFE,1"), 0);
    CHECK_EQUAL(line.initrd_start, UINT64_MAX - 1);
    CHECK_EQUAL(line.initrd_end, UINT64_MAX);
}

TEST(a_line_that_does_not_fit_is_refused_and_nothing_is_written)
{
    char buffer[8];

    memset(buffer, 'x', sizeof(buffer));
    CHECK_EQUAL(command_line_parse("run=long", buffer, sizeof(buffer), &line, &reason), -E2BIG);
    CHECK_STRING(reason, "it is longer than there is room for");
    CHECK_EQUAL(buffer[0], 'x');
    CHECK_EQUAL(command_line_parse("", buffer, 0, &line, &reason), -E2BIG);
    CHECK_EQUAL(command_line_parse("run=abc", buffer, sizeof(buffer), &line, &reason), 0);
    CHECK_STRING(line.run, "abc");
}

TEST(bytes_of_any_value_are_passed_on)
{
    char text[256 + 8] = "run=\"";
    size_t size = 5;

    for (int value = 1; value < 256; value++) {
        if (value != '"' && value != '\\') {
            text[size++] = (char)value;
        }
    }
    text[size] = '"';
    text[size + 1] = 0;
    CHECK_EQUAL(parse(text), 0);
    CHECK_EQUAL(strlen(line.run), size - 5);
    CHECK_EQUAL(memcmp(line.run, text + 5, size - 5), 0);
}

TEST(random_lines_never_leave_the_buffer)
{
    static const char *const parts[] = { "run=", "init=/", "initrd=", "0x1", ",",  "quiet", " ",       "  ",
                                         "\"",   "\\",     "\\\"",    "x",   "\t", "bench", "unknown", "=" };
    uint64_t state = 3;

    for (unsigned i = 0; i < 200000; i++) {
        char text[200] = "";

        for (unsigned k = check_random(&state) % 12; k > 0; k--) {
            strcat(text, parts[check_random(&state) % (sizeof(parts) / sizeof(parts[0]))]);
        }
        if (parse(text) == 0) {
            CHECK(strlen(line.ignored) <= strlen(text));
            CHECK(!line.run || strlen(line.run) <= strlen(text));
        } else {
            CHECK(reason != NULL);
        }
    }
}
