/*
 * Load entries and their extents: records of the pool, tied together by pointers.
 *
 * Invariants:
 *   content   an extent has a content object exactly when it is not zero-fill
 *   counted   extent_count is the length of extents, at least 1
 *   inside    needed_bytes is the largest end of a content in the image
 *
 * Typical use:
 *     record_pool_reserve() -> load_entry_create_relock() -> fill in region, domain, site, base, depth -> load_hash_add()
 */
#include "load_entry.h"

#include "content.h"

static struct load_extent *extent_create(struct record_batch *batch, const struct abi_extent *wanted,
                                         struct load_bases bases)
{
    struct load_extent *extent = record_pool_take(batch);

    extent->address = wanted->address + (wanted->window == ABI_EXTENT_WINDOW_DATA ? bases.data : bases.text);
    extent->size_bytes = wanted->size_bytes;
    extent->file_offset = wanted->file_offset;
    extent->protection = wanted->protection;
    return extent;
}

int load_entry_create_relock(struct record_pool *pool, struct record_batch *batch, const struct image *image,
                             struct manifest manifest, struct load_bases bases, struct load_entry **out)
{
    struct load_entry *entry = record_pool_take(batch);
    struct load_extent **link = &entry->extents;

    list_init(&entry->link);
    object_get(image->object);
    entry->object = image->object;
    entry->offset = image->offset;
    for (; entry->extent_count < manifest.count; entry->extent_count++) {
        const struct abi_extent *wanted = &manifest.extents[entry->extent_count];
        struct load_extent *extent = extent_create(batch, wanted, bases);

        *link = extent;
        link = &extent->next;
        if ((wanted->protection & ABI_EXTENT_ZERO_FILL) == 0) {
            uint64_t end = wanted->file_offset + wanted->size_bytes;
            int error = content_create_relock(image, wanted, &extent->content);

            if (error != 0) {
                load_entry_free(pool, entry);
                return error;
            }
            entry->needed_bytes = end > entry->needed_bytes ? end : entry->needed_bytes;
        }
    }
    *out = entry;
    return 0;
}

void load_entry_free(struct record_pool *pool, struct load_entry *entry)
{
    struct load_extent *extent = entry->extents;

    while (extent != NULL) {
        struct load_extent *following = extent->next;

        if (extent->content != NULL) {
            object_put(extent->content);
        }
        record_pool_free(pool, extent);
        extent = following;
    }
    object_put(entry->object);
    record_pool_free(pool, entry);
}

struct abi_extent load_entry_describe(const struct load_entry *entry, const struct load_extent *extent)
{
    bool data = (extent->protection & ABI_EXTENT_COW) != 0;
    uint64_t offset = entry->base - ABI_TEXT_WINDOW;

    return (struct abi_extent){ .address = extent->address - (data ? ABI_DATA_WINDOW : ABI_TEXT_WINDOW) - offset,
                                .size_bytes = extent->size_bytes,
                                .file_offset = extent->file_offset,
                                .window = data ? ABI_EXTENT_WINDOW_DATA : ABI_EXTENT_WINDOW_TEXT,
                                .protection = extent->protection };
}
