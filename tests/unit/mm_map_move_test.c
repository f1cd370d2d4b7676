/* mm/map_move.c: what is moved is the same memory at another place, all of it or nothing; what is forgotten is gone. */
#include "map.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "map_pages.h"
#include "mm_world.h"
#include "table.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE
#define BASE (0x200000 - 4 * P) /* entries there cross a level-0 table */
#define FAR (0x140000000 - 3 * P) /* and there a level-1 table */

static int move_to(struct map *map, uint64_t from, uint64_t old_pages, uint64_t new_pages, uint64_t target)
{
    struct map_move move = { from, old_pages * P, new_pages * P, target, MAP_MOVE_TARGET };
    uint64_t start;
    int error = map_move_relock(map, &move, &start);

    if (error == 0) {
        CHECK_EQUAL(start, target);
    }
    return error;
}

static int resize(struct map *map, uint64_t from, uint64_t old_pages, uint64_t new_pages, enum map_move_place place,
                  uint64_t *start)
{
    struct map_move move = { from, old_pages * P, new_pages * P, 0, place };

    return map_move_relock(map, &move, start);
}

static void fill(struct map *map, uint64_t start, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++) {
        CHECK_EQUAL(world_store(map, start + i * P, (uint8_t)(i + 1)), 0);
    }
}

static void expect_filled(struct map *map, uint64_t start, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++) {
        world_expect(map, start + i * P, (uint8_t)(i + 1));
    }
}

static void expect_nothing(struct map *map, uint64_t start, uint64_t pages)
{
    uint8_t byte;

    for (uint64_t i = 0; i < pages; i++) {
        CHECK_EQUAL(world_load(map, start + i * P, &byte), -EFAULT);
    }
}

static uint64_t table_count(struct map *map)
{
    uint64_t count = 1;

    for (unsigned i = 0; i < SV39_USER_ROOT_ENTRIES; i++) {
        pte_t pte = table_entries(map->space.root)[i];

        count += pte == 0 ? 0 : 1u + frame_of(pte_frame(pte))->live;
    }
    return count;
}

TEST(c1_pages_that_move_keep_their_frames_and_are_gone_from_where_they_were)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 8, R | W), 0);
    fill(map, BASE, 8);
    pte_t *leaf = table_leaf(map->space.root, BASE);
    uint64_t frame = pte_frame(*leaf).value, free = world_free(), copied = stub_counts.pages_copied;

    CHECK_EQUAL(move_to(map, BASE, 8, 8, FAR), 0);
    expect_nothing(map, BASE, 8);
    expect_filled(map, FAR, 8);
    CHECK_EQUAL(pte_frame(*table_leaf(map->space.root, FAR)).value, frame);
    CHECK_EQUAL(stub_counts.pages_copied, copied);
    /* Two level-0 tables and the level-1 table above them went; as many level-0 and two level-1 tables came. */
    CHECK_EQUAL(world_free(), free - 1);
    CHECK_EQUAL(map->entry_count, 1);
    CHECK_EQUAL(world_store(map, FAR, 77), 0);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(held_pages_and_rights_move_along)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 8, R | W), 0);
    fill(map, BASE, 8);
    CHECK_EQUAL(map_protect(map, BASE, 8 * P, ABI_PROT_NONE), 0);
    CHECK_EQUAL(move_to(map, BASE, 8, 10, FAR), 0);
    expect_nothing(map, FAR, 10);
    world_audit(map, NULL, NULL, NULL);
    CHECK_EQUAL(map_protect(map, FAR, 10 * P, R), 0);
    expect_filled(map, FAR, 8);
    world_expect(map, FAR + 9 * P, 0);
    CHECK_EQUAL(world_store(map, FAR, 1), -EFAULT);
    map_destroy(map);
}

