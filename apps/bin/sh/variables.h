#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "table.h"
#include "text.h"

/*
 * Variables, and the environment that programs get.
 */
struct variable {
    struct table_entry entry;
    char *string; /* "name=value"; NULL: it is unset, but may be marked for export */
    bool is_exported;
};

/* A variable as it was, for variables_restore(). */
struct variable_save {
    struct variable_save *next;
    struct variable *variable; /* NULL: there was none */
    char name[];
};

/* Take over what the program that started this one exported; words that are no assignments are dropped. */
void variables_import(char *const environment[]);

/* The value, or NULL. Borrowed until the variable changes. */
const char *variables_get(const char *name);

/* Whether @string is a variable's name, up to its end or to a '='. */
bool variables_is_name(const char *string);

/* All three complain when memory is short, leave what runs, and return false; then nothing has changed. */
bool variables_set(const char *name, const char *value);
bool variables_export(const char *name);
bool variables_assign(const char *assignment); /* "name=value" */

void variables_unset(const char *name);

/*
 * Save a variable in front of @saves; it is unset then. Returns false when memory is short, which has been complained
 * about. variables_restore() puts all of them back and frees them, the newest first.
 */
bool variables_save(struct variable_save **saves, const char *name);
void variables_restore(struct variable_save *saves);

/* "name=value" of all that is exported, ended by NULL; the caller frees the array only. NULL: no memory. */
char **variables_environment(void);

/* All variables that have a value or are exported, by name, ended by NULL; the caller frees it. NULL: no memory. */
const struct variable **variables_list(void);

/* Append @value in the quotes that a shell needs to read it as one word. */
void variables_quote(struct text *text, const char *value);
