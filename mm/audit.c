/*
 * The auditor: what the head comments of mm/ promise, looked at in one walk over everything.
 *
 * References are counted in the descriptors themselves (frame.sharers, as usage.c does; object.audited for objects),
 * by whoever is found to hold one: entries of tables, slots of objects, owners that other layers name. At the end the
 * count of each frame must be the one that its descriptor has, so a frame that nobody can reach, one that is reached
 * too often and one that was freed while something shows it are all found. The named invariants are checked on the way.
 *
 * A map's leaves and its entries are walked side by side, both in the order of addresses: so a leaf costs the same
 * however many entries there are. Tables are entered down to their level and no deeper, a table of a map's own once,
 * lists within the number of their members: so it ends, whatever it finds.
 *
 * Invariants of its own (the others are where their names are explained):
 *     in-use         what an entry, a slot or an owner refers to is a frame that has a descriptor and is not free
 *     accounted      a frame of the supervisor is named by its owner, holds descriptors, or is one of those that are
 *                    kept since start-up: so many, and no others
 *     sums           all frames together are those that mm was given and has adopted
 *     leaf-frame     what users reach is a page or part of the initrd, or the frame of zeros, which nobody may write;
 *                    what they may write is a page
 *     leaf-level     a leaf is at level 0
 *     all-found      each map, entry and object that was made and has not ended was come upon
 *
 * Locking: the supervisor's lock.
 */
#include "audit.h"

#include "frame.h"
#include "map.h"
#include "map_entries.h"
#include "map_pages.h"
#include "object.h"
#include "pool.h"
#include "table.h"
#include "tree.h"

/* A walk over the tables of a map, or (map NULL) over those of windows. */
struct walk {
    struct audit *audit;
    struct map *map;
    const struct windows *windows;
    struct map_entry *entry; /* the first that ends behind where the walk is, or NULL */
};

void audit_find(struct audit *audit, const char *invariant, uint64_t where)
{
    if (audit->finding_count < AUDIT_FINDINGS_MAX) {
        audit->findings[audit->finding_count] =
            (struct audit_finding){ .invariant = invariant, .where = where, .pid = audit->pid };
    }
    audit->finding_count++;
}

void audit_expect(struct audit *audit, bool holds, const char *invariant, uint64_t where)
{
    if (!holds) {
        audit_find(audit, invariant, where);
    }
}

bool audit_reference(struct audit *audit, paddr_t frame, uint64_t where)
{
    if (!frame_is_described(frame) || frame_of(frame)->kind == FRAME_FREE) {
        audit_find(audit, "in-use", where);
        return false;
    }
    frame_of(frame)->sharers++;
    return true;
}

bool audit_list(struct audit *audit, const struct list *head, uint64_t limit, const char *invariant)
{
    const struct list *link = head;

    do {
        if (link->next->previous != link || limit-- + 1 == 0) {
            audit_find(audit, invariant, (uint64_t)link);
            return false;
        }
        link = link->next;
    } while (link != head);
    return true;
}

void audit_owner(struct audit *audit, paddr_t frame)
{
    if (audit_reference(audit, frame, frame.value)) {
        audit_expect(audit, frame_of(frame)->kind == FRAME_SUPERVISOR, "accounted", frame.value);
    }
}

void audit_object_owner(struct object *object)
{
    object->audited++;
}

/* --- Leaves */

/* leaf-accessed, leaf-user, leaf-w-xor-x. */
static void expect_bits(const struct walk *walk, uint64_t address, pte_t pte)
{
    uint64_t flags = pte & ~PTE_FRAME_MASK;
    bool is_text = walk->map == NULL && address < WINDOW_DATA_BASE;

    if ((pte & PTE_V) == 0) {
        audit_expect(walk->audit, flags == PTE_HELD, "leaf-rights", address);
        return;
    }
    bool dirty = (pte & PTE_W) == 0 || (pte & PTE_D) != 0;

    audit_expect(walk->audit, (pte & PTE_A) != 0 && dirty, "leaf-accessed", address);
    audit_expect(walk->audit,
                 (pte & PTE_U) != 0 && ((pte & PTE_G) != 0) == is_text && (pte & PTE_SHARED) == 0 &&
                     flags < 1u << PTE_FRAME_SHIFT,
                 "leaf-user", address);
    audit_expect(walk->audit, (pte & (PTE_W | PTE_X)) != (PTE_W | PTE_X), "leaf-w-xor-x", address);
}

