/*
 * Keys for the shell's editor, on terminals of all sizes. The model of a terminal refuses what may not be sent; lines
 * have only what a line may have; and they don't depend on whether the keys came one by one or all at once.
 */
#include "edit.h"

#include "apps_system.h"
#include "apps_terminal.h"
#include "history.h"
#include "line.h"
#include "utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Leaves something to be yanked, the same in each run. */
static const char prelude[] = "killed\025\r";

static char *lines;
static size_t lines_size;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    setenv("PATH", ".", 1);
    return 0;
}

static void check_line(const char *line)
{
    assert(strlen(line) <= LINE_BYTES_MAX);
    while (*line != '\0') {
        size_t size = *line == '\t' ? 1 : utf8_size(line, strlen(line));

        assert(size > 0);
        line += size;
    }
}

static void check_cursor(void)
{
    assert(!vt100_is_pending());
}

static void keep(const char *line)
{
    size_t size = strlen(line) + 1;

    lines = realloc(lines, lines_size + size);
    memcpy(lines + lines_size, line, size);
    lines_size += size;
}

/* All lines that the keys make, in @lines. */
static void run(const uint8_t *keys, size_t size, size_t columns, size_t rows, enum typing typing)
{
    const char *line;

    history_clear();
    fake_terminal_reset(columns, rows);
    fake_terminal_on_wait(check_cursor);
    fake_terminal_type(prelude, sizeof(prelude) - 1, PASTED);
    edit_line("$ ");
    fake_terminal_type((const char *)keys, size, typing);
    /* A folder of a few names, which don't change from one run to the next; the fuzzer itself opens others. */
    system_open_only("/");
    lines_size = 0;
    do {
        line = edit_line("prompt> ");
        check_cursor();
        assert(vt100_cursor_column() == 0 && !fake_terminal_is_raw());
        if (line != NULL) {
            check_line(line);
        }
        keep(line != NULL ? line : errno == EINTR ? "\003" : "\004");
    } while (fake_terminal_left() > 0);
    system_open_only(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t columns = data[0] % 100 + 1;
    size_t rows = data[1] % 30 + 1;

    run(data + 2, size - 2, columns, rows, TYPED);
    char *typed = lines;
    size_t typed_size = lines_size;

    lines = NULL;
    run(data + 2, size - 2, columns, rows, data[0] < 128 ? PASTED : STUTTERED);
    assert(lines_size == typed_size && memcmp(lines, typed, typed_size) == 0);
    free(typed);
    return 0;
}
