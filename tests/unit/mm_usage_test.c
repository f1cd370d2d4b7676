/* mm/usage.c: sums that are RAM, to the frame. */
#include "usage.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"
#include "pool.h"

#define R ABI_PROT_READ
#define RW (ABI_PROT_READ | ABI_PROT_WRITE)
#define P PAGE_SIZE
#define BASE MAP_AREA_START

static struct usage_row rows[3];
static struct usage_totals totals;

static void count(struct map *first, struct map *second, struct map *third)
{
    struct map *maps[] = { first, second, third };

    usage_begin();
    for (size_t i = 0; i < ARRAY_COUNT(maps); i++) {
        if (maps[i] != NULL) {
            usage_count(maps[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(maps); i++) {
        if (maps[i] != NULL) {
            usage_of_map(maps[i], &rows[i]);
        }
    }
    usage_totals(&totals);
    CHECK_EQUAL(totals.supervisor_frames + totals.object_frames + totals.mapped_frames + totals.free_frames,
                world_frames());
}

TEST(with_no_map_everything_is_the_supervisors_an_objects_or_free)
{
    struct object *object;
    paddr_t page;

    world_start(4 << 20);
    count(NULL, NULL, NULL);
    CHECK_EQUAL(totals.free_frames, world_free());
    CHECK(totals.mapped_frames == 0 && totals.object_frames == 0);
    uint64_t supervisor = totals.supervisor_frames;

    CHECK_EQUAL(object_create_anonymous(P, &object), 0);
    CHECK_EQUAL(object_page_own_relock(object, 0, account_root(), &page), 0);
    count(NULL, NULL, NULL);
    CHECK_EQUAL(totals.object_frames, 1);
    CHECK_EQUAL(totals.supervisor_frames, supervisor + 2); /* pools: the object, the node of its pages */
    object_put(object);
    count(NULL, NULL, NULL);
    CHECK_EQUAL(totals.supervisor_frames, supervisor);
}

TEST(the_frames_of_descriptors_are_the_supervisors)
{
    world_start(16 << 20);
    count(NULL, NULL, NULL);
    CHECK(totals.descriptor_frames > 0);
    CHECK_EQUAL(totals.descriptor_frames, frame_descriptor_count());
    CHECK(totals.descriptor_frames < totals.supervisor_frames);
}

TEST(a_frame_counts_once_however_often_a_map_shows_it)
{
    struct object *object;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(2 * P, &object), 0);
    for (uint64_t i = 0; i < 8; i++) {
        CHECK_EQUAL(world_add_object(map, BASE + 2 * i * P, 1, i < 4 ? R : RW, MAP_ENTRY_SHARED, object, i % 2), 0);
        world_expect(map, BASE + 2 * i * P, 0);
    }
    count(map, NULL, NULL);
    CHECK_EQUAL(rows[0].table_frames, 3);
    CHECK_EQUAL(rows[0].private_frames, 2); /* written through some, so not counted as read-only */
    CHECK_EQUAL(rows[0].ro_frames, 0);
    CHECK_EQUAL(rows[0].pss_micro_frames, 5000000);
    CHECK_EQUAL(totals.mapped_frames, 5);
    object_put(object);
    map_destroy(map);
}

TEST(a_frames_sharers_are_maps_and_each_pays_its_part)
{
    struct object *file;

    world_start(4 << 20);
    struct map *maps[3];

    CHECK_EQUAL(object_create_initrd(world_initrd(), 4 * P, &file), 0);
    for (uint64_t i = 0; i < 3; i++) {
        maps[i] = world_map();
        CHECK_EQUAL(world_add_object(maps[i], BASE, 4, RW, MAP_ENTRY_PRIVATE, file, 0), 0);
        for (uint64_t page = 0; page <= i; page++) {
            world_expect(maps[i], BASE + page * P, world_initrd_byte(page, 0));
        }
    }
    CHECK_EQUAL(world_store(maps[2], BASE + 3 * P, 1), 0);
    count(maps[0], maps[1], maps[2]);
    CHECK_EQUAL(rows[2].ro_frames, 3);
    CHECK_EQUAL(rows[2].ro_shared_frames, 2);
    CHECK_EQUAL(rows[2].ro_sharers_max, 3);
    CHECK_EQUAL(rows[2].private_frames, 1);
    CHECK_EQUAL(rows[2].table_frames, 3);
    CHECK_EQUAL(rows[2].pss_micro_frames, 3000000 + 1000000 + 1000000 + 500000 + 333333);
    CHECK_EQUAL(rows[0].pss_micro_frames, 3333333);
    CHECK_EQUAL(totals.in_place_frames, 3);
    CHECK_EQUAL(totals.saved_mappings, 2 + 1);
    CHECK_EQUAL(totals.mapped_frames, 9 + 3 + 1);
    world_audit(maps[0], maps[1], maps[2], NULL);
    object_put(file);
    for (unsigned i = 0; i < 3; i++) {
        map_destroy(maps[i]);
    }
}

TEST(what_a_sharer_can_write_is_not_counted_as_saved)
{
    struct object *object;

    world_start(4 << 20);
    struct map *first = world_map(), *second = world_map();

    CHECK_EQUAL(object_create_anonymous(2 * P, &object), 0);
    CHECK_EQUAL(world_add_object(first, BASE, 2, RW, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(second, BASE, 2, R, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_store(first, BASE, 1), 0);
    world_expect(second, BASE, 1);
    count(first, second, NULL);
    CHECK_EQUAL(totals.saved_mappings, 0);
    CHECK_EQUAL(rows[0].private_frames, 0);
    CHECK_EQUAL(rows[1].ro_shared_frames, 1);
    object_put(object);
    map_destroy(first);
    map_destroy(second);
}

TEST(shared_tables_are_counted_as_shared)
{
    struct windows windows;
    paddr_t page;

    world_start(4 << 20);
    struct map *first = world_map(), *second = world_map();

    CHECK_EQUAL(windows_init_relock(&windows, &account_supervisor), 0);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &page), 0);
    CHECK_EQUAL(windows_map(&windows, WINDOW_TEXT_BASE, page, PTE_R | PTE_X, false), 0);
    CHECK_EQUAL(windows_map(&windows, WINDOW_DATA_BASE, page, PTE_R, true), 0);
    frame_put(page);
    count(first, second, NULL);
    CHECK_EQUAL(totals.object_frames, 1);
    CHECK_EQUAL(map_attach(first, &windows), 0);
    CHECK_EQUAL(map_attach(second, &windows), 0);
    world_expect(first, WINDOW_DATA_BASE, 0);
    count(first, second, NULL);
    /* first: root, text 1 and 0, own level 1, linked data 0; second: root, text 1 and 0. */
    CHECK_EQUAL(rows[0].table_frames, 5);
    CHECK_EQUAL(rows[1].table_frames, 3);
    CHECK_EQUAL(totals.saved_tables, 2);
    CHECK_EQUAL(rows[0].ro_frames, 1);
    CHECK_EQUAL(rows[0].ro_shared_frames, 1);
    CHECK_EQUAL(totals.saved_mappings, 1);
    CHECK_EQUAL(totals.object_frames, 0);
    map_detach(first);
    map_detach(second);
    map_destroy(first);
    map_destroy(second);
    windows_destroy(&windows);
}

TEST(held_pages_are_private_and_the_frame_of_zeros_is_mapped_or_the_supervisors)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 2, RW), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    count(map, NULL, NULL);
    uint64_t supervisor = totals.supervisor_frames;

    world_expect(map, BASE + P, 0);
    CHECK_EQUAL(map_protect(map, BASE, P, ABI_PROT_NONE), 0);
    count(map, NULL, NULL);
    CHECK_EQUAL(rows[0].private_frames, 1);
    CHECK_EQUAL(rows[0].ro_frames, 1);
    CHECK_EQUAL(totals.supervisor_frames, supervisor - 1); /* less the zeros */
    CHECK_EQUAL(totals.saved_mappings, 0);
    map_destroy(map);
}

