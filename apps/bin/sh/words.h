#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A list of strings that grows, laid out as argv wants it. Once memory was short it takes no more. A zeroed one is
 * empty.
 */
struct words {
    char **items; /* owned, with a NULL behind the last; NULL itself while nothing was added */
    size_t count;
    size_t capacity;
    bool has_failed;
};

/* Consumes @word. NULL counts as memory that was short. */
void words_add(struct words *words, char *word);

/* Sort what was added from index @first on, by bytes. */
void words_sort(struct words *words, size_t first);

/* Free all strings and the list, which is empty then. */
void words_free(struct words *words);
