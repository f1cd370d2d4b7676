/*
 * Shared regions: their life, and what is loaded in them. region_load.c puts things there.
 *
 * Every region has its two windows' page tables (mm/window.h); a map that attaches links them, so nothing that is
 * loaded later has to visit the maps.
 *
 * Invariants:
 *   counted   entry_count is the length of entries, and each entry's region is this one
 *   disjoint  no two extents in the tree have a page in common; the tree holds the extents of all entries
 *   inside    each extent is below ABI_WINDOW_END of its window: where the region table is, nothing is loaded
 *   shown     each page of an extent is in the windows' tables; text never writable, data copy-on-write
 *   current   the current region is of system class and has a reference of the server's
 *
 * Typical use:
 *     region_attach(region_current(), map) -> region_load_relock(region_of(map), &request, &answer) -> region_detach(map)
 */
#include "region.h"

#include "abi_errno.h"
#include "load_hash.h"
#include "panic.h"
#include "pool.h"

static_assert(WINDOW_TEXT_BASE == ABI_TEXT_WINDOW && WINDOW_DATA_BASE == ABI_DATA_WINDOW, "one layout");
/* One size serves both windows: offsets and limits are the same in either (defect D51). */
static_assert(WINDOW_BYTES == ABI_WINDOW_BYTES, "one layout");
static_assert(ABI_TEXT_WINDOW % ABI_WINDOW_BYTES == 0, "aligned to its size");
static_assert(ABI_DATA_WINDOW % ABI_WINDOW_BYTES == 0, "aligned to its size");
static_assert(ABI_WINDOW_END == ABI_WINDOW_BYTES - (ABI_WINDOW_BYTES >> 9), "the region table is behind it");

static struct pool region_pool = POOL("region", struct region);
static struct region *current;

static void drop_entries(struct region *region)
{
    LIST_FOR_EACH_SAFE(link, following, &region->entries) {
        struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

        load_hash_remove(region->hash, entry);
        load_entry_free(&region->hash->records, entry);
    }
}

/* The extent with the lowest address that ends behind @address, or NULL. */
static const struct load_extent *first_ending_behind(const struct region *region, uint64_t address)
{
    const struct tree_node *node = region->extents.root;
    const struct load_extent *found = NULL;

    while (node != NULL) {
        const struct load_extent *extent = CONTAINER_OF(node, struct load_extent, node);

        if (extent->address + load_entry_extent_bytes(extent) > address) {
            found = extent;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

int region_server_init(void)
{
    int error = load_hash_init(load_hash_system());

    if (error != 0) {
        return error;
    }
    error = region_create_relock(REGION_SYSTEM, account_root(), load_hash_system(), &current);
    if (error != 0) {
        load_hash_destroy(load_hash_system());
    }
    return error;
}

struct region *region_current(void)
{
    return current;
}

int region_create_relock(enum region_class class, struct account *account, struct load_hash *hash, struct region **out)
{
    struct region *region = pool_alloc(&region_pool);

    if (region == NULL) {
        return -ENOMEM;
    }
    *region = (struct region){ .class = class, .hash = hash, .account = account, .ref_count = 1 };
    list_init(&region->entries);
    int error = windows_init_relock(&region->windows);

    if (error != 0) {
        pool_free(&region_pool, region);
        return error;
    }
    account_get(account);
    *out = region;
    return 0;
}

void region_put(struct region *region)
{
    if (--region->ref_count > 0) {
        return;
    }
    ASSERT(list_is_empty(&region->windows.maps));
    drop_entries(region);
    windows_destroy(&region->windows);
    account_put(region->account);
    pool_free(&region_pool, region);
}

int region_attach(struct region *region, struct map *map)
{
    if (map->windows != NULL) {
        return -EBUSY;
    }
    region_get(region);
    return map_attach(map, &region->windows); /* which can't fail now */
}

int region_create_map_relock(struct region *region, struct account *account, struct map **out)
{
    int error = map_create_relock(account, out);

    return error ? error : region_attach(region, *out); /* which can't fail: the map is attached nowhere */
}

void region_detach(struct map *map)
{
    struct region *region = region_of(map);

    if (region != NULL) {
        map_detach(map);
        region_put(region);
    }
}

int region_info(const struct region *region, uint64_t base, struct abi_extent *out, uint32_t capacity, uint32_t *count)
{
    LIST_FOR_EACH(link, &region->entries) {
        const struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

        if (entry->base == base) {
            const struct load_extent *extent = entry->extents;

            for (uint32_t i = 0; extent != NULL && i < capacity; i++, extent = extent->next) {
                out[i] = load_entry_describe(entry, extent);
            }
            *count = entry->extent_count;
            return 0;
        }
    }
    return -ENOENT;
}

/* Where in its entry's image the byte at @address comes from. */
static bool shows(const struct load_extent *extent, uint64_t address, uint64_t *offset)
{
    if (extent->content == NULL || address < extent->address || address - extent->address >= extent->size_bytes) {
        return false;
    }
    *offset = extent->file_offset + (address - extent->address);
    return true;
}

int region_find_image(const struct region *region, uint64_t address, struct image *image, uint64_t *offset)
{
    LIST_FOR_EACH(link, &region->entries) {
        const struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

        for (const struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
            if (shows(extent, address, offset)) {
                *image = (struct image){ .object = entry->object,
                                         .offset = entry->offset,
                                         .length = entry->object->size_bytes - entry->offset };
                return 0;
            }
        }
    }
    return -ENOENT;
}

bool region_is_taken(const struct region *region, uint64_t start, uint64_t size_bytes, uint64_t *taken_end)
{
    const struct load_extent *extent = first_ending_behind(region, start);

    if (extent == NULL || extent->address >= start + size_bytes) {
        return false;
    }
    if (taken_end != NULL) {
        *taken_end = extent->address + load_entry_extent_bytes(extent);
    }
    return true;
}

int region_extent_behind(const struct region *region, uint64_t address, struct region_extent *out)
{
    const struct load_extent *extent = first_ending_behind(region, address);

    if (extent == NULL) {
        return -ENOENT;
    }
    *out = (struct region_extent){
        .start = extent->address,
        .end = extent->address + load_entry_extent_bytes(extent),
        .file_offset = extent->file_offset,
        .content = extent->content,
        .protection = extent->protection,
    };
    return 0;
}
