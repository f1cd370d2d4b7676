/*
 * ls [-1adl] [PATH...]: the names in directories, sorted, one a line, those of the present one if no path is given; a
 * path that is no directory is printed itself. -a prints names that begin with a dot too, -d directories themselves,
 * -l type, permissions, size, and where a link leads.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 512

struct names {
    size_t count;
    size_t capacity;
    char **sorted;
};

static struct {
    bool is_long;
    bool has_hidden;
    bool has_directories;
} options;

static bool complain(const char *path)
{
    fprintf(stderr, "ls: %s: %s\n", path, strerror(errno));
    return false;
}

static bool add(struct names *names, const char *name)
{
    if (names->count == names->capacity) {
        size_t capacity = names->capacity == 0 ? 16 : 2 * names->capacity;
        char **grown = reallocarray(names->sorted, capacity, sizeof(*grown));

        if (grown == NULL) {
            return false;
        }
        names->sorted = grown;
        names->capacity = capacity;
    }
    char *copy = strdup(name);

    if (copy == NULL) {
        return false;
    }
    names->sorted[names->count++] = copy;
    return true;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void format_mode(mode_t mode, char text[11])
{
    static const char letters[] = "rwxrwxrwx";

    text[0] = S_ISDIR(mode) ? 'd' : S_ISCHR(mode) ? 'c' : S_ISLNK(mode) ? 'l' : '-';
    for (int i = 0; i < 9; i++) {
        text[1 + i] = mode & (0400u >> i) ? letters[i] : '-';
    }
    text[10] = '\0';
}

static void print_target(const char *path)
{
    char target[PATH_BYTES];
    ssize_t size = readlink(path, target, sizeof(target));

    if (size >= 0) {
        printf(" -> %.*s", (int)size, target);
    }
}

static bool print_one(const char *path, const char *name)
{
    struct stat status;
    char mode[11];

    if (!options.is_long) {
        puts(name);
        return true;
    }
    if (lstat(path, &status) != 0) {
        return complain(path);
    }
    format_mode(status.st_mode, mode);
    printf("%s %10lld %s", mode, (long long)status.st_size, name);
    if (S_ISLNK(status.st_mode)) {
        print_target(path);
    }
    putchar('\n');
    return true;
}

static bool read_names(const char *path, struct names *names)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    bool is_done = true;

    if (directory == NULL) {
        return complain(path);
    }
    errno = 0;
    while (is_done && (entry = readdir(directory)) != NULL) {
        if (options.has_hidden || entry->d_name[0] != '.') {
            is_done = add(names, entry->d_name);
        }
    }
    if (errno != 0) {
        is_done = complain(path);
    }
    closedir(directory);
    return is_done;
}

static bool list_directory(const char *path)
{
    struct names names = { 0 };
    bool is_done = read_names(path, &names);

    qsort(names.sorted, names.count, sizeof(*names.sorted), by_name);
    for (size_t i = 0; i < names.count; i++) {
        char full[PATH_BYTES];

        snprintf(full, sizeof(full), "%s/%s", path, names.sorted[i]);
        is_done &= print_one(full, names.sorted[i]);
        free(names.sorted[i]);
    }
    free(names.sorted);
    return is_done;
}

/* Whether what is in it is to be listed; *@is_there: and whether there is something to print at all. */
static bool is_listed(const char *path, bool *is_there)
{
    struct stat status;
    bool is_directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode) && !options.has_directories;

    *is_there = is_directory || lstat(path, &status) == 0;
    return is_directory;
}

/* Those that are no directories first. */
static bool list_all(char **paths, size_t count)
{
    bool is_done = true, has_printed = false, is_there;

    for (size_t i = 0; i < count; i++) {
        if (!is_listed(paths[i], &is_there)) {
            is_done &= is_there ? print_one(paths[i], paths[i]) : complain(paths[i]);
            has_printed |= is_there;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (is_listed(paths[i], &is_there)) {
            if (count > 1) {
                printf("%s%s:\n", has_printed ? "\n" : "", paths[i]);
            }
            is_done &= list_directory(paths[i]);
            has_printed = true;
        }
    }
    return is_done;
}

static bool set_options(const char *letters)
{
    for (; *letters != '\0'; letters++) {
        switch (*letters) {
        case '1':
            break; /* it is always so */
        case 'a':
            options.has_hidden = true;
            break;
        case 'd':
            options.has_directories = true;
            break;
        case 'l':
            options.is_long = true;
            break;
        default:
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    char here[] = ".", *nothing[] = { here };
    int first = 1;

    while (first < argc && argv[first][0] == '-' && argv[first][1] != '\0' && strcmp(argv[first], "--") != 0) {
        if (!set_options(argv[first] + 1)) {
            fprintf(stderr, "usage: ls [-1adl] [PATH...]\n");
            return 2;
        }
        first++;
    }
    first += first < argc && strcmp(argv[first], "--") == 0;
    bool is_done = first < argc ? list_all(argv + first, (size_t)(argc - first)) : list_all(nothing, 1);

    return is_done ? 0 : 1;
}
