/* Completion in apps/bin/sh: complete.c, candidates.c and stem.c, by what Tab does to a line and the screen. */
#define _GNU_SOURCE /* nftw() */
#include "edit.h"

#include "apps_terminal.h"
#include "check.h"
#include "stem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/pando_complete_XXXXXX";

static void make_file(const char *name)
{
    int fd = open(name, O_CREAT | O_WRONLY, 0600);

    CHECK(fd >= 0);
    close(fd);
}

static int remove_one(const char *path, const struct stat *stat_of_it, int kind, struct FTW *place)
{
    (void)stat_of_it;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void)
{
    static const char *const files[] = {
        "alpha",     "alphabet",     "beta file", "it's",     "q\"u`o$t\\e", "[x]*?",      ".hidden",   "sub/inner",
        "sub/other", "deep/a b/one", "grün",      "grüße",    "new\nline",   "\033[2J",    "latin\xfc", "tab\tbed",
        "many1",     "many2",        "bin/echo",  "bin/exec", "bin/where",   "bin2/exile", "bin2/echo", "--option",
    };
    static const char *const folders[] = { "sub", "deep", "deep/a b", "bin", "bin/exfolder", "bin2" };

    CHECK(mkdtemp(folder) != NULL);
    atexit(remove_folder);
    CHECK_EQUAL(chdir(folder), 0);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        CHECK_EQUAL(mkdir(folders[i], 0700), 0);
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        make_file(files[i]);
    }
    setenv("PATH", "bin:bin2:/no/such/folder", 1);
    fake_terminal_reset(40, 30);
}

/* The line that the keys and Enter make. */
static const char *typed(const char *keys)
{
    static char all[256];

    snprintf(all, sizeof(all), "%s\r", keys);
    fake_terminal_type(all, strlen(all), TYPED);
    return edit_line("$ ");
}

TEST(one_file_is_completed_and_a_blank_follows)
{
    make_folder();
    CHECK_STRING(typed("cat man\t1\t2"), "cat many1 2");
    CHECK_STRING(typed("cat alphab\tx"), "cat alphabet x");
    CHECK_STRING(typed("cat alphabet\tx"), "cat alphabet x");
    CHECK_STRING(typed("cat ./alphab\tx"), "cat ./alphabet x");
    CHECK_STRING(typed("cat --o\tx"), "cat --option x");
    CHECK_STRING(typed("cat alphab\t alphab\t"), "cat alphabet  alphabet ");
}

TEST(a_folder_gets_a_slash_and_no_blank)
{
    make_folder();
    CHECK_STRING(typed("ls su\tin\t"), "ls sub/inner ");
    CHECK_STRING(typed("ls de\ta\to\t"), "ls deep/a\\ b/one ");
    CHECK_STRING(typed("ls 'de\ta\to\t"), "ls 'deep/a b/one' ");
    CHECK_STRING(typed("ls sub/..\t\tx"), "ls sub/../x");
    CHECK_STRING(typed("ls .\tx"), "ls .hidden x");
}

TEST(several_complete_what_they_have_in_common)
{
    make_folder();
    CHECK_STRING(typed("cat al\tX"), "cat alphaX");
    CHECK_STRING(typed("cat gr\tn"), "cat grün");
    CHECK_EQUAL(vt100_bells(), 2);
    CHECK_STRING(typed("cat sub/\tX"), "cat sub/X");
}

TEST(characters_that_mean_something_are_escaped)
{
    make_folder();
    CHECK_STRING(typed("cat be\t."), "cat beta\\ file .");
    CHECK_STRING(typed("cat beta\\ f\t."), "cat beta\\ file .");
    CHECK_STRING(typed("cat beta\\\t."), "cat beta\\\\ file .");
    CHECK_STRING(typed("cat \"be\t."), "cat \"beta file\" .");
    CHECK_STRING(typed("cat 'be\t."), "cat 'beta file' .");
    CHECK_STRING(typed("cat be\"ta f\t."), "cat be\"ta file\" .");
    CHECK_STRING(typed("cat it\t."), "cat it\\'s .");
    CHECK_STRING(typed("cat \"it\t."), "cat \"it's\" .");
    CHECK_STRING(typed("cat 'it\t."), "cat 'it'\\''s' .");
    CHECK_STRING(typed("cat q\t."), "cat q\\\"u\\`o\\$t\\\\e .");
    CHECK_STRING(typed("cat \"q\t."), "cat \"q\\\"u\\`o\\$t\\\\e\" .");
    CHECK_STRING(typed("cat 'q\t."), "cat 'q\"u`o$t\\e' .");
    CHECK_STRING(typed("cat \\[\t."), "cat \\[x\\]\\*\\? .");
}

