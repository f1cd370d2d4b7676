/*
 * <err.h>. The program's name is the last part of what it was started as: see libc_program_name().
 */
#include <err.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libc.h"

/* @error 0: there are no words for it. */
static void print(int error, const char *format, va_list arguments)
{
    fprintf(stderr, "%s: ", libc_program_name());
    if (format != NULL) {
        vfprintf(stderr, format, arguments);
    }
    if (error != 0) {
        fprintf(stderr, "%s%s", format != NULL ? ": " : "", strerror(error));
    }
    fputc('\n', stderr);
}

void vwarn(const char *format, va_list arguments)
{
    print(errno, format, arguments);
}

void vwarnx(const char *format, va_list arguments)
{
    print(0, format, arguments);
}

void verr(int status, const char *format, va_list arguments)
{
    print(errno, format, arguments);
    exit(status);
}

void verrx(int status, const char *format, va_list arguments)
{
    print(0, format, arguments);
    exit(status);
}

void warn(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vwarn(format, arguments);
    va_end(arguments);
}

void warnx(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vwarnx(format, arguments);
    va_end(arguments);
}

void err(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    verr(status, format, arguments);
    /* cppcheck-suppress va_end_missing ; it does not return */
}

void errx(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    verrx(status, format, arguments);
    /* cppcheck-suppress va_end_missing ; it does not return */
}
