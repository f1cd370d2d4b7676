/*
 * read: a line of standard input, split into variables. It reads byte by byte, since what stands behind the line is
 * for others.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"
#include "fields.h"
#include "shell.h"
#include "text.h"
#include "variables.h"

/* A line, with a mark on each byte that a \ stood in front of: such a byte separates nothing. */
struct marked_line {
    struct text bytes;
    struct text marks;
};

/* Returns false at the end of the input, whatever was read before. */
static bool read_byte(char *c)
{
    ssize_t got;

    do {
        got = read(STDIN_FILENO, c, 1);
    } while (got < 0 && errno == EINTR && !shell_is_interrupted());
    return got == 1;
}

static void put(struct marked_line *line, char c, bool is_marked)
{
    if (c != '\0') {
        text_put(&line->bytes, c);
        text_put(&line->marks, is_marked ? '\\' : ' ');
    }
}

/* Returns whether the line had its newline. Without @is_raw a \ takes a newline away. */
static bool read_line(struct marked_line *line, bool is_raw)
{
    char c = '\0';

    while (read_byte(&c) && c != '\n') {
        bool is_escape = c == '\\' && !is_raw;

        if (is_escape && !read_byte(&c)) {
            return false;
        }
        if (!is_escape || c != '\n') {
            put(line, c, is_escape);
        }
        c = '\0';
    }
    return c == '\n';
}

struct splitter {
    const char *bytes;
    const char *marks;
    size_t at;
    size_t end;
};

static bool is_separator(const struct splitter *splitter, size_t at)
{
    return splitter->marks[at] == ' ' && strchr(fields_separators(), splitter->bytes[at]) != NULL;
}

static bool is_blank(const struct splitter *splitter, size_t at)
{
    return is_separator(splitter, at) && strchr(" \t\n", splitter->bytes[at]) != NULL;
}

static void skip_blanks(struct splitter *splitter)
{
    while (splitter->at < splitter->end && is_blank(splitter, splitter->at)) {
        splitter->at++;
    }
}

/* Go behind the next field; returns where it ends. */
static size_t take_field(struct splitter *splitter)
{
    while (splitter->at < splitter->end && !is_separator(splitter, splitter->at)) {
        splitter->at++;
    }
    size_t end = splitter->at;

    skip_blanks(splitter);
    if (splitter->at < splitter->end && is_separator(splitter, splitter->at)) {
        splitter->at++;
        skip_blanks(splitter);
    }
    return end;
}

/* The last variable gets all that is left, but for blanks at its end, and for a separator that only ends it. */
static size_t take_rest(struct splitter *splitter)
{
    struct splitter ahead = *splitter;
    size_t field_end = take_field(&ahead);

    if (ahead.at == ahead.end) {
        return field_end;
    }
    size_t end = splitter->end;

    while (end > splitter->at && is_blank(splitter, end - 1)) {
        end--;
    }
    return end;
}

static bool assign(const struct splitter *splitter, const char *name, size_t start, size_t end)
{
    struct text value = { 0 };

    text_append(&value, splitter->bytes + start, end - start);
    const char *string = text_string(&value);
    bool is_set = string != NULL && variables_set(name, string);

    if (string == NULL) {
        shell_out_of_memory();
    }
    text_free(&value);
    return is_set;
}

static bool assign_all(struct marked_line *line, char **names)
{
    struct splitter splitter = { .bytes = text_string(&line->bytes),
                                 .marks = text_string(&line->marks),
                                 .end = line->bytes.length };

    if (splitter.bytes == NULL || splitter.marks == NULL) {
        shell_out_of_memory();
        return false;
    }
    skip_blanks(&splitter);
    for (; *names != NULL; names++) {
        size_t start = splitter.at;
        size_t end = names[1] == NULL ? take_rest(&splitter) : take_field(&splitter);

        if (!assign(&splitter, *names, start, end)) {
            return false;
        }
    }
    return true;
}

int builtin_read(size_t count, char **arguments)
{
    bool is_raw = count > 1 && strcmp(arguments[1], "-r") == 0;
    char **names = arguments + (is_raw ? 2 : 1);
    struct marked_line line = { 0 };

    for (char **name = names; *name != NULL || name == names; name++) {
        if (*name == NULL || !variables_is_name(*name) || strchr(*name, '=') != NULL) {
            shell_complain("read: %s: not a variable's name", *name == NULL ? "" : *name);
            return STATUS_USAGE;
        }
    }
    bool is_complete = read_line(&line, is_raw);
    bool is_assigned = shell.control == CONTROL_NONE && assign_all(&line, names);

    text_free(&line.bytes);
    text_free(&line.marks);
    if (shell.control != CONTROL_NONE) {
        return shell.status;
    }
    return is_complete && is_assigned ? 0 : 1;
}
