#pragma once

#include "account.h"
#include "audit.h"
#include "image.h"
#include "map.h"
#include "reason.h"
#include "region.h"

/*
 * Programs: images loaded at their own site, the addresses they were linked for, in each task that runs them
 * (rule 2.12). Every task that runs the same image maps the same frames.
 */
struct program;

/*
 * Find the program of @image in the load hash, or parse, check and add it. The caller vouches that nobody can change
 * the image's bytes any more: it is a file of the initrd, or sealed. @account tells the domain.
 * Gives one use, which program_put() drops.
 *
 * Returns 0 and writes @out; or -ENOEXEC with a reason (if not NULL): the file is broken, or its segments or entry
 * point are where no program's may be; -EINVAL (the image is empty, unaligned or leaves its object); -ENOSPC (the load
 * hash's records are used up); -EDQUOT (@account has no more of them); -ENOMEM; -EBUSY (another program is being added: to be tried again when that has ended).
 * On error nothing has changed.
 */
int program_acquire_relock(const struct image *image, struct account *account, struct program **out,
                           struct reason *reason);

/* One more use; the caller has one. */
void program_get(struct program *program);

/* Drop one use. The entry of a program that nobody uses stays as a cache, until program_reclaim(). */
void program_put(struct program *program);

/*
 * Map the program's extents into @map, which has nothing there, set the heap's start behind them, and populate the
 * first read-only pages. Returns 0 or an error of map_add(); on error nothing is mapped.
 */
int program_map_relock(struct program *program, struct map *map);

/*
 * How names of libraries become objects: the file system's matter. Gives one reference.
 * Returns 0, or a negative errno: -ENOENT when there is no such library.
 */
typedef int program_open_library(const char *name, struct object **out, void *context);

/*
 * Load every library that the program names into @map's region, hit or miss, in the program's order; @map uses them. Each is opened once in
 * the program's life, and refused when its build id is not the one that the program was linked against.
 * Returns 0; -ENOEXEC with a reason (if not NULL) that names the library; an error of @open or of region_load_relock().
 * On error libraries before the refused one stay loaded.
 */
int program_load_libraries_relock(struct program *program, struct map *map, program_open_library *open, void *context,
                                  struct reason *reason);

/* What the first instruction and the auxiliary vector need. */
struct program_start {
    uint64_t entry;
    uint64_t headers_address; /* of the program headers in the task's memory; 0 and count 0 when they are not mapped */
    uint32_t header_count;
    uint32_t needs_count;
};
struct program_start program_start(const struct program *program);

/* Forget every program that nobody uses: their records and copied pages are free then. shared_reclaim() does more. */
void program_reclaim(void);

/*
 * For shared_audit(): one use of the program was come upon. The other one is its part: references that the program
 * holds, and its users. Returns the number of its records.
 */
void program_audit_user(struct program *program);
uint32_t program_audit(struct program *program, struct audit *audit, enum audit_owners owners);
