/*
 * test and [: what an expression of words says. Of up to four words POSIX lays down what they mean by their number,
 * so that a word that looks like an operator may be an operand; more are read by the grammar
 *
 *     or      and { -o and }
 *     and     not { -a not }
 *     not     {!} primary
 *     primary ( or ) | unary operator word | word binary operator word | word
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"
#include "shell.h"

struct expression {
    char **at;
    char **end;
    bool has_failed;
};

static bool test_or(struct expression *e);

static bool fail(struct expression *e, const char *word, const char *why)
{
    if (!e->has_failed && shell.control == CONTROL_NONE) {
        shell_complain("test: %s: %s", word, why);
    }
    e->has_failed = true;
    return false;
}

static size_t left(const struct expression *e)
{
    return (size_t)(e->end - e->at);
}

/* --- Operators */

static bool is_terminal(struct expression *e, const char *word)
{
    long fd;

    if (!builtin_number("test", word, &fd)) {
        e->has_failed = true;
        return false;
    }
    return fd >= 0 && fd < 1024 && isatty((int)fd);
}

static bool is_of_kind(const char *path, mode_t kind)
{
    struct stat status;

    return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

static bool is_link(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static bool has_content(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_size > 0;
}

static bool is_unary(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && word[2] == '\0' && strchr("bcdefhLnprstwxz", word[1]) != NULL;
}

static bool apply_unary(struct expression *e, char operation, const char *word)
{
    switch (operation) {
    case 'n':
        return word[0] != '\0';
    case 'z':
        return word[0] == '\0';
    case 't':
        return is_terminal(e, word);
    case 'b':
        return is_of_kind(word, S_IFBLK);
    case 'c':
        return is_of_kind(word, S_IFCHR);
    case 'd':
        return is_of_kind(word, S_IFDIR);
    case 'f':
        return is_of_kind(word, S_IFREG);
    case 'p':
        return is_of_kind(word, S_IFIFO);
    case 'h':
    case 'L':
        return is_link(word);
    case 's':
        return has_content(word);
    case 'r':
        return access(word, R_OK) == 0;
    case 'w':
        return access(word, W_OK) == 0;
    case 'x':
        return access(word, X_OK) == 0;
    default:
        return access(word, F_OK) == 0;
    }
}

enum comparison {
    COMPARE_SAME,
    COMPARE_OTHER,
    COMPARE_BEFORE,
    COMPARE_BEHIND,
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_EQUAL,
    COMPARE_NEWER,
    COMPARE_OLDER,
    COMPARE_SAME_FILE,
    COMPARE_NONE,
};

static enum comparison find_comparison(const char *word)
{
    static const char names[][4] = {
        [COMPARE_SAME] = "=",        [COMPARE_OTHER] = "!=",
        [COMPARE_BEFORE] = "<",      [COMPARE_BEHIND] = ">",
        [COMPARE_EQUAL] = "-eq",     [COMPARE_UNEQUAL] = "-ne",
        [COMPARE_LESS] = "-lt",      [COMPARE_LESS_EQUAL] = "-le",
        [COMPARE_GREATER] = "-gt",   [COMPARE_GREATER_EQUAL] = "-ge",
        [COMPARE_NEWER] = "-nt",     [COMPARE_OLDER] = "-ot",
        [COMPARE_SAME_FILE] = "-ef",
    };
    unsigned i = 0;

    while (i < COMPARE_NONE && strcmp(names[i], word) != 0) {
        i++;
    }
    return (enum comparison)i;
}

static bool compare_numbers(struct expression *e, const char *left_word, enum comparison comparison,
                            const char *right_word)
{
    long a, b;

    if (!builtin_number("test", left_word, &a) || !builtin_number("test", right_word, &b)) {
        e->has_failed = true;
        return false;
    }
    switch (comparison) {
    case COMPARE_EQUAL:
        return a == b;
    case COMPARE_UNEQUAL:
        return a != b;
    case COMPARE_LESS:
        return a < b;
    case COMPARE_LESS_EQUAL:
        return a <= b;
    case COMPARE_GREATER:
        return a > b;
    default:
        return a >= b;
    }
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
                                                  : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static bool compare_files(const char *left_path, enum comparison comparison, const char *right_path)
{
    struct stat a, b;
    bool has_a = stat(left_path, &a) == 0;
    bool has_b = stat(right_path, &b) == 0;

    if (comparison == COMPARE_SAME_FILE) {
        return has_a && has_b && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    }
    if (comparison == COMPARE_NEWER) {
        return has_a && (!has_b || is_newer(&a, &b));
    }
    return has_b && (!has_a || is_newer(&b, &a));
}

static bool compare(struct expression *e, const char *left_word, enum comparison comparison, const char *right_word)
{
    switch (comparison) {
    case COMPARE_SAME:
        return strcmp(left_word, right_word) == 0;
    case COMPARE_OTHER:
        return strcmp(left_word, right_word) != 0;
    case COMPARE_BEFORE:
        return strcmp(left_word, right_word) < 0;
    case COMPARE_BEHIND:
        return strcmp(left_word, right_word) > 0;
    case COMPARE_NEWER:
    case COMPARE_OLDER:
    case COMPARE_SAME_FILE:
        return compare_files(left_word, comparison, right_word);
    default:
        return compare_numbers(e, left_word, comparison, right_word);
    }
}

/* --- The grammar */

static bool accept(struct expression *e, const char *word)
{
    if (left(e) == 0 || strcmp(*e->at, word) != 0) {
        return false;
    }
    e->at++;
    return true;
}

static bool primary(struct expression *e)
{
    if (left(e) == 0) {
        return fail(e, e->end[-1], "a word is missing behind it");
    }
    const char *first = *e->at++;

    if (left(e) >= 2 && find_comparison(*e->at) != COMPARE_NONE) {
        enum comparison comparison = find_comparison(*e->at);

        e->at += 2;
        return compare(e, first, comparison, e->at[-1]);
    }
    if (strcmp(first, "(") == 0 && left(e) > 0) {
        bool value = shell_is_too_deep() ? fail(e, first, "nested too deeply") : test_or(e);

        return accept(e, ")") ? value : fail(e, first, "without )");
    }
    if (is_unary(first) && left(e) > 0) {
        return apply_unary(e, first[1], *e->at++);
    }
    return first[0] != '\0';
}

static bool not(struct expression * e)
{
    bool is_negated = false;

    while (left(e) > 1 && strcmp(*e->at, "!") == 0) {
        is_negated = !is_negated;
        e->at++;
    }
    return primary(e) != is_negated;
}

static bool test_and(struct expression *e)
{
    bool value = not(e);

    while (accept(e, "-a")) {
        bool right = not(e);

        value = value && right;
    }
    return value;
}

static bool test_or(struct expression *e)
{
    bool value = test_and(e);

    while (accept(e, "-o")) {
        bool right = test_and(e);

        value = value || right;
    }
    return value;
}

/* --- By the number of words */

static bool test_two(struct expression *e, char **words)
{
    if (strcmp(words[0], "!") == 0) {
        return words[1][0] == '\0';
    }
    if (is_unary(words[0])) {
        return apply_unary(e, words[0][1], words[1]);
    }
    return fail(e, words[0], "not an operator");
}

static bool test_three(struct expression *e, char **words)
{
    enum comparison comparison = find_comparison(words[1]);

    if (comparison != COMPARE_NONE) {
        return compare(e, words[0], comparison, words[2]);
    }
    if (strcmp(words[1], "-a") == 0) {
        return words[0][0] != '\0' && words[2][0] != '\0';
    }
    if (strcmp(words[1], "-o") == 0) {
        return words[0][0] != '\0' || words[2][0] != '\0';
    }
    if (strcmp(words[0], "!") == 0) {
        return !test_two(e, words + 1);
    }
    if (strcmp(words[0], "(") == 0 && strcmp(words[2], ")") == 0) {
        return words[1][0] != '\0';
    }
    return fail(e, words[1], "not an operator");
}

static bool test_words(struct expression *e, size_t count, char **words)
{
    if (count == 0) {
        return false;
    }
    if (count == 1) {
        return words[0][0] != '\0';
    }
    if (count == 2) {
        return test_two(e, words);
    }
    if (count == 3) {
        return test_three(e, words);
    }
    if (count == 4 && strcmp(words[0], "!") == 0) {
        return !test_three(e, words + 1);
    }
    bool value = test_or(e);

    return left(e) == 0 ? value : fail(e, *e->at, "not expected");
}

int builtin_test(size_t count, char **arguments)
{
    bool has_bracket = strcmp(arguments[0], "[") == 0;

    if (has_bracket && strcmp(arguments[count - 1], "]") != 0) {
        shell_complain("[: ] is missing");
        return STATUS_USAGE;
    }
    count -= has_bracket;
    struct expression e = { .at = arguments + 1, .end = arguments + count };
    bool value = test_words(&e, count - 1, arguments + 1);

    return e.has_failed ? STATUS_USAGE : !value;
}
