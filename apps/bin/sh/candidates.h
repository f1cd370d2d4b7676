#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stem.h"

/*
 * What a stem can be completed to: names without what leads to them (a file's folder, a variable's $), sorted, each
 * once. A folder has its slash. Names that a line can't hold, with control characters or not of UTF-8, are left out.
 */
struct candidates {
    char **names;
    size_t count;
    size_t capacity;
    size_t stem_length; /* bytes that all names start with, as they were typed */
    bool has_failed; /* memory was short */
};

/* Returns false when memory was short. candidates_free() in either case. */
bool candidates_find(const struct stem *stem, struct candidates *candidates);
void candidates_free(struct candidates *candidates);

/* How many bytes (of whole characters) all names have in common at the start. There is at least one. */
size_t candidates_common_length(const struct candidates *candidates);

/* The shell's builtins, for them; the shell provides this. Ends with NULL. */
const char *const *builtin_names(void);
