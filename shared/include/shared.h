#pragma once

#include "types.h"

/*
 * Give back what is kept as a cache: programs that nobody runs, pages of empty records, the pools' spare pages. Made
 * for frame_set_reclaim(), once region_server_init() has returned; safe inside any allocation of the server's own.
 * Returns whether there are more free frames now.
 */
bool shared_reclaim(void);
