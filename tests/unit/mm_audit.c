/* See mm_audit.h. It is the tests' own: it shares no code with what it checks but the walk of lists. */
#include "mm_audit.h"

#include <stdlib.h>

#include "abi_types.h"
#include "check.h"
#include "table.h"
#include "usage.h"

#define MAPS_MAX 64

static uint64_t ram_frames;
static uint64_t all_frames;
static uint32_t *expected; /* references counted, by frame number from RAM's start */
static uint64_t mappings; /* entries that show an object */
static struct map *audited_maps[MAPS_MAX];
static size_t audited_count;

static void expect_reference(paddr_t frame)
{
    uint64_t number = (frame.value - STUB_RAM_BASE) >> PAGE_SHIFT;

    CHECK(number < ram_frames && is_page_aligned(frame.value));
    CHECK(frame_of(frame)->ref_count > 0);
    expected[number]++;
}

void audit_start(uint64_t total)
{
    all_frames = total;
    ram_frames = stub_ram_size() >> PAGE_SHIFT;
    expected = calloc(ram_frames, sizeof(*expected));
    mappings = 0;
    audited_count = 0;
}

/* table-live, table-groups: over the entries that count, of a root the users' half. */
static void audit_table(paddr_t table, unsigned limit)
{
    const pte_t *entries = table_entries(table);
    unsigned live = 0;

    CHECK_EQUAL(frame_of(table)->kind, FRAME_TABLE);
    for (unsigned i = 0; i < limit; i++) {
        if (entries[i] != 0) {
            live++;
            CHECK((frame_of(table)->groups >> (i / TABLE_GROUP) & 1) == 1);
        }
    }
    CHECK_EQUAL(frame_of(table)->live, live);
}

/* leaf-accessed, leaf-user, leaf-w-xor-x. */
static void audit_leaf_bits(pte_t pte, bool is_text)
{
    if ((pte & PTE_V) == 0) {
        CHECK_EQUAL(pte & ~PTE_FRAME_MASK, PTE_HELD);
        return;
    }
    CHECK((pte & (PTE_A | PTE_U)) == (PTE_A | PTE_U));
    CHECK((pte & (PTE_R | PTE_X)) != 0);
    CHECK((pte & PTE_W) == 0 || (pte & (PTE_D | PTE_R)) == (PTE_D | PTE_R));
    CHECK((pte & (PTE_W | PTE_X)) != (PTE_W | PTE_X));
    CHECK(((pte & PTE_G) != 0) == is_text);
    CHECK((pte & PTE_SHARED) == 0 && (pte & ~PTE_FRAME_MASK) < 1u << 10);
}

static struct map_entry *entry_at(struct map *map, uint64_t address)
{
    for (struct map_entry *entry = map_first(map); entry != NULL; entry = map_following(entry)) {
        if (entry->start <= address && address < entry->end) {
            return entry;
        }
    }
    return NULL;
}

static bool is_shown_by(const struct object *object, uint64_t page, paddr_t frame)
{
    paddr_t shown;

    return object_page(object, page, &shown) == 0 && shown.value == frame.value;
}

/* leaf-entry, leaf-rights, leaf-writable, leaf-inside. */
static void audit_entry_leaf(struct map *map, uint64_t address, pte_t pte)
{
    struct map_entry *entry = entry_at(map, address);

    CHECK(entry != NULL);
    CHECK(((pte & PTE_V) == 0) == (entry->protection == ABI_PROT_NONE));
    uint64_t page = entry->object_page + ((address - entry->start) >> PAGE_SHIFT);
    struct frame *frame = frame_of(pte_frame(pte));

    if (entry->sharing == MAP_ENTRY_SHARED) {
        CHECK(page < object_page_count(entry->object));
        CHECK((pte & PTE_W) == 0 || is_shown_by(entry->object, page, pte_frame(pte)));
    } else if ((pte & PTE_W) != 0) {
        CHECK_EQUAL(frame->ref_count, 1);
        CHECK_EQUAL(frame->kind, FRAME_PAGE);
    }
    if ((pte & PTE_V) != 0) {
        CHECK((pte & PTE_W) == 0 || (entry->protection & ABI_PROT_WRITE) != 0);
        CHECK(((pte & PTE_X) != 0) == ((entry->protection & ABI_PROT_EXEC) != 0));
        CHECK(((pte & PTE_R) != 0) == ((entry->protection & (ABI_PROT_READ | ABI_PROT_WRITE)) != 0));
        CHECK((pte & PTE_COPY_ON_WRITE) == 0);
    }
}

/* window-copies, leaf-writable in the data window. */
static void audit_window_leaf(const struct map *map, uint64_t address, pte_t pte)
{
    CHECK(map->windows != NULL);
    pte_t pristine = windows_entry(map->windows, address);

    CHECK(pristine != 0 && (pte & PTE_V) != 0);
    if ((pte & PTE_W) != 0) {
        CHECK_EQUAL(frame_of(pte_frame(pte))->ref_count, 1);
        CHECK((pristine & PTE_COPY_ON_WRITE) != 0 && (pte & PTE_COPY_ON_WRITE) == 0);
    } else {
        CHECK_EQUAL(pte, pristine);
    }
}

