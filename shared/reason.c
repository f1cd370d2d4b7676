/*
 * Reasons in words: formatted once, where a check fails, into the buffer of whoever asked.
 */
#include "reason.h"

#include <stdarg.h>
#include <stdio.h>

int reason_give(struct reason *reason, int error, const char *format, ...)
{
    if (reason != NULL) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(reason->text, sizeof(reason->text), format, arguments);
        va_end(arguments);
    }
    return error;
}
