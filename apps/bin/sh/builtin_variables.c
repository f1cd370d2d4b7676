/*
 * Builtins about variables, options, and $1 and on.
 */
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "command.h"
#include "functions.h"
#include "lex.h"
#include "output.h"
#include "shell.h"
#include "text.h"
#include "variables.h"
#include "words.h"

/* --- Variables */

/* Which variables are printed, and with which word in front. */
enum listing { LIST_ALL, LIST_EXPORTED };

static int print_variables(enum listing listing)
{
    const struct variable **list = variables_list();
    struct text text = { 0 };

    for (const struct variable **at = list; list != NULL && *at != NULL; at++) {
        const char *value = variables_get((*at)->entry.name);
        bool is_listed = listing == LIST_EXPORTED ? (*at)->is_exported : value != NULL;

        if (!is_listed) {
            continue;
        }
        text_append_string(&text, listing == LIST_EXPORTED ? "export " : "");
        text_append_string(&text, (*at)->entry.name);
        if (value != NULL) {
            text_put(&text, '=');
            variables_quote(&text, value);
        }
        text_put(&text, '\n');
    }
    const char *string = text_string(&text);

    if (list == NULL || string == NULL) {
        shell_out_of_memory();
    } else {
        output_string(string);
    }
    text_free(&text);
    free(list);
    return string != NULL ? 0 : 1;
}

static bool check_name(const char *builtin, const char *word)
{
    if (variables_is_name(word)) {
        return true;
    }
    shell_complain("%s: %s: not a variable's name", builtin, word);
    return false;
}

/* Do @mark with the name in each argument, NAME or NAME=VALUE, and set those with a value. */
static int set_marked(char **arguments, bool (*mark)(const char *name))
{
    int status = 0;

    for (char **argument = arguments + 1; *argument != NULL && shell.control == CONTROL_NONE; argument++) {
        char *name = strndup(*argument, strcspn(*argument, "="));

        if (name == NULL) {
            shell_out_of_memory();
            status = 1;
        } else if (!check_name(arguments[0], *argument) || !mark(name)) {
            status = 1;
        } else if (strchr(*argument, '=') != NULL && !variables_assign(*argument)) {
            status = 1;
        }
        free(name);
    }
    return status;
}

int builtin_export(size_t count, char **arguments)
{
    if (count == 1 || (count == 2 && strcmp(arguments[1], "-p") == 0)) {
        return print_variables(LIST_EXPORTED);
    }
    return set_marked(arguments, variables_export);
}

int builtin_local(size_t count, char **arguments)
{
    (void)count;
    return set_marked(arguments, command_add_local);
}

int builtin_unset(size_t count, char **arguments)
{
    bool is_function = count > 1 && strcmp(arguments[1], "-f") == 0;
    bool has_option = is_function || (count > 1 && strcmp(arguments[1], "-v") == 0);

    for (size_t i = has_option ? 2 : 1; i < count; i++) {
        if (is_function) {
            functions_unset(arguments[i]);
        } else if (strchr(arguments[i], '=') != NULL || !check_name("unset", arguments[i])) {
            return 1;
        } else {
            variables_unset(arguments[i]);
        }
    }
    return 0;
}

/* --- $1 and on, and options */

static int set_parameters(size_t count, char **values)
{
    struct words words = { 0 };

    for (size_t i = 0; i < count; i++) {
        words_add(&words, strdup(values[i]));
    }
    if (words.has_failed) {
        words_free(&words);
        shell_out_of_memory();
        return 1;
    }
    shell_set_parameters((struct parameters){ .values = words.items, .count = words.count, .owned = words.items });
    return 0;
}

static bool set_options(const char *word)
{
    enum shell_option wanted = word[0] == '-' ? SHELL_OPTION_ON : SHELL_OPTION_OFF;

    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        if (!shell_set_option(*letter, wanted)) {
            shell_complain("set: %s: no such option", word);
            shell_give_up();
            return false;
        }
    }
    return true;
}

int builtin_set(size_t count, char **arguments)
{
    size_t i = 1;

    if (count == 1) {
        return print_variables(LIST_ALL);
    }
    while (i < count && (arguments[i][0] == '-' || arguments[i][0] == '+') && arguments[i][1] != '\0') {
        if (strcmp(arguments[i], "--") == 0) {
            return set_parameters(count - i - 1, arguments + i + 1);
        }
        if (!set_options(arguments[i++])) {
            return STATUS_USAGE;
        }
    }
    return i < count ? set_parameters(count - i, arguments + i) : 0;
}

int builtin_shift(size_t count, char **arguments)
{
    long by = 1;

    if (count > 1 && !builtin_number("shift", arguments[1], &by)) {
        shell_give_up();
        return STATUS_USAGE;
    }
    if (by < 0 || (size_t)by > shell.parameters.count) {
        shell_complain("shift: there are only %zu", shell.parameters.count);
        shell_give_up();
        return STATUS_USAGE;
    }
    shell.parameters.values += by;
    shell.parameters.count -= (size_t)by;
    return 0;
}
