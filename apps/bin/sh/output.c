/*
 * The output of builtins. It doesn't go through stdio, so that what could not be written is gone, and nothing of it
 * turns up where standard output leads next.
 */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shell.h"
#include "text.h"

#define FORMATTED_BYTES 160

static struct text pending;

void output_string(const char *string)
{
    text_append_string(&pending, string);
}

void output_bytes(const char *bytes, size_t count)
{
    text_append(&pending, bytes, count);
}

void output_format(const char *format, ...)
{
    char formatted[FORMATTED_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(formatted, sizeof(formatted), format, arguments);
    va_end(arguments);
    output_string(formatted);
}

int output_write(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);

        if (written < 0 && (errno != EINTR || shell_interrupt)) {
            return errno;
        }
        bytes += written > 0 ? written : 0;
        count -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

char *output_take(void)
{
    return text_take(&pending);
}

int output_flush(const char *name, int status)
{
    int error = pending.has_failed ? ENOMEM : output_write(STDOUT_FILENO, pending.data, pending.length);

    text_free(&pending);
    if (error == 0) {
        return status;
    }
    shell_complain("%s: %s", name, strerror(error));
    return status == 0 ? 1 : status;
}
