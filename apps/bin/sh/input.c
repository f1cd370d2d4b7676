/*
 * Lines of commands. A file is read through a buffer in blocks; standard input byte by byte, since the commands that
 * it has may read it too, and are to find what stands behind them.
 */
#include "input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "edit.h"
#include "shell.h"

#define PROMPT "pando$ "
#define PROMPT_MORE "> "

void input_from_string(struct input *input, const char *string)
{
    *input = (struct input){ .kind = INPUT_STRING, .next = string };
}

void input_from_file(struct input *input, int fd, const char *name, enum input_sharing sharing)
{
    *input = (struct input){ .kind = INPUT_FILE, .name = name, .fd = fd };
    input->read_bytes = sharing == INPUT_SHARED ? 1 : INPUT_BUFFER_BYTES;
}

void input_from_terminal(struct input *input)
{
    *input = (struct input){ .kind = INPUT_TERMINAL };
}

static enum input_result string_line(struct input *input, struct text *text)
{
    size_t length = strcspn(input->next, "\n");

    if (input->next[length] == '\n') {
        length++;
    }
    text_append(text, input->next, length);
    input->next += length;
    return length > 0 ? INPUT_LINE : INPUT_END;
}

static bool fill(struct input *input)
{
    ssize_t got;

    do {
        got = read(input->fd, input->buffer, input->read_bytes);
    } while (got < 0 && errno == EINTR && !shell_interrupt);
    input->error = got < 0 ? errno : 0;
    input->used = 0;
    input->filled = got > 0 ? (size_t)got : 0;
    return got > 0;
}

static enum input_result file_line(struct input *input, struct text *text)
{
    bool has_read = false;

    while (input->used < input->filled || fill(input)) {
        char c = input->buffer[input->used++];

        has_read = true;
        if (c != '\0') {
            text_put(text, c);
        }
        if (c == '\n') {
            break;
        }
    }
    return has_read ? INPUT_LINE : INPUT_END;
}

static enum input_result terminal_line(struct input *input, struct text *text)
{
    errno = 0;
    const char *line = edit_line(input->line_count == 0 ? PROMPT : PROMPT_MORE);

    if (line == NULL && errno == EMSGSIZE) {
        shell_complain("there was no room for all of the line");
        return INPUT_INTERRUPTED;
    }
    if (line == NULL) {
        return errno == EINTR ? INPUT_INTERRUPTED : INPUT_END;
    }
    text_append_string(text, line);
    text_put(text, '\n');
    return INPUT_LINE;
}

enum input_result input_line(struct input *input, struct text *text)
{
    enum input_result result;

    if (input->kind == INPUT_STRING) {
        result = string_line(input, text);
    } else if (input->kind == INPUT_FILE) {
        result = file_line(input, text);
    } else {
        result = terminal_line(input, text);
    }
    input->line_count += result == INPUT_LINE;
    return result;
}

void input_start_command(struct input *input)
{
    if (input->kind == INPUT_TERMINAL) {
        input->line_count = 0;
    }
}

bool input_is_binary(struct input *input)
{
    return fill(input) && memchr(input->buffer, '\0', input->filled) != NULL;
}