static bool is_in_data_window(uint64_t address)
{
    return address - WINDOW_DATA_BASE < WINDOW_BYTES;
}

static void audit_level0(struct map *map, paddr_t table, uint64_t base)
{
    audit_table(table, SV39_ENTRIES);
    for (unsigned i = 0; i < SV39_ENTRIES; i++) {
        pte_t pte = table_entries(table)[i];
        uint64_t address = base + i * PAGE_SIZE;

        if (pte == 0) {
            continue;
        }
        expect_reference(pte_frame(pte));
        audit_leaf_bits(pte, false);
        if (is_in_data_window(address)) {
            audit_window_leaf(map, address, pte);
        } else {
            audit_entry_leaf(map, address, pte);
        }
    }
}

static void audit_level1(struct map *map, paddr_t table, uint64_t base)
{
    audit_table(table, SV39_ENTRIES);
    for (unsigned i = 0; i < SV39_ENTRIES; i++) {
        pte_t pte = table_entries(table)[i];

        if (pte == 0) {
            continue;
        }
        CHECK(pte_is_table(pte));
        expect_reference(pte_frame(pte));
        if ((pte & PTE_SHARED) != 0) {
            CHECK(is_in_data_window(base + i * sv39_span(1)) && map->windows != NULL);
            CHECK_EQUAL(pte_frame(pte).value, pte_frame(table_entries(map->windows->data)[i]).value);
        } else {
            CHECK_EQUAL(frame_of(pte_frame(pte))->ref_count, 1);
            audit_level0(map, pte_frame(pte), base + i * sv39_span(1));
        }
    }
}

static void audit_root(struct map *map)
{
    expect_reference(map->space.root);
    audit_table(map->space.root, SV39_USER_ROOT_ENTRIES);
    for (unsigned i = 0; i < SV39_USER_ROOT_ENTRIES; i++) {
        pte_t pte = table_entries(map->space.root)[i];

        if (pte == 0) {
            continue;
        }
        CHECK(pte_is_table(pte));
        expect_reference(pte_frame(pte));
        if (i == WINDOW_TEXT_ROOT_SLOT) {
            CHECK(map->windows != NULL && (pte & PTE_SHARED) != 0);
            CHECK_EQUAL(pte_frame(pte).value, map->windows->text.value);
        } else {
            CHECK((pte & PTE_SHARED) == 0);
            audit_level1(map, pte_frame(pte), i * sv39_span(2));
        }
    }
}

/* entry-merged. */
static bool could_be_one(const struct map_entry *below, const struct map_entry *above)
{
    bool goes_on =
        below->object == NULL || below->object_page + (below->end - below->start) / PAGE_SIZE == above->object_page;

    return below->end == above->start && below->protection == above->protection && below->object == above->object &&
           below->max_protection == above->max_protection && below->sharing == above->sharing &&
           below->flags == above->flags && goes_on;
}

static bool is_listed(const struct map_entry *entry)
{
    LIST_FOR_EACH(link, &entry->object->mappings) {
        if (CONTAINER_OF(link, struct map_entry, object_link) == entry) {
            return true;
        }
    }
    return false;
}

/* entry-sorted, entry-windows, entry-rights, entry-object. */
static void audit_entry(const struct map *map, const struct map_entry *entry)
{
    CHECK(entry->map == map);
    CHECK(is_page_aligned(entry->start) && is_page_aligned(entry->end) && entry->start < entry->end);
    CHECK(entry->start >= MAP_FIRST_ADDRESS && entry->end <= SV39_USER_END);
    CHECK(entry->end <= 0x40000000 || entry->start >= WINDOW_DATA_BASE + WINDOW_BYTES);
    CHECK((entry->protection & ~entry->max_protection) == 0 && entry->max_protection <= 7);
    CHECK((entry->protection & 6) != 6);
    if (entry->sharing == MAP_ENTRY_SHARED) {
        CHECK(entry->object != NULL);
        CHECK(entry->object->kind != OBJECT_INITRD || (entry->max_protection & ABI_PROT_WRITE) == 0);
    }
    if (entry->object != NULL) {
        mappings++;
        CHECK(is_listed(entry));
    }
}

/* room. */
static void audit_room(struct map *map)
{
    uint64_t gap = MAP_AREA_START > map->area_room.from ? MAP_AREA_START : map->area_room.from;
    uint64_t large = MAP_LARGE_START;

    for (struct map_entry *entry = map_first(map); entry != NULL; entry = map_following(entry)) {
        if (entry->end > gap && entry->start < MAP_STACK_START) {
            CHECK(entry->start < gap + map->area_room.size);
            gap = entry->end;
        }
        if (entry->end > large && large < map->large_room.from) {
            uint64_t limit = entry->start < map->large_room.from ? entry->start : map->large_room.from;

            CHECK(limit < large + map->large_room.size);
            large = entry->end;
        }
    }
    CHECK(MAP_STACK_START < gap + map->area_room.size);
}