TEST(a8_maximum_protection_moves_along)
{
    struct object *file;

    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start;

    CHECK_EQUAL(object_create_initrd(world_initrd(), 4 * P, &file), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 4, R, MAP_ENTRY_SHARED, file, 0), 0);
    object_put(file);
    CHECK_EQUAL(resize(map, BASE, 4, 6, MAP_MOVE_ANYWHERE, &start), 0);
    CHECK_EQUAL(start, BASE);
    CHECK_EQUAL(map_protect(map, BASE, 6 * P, R | W), -EACCES);
    CHECK_EQUAL(move_to(map, BASE, 6, 3, FAR), 0);
    CHECK_EQUAL(map_protect(map, FAR, 3 * P, R | W), -EACCES);
    CHECK_EQUAL(map_first(map)->max_protection, R);
    world_expect(map, FAR + 2 * P, world_initrd_byte(2, 0));
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(shrinking_unmaps_the_rest_and_needs_no_memory)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start;

    CHECK_EQUAL(world_add(map, BASE, 8, R | W), 0);
    fill(map, BASE, 8);
    stub_fail_allocation(1);
    CHECK_EQUAL(resize(map, BASE, 8, 8, MAP_MOVE_STAY, &start), 0);
    CHECK_EQUAL(resize(map, BASE, 8, 3, MAP_MOVE_STAY, &start), 0);
    stub_fail_allocation(0);
    CHECK_EQUAL(start, BASE);
    expect_filled(map, BASE, 3);
    expect_nothing(map, BASE + 3 * P, 5);
    CHECK_EQUAL(table_count(map), 3); /* of the two level-0 tables the upper one went */
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(growing_takes_the_room_behind_if_it_is_free)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start;

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    CHECK_EQUAL(world_add(map, BASE + 4 * P, 1, R | W), 0);
    fill(map, BASE, 2);
    CHECK_EQUAL(resize(map, BASE, 2, 5, MAP_MOVE_STAY, &start), -ENOMEM);
    CHECK_EQUAL(resize(map, BASE, 1, 2, MAP_MOVE_STAY, &start), -ENOMEM); /* its own second page is behind it */
    CHECK_EQUAL(resize(map, BASE, 2, 4, MAP_MOVE_STAY, &start), 0);
    CHECK_EQUAL(map->entry_count, 1); /* merged with the next */
    CHECK_EQUAL(map_first(map)->end, BASE + 5 * P);
    world_audit(map, NULL, NULL, NULL);
    CHECK_EQUAL(resize(map, BASE, 4, 6, MAP_MOVE_ANYWHERE, &start), 0); /* from the middle of an entry: moved */
    CHECK(start != BASE);
    expect_filled(map, start, 2);
    world_expect(map, start + 5 * P, 0);
    CHECK_EQUAL(map_first(map)->start, BASE + 4 * P);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(a1_growth_that_wraps_around_is_refused)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start;

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    for (uint64_t below = 1; below <= 3; below++) { /* its end would lie in front of the entry's, or of its start */
        uint64_t pages = (UINT64_MAX >> PAGE_SHIFT) + 1 - below;

        CHECK_EQUAL(resize(map, BASE, 2, pages, MAP_MOVE_STAY, &start), -ENOMEM);
        CHECK_EQUAL(resize(map, BASE, 2, pages, MAP_MOVE_ANYWHERE, &start), -ENOMEM);
    }
    CHECK_EQUAL(map_first(map)->end, BASE + 2 * P);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(growth_ends_at_the_windows_and_at_the_end_of_user_memory)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start;

    CHECK_EQUAL(world_add(map, 0x3ffff000, 1, R | W), 0);
    CHECK_EQUAL(world_add(map, SV39_USER_END - P, 1, R | W), 0);
    CHECK_EQUAL(resize(map, 0x3ffff000, 1, 2, MAP_MOVE_STAY, &start), -ENOMEM);
    CHECK_EQUAL(resize(map, SV39_USER_END - P, 1, 2, MAP_MOVE_STAY, &start), -ENOMEM);
    CHECK_EQUAL(resize(map, SV39_USER_END - P, 1, 1ull << 26, MAP_MOVE_ANYWHERE, &start), -ENOMEM);
    CHECK_EQUAL(move_to(map, SV39_USER_END - P, 1, 2, SV39_USER_END - P), -EINVAL);
    CHECK_EQUAL(move_to(map, 0x3ffff000, 1, 2, 0x50000000), -EPERM);
    CHECK_EQUAL(move_to(map, 0x3ffff000, 1, 2, 0x8ffff000), -EPERM);
    CHECK_EQUAL(move_to(map, 0x3ffff000, 2, 1, BASE), -EPERM);
    CHECK_EQUAL(move_to(map, 0x50000000, 1, 1, BASE), -EPERM);
    CHECK_EQUAL(move_to(map, 0x3ffff000, 1, 1, 0xf000), -ENOMEM);
    CHECK_EQUAL(map->entry_count, 2);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(a_target_inside_the_same_entry_splits_it)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 12, R | W), 0);
    fill(map, BASE, 12);
    CHECK_EQUAL(move_to(map, BASE + 2 * P, 2, 2, BASE + 3 * P), -EINVAL);
    CHECK_EQUAL(move_to(map, BASE + 2 * P, 2, 2, BASE + 6 * P), 0);
    CHECK_EQUAL(map->entry_count, 2);
    expect_filled(map, BASE, 2);
    expect_nothing(map, BASE + 2 * P, 2);
    world_expect(map, BASE + 5 * P, 6);
    world_expect(map, BASE + 6 * P, 3);
    world_expect(map, BASE + 7 * P, 4);
    world_expect(map, BASE + 8 * P, 9);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(of_a_shared_entry_the_same_can_be_shown_once_more)
{
    struct object *object;

    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start;

    CHECK_EQUAL(object_create_anonymous(4 * P, &object), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 4, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    object_put(object);
    CHECK_EQUAL(world_add(map, FAR, 1, R | W), 0);
    CHECK_EQUAL(resize(map, FAR, 0, 1, MAP_MOVE_ANYWHERE, &start), -EINVAL);
    CHECK_EQUAL(resize(map, BASE, 0, 1, MAP_MOVE_STAY, &start), -ENOMEM);
    CHECK_EQUAL(resize(map, BASE + P, 0, 3, MAP_MOVE_ANYWHERE, &start), 0);
    CHECK_EQUAL(world_store(map, start, 9), 0);
    world_expect(map, BASE + P, 9);
    CHECK_EQUAL(move_to(map, BASE, 0, 4, FAR), 0);
    world_expect(map, FAR + P, 9);
    CHECK_EQUAL(map->entry_count, 3);
    CHECK_EQUAL(object->ref_count, 3);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(what_no_single_entry_holds_is_not_moved)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start;

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    CHECK_EQUAL(world_add(map, BASE + 2 * P, 2, R), 0);
    CHECK_EQUAL(move_to(map, BASE, 3, 3, FAR), -EFAULT);
    CHECK_EQUAL(move_to(map, BASE - P, 2, 2, FAR), -EFAULT);
    CHECK_EQUAL(resize(map, BASE, 3, 4, MAP_MOVE_ANYWHERE, &start), -EFAULT);
    CHECK_EQUAL(resize(map, BASE, 4, 0, MAP_MOVE_ANYWHERE, &start), -EINVAL);
    CHECK_EQUAL(resize(map, BASE + 1, 1, 1, MAP_MOVE_ANYWHERE, &start), -EINVAL);
    CHECK_EQUAL(move_to(map, BASE, 1, 1, FAR + 1), -EINVAL);
    CHECK_EQUAL(move_to(map, BASE, 1ull << 40, 1, FAR), -EINVAL);
    CHECK_EQUAL(move_to(map, BASE, 4, 2, FAR), 0); /* as on Linux: the rest is unmapped, whatever it is */
    CHECK_EQUAL(map->entry_count, 1);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

/* Every allocation of a move over something else fails once. */
TEST(a12_a_move_that_fails_leaves_entries_pages_and_tables_as_they_were)
{
    int error = -ENOMEM;

    for (uint64_t n = 1; error != 0; n++) {
        CHECK(n < 16);
        world_start(4 << 20);
        struct map *map = world_map();

        CHECK_EQUAL(world_add(map, BASE, 12, R | W), 0);
        CHECK_EQUAL(world_add(map, FAR - 4 * P, 12, R | W), 0);
        fill(map, BASE, 12);
        CHECK_EQUAL(world_store(map, FAR, 99), 0);
        uint64_t free = world_free();

        stub_fail_allocation(n);
        error = move_to(map, BASE + P, 10, 10, FAR - 3 * P);
        stub_fail_allocation(0);
        CHECK(error == 0 || error == -ENOMEM);
        world_audit(map, NULL, NULL, NULL);
        if (error != 0) {
            CHECK_EQUAL(world_free(), free);
            CHECK_EQUAL(map->entry_count, 2);
            expect_filled(map, BASE, 12);
            world_expect(map, FAR, 99);
        } else {
            expect_nothing(map, BASE + P, 10);
            world_expect(map, FAR - 3 * P, 2);
            world_expect(map, FAR, 5);
        }
        map_destroy(map);
    }
}

TEST(c1_what_is_forgotten_shows_what_it_began_with)
{
    struct object *file, *shared;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_initrd(world_initrd(), 4 * P, &file), 0);
    CHECK_EQUAL(object_create_anonymous(4 * P, &shared), 0);
    CHECK_EQUAL(world_add(map, BASE, 4, R | W), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 4 * P, 4, R | W, MAP_ENTRY_PRIVATE, file, 0), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 9 * P, 4, R | W, MAP_ENTRY_SHARED, shared, 0), 0);
    uint64_t free = world_free();

    fill(map, BASE, 8);
    CHECK_EQUAL(world_store(map, BASE + 9 * P, 5), 0);
    CHECK_EQUAL(map_forget(map, BASE, 20 * P), 0);
    CHECK_EQUAL(world_free(), free - 2); /* the object has its page, and a node that keeps it */
    CHECK_EQUAL(table_count(map), 1);
    world_expect(map, BASE, 0);
    world_expect(map, BASE + 4 * P, world_initrd_byte(0, 0));
    world_expect(map, BASE + 9 * P, 5);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(map_forget(map, BASE + 1, P), -EINVAL);
    CHECK_EQUAL(map_forget(map, BASE, UINT64_MAX - P + 1), -EINVAL);
    CHECK_EQUAL(map_forget(map, 0x3ffff000, 2 * P), -EPERM);
    CHECK_EQUAL(map_forget(map, SV39_USER_END, P), 0);
    world_expect(map, BASE, 1);
    CHECK(map_is_resident(map, map_find(map, BASE), BASE));
    CHECK(!map_is_resident(map, map_find(map, BASE), BASE + P));
    CHECK(map_is_resident(map, map_find(map, BASE + 7 * P), BASE + 7 * P));
    CHECK(map_is_resident(map, map_find(map, BASE + 9 * P), BASE + 9 * P));
    CHECK(!map_is_resident(map, map_find(map, BASE + 10 * P), BASE + 10 * P));
    CHECK(map_covers(map, BASE, BASE + 8 * P) && map_covers(map, BASE + 9 * P, BASE + 9 * P));
    CHECK(!map_covers(map, BASE, BASE + 9 * P) && !map_covers(map, BASE - P, BASE));
    CHECK(!map_covers(map, 0, SV39_USER_END) && !map_covers(map, BASE + 12 * P, BASE + 14 * P));
    CHECK(!map_shows_objects(map, BASE, BASE + 4 * P) && map_shows_objects(map, BASE, BASE + 5 * P));
    object_put(file);
    object_put(shared);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

