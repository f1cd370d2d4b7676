#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The frame of the host's unit tests: check.c has main().
 *
 *     TEST(a_removed_node_is_in_no_list)
 *     {
 *         CHECK(list_is_empty(&list));
 *         CHECK_EQUAL(count, 3);
 *     }
 *
 * A test's name is the rule that it proves. Every TEST in the file runs, in the order of the file, each in a process
 * of its own: one that crashes, leaks or hangs fails alone, and none sees what another left behind. Started with names
 * as arguments the program runs just those, in its own process (for a debugger).
 */
#define TEST(name) \
    static void name(void); \
    static struct check_test check_##name = { .title = #name, .run = (name) }; \
    __attribute__((constructor)) static void check_add_##name(void) \
    { \
        check_add(&check_##name); \
    } \
    static void name(void)

/* A condition that must hold; the test ends here when it does not. */
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            check_fail(__FILE__, __LINE__, #condition); \
        } \
    } while (0)

/* Two integers (or pointers cast to them) that must be equal; a failure shows both. */
#define CHECK_EQUAL(actual, wanted) \
    check_equal(__FILE__, __LINE__, #actual " == " #wanted, (int64_t)(actual), (int64_t)(wanted))

/* Two strings that must be equal, or both NULL. */
#define CHECK_STRING(actual, wanted) check_string(__FILE__, __LINE__, #actual, (actual), (wanted))

/*
 * The statement must end in panic(), with @text in its message (as printed on standard error). It runs in a process
 * of its own, so nothing that it changes is seen afterwards.
 */
#define CHECK_PANICS(statement, text) \
    do { \
        if (check_fork()) { \
            statement; \
            check_survived(); \
        } \
        check_panicked(__FILE__, __LINE__, #statement, text); \
    } while (0)

/*
 * The test that runs is to run so many times, with CHECK_VARIANT 0, 1 ... in the environment: what that means is for
 * the caller to say.
 */
void check_want_variants(unsigned count);

/*
 * Call @say before this test's process ends because of a CHECK, a panic or a sanitizer: to print what the test was
 * doing, and how to repeat it.
 */
void check_on_failure(void (*say)(void));

struct check_test {
    const char *title;
    void (*run)(void);
    struct check_test *next;
};

void check_add(struct check_test *test);
_Noreturn void check_fail(const char *file, int line, const char *what);
void check_equal(const char *file, int line, const char *what, int64_t actual, int64_t wanted);
void check_string(const char *file, int line, const char *what, const char *actual, const char *wanted);
bool check_fork(void);
_Noreturn void check_survived(void);
void check_panicked(const char *file, int line, const char *what, const char *text);

/* Pseudo-random numbers, the same in every run for the same seed: xorshift64*. */
static inline uint64_t check_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}
