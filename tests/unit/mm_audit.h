#pragma once

#include "audit.h"
#include "map.h"
#include "stub.h"
#include "window.h"

/*
 * The auditor of mm/audit.h as the tests of mm run it: the first finding ends the test with its name. Beyond that the
 * sums of mm/usage.c must be RAM. All maps and regions must be audited. @total: the number of frames that mm was given
 * and adopted, or 0 when the sum is not to be checked; @fixed: those of them that were adopted for the supervisor.
 *
 *     mm_audit_start() -> mm_audit_map(map) ... -> mm_audit_windows(windows) ... -> mm_audit_finish(total, fixed)
 */
void mm_audit_start(void);
void mm_audit_map(struct map *map);
void mm_audit_windows(const struct windows *windows);
void mm_audit_finish(uint64_t total, uint64_t fixed);
