#pragma once

#include "abi_pando.h"
#include "region.h"

/*
 * Section 2 of the specification: load an image into a region, or find it there.
 */
struct region_load_request {
    struct image image; /* borrowed for the call */
    struct account *account; /* of the caller */
    struct map *user; /* attached to the region: uses the entry from now on; NULL: nobody */
    uint64_t base; /* absolute address in the text window; looked at for the default site without ANY_BASE only */
    uint32_t flags; /* ABI_REGION_ALTERNATE_SITE, _ANY_BASE, _IMAGE_MANIFEST */
    struct manifest manifest; /* the supervisor's own copy; count 0 with IMAGE_MANIFEST, and only then */
    struct reason *reason; /* filled in when the image itself is refused (-ENOEXEC); or NULL */
};

/*
 * Load @request's image into @region, all or nothing: on error no state of the server, no frame and no byte of
 * @answer has changed. @request->manifest.count above ABI_MANIFEST_MAX is refused before any extent is read.
 *
 * Returns 0 and writes @answer; or
 *   -EINVAL   unknown flags; count and IMAGE_MANIFEST don't go together; a manifest that is not allowed, or not the
 *             image's; an image that is empty, unaligned or leaves its object; a wrong base; default site above the
 *             alternate base
 *   -EPERM    system class, and the image is neither from the initrd nor, from domain 0, a sealed object
 *   -ENOEXEC  the file is broken, not linked for the windows, or its slide list is
 *   -EEXIST   something else is loaded there
 *   -EFBIG    too large even for an empty region; or an image that can still change, and is too large to be copied
 *   -ENOSPC   no room in the region, which is marked as full; or the load hash's records are used up
 *   -EDQUOT   the region's account has no more records
 *   -ENOMEM   no frames; one of them has as many references as can be counted; or @user has no more entries
 *   -EBUSY    another load into the region is under way: to be tried again when it has ended (2.11)
 */
int region_load_relock(struct region *region, const struct region_load_request *request,
                       struct abi_region_loaded *answer);

/*
 * Only look: the answer for an image that is loaded already, -ENOENT for one that is not, else an error as above.
 * For who has something to prepare before a load that can't be taken back.
 */
int region_load_hit(struct region *region, const struct region_load_request *request, struct abi_region_loaded *answer);