TEST(names_that_no_line_can_hold_are_left_out)
{
    make_folder();
    CHECK_STRING(typed("cat new\t"), "cat new");
    CHECK_STRING(typed("cat latin\t"), "cat latin");
    CHECK_STRING(typed("cat tab\t"), "cat tab");
    CHECK_EQUAL(vt100_bells(), 3);
}

TEST(a_second_tab_lists_the_candidates_in_columns)
{
    make_folder();
    CHECK_STRING(typed("x; ls \t\t\033[D\033[DY"), "x; lYs ");
    /* The first row is the line as it was. */
    CHECK_STRING(vt100_row(0), "$ x; ls");
    CHECK_STRING(vt100_row(1), "--option   bin/       it's");
    CHECK_STRING(vt100_row(2), "[x]*?      bin2/      many1");
    CHECK_STRING(vt100_row(3), "alpha      deep/      many2");
    CHECK_STRING(vt100_row(4), "alphabet   grün       q\"u`o$t\\e");
    CHECK_STRING(vt100_row(5), "beta file  grüße      sub/");
    CHECK_STRING(vt100_row(6), "$ x; lYs");
    CHECK_EQUAL(vt100_bells(), 1);
}

TEST(tabs_list_only_when_they_follow_each_other)
{
    make_folder();
    CHECK_STRING(typed("cat al\tb\177\t\t"), "cat alpha");
    CHECK_STRING(vt100_row(1), "alpha     alphabet");
    CHECK_STRING(vt100_row(2), "$ cat alpha");
    CHECK_EQUAL(vt100_bells(), 2);
}

TEST(a_list_wider_than_the_terminal_has_one_column)
{
    make_folder();
    fake_terminal_reset(5, 20);
    typed("ls al\t\t");
    CHECK_STRING(vt100_row(0), "$ ls");
    CHECK_STRING(vt100_row(1), "alpha"); /* what was typed fills the row */
    CHECK_STRING(vt100_row(2), "alpha");
    CHECK_STRING(vt100_row(3), "alpha");
    CHECK_STRING(vt100_row(4), "bet");
    CHECK_STRING(vt100_row(5), "$ ls");
}

TEST(commands_come_from_builtins_keywords_and_path)
{
    make_folder();
    CHECK_STRING(typed("hist\t."), "history .");
    CHECK_STRING(typed("unt\t."), "until .");
    CHECK_STRING(typed("ec\t."), "echo .");
    CHECK_STRING(typed("exil\t."), "exile .");
    CHECK_STRING(typed("whe\t."), "where .");
    CHECK_STRING(typed("  whe\t."), "  where .");
    CHECK_STRING(typed("alpha\t"), "alpha");
    fake_terminal_reset(60, 20);
    typed("ex\t\t");
    CHECK_STRING(vt100_row(1), "exec    exile   exit    export");
    CHECK_STRING(typed("./al\t\tb\t."), "./alphabet .");
    CHECK_STRING(typed("bin/ec\t."), "bin/echo .");
}

TEST(commands_are_expected_behind_operators_keywords_and_assignments)
{
    static const char *const starts[] = {
        "a; ",
        "a;",
        "a | ",
        "a|",
        "a & ",
        "a && ",
        "a || ",
        "( ",
        "a 'b;' ; ",
        "if ",
        "if a; then ",
        "while ",
        "until ",
        "do ",
        "else ",
        "elif ",
        "! ",
        "time ",
        "{ ",
        "A=1 ",
        "A= B_2='x y' ",
        "< alpha ",
        "a >&2 | ",
        "for i in x; do ",
        "a 2>/x; ",
        "if ! A=\\  time ",
    };
    char line[64];

    make_folder();
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        snprintf(line, sizeof(line), "%swher\tx", starts[i]);
        char wanted[64];

        snprintf(wanted, sizeof(wanted), "%swhere x", starts[i]);
        CHECK_STRING(typed(line), wanted);
    }
}

TEST(elsewhere_files_are_expected)
{
    static const char *const starts[] = {
        "a ",   "a b ",   "a > ",    "a >",       "a 2> ",   "a < ", "> ",   "A=1 a ", "'if' x ", "if a ",
        "for ", "a \\; ", "a '; ' ", "a \"x;\" ", "a && b ", "a\t",  "1=2 ", "a >| ",  "a >& ",   "echo if ",
    };
    char line[64];

    make_folder();
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        snprintf(line, sizeof(line), "%salphab\tx", starts[i]);
        char wanted[64];

        snprintf(wanted, sizeof(wanted), "%salphabet x", starts[i]);
        if (strcmp(starts[i], "a\t") == 0) {
            continue; /* a tab that was typed completes */
        }
        CHECK_STRING(typed(line), wanted);
    }
}

