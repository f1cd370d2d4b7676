/*
 * Shared regions: their life. region_private.c makes clones, region_load.c puts things there, region_unload.c takes them
 * away, region_chain.c says what is seen, region_table.c tells it to programs.
 *
 * Every region has its two windows' page tables (mm/window.h); a map that attaches links them, so nothing that is
 * loaded later has to visit the maps.
 *
 *     region_create_relock()               fresh: nothing in it, nothing behind it
 *     region_make_private_relock()         clone: its tables are a copy, its link remembers the depth
 *     region_load_relock(), region_unload()
 *     region_put(), the last one           all entries, pages and tables go; then the reference on the region behind
 *
 * Invariants:
 *   counted   entry_count is the length of entries, record_count that of their records, and each entry's region is this
 *   disjoint  no two extents that are seen have a page in common; the tree holds the extents of all own entries
 *   inside    each extent is below ABI_WINDOW_END of its window: where the region table is, nothing is loaded
 *   shown     each page of an extent that is seen is in the windows' tables; text never writable, data copy-on-write
 *   current   the current region is of system class and has a reference of the server's
 *   table     the region table lists what is seen: region_table.c
 *   chain     who is chained to a region is in its clones; the region behind has entries that the link shows, so that a
 *             chain is never longer than the number of entries
 *
 * Typical use:
 *     region_attach(region_current(), map) -> region_load_relock(region_of(map), &request, &answer) -> region_detach(map)
 */
#include "region.h"

#include "abi_errno.h"
#include "load_hash.h"
#include "panic.h"
#include "pool.h"
#include "region_table.h"
#include "region_use.h"

static_assert(WINDOW_TEXT_BASE == ABI_TEXT_WINDOW && WINDOW_DATA_BASE == ABI_DATA_WINDOW, "one layout");
/* One size serves both windows: offsets and limits are the same in either (defect D51). */
static_assert(WINDOW_BYTES == ABI_WINDOW_BYTES, "one layout");
static_assert(ABI_TEXT_WINDOW % ABI_WINDOW_BYTES == 0, "aligned to its size");
static_assert(ABI_DATA_WINDOW % ABI_WINDOW_BYTES == 0, "aligned to its size");
static_assert(ABI_WINDOW_END == ABI_WINDOW_BYTES - (ABI_WINDOW_BYTES >> 9), "the region table is behind it");

static struct pool region_pool = POOL("region", struct region);
static struct region *current;

static struct list regions;

static void drop_entries(struct region *region)
{
    LIST_FOR_EACH_SAFE(link, following, &region->entries) {
        struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

        ASSERT(entry->users == 0);
        load_hash_remove(region->hash, entry);
        load_entry_free(&region->hash->records, entry);
    }
}

int region_server_init(void)
{
    int error = load_hash_init(load_hash_system());

    list_init(&regions);
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
    list_init(&region->clones);
    list_init(&region->clone_link);
    int error = windows_init_relock(&region->windows, account);

    if (error != 0) {
        pool_free(&region_pool, region);
        return error;
    }
    account_get(account);
    list_push_back(&regions, &region->all_link);
    error = region_table_create_relock(region);
    if (error != 0) {
        region_put(region);
        return error;
    }
    *out = region;
    return 0;
}

int region_create_clean_relock(struct account *account, struct region **out)
{
    return region_create_relock(REGION_PRIVATE, account, load_hash_system(), out);
}

static void destroy(struct region *region)
{
    ASSERT(list_is_empty(&region->windows.maps) && list_is_empty(&region->clones));
    drop_entries(region);
    windows_destroy(&region->windows);
    list_remove(&region->clone_link);
    list_remove(&region->all_link);
    account_put(region->account);
    pool_free(&region_pool, region);
}

/* A loop: a chain may be long. */
void region_put(struct region *region)
{
    while (region != NULL && --region->ref_count == 0) {
        struct region *behind = region->behind.region;

        destroy(region);
        region = behind;
    }
}

int region_renew_relock(void)
{
    struct region *fresh, *old = current;
    int error = region_create_relock(REGION_SYSTEM, account_root(), old->hash, &fresh);

    if (error != 0) {
        return error;
    }
    old = current; /* another one may have been as quick */
    current = fresh;
    region_put(old);
    return 0;
}

struct region *region_for_program_relock(struct region *region)
{
    if (region->class == REGION_PRIVATE) {
        return region;
    }
    if (current->is_full) {
        (void)region_renew_relock();
    }
    return current;
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
    region_get(region);
    int error = map_create_relock(account, out);

    if (error == 0) {
        error = region_attach(region, *out); /* which can't fail: the map is attached nowhere */
    }
    region_put(region);
    return error;
}

void region_detach(struct map *map)
{
    struct region *region = region_of(map);

    if (region != NULL) {
        region_drop_uses(map);
        map_detach(map);
        region_put(region);
    }
}

void region_for_each(void (*visit)(struct region *region, void *context), void *context)
{
    LIST_FOR_EACH(link, &regions) {
        visit(CONTAINER_OF(link, struct region, all_link), context);
    }
}
