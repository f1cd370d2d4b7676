/*
 * The entries of a map: adding, removing, replacing, protecting, and the heap's end.
 *
 * Every call checks first, then allocates what splitting can need, then changes entries and leaves in steps that
 * cannot fail. Entries are kept canonical: two neighbours that could be one are one, so that a heap that grows page by
 * page stays one entry, and a place gives the same entries whatever the order of calls that led there.
 *
 *     remove, replace   cut or drop the entries of the range    (a new one only where the hole is inside one entry)
 *     protect           split where an entry crosses an end of the range -> change -> merge neighbours
 *
 * Invariants: those named entry-... in map.c.
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: map_find_room() -> map_add() -> map_protect() -> map_remove()
 */
#include "map_entries.h"

#include "abi_errno.h"
#include "checked.h"
#include "map.h"
#include "map_pages.h"
#include "panic.h"
#include "pool.h"

#define PROTECTION_BITS (ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC)
#define WRITE_AND_EXECUTE (ABI_PROT_WRITE | ABI_PROT_EXEC)
#define HEAP_PROTECTION (ABI_PROT_READ | ABI_PROT_WRITE)

static struct pool entry_pool = POOL("map entry", struct map_entry);

/* Where a new entry belongs in the tree, and its neighbours there. */
struct gap {
    struct tree_node *parent;
    struct tree_node **link;
    struct map_entry *below;
    struct map_entry *above;
};

static struct gap find_gap(struct map *map, uint64_t start)
{
    struct gap gap = { .link = &map->entries.root };

    while (*gap.link != NULL) {
        struct map_entry *entry = CONTAINER_OF(*gap.link, struct map_entry, node);

        gap.parent = &entry->node;
        if (start < entry->start) {
            gap.above = entry;
            gap.link = &entry->node.left;
        } else {
            gap.below = entry;
            gap.link = &entry->node.right;
        }
    }
    return gap;
}

static bool is_occupied(const struct gap *gap, uint64_t start, uint64_t end)
{
    return (gap->below != NULL && gap->below->end > start) || (gap->above != NULL && gap->above->start < end);
}

bool map_entries_could_be_one(const struct map_entry *below, const struct map_entry *above)
{
    return below->end == above->start && below->object == above->object && below->protection == above->protection &&
           below->max_protection == above->max_protection && below->sharing == above->sharing &&
           below->flags == above->flags &&
           (below->object == NULL ||
            below->object_page + ((below->end - below->start) >> PAGE_SHIFT) == above->object_page);
}

/* Whether the object of such an entry may be written through it. */
static bool may_write_object(uint8_t sharing, uint8_t max_protection)
{
    return sharing == MAP_ENTRY_SHARED && (max_protection & ABI_PROT_WRITE) != 0;
}

/* @entry, whose fields are set and which is in the tree, is one of @map. Its object's reference is taken here. */
static void belong(struct map *map, struct map_entry *entry)
{
    entry->map = map;
    map->entry_count++;
    if (entry->object != NULL) {
        object_get(entry->object);
        list_push_back(&entry->object->mappings, &entry->object_link);
        entry->object->writable_entries += may_write_object(entry->sharing, entry->max_protection);
    }
}

/* Put @entry, whose fields are set, into the tree at @gap. */
static void link_entry_at(struct map *map, struct map_entry *entry, const struct gap *gap)
{
    tree_insert(&map->entries, &entry->node, gap->parent, gap->link);
    belong(map, entry);
}

static void link_entry(struct map *map, struct map_entry *entry)
{
    struct gap gap = find_gap(map, entry->start);

    link_entry_at(map, entry, &gap);
}

/* An entry charged to the account of @map; NULL when there is no memory, or it may have no more. */
static struct map_entry *alloc_entry(struct map *map)
{
    struct map_entry *entry = NULL;

    if (account_charge(map->account, ACCOUNT_ENTRIES, 1) == 0) {
        entry = pool_alloc(&entry_pool);
        if (entry == NULL) {
            account_uncharge(map->account, ACCOUNT_ENTRIES, 1);
        }
    }
    return entry;
}

static void free_entry(struct map_entry *entry)
{
    account_uncharge(entry->map->account, ACCOUNT_ENTRIES, 1);
    if (entry->object != NULL) {
        list_remove(&entry->object_link);
        entry->object->writable_entries -= may_write_object(entry->sharing, entry->max_protection);
        object_put(entry->object);
    }
    pool_free(&entry_pool, entry);
}

static void unlink_entry(struct map *map, struct map_entry *entry)
{
    tree_remove(&map->entries, &entry->node);
    map->entry_count--;
    if (map->recent == entry) {
        map->recent = NULL;
    }
    free_entry(entry);
}

