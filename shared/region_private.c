/*
 * Private regions: clones of the region that a task was in (rule 3.3).
 *
 * The clone gets page tables of its own that show what the original shows: a copy, so that nothing has to be looked at,
 * let alone copied, when either side loads something later. What it shows stays loaded: the link says so to unloads.
 *
 * Locking: the supervisor's lock, dropped while tables are zeroed. Meanwhile the original is marked as being loaded into.
 */
#include "abi_errno.h"
#include "panic.h"
#include "region.h"
#include "region_table.h"

/* What has nothing of its own is seen through. */
static struct region_link link_to(struct region *region)
{
    return region->entry_count == 0 ? region->behind : (struct region_link){ .region = region, .depth = region->depth };
}

static void chain(struct region *region, struct region_link behind)
{
    region->behind = behind;
    if (behind.region != NULL) {
        region_get(behind.region);
        list_push_back(&behind.region->clones, &region->clone_link);
    }
}

static int clone_relock(struct region *original, struct account *account, struct region **out)
{
    struct region *region;

    if (original->is_loading) {
        return -EAGAIN;
    }
    if (original->depth == UINT32_MAX) {
        return -ENOSPC;
    }
    original->is_loading = true;
    int error = region_create_relock(REGION_PRIVATE, account, original->hash, &region);

    if (error == 0) {
        error = windows_copy_relock(&original->windows, &region->windows, ABI_WINDOW_END);
        if (error == 0) {
            chain(region, link_to(original));
            error = region_table_fill_relock(region);
        }
        if (error == 0) {
            original->depth++;
            *out = region;
        } else {
            region_put(region);
        }
    }
    original->is_loading = false;
    return error;
}

int region_make_private_relock(struct map *map)
{
    struct region *old = region_of(map), *region;

    ASSERT(old != NULL);
    int error = clone_relock(old, map->account, &region);

    if (error == 0) {
        map_change_windows(map, &region->windows); /* and what was the map's reference on the old one is now on this */
        region_put(old);
    }
    return error;
}
