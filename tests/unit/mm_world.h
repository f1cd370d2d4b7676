#pragma once

#include "map.h"
#include "mm_audit.h"
#include "stub.h"
#include "window.h"

/*
 * What the tests of mm stand on: a small RAM that is all handed to mm, and an initrd in it.
 *
 *     world_start(16 << 20) -> ... -> world_audit(map, NULL, NULL, NULL)
 */

/* Pages at RAM's end that are adopted as the initrd's; byte @offset of page @page is world_initrd_byte(). */
#define WORLD_INITRD_PAGES 64u
/* At its start: adopted as the supervisor's. */
#define WORLD_SUPERVISOR_FRAMES 256u

/*
 * RAM of @ram_bytes, frame_init() over it but for the first frames (adopted as the supervisor's) and the initrd. Every
 * frame was handed out once, so that no descriptor page is made later: equal states have equal world_free().
 */
void world_start(uint64_t ram_bytes);

/* The same on the machine that stub_machine says, in every run of the test. */
void world_start_on_machine(uint64_t ram_bytes);

paddr_t world_initrd(void);
uint8_t world_initrd_byte(uint64_t page, uint64_t offset);

/* Free frames, empty pools included. */
uint64_t world_free(void);

/* All frames that mm was given or adopted. */
uint64_t world_frames(void);

/* A new map in the root account. */
struct map *world_map(void);

/* Access a user byte, faults going to map_fault_relock(). Results of map_fault_relock(). */
int world_load(struct map *map, uint64_t address, uint8_t *value);
int world_store(struct map *map, uint64_t address, uint8_t value);
int world_fetch(struct map *map, uint64_t address, uint8_t *value);

/* The byte must be readable and be @value. */
void world_expect(struct map *map, uint64_t address, uint8_t value);

/* map_add() of an entry of the usual kinds. @object NULL: anonymous. The maximum is @protection, but READ | WRITE |
 * EXECUTE for a private entry. */
int world_add(struct map *map, uint64_t start, uint64_t pages, uint8_t protection);
int world_add_object(struct map *map, uint64_t start, uint64_t pages, uint8_t protection, uint8_t sharing,
                     struct object *object, uint64_t object_page);

/* The auditor over all there is: up to three maps and one region; NULL where there is none. */
void world_audit(struct map *first, struct map *second, struct map *third, const struct windows *windows);
