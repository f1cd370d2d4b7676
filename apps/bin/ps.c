/* ps: the tasks: who they are, whose children, in which process group, what they do, and the time that they ran. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pando.h"

#define SPARE_ROWS 16

/* All tasks, in memory that the caller frees; NULL with errno. */
static struct abi_task *all_tasks(int *count)
{
    struct abi_task *rows = NULL;
    size_t capacity = 0;

    *count = SPARE_ROWS;
    while ((size_t)*count > capacity) {
        free(rows);
        capacity = (size_t)*count + SPARE_ROWS;
        rows = calloc(capacity, sizeof(*rows));
        *count = rows == NULL ? -1 : pando_tasks(rows, capacity);
        if (*count < 0) {
            free(rows);
            return NULL;
        }
    }
    return rows;
}

int main(void)
{
    int count;
    struct abi_task *rows = all_tasks(&count);

    if (rows == NULL) {
        fprintf(stderr, "ps: %s\n", pando_strerror(errno));
        return 1;
    }
    printf("  pid parent  group state     time  name\n");
    for (int i = 0; i < count; i++) {
        uint64_t milliseconds = rows[i].cpu_nanoseconds / 1000000;

        printf("%5d %6d %6d   %c %6" PRIu64 ".%03" PRIu64 "  %s\n", (int)rows[i].pid, (int)rows[i].parent_pid,
               (int)rows[i].group, rows[i].state, milliseconds / 1000, milliseconds % 1000, rows[i].name);
    }
    free(rows);
    return fflush(stdout) == 0 ? 0 : 1;
}