/* leaf-frame. */
static void expect_users_frame(const struct walk *walk, uint64_t address, pte_t pte)
{
    uint8_t kind = frame_of(pte_frame(pte))->kind;
    bool may_be_read = kind == FRAME_PAGE || kind == FRAME_INITRD || pte_frame(pte).value == frame_zero().value;

    audit_expect(walk->audit, (pte & PTE_W) != 0 ? kind == FRAME_PAGE : may_be_read, "leaf-frame", address);
}

static bool is_alone(pte_t pte)
{
    return frame_of(pte_frame(pte))->ref_count == 1;
}

/* window-text, window-pristine: a leaf of the windows themselves. */
static void audit_window_leaf(const struct walk *walk, uint64_t address, pte_t pte)
{
    bool is_text = address < WINDOW_DATA_BASE;
    pte_t refused = is_text ? PTE_COPY_ON_WRITE : PTE_X;

    audit_expect(walk->audit, (pte & PTE_V) != 0 && (pte & PTE_R) != 0 && (pte & (PTE_W | refused)) == 0,
                 is_text ? "window-text" : "window-pristine", address);
}

/* window-copies, leaf-writable: a leaf of a map in the data window. */
static void audit_copied_leaf(const struct walk *walk, uint64_t address, pte_t pte)
{
    pte_t pristine = walk->windows == NULL ? 0 : windows_entry(walk->windows, address);
    bool is_copy = (pristine & PTE_COPY_ON_WRITE) != 0 && (pte & PTE_X) == 0;
    /* Read-only where a fork has shared it, as if it were pristine. */
    bool is_marked = (pte & ~PTE_FRAME_MASK) == (pristine & ~PTE_FRAME_MASK);
    bool holds =
        (pte & PTE_W) == 0 ? pte == pristine || (is_copy && is_marked) : is_copy && (pte & PTE_COPY_ON_WRITE) == 0;

    audit_expect(walk->audit, pristine != 0 && holds, "window-copies", address);
    audit_expect(walk->audit, (pte & PTE_W) == 0 || is_alone(pte), "leaf-writable", address);
}

static bool is_shown_by(const struct object *object, uint64_t page, pte_t pte)
{
    paddr_t shown;

    return object_page(object, page, &shown) == 0 && shown.value == pte_frame(pte).value;
}

/* leaf-rights: what @entry allows, and no writing more than that. */
static bool has_rights_of(const struct map_entry *entry, pte_t pte)
{
    if (entry->protection == ABI_PROT_NONE || (pte & PTE_V) == 0) {
        return entry->protection == ABI_PROT_NONE && (pte & PTE_V) == 0;
    }
    bool may_write = (entry->protection & ABI_PROT_WRITE) != 0;

    return (pte & ~(PTE_FRAME_MASK | PTE_W | PTE_D)) == map_leaf_flags(entry->protection) &&
           ((pte & PTE_W) == 0 || may_write);
}

/* leaf-entry, leaf-rights, leaf-writable, leaf-inside. */
static void audit_entry_leaf(struct walk *walk, uint64_t address, pte_t pte)
{
    while (walk->entry != NULL && walk->entry->end <= address) {
        walk->entry = map_following(walk->entry);
    }
    const struct map_entry *entry = walk->entry;

    if (entry == NULL || address < entry->start) {
        audit_find(walk->audit, "leaf-entry", address);
        return;
    }
    uint64_t page = entry->object_page + ((address - entry->start) >> PAGE_SHIFT);
    bool is_writable = (pte & PTE_W) != 0;

    audit_expect(walk->audit, has_rights_of(entry, pte), "leaf-rights", address);
    if (entry->sharing == MAP_ENTRY_SHARED && entry->object != NULL) {
        audit_expect(walk->audit, page < object_page_count(entry->object), "leaf-inside", address);
        audit_expect(walk->audit,
                     !is_writable || walk->audit->has_broken_store || is_shown_by(entry->object, page, pte),
                     "leaf-writable", address);
    } else {
        audit_expect(walk->audit, !is_writable || is_alone(pte), "leaf-writable", address);
    }
}

static bool is_in_data_window(uint64_t address)
{
    return address - WINDOW_DATA_BASE < WINDOW_BYTES;
}

static void audit_leaf(struct walk *walk, uint64_t address, pte_t pte)
{
    expect_bits(walk, address, pte);
    expect_users_frame(walk, address, pte);
    if (walk->map == NULL) {
        audit_window_leaf(walk, address, pte);
    } else if (is_in_data_window(address)) {
        audit_copied_leaf(walk, address, pte);
    } else {
        audit_entry_leaf(walk, address, pte);
    }
}

/* --- Tables */

