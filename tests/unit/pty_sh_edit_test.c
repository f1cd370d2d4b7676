/* The shell's editor with apps/bin/sh/tty.c, on a terminal of the host: its settings, its input, its output. */
#define _GNU_SOURCE /* posix_openpt() */
#include "edit.h"

#include "candidates.h"
#include "check.h"
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define OUTPUT_BYTES (1 << 20)

static int master;
static pid_t child;
static int results; /* what the child reports */
static int reports;
/* What the terminal got since it was last expected to get something. */
static char output[OUTPUT_BYTES];
static size_t output_size;

const char *const *builtin_names(void)
{
    static const char *const names[] = { NULL };

    return names;
}

static void report(const char *text)
{
    CHECK_EQUAL(write(reports, text, strlen(text) + 1), (ssize_t)strlen(text) + 1);
}

static void become_child(void (*run)(void))
{
    int slave;

    setsid();
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    CHECK(slave >= 0);
    dup2(slave, STDIN_FILENO);
    dup2(slave, STDOUT_FILENO);
    close(slave);
    close(master);
    run();
    fflush(stdout);
    _exit(0);
}

/* Run @run with its standard input and output on a new terminal. */
static void start(void (*run)(void), unsigned short columns)
{
    struct winsize size = { .ws_col = columns };
    int ends[2];

    master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && pipe(ends) == 0);
    CHECK_EQUAL(ioctl(master, TIOCSWINSZ, &size), 0);
    results = ends[0];
    reports = ends[1];
    output_size = 0;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        become_child(run);
    }
    close(reports);
}

/* Take what the terminal gets. Returns false at its end. */
static bool take_output(void)
{
    ssize_t got = read(master, output + output_size, OUTPUT_BYTES - 1 - output_size);

    output_size += got > 0 ? (size_t)got : 0;
    output[output_size] = '\0';
    return got > 0;
}

/* Wait until the terminal got @text, and forget what came up to there. */
static void expect(const char *text)
{
    const char *found;

    output[output_size] = '\0';
    while ((found = strstr(output, text)) == NULL) {
        if (!take_output()) {
            printf("expected \"%s\", got \"%s\"\n", text, output);
            CHECK(false);
        }
    }
    found += strlen(text);
    output_size -= (size_t)(found - output);
    memmove(output, found, output_size);
}

/* Type keys, taking what comes meanwhile. */
static void type_bytes(const char *keys, size_t size)
{
    while (size > 0) {
        struct pollfd poller = { .fd = master, .events = POLLIN | POLLOUT };

        CHECK(poll(&poller, 1, -1) == 1);
        if (poller.revents & POLLIN) {
            take_output();
        } else {
            ssize_t sent = write(master, keys, size > 1000 ? 1000 : size);

            CHECK(sent > 0);
            keys += sent;
            size -= (size_t)sent;
        }
    }
}

static void type(const char *keys)
{
    type_bytes(keys, strlen(keys));
}

/* The child's next report. Meanwhile it may fill the terminal. */
static const char *result(void)
{
    static char text[LINE_BYTES_MAX + 64];
    size_t size = 0;

    do {
        struct pollfd pollers[] = { { .fd = results, .events = POLLIN }, { .fd = master, .events = POLLIN } };

        CHECK(poll(pollers, 2, -1) > 0);
        if (pollers[0].revents == 0) {
            take_output();
            continue;
        }
        CHECK_EQUAL(read(results, text + size, 1), 1);
        size++;
    } while (size == 0 || text[size - 1] != '\0');
    return text;
}

static void finish(void)
{
    int status;

    while (take_output()) {
    }
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
}

/* Ctrl-D is the driver's between two lines, and lost when it comes there; so they end by a word, too. */
static void edit_until_the_end(void)
{
    const char *line;

    while ((line = edit_line("$ ")) != NULL || errno == EINTR) {
        if (line != NULL && strcmp(line, "exit") == 0) {
            break;
        }
        report(line != NULL ? line : "interrupted");
    }
    report("end");
}

TEST(lines_are_edited_on_a_real_terminal)
{
    start(edit_until_the_end, 80);
    expect("$ ");
    type("hallo\033[D\033[D\033[D\033[D\177\177he\005!\r");
    CHECK_STRING(result(), "heallo!");
    expect("$ ");
    type("x\003");
    CHECK_STRING(result(), "interrupted");
    expect("^C\r\n$ ");
    type("\033[A\r");
    CHECK_STRING(result(), "heallo!");
    expect("heallo!\r\n$ ");
    type("\004");
    CHECK_STRING(result(), "end");
    finish();
    CHECK_STRING(output, "\r\n");
}

TEST(a_character_sends_just_itself)
{
    start(edit_until_the_end, 80);
    expect("$ ");
    for (const char *key = "abc"; *key != '\0'; key++) {
        char text[2] = { *key };

        type(text);
        expect(text);
        CHECK_EQUAL(output_size, 0);
    }
    type("\rexit\r");
    CHECK_STRING(result(), "abc");
    finish();
}