void audit_map(struct map *map)
{
    uint64_t count = 0;
    struct map_entry *below = NULL;
    bool recent_is_there = map->recent == NULL;

    CHECK_STRING(tree_audit(&map->entries), NULL);
    for (struct map_entry *entry = map_first(map); entry != NULL; entry = map_following(entry)) {
        audit_entry(map, entry);
        CHECK(below == NULL || (below->end <= entry->start && !could_be_one(below, entry)));
        recent_is_there |= map->recent == entry;
        below = entry;
        count++;
    }
    CHECK_EQUAL(map->entry_count, count);
    CHECK(recent_is_there);
    CHECK(map->heap_start <= map->heap_end);
    audit_room(map);
    audit_root(map);
    audited_maps[audited_count++] = map;
}

static void audit_window_table(paddr_t table, bool is_text)
{
    audit_table(table, SV39_ENTRIES);
    for (unsigned i = 0; i < SV39_ENTRIES; i++) {
        pte_t pte = table_entries(table)[i];

        if (pte != 0) {
            expect_reference(pte_frame(pte));
            audit_leaf_bits(pte, is_text);
            CHECK((pte & PTE_V) != 0 && (pte & PTE_W) == 0);
            CHECK(is_text ? (pte & PTE_COPY_ON_WRITE) == 0 : (pte & PTE_X) == 0);
        }
    }
}

static void audit_window(paddr_t level1, unsigned first, bool is_text)
{
    expect_reference(level1);
    audit_table(level1, SV39_ENTRIES);
    for (unsigned i = 0; i < SV39_ENTRIES; i++) {
        pte_t pte = table_entries(level1)[i];

        if (pte != 0) {
            CHECK(i >= first && i < first + WINDOW_DATA_TABLES && pte_is_table(pte) && (pte & PTE_SHARED) == 0);
            expect_reference(pte_frame(pte));
            audit_window_table(pte_frame(pte), is_text);
        }
    }
}

void audit_windows(const struct windows *windows)
{
    audit_window(windows->text, sv39_index(WINDOW_TEXT_BASE, 1), true);
    audit_window(windows->data, sv39_index(WINDOW_DATA_BASE, 1), false);
    LIST_FOR_EACH(link, &windows->maps) {
        CHECK(CONTAINER_OF(link, struct map, windows_link)->windows == windows);
    }
}

void audit_owner(paddr_t frame)
{
    expect_reference(frame);
}

static void audit_page(uint64_t index, paddr_t frame, void *context)
{
    const struct object *object = context;

    CHECK(index < object_page_count(object));
    if (object->kind == OBJECT_INITRD) {
        CHECK_EQUAL(frame_of(frame)->kind, FRAME_INITRD);
    } else {
        CHECK_EQUAL(frame_of(frame)->kind, FRAME_PAGE);
        expect_reference(frame);
    }
}

static void audit_object(struct object *object, void *context)
{
    uint32_t count = 0;

    LIST_FOR_EACH(link, &object->mappings) {
        CHECK(CONTAINER_OF(link, struct map_entry, object_link)->object == object);
        count++;
    }
    CHECK(object->ref_count >= count && object->ref_count > 0);
    CHECK((object->kind == OBJECT_SHADOW) == (object->parent != NULL));
    CHECK(object->parent == NULL || object->parent->kind != OBJECT_SHADOW);
    CHECK((object->pages.height == 0) == (object->pages.root == NULL));
    *(uint64_t *)context += count;
    object_for_each_page(object, audit_page, object);
}

static void audit_frame(paddr_t frame, struct frame *descriptor, void *context)
{
    uint32_t count = expected[(frame.value - STUB_RAM_BASE) >> PAGE_SHIFT];

    (void)context;
    switch (descriptor->kind) {
    case FRAME_FREE:
        CHECK_EQUAL(descriptor->ref_count, 0);
        CHECK_EQUAL(count, 0);
        break;
    case FRAME_SUPERVISOR:
    case FRAME_INITRD:
        CHECK_EQUAL(descriptor->ref_count, count + 1);
        break;
    default:
        CHECK_EQUAL(descriptor->ref_count, count);
    }
}

/* Usage counted by mm itself: the sums must be RAM, to the frame. */
static void audit_usage(void)
{
    struct usage_totals totals;
    uint64_t shares = 0;

    usage_begin();
    for (size_t i = 0; i < audited_count; i++) {
        usage_count(audited_maps[i]);
    }
    for (size_t i = 0; i < audited_count; i++) {
        struct usage_row row;

        usage_of_map(audited_maps[i], &row);
        shares += row.pss_micro_frames;
    }
    usage_totals(&totals);
    if (all_frames != 0) {
        CHECK_EQUAL(totals.supervisor_frames + totals.object_frames + totals.mapped_frames + totals.free_frames,
                    all_frames);
    }
    CHECK((shares + 500000) / 1000000 == totals.mapped_frames);
}

void audit_finish(void)
{
    uint64_t listed = 0;

    object_for_each(audit_object, &listed);
    CHECK_EQUAL(listed, mappings);
    frame_for_each(audit_frame, NULL);
    audit_usage();
    free(expected);
    expected = NULL;
}
