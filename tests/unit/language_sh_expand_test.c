/* What words stand for. What a $(...) would print is here <its text>; see language_world.h. */
#include "expand.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps_system.h"
#include "check.h"
#include "input.h"
#include "language_world.h"
#include "parse.h"
#include "shell.h"
#include "variables.h"

static char *parameters[] = { (char *)"one", (char *)"two three", (char *)"", NULL };

static void start(void)
{
    language_start();
    language_set_parameters(parameters, 3);
    variables_set("v", "a  b*");
    variables_set("empty", "");
    variables_set("path", "/usr/lib/libc.a.b");
    variables_set("HOME", "/home dir");
    shell.leaves_patterns = true;
}

static void check(const char *words, const char *fields)
{
    char *found = language_fields(words);

    CHECK_STRING(found, fields);
    CHECK_STRING(language_said(), "");
    free(found);
}

static void check_refused(const char *words, const char *complaint)
{
    char *found = language_fields(words);

    CHECK_STRING(found, "failed");
    CHECK_STRING(language_said(), complaint);
    free(found);
}

TEST(quotes_are_taken_off_and_keep_what_is_in_them)
{
    start();
    check("a\\ b 'c $v'\"d $v\" \"\\$v\\a\" '' \"\" x''", "[a b][c $vd a  b*][$v\\a][][][x]");
    check("a\\\nb \"c\\\nd\" 'e\\\nf'", "[ab][cd][e\\\nf]");
    check("~ ~/x '~' a~ ~x", "[/home dir][/home dir/x][~][a~][~x]");
}

TEST(what_is_expanded_without_quotes_is_split)
{
    start();
    check("$v x$v\"y\"", "[a][b*][xa][b*y]");
    check("\"$v\" ${v}", "[a  b*][a][b*]");
    check("$empty $none x$empty", "[x]");
    variables_set("IFS", ": ");
    variables_set("v", ":a : b::c: ");
    check("$v", "[][a][b][][c]");
    variables_set("IFS", "");
    check("$v", "[:a : b::c: ]");
}

TEST(parameters_are_known_by_number_and_as_lists)
{
    start();
    check("$1 \"$2\" $2 $4 ${4}0 $10 ${10}", "[one][two three][two][three][0][one0]");
    check("\"$@\"", "[one][two three][]");
    check("x\"$@\"y $*", "[xone][two three][y][one][two][three]");
    check("\"$*\" $# ${#2}", "[one two three ][3][9]");
    variables_set("IFS", "-:");
    check("\"$*\"", "[one-two three-]");
    language_set_parameters(parameters, 0);
    check("\"$@\" $* $# a\"$@\"", "[0][a]");
    shell.status = 7;
    check("$? $0 \"$-\"", "[7][sh][f]");
}

TEST(operators_put_something_else)
{
    start();
    check("${none-a b} ${none:-\"a b\"} ${empty-x}${empty:-y} \"${none-'q'}\"", "[a][b][a b][y]['q']");
    check("${v+is} ${none+is} \"${empty:+is}\"", "[is][]");
    check("${new=a b} $new", "[a][b][a][b]");
    CHECK_STRING(variables_get("new"), "a b");
    check("${#v} ${#none} ${#} ${#@}", "[5][0][3][3]");
    check("${path#*/} ${path##*/} ${path%.*} ${path%%.*} ${path#x} ${path#\"*\"}",
          "[usr/lib/libc.a.b][libc.a.b][/usr/lib/libc.a][/usr/lib/libc][/usr/lib/libc.a.b][/usr/lib/libc.a.b]");
    check("${none-${v-${empty}}} ${none-$(a b)}", "[a][b*][<a][b>]");
    check("${v-$(never)}", "[a][b*]");
    CHECK_EQUAL(shell.substitution_count, 1);
}

TEST(operators_that_fail_name_the_parameter)
{
    start();
    check_refused("${none?}", "sh: none: parameter not set\n");
    check_refused("${empty:?is $1}", "sh: empty: is one\n");
    check_refused("${v!}", "sh: bad substitution: ${v!}\n");
    check_refused("${}", "sh: bad substitution: ${}\n");
    check_refused("${9=a}", "sh: 9: cannot be assigned to\n");
    shell.fails_on_unset = true;
    check_refused("a$none", "sh: none: parameter not set\n");
    check_refused("${#none}", "sh: none: parameter not set\n");
    check("${none-x} \"$@\"", "[x][one][two three][]");
}

