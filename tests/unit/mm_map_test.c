/* mm/map.c: address spaces from birth to end, and where there is room in them. */
#include "map.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"

#define RW (ABI_PROT_READ | ABI_PROT_WRITE)
#define AREA_END MAP_STACK_START
#define P PAGE_SIZE

TEST(a_map_that_comes_and_goes_costs_nothing)
{
    world_start(4 << 20);
    uint64_t before = world_free();
    struct map *map = world_map();

    CHECK_EQUAL(world_free(), before - 2); /* its root, a page of the pool */
    CHECK_EQUAL(account_root()->ref_count, 2);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    CHECK_EQUAL(account_root()->ref_count, 1);
    CHECK_EQUAL(world_free(), before);
}

TEST(the_end_of_a_map_drops_every_page_table_and_entry)
{
    const uint64_t places[] = { 0x10000,         0x3ffff000,      MAP_AREA_START, MAP_STACK_END - P,
                                MAP_IMAGE_START, MAP_LARGE_START, 5ull << 33,     SV39_USER_END - P };
    struct object *object;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(P, &object), 0);
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        struct object *shown = i % 3 == 0 ? object : NULL;

        CHECK_EQUAL(world_add_object(map, places[i], 1, RW, MAP_ENTRY_PRIVATE, shown, 0), 0);
        if (i % 2 == 0) {
            CHECK_EQUAL(world_store(map, places[i], 1), 0);
        } else {
            world_expect(map, places[i], 0);
        }
    }
    object_put(object);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    world_audit(NULL, NULL, NULL, NULL);
    CHECK_EQUAL(world_free(), before);
}

TEST(tables_of_a_map_that_ended_need_no_zeroing)
{
    world_start(4 << 20);
    for (unsigned round = 0; round < 3; round++) {
        uint64_t zeroed = stub_counts.pages_zeroed;
        struct map *map = world_map();

        CHECK_EQUAL(world_add(map, MAP_STACK_END - MAP_STACK_BYTES, 2048, RW), 0);
        CHECK_EQUAL(world_store(map, MAP_STACK_END - 8, 1), 0);
        map_destroy(map);
        CHECK_EQUAL(stub_counts.pages_zeroed - zeroed, round == 0 ? 4 : 1); /* then the stack's page alone */
    }
}

TEST(a_map_that_can_not_be_had_changes_nothing)
{
    struct map *map = NULL;

    world_start(4 << 20);
    uint64_t before = world_free();

    for (uint64_t n = 1; n <= 3; n++) {
        stub_fail_allocation(n);
        CHECK_EQUAL(map_create_relock(account_root(), &map), -ENOMEM);
        CHECK(map == NULL && account_root()->ref_count == 1);
        CHECK_EQUAL(world_free(), before);
    }
}

