/*
 * Names of files from patterns, one component of the path after the other. A folder is read to its end and closed
 * before its own folders are, so only one is open at a time.
 */
#include "glob.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pattern.h"
#include "shell.h"
#include "text.h"

static void match(struct text *path, const char *pattern, struct words *words);

/* The names in the folder @path ("" is the present one) that @pattern matches, which is one component. */
static void read_folder(const char *path, const char *pattern, struct words *names)
{
    DIR *folder = opendir(path[0] == '\0' ? "." : path);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name;
        bool is_hidden = name[0] == '.' && pattern[0] != '.' && (pattern[0] != '\\' || pattern[1] != '.');

        if (!is_hidden && pattern_matches(pattern, name, name + strlen(name))) {
            words_add(names, strdup(name));
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

/* Go on with @rest, which is behind a component that @name matched. */
static void match_rest(struct text *path, const char *name, const char *rest, struct words *words)
{
    size_t length = path->length;

    text_append_string(path, name);
    match(path, rest, words);
    text_cut(path, length);
}

static void match_folder(struct text *path, const char *component, const char *rest, struct words *words)
{
    struct words names = { 0 };
    const char *folder = text_string(path);

    if (folder != NULL) {
        read_folder(folder, component, &names);
    }
    for (size_t i = 0; i < names.count && !shell_interrupt; i++) {
        match_rest(path, names.items[i], rest, words);
    }
    words->has_failed = words->has_failed || names.has_failed;
    words_free(&names);
}

/* @path, which is matched up to its end, and all that @pattern adds to it. */
static void match(struct text *path, const char *pattern, struct words *words)
{
    struct stat ignored;

    while (*pattern == '/') {
        text_put(path, *pattern++);
    }
    if (*pattern == '\0') {
        const char *name = text_string(path);

        if (name != NULL && lstat(name, &ignored) == 0) {
            words_add(words, strdup(name));
        }
    } else {
        size_t length = strcspn(pattern, "/");
        char *component = strndup(pattern, length);

        if (component == NULL || shell_stack_is_low()) {
            words->has_failed = true;
        } else if (pattern_is_active(component)) {
            match_folder(path, component, pattern + length, words);
        } else {
            pattern_unescape(component);
            match_rest(path, component, pattern + length, words);
        }
        free(component);
    }
    words->has_failed = words->has_failed || path->has_failed;
}

void glob_expand(const char *pattern, struct words *words)
{
    struct text path = { 0 };
    size_t first = words->count;

    match(&path, pattern, words);
    words_sort(words, first);
    text_free(&path);
}
