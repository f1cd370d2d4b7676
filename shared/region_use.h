#pragma once

#include "map.h"
#include "region.h"

/*
 * One entry that an address space uses: struct map.uses is a list of them.
 */
struct region_use {
    struct region_use *next;
    struct load_entry *entry; /* of the map's region, or of one behind it that it sees */
};

/*
 * A use to be given away later, by region_use_put() or region_use_cancel(): for a load that may not fail once its entry
 * is there. Returns NULL when there is no memory, or @map's account has no more entries.
 */
struct region_use *region_use_reserve(struct map *map);
void region_use_put(struct map *map, struct region_use *use, struct load_entry *entry);
void region_use_cancel(struct map *map, struct region_use *use);

/* Whether @map uses @entry. */
static inline bool region_uses(const struct map *map, const struct load_entry *entry)
{
    const struct region_use *use = map->uses;

    while (use != NULL && use->entry != entry) {
        use = use->next;
    }
    return use != NULL;
}

/* @map does not use @entry any more; does nothing where it did not. The second: it uses nothing. */
void region_drop_use(struct map *map, const struct load_entry *entry);
void region_drop_uses_slowly(struct map *map);

static inline void region_drop_uses(struct map *map)
{
    if (map->uses != NULL) {
        region_drop_uses_slowly(map);
    }
}
