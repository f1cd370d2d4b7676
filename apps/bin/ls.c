/*
 * ls [-l] [PATH...]: the names in directories, sorted, one a line; a path that is no directory is printed itself.
 * -l adds type, permissions and size.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 512

struct names {
    size_t count;
    size_t capacity;
    char **sorted;
};

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

static bool print_one(const char *path, const char *name, bool is_long)
{
    struct stat status;
    char mode[11];

    if (!is_long) {
        puts(name);
        return true;
    }
    if (stat(path, &status) != 0) {
        return complain(path);
    }
    format_mode(status.st_mode, mode);
    printf("%s %10lld %s\n", mode, (long long)status.st_size, name);
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
        if (entry->d_name[0] != '.') {
            is_done = add(names, entry->d_name);
        }
    }
    if (errno != 0) {
        is_done = complain(path);
    }
    closedir(directory);
    return is_done;
}

static bool list_directory(const char *path, bool is_long)
{
    struct names names = { 0 };
    bool is_done = read_names(path, &names);

    qsort(names.sorted, names.count, sizeof(*names.sorted), by_name);
    for (size_t i = 0; i < names.count; i++) {
        char full[PATH_BYTES];

        snprintf(full, sizeof(full), "%s/%s", path, names.sorted[i]);
        is_done &= print_one(full, names.sorted[i], is_long);
        free(names.sorted[i]);
    }
    free(names.sorted);
    return is_done;
}

static bool list(const char *path, bool is_long)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return complain(path);
    }
    return S_ISDIR(status.st_mode) ? list_directory(path, is_long) : print_one(path, path, is_long);
}

int main(int argc, char **argv)
{
    bool is_long = argc > 1 && strcmp(argv[1], "-l") == 0;
    int first = is_long ? 2 : 1;
    bool is_done = first < argc || list("/", is_long);

    for (int i = first; i < argc; i++) {
        if (argc - first > 1) {
            printf("%s%s:\n", i > first ? "\n" : "", argv[i]);
        }
        is_done &= list(argv[i], is_long);
    }
    return is_done ? 0 : 1;
}