/* From the leaves up, without keeping the balance: the whole tree goes. */
void map_entries_drop(struct map *map)
{
    struct tree_node *node = map->entries.root;

    while (node != NULL) {
        struct tree_node *child = node->left != NULL ? node->left : node->right;
        struct tree_node *parent = node->parent;

        if (child != NULL) {
            node = child;
            continue;
        }
        if (parent != NULL && parent->left == node) {
            parent->left = NULL;
        } else if (parent != NULL) {
            parent->right = NULL;
        }
        free_entry(CONTAINER_OF(node, struct map_entry, node));
        node = parent;
    }
    map->entries.root = NULL;
    map->entry_count = 0;
    map->recent = NULL;
}

/* A copy of @entry, at the same place of @map's tree: under @parent. NULL: no memory. */
static struct map_entry *copy_entry(struct map *map, const struct map_entry *entry, struct tree_node *parent)
{
    struct map_entry *copy = alloc_entry(map);

    if (copy != NULL) {
        *copy = *entry;
        copy->node = (struct tree_node){ .parent = parent, .height = entry->node.height };
        belong(map, copy);
    }
    return copy;
}

/* Make @link lead to a copy of the entry of @node. Returns the copy's node, or NULL. */
static struct tree_node *copy_node(struct map *map, const struct tree_node *node, struct tree_node *parent,
                                   struct tree_node **link)
{
    struct map_entry *copy = copy_entry(map, CONTAINER_OF(node, struct map_entry, node), parent);

    *link = copy == NULL ? NULL : &copy->node;
    return *link;
}

/* A tree of the same shape, so that nothing is searched or balanced: both are walked in step. */
int map_entries_copy(struct map *to, const struct map *from)
{
    const struct tree_node *node = from->entries.root;

    if (node == NULL) {
        return 0;
    }
    struct tree_node *copy = copy_node(to, node, NULL, &to->entries.root);

    while (copy != NULL && node != NULL) {
        if (node->left != NULL && copy->left == NULL) {
            node = node->left;
            copy = copy_node(to, node, copy, &copy->left);
        } else if (node->right != NULL && copy->right == NULL) {
            node = node->right;
            copy = copy_node(to, node, copy, &copy->right);
        } else {
            node = node->parent;
            copy = node == NULL ? copy : copy->parent;
        }
    }
    return copy == NULL ? -ENOMEM : 0;
}

/* Let @above become part of @below. */
static void merge(struct map *map, struct map_entry *below, struct map_entry *above)
{
    uint64_t end = above->end;

    unlink_entry(map, above);
    below->end = end;
}

void map_entries_merge(struct map *map, uint64_t start, uint64_t end)
{
    struct map_entry *entry = map_entry_from(map, start == 0 ? 0 : start - 1);

    while (entry != NULL && entry->end <= end) {
        struct map_entry *above = map_following(entry);

        if (above != NULL && map_entries_could_be_one(entry, above)) {
            merge(map, entry, above);
        } else {
            entry = above;
        }
    }
}

/* Split @entry at @address, which is inside it: @upper, new, takes the upper part. */
static void split(struct map *map, struct map_entry *entry, uint64_t address, struct map_entry *upper)
{
    *upper = (struct map_entry){
        .start = address,
        .end = entry->end,
        .object = entry->object,
        .object_page = entry->object == NULL ? 0 : entry->object_page + ((address - entry->start) >> PAGE_SHIFT),
        .protection = entry->protection,
        .max_protection = entry->max_protection,
        .sharing = entry->sharing,
        .flags = entry->flags,
    };
    entry->end = address;
    link_entry(map, upper);
}

void map_spares_free(struct map_spares *spares)
{
    while (spares->count > 0) {
        account_uncharge(spares->account, ACCOUNT_ENTRIES, 1);
        pool_free(&entry_pool, spares->entries[--spares->count]);
    }
}

int map_spares_reserve(struct map *map, struct map_spares *spares, unsigned count)
{
    spares->account = map->account;
    spares->count = 0;
    while (spares->count < count) {
        struct map_entry *entry = alloc_entry(map);

        if (entry == NULL) {
            map_spares_free(spares);
            return -ENOMEM;
        }
        spares->entries[spares->count++] = entry;
    }
    return 0;
}

static struct map_entry *take_spare(struct map_spares *spares)
{
    ASSERT(spares->count > 0);
    return spares->entries[--spares->count];
}

/* Whether an entry begins before @address and ends behind it. */
static bool is_crossed(const struct map *map, uint64_t address)
{
    const struct map_entry *entry = map_entry_from(map, address);

    return entry != NULL && entry->start < address;
}

static void split_at(struct map *map, uint64_t address, struct map_spares *spares)
{
    struct map_entry *entry = map_entry_from(map, address);

    if (entry != NULL && entry->start < address) {
        split(map, entry, address, take_spare(spares));
    }
}

