/*
 * What address spaces use of their regions (section 4): an entry that somebody uses is not unloaded by others.
 *
 * Invariants:
 *   users   an entry's users are the maps with a use of it
 *   once    a map has at most one use of an entry
 *
 * A use is charged to the map's account as an entry of an address space. Nothing is taken twice by who loads the same
 * image again and again: the list is looked at first. It is short: the libraries of a program.
 */
#include "region_use.h"

#include "abi_errno.h"
#include "load_entry.h"
#include "panic.h"
#include "pool.h"

static struct pool use_pool = POOL("region use", struct region_use);

struct region_use *region_use_reserve(struct map *map)
{
    if (account_charge(map->account, ACCOUNT_ENTRIES, 1) != 0) {
        return NULL;
    }
    struct region_use *use = pool_alloc(&use_pool);

    if (use == NULL) {
        account_uncharge(map->account, ACCOUNT_ENTRIES, 1);
    }
    return use;
}

void region_use_put(struct map *map, struct region_use *use, struct load_entry *entry)
{
    *use = (struct region_use){ .next = map->uses, .entry = entry };
    map->uses = use;
    entry->users++;
}

void region_use_cancel(struct map *map, struct region_use *use)
{
    pool_free(&use_pool, use);
    account_uncharge(map->account, ACCOUNT_ENTRIES, 1);
}

static int add(struct map *map, struct load_entry *entry)
{
    struct region_use *use = region_use_reserve(map);

    if (use == NULL) {
        return -ENOMEM;
    }
    region_use_put(map, use, entry);
    return 0;
}

int region_use(struct map *map, struct load_entry *entry)
{
    return region_uses(map, entry) ? 0 : add(map, entry);
}

int region_copy_uses(const struct map *from, struct map *to)
{
    ASSERT(to->uses == NULL);
    for (const struct region_use *use = from->uses; use != NULL; use = use->next) {
        int error = add(to, use->entry);

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* Take the use that @link leads to out of the list, and give it back. */
static void drop(struct map *map, struct region_use **link)
{
    struct region_use *use = *link;

    *link = use->next;
    use->entry->users--;
    region_use_cancel(map, use);
}

void region_drop_use(struct map *map, const struct load_entry *entry)
{
    struct region_use **link = &map->uses;

    while (*link != NULL && (*link)->entry != entry) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        drop(map, link);
    }
}

void region_drop_uses_slowly(struct map *map)
{
    while (map->uses != NULL) {
        drop(map, &map->uses);
    }
}
