#pragma once

#include "abi_pando.h"
#include "elf.h"

/*
 * Manifests: the list of an image's extents, in order. See abi_pando.h for one extent.
 */
struct manifest {
    uint32_t count;
    const struct abi_extent *extents;
};

/* A manifest that the supervisor derived: each segment gives at most two extents. */
#define MANIFEST_DERIVED_MAX (2 * ELF_SEGMENTS_MAX)
struct derived_manifest {
    uint32_t count;
    struct abi_extent extents[MANIFEST_DERIVED_MAX];
};

/*
 * Rule 2.3: the extents of a parsed file, with absolute addresses. Can't fail: struct elf's invariants are enough.
 */
void manifest_derive(const struct elf *elf, struct derived_manifest *out);

/*
 * Turn a derived manifest's absolute addresses into ones relative to the link base (rule 2.4), the lowest window
 * offset of all extents.
 * Returns 0 and writes @link_base, a window offset; or -ENOEXEC with a reason when an extent is not inside the window
 * that its protection names: @manifest is then undefined.
 */
int manifest_make_relative(struct derived_manifest *manifest, uint64_t *link_base, struct reason *reason);

/*
 * Check what a caller wrote, for an image of @image_bytes bytes: the kinds of extent that there are (2), placement in
 * the right window (2.6) and content inside the image (2.7), all without overflow. Extents may still overlap.
 * Returns 0 or -EINVAL.
 */
int manifest_check(struct manifest manifest, uint64_t image_bytes);

/* Rule 2.2: same number, same order, same window, address, size, file offset and protection in each. */
bool manifest_same_extent(const struct abi_extent *a, const struct abi_extent *b);
bool manifest_equal(struct manifest a, struct manifest b);

static inline struct manifest manifest_of(const struct derived_manifest *derived)
{
    return (struct manifest){ .count = derived->count, .extents = derived->extents };
}

/* Where an extent's window starts. */
static inline uint64_t manifest_window(const struct abi_extent *extent)
{
    return extent->window == ABI_EXTENT_WINDOW_DATA ? ABI_DATA_WINDOW : ABI_TEXT_WINDOW;
}

/* The end of the image's span relative to its base, whole pages: what must be free in both windows (2.5). */
uint64_t manifest_span(struct manifest manifest);