unsigned map_spares_for_hole(const struct map *map, uint64_t start, uint64_t end)
{
    const struct map_entry *entry = map_entry_from(map, start);

    return entry != NULL && entry->start < start && entry->end > end ? 1 : 0;
}

void map_entries_cut(struct map *map, uint64_t start, uint64_t end, struct map_spares *spares)
{
    struct map_entry *entry = map_entry_from(map, start);

    while (entry != NULL && entry->start < end) {
        struct map_entry *above = map_following(entry);

        if (entry->start < start && entry->end > end) {
            split(map, entry, end, take_spare(spares));
            entry->end = start;
        } else if (entry->start < start) {
            entry->end = start;
        } else if (entry->end > end) {
            entry->object_page += entry->object == NULL ? 0 : (end - entry->start) >> PAGE_SHIFT;
            entry->start = end;
        } else {
            unlink_entry(map, entry);
        }
        entry = above;
    }
}

void map_entries_carve(struct map *map, uint64_t start, uint64_t end, struct map_spares *spares)
{
    map_pages_clear(map, start, end);
    map_entries_cut(map, start, end, spares);
}

/* The errors of a request that don't depend on the map. */
static int check_request(const struct map_request *request)
{
    uint64_t end, object_end;
    uint8_t rights = request->protection | request->max_protection;
    bool is_shared = request->sharing == MAP_ENTRY_SHARED;

    if (!is_page_aligned(request->start) || !is_page_aligned(request->size_bytes) || request->size_bytes == 0 ||
        add_overflows(request->start, request->size_bytes, &end) ||
        add_overflows(request->object_page, request->size_bytes >> PAGE_SHIFT, &object_end)) {
        return -EINVAL;
    }
    if ((rights & ~PROTECTION_BITS) != 0 || (request->protection & ~request->max_protection) != 0 ||
        request->sharing > MAP_ENTRY_SHARED || (is_shared && request->object == NULL)) {
        return -EINVAL;
    }
    if ((request->protection & WRITE_AND_EXECUTE) == WRITE_AND_EXECUTE) {
        return -EACCES;
    }
    if (is_shared && request->object->kind == OBJECT_INITRD && (request->max_protection & ABI_PROT_WRITE) != 0) {
        return -EACCES;
    }
    if (may_write_object(request->sharing, request->max_protection) &&
        (request->object->seals & ABI_F_SEAL_WRITE) != 0) {
        return -EPERM;
    }
    return request->start < MAP_FIRST_ADDRESS || end > SV39_USER_END ? -ENOMEM : 0;
}

static void fill_entry(struct map_entry *entry, const struct map_request *request)
{
    *entry = (struct map_entry){
        .start = request->start,
        .end = request->start + request->size_bytes,
        .object = request->object,
        .object_page = request->object == NULL ? 0 : request->object_page,
        .protection = request->protection,
        .max_protection = request->max_protection,
        .sharing = request->sharing,
        .flags = request->flags,
    };
}

/* Whether @request goes on with the rights and the object of @entry. */
static bool is_alike(const struct map_entry *entry, const struct map_request *request)
{
    return entry->object == request->object && entry->protection == request->protection &&
           entry->max_protection == request->max_protection && entry->sharing == request->sharing &&
           entry->flags == request->flags;
}

/* Whether the page of @object at @first, @bytes further, is the one at @second. */
static bool pages_go_on(const struct object *object, uint64_t first, uint64_t bytes, uint64_t second)
{
    return object == NULL || first + (bytes >> PAGE_SHIFT) == second;
}

/* Let a neighbour in @gap grow over what is requested. Returns whether one could. */
static bool grow_neighbour(struct map *map, const struct gap *gap, const struct map_request *request)
{
    struct map_entry *below = gap->below, *above = gap->above;
    uint64_t end = request->start + request->size_bytes;

    if (below != NULL && below->end == request->start && is_alike(below, request) &&
        pages_go_on(below->object, below->object_page, below->end - below->start, request->object_page)) {
        below->end = end;
        if (above != NULL && map_entries_could_be_one(below, above)) {
            merge(map, below, above);
        }
        return true;
    }
    if (above != NULL && above->start == end && is_alike(above, request) &&
        pages_go_on(above->object, request->object_page, request->size_bytes, above->object_page)) {
        above->start = request->start;
        above->object_page = above->object == NULL ? 0 : request->object_page;
        return true;
    }
    return false;
}

int map_add(struct map *map, const struct map_request *request)
{
    int error = check_request(request);

    if (error != 0) {
        return error;
    }
    uint64_t end = request->start + request->size_bytes;
    struct gap gap = find_gap(map, request->start);

    if (map_touches_windows(request->start, end) || is_occupied(&gap, request->start, end)) {
        return -EEXIST;
    }
    if (grow_neighbour(map, &gap, request)) {
        return 0;
    }
    struct map_entry *entry = alloc_entry(map);

    if (entry == NULL) {
        return -ENOMEM;
    }
    fill_entry(entry, request);
    link_entry_at(map, entry, &gap);
    return 0;
}

