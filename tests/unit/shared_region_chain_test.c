/* Private regions: clones, depth, chains (rule 3.3), clean and fresh ones (3.2), and their ends (3.7). */
#include "region.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "harts.h"
#include "shared_world.h"
#include "stub.h"

#define TEXT ABI_TEXT_WINDOW
#define DATA ABI_DATA_WINDOW
#define ANY ABI_REGION_ANY_BASE
#define MEBIBYTE 0x100000ull
#define HIT ABI_REGION_PREVIOUSLY_LOADED

/* What the text page of world_small_library(offset) begins with. */
static uint8_t first_byte(const struct object *object)
{
    return *world_byte(object, PAGE_SIZE);
}

static int load_into(struct map *map, struct object *object, struct abi_region_loaded *answer)
{
    struct region_load_request request = {
        .image = image_of(object), .account = map->account, .user = map, .flags = ANY | ABI_REGION_IMAGE_MANIFEST
    };

    return region_load_relock(region_of(map), &request, answer);
}

/* Whether a load of @object from @map is a hit; fails the test when it is no load. */
static bool is_hit(struct map *map, struct object *object)
{
    struct abi_region_loaded answer;

    CHECK_EQUAL(load_into(map, object, &answer), 0);
    world_audit();
    return (answer.answer & HIT) != 0;
}

static bool is_shown(struct map *map, struct object *object, uint64_t address)
{
    uint8_t byte;
    int error = harts_fetch(map, address, &byte);

    CHECK(error == 0 || error == -EFAULT);
    CHECK(error != 0 || byte == first_byte(object));
    return error == 0;
}

/* A task beside @map, in the same region. */
static struct map *beside(struct map *map)
{
    return world_task_in(region_of(map));
}

TEST(r3_3_what_was_loaded_before_the_clone_is_seen_and_what_comes_later_is_not)
{
    world_start();
    struct object *before = world_small_library(MEBIBYTE), *after = world_small_library(2 * MEBIBYTE);
    struct map *parent = world_task_in(region_current()), *child = world_task_in(region_current());

    CHECK(!is_hit(parent, before));
    CHECK_EQUAL(region_make_private_relock(child), 0);
    CHECK_EQUAL(region_of(child)->class, REGION_PRIVATE);
    CHECK(region_of(parent) == region_current() && region_of(child) != region_current());
    world_audit();
    CHECK(!is_hit(parent, after));
    CHECK(is_shown(child, before, TEXT + MEBIBYTE));
    CHECK(!is_shown(child, after, TEXT + 2 * MEBIBYTE));
    CHECK(is_hit(child, before));
    CHECK(!is_hit(child, after));
    CHECK(is_shown(child, after, TEXT + 2 * MEBIBYTE));
    /* What the child has loaded nobody else sees, in the same place as what the other one loads there. */
    struct object *mine = world_small_library(3 * MEBIBYTE), *theirs = world_small_library(3 * MEBIBYTE + PAGE_SIZE);

    CHECK(!is_hit(child, mine));
    CHECK(!is_shown(parent, mine, TEXT + 3 * MEBIBYTE));
    CHECK(!is_hit(parent, theirs));
    CHECK(is_shown(child, mine, TEXT + 3 * MEBIBYTE));
    world_end_task(parent);
    world_end_task(child);
    world_audit();
}

/* Loads before and after each clone, looked for from each of the three. */
TEST(r3_3_a_three_level_visibility_matrix)
{
    struct object *libraries[6];
    struct map *maps[3];

    world_start();
    for (unsigned i = 0; i < 6; i++) {
        libraries[i] = world_small_library((i + 1) * MEBIBYTE);
    }
    /* Library 2 * level is loaded in front of the clone that is taken of the level, the next one behind it. */
    maps[0] = world_task_in(region_current());
    for (unsigned level = 0; level < 3; level++) {
        CHECK(!is_hit(maps[level], libraries[2 * level]));
        if (level < 2) {
            maps[level + 1] = beside(maps[level]);
            CHECK_EQUAL(region_make_private_relock(maps[level + 1]), 0);
        }
        CHECK(!is_hit(maps[level], libraries[2 * level + 1]));
    }
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned i = 0; i < 6; i++) {
            bool own = i / 2 == level, behind = i / 2 < level && i % 2 == 0;

            CHECK_EQUAL(is_shown(maps[level], libraries[i], TEXT + (i + 1) * MEBIBYTE), own || behind);
            CHECK_EQUAL(region_entry_at(region_of(maps[level]), TEXT + (i + 1) * MEBIBYTE) != NULL, own || behind);
        }
    }
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned i = 0; i < 6; i++) {
            CHECK_EQUAL(is_hit(maps[level], libraries[i]), i / 2 == level || (i / 2 < level && i % 2 == 0));
        }
    }
    for (unsigned level = 0; level < 3; level++) {
        world_end_task(maps[level]);
        world_audit();
    }
}

