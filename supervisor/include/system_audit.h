#pragma once

#include "audit.h"

/*
 * The auditor over everything: memory, the shared region's server, tasks, files. Fills in @audit.
 *
 * Locks: the supervisor's lock is held, and no other hart is anywhere in the supervisor but where it waits for the lock
 * from its start, or is parked (harts_park_others()).
 */
void system_audit(struct audit *audit);

/* Its result in a line, or one for each finding, with @put. @text says what was audited. */
void system_audit_log(const struct audit *audit);
