/* From a script's text to its tree, and what is said of texts that are no scripts. */
#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "apps_system.h"
#include "check.h"
#include "language_world.h"
#include "shell.h"

/* Longer than any stack is deep. */
#define DEEP 200000

static void check_trees(const char *commands, const char *trees)
{
    char *found = language_trees(commands);

    CHECK_STRING(found, trees);
    CHECK_STRING(language_said(), "");
    free(found);
}

static void check_error(const char *commands, const char *complaint)
{
    char *trees = language_trees(commands);

    CHECK(strstr(trees, "error") != NULL);
    CHECK_STRING(language_said(), complaint);
    free(trees);
}

TEST(words_end_where_no_quote_and_no_expansion_holds_them_together)
{
    language_start();
    check_trees("echo a\\ b 'c d'\"e f\"$(g h)`i j`${k-l m}$((n + o)) p\n",
                "(=: echo a\\ b 'c d'\"e f\"$(g h)`i j`${k-l m}$((n + o)) p)\n");
    check_trees("echo $(case a in (b) c;; d) esac; echo ')') \"$(echo \"x y\")\"",
                "(=: echo $(case a in (b) c;; d) esac; echo ')') \"$(echo \"x y\")\")\n");
    check_trees("echo a#b #c d\n#e\nf", "(=: echo a#b)\n(=: f)\n");
    check_trees("a=1 b=2 c d=3", "(= a=1 b=2: c d=3)\n");
    check_trees("echo ${a#'}'} \"${a#'}'}\" \"${a-'}\"", "(=: echo ${a#'}'} \"${a#'}'}\" \"${a-'}\")\n");
}

TEST(operators_bind_as_the_grammar_has_it)
{
    language_start();
    check_trees("a | b && c || ! d; e & f",
                "(; (and-or (|2 (=: a) (=: b)) && (=: c) || (!|1 (=: d))) (=: e)& (=: f))\n");
    check_trees("time a |\n b &&\n c", "(and-or (time |2 (=: a) (=: b)) && (=: c))\n");
    check_trees("a;\nb &\n", "(=: a)\n(=: b)\n");
    check_trees("{ a; b; } | (c) 2>d", "(|2 (group (; (=: a) (=: b))) (subshell (=: c) 2>d))\n");
}

TEST(compound_commands_nest)
{
    language_start();
    check_trees("if a; then b; elif c\nthen d\nelse e; fi", "(if (=: a) (=: b) (if (=: c) (=: d) (=: e)))\n");
    check_trees("while a; do until b; do c; done; done <d", "(while (=: a) (until (=: b) (=: c)) 0<d)\n");
    check_trees("for x in a b; do c; done; for y do d; done", "(; (for x in a b (=: c)) (for y (=: d)))\n");
    check_trees("case a in b|c) d;; (e) ;; *) f; esac", "(case a [ b c] (=: d) [ e] - [ *] (=: f))\n");
    check_trees("f() { a; }\n", "(function f (group (=: a)))\n");
    check_trees("echo if then for", "(=: echo if then for)\n");
}

TEST(redirections_are_known_wherever_they_stand)
{
    language_start();
    check_trees("<a >b >>c <>d 2>&1 >|e cat 3<&- f", "(=: cat f 0<a 1>b 1>>c 0<>d 2>&1 1>e 3>&-)\n");
    check_trees("echo 12>a 1 2 >b", "(=: echo 12 1 2 1>a 1>b)\n");
}

TEST(documents_lie_behind_their_line)
{
    language_start();
    check_trees("cat <<A <<'B'; echo\na $x\nA\nb\nB\nnext",
                "(; (=: cat 0<<\"a $x\n\" 0<<'b\n') (=: echo))\n(=: next)\n");
    check_trees("cat <<-A | wc\n\ta\n\tA\n", "(|2 (=: cat 0<<-\"\ta\n\") (=: wc))\n");
    check_trees("echo $(cat <<A\na\nA\n)\n", "(=: echo $(cat <<A\na\nA\n))\n");
    check_trees("cat <<A\nopen", "(=: cat 0<<\"open\")\n");
}

TEST(what_is_no_script_is_named_with_its_line)
{
    language_start();
    check_error("a\nb )", "sh: line 2: syntax error: unexpected )\n");
    check_error("if a; then", "sh: syntax error: unexpected end of input\n");
    check_error("for 1 in a; do b; done", "sh: syntax error: unexpected 1, expected a variable's name\n");
    check_error("while a; b; done", "sh: syntax error: unexpected done, expected do\n");
    check_error("case a in b", "sh: syntax error: unexpected end of input, expected )\n");
    check_error("a && || b", "sh: syntax error: unexpected ||\n");
    check_error("a |", "sh: syntax error: unexpected end of input\n");
    check_error("a ; ; b", "sh: syntax error: unexpected ;\n");
    check_error("( )", "sh: syntax error: unexpected )\n");
    check_error("a >", "sh: syntax error: unexpected end of input, expected a file's name\n");
    check_error("1f() { a; }", "sh: syntax error: unexpected (\n");
    check_error("echo 'a", "sh: syntax error: unbalanced quote '\n");
    check_error("a\necho \"b\nc", "sh: line 2: syntax error: unbalanced quote \"\n");
    check_error("echo `a", "sh: syntax error: unbalanced quote `\n");
    check_error("echo ${a", "sh: syntax error: ${ without }\n");
    check_error("echo $((1)", "sh: syntax error: $(( without ))\n");
    check_error("echo $(a", "sh: syntax error: unexpected end of input, expected )\n");
    check_error("echo $(cat <<A)", "sh: syntax error: unexpected ), expected a here-document\n");
}

static void check_too_deep(const char *level)
{
    struct text text = { 0 };

    language_start();
    for (size_t i = 0; i < DEEP; i++) {
        text_append_string(&text, level);
    }
    check_error(text_string(&text), "sh: nested too deeply\n");
    text_free(&text);
}

TEST(no_nesting_overruns_the_stack)
{
    check_too_deep("{ ");
    check_too_deep("( ");
    check_too_deep("if ");
    check_too_deep("$(");
    check_too_deep("${a-");
    check_too_deep("\"$(");
    check_too_deep("$((");
}

TEST(a_thousand_branches_are_no_thousand_levels)
{
    struct text text = { 0 };

    language_start();
    text_append_string(&text, "if a; then b");
    for (size_t i = 0; i < 1000; i++) {
        text_append_string(&text, "\nelif c; then d");
    }
    text_append_string(&text, "\nfi");
    char *trees = language_trees(text_string(&text));

    CHECK_STRING(language_said(), "");
    free(trees);
    text_free(&text);
}

TEST(what_has_no_memory_says_so_once_and_loses_none)
{
    static const char commands[] =
        "a=1 b <<A | { case c in d|e) f;; esac; } 2>&1 && for g in h; do i $(j <<B\nB\n); done\nA\n";

    for (size_t count = 0;; count++) {
        struct script *script = script_new(NULL, 1);
        struct node *node = NULL;
        struct input input;

        language_start();
        input_from_string(&input, commands);
        system_fail_after(count);
        enum parse_result result = parse_command(script, &input, &node);
        bool has_failed = system_has_failed();

        CHECK_EQUAL(result, has_failed ? PARSE_ERROR : PARSE_COMMAND);
        CHECK_STRING(language_said(), has_failed ? "sh: out of memory\n" : "");
        script_release(script);
        if (!has_failed) {
            CHECK(count > 3);
            break;
        }
    }
}