TEST(ancestor_d05_a_look_up_in_a_clone_of_the_root_finds_what_the_root_has)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current());

    CHECK(!is_hit(map, object));
    CHECK(region_current()->behind.region == NULL);
    CHECK_EQUAL(region_make_private_relock(map), 0);
    CHECK(is_hit(map, object));
    world_end_task(map);
}

TEST(ancestor_d06_a_load_behind_the_clone_misses_through_two_links)
{
    world_start();
    struct object *early = world_small_library(MEBIBYTE), *late = world_small_library(2 * MEBIBYTE);
    struct map *root = world_task_in(region_current()), *map = beside(root);

    CHECK(!is_hit(root, early));
    CHECK_EQUAL(region_make_private_relock(map), 0);
    CHECK(!is_hit(map, world_small_library(4 * MEBIBYTE)));
    CHECK_EQUAL(region_make_private_relock(map), 0);
    CHECK(!is_hit(root, late));
    CHECK(is_hit(map, early));
    CHECK(!is_hit(map, late));
    world_end_task(root);
    world_end_task(map);
}

TEST(r3_3_copied_data_pages_stay_and_pristine_ones_are_the_same)
{
    uint8_t byte;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current()), *other = world_task_in(region_current());
    uint64_t data = DATA + MEBIBYTE + 2 * PAGE_SIZE;
    uint8_t pristine = *world_byte(object, 3 * PAGE_SIZE);

    CHECK(!is_hit(map, object));
    CHECK_EQUAL(harts_load(other, data, &byte), 0);
    CHECK_EQUAL(harts_store(map, data, 77), 0);
    CHECK_EQUAL(region_make_private_relock(map), 0);
    CHECK_EQUAL(region_make_private_relock(other), 0);
    world_audit();
    CHECK_EQUAL(harts_load(map, data, &byte), 0);
    CHECK_EQUAL(byte, 77);
    CHECK_EQUAL(harts_load(other, data, &byte), 0);
    CHECK_EQUAL(byte, pristine);
    CHECK_EQUAL(harts_store(other, data, 78), 0);
    CHECK_EQUAL(harts_load(map, data, &byte), 0);
    CHECK_EQUAL(byte, 77);
    world_end_task(map);
    world_end_task(other);
}

/* A private region pays with its account, and takes nothing that is not given back. */
TEST(r3_7_a_chain_ends_with_its_last_task_and_leaves_nothing)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *keeper = world_task_in(region_current());
    struct abi_region_loaded answer;

    CHECK_EQUAL(load_into(keeper, object, &answer), 0);
    struct object *libraries[20];
    uint64_t free_frames = 0;

    for (unsigned i = 0; i < 20; i++) {
        libraries[i] = world_small_library((i + 2) * MEBIBYTE);
    }
    for (unsigned round = 0; round < 3; round++) {
        struct map *map = beside(keeper);

        for (unsigned i = 0; i < 20; i++) {
            CHECK_EQUAL(region_make_private_relock(map), 0);
            CHECK(!is_hit(map, libraries[i]));
        }
        struct map *last = beside(map);

        world_end_task(map);
        CHECK(is_hit(last, object));
        CHECK(region_of(last)->behind.region != NULL);
        world_end_task(last);
        world_audit();
        CHECK(round == 0 || world_free_frames() == free_frames);
        free_frames = world_free_frames();
    }
    CHECK_EQUAL(region_current()->ref_count, 2);
    world_end_task(keeper);
}

/* A chain is never longer than there are entries: what has none is seen through. */
TEST(a13_ten_thousand_clones_without_loads_make_no_chain)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current());

    CHECK(!is_hit(map, object));
    uint64_t free_frames = 0;

    for (unsigned i = 0; i < 10000; i++) {
        CHECK_EQUAL(region_make_private_relock(map), 0);
        CHECK(region_of(map)->behind.region == region_current());
        CHECK(i < 10 || world_free_frames() == free_frames);
        free_frames = world_free_frames();
    }
    CHECK(is_hit(map, object));
    world_end_task(map);
    world_audit();
}

/* ... and one that is as long as can be ends without a deep stack. */
TEST(a13_a_chain_as_long_as_there_are_records_is_walked_and_ends)
{
    enum { LINKS = 200 };

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current());
    struct abi_region_loaded answer;

    CHECK(!is_hit(map, object));
    for (unsigned i = 0; i < LINKS; i++) {
        struct plan plan = { .segment_count = 1,
                             .segments = { { TEXT + (2 * MEBIBYTE) + i * PAGE_SIZE, 1, 1, ELF_READ } } };
        struct object *link = world_planned(&plan);

        CHECK_EQUAL(region_make_private_relock(map), 0);
        CHECK_EQUAL(load_into(map, link, &answer), 0);
        object_put(link);
    }
    CHECK(is_hit(map, object));
    unsigned length = 0;

    for (const struct region *region = region_of(map); region != NULL; region = region->behind.region) {
        length++;
    }
    CHECK_EQUAL(length, LINKS + 1);
    world_end_task(map);
    CHECK_EQUAL(load_hash_system()->entry_count, 1);
    world_audit();
}

