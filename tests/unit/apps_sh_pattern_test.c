/* Patterns: what they match, and what they are when nothing in them stands for more than itself. */
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static bool matches(const char *pattern, const char *string)
{
    return pattern_matches(pattern, string, string + strlen(string));
}

TEST(a_plain_pattern_matches_itself_alone)
{
    CHECK(matches("", ""));
    CHECK(matches("abc", "abc"));
    CHECK(!matches("abc", "ab"));
    CHECK(!matches("abc", "abcd"));
    CHECK(!matches("", "a"));
}

TEST(a_question_mark_is_one_character)
{
    CHECK(matches("a?c", "abc"));
    CHECK(!matches("a?c", "ac"));
    CHECK(!matches("?", ""));
}

TEST(a_star_is_any_number_of_characters)
{
    CHECK(matches("*", ""));
    CHECK(matches("*", "any/thing"));
    CHECK(matches("a*b*c", "aXbYbZc"));
    CHECK(matches("**a", "bba"));
    CHECK(!matches("a*b", "a"));
    CHECK(!matches("*.c", "file.h"));
}

TEST(brackets_are_one_of_a_set)
{
    CHECK(matches("[abc]", "b"));
    CHECK(!matches("[abc]", "d"));
    CHECK(matches("[a-c]x", "bx"));
    CHECK(matches("[!a-c]", "d"));
    CHECK(!matches("[!a-c]", "b"));
    CHECK(matches("[]a]", "]"));
    CHECK(matches("[a-]", "-"));
}

TEST(an_open_bracket_alone_is_itself)
{
    CHECK(matches("[a", "[a"));
    CHECK(!matches("[a", "a"));
}

TEST(behind_a_backslash_all_stand_for_themselves)
{
    CHECK(matches("\\*", "*"));
    CHECK(!matches("\\*", "a"));
    CHECK(matches("\\[a]", "[a]"));
    CHECK(!pattern_is_active("\\*\\?\\["));
    CHECK(pattern_is_active("\\**"));
}

TEST(unescape_leaves_the_string)
{
    char pattern[] = "a\\*b\\\\";

    pattern_unescape(pattern);
    CHECK_STRING(pattern, "a*b\\");
}

TEST(only_the_bytes_of_the_range_are_matched)
{
    const char *string = "abcdef";

    CHECK(pattern_matches("b*d", string + 1, string + 4));
    CHECK(!pattern_matches("b*e", string + 1, string + 4));
}

TEST(many_stars_take_no_exponential_time)
{
    char string[4001];

    memset(string, 'a', sizeof(string) - 1);
    string[sizeof(string) - 1] = '\0';
    CHECK(!matches("*a*a*a*a*a*a*a*a*a*a*b", string));
}
