#pragma once

#include "types.h"

struct space;

/*
 * What the TLB of one hart may hold, as far as mm/space.c has to know it. Each hart has one, in arch.
 * Under the supervisor's lock.
 */
struct hart_translations {
    struct space *space; /* the hart runs in it; NULL: in no user's */
    uint64_t epoch; /* never used twice, by any hart: what was found out about a space in an earlier one says nothing */
    uint64_t generation; /* of ASIDs: the hart has fenced everything since that began */
    uint64_t region; /* serial of the windows whose global text it may hold; 0: of none */
};
