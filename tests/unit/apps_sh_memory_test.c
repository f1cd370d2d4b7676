/* The editor when memory runs out: it rings, and the line, the history and the screen are as before. */
#include "edit.h"

#include "apps_system.h"
#include "apps_terminal.h"
#include "check.h"
#include "history.h"
#include "key.h"
#include "line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *typed(const char *keys)
{
    fake_terminal_type(keys, strlen(keys), TYPED);
    return edit_line("$ ");
}

static void check_usable(void)
{
    CHECK_STRING(typed("echo $PANDO_TES\t\025\031x\033[A\033[B\177\r"), "echo $PANDO_TEST ");
}

/* @keys with each of their allocations failing once: what comes then is a line, perhaps another one, or a refusal. */
static void fail_everywhere(const char *keys)
{
    bool has_failed = true;

    for (size_t count = 0; has_failed; count++) {
        CHECK(count < 1000);
        fake_terminal_reset(20, 5);
        history_clear();
        history_add("older line");
        history_add("newer line");
        system_fail_after(count);
        const char *line = typed(keys);

        has_failed = system_has_failed();
        CHECK(line != NULL || errno == EMSGSIZE);
        CHECK_EQUAL(fake_terminal_left(), 0);
        CHECK_EQUAL(vt100_cursor_column(), 0);
        CHECK(!has_failed || vt100_bells() > 0);
        check_usable();
    }
}

TEST(every_allocation_of_the_editor_fails_once)
{
    char keys[600];

    setenv("PANDO_TEST", "1", 1);
    setenv("PATH", "/dev/fd/..:/no/such", 1);
    fail_everywhere("abc\r");
    fail_everywhere("abc\033[A\033[A\033[Bx\033[B\r");
    fail_everywhere("abc def\027\027\031\031\r");
    fail_everywhere("abc\022older\022x\177\007\r");
    fail_everywhere("abc\022n\r");
    fail_everywhere("echo $PANDO_TES\t\r");
    fail_everywhere("expor\t\r");
    fail_everywhere("e\t\t\r");
    fail_everywhere("ls /dev/nul\t\r");
    memset(keys, 'x', sizeof(keys));
    memcpy(keys + sizeof(keys) - 10, "\024\177\025\031", 4);
    keys[sizeof(keys) - 2] = '\r';
    keys[sizeof(keys) - 1] = '\0';
    fail_everywhere(keys);
}

TEST(a_line_that_lacks_a_character_is_refused)
{
    fake_terminal_reset(80, 24);
    system_fail_after(0);
    CHECK_STRING(typed("abc\r"), NULL);
    CHECK_EQUAL(errno, EMSGSIZE);
    CHECK(system_has_failed());
    CHECK_EQUAL(vt100_bells(), 1);
}

TEST(what_could_not_be_kept_is_not_killed)
{
    fake_terminal_reset(80, 24);
    CHECK_STRING(typed("warm up\r"), "warm up");
    system_fail_after(0);
    CHECK_STRING(typed("one two\027\r"), "one two");
    CHECK(system_has_failed());
    system_fail_after(0);
    CHECK_STRING(typed("draft\033[A\r"), "draft");
    CHECK(system_has_failed());
}

TEST(a_long_line_gives_its_memory_back)
{
    static char keys[LINE_BYTES_MAX + 2];

    memset(keys, 'x', LINE_BYTES_MAX);
    keys[LINE_BYTES_MAX] = '\r';
    fake_terminal_reset(80, 24);
    fake_terminal_type(keys, LINE_BYTES_MAX + 1, PASTED);
    CHECK_EQUAL(strlen(edit_line("$ ")), LINE_BYTES_MAX);
    /* The first character of the next one takes memory anew. */
    system_fail_after(0);
    CHECK_STRING(typed("ab\r"), NULL);
    CHECK(system_has_failed());
    /* The one after that doesn't. */
    system_fail_after(0);
    CHECK_STRING(typed("ab\r"), "ab");
    CHECK(!system_has_failed());
}
