#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A string that grows. Once memory was short it takes no more, and says so at the end: callers check once.
 * A zeroed one is empty.
 */
struct text {
    char *data; /* not NUL-terminated; NULL while nothing was put */
    size_t length;
    size_t capacity;
    bool has_failed;
};

void text_put(struct text *text, char c);
void text_append(struct text *text, const char *bytes, size_t count);
void text_append_string(struct text *text, const char *string);
void text_append_number(struct text *text, long number);

/* Cut it to its first @length bytes. */
void text_cut(struct text *text, size_t length);

/* What was put, with a NUL behind it that doesn't count. Borrows it until the next put. NULL: memory was short. */
char *text_string(struct text *text);

/* As text_string(), but the caller frees it, and @text is empty again. On NULL too. */
char *text_take(struct text *text);

void text_free(struct text *text);
