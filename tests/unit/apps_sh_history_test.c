/* apps/bin/sh/history.c: what it remembers, and its two bounds. */
#include "history.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 200
#define BYTES_MAX 16384

static void add_number(size_t number)
{
    char line[16];

    snprintf(line, sizeof(line), "line %zu", number);
    history_add(line);
}

TEST(lines_are_kept_in_their_order)
{
    CHECK_EQUAL(history_count(), 0);
    CHECK_EQUAL(history_first_number(), 1);
    history_add("one");
    history_add("two");
    CHECK_EQUAL(history_count(), 2);
    CHECK_STRING(history_get(0), "one");
    CHECK_STRING(history_get(1), "two");
}

TEST(blank_lines_and_the_newest_one_again_are_not)
{
    history_add("");
    history_add(" \t ");
    history_add("one");
    history_add("one");
    CHECK_EQUAL(history_count(), 1);
    history_add(" one");
    history_add("one");
    CHECK_EQUAL(history_count(), 3);
}

TEST(of_more_lines_than_200_the_oldest_go)
{
    for (size_t number = 1; number <= 3 * LINES_MAX; number++) {
        add_number(number);
    }
    CHECK_EQUAL(history_count(), LINES_MAX);
    CHECK_EQUAL(history_first_number(), 2 * LINES_MAX + 1);
    CHECK_STRING(history_get(0), "line 401");
    CHECK_STRING(history_get(LINES_MAX - 1), "line 600");
}

TEST(of_more_bytes_than_16_kib_the_oldest_lines_go)
{
    static char longest[BYTES_MAX];

    for (size_t number = 1; number <= 10; number++) {
        add_number(number);
    }
    memset(longest, 'x', sizeof(longest) - 1);
    longest[BYTES_MAX / 2] = '\0';
    history_add(longest);
    CHECK_EQUAL(history_count(), 11);
    longest[BYTES_MAX / 2] = 'x';
    longest[BYTES_MAX / 2 - 8] = '\0';
    history_add(longest);
    CHECK_EQUAL(history_count(), 2);
    CHECK_EQUAL(history_first_number(), 11);
    CHECK_EQUAL(strlen(history_get(0)), BYTES_MAX / 2);
    CHECK_EQUAL(strlen(history_get(1)), BYTES_MAX / 2 - 8);
}

TEST(a_line_that_fills_all_is_kept_and_a_longer_one_is_not)
{
    static char line[BYTES_MAX + 1];

    history_add("one");
    memset(line, 'x', BYTES_MAX);
    history_add(line);
    CHECK_EQUAL(history_count(), 1);
    CHECK_STRING(history_get(0), "one");
    line[BYTES_MAX - 1] = '\0';
    history_add(line);
    CHECK_EQUAL(history_count(), 1);
    CHECK_EQUAL(strlen(history_get(0)), BYTES_MAX - 1);
    history_add("two");
    CHECK_EQUAL(history_count(), 1);
    CHECK_STRING(history_get(0), "two");
    CHECK_EQUAL(history_first_number(), 3);
}

TEST(lines_are_forgotten_when_it_is_cleared)
{
    for (size_t number = 1; number <= LINES_MAX + 1; number++) {
        add_number(number);
    }
    history_clear();
    CHECK_EQUAL(history_count(), 0);
    CHECK_EQUAL(history_first_number(), 1);
    add_number(7);
    CHECK_STRING(history_get(0), "line 7");
}

TEST(random_lines_are_remembered_as_a_plain_list_does)
{
    static char *lines[5000];
    size_t count = 0, first = 0, bytes = 0;
    uint64_t state = 3;

    while (count < sizeof(lines) / sizeof(lines[0])) {
        size_t length = check_random(&state) % (check_random(&state) % 50 == 0 ? 6000 : 100) + 1;
        char *line = malloc(length + 1);

        for (size_t i = 0; i < length; i++) {
            line[i] = (char)('a' + check_random(&state) % 26);
        }
        line[length] = '\0';
        history_add(line);
        if (count > first && strcmp(line, lines[count - 1]) == 0) {
            free(line);
            continue;
        }
        lines[count++] = line;
        bytes += length + 1;
        while (bytes > BYTES_MAX || count - first > LINES_MAX) {
            bytes -= strlen(lines[first]) + 1;
            free(lines[first++]);
        }
        CHECK_EQUAL(history_count(), count - first);
        CHECK_EQUAL(history_first_number(), first + 1);
        size_t index = check_random(&state) % (count - first);

        CHECK_STRING(history_get(index), lines[first + index]);
    }
}
