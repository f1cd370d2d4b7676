/* mm/map_populate.c: what is in memory already is mapped ahead of faults, and nothing else. */
#include "map.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"
#include "table.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE
#define BASE (0x200000 - 4 * P) /* entries there cross a level-0 table */

static pte_t leaf(struct map *map, uint64_t address)
{
    struct table_place place;

    return table_walk(map->space.root, address, &place);
}

TEST(a_populated_image_runs_without_faults)
{
    struct object *file;
    uint8_t byte;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct map *map = world_map();

    CHECK_EQUAL(object_create_initrd(world_initrd(), 16 * P, &file), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 8, R | X, MAP_ENTRY_PRIVATE, file, 0), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 8 * P, 8, R | W, MAP_ENTRY_PRIVATE, file, 8), 0);
    object_put(file);
    map_populate_relock(map, BASE, 16 * P);
    uint64_t free = world_free();

    for (uint64_t page = 0; page < 16; page++) {
        world_expect(map, BASE + page * P, world_initrd_byte(page, 0));
        CHECK_EQUAL(leaf(map, BASE + page * P) & PTE_W, 0);
    }
    CHECK_EQUAL(world_fetch(map, BASE, &byte), 0);
    CHECK_EQUAL(stub_counts.faults, 0);
    CHECK_EQUAL(world_free(), free);
    CHECK_EQUAL(world_store(map, BASE + 9 * P, 1), 0);
    map_populate_relock(map, BASE, 16 * P); /* leaves what is there */
    world_expect(map, BASE + 9 * P, 1);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    CHECK_EQUAL(world_free(), before);
}

TEST(pages_that_do_not_exist_yet_are_left_out)
{
    struct object *object;
    paddr_t page;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(4 * P, &object), 0);
    CHECK_EQUAL(object_page_own_relock(object, 2, account_root(), &page), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 8, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add(map, BASE + 8 * P, 1, R | W), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 9 * P, 1, ABI_PROT_NONE, MAP_ENTRY_PRIVATE, object, 2), 0);
    map_populate_relock(map, 0, UINT64_MAX);
    for (uint64_t i = 0; i < 10; i++) {
        CHECK_EQUAL(leaf(map, BASE + i * P) != 0, i == 2);
    }
    CHECK_EQUAL(world_store(map, BASE + 2 * P, 9), 0);
    CHECK_EQUAL(pte_frame(leaf(map, BASE + 2 * P)).value, page.value);
    CHECK_EQUAL(object->pages.count, 1);
    world_audit(map, NULL, NULL, NULL);
    object_put(object);
    map_destroy(map);
}

TEST(only_the_range_asked_for_is_populated)
{
    struct object *file;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_initrd(world_initrd(), 16 * P, &file), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 16, R, MAP_ENTRY_PRIVATE, file, 0), 0);
    map_populate_relock(map, BASE + 3 * P, 2 * P);
    for (uint64_t i = 0; i < 16; i++) {
        CHECK_EQUAL(leaf(map, BASE + i * P) != 0, i == 3 || i == 4);
    }
    map_populate_relock(map, BASE - P, 2 * P);
    map_populate_relock(map, SV39_USER_END, P);
    map_populate_relock(map, UINT64_MAX - P + 1, P);
    CHECK(leaf(map, BASE) != 0 && leaf(map, BASE + P) == 0);
    object_put(file);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(where_a_table_can_not_be_had_it_stops)
{
    world_start(4 << 20);
    uint64_t before = world_free();

    for (uint64_t n = 1; n <= 3; n++) {
        struct object *file;
        struct map *map = world_map();

        CHECK_EQUAL(object_create_initrd(world_initrd(), 16 * P, &file), 0);
        CHECK_EQUAL(world_add_object(map, BASE, 16, R, MAP_ENTRY_PRIVATE, file, 0), 0);
        object_put(file);
        stub_fail_allocation(n);
        map_populate_relock(map, BASE, 16 * P);
        stub_fail_allocation(0);
        for (uint64_t i = 0; i < 16; i++) {
            CHECK_EQUAL(pte_is_leaf(leaf(map, BASE + i * P)), n == 3 && i < 4);
        }
        world_expect(map, BASE + 15 * P, world_initrd_byte(15, 0));
        world_audit(map, NULL, NULL, NULL);
        map_destroy(map);
        CHECK_EQUAL(world_free(), before);
    }
}
