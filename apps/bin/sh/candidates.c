/*
 * Candidates for completion, gathered anew each time: builtins, keywords and the programs of PATH for a command,
 * the entries of a folder for a file, the environment for a variable.
 */
#include "candidates.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "utf8.h"

#define FIRST_NAMES 16
#define PATH_BYTES 1024
#define DEFAULT_PATH "/bin"

extern char **environ;

/* What of a folder's entries is wanted. */
enum entries { ENTRIES_ALL, ENTRIES_PROGRAMS };

static bool make_room(struct candidates *candidates)
{
    size_t wanted = candidates->capacity > 0 ? 2 * candidates->capacity : FIRST_NAMES;

    if (candidates->count < candidates->capacity) {
        return true;
    }
    char **grown = realloc(candidates->names, wanted * sizeof(*grown));

    if (grown == NULL) {
        return false;
    }
    candidates->names = grown;
    candidates->capacity = wanted;
    return true;
}

/* The first @length bytes of @name, and @end behind them. */
static void add(struct candidates *candidates, const char *name, size_t length, const char *end)
{
    char *copy = make_room(candidates) ? malloc(length + strlen(end) + 1) : NULL;

    if (copy == NULL) {
        candidates->has_failed = true;
        return;
    }
    memcpy(copy, name, length);
    strcpy(copy + length, end);
    if (utf8_is_printable(copy)) {
        candidates->names[candidates->count++] = copy;
    } else {
        free(copy);
    }
}

static bool starts_with(const char *name, const char *stem)
{
    return strncmp(name, stem, strlen(stem)) == 0;
}

static void add_names(struct candidates *candidates, const char *const *names, const char *stem)
{
    for (; *names != NULL; names++) {
        if (starts_with(*names, stem)) {
            add(candidates, *names, strlen(*names), "");
        }
    }
}

static bool is_folder(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    struct stat stat_of_it;
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);

    return length > 0 && length < PATH_BYTES && stat(path, &stat_of_it) == 0 && S_ISDIR(stat_of_it.st_mode);
}

/* Hidden entries come when their dot was typed; of the two that each folder has, .. alone. */
static bool is_wanted(const char *name, const char *stem)
{
    if (!starts_with(name, stem) || (name[0] == '.' && stem[0] != '.')) {
        return false;
    }
    return strcmp(name, ".") != 0 && (strcmp(name, "..") != 0 || strcmp(stem, "..") == 0);
}

static void add_entries(struct candidates *candidates, const char *folder, const char *stem, enum entries wanted)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;

    if (directory == NULL) {
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        const char *name = entry->d_name;

        if (is_wanted(name, stem)) {
            bool is_one = is_folder(folder, name);

            if (!is_one || wanted == ENTRIES_ALL) {
                add(candidates, name, strlen(name), is_one ? "/" : "");
            }
        }
    }
    closedir(directory);
}

static void add_programs(struct candidates *candidates, const char *stem)
{
    const char *path = getenv("PATH");
    char folder[PATH_BYTES];

    path = path != NULL ? path : DEFAULT_PATH;
    for (;;) {
        int length = (int)strcspn(path, ":");

        /* A folder without a name is the current one. */
        if (snprintf(folder, sizeof(folder), "%.*s", length > 0 ? length : 1, length > 0 ? path : ".") < PATH_BYTES) {
            add_entries(candidates, folder, stem, ENTRIES_PROGRAMS);
        }
        path += length;
        if (*path == '\0') {
            return;
        }
        path++;
    }
}

static void add_variables(struct candidates *candidates, const char *stem)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        if (starts_with(*variable, stem)) {
            add(candidates, *variable, strcspn(*variable, "="), "");
        }
    }
}

static void add_files(struct candidates *candidates, const char *stem)
{
    const char *slash = strrchr(stem, '/');
    const char *name = slash != NULL ? slash + 1 : stem;
    char *folder = strndup(stem, (size_t)(name - stem));

    candidates->stem_length = strlen(name);
    if (folder == NULL) {
        candidates->has_failed = true;
        return;
    }
    add_entries(candidates, folder[0] != '\0' ? folder : ".", name, ENTRIES_ALL);
    free(folder);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct candidates *candidates)
{
    size_t kept = 0;

    if (candidates->count == 0) {
        return;
    }
    qsort(candidates->names, candidates->count, sizeof(*candidates->names), compare);
    for (size_t i = 1; i < candidates->count; i++) {
        if (strcmp(candidates->names[kept], candidates->names[i]) == 0) {
            free(candidates->names[i]);
        } else {
            candidates->names[++kept] = candidates->names[i];
        }
    }
    candidates->count = kept + 1;
}

bool candidates_find(const struct stem *stem, struct candidates *candidates)
{
    *candidates = (struct candidates){ .stem_length = strlen(stem->text) };
    if (stem->kind == STEM_VARIABLE) {
        add_variables(candidates, stem->text);
    } else if (stem->kind == STEM_FILE) {
        add_files(candidates, stem->text);
    } else {
        add_names(candidates, builtin_names(), stem->text);
        add_names(candidates, stem_keywords, stem->text);
        add_programs(candidates, stem->text);
    }
    sort(candidates);
    return !candidates->has_failed;
}

void candidates_free(struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++) {
        free(candidates->names[i]);
    }
    free(candidates->names);
}

size_t candidates_common_length(const struct candidates *candidates)
{
    const char *first = candidates->names[0];
    /* Sorted: what the first and the last have in common, all have. */
    const char *last = candidates->names[candidates->count - 1];
    size_t length = 0;

    while (first[length] != '\0' && first[length] == last[length]) {
        length++;
    }
    while (length > 0 && utf8_is_continuation(first[length])) {
        length--;
    }
    return length;
}