TEST(more_maps_than_marks_are_counted_right)
{
    enum { MAPS = 600 };
    static struct map *maps[MAPS];
    struct object *file;
    uint64_t shares = 0;

    world_start(16 << 20);
    CHECK_EQUAL(object_create_initrd(world_initrd(), P, &file), 0);
    for (unsigned i = 0; i < MAPS; i++) {
        maps[i] = world_map();
        CHECK_EQUAL(world_add_object(maps[i], BASE, 1, R, MAP_ENTRY_PRIVATE, file, 0), 0);
        world_expect(maps[i], BASE, world_initrd_byte(0, 0));
    }
    usage_begin();
    for (unsigned i = 0; i < MAPS; i++) {
        usage_count(maps[i]);
    }
    for (unsigned i = 0; i < MAPS; i++) {
        struct usage_row row;

        usage_of_map(maps[i], &row);
        CHECK_EQUAL(row.ro_sharers_max, MAPS);
        CHECK_EQUAL(row.table_frames, 3);
        shares += row.pss_micro_frames;
    }
    usage_totals(&totals);
    CHECK_EQUAL(totals.mapped_frames, 3 * MAPS + 1);
    CHECK_EQUAL(totals.saved_mappings, MAPS - 1);
    CHECK_EQUAL((shares + 500000) / 1000000, 3 * MAPS + 1);
    object_put(file);
    for (unsigned i = 0; i < MAPS; i++) {
        map_destroy(maps[i]);
    }
}

