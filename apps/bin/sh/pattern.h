#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Patterns: * ? [...] and \ in front of what stands for itself. What words are expanded to is kept in this form until
 * it is known whether names of files match it, so that quoted characters stay apart from the others.
 *
 * A \ that came out of a variable without quotes is PATTERN_BACKSLASH here: in a pattern it does what \ does, but in
 * what is no pattern, or matches nothing, it is a character like others.
 */
#define PATTERN_BACKSLASH '\1'

/* Whether a \ has to stand in front of @c for it to mean itself. */
bool pattern_is_special(char c);

/* Whether there is something in @pattern that may stand for more than itself; one with neither is a plain string. */
bool pattern_is_active(const char *pattern);

/* Take the \ out, in place: the string that a pattern without anything active stands for. */
void pattern_unescape(char *pattern);

/* Whether @pattern matches all of [start, end). */
bool pattern_matches(const char *pattern, const char *start, const char *end);
