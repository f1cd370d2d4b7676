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

#include "account.h"
#include "content.h"
#include "elf.h"

#include <string.h>

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

/* The extent's content, which needs that much of the image. */
static int add_content_relock(const struct load_source *source, const struct abi_extent *wanted,
                              struct load_entry *entry, struct load_extent *extent)
{
    struct image image = { source->object, source->key.offset, source->key.length };
    uint64_t end = wanted->file_offset + wanted->size_bytes;

    if ((wanted->protection & ABI_EXTENT_ZERO_FILL) != 0) {
        return 0;
    }
    entry->needed_bytes = end > entry->needed_bytes ? end : entry->needed_bytes;
    return content_create_relock(&image, wanted, source->payer, &extent->content);
}

int load_entry_create_relock(struct record_pool *pool, struct record_batch *batch, const struct load_source *source,
                             struct manifest manifest, struct load_bases bases, struct load_entry **out)
{
    uint32_t records = (source->site == LOAD_SITE_OWN ? 1 : 2) + manifest.count;
    int error = account_charge(source->payer, ACCOUNT_RECORDS, records);

    if (error != 0) {
        return error;
    }
    struct load_entry *entry = record_pool_take(batch);
    struct load_extent **link = &entry->extents;

    list_init(&entry->link);
    object_get(source->key.object);
    entry->object = source->key.object;
    entry->offset = source->key.offset;
    entry->payer = source->payer->id;
    entry->site = (uint8_t)source->site;
    if (source->site != LOAD_SITE_OWN) {
        entry->identity = record_pool_take(batch);
        memcpy(entry->identity->name, source->elf->name, sizeof(entry->identity->name));
        memcpy(entry->identity->build_id, source->elf->build_id, sizeof(entry->identity->build_id));
    }
    for (; entry->extent_count < manifest.count; entry->extent_count++) {
        *link = extent_create(batch, &manifest.extents[entry->extent_count], bases);
        link = &(*link)->next;
    }
    struct load_extent *extent = entry->extents;

    for (uint32_t i = 0; error == 0 && i < manifest.count; i++, extent = extent->next) {
        error = add_content_relock(source, &manifest.extents[i], entry, extent);
    }
    if (error != 0) {
        load_entry_free(pool, entry);
        return error;
    }
    *out = entry;
    return 0;
}

void load_entry_free(struct record_pool *pool, struct load_entry *entry)
{
    struct load_extent *extent = entry->extents;

    account_uncharge(account_of(entry->payer), ACCOUNT_RECORDS, load_entry_records(entry));
    if (entry->site != LOAD_SITE_OWN) {
        record_pool_free(pool, entry->identity);
    }
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