TEST(a12_every_allocation_of_a_clone_fails_once_and_nothing_has_changed)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current());
    struct abi_region_loaded answer;
    uint8_t byte;
    int error = -ENOMEM;

    CHECK_EQUAL(load_into(map, object, &answer), 0);
    CHECK_EQUAL(harts_store(map, DATA + MEBIBYTE + 2 * PAGE_SIZE, 5), 0);
    struct map *once = beside(map);

    CHECK_EQUAL(region_make_private_relock(once), 0); /* pools have their pages */
    world_end_task(once);
    uint64_t state = world_state();
    unsigned failures = 0;

    for (uint64_t n = 1; error != 0; n++) {
        stub_fail_allocation(n);
        error = region_make_private_relock(map);
        stub_fail_allocation(0);
        if (error != 0) {
            failures++;
            CHECK_EQUAL(error, -ENOMEM);
            CHECK_EQUAL(world_state(), state);
            CHECK(region_of(map) == region_current());
            CHECK(!region_current()->is_loading);
        }
        world_audit();
    }
    CHECK(failures >= 4);
    CHECK_EQUAL(harts_load(map, DATA + MEBIBYTE + 2 * PAGE_SIZE, &byte), 0);
    CHECK_EQUAL(byte, 5);
    world_end_task(map);
}

TEST(r3_2_a_clean_region_is_private_and_starts_empty)
{
    struct region *clean;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current());

    CHECK(!is_hit(map, object));
    CHECK_EQUAL(region_create_clean_relock(account_root(), &clean), 0);
    CHECK(clean->class == REGION_PRIVATE && clean->behind.region == NULL && clean->entry_count == 0);
    struct map *other = world_task_in(clean);

    region_put(clean);
    CHECK(!is_shown(other, object, TEXT + MEBIBYTE));
    CHECK(!is_hit(other, object));
    CHECK(is_shown(other, object, TEXT + MEBIBYTE));
    world_end_task(map);
    world_end_task(other);
    world_audit();
}

TEST(r3_5_programs_go_from_a_full_or_replaced_region_to_the_current_one_and_private_ones_stay)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *old = world_task_in(region_current()), *private = world_task_in(region_current());

    CHECK(!is_hit(old, object));
    CHECK_EQUAL(region_make_private_relock(private), 0);
    struct region *first = region_of(old), *next = region_for_program_relock(first);

    CHECK(next == first);
    CHECK_EQUAL(region_renew_relock(), 0);
    CHECK(region_current() != first && region_current()->class == REGION_SYSTEM);
    CHECK_EQUAL(region_current()->entry_count, 0);
    CHECK(region_of(old) == first && is_shown(old, object, TEXT + MEBIBYTE));
    next = region_for_program_relock(first);
    CHECK(next == region_current());
    region_of(private)->is_full = true;
    next = region_for_program_relock(region_of(private));
    CHECK(next == region_of(private));
    /* A full one is replaced when the next program starts; when that can't be, by a later one. */
    next = region_current();
    next->is_full = true;
    stub_fail_allocation(1);
    struct region *same = region_for_program_relock(next);

    stub_fail_allocation(0);
    CHECK(same == next && region_current() == next);
    same = region_for_program_relock(first);
    CHECK(same != next && same == region_current() && !same->is_full);
    world_audit();
    world_end_task(old);
    world_end_task(private);
    world_audit();
}

TEST(ancestor_d31_a_hundred_replacements_lose_no_frame)
{
    uint64_t free_frames = 0;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current());

    for (unsigned i = 0; i < 100; i++) {
        CHECK(!is_hit(map, object));
        region_of(map)->is_full = true;
        struct region *fresh = region_for_program_relock(region_of(map));
        struct map *next = world_task_in(fresh);

        world_end_task(map);
        map = next;
        CHECK(i < 2 || world_free_frames() == free_frames);
        free_frames = world_free_frames();
        world_audit();
    }
    world_end_task(map);
}

TEST(ancestor_d40_a_thousand_renewals_leave_one_region)
{
    uint64_t free_frames = 0;

    world_start();
    for (unsigned i = 0; i < 1000; i++) {
        CHECK_EQUAL(region_renew_relock(), 0);
        CHECK_EQUAL(region_current()->ref_count, 1);
        CHECK(i < 2 || world_free_frames() == free_frames);
        free_frames = world_free_frames();
    }
    /* In the middle of one that fails the old one is current. */
    struct region *old = region_current();

    for (uint64_t n = 1; n <= 2; n++) {
        stub_fail_allocation(n);
        CHECK_EQUAL(region_renew_relock(), -ENOMEM);
        stub_fail_allocation(0);
        CHECK(region_current() == old && old->ref_count == 1);
        world_audit();
    }
}
