/*
 * Taking away what is loaded: section 4 of the specification, and rule 3.4.
 *
 * An entry is unloaded when nobody else uses it and no chain shows it to another region: so only address spaces of the
 * region itself can have translations of it, and copies of its data. The windows' tables are the one place to clear;
 * the attached maps are visited for their copies.
 */
#include "abi_errno.h"
#include "load_hash.h"
#include "panic.h"
#include "region.h"
#include "region_table.h"
#include "region_use.h"

static enum load_site site_at(uint64_t base)
{
    return base - ABI_TEXT_WINDOW >= ABI_ALTERNATE_BASE ? LOAD_SITE_ALTERNATE : LOAD_SITE_DEFAULT;
}

/* Whether a region that is chained to @entry's sees it. */
static bool is_shown_to_clone(const struct load_entry *entry)
{
    LIST_FOR_EACH(link, &entry->region->clones) {
        if (CONTAINER_OF(link, struct region, clone_link)->behind.depth >= entry->depth) {
            return true;
        }
    }
    return false;
}

static int check_unload(const struct map *map, const struct load_entry *entry, uint64_t base)
{
    if (entry == NULL) {
        return -ENOENT;
    }
    if (entry->base != base) {
        return -EINVAL;
    }
    if (entry->region != region_of(map) || is_shown_to_clone(entry) ||
        entry->users > (region_uses(map, entry) ? 1u : 0u)) {
        return -EBUSY;
    }
    return 0;
}

static void take_out(struct region *region, struct load_entry *entry)
{
    for (struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
        windows_unmap(&region->windows, extent->address, load_entry_extent_bytes(extent));
        tree_remove(&region->extents, &extent->node);
    }
    list_remove(&entry->link);
    region->entry_count--;
    region->record_count -= load_entry_records(entry);
    load_hash_remove(region->hash, entry);
    load_entry_free(&region->hash->records, entry);
    region_table_write(region, paddr(0));
}

int region_unload(struct map *map, const struct image *image, uint64_t base, bool manages)
{
    struct region *region = region_of(map);

    ASSERT(region != NULL);
    if (region->class == REGION_SYSTEM && !manages) {
        return -EPERM;
    }
    if (region->is_loading) {
        return -EAGAIN;
    }
    struct load_entry *entry = region_find(region, image, map->account->domain, site_at(base));
    int error = check_unload(map, entry, base);

    if (error == 0) {
        region_drop_use(map, entry);
        take_out(region, entry);
    }
    return error;
}

int region_reset(struct map *map, uint64_t base)
{
    const struct load_entry *entry = region_entry_at(region_of(map), base);

    if (entry == NULL) {
        return -ENOENT;
    }
    for (const struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
        if ((extent->protection & ABI_EXTENT_COW) != 0) {
            windows_forget_copies(map, extent->address, load_entry_extent_bytes(extent));
        }
    }
    return 0;
}
