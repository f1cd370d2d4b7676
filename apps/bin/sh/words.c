/*
 * Lists of strings. Invariant: items[count] is NULL, so that items is an argv as soon as something was added.
 */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_COUNT 8

static bool grow(struct words *words)
{
    size_t capacity = words->capacity == 0 ? FIRST_COUNT : 2 * words->capacity;
    char **grown = reallocarray(words->items, capacity, sizeof(*grown));

    if (grown == NULL) {
        return false;
    }
    words->items = grown;
    words->capacity = capacity;
    return true;
}

void words_add(struct words *words, char *word)
{
    bool is_full = words->count + 1 >= words->capacity;

    if (word == NULL || words->has_failed || (is_full && !grow(words))) {
        words->has_failed = true;
        free(word);
        return;
    }
    words->items[words->count++] = word;
    words->items[words->count] = NULL;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

void words_sort(struct words *words, size_t first)
{
    if (words->count > first) {
        qsort(words->items + first, words->count - first, sizeof(*words->items), compare);
    }
}

void words_free(struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        free(words->items[i]);
    }
    free(words->items);
    *words = (struct words){ 0 };
}
