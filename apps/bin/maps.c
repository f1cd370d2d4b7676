/*
 * maps [PID]: what a task (maps itself, if none is given) has mapped: addresses, rights, p for private or s for shared,
 * the offset in the file, and what it is. In between, in frames of 4 KiB, what of it is in memory: all, shared with other
 * tasks, the task's alone, and its part (PSS): each frame divided by the number of tasks that share it. A frame that
 * several mappings of the task show is in the PSS of the first of them only, so that the sum is right.
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

#define MICRO 1000000u
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

static void print_frames(const struct abi_mapping *row)
{
    uint64_t hundredths = (row->pss_micro_frames + MICRO / 200) / (MICRO / 100);

    printf(" %8" PRIu64 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64 ".%02u", row->resident_frames, row->shared_frames,
           row->resident_frames - row->shared_frames, hundredths / 100, (unsigned)(hundredths % 100));
}

static void print(const struct abi_mapping *row)
{
    uint32_t rights = row->protection;
    const char *what = describe(row);

    printf("%010" PRIx64 "-%010" PRIx64 " %c%c%c%c %08" PRIx64, row->start, row->end,
           rights & ABI_PROT_READ ? 'r' : '-', rights & ABI_PROT_WRITE ? 'w' : '-', rights & ABI_PROT_EXEC ? 'x' : '-',
           row->flags & ABI_MAPPING_SHARED ? 's' : 'p', row->file_offset);
    print_frames(row);
    printf("%s%s%s\n", what[0] == '\0' ? "" : "  ", what, row->flags & ABI_MAPPING_WINDOW ? " (region)" : "");
}

static void print_all(const struct abi_mapping *rows, int count)
{
    struct abi_mapping sum = { 0 };

    printf("%-21s %4s %8s %8s %7s %7s %10s\n", "address", "", "offset", "resident", "shared", "private", "PSS");
    for (int i = 0; i < count; i++) {
        print(&rows[i]);
        sum.resident_frames += rows[i].resident_frames;
        sum.shared_frames += rows[i].shared_frames;
        sum.pss_micro_frames += rows[i].pss_micro_frames;
    }
    printf("%-35s", "together");
    print_frames(&sum);
    printf("\n");
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
    print_all(rows, count);
    free(rows);
    return fflush(stdout) == 0 ? 0 : 1;
}
