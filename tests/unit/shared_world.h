#pragma once

#include "elf.h"
#include "load_hash.h"
#include "manifest.h"
#include "program.h"
#include "region.h"
#include "region_load.h"
#include "shared.h"

#include "check.h"

/*
 * What the tests of shared/ stand on: RAM of the host stub with a server started on it, files in a pretended initrd
 * (ELF files built to order, so that a test can make one field wrong), and a digest of the whole state.
 */

/* Frames that are free after world_start(); the initrd's lie behind them. */
#define WORLD_FREE_PAGES 2048u
#define WORLD_INITRD_PAGES 8192u

/* Start mm and the server on fresh RAM. Called first in each test. */
void world_start(void);

/* Drop all of it, when no map and no object is left: world_start() may be called again. */
void world_end(void);

/* Drop the current region, in which nobody is, and every program that is unused; and start anew with an empty server. */
void world_restart_server(void);

/* --- Building ELF files */

struct plan_segment {
    uint64_t address;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint32_t rights; /* ELF_READ ... */
};

struct plan {
    uint64_t entry;
    unsigned segment_count;
    struct plan_segment segments[ELF_SEGMENTS_MAX + 1];
    unsigned needs_count;
    struct abi_needs needs[ABI_NEEDS_MAX + 1];
    unsigned slides_count;
    uint32_t slides[160];
    uint8_t build_id; /* each of its bytes; 0: none */
    uint8_t fill; /* content: byte at file offset o is fill + o / 64 + o, never 0 */
    bool packed; /* world_pack() */
};

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical_address;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t alignment;
};

struct bytes {
    uint8_t *data;
    uint64_t size;
};

/* The file; its headers are the segments in order, then the notes, then the slides (each where there are any). */
struct bytes world_build(const struct plan *plan);
struct program_header *world_header(struct bytes file, unsigned index);

/* A plan for a library at window offset @offset: text (R-X), rodata (R), data (RW) with @bss_bytes behind it. */
struct plan world_library(uint64_t offset, uint64_t text_bytes, uint64_t data_bytes, uint64_t bss_bytes);

/*
 * Let the segments follow each other in the file without padding, as ordinary linkers put them: they share pages of the
 * file, and their addresses move within their pages to go with it.
 */
void world_pack(struct plan *plan);

/* A plan for a program in the image range: text with the entry, rodata, data and bss. */
struct plan world_program(void);

/* --- Objects and images */

/* A file of the initrd with these bytes; @file's data is freed. */
struct object *world_file(struct bytes file);
struct object *world_planned(const struct plan *plan);

/* Overwrite a byte of an initrd file, as no running system could. */
uint8_t *world_byte(const struct object *object, uint64_t offset);

/* --- Loading */

/* With IMAGE_MANIFEST. */
int world_load(struct object *object, uint32_t flags, uint64_t base, struct abi_region_loaded *answer);

/* With a manifest of the caller's. */
int world_load_manifest(struct object *object, uint32_t flags, uint64_t base, struct manifest manifest,
                        struct abi_region_loaded *answer);

/* The manifest that rule 2.3 gives for @object, relative; and its link base as a text address. */
uint64_t world_derive(struct object *object, struct derived_manifest *out);

/* Whether the byte at @address of the current region's windows is there, and which. */
bool world_sees(uint64_t address, uint8_t *byte);

/* --- Tasks: an address space in @region, paid for by the root account; and its end */

struct map *world_task_in(struct region *region);
void world_end_task(struct map *map);

/* --- State */

/* Free frames; empty pools' pages count. */
uint64_t world_free_frames(void);

/* Everything that a load may change: hash, entries, extents, windows, reference counts, free frames. */
uint64_t world_state(void);

/* The invariants in the head comments of region.c, load_hash.c, record_pool.c; fails the test by name. */
void world_audit(void);

/* --- Loads that are checked */

/* What answers hold before a load, and whether one still does. */
extern const struct abi_region_loaded world_untouched;
bool world_is_untouched(const struct abi_region_loaded *answer);

/* A library at window offset @offset: one page of text, one of rodata, one of data. */
struct object *world_small_library(uint64_t offset);

/* The load (with IMAGE_MANIFEST, or with @manifest) fails with @error and has changed nothing, the answer included. */
void world_check_refused(struct object *object, uint32_t flags, uint64_t base, int error);
void world_check_manifest_refused(struct object *object, uint32_t flags, uint64_t base, struct manifest manifest,
                                  int error);

/* The load succeeds, is a hit or none, and its base is @loaded_at; a hit changes nothing. */
void world_check_loaded(struct object *object, uint32_t flags, uint64_t base, uint64_t loaded_at, bool hit);
