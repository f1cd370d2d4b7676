/*
 * Manifests: derived from a file's segments, or written by a caller and then checked, and compared.
 *
 * A segment of a file, and the extents that come of it (rule 2.3):
 *
 *     page      |           |           |           |           |
 *     file      |    ppppppp|ppppppppppp|pppp       |           |      p_vaddr .. p_vaddr + p_filesz
 *     memory    |    ppppppp|ppppppppppp|pppp0000000|00000000000|      .. p_vaddr + p_memsz
 *     extents   [file content: its last page is zero from here^ ][zero-fill ]
 */
#include "manifest.h"

#include "abi_errno.h"
#include "checked.h"

static void append(struct derived_manifest *out, uint64_t start, uint64_t end, uint64_t file_offset,
                   uint32_t protection)
{
    bool data = (protection & ABI_EXTENT_COW) != 0;

    out->extents[out->count++] = (struct abi_extent){ .address = start,
                                                      .size_bytes = end - start,
                                                      .file_offset = file_offset,
                                                      .window = data ? ABI_EXTENT_WINDOW_DATA : ABI_EXTENT_WINDOW_TEXT,
                                                      .protection = protection };
}

static uint32_t protection_of(const struct elf_segment *segment)
{
    uint32_t protection = ABI_EXTENT_READ;

    if ((segment->rights & ELF_WRITE) != 0) {
        protection |= ABI_EXTENT_WRITE | ABI_EXTENT_COW;
    }
    if ((segment->rights & ELF_EXECUTE) != 0) {
        protection |= ABI_EXTENT_EXECUTE;
    }
    return protection;
}

void manifest_derive(const struct elf *elf, struct derived_manifest *out)
{
    out->count = 0;
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        uint64_t start = page_round_down(segment->address);
        uint64_t end = segment->address + segment->memory_bytes;
        uint32_t protection = protection_of(segment);

        if (segment->file_bytes > 0) {
            uint64_t content_end = segment->address + segment->file_bytes;

            append(out, start, content_end, page_round_down(segment->file_offset), protection);
            start = page_round_up(content_end);
        }
        if (end > start) {
            append(out, start, end, 0, protection | ABI_EXTENT_ZERO_FILL);
        }
    }
}

int manifest_make_relative(struct derived_manifest *manifest, uint64_t *link_base, struct reason *reason)
{
    uint64_t lowest = ABI_WINDOW_END;

    for (uint32_t i = 0; i < manifest->count; i++) {
        struct abi_extent *extent = &manifest->extents[i];
        uint64_t window = manifest_window(extent);

        if (extent->address < window ||
            !fits_below(extent->address - window, page_round_up(extent->size_bytes), ABI_WINDOW_END)) {
            return reason_give(reason, -ENOEXEC, "not a library: %#lx is not in the %s window",
                               (unsigned long)extent->address,
                               extent->window == ABI_EXTENT_WINDOW_DATA ? "data" : "text");
        }
        extent->address -= window;
        lowest = extent->address < lowest ? extent->address : lowest;
    }
    for (uint32_t i = 0; i < manifest->count; i++) {
        manifest->extents[i].address -= lowest;
    }
    *link_base = lowest;
    return 0;
}

/* The kinds of extent that there are, by protection without ZERO_FILL; and the window of each. */
static bool is_allowed_kind(const struct abi_extent *extent)
{
    switch (extent->protection & ~(uint32_t)ABI_EXTENT_ZERO_FILL) {
    case ABI_EXTENT_READ:
    case ABI_EXTENT_READ | ABI_EXTENT_EXECUTE:
        return extent->window == ABI_EXTENT_WINDOW_TEXT;
    case ABI_EXTENT_COW | ABI_EXTENT_READ:
    case ABI_EXTENT_COW | ABI_EXTENT_READ | ABI_EXTENT_WRITE:
        return extent->window == ABI_EXTENT_WINDOW_DATA;
    default:
        return false;
    }
}

static bool is_allowed(const struct abi_extent *extent, uint64_t image_bytes)
{
    return is_allowed_kind(extent) && is_page_aligned(extent->address) && is_page_aligned(extent->file_offset) &&
           extent->size_bytes > 0 && fits_below(extent->address, extent->size_bytes, ABI_WINDOW_END) &&
           ((extent->protection & ABI_EXTENT_ZERO_FILL) != 0 ||
            fits_below(extent->file_offset, extent->size_bytes, image_bytes));
}

int manifest_check(struct manifest manifest, uint64_t image_bytes)
{
    for (uint32_t i = 0; i < manifest.count; i++) {
        if (!is_allowed(&manifest.extents[i], image_bytes)) {
            return -EINVAL;
        }
    }
    return 0;
}

bool manifest_same_extent(const struct abi_extent *a, const struct abi_extent *b)
{
    return a->window == b->window && a->address == b->address && a->size_bytes == b->size_bytes &&
           a->file_offset == b->file_offset && a->protection == b->protection;
}

bool manifest_equal(struct manifest a, struct manifest b)
{
    if (a.count != b.count) {
        return false;
    }
    for (uint32_t i = 0; i < a.count; i++) {
        if (!manifest_same_extent(&a.extents[i], &b.extents[i])) {
            return false;
        }
    }
    return true;
}

uint64_t manifest_span(struct manifest manifest)
{
    uint64_t span = 0;

    for (uint32_t i = 0; i < manifest.count; i++) {
        uint64_t end = manifest.extents[i].address + page_round_up(manifest.extents[i].size_bytes);

        span = end > span ? end : span;
    }
    return span;
}
