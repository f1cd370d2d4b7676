/*
 * What is seen in a region: its own entries, and entries of the regions behind it.
 *
 * A walk begins at the region, sees all of its entries, and goes on along the links. Of each region that it comes to, it
 * sees the entries whose depth is at most the one in the link by which it arrived: those that were there when the link
 * was made, since each clone makes the original's depth one more.
 *
 *     system, depth 2        A (depth 0)   B (depth 1)   C (depth 2)
 *       ^ link, depth 0
 *     private, depth 1       D (0)   E (1)          sees D, E, A
 *       ^ link, depth 0
 *     private, depth 0       F (0)                  sees F, D, A
 *
 * Extents that are seen from one region have no page in common, in whichever regions of its chain they are.
 */
#include "abi_errno.h"
#include "load_hash.h"
#include "region.h"

/* Where a walk is, and how much of that region it sees. */
struct view {
    const struct region *region;
    uint32_t depth;
};

#define FOR_EACH_VIEW(name, start) \
    for (struct view name = { (start), UINT32_MAX }; (name).region != NULL; \
         (name) = (struct view){ (name).region->behind.region, (name).region->behind.depth })

struct load_entry *region_find(const struct region *region, const struct image *image, uint32_t domain,
                               enum load_site site)
{
    FOR_EACH_VIEW(view, region)
    {
        struct load_entry *entry = load_hash_find(view.region->hash, view.region, image, domain, site);

        if (entry != NULL && entry->depth <= view.depth) {
            return entry;
        }
    }
    return NULL;
}

void region_for_each_entry(const struct region *region, void (*visit)(const struct load_entry *entry, void *context),
                           void *context)
{
    FOR_EACH_VIEW(view, region)
    {
        LIST_FOR_EACH(link, &view.region->entries) {
            const struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

            if (entry->depth <= view.depth) {
                visit(entry, context);
            }
        }
    }
}

struct load_entry *region_entry_at(const struct region *region, uint64_t base)
{
    FOR_EACH_VIEW(view, region)
    {
        LIST_FOR_EACH(link, &view.region->entries) {
            struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

            if (entry->base == base && entry->depth <= view.depth) {
                return entry;
            }
        }
    }
    return NULL;
}

int region_info(const struct region *region, uint64_t base, struct abi_extent *out, uint32_t capacity, uint32_t *count)
{
    const struct load_entry *entry = region_entry_at(region, base);

    if (entry == NULL) {
        return -ENOENT;
    }
    const struct load_extent *extent = entry->extents;

    for (uint32_t i = 0; extent != NULL && i < capacity; i++, extent = extent->next) {
        out[i] = load_entry_describe(entry, extent);
    }
    *count = entry->extent_count;
    return 0;
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

static bool entry_shows(const struct load_entry *entry, uint64_t address, uint64_t *offset)
{
    for (const struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
        if (shows(extent, address, offset)) {
            return true;
        }
    }
    return false;
}

int region_find_image(const struct region *region, uint64_t address, struct image *image, uint64_t *offset)
{
    FOR_EACH_VIEW(view, region)
    {
        LIST_FOR_EACH(link, &view.region->entries) {
            const struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

            if (entry->depth <= view.depth && entry_shows(entry, address, offset)) {
                *image = (struct image){ .object = entry->object,
                                         .offset = entry->offset,
                                         .length = entry->object->size_bytes - entry->offset };
                return 0;
            }
        }
    }
    return -ENOENT;
}

/* The extent with the lowest address of all of the region's own that ends behind @address, or NULL. */
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

/* The same of those that @view sees. */
static const struct load_extent *first_viewed(struct view view, uint64_t address)
{
    const struct load_extent *extent = first_ending_behind(view.region, address);

    while (extent != NULL && extent->depth > view.depth) {
        struct tree_node *next = tree_next(&extent->node);

        extent = next == NULL ? NULL : CONTAINER_OF(next, struct load_extent, node);
    }
    return extent;
}

/* The same of all that are seen from @region. */
static const struct load_extent *first_seen(const struct region *region, uint64_t address)
{
    const struct load_extent *first = NULL;

    FOR_EACH_VIEW(view, region)
    {
        const struct load_extent *extent = first_viewed(view, address);

        if (extent != NULL && (first == NULL || extent->address < first->address)) {
            first = extent;
        }
    }
    return first;
}

bool region_is_taken(const struct region *region, uint64_t start, uint64_t size_bytes, uint64_t *taken_end)
{
    const struct load_extent *extent = first_seen(region, start);

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
    const struct load_extent *extent = first_seen(region, address);

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