/* --- Stacks */

static void add_stack(struct map *map, uint64_t start, uint64_t pages)
{
    struct map_request request = { .start = start,
                                   .size_bytes = pages * P,
                                   .protection = R | W,
                                   .max_protection = R | W,
                                   .flags = MAP_ENTRY_GROWS_DOWN };

    CHECK_EQUAL(map_add(map, &request), 0);
}

TEST(a_stack_grows_where_it_is_touched_up_to_its_limit)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t lowest = MAP_STACK_END - MAP_STACK_BYTES;
    uint8_t byte;

    add_stack(map, MAP_STACK_END - 2 * P, 2);
    CHECK_EQUAL(world_store(map, MAP_STACK_END - 5 * P, 5), 0);
    CHECK_EQUAL(map_first(map)->start, MAP_STACK_END - 5 * P);
    CHECK_EQUAL(map_write_relock(map, MAP_STACK_END - 9 * P - 4, "argument", 9), 0);
    CHECK_EQUAL(map_first(map)->start, MAP_STACK_END - 10 * P);
    world_expect(map, MAP_STACK_END - 5 * P, 5);
    CHECK_EQUAL(world_load(map, lowest - 1, &byte), -EFAULT);
    CHECK_EQUAL(map_protect(map, MAP_STACK_END - 10 * P, 3 * P, R), 0); /* a part of it counts as the whole does */
    CHECK_EQUAL(world_load(map, lowest - 1, &byte), -EFAULT);
    CHECK_EQUAL(world_load(map, lowest, &byte), 0);
    CHECK_EQUAL(map->entry_count, 2);
    CHECK_EQUAL(map_first(map)->start, lowest);
    CHECK_EQUAL(world_fetch(map, lowest - P, &byte), -EFAULT);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(a_stack_keeps_a_gap_to_what_is_accessible_below)
{
    const uint64_t end = 0x120000000, below = end - 0x400000;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, below - P, 1, R | W), 0);
    add_stack(map, end - P, 1);
    CHECK_EQUAL(world_store(map, below + MAP_STACK_GAP_BYTES - 1, 1), -EFAULT);
    CHECK_EQUAL(world_store(map, below + MAP_STACK_GAP_BYTES, 1), 0);
    CHECK_EQUAL(map_protect(map, below - P, P, ABI_PROT_NONE), 0);
    CHECK_EQUAL(world_store(map, below, 1), 0);
    CHECK_EQUAL(world_store(map, below - 1, 1), -EFAULT);
    world_audit(map, NULL, NULL, NULL);
    /* Without access there is no growth; nor into the windows, nor below the first address. */
    CHECK_EQUAL(map_protect(map, below, end - below, ABI_PROT_NONE), 0);
    CHECK_EQUAL(map_remove(map, below - P, P), 0);
    CHECK_EQUAL(world_store(map, below - 1, 1), -EFAULT);
    add_stack(map, MAP_WINDOWS_END + 0x200000, 1);
    CHECK_EQUAL(world_store(map, MAP_WINDOWS_END + MAP_STACK_GAP_BYTES - 1, 1), -EFAULT);
    CHECK_EQUAL(world_store(map, MAP_WINDOWS_END + MAP_STACK_GAP_BYTES, 1), 0);
    CHECK_EQUAL(world_store(map, MAP_WINDOWS_END - 1, 1), -EFAULT);
    add_stack(map, MAP_FIRST_ADDRESS + 4 * P, 1);
    CHECK_EQUAL(world_store(map, MAP_FIRST_ADDRESS - 1, 1), -EFAULT);
    CHECK_EQUAL(world_store(map, MAP_FIRST_ADDRESS, 1), 0);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(pages_are_made_where_memory_is_to_be_written)
{
    struct object *file;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_initrd(world_initrd(), 4 * P, &file), 0);
    CHECK_EQUAL(world_add(map, BASE, 8, R | W), 0);
    CHECK_EQUAL(world_add(map, BASE + 8 * P, 1, R), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 9 * P, 4, R | W, MAP_ENTRY_PRIVATE, file, 0), 0);
    object_put(file);
    CHECK(map_make_pages_relock(map, BASE, BASE + 8 * P));
    for (uint64_t i = 0; i < 8; i++) {
        CHECK((*table_leaf(map->space.root, BASE + i * P) & PTE_W) != 0);
    }
    CHECK(!map_make_pages_relock(map, BASE + 8 * P, BASE + 9 * P));
    CHECK(!map_make_pages_relock(map, BASE + 9 * P, BASE + 13 * P));
    CHECK_EQUAL(*table_leaf(map->space.root, BASE + 8 * P) | *table_leaf(map->space.root, BASE + 9 * P), 0);
    CHECK_EQUAL(map_forget(map, BASE, 8 * P), 0);
    stub_fail_allocation(4);
    CHECK(!map_make_pages_relock(map, BASE, BASE + 8 * P));
    stub_fail_allocation(0);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}
