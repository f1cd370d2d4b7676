#pragma once

#include "map.h"

/*
 * User accesses of tests: a map's task runs on some hart, and goes to another one at any time.
 */

/* What the machine is in this run of the test. Before stub_start(). */
void harts_choose_machine(void);

/* Let the harts take part in mm/space.c. After stub_start(). */
void harts_start(void);

/* Everything happens on this hart from now on: for tests that count fences. */
void harts_keep_still(void);

/*
 * Access a user byte of @map, faults going to map_fault_relock(). Return 0, or its error. The supervisor's lock is
 * held; it is dropped while the access is made.
 */
int harts_load(struct map *map, uint64_t address, uint8_t *value);
int harts_store(struct map *map, uint64_t address, uint8_t value);
int harts_fetch(struct map *map, uint64_t address, uint8_t *value);

/* The hart at hand runs in @map: for what a system call copies from and to its caller. The lock stays held. */
void harts_enter(struct map *map);

/*
 * No hart runs in @map from now on. Tests need not say so before map_destroy(), map_attach() and map_detach(): their
 * calls are wrapped (HOST_LIBRARIES_mm in tests.mk).
 */
void harts_leave(struct map *map);
