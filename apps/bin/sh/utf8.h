#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * UTF-8 as the editor takes it: each printable character is one cell of the screen.
 */

#define UTF8_SIZE_MAX 4

/*
 * The bytes of the printable character at the start of @bytes, of which there are @size; 0 if there is none: a control
 * character (of either set), a sequence that is cut, overlong or a surrogate, or nothing at all.
 */
size_t utf8_size(const char *bytes, size_t size);

/* How many bytes a character that starts with @first has; 0 if none does. */
size_t utf8_size_by_first(char first);

/* Whether a byte is one behind the first of its character. */
bool utf8_is_continuation(char byte);

/* The number of characters in @size bytes of whole ones. */
size_t utf8_count(const char *bytes, size_t size);

/* Whether @string is made of printable characters alone. */
bool utf8_is_printable(const char *string);
