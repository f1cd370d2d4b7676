#pragma once

#include "arguments.h"
#include "map.h"
#include "place.h"
#include "program.h"

/*
 * From a path to an address space that a program can start in: what spawn and execve have in common.
 */

/* Find the program at @path, walked from @from, with one use. Errors of root_files_object() and program_acquire(). */
int loading_find(struct place from, const char *path, struct account *account, struct program **out,
                 struct reason *reason);

/* Where a program starts. */
struct loading_start {
    uint64_t pc;
    uint64_t sp;
};

/*
 * Map @program into @map, which is attached to a region and has nothing else in it; load its libraries, map its stack
 * and lay out @arguments there. Returns 0 or a negative errno: then @map is to be destroyed.
 */
int loading_map(struct program *program, struct map *map, const struct arguments *arguments, struct reason *reason,
                struct loading_start *start);
