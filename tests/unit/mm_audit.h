#pragma once

#include "map.h"
#include "stub.h"
#include "window.h"

/*
 * The auditor. Each call checks the invariants of what it is given (by the names in the head comments of mm/) and
 * counts references; audit_finish() compares the counts of all frames with their descriptors, and sums up. A broken
 * one ends the test. All maps and regions must be audited. audit_owner(): one more reference that the test itself
 * holds. @total: the number of frames that mm was given and adopted, or 0 when the sum is not to be checked.
 *
 *     audit_start(total) -> audit_map(map) ... -> audit_windows(windows) ... -> audit_finish()
 */
void audit_start(uint64_t total);
void audit_map(struct map *map);
void audit_windows(const struct windows *windows);
void audit_owner(paddr_t frame);
void audit_finish(void);
