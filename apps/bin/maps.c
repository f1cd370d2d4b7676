/*
 * maps [PID]: what a task (maps itself, if none is given) has mapped: addresses, rights, p for private or s for shared,
 * the offset in the file, and what it is.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abi_types.h"
#include "inputs.h"
#include "pando.h"

#define SPARE_ROWS 32
#define PATH_BYTES 300

/* Where programs and libraries are. */
static const char *const folders[] = { "/bin", "/lib" };

/* Look for @inode in @folder, and leave its path in @path. */
static bool find_in(const char *folder, uint64_t inode, char path[PATH_BYTES])
{
    DIR *directory = opendir(folder);
    struct dirent *entry = NULL;

    if (directory == NULL) {
        return false;
    }
    while ((entry = readdir(directory)) != NULL && (entry->d_ino != (ino_t)inode || entry->d_name[0] == '.')) {
    }
    if (entry != NULL) {
        snprintf(path, PATH_BYTES, "%s/%s", folder, entry->d_name);
    }
    closedir(directory);
    return entry != NULL;
}

static const char *describe(const struct abi_mapping *row)
{
    static char path[PATH_BYTES];

    if (row->flags & ABI_MAPPING_FILE) {
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
            if (find_in(folders[i], row->inode, path)) {
                return path;
            }
        }
        snprintf(path, sizeof(path), "inode %" PRIu64, row->inode);
        return path;
    }
    return row->flags & ABI_MAPPING_STACK ? "[stack]" : row->flags & ABI_MAPPING_HEAP ? "[heap]" : "";
}

static void print(const struct abi_mapping *row)
{
    uint32_t rights = row->protection;

    printf("%010" PRIx64 "-%010" PRIx64 " %c%c%c%c %08" PRIx64 " %s%s\n", row->start, row->end,
           rights & ABI_PROT_READ ? 'r' : '-', rights & ABI_PROT_WRITE ? 'w' : '-', rights & ABI_PROT_EXEC ? 'x' : '-',
           row->flags & ABI_MAPPING_SHARED ? 's' : 'p', row->file_offset, describe(row),
           row->flags & ABI_MAPPING_WINDOW ? " (region)" : "");
}

/* The task's mappings, in memory that the caller frees; NULL with errno. */
static struct abi_mapping *all_mappings(pid_t pid, int *count)
{
    struct abi_mapping *rows = NULL;
    size_t capacity = 0;

    *count = SPARE_ROWS;
    while ((size_t)*count > capacity) {
        free(rows);
        capacity = (size_t)*count + SPARE_ROWS;
        rows = calloc(capacity, sizeof(*rows));
        *count = rows == NULL ? -1 : pando_task_map(pid, rows, capacity);
        if (*count < 0) {
            free(rows);
            return NULL;
        }
    }
    return rows;
}

int main(int argc, char **argv)
{
    long pid = 0;
    int count;

    if (argc > 2 || (argc == 2 && !inputs_number(argv[1], 1, INT_MAX, &pid))) {
        fprintf(stderr, "usage: maps [PID]\n");
        return 2;
    }
    struct abi_mapping *rows = all_mappings((pid_t)pid, &count);

    if (rows == NULL) {
        fprintf(stderr, "maps: %s%s%s\n", argc == 2 ? argv[1] : "", argc == 2 ? ": " : "", pando_strerror(errno));
        return 1;
    }
    for (int i = 0; i < count; i++) {
        print(&rows[i]);
    }
    free(rows);
    return fflush(stdout) == 0 ? 0 : 1;
}