TEST(the_width_is_the_terminals_and_80_where_it_is_not_known)
{
    start(edit_until_the_end, 10);
    expect("$ ");
    type("0123456789\rexit\r");
    expect("01234567\r\n89\r\n");
    finish();
    start(edit_until_the_end, 0);
    expect("$ ");
    type("0123456789012345678901234567890123456789012345678901234567890123456789012345678901\rexit\r");
    expect("345678901234567\r\n8901\r\n");
    finish();
}

static void compare_settings(void)
{
    struct termios before, during, after;

    tcgetattr(STDIN_FILENO, &before);
    edit_line("$ ");
    tcgetattr(STDIN_FILENO, &after);
    report(memcmp(&before, &after, sizeof(before)) == 0 ? "equal" : "changed");
    during = before;
    during.c_oflag &= ~(tcflag_t)OPOST;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &during);
    edit_line("% ");
    tcgetattr(STDIN_FILENO, &after);
    report(memcmp(&during, &after, sizeof(during)) == 0 ? "equal" : "changed");
}

TEST(the_settings_of_the_terminal_are_restored)
{
    start(compare_settings, 80);
    expect("$ ");
    type("x\r");
    CHECK_STRING(result(), "equal");
    expect("% ");
    type("y\r");
    CHECK_STRING(result(), "equal");
    /* Newlines became returns meanwhile, although they did not before. */
    expect("y\r\n");
    finish();
}

static void edit_and_read(void)
{
    char rest[64];

    report(edit_line("$ "));
    ssize_t got = read(STDIN_FILENO, rest, sizeof(rest) - 1);

    rest[got > 0 ? got : 0] = '\0';
    rest[strcspn(rest, "\r\n")] = '\0';
    report(rest);
}

TEST(what_is_pasted_behind_a_line_is_left_to_the_program)
{
    start(edit_and_read, 80);
    expect("$ ");
    type("wc\rfor wc\r");
    CHECK_STRING(result(), "wc");
    CHECK_STRING(result(), "for wc");
    finish();
}

TEST(what_was_typed_ahead_is_taken)
{
    start(edit_until_the_end, 80);
    /* Perhaps before raw mode, when Enter still comes as a newline. */
    type("one\rtwo\rthree\r");
    CHECK_STRING(result(), "one");
    CHECK_STRING(result(), "two");
    CHECK_STRING(result(), "three");
    type("exit\r");
    CHECK_STRING(result(), "end");
    finish();
}

TEST(a_pasted_line_of_64_kib_arrives_whole)
{
    static char line[LINE_BYTES_MAX + 2];

    for (size_t i = 0; i < LINE_BYTES_MAX; i++) {
        line[i] = (char)('a' + i % 23);
    }
    line[LINE_BYTES_MAX] = '\r';
    start(edit_until_the_end, 80);
    expect("$ ");
    type_bytes(line, LINE_BYTES_MAX + 1);
    line[LINE_BYTES_MAX] = '\0';
    CHECK_STRING(result(), line);
    type("next\rexit\r");
    CHECK_STRING(result(), "next");
    CHECK_STRING(result(), "end");
    finish();
}

TEST(many_pasted_lines_arrive_in_order)
{
    char keys[32];

    start(edit_until_the_end, 80);
    expect("$ ");
    for (int i = 0; i < 500; i++) {
        snprintf(keys, sizeof(keys), "echo line %d\r", i);
        type(keys);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(keys, sizeof(keys), "echo line %d", i);
        CHECK_STRING(result(), keys);
    }
    type("exit\r");
    CHECK_STRING(result(), "end");
    finish();
}

TEST(random_bytes_neither_end_nor_stop_the_editor)
{
    static char keys[1 << 16];
    uint64_t state = 5;

    for (size_t i = 0; i < sizeof(keys); i++) {
        char byte = (char)check_random(&state);

        /* No end of the line or of the input, and no second Tab for a list of all programs. */
        keys[i] = byte == '\r' || byte == '\n' || byte == 3 || byte == 4 || byte == '\t' ? '.' : byte;
    }
    start(edit_until_the_end, 80);
    expect("$ ");
    type_bytes(keys, sizeof(keys));
    type("\r\025after\rexit\r");
    CHECK(strlen(result()) > 0);
    CHECK_STRING(result(), "after");
    CHECK_STRING(result(), "end");
    finish();
}

TEST(a_terminal_that_hangs_up_is_the_end_of_input)
{
    int status;

    start(edit_until_the_end, 80);
    expect("$ ");
    type("half");
    expect("half");
    close(master);
    master = -1;
    CHECK_STRING(result(), "end");
    CHECK_EQUAL(waitpid(child, &status, 0), child);
}
