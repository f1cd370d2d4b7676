#pragma once

#include <stdbool.h>

#include "script.h"
#include "table.h"

/*
 * Functions that scripts have defined.
 */
struct function {
    struct table_entry entry;
    unsigned references; /* of the table and of those who call it */
    struct script *script; /* that it is defined in, held */
    const struct node *node; /* its definition there */
};

/* Define what @node, a NODE_FUNCTION, says. Complains when memory is short, and returns false: nothing has changed. */
bool functions_define(struct script *script, const struct node *node);

/* The function of that name, or NULL. */
struct function *functions_find(const char *name);

/* To keep a function while it runs, since it may be replaced by itself. */
void functions_hold(struct function *function);
void functions_release(struct function *function);

/* Forget the function of that name, if there is one. */
void functions_unset(const char *name);

/* The function behind @function in no particular order, with NULL the first one. Returns NULL behind the last. */
struct function *functions_next(const struct function *function);
