#pragma once

#include "arguments.h"
#include "file.h"
#include "map.h"
#include "place.h"
#include "program.h"

/*
 * From a path to an address space that a program can start in: what spawn and execve have in common.
 *
 * Locks: the supervisor's lock is held; where a load by another task is under way that this one would be in the way of,
 * the answer is -EBUSY, and the call is to give what loading_wait() gives, when it has undone what it has done so far
 * and without having dropped the lock.
 */

/* Find the program at @path, walked from @from, with one use. Errors of root_files_object() and program_acquire_relock(). */
int loading_find_relock(struct place from, const char *path, struct account *account, struct program **out,
                        struct reason *reason);

/* The same for an open file: -EACCES when it can't be executed, or may change. */
int loading_find_open_relock(struct file *file, struct account *account, struct program **out);

/* The current task waits until a load has ended. Returns what scheduler_wait() does. */
int64_t loading_wait(void);

/* To be called when a load has ended, well or not. */
void loading_finished(void);

/* Where a program starts. */
struct loading_start {
    uint64_t pc;
    uint64_t sp;
};

/*
 * Map @program into @map, which is attached to a region and has nothing else in it; load its libraries, map its stack
 * and lay out @arguments there. Returns 0 or a negative errno: then @map is to be destroyed.
 */
int loading_map_relock(struct program *program, struct map *map, const struct arguments *arguments,
                       struct reason *reason, struct loading_start *start);