TEST(what_commands_print_loses_its_last_newlines)
{
    start();
    check("$(a b) \"$(a b)\" x`c d`y \"`e \\\"f\\\"`\" $()", "[<a][b>][<a b>][x<c][d>y][<e \"f\">]");
    check("$(a | b; c) \"$(echo $(d))\"", "[<a][|][b;][c>][<echo $(d)>]");
    check("`a \\`b\\``", "[<a][`b`>]");
    check_refused("`a )`", "sh: syntax error: unexpected )\n");
    check_refused("`if a`", "sh: line 2: syntax error: unexpected ), expected then\n");
}

TEST(arithmetic_is_expanded_first)
{
    start();
    check("$((1+2)) \"$(( ${#v} * 2 ))\" $((new = ${none}10 ? 2 : 3)) $new", "[3][10][2][2]");
    check_refused("$((one))x$(( $(a) ))", "sh: arithmetic: a number is missing:  <a> \n");
}

TEST(names_of_files_replace_patterns_that_match)
{
    char folder[] = "/tmp/language.XXXXXX";

    start();
    CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
    CHECK(system("mkdir d e && touch .hidden b1 b2 d/x1 e/x2 'b*'") == 0);
    shell.leaves_patterns = false;
    check("b* b? 'b*' b\\* */x? */ x* .h* [!bd]",
          "[b*][b1][b2][b*][b1][b2][b*][b*][d/x1][e/x2][d/][e/][x*][.hidden][e]");
    variables_set("v", "b[12] \\*");
    check("$v \"$v\" ${none-b?}", "[b1][b2][\\*][b[12] \\*][b*][b1][b2]");
    CHECK(system("cd / && rm -r \"$OLDPWD\"") == 0);
}

TEST(documents_are_expanded_unless_their_end_was_quoted)
{
    static const char *const cases[][2] = {
        { "cat <<A\n$v \"$1\" '$1' \\$1 \\a `b`\nA\n", "a  b* \"one\" 'one' $1 \\a <b>\n" },
        { "cat <<'A'\n$v \\$1\nA\n", "$v \\$1\n" },
        { "cat <<-A\n\t\t$v\n\tx\ty\n\tA\n", "a  b*\nx\ty\n" },
        { "cat <<A\nA\n", "" },
    };

    start();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct script *script = script_new(NULL, 1);
        struct node *node;
        struct input input;

        input_from_string(&input, cases[i][0]);
        CHECK_EQUAL(parse_command(script, &input, &node), PARSE_COMMAND);
        char *body = expand_document(script, node->redirections);

        CHECK_STRING(body, cases[i][1]);
        free(body);
        script_release(script);
    }
}

TEST(a_quoted_value_is_read_as_itself)
{
    static const char *const values[] = { "", "a b", "it's", "''", "$v `a` \\ \" * ~", "\n\t\\\n" };

    start();
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct words words = { 0 };
        struct text text = { 0 };

        variables_quote(&text, values[i]);
        CHECK(language_expand(text_string(&text), &words));
        CHECK_EQUAL(words.count, 1);
        CHECK_STRING(words.items[0], values[i]);
        words_free(&words);
        text_free(&text);
    }
}

TEST(each_allocation_that_fails_is_complained_about_once_and_loses_no_memory)
{
    static const char line[] = "~/\"$@\" $v${none-a$(b)c} ${new=d} ${path%%.*} $((1 + new2)) `e` ${#v} x*";

    for (size_t count = 0;; count++) {
        struct words words = { 0 };

        start();
        shell.leaves_patterns = false;
        system_fail_after(count);
        bool is_done = language_expand(line, &words);
        bool has_failed = system_has_failed();

        CHECK_EQUAL(is_done, !has_failed);
        if (has_failed) {
            CHECK(strstr(language_said(), "out of memory\n") != NULL);
        }
        words_free(&words);
        if (!has_failed) {
            CHECK(count > 20);
            break;
        }
    }
}