static void expect_range(const struct map *map, uint64_t start, uint64_t pages, struct usage_range expected)
{
    struct usage_range range;

    usage_of_range(map, start, start + pages * P, &range);
    CHECK_EQUAL(range.resident_frames, expected.resident_frames);
    CHECK_EQUAL(range.shared_frames, expected.shared_frames);
    CHECK_EQUAL(range.pss_micro_frames, expected.pss_micro_frames);
}

TEST(a_range_counts_what_is_in_memory_and_each_frame_pays_once)
{
    struct object *object;

    world_start(4 << 20);
    struct map *first = world_map(), *second = world_map();

    CHECK_EQUAL(object_create_anonymous(4 * P, &object), 0);
    CHECK_EQUAL(world_add_object(first, BASE, 4, RW, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(first, BASE + 8 * P, 2, R, MAP_ENTRY_SHARED, object, 1), 0);
    CHECK_EQUAL(world_add(first, BASE + 16 * P, 1024, RW), 0);
    CHECK_EQUAL(world_add_object(second, BASE, 4, R, MAP_ENTRY_SHARED, object, 0), 0);
    for (uint64_t i = 0; i < 3; i++) {
        CHECK_EQUAL(world_store(first, BASE + i * P, 1), 0);
    }
    world_expect(first, BASE + 8 * P, 1);
    world_expect(first, BASE + 9 * P, 1);
    world_expect(second, BASE, 1);
    CHECK_EQUAL(world_store(first, BASE + 16 * P, 1), 0);
    CHECK_EQUAL(world_store(first, BASE + (16 + 1023) * P, 1), 0); /* another table */
    world_expect(first, BASE + 17 * P, 0);
    CHECK_EQUAL(map_protect(first, BASE + 16 * P, P, ABI_PROT_NONE), 0);
    count(first, second, NULL);
    usage_begin_ranges();
    expect_range(first, BASE, 4, (struct usage_range){ 3, 1, 2500000 });
    expect_range(first, BASE + 8 * P, 2, (struct usage_range){ 2, 0, 0 });
    expect_range(first, BASE + 16 * P, 1, (struct usage_range){ 1, 0, 1000000 }); /* held */
    expect_range(first, BASE + 17 * P, 1023, (struct usage_range){ 1, 0, 1000000 }); /* the zeros are none */
    expect_range(first, MAP_LARGE_START, 1 << 20, (struct usage_range){ 0 });
    usage_begin_ranges();
    expect_range(second, BASE, 4, (struct usage_range){ 1, 1, 500000 });
    object_put(object);
    map_destroy(first);
    map_destroy(second);
}
