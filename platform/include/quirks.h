#pragma once

#include "types.h"

/*
 * What a chip does not do as the specification says. Rows match what the hart says of itself, never a board's name.
 */
struct hart_identity {
    uint64_t vendor; /* mvendorid, marchid and mimpid (Priv. spec, machine-level CSRs), as the firmware tells them */
    uint64_t architecture;
    uint64_t implementation;
};

struct quirks {
    bool no_fence_by_address; /* sfence.vma with an address does not reliably do what it should */
};

struct quirks quirks_of(struct hart_identity identity);