/* The table of the windows that a link of a map at @address must lead to; 0: there may be none. */
static uint64_t linked_table(const struct walk *walk, uint64_t address, unsigned level)
{
    if (walk->map == NULL || walk->windows == NULL) {
        return 0;
    }
    if (level == 2) {
        return sv39_index(address, 2) == WINDOW_TEXT_ROOT_SLOT ? walk->windows->text.value : 0;
    }
    return is_in_data_window(address) ? pte_frame(table_entries(walk->windows->data)[sv39_index(address, 1)]).value : 0;
}

/* Whether @frame is a table that was not entered before. */
static bool enters(paddr_t frame)
{
    struct frame *descriptor = frame_of(frame);
    bool is_new = descriptor->kind == FRAME_TABLE && descriptor->seen == 0;

    descriptor->seen = 1;
    return is_new;
}

static void audit_table(struct walk *walk, paddr_t table, unsigned level, uint64_t base);

/* window-link, table-own, leaf-level: an entry of a table of level 2 or 1. */
static void audit_child(struct walk *walk, uint64_t address, unsigned level, pte_t pte)
{
    paddr_t table = pte_frame(pte);

    if (!pte_is_table(pte)) {
        audit_find(walk->audit, "leaf-level", address);
    } else if ((pte & PTE_SHARED) != 0) {
        audit_expect(walk->audit, linked_table(walk, address, level) == table.value, "window-link", address);
    } else if ((walk->map != NULL && frame_of(table)->ref_count != 1) || !enters(table)) {
        audit_find(walk->audit, "table-own", address);
    } else {
        audit_table(walk, table, level - 1, address);
    }
}

/* table-live, table-groups, and what is under the table: no deeper than it has levels. */
static void audit_table(struct walk *walk, paddr_t table, unsigned level, uint64_t base)
{
    const struct frame *descriptor = frame_of(table);
    unsigned limit = level == 2 ? SV39_USER_ROOT_ENTRIES : SV39_ENTRIES, live = 0;

    walk->audit->tables++;
    account_audit_use(walk->map == NULL ? walk->windows->account : walk->map->account, ACCOUNT_FRAMES, 1);
    for (unsigned i = 0; i < limit; i++) {
        pte_t pte = table_entries(table)[i];
        uint64_t address = base + i * sv39_span(level);

        if (pte == 0) {
            continue;
        }
        live++;
        audit_expect(walk->audit, (descriptor->groups >> (i / TABLE_GROUP) & 1) != 0, "table-groups", address);
        if (!audit_reference(walk->audit, pte_frame(pte), address)) {
            continue;
        }
        if (level > 0) {
            audit_child(walk, address, level, pte);
        } else {
            audit_leaf(walk, address, pte);
        }
    }
    audit_expect(walk->audit, descriptor->live == live, "table-live", base);
}

/* A table that a map or windows hold by a reference of their own. Whether it is one. */
static bool is_root(struct audit *audit, paddr_t table)
{
    if (!audit_reference(audit, table, table.value)) {
        return false;
    }
    bool is_new = enters(table);

    audit_expect(audit, is_new, "table-own", table.value);
    return is_new;
}

static void audit_window(struct audit *audit, const struct windows *windows, paddr_t table, uint64_t base)
{
    struct walk walk = { .audit = audit, .windows = windows };

    if (is_root(audit, table)) {
        audit_table(&walk, table, 1, ALIGNED_DOWN(base, sv39_span(2)));
    }
}

void audit_windows(struct audit *audit, const struct windows *windows)
{
    audit_window(audit, windows, windows->text, WINDOW_TEXT_BASE);
    audit_window(audit, windows, windows->data, WINDOW_DATA_BASE);
    if (audit_list(audit, &windows->maps, UINT32_MAX, "window-maps")) {
        LIST_FOR_EACH(link, &windows->maps) {
            audit_expect(audit, CONTAINER_OF(link, struct map, windows_link)->windows == windows, "window-maps",
                         windows->serial);
        }
    }
}

/* --- Entries */

static bool is_placed(const struct map_entry *entry)
{
    return is_page_aligned(entry->start | entry->end) && entry->start < entry->end &&
           entry->start >= MAP_FIRST_ADDRESS && entry->end <= SV39_USER_END;
}

