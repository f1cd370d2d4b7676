/*
 * The variables of this shell. They are its only environment: what the C library keeps as environ is read once.
 *
 * Invariants: string, where there is one, starts with the name and a '='. A variable that is saved is in no table.
 */
#include "variables.h"

#include <stdlib.h>
#include <string.h>

#include "lex.h"
#include "shell.h"

static struct table table;

static struct variable *find(const char *name)
{
    return (struct variable *)table_find(&table, name);
}

static struct variable *add(const char *name)
{
    struct variable *variable = calloc(1, sizeof(*variable));
    char *copy = strdup(name);

    if (variable == NULL || copy == NULL) {
        free(copy);
        free(variable);
        return NULL;
    }
    variable->entry.name = copy;
    table_add(&table, &variable->entry);
    return variable;
}

static void discard(struct variable *variable)
{
    table_remove(&table, &variable->entry);
    free(variable->entry.name);
    free(variable->string);
    free(variable);
}

static const char *value_of(const struct variable *variable)
{
    return variable == NULL || variable->string == NULL ? NULL : variable->string + strlen(variable->entry.name) + 1;
}

const char *variables_get(const char *name)
{
    return value_of(find(name));
}

bool variables_is_name(const char *string)
{
    const char *behind = lex_name_end(string, string + strlen(string));

    return behind > string && (*behind == '\0' || *behind == '=');
}

bool variables_set(const char *name, const char *value)
{
    struct text text = { 0 };

    text_append_string(&text, name);
    text_put(&text, '=');
    text_append_string(&text, value);
    char *string = text_take(&text);
    struct variable *variable = find(name);

    if (variable == NULL && string != NULL) {
        variable = add(name);
    }
    if (variable == NULL || string == NULL) {
        free(string);
        shell_out_of_memory();
        return false;
    }
    free(variable->string);
    variable->string = string;
    return true;
}

bool variables_assign(const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char *name = strndup(assignment, (size_t)(equals - assignment));

    if (name == NULL) {
        shell_out_of_memory();
        return false;
    }
    bool is_set = variables_set(name, equals + 1);

    free(name);
    return is_set;
}

bool variables_export(const char *name)
{
    struct variable *variable = find(name);

    if (variable == NULL) {
        variable = add(name);
    }
    if (variable == NULL) {
        shell_out_of_memory();
        return false;
    }
    variable->is_exported = true;
    return true;
}

void variables_unset(const char *name)
{
    struct variable *variable = find(name);

    if (variable != NULL) {
        discard(variable);
    }
}

void variables_import(char *const environment[])
{
    for (; environment != NULL && *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');

        if (equals != NULL && variables_is_name(*environment) && variables_assign(*environment)) {
            char *name = strndup(*environment, (size_t)(equals - *environment));

            if (name != NULL) {
                variables_export(name);
            }
            free(name);
        }
    }
}

bool variables_save(struct variable_save **saves, const char *name)
{
    struct variable_save *save = malloc(sizeof(*save) + strlen(name) + 1);
    struct variable *old = find(name);

    if (old != NULL) {
        table_remove(&table, &old->entry);
    }
    struct variable *fresh = save == NULL ? NULL : add(name);

    if (fresh == NULL) {
        if (old != NULL) {
            table_add(&table, &old->entry);
        }
        free(save);
        shell_out_of_memory();
        return false;
    }
    fresh->is_exported = old != NULL && old->is_exported;
    *save = (struct variable_save){ .next = *saves, .variable = old };
    strcpy(save->name, name);
    *saves = save;
    return true;
}

void variables_restore(struct variable_save *saves)
{
    while (saves != NULL) {
        struct variable_save *next = saves->next;

        variables_unset(saves->name);
        if (saves->variable != NULL) {
            table_add(&table, &saves->variable->entry);
        }
        free(saves);
        saves = next;
    }
}

static size_t count(void)
{
    size_t counted = 0;

    for (const struct table_entry *entry = table_next(&table, NULL); entry != NULL; entry = table_next(&table, entry)) {
        counted++;
    }
    return counted;
}

char **variables_environment(void)
{
    char **environment = calloc(count() + 1, sizeof(*environment));
    size_t filled = 0;

    if (environment == NULL) {
        return NULL;
    }
    for (struct table_entry *entry = table_next(&table, NULL); entry != NULL; entry = table_next(&table, entry)) {
        const struct variable *variable = (const struct variable *)entry;

        if (variable->is_exported && variable->string != NULL) {
            environment[filled++] = variable->string;
        }
    }
    return environment;
}

static int compare(const void *left, const void *right)
{
    return strcmp((*(const struct variable *const *)left)->entry.name,
                  (*(const struct variable *const *)right)->entry.name);
}

const struct variable **variables_list(void)
{
    size_t filled = 0;
    const struct variable **list = calloc(count() + 1, sizeof(*list));

    if (list == NULL) {
        return NULL;
    }
    for (struct table_entry *entry = table_next(&table, NULL); entry != NULL; entry = table_next(&table, entry)) {
        const struct variable *variable = (const struct variable *)entry;

        if (variable->string != NULL || variable->is_exported) {
            list[filled++] = variable;
        }
    }
    qsort(list, filled, sizeof(*list), compare);
    return list;
}

void variables_quote(struct text *text, const char *value)
{
    text_put(text, '\'');
    for (; *value != '\0'; value++) {
        if (*value == '\'') {
            text_append_string(text, "'\\'");
        }
        text_put(text, *value);
    }
    text_put(text, '\'');
}
