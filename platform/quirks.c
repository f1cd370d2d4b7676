/*
 * Errata by what a hart says of itself.
 *
 *     CIP-1200   SiFive's 7-series (U74) and early bullet cores: sfence.vma with an address may leave the translation
 *                where it is; one of everything is reliable. Mended in implementations after 0x200630, and in 0x01200626.
 */
#include "quirks.h"

#define SIFIVE 0x489u
#define SIFIVE_BULLET 0x8000000000000007ull
#define SIFIVE_ROCKET 1u
#define CIP_1200_LAST 0x200630u
#define CIP_1200_MENDED 0x01200626u
#define DATE_MASK 0xffffffu

static bool has_cip_1200(struct hart_identity identity)
{
    return identity.vendor == SIFIVE &&
           (identity.architecture == SIFIVE_BULLET || identity.architecture == SIFIVE_ROCKET) &&
           (identity.implementation & DATE_MASK) <= CIP_1200_LAST && identity.implementation != CIP_1200_MENDED;
}

struct quirks quirks_of(struct hart_identity identity)
{
    return (struct quirks){ .no_fence_by_address = has_cip_1200(identity) };
}