static bool has_good_rights(const struct map_entry *entry)
{
    const uint8_t write_and_execute = ABI_PROT_WRITE | ABI_PROT_EXEC;
    const uint8_t all = ABI_PROT_READ | write_and_execute;
    bool is_shared = entry->sharing == MAP_ENTRY_SHARED;

    return (entry->protection & ~entry->max_protection) == 0 && (entry->max_protection & ~all) == 0 &&
           (entry->protection & write_and_execute) != write_and_execute && (!is_shared || entry->object != NULL) &&
           (!is_shared || entry->object->kind != OBJECT_INITRD || (entry->max_protection & ABI_PROT_WRITE) == 0);
}

/* entry-sorted, entry-windows, entry-rights, entry-object. @below is the entry in front of it, or NULL. */
static void audit_entry(struct audit *audit, const struct map *map, const struct map_entry *below,
                        const struct map_entry *entry)
{
    const struct list *link = &entry->object_link;

    audit_expect(audit, is_placed(entry) && (below == NULL || below->end <= entry->start), "entry-sorted",
                 entry->start);
    audit_expect(audit, !map_touches_windows(entry->start, entry->end), "entry-windows", entry->start);
    audit_expect(audit, below == NULL || !map_entries_could_be_one(below, entry), "entry-merged", entry->start);
    audit_expect(audit, has_good_rights(entry), "entry-rights", entry->start);
    if (entry->object != NULL) {
        audit->shown++;
        audit_object_owner(entry->object);
        audit_expect(audit, link->next->previous == link && link->next != link, "entry-object", entry->start);
    }
    audit_expect(audit, entry->map == map, "entry-object", entry->start);
    audit->entries++;
}

static bool leaves_no_room(uint64_t start, uint64_t end, const struct map_room *room)
{
    return end < start + room->size;
}

/* room: no gap of the size that was found nowhere, from where searches begin to where one has come. */
static bool room_is_right(struct map *map)
{
    uint64_t gap = MAP_AREA_START > map->area_room.from ? MAP_AREA_START : map->area_room.from;
    uint64_t large = MAP_LARGE_START, limit = map->large_room.from;
    bool holds = true;

    for (struct map_entry *entry = map_first(map); entry != NULL; entry = map_following(entry)) {
        if (entry->end > gap && entry->start < MAP_STACK_START) {
            holds &= leaves_no_room(gap, entry->start, &map->area_room);
            gap = entry->end;
        }
        if (entry->end > large && large < limit) {
            holds &= leaves_no_room(large, entry->start < limit ? entry->start : limit, &map->large_room);
            large = entry->end;
        }
    }
    return holds && leaves_no_room(gap, MAP_STACK_START, &map->area_room);
}

/* entry-count, room, heap, and each entry. */
static void audit_entries(struct audit *audit, struct map *map)
{
    const struct map_entry *below = NULL;
    uint64_t count = 0;
    bool recent_is_there = map->recent == NULL;

    for (struct map_entry *entry = map_first(map); entry != NULL; entry = map_following(entry)) {
        audit_entry(audit, map, below, entry);
        recent_is_there |= map->recent == entry;
        below = entry;
        count++;
    }
    account_audit_use(map->account, ACCOUNT_ENTRIES, count);
    audit_expect(audit, map->entry_count == count && recent_is_there, "entry-count", count);
    audit_expect(audit, room_is_right(map), "room", map->area_room.from);
    audit_expect(audit, map->heap_start <= map->heap_end, "heap", map->heap_end);
}

void audit_map(struct audit *audit, struct map *map)
{
    struct walk walk = { .audit = audit, .map = map, .windows = map->windows };
    const char *broken = tree_audit(&map->entries);

    if (!is_root(audit, map->space.root)) {
        return;
    }
    audit->maps++;
    account_audit_reference(map->account);
    if (broken != NULL) {
        audit_find(audit, "entry-tree", map->entry_count);
        return;
    }
    audit_entries(audit, map);
    walk.entry = map_first(map);
    audit_table(&walk, map->space.root, 2, 0);
}

/* --- Objects */

static void forget_references(struct object *object, void *context)
{
    (void)context;
    object->audited = 0;
}

/* object-initrd. */
static void audit_initrd(struct audit *audit, const struct object *object)
{
    audit_expect(audit, object->pages.root == NULL, "object-initrd", object->generation);
    for (uint64_t page = 0; page < object_page_count(object); page++) {
        paddr_t frame = paddr(object->initrd_start.value + (page << PAGE_SHIFT));

        audit_expect(audit, frame_is_described(frame) && frame_of(frame)->kind == FRAME_INITRD, "object-initrd",
                     frame.value);
    }
}

