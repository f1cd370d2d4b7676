/* Which chips have which errata. */
#include "quirks.h"

#include "check.h"

static bool avoids_addresses(uint64_t vendor, uint64_t architecture, uint64_t implementation)
{
    return quirks_of((struct hart_identity){ vendor, architecture, implementation }).no_fence_by_address;
}

TEST(c7_cip_1200_is_decided_by_what_the_hart_says)
{
    const uint64_t bullet = 0x8000000000000007ull;

    CHECK(avoids_addresses(0x489, bullet, 0x20181004));
    CHECK(avoids_addresses(0x489, 1, 0x20181004));
    CHECK(avoids_addresses(0x489, bullet, 0x200630));
    CHECK(avoids_addresses(0x489, bullet, 0x99200630));
    CHECK(!avoids_addresses(0x489, bullet, 0x200631));
    CHECK(!avoids_addresses(0x489, bullet, 0x01200626));
    CHECK(avoids_addresses(0x489, bullet, 0x02200626));
    CHECK(!avoids_addresses(0x489, 2, 0x200630));
    CHECK(!avoids_addresses(0x48a, bullet, 0x200630));
    CHECK(!avoids_addresses(0, 0, 0));
}
