/*
 * help: the language, the builtins and the programs, in lines that fit a screen of 80 columns; help NAME: what concerns
 * one of them.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"
#include "output.h"
#include "shell.h"
#include "words.h"

#define NAME_COLUMNS 30
#define LINE_COLUMNS 79
#define HEAD_COLUMNS 11

static const char *const language[] = {
    "Commands:  NAME=VALUE...  COMMAND WORD...  ! COMMAND  time COMMAND",
    "           COMMAND | COMMAND  COMMAND && COMMAND  COMMAND || COMMAND",
    "           COMMAND; COMMAND  COMMAND &  { COMMANDS; }  (COMMANDS)  # comment",
    "           if COMMANDS; then COMMANDS; [elif ...] [else COMMANDS;] fi",
    "           while COMMANDS; do COMMANDS; done  until COMMANDS; do COMMANDS; done",
    "           for NAME [in WORD...]; do COMMANDS; done",
    "           case WORD in PATTERN) COMMANDS;; ... esac  NAME() { COMMANDS; }",
    "Files:     < FILE  > FILE  >> FILE  <> FILE  2> FILE  2>&1  <&-  << END",
    "Words:     'as it is'  \"with $\"  \\c  $NAME  $(COMMANDS)  $((1 + 2))  * ? [a-z]",
    "           ${NAME}  ${#NAME}  ${NAME:-WORD} := :? :+  ${NAME#PATTERN} ## % %%",
    "           $? status  $! last job  $$ shell  $# $1 \"$@\" its words",
    "Keys:      Tab completes  Up, Down, Ctrl-R: what was typed  Ctrl-C ends a job",
    "           Ctrl-D at the start of a line: the end  Ctrl-L clears the screen",
};
#define LANGUAGE_LINES (sizeof(language) / sizeof(language[0]))

static void print_builtin(const char *name)
{
    const struct builtin *builtin = builtins_find(name);
    int width = NAME_COLUMNS - 1 - (int)strlen(name);

    output_format("  %s %-*s %s\n", name, width, builtin->usage, builtin->about);
}

/* As many a line as there is room for. */
static void print_names(const struct words *names)
{
    size_t column = 0;

    for (size_t i = 0; i < names->count; i++) {
        size_t length = strlen(names->items[i]) + 1;

        if (column == 0 || column + length > LINE_COLUMNS) {
            output_string(column == 0 ? " " : "\n ");
            column = 1;
        }
        output_string(" ");
        output_string(names->items[i]);
        column += length;
    }
    output_string("\n");
}

static void print_programs(void)
{
    DIR *folder = opendir("/bin");
    struct dirent *entry;
    struct words found = { 0 };

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            words_add(&found, strdup(entry->d_name));
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    words_sort(&found, 0);
    print_names(&found);
    words_free(&found);
}

static void print_all(void)
{
    for (size_t i = 0; i < LANGUAGE_LINES; i++) {
        output_format("%s\n", language[i]);
    }
    output_string("Builtins:\n");
    for (const char *const *name = builtin_names(); *name != NULL; name++) {
        print_builtin(*name);
    }
    output_string("Programs, each of which says how it is used when it is called wrongly:\n");
    print_programs();
}

static bool is_apart(char c)
{
    return c == '\0' || strchr(" ;[", c) != NULL;
}

/* Whether @word stands in @line as a word of its own. */
static bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strstr(line, word); at != NULL; at = strstr(at + 1, word)) {
        if (at != line && is_apart(at[-1]) && is_apart(at[length])) {
            return true;
        }
    }
    return false;
}

static bool print_language(const char *word)
{
    bool is_found = false;

    for (size_t i = 0; i < LANGUAGE_LINES && word[0] != '\0'; i++) {
        if (has_word(language[i], word)) {
            output_format("  %s\n", language[i] + HEAD_COLUMNS);
            is_found = true;
        }
    }
    return is_found;
}

static bool print_program(const char *name)
{
    static const char folder[] = "/bin/";
    char path[sizeof(folder) + NAME_MAX];

    if (strchr(name, '/') != NULL || snprintf(path, sizeof(path), "%s%s", folder, name) >= (int)sizeof(path) ||
        name[0] == '\0' || name[0] == '.' || access(path, X_OK) != 0) {
        return false;
    }
    output_format("  %s is a program\n", path);
    return true;
}

int builtin_help(size_t count, char **arguments)
{
    int status = 0;

    if (count == 1) {
        print_all();
    }
    for (size_t i = 1; i < count; i++) {
        bool is_builtin = builtins_find(arguments[i]) != NULL;

        if (is_builtin) {
            print_builtin(arguments[i]);
        } else if (!print_language(arguments[i]) && !print_program(arguments[i])) {
            shell_complain("help: %s: there is no help for that", arguments[i]);
            status = 1;
        }
    }
    return status;
}
