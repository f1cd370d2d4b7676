/*
 * Strings that grow, to twice their size each time: so n bytes cost O(n), however they come.
 *
 * Invariant: length <= capacity; data is NULL exactly while capacity is 0.
 *
 *     struct text text = { 0 };
 *
 *     text_append_string(&text, "a");
 *     text_put(&text, 'b');
 *     char *string = text_take(&text);
 */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 32

static bool reserve(struct text *text, size_t count)
{
    if (text->has_failed) {
        return false;
    }
    if (count <= text->capacity - text->length) {
        return true;
    }
    size_t capacity = text->capacity == 0 ? FIRST_BYTES : text->capacity;

    while (capacity - text->length < count && capacity <= SIZE_MAX / 2) {
        capacity *= 2;
    }
    char *grown = capacity - text->length < count ? NULL : realloc(text->data, capacity);

    if (grown == NULL) {
        text->has_failed = true;
        return false;
    }
    text->data = grown;
    text->capacity = capacity;
    return true;
}

void text_put(struct text *text, char c)
{
    if (reserve(text, 1)) {
        text->data[text->length++] = c;
    }
}

void text_append(struct text *text, const char *bytes, size_t count)
{
    if (count > 0 && reserve(text, count)) {
        memcpy(text->data + text->length, bytes, count);
        text->length += count;
    }
}

void text_append_string(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_append_number(struct text *text, long number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%ld", number);
    text_append_string(text, digits);
}

void text_cut(struct text *text, size_t length)
{
    if (length < text->length) {
        text->length = length;
    }
}

char *text_string(struct text *text)
{
    if (!reserve(text, 1)) {
        return NULL;
    }
    text->data[text->length] = '\0';
    return text->data;
}

char *text_take(struct text *text)
{
    char *string = text_string(text);

    if (string == NULL) {
        free(text->data);
    }
    *text = (struct text){ 0 };
    return string;
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){ 0 };
}
