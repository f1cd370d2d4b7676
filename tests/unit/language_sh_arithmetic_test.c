/* $((...)): C's operators on numbers of 64 bits. */
#include "arithmetic.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apps_system.h"
#include "check.h"
#include "language_world.h"
#include "shell.h"
#include "variables.h"

static int64_t value_of(const char *expression)
{
    int64_t value = 0;

    CHECK(arithmetic_evaluate(expression, &value));
    CHECK_STRING(language_said(), "");
    return value;
}

static void check_refused(const char *expression, const char *complaint)
{
    int64_t value = 42;

    CHECK(!arithmetic_evaluate(expression, &value));
    CHECK_EQUAL(value, 42);
    CHECK_STRING(language_said(), complaint);
}

TEST(numbers_are_decimal_octal_or_hexadecimal)
{
    language_start();
    CHECK_EQUAL(value_of(""), 0);
    CHECK_EQUAL(value_of(" 12\t"), 12);
    CHECK_EQUAL(value_of("010"), 8);
    CHECK_EQUAL(value_of("0x1F"), 31);
    check_refused("08", "sh: arithmetic: not a number: 08\n");
    check_refused("12x", "sh: arithmetic: not a number: 12x\n");
}

TEST(operators_bind_as_in_c)
{
    language_start();
    CHECK_EQUAL(value_of("1 + 2 * 3 - 4 / 2 % 3"), 1 + 2 * 3 - 4 / 2 % 3);
    CHECK_EQUAL(value_of("10 - 4 - 3"), 3);
    CHECK_EQUAL(value_of("1 | 2 ^ 3 & 4 == 4 < 5 << 1"), 1 | (2 ^ (3 & (4 == (4 < (5 << 1))))));
    CHECK_EQUAL(value_of("(1 + 2) * -3"), -9);
    CHECK_EQUAL(value_of("!5 + ~0 + +2"), 1);
    CHECK_EQUAL(value_of("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2"), 1);
    CHECK_EQUAL(value_of("0 || 0 && 1"), 0);
    CHECK_EQUAL(value_of("1 ? 2 : 0 ? 3 : 4"), 2);
    CHECK_EQUAL(value_of("0 ? 2 : 0 ? 3 : 4"), 4);
    CHECK_EQUAL(value_of("-16 >> 2"), -4);
}

TEST(what_has_no_place_wraps)
{
    language_start();
    CHECK_EQUAL(value_of("0x7fffffffffffffff + 1"), INT64_MIN);
    CHECK_EQUAL(value_of("-0x8000000000000000 / -1"), INT64_MIN);
    CHECK_EQUAL(value_of("-0x8000000000000000 % -1"), 0);
    CHECK_EQUAL(value_of("0x7fffffffffffffff * 2"), -2);
    CHECK_EQUAL(value_of("1 << 64"), 1);
    CHECK_EQUAL(value_of("- -0x8000000000000000"), INT64_MIN);
}

TEST(names_are_variables_and_assignments_set_them)
{
    language_start();
    variables_set("a", " 7 ");
    CHECK_EQUAL(value_of("a + none"), 7);
    CHECK_EQUAL(value_of("b = a += 3"), 10);
    CHECK_EQUAL(value_of("a * b"), 100);
    CHECK_EQUAL(value_of("b <<= 2"), 40);
    CHECK_STRING(variables_get("b"), "40");
    variables_set("word", "x1");
    check_refused("word", "sh: arithmetic: a variable's value is not a number: word\n");
    shell.fails_on_unset = true;
    check_refused("none", "sh: arithmetic: a variable is not set: none\n");
}

TEST(what_is_not_evaluated_does_nothing)
{
    language_start();
    CHECK_EQUAL(value_of("0 && (a = 1 / 0)"), 0);
    CHECK_EQUAL(value_of("1 || (a = 1 % 0)"), 1);
    CHECK_EQUAL(value_of("1 ? 2 : (a = 3)"), 2);
    CHECK_EQUAL(value_of("0 ? (a = 3) : 4"), 4);
    CHECK(variables_get("a") == NULL);
}

TEST(what_is_no_expression_is_named)
{
    language_start();
    check_refused("1 / 0", "sh: arithmetic: division by zero: 1 / 0\n");
    check_refused("1 +", "sh: arithmetic: a number is missing: 1 +\n");
    check_refused("1 2", "sh: arithmetic: an operator is missing: 1 2\n");
    check_refused("(1", "sh: arithmetic: ( without ): (1\n");
    check_refused("1 ? 2", "sh: arithmetic: ? without :: 1 ? 2\n");
    check_refused("1 = 2", "sh: arithmetic: an operator is missing: 1 = 2\n");
    check_refused("1)", "sh: arithmetic: an operator is missing: 1)\n");
}

TEST(no_nesting_overruns_the_stack)
{
    static const char levels[] = "(-!~+";
    static char expression[200001];

    for (const char *level = levels; *level != '\0'; level++) {
        int64_t value;

        language_start();
        memset(expression, *level, sizeof(expression) - 1);
        CHECK(!arithmetic_evaluate(expression, &value));
        CHECK(strstr(language_said(), "arithmetic: nested too deeply") != NULL);
    }
}

TEST(what_has_no_memory_fails_and_assigns_nothing)
{
    language_start();
    for (size_t count = 0;; count++) {
        int64_t value;

        variables_unset("a");
        shell.control = CONTROL_NONE;
        system_fail_after(count);
        bool is_done = arithmetic_evaluate("a = 1 + none", &value);
        bool has_failed = system_has_failed();

        CHECK_EQUAL(is_done, !has_failed);
        CHECK_STRING(language_said(), has_failed ? "sh: out of memory\n" : "");
        CHECK_STRING(variables_get("a"), has_failed ? NULL : "1");
        if (!has_failed) {
            break;
        }
    }
}