TEST(entries_are_found_by_any_of_their_addresses)
{
    world_start(4 << 20);
    struct map *map = world_map();

    for (uint64_t i = 0; i < 200; i++) {
        CHECK_EQUAL(world_add(map, MAP_LARGE_START + i * 3 * P, 2, i % 2 ? RW : ABI_PROT_READ), 0);
    }
    for (uint64_t i = 0; i < 600; i++) {
        uint64_t page = i * 7 % 600;
        struct map_entry *entry = map_find(map, MAP_LARGE_START + page * P + 5);

        CHECK((entry != NULL) == (page % 3 != 2));
        CHECK(entry == NULL || entry->start == MAP_LARGE_START + page / 3 * 3 * P);
    }
    CHECK(map_find(map, MAP_LARGE_START - 1) == NULL && map_find(map, UINT64_MAX) == NULL);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

static uint64_t room(struct map *map, uint64_t bytes, uint64_t hint)
{
    uint64_t start = 1;
    int error = map_find_room(map, bytes, hint, &start);

    CHECK(error == 0 || error == -ENOMEM);
    CHECK(error == 0 || start == 1);
    return error == 0 ? start : 0;
}

TEST(room_is_the_highest_gap_below_the_stack)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(room(map, P, 0), AREA_END - P);
    CHECK_EQUAL(room(map, 5 * P - 1, 0), AREA_END - 5 * P);
    CHECK_EQUAL(world_add(map, AREA_END - 3 * P, 2, RW), 0);
    CHECK_EQUAL(room(map, P, 0), AREA_END - P);
    CHECK_EQUAL(room(map, 2 * P, 0), AREA_END - 5 * P);
    CHECK_EQUAL(world_add(map, AREA_END - 6 * P, 1, RW), 0);
    CHECK_EQUAL(room(map, 2 * P, 0), AREA_END - 5 * P);
    CHECK_EQUAL(room(map, 3 * P, 0), AREA_END - 9 * P);
    CHECK_EQUAL(map_remove(map, AREA_END - 3 * P, P), 0);
    CHECK_EQUAL(room(map, 3 * P, 0), AREA_END - 5 * P);
    CHECK_EQUAL(map_remove(map, AREA_END - 2 * P, P), 0);
    CHECK_EQUAL(room(map, 3 * P, 0), AREA_END - 3 * P);
    CHECK_EQUAL(room(map, AREA_END - MAP_AREA_START, 0), MAP_LARGE_START);
    CHECK_EQUAL(map_remove(map, MAP_AREA_START, AREA_END - MAP_AREA_START), 0);
    CHECK_EQUAL(room(map, AREA_END - MAP_AREA_START, 0), MAP_AREA_START);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(room_for_what_does_not_fit_there_is_in_the_large_area)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t large = 1ull << 30;

    CHECK_EQUAL(room(map, large, 0), MAP_LARGE_START);
    CHECK_EQUAL(world_add(map, MAP_LARGE_START, large / P, RW), 0);
    CHECK_EQUAL(room(map, large, 0), MAP_LARGE_START + large);
    CHECK_EQUAL(world_add(map, MAP_LARGE_START + large + P, 1, RW), 0);
    CHECK_EQUAL(room(map, large, 0), MAP_LARGE_START + large + 2 * P);
    CHECK_EQUAL(map_remove(map, MAP_LARGE_START, large), 0);
    CHECK_EQUAL(room(map, large, 0), MAP_LARGE_START);
    CHECK_EQUAL(room(map, SV39_USER_END - MAP_LARGE_START, 0), 0);
    CHECK_EQUAL(map_remove(map, MAP_LARGE_START, SV39_USER_END - MAP_LARGE_START), 0);
    CHECK_EQUAL(room(map, SV39_USER_END - MAP_LARGE_START, 0), MAP_LARGE_START);
    CHECK_EQUAL(room(map, SV39_USER_END - MAP_LARGE_START + 1, 0), 0);
    CHECK_EQUAL(room(map, 0, 0), 0);
    CHECK_EQUAL(room(map, UINT64_MAX, 0), 0);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(a_hint_is_taken_where_it_is_free)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t top = AREA_END - P;

    CHECK_EQUAL(world_add(map, 0x20000, 4, RW), 0);
    CHECK_EQUAL(room(map, P, 0x10000), 0x10000);
    CHECK_EQUAL(room(map, 16 * P, 0x10fff), 0x10000);
    CHECK_EQUAL(room(map, P, 0xa0080000), 0xa0080000);
    CHECK_EQUAL(room(map, P, SV39_USER_END - P), SV39_USER_END - P);
    const uint64_t bad[] = { 0x20000,          0x23fff,    0xffff,        1,          0x40000000, WINDOW_TEXT_BASE,
                             WINDOW_DATA_BASE, 0x8ffff000, SV39_USER_END, 1ull << 63, UINT64_MAX };

    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        CHECK_EQUAL(room(map, P, bad[i]), top);
    }
    CHECK_EQUAL(room(map, 2 * P, 0x1f000), top - P);
    CHECK_EQUAL(room(map, 2 * P, 0x3ffff000), top - P);
    CHECK_EQUAL(room(map, 2 * P, SV39_USER_END - P), top - P);
    map_destroy(map);
}