TEST(variables_are_completed_behind_a_dollar)
{
    make_folder();
    setenv("PANDO_ONE", "1", 1);
    setenv("PANDO_OTHER", "2", 1);
    CHECK_STRING(typed("echo $PANDO_ON\tx"), "echo $PANDO_ONE x");
    CHECK_STRING(typed("echo ${PANDO_ON\tx"), "echo ${PANDO_ONE}x");
    CHECK_STRING(typed("echo \"a $PANDO_OT\tx"), "echo \"a $PANDO_OTHERx");
    CHECK_STRING(typed("echo \"${PANDO_OT\tx"), "echo \"${PANDO_OTHER}x");
    CHECK_STRING(typed("$PANDO\tT\tx"), "$PANDO_OTHER x");
    CHECK_STRING(typed("echo $PANDO\tX"), "echo $PANDO_OX");
    CHECK_STRING(typed("echo '$PANDO_ON\tx"), "echo '$PANDO_ONx");
    CHECK_STRING(typed("echo \\$PANDO_ON\tx"), "echo \\$PANDO_ONx");
    CHECK_STRING(typed("echo $PANDO_ON.\tx"), "echo $PANDO_ON.x");
    CHECK_STRING(typed("echo $A{PANDO_ON\tx"), "echo $A{PANDO_ONx");
}

TEST(without_a_path_programs_are_those_of_bin)
{
    make_folder();
    unsetenv("PATH");
    CHECK_STRING(typed("mkdi\tx"), "mkdir x");
    setenv("PATH", "", 1);
    CHECK_STRING(typed("alphab\tx"), "alphabet x");
    setenv("PATH", "/no:", 1);
    CHECK_STRING(typed("alphab\tx"), "alphabet x");
}

TEST(what_is_behind_the_cursor_stays)
{
    make_folder();
    CHECK_STRING(typed("cat alphab tail\033[D\033[D\033[D\033[D\033[D\t"), "cat alphabet  tail");
}

static void check_stem(const char *line, enum stem_kind kind, char quote, const char *text)
{
    struct stem stem;

    CHECK(stem_find(line, strlen(line), &stem));
    CHECK_EQUAL(stem.kind, kind);
    CHECK_EQUAL(stem.quote, quote);
    CHECK_STRING(stem.text, text);
    free(stem.text);
}

TEST(a_stem_is_what_the_shell_would_read)
{
    check_stem("", STEM_COMMAND, 0, "");
    check_stem("a", STEM_COMMAND, 0, "a");
    check_stem("a/b", STEM_FILE, 0, "a/b");
    check_stem("a ", STEM_FILE, 0, "");
    check_stem("a b\\ c'd e'\"f g", STEM_FILE, '"', "b cd ef g");
    check_stem("a \"b\\\"c\\d", STEM_FILE, '"', "b\"c\\d");
    check_stem("a 'b\\", STEM_FILE, '\'', "b\\");
    check_stem("a b\\", STEM_FILE, 0, "b");
    check_stem("a \\", STEM_FILE, 0, "");
    check_stem("a $", STEM_VARIABLE, 0, "");
    check_stem("a x$b", STEM_VARIABLE, 0, "b");
    check_stem("a x$b$c", STEM_VARIABLE, 0, "c");
    check_stem("a $b$", STEM_VARIABLE, 0, "");
    check_stem("a ${b}c", STEM_FILE, 0, "${b}c");
    check_stem("a ${{b", STEM_FILE, 0, "${{b");
    check_stem("a $'b", STEM_FILE, '\'', "$b");
    check_stem("a $\\b", STEM_FILE, 0, "$b");
    check_stem("$(l", STEM_COMMAND, 0, "l");
}

TEST(any_bytes_before_the_cursor_have_a_stem)
{
    static const char characters[] = "ab \t'\"\\$${{};&|()<>=/!1_";
    uint64_t state = 11;

    for (int round = 0; round < 200000; round++) {
        char line[24];
        size_t length = check_random(&state) % sizeof(line);
        struct stem stem;

        for (size_t i = 0; i < length; i++) {
            line[i] = characters[check_random(&state) % (sizeof(characters) - 1)];
        }
        CHECK(stem_find(line, length, &stem));
        CHECK(strlen(stem.text) <= length);
        free(stem.text);
    }
}