/* object-tail: of what nobody can write. */
static bool tail_is_zero(const struct object *object)
{
    uint64_t offset = object->size_bytes & PAGE_MASK;
    paddr_t frame;

    if (offset == 0 || object_page(object, object->size_bytes >> PAGE_SHIFT, &frame) != 0) {
        return true;
    }
    const char *page = arch_direct(frame);

    while (offset < PAGE_SIZE && page[offset] == 0) {
        offset++;
    }
    return offset == PAGE_SIZE;
}

/* object-mappings, object-writable. */
static void audit_mappings(struct audit *audit, const struct object *object)
{
    bool is_sealed = (object->seals & ABI_F_SEAL_WRITE) != 0;
    uint32_t writable = 0;

    if (!audit_list(audit, &object->mappings, object->ref_count, "object-mappings")) {
        return;
    }
    LIST_FOR_EACH(link, &object->mappings) {
        const struct map_entry *entry = CONTAINER_OF(link, struct map_entry, object_link);

        audit_expect(audit, entry->object == object, "object-mappings", object->generation);
        writable += entry->sharing == MAP_ENTRY_SHARED && (entry->max_protection & ABI_PROT_WRITE) != 0;
        audit->listed++;
    }
    audit_expect(audit, object->writable_entries == writable && object->writers == 0 && !(is_sealed && writable != 0),
                 "object-writable", object->generation);
}

/* object-depth, object-tail, and what is said above. */
static void audit_object(struct object *object, void *context)
{
    struct audit *audit = context;
    struct object *parent = object->parent;

    audit->objects++;
    audit_expect(
        audit, (object->kind == OBJECT_SHADOW) == (parent != NULL) && (parent == NULL || parent->kind != OBJECT_SHADOW),
        "object-depth", object->generation);
    if (parent != NULL) {
        audit_object_owner(parent);
    }
    if (object->kind == OBJECT_INITRD) {
        audit_initrd(audit, object);
    }
    uint32_t found = audit->finding_count;

    page_store_audit(audit, &object->pages, object_page_count(object));
    audit->has_broken_store |= audit->finding_count != found;
    if (object->kind == OBJECT_INITRD || ((object->seals & ABI_F_SEAL_WRITE) != 0 && !audit->has_broken_store)) {
        audit_expect(audit, tail_is_zero(object), "object-tail", object->generation);
    }
    audit_mappings(audit, object);
}

/* --- The whole */

void audit_begin(struct audit *audit)
{
    *audit = (struct audit){ .pid = 0 };
    frame_audit(audit);
    account_audit(audit);
    pool_audit_all(audit);
    object_for_each(forget_references, NULL);
    object_for_each(audit_object, audit);
}

static void end_object(struct object *object, void *context)
{
    audit_expect(context, object->ref_count == object->audited, "object-references", object->generation);
}

static void end_object_with_others(struct object *object, void *context)
{
    audit_expect(context, object->ref_count >= object->audited && object->ref_count > 0, "object-references",
                 object->generation);
}

/* references, and the first half of accounted; `sharers` of what is in use is the number of references found. */
static void end_frame(paddr_t frame, struct frame *descriptor, void *context)
{
    struct audit *audit = context;
    uint32_t wanted = descriptor->sharers;

    if (descriptor->kind == FRAME_FREE) {
        audit_expect(audit, descriptor->ref_count == 0 && descriptor->seen == 1, "listed-free", frame.value);
        return;
    }
    if (descriptor->kind == FRAME_INITRD) {
        wanted++; /* the initrd's own */
    } else if (descriptor->kind == FRAME_SUPERVISOR && wanted == 0) {
        audit->unowned++;
        wanted = 1;
    }
    audit_expect(audit, descriptor->ref_count == wanted && wanted != 0, "references", frame.value);
    if (descriptor->kind != FRAME_TABLE) {
        account_audit_frame(audit, descriptor->owner, frame);
    }
}

void audit_end(struct audit *audit, uint64_t frames, uint64_t fixed_frames, enum audit_owners owners)
{
    audit->pid = 0;
    object_for_each(owners == AUDIT_ALL_OWNERS ? end_object : end_object_with_others, audit);
    frame_for_each(end_frame, audit);
    account_audit_end(audit, owners == AUDIT_ALL_OWNERS);
    audit_expect(audit, audit->listed == audit->shown, "object-mappings", audit->listed);
    audit_expect(audit, audit->unowned == frame_descriptor_count() + fixed_frames, "accounted", audit->unowned);
    pool_audit_used(audit, "map", audit->maps, "all-found");
    pool_audit_used(audit, "map entry", audit->entries, "all-found");
    pool_audit_used(audit, "object", audit->objects, "all-found");
    audit_expect(audit, frames == 0 || audit->frames == frames, "sums", audit->frames);
}
