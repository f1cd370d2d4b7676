#pragma once

#include <stddef.h>

/*
 * What builtins print: it is kept, and written to standard output at once when the builtin has ended.
 */
void output_string(const char *string);
void output_bytes(const char *bytes, size_t count);
void output_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Write it. Returns @status, the status of the builtin @name, or 1 after a complaint when that was 0 and not all could
 * be written.
 */
int output_flush(const char *name, int status);

/* Take it instead; the caller frees it. NULL: memory was short. */
char *output_take(void);

/* Write @count bytes to @fd. Returns 0 or an error number. */
int output_write(int fd, const char *bytes, size_t count);
