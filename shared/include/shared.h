#pragma once

#include "audit.h"
#include "types.h"

/*
 * Give back what is kept as a cache: programs that nobody runs, pages of empty records, the pools' spare pages. Made
 * for frame_set_reclaim(), once region_server_init() has returned; safe inside any allocation of the server's own.
 * Returns whether there are more free frames now.
 */
bool shared_reclaim(void);

/*
 * The auditor over all that is kept here, between audit_begin() and audit_end(), behind program_audit_user() for each
 * use of a program. With AUDIT_SOME_OWNERS programs may have other users.
 */
void shared_audit(struct audit *audit, enum audit_owners owners);
