/*
 * A function is a part of the script that defined it, which it keeps alive. The table has one reference, and each
 * call that runs.
 */
#include "functions.h"

#include <stdlib.h>
#include <string.h>

#include "shell.h"

static struct table table;

bool functions_define(struct script *script, const struct node *node)
{
    struct slice name = node->function.name;
    struct function *function = calloc(1, sizeof(*function));
    char *copy = strndup(script->text.data + name.start, name.end - name.start);

    if (function == NULL || copy == NULL) {
        free(copy);
        free(function);
        shell_out_of_memory();
        return false;
    }
    *function = (struct function){ .entry.name = copy, .references = 1, .script = script, .node = node };
    script_hold(script);
    functions_unset(copy);
    table_add(&table, &function->entry);
    return true;
}

struct function *functions_find(const char *name)
{
    return (struct function *)table_find(&table, name);
}

void functions_hold(struct function *function)
{
    function->references++;
}

void functions_release(struct function *function)
{
    if (--function->references == 0) {
        script_release(function->script);
        free(function->entry.name);
        free(function);
    }
}

void functions_unset(const char *name)
{
    struct function *function = functions_find(name);

    if (function != NULL) {
        table_remove(&table, &function->entry);
        functions_release(function);
    }
}

struct function *functions_next(const struct function *function)
{
    return (struct function *)table_next(&table, function == NULL ? NULL : &function->entry);
}