void map_entries_put(struct map *map, const struct map_request *request, struct map_spares *spares)
{
    struct map_entry *entry = take_spare(spares);

    fill_entry(entry, request);
    link_entry(map, entry);
    map_entries_merge(map, request->start, request->start + request->size_bytes);
}

int map_remove(struct map *map, uint64_t start, uint64_t size_bytes)
{
    uint64_t end;
    struct map_spares spares;

    if (!is_page_aligned(start) || !is_page_aligned(size_bytes) || size_bytes == 0 ||
        add_overflows(start, size_bytes, &end) || end > SV39_USER_END) {
        return -EINVAL;
    }
    if (map_touches_windows(start, end)) {
        return -EPERM;
    }
    int error = map_spares_reserve(map, &spares, map_spares_for_hole(map, start, end));

    if (error != 0) {
        return error;
    }
    map_entries_carve(map, start, end, &spares);
    map_room_freed(map, start, end);
    return 0;
}

int map_replace(struct map *map, const struct map_request *request)
{
    struct map_spares spares;
    int error = check_request(request);

    if (error != 0) {
        return error;
    }
    uint64_t start = request->start, end = start + request->size_bytes;

    if (map_touches_windows(start, end)) {
        return -EPERM;
    }
    error = map_spares_reserve(map, &spares, 1 + map_spares_for_hole(map, start, end));
    if (error != 0) {
        return error;
    }
    if (request->object != NULL) {
        object_get(request->object); /* an entry that goes may hold its last reference */
    }
    map_entries_carve(map, start, end, &spares);
    map_entries_put(map, request, &spares);
    if (request->object != NULL) {
        object_put(request->object);
    }
    return 0;
}

/* Whether entries that allow @protection cover [@start, @end) without a hole. */
static int check_protect(const struct map *map, uint64_t start, uint64_t end, uint8_t protection)
{
    for (struct map_entry *entry = map_entry_from(map, start);; entry = map_following(entry)) {
        if (entry == NULL || entry->start > start) {
            return -ENOMEM;
        }
        if ((protection & ~entry->max_protection) != 0) {
            return -EACCES;
        }
        if (entry->end >= end) {
            return 0;
        }
        start = entry->end;
    }
}

int map_protect(struct map *map, uint64_t start, uint64_t size_bytes, uint8_t protection)
{
    uint64_t end;
    struct map_spares spares;

    if (!is_page_aligned(start) || !is_page_aligned(size_bytes) || size_bytes == 0 ||
        add_overflows(start, size_bytes, &end) || (protection & ~PROTECTION_BITS) != 0) {
        return -EINVAL;
    }
    if (map_touches_windows(start, end)) {
        return -EPERM;
    }
    if ((protection & WRITE_AND_EXECUTE) == WRITE_AND_EXECUTE) {
        return -EACCES;
    }
    int error = check_protect(map, start, end, protection);

    if (error != 0) {
        return error;
    }
    error = map_spares_reserve(map, &spares, (unsigned)is_crossed(map, start) + (unsigned)is_crossed(map, end));
    if (error != 0) {
        return error;
    }
    split_at(map, start, &spares);
    split_at(map, end, &spares);
    for (struct map_entry *entry = map_entry_from(map, start); entry != NULL && entry->start < end;
         entry = map_following(entry)) {
        entry->protection = protection;
    }
    map_pages_protect(map, start, end, protection);
    map_entries_merge(map, start, end);
    return 0;
}

/* The highest end that a heap may have. */
static uint64_t heap_limit(const struct map *map)
{
    return map->heap_start >= MAP_IMAGE_START && map->heap_start < MAP_IMAGE_END ? MAP_IMAGE_END : SV39_USER_END;
}

uint64_t map_set_break(struct map *map, uint64_t end)
{
    if (end < map->heap_start || end > heap_limit(map)) {
        return map->heap_end;
    }
    uint64_t old_page_end = page_round_up(map->heap_end), page_end = page_round_up(end);
    int error = 0;

    if (page_end > old_page_end) {
        struct map_request request = {
            .start = old_page_end,
            .size_bytes = page_end - old_page_end,
            .protection = HEAP_PROTECTION,
            .max_protection = PROTECTION_BITS,
            .sharing = MAP_ENTRY_PRIVATE,
        };
        error = map_add(map, &request);
    } else if (page_end < old_page_end) {
        error = map_remove(map, page_end, old_page_end - page_end);
    }
    if (error == 0) {
        map->heap_end = end;
    }
    return map->heap_end;
}