/* Against a search of every gap, with sizes that take turns. */
TEST(random_searches_agree_with_a_search_of_every_gap)
{
    static bool used[0x400];
    uint64_t seed = 21, floor = AREA_END - ARRAY_COUNT(used) * P;

    world_start(8 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, MAP_AREA_START, (floor - MAP_AREA_START) / P, ABI_PROT_READ), 0);
    for (unsigned step = 0; step < 20000; step++) {
        uint64_t pages = 1 + check_random(&seed) % 12, at = check_random(&seed) % (ARRAY_COUNT(used) - pages);

        if (check_random(&seed) % 3 != 0) {
            uint64_t run = 0, expected = 0;

            for (size_t i = ARRAY_COUNT(used); i-- > 0 && run < pages;) {
                run = used[i] ? 0 : run + 1;
                expected = run == pages ? floor + i * P : 0;
            }
            uint64_t found = room(map, pages * P, 0);

            CHECK_EQUAL(found, expected != 0 ? expected : MAP_LARGE_START);
            if (expected != 0 && check_random(&seed) % 8 != 0) {
                CHECK_EQUAL(world_add(map, found, pages, check_random(&seed) % 2 ? RW : ABI_PROT_READ), 0);
                for (uint64_t i = 0; i < pages; i++) {
                    used[(found - floor) / P + i] = true;
                }
            }
        } else {
            CHECK_EQUAL(map_remove(map, floor + at * P, pages * P), 0);
            for (uint64_t i = 0; i < pages; i++) {
                used[at + i] = false;
            }
        }
        if (step % 1000 == 0) {
            world_audit(map, NULL, NULL, NULL);
        }
    }
    map_destroy(map);
}

/* The same from the large area's start on, where the lowest gap is the one; what is below it is full. */
TEST(random_searches_of_the_large_area_agree_with_a_search_of_every_gap)
{
    static bool used[0x200];
    uint64_t seed = 22;

    world_start(8 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, MAP_AREA_START, (AREA_END - MAP_AREA_START) / P, ABI_PROT_READ), 0);
    for (unsigned step = 0; step < 20000; step++) {
        uint64_t pages = 1 + check_random(&seed) % 12, at = check_random(&seed) % (ARRAY_COUNT(used) - pages);
        uint64_t end = 0, run = 0;

        if (check_random(&seed) % 3 == 0) {
            CHECK_EQUAL(map_remove(map, MAP_LARGE_START + at * P, pages * P), 0);
            memset(used + at, false, pages * sizeof(*used));
            continue;
        }
        for (; end < ARRAY_COUNT(used) && run < pages; end++) {
            run = used[end] ? 0 : run + 1;
        }
        uint64_t expected = end - run, found = room(map, pages * P, 0);

        CHECK_EQUAL(found, MAP_LARGE_START + expected * P);
        if (run == pages && check_random(&seed) % 8 != 0) {
            CHECK_EQUAL(world_add(map, found, pages, check_random(&seed) % 2 ? RW : ABI_PROT_READ), 0);
            memset(used + expected, true, pages * sizeof(*used));
        }
    }
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(r3_1_attaching_is_one_store_into_the_root)
{
    struct windows windows, others;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(windows_init_relock(&windows, &account_supervisor), 0);
    CHECK_EQUAL(windows_init_relock(&others, &account_supervisor), 0);
    struct map *map = world_map();
    uint64_t free = world_free();

    stub_fail_allocation(1);
    CHECK_EQUAL(map_attach(map, &windows), 0);
    stub_fail_allocation(0);
    CHECK_EQUAL(world_free(), free);
    CHECK_EQUAL(frame_of(map->space.root)->live, 1);
    CHECK_EQUAL(map_attach(map, &windows), -EBUSY);
    CHECK_EQUAL(map_attach(map, &others), -EBUSY);
    CHECK(list_first(&windows.maps) == &map->windows_link);
    mm_audit_start();
    mm_audit_map(map);
    mm_audit_windows(&windows);
    mm_audit_windows(&others);
    mm_audit_finish(world_frames(), WORLD_SUPERVISOR_FRAMES);
    map_detach(map);
    CHECK_EQUAL(frame_of(map->space.root)->live, 0);
    CHECK_EQUAL(map_attach(map, &others), 0);
    CHECK_PANICS(map_destroy(map), "windows");
    map_detach(map);
    map_destroy(map);
    windows_destroy(&windows);
    windows_destroy(&others);
    CHECK_EQUAL(world_free(), before);
}
