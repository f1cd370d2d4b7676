/* mm/map_fault.c: which frame a page shows, and when it is a new one. */
#include "map.h"

#include <string.h>

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
#define BASE 0x20000ull

static pte_t leaf(struct map *map, uint64_t address)
{
    struct table_place place;

    return table_walk(map->space.root, address, &place);
}

static paddr_t frame_at(struct map *map, uint64_t address)
{
    return pte_frame(leaf(map, address));
}

static struct object *anonymous(uint64_t pages)
{
    struct object *object;

    CHECK_EQUAL(object_create_anonymous(pages * P, &object), 0);
    return object;
}

static struct object *initrd_file(uint64_t pages)
{
    struct object *object;

    CHECK_EQUAL(object_create_initrd(world_initrd(), pages * P, &object), 0);
    return object;
}

TEST(untouched_memory_reads_as_zeros_from_one_frame)
{
    world_start(4 << 20);
    uint64_t before = world_free();
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 16, R | W), 0);
    uint64_t free = world_free();

    for (uint64_t i = 0; i < 16; i++) {
        world_expect(map, BASE + i * P + i, 0);
        CHECK_EQUAL(frame_at(map, BASE + i * P).value, frame_zero().value);
    }
    CHECK_EQUAL(world_free(), free - 2); /* tables alone */
    CHECK_EQUAL(world_store(map, BASE + P, 9), 0);
    world_expect(map, BASE + P, 9);
    world_expect(map, BASE + 2 * P, 0);
    CHECK_EQUAL(*(uint8_t *)arch_direct(frame_zero()), 0);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    CHECK_EQUAL(frame_of(frame_zero())->ref_count, 1);
    CHECK_EQUAL(world_free(), before);
}

TEST(c21_a_first_store_gives_a_zeroed_frame_without_a_flush)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 4, R | W), 0);
    uint64_t zeroed = stub_counts.pages_zeroed, flushes = stub_counts.flushes;

    CHECK_EQUAL(map_fault_relock(map, BASE + 5, W), 0);
    CHECK_EQUAL(stub_counts.flushes, flushes);
    CHECK_EQUAL(stub_counts.pages_zeroed, zeroed + 3); /* two tables */
    CHECK_EQUAL(map_fault_relock(map, BASE + P + 5, W), 0);
    CHECK_EQUAL(stub_counts.pages_zeroed, zeroed + 4);
    for (uint64_t i = 0; i < 2 * P; i++) {
        world_expect(map, BASE + i, 0);
    }
    map_destroy(map);
}

TEST(what_an_entry_does_not_allow_is_a_fault)
{
    uint8_t byte;

    world_start(4 << 20);
    struct map *map = world_map();

    for (uint8_t protection = 0; protection < 6; protection++) {
        uint64_t start = BASE + 2 * P * protection;

        CHECK_EQUAL(world_add(map, start, 1, protection), 0);
        CHECK_EQUAL(world_load(map, start, &byte), (protection & (R | W)) != 0 ? 0 : -EFAULT);
        CHECK_EQUAL(world_store(map, start, 1), (protection & W) != 0 ? 0 : -EFAULT);
        CHECK_EQUAL(world_fetch(map, start, &byte), (protection & X) != 0 ? 0 : -EFAULT);
        CHECK_EQUAL(world_load(map, start + P, &byte), -EFAULT);
    }
    CHECK_EQUAL(world_load(map, 0, &byte), -EFAULT);
    CHECK_EQUAL(world_load(map, UINT64_MAX, &byte), -EFAULT);
    CHECK_EQUAL(map_fault_relock(map, UINT64_MAX, R), -EFAULT);
    CHECK_EQUAL(map_fault_relock(map, WINDOW_TEXT_BASE, R), -EFAULT);
    CHECK_EQUAL(map_fault_relock(map, WINDOW_DATA_BASE, R), -EFAULT);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(c6_a_spurious_fault_is_answered_by_a_flush)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 1, R | W), 0);
    CHECK_EQUAL(map_fault_relock(map, BASE, W), 0);
    map_enter(map);
    uint64_t free = world_free(), flushes = stub_counts.flushes;

    CHECK_EQUAL(map_fault_relock(map, BASE, W), 0);
    CHECK_EQUAL(map_fault_relock(map, BASE, R), 0);
    CHECK_EQUAL(stub_counts.flushes, flushes + 2);
    CHECK_EQUAL(world_free(), free);
    map_destroy(map);
}

TEST(a4_a_store_to_a_private_file_page_changes_a_copy)
{
    world_start(4 << 20);
    uint64_t before = world_free();
    struct object *file = initrd_file(3);
    struct map *map = world_map();

    CHECK_EQUAL(world_add_object(map, BASE, 3, R | W, MAP_ENTRY_PRIVATE, file, 0), 0);
    object_put(file);
    world_expect(map, BASE + P + 3, world_initrd_byte(1, 3));
    CHECK_EQUAL(frame_at(map, BASE + P).value, world_initrd().value + P);
    CHECK_EQUAL(world_store(map, BASE + P, 0xab), 0); /* after a read: copied in place of it */
    CHECK_EQUAL(world_store(map, BASE + 2 * P, 0xcd), 0); /* before any */
    world_expect(map, BASE + P, 0xab);
    world_expect(map, BASE + P + 3, world_initrd_byte(1, 3));
    world_expect(map, BASE + 2 * P, 0xcd);
    world_expect(map, BASE + 2 * P + 1, world_initrd_byte(2, 1));
    for (uint64_t page = 0; page < 3; page++) {
        CHECK_EQUAL(((uint8_t *)arch_direct(world_initrd()))[page * P], world_initrd_byte(page, 0));
    }
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    CHECK_EQUAL(world_free(), before);
}

TEST(a4_a_private_copy_does_not_follow_its_object)
{
    world_start(4 << 20);
    struct object *object = anonymous(2);
    struct map *map = world_map(), *other = world_map();

    CHECK_EQUAL(world_add_object(map, BASE, 2, R | W, MAP_ENTRY_PRIVATE, object, 0), 0);
    CHECK_EQUAL(world_add_object(other, BASE, 2, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_store(other, BASE, 1), 0);
    world_expect(map, BASE, 1);
    CHECK_EQUAL(world_store(map, BASE + 1, 2), 0);
    CHECK_EQUAL(world_store(other, BASE, 3), 0);
    CHECK_EQUAL(world_store(other, BASE + 1, 4), 0);
    world_expect(map, BASE, 1);
    world_expect(map, BASE + 1, 2);
    world_expect(other, BASE + 1, 4);
    world_audit(map, other, NULL, NULL);
    map_destroy(other);
    object_put(object);
    world_expect(map, BASE, 1);
    map_destroy(map);
}

TEST(a7_copy_on_write_before_the_first_read_shows_zeros)
{
    world_start(4 << 20);
    struct object *object = anonymous(2);
    struct map *map = world_map();

    CHECK_EQUAL(world_add_object(map, BASE, 2, R | W, MAP_ENTRY_PRIVATE, object, 0), 0);
    CHECK_EQUAL(world_store(map, BASE + 8, 1), 0);
    world_expect(map, BASE, 0);
    world_expect(map, BASE + P, 0);
    CHECK_EQUAL(object->pages.count, 0); /* the object gets no page of it */
    CHECK_EQUAL(world_store(map, BASE + P, 1), 0);
    world_expect(map, BASE + P + 1, 0);
    world_audit(map, NULL, NULL, NULL);
    object_put(object);
    map_destroy(map);
}

TEST(shared_pages_are_the_objects_own)
{
    world_start(4 << 20);
    uint64_t before = world_free();
    struct object *object = anonymous(3);
    struct map *first = world_map(), *second = world_map();

    CHECK_EQUAL(world_add_object(first, BASE, 3, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(second, MAP_AREA_START, 2, R, MAP_ENTRY_SHARED, object, 1), 0);
    object_put(object);
    world_expect(second, MAP_AREA_START, 0);
    CHECK_EQUAL(world_store(first, BASE + P, 7), 0);
    world_expect(second, MAP_AREA_START, 7);
    CHECK_EQUAL(frame_at(first, BASE + P).value, frame_at(second, MAP_AREA_START).value);
    CHECK_EQUAL(world_store(second, MAP_AREA_START, 8), -EFAULT);
    world_audit(first, second, NULL, NULL);
    map_destroy(first);
    world_expect(second, MAP_AREA_START, 7);
    map_destroy(second);
    CHECK_EQUAL(world_free(), before);
}

TEST(a_shared_page_whose_right_to_write_came_back_is_written_in_place)
{
    world_start(4 << 20);
    struct object *object = anonymous(1);
    struct map *map = world_map();

    CHECK_EQUAL(world_add_object(map, BASE, 1, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    paddr_t frame = frame_at(map, BASE);

    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_EQUAL(world_store(map, BASE, 2), -EFAULT);
    CHECK_EQUAL(map_protect(map, BASE, P, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 3), 0);
    CHECK_EQUAL(frame_at(map, BASE).value, frame.value);
    world_audit(map, NULL, NULL, NULL);
    object_put(object);
    map_destroy(map);
}

TEST(a_shared_mapping_of_a_shadow_never_writes_its_parent)
{
    struct object *shadow;

    world_start(4 << 20);
    struct object *file = initrd_file(2);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_shadow(file, &shadow), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 2, R | W, MAP_ENTRY_SHARED, shadow, 0), 0);
    map_populate_relock(map, BASE, 2 * P); /* shows the parent's pages, read-only */
    CHECK_EQUAL(frame_at(map, BASE).value, world_initrd().value);
    world_expect(map, BASE, world_initrd_byte(0, 0));
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    world_expect(map, BASE, 1);
    world_expect(map, BASE + 1, world_initrd_byte(0, 1));
    CHECK_EQUAL(*(uint8_t *)arch_direct(world_initrd()), world_initrd_byte(0, 0));
    CHECK_EQUAL(shadow->pages.count, 1);
    world_audit(map, NULL, NULL, NULL);
    object_put(shadow);
    object_put(file);
    map_destroy(map);
}

TEST(a_store_to_a_shadows_page_that_fails_leaves_the_parents_shown)
{
    struct object *shadow;
    paddr_t own;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct object *file = initrd_file(2);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_shadow(file, &shadow), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 2, R | W, MAP_ENTRY_SHARED, shadow, 0), 0);
    map_populate_relock(map, BASE, 2 * P);
    stub_fail_allocation(1);
    CHECK_EQUAL(world_store(map, BASE, 1), -ENOMEM);
    stub_fail_allocation(0);
    CHECK_EQUAL(frame_at(map, BASE).value, world_initrd().value);
    CHECK_EQUAL(shadow->pages.count, 0);
    /* a14: the object's page is there, but can't be shown once more. */
    CHECK_EQUAL(object_page_own_relock(shadow, 1, account_root(), &own), 0);
    frame_of(own)->ref_count = FRAME_REFERENCES_MAX;
    CHECK_EQUAL(world_store(map, BASE + P, 1), -ENOMEM);
    CHECK_EQUAL(frame_of(own)->ref_count, FRAME_REFERENCES_MAX);
    frame_of(own)->ref_count = 1;
    world_expect(map, BASE + P, world_initrd_byte(1, 0));
    world_audit(map, NULL, NULL, NULL);
    CHECK_EQUAL(world_store(map, BASE + P, 1), 0);
    CHECK_EQUAL(frame_at(map, BASE + P).value, own.value);
    world_audit(map, NULL, NULL, NULL);
    object_put(shadow);
    object_put(file);
    map_destroy(map);
    CHECK_EQUAL(world_free(), before);
}

TEST(a1_pages_behind_an_objects_end_fault)
{
    struct object *object;
    uint8_t byte;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(2 * P + 1, &object), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 8, R | W, MAP_ENTRY_SHARED, object, 1), 0);
    CHECK_EQUAL(world_add_object(map, MAP_AREA_START, 8, R | W, MAP_ENTRY_PRIVATE, object, 2), 0);
    CHECK_EQUAL(world_store(map, BASE + P, 1), 0);
    CHECK_EQUAL(world_store(map, BASE + 2 * P, 1), -ENXIO);
    CHECK_EQUAL(world_load(map, BASE + 2 * P, &byte), -ENXIO);
    CHECK_EQUAL(world_store(map, MAP_AREA_START, 2), 0);
    CHECK_EQUAL(world_store(map, MAP_AREA_START + P, 2), -ENXIO);
    CHECK_EQUAL(world_load(map, MAP_AREA_START + 7 * P, &byte), -ENXIO);
    map_populate_relock(map, BASE, 16 * P);
    world_audit(map, NULL, NULL, NULL);
    object_put(object);
    map_destroy(map);
    /* No table entry leads to a frame that another has now. */
    world_audit(NULL, NULL, NULL, NULL);
}

TEST(a_page_that_is_nobody_elses_is_taken_not_copied)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 1, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 5), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R | W), 0);
    paddr_t frame = frame_at(map, BASE);

    CHECK_EQUAL(leaf(map, BASE) & PTE_W, 0);
    CHECK_EQUAL(world_store(map, BASE + 1, 6), 0);
    CHECK_EQUAL(frame_at(map, BASE).value, frame.value);
    CHECK_EQUAL(stub_counts.pages_copied, 0);
    /* With one more reference, as a fork would take, it is copied. */
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R | W), 0);
    frame_get(frame);
    CHECK_EQUAL(world_store(map, BASE + 1, 7), 0);
    CHECK(frame_at(map, BASE).value != frame.value);
    CHECK_EQUAL(((uint8_t *)arch_direct(frame))[1], 6);
    world_expect(map, BASE, 5);
    CHECK_EQUAL(frame_of(frame)->ref_count, 1);
    frame_put(frame);
    map_destroy(map);
}

TEST(an_initrd_page_is_never_taken)
{
    world_start(4 << 20);
    struct object *file = initrd_file(1);
    struct map *map = world_map();

    CHECK_EQUAL(world_add_object(map, BASE, 1, R | W, MAP_ENTRY_PRIVATE, file, 0), 0);
    world_expect(map, BASE, world_initrd_byte(0, 0));
    frame_put(world_initrd()); /* even when this leaf's is the only reference left */
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK(frame_at(map, BASE).value != world_initrd().value);
    object_put(file);
    map_destroy(map);
}

TEST(c9_a_page_that_is_executed_is_fenced)
{
    uint8_t byte;

    world_start(4 << 20);
    struct object *file = initrd_file(2);
    struct map *map = world_map();

    CHECK_EQUAL(world_add_object(map, BASE, 2, R | X, MAP_ENTRY_PRIVATE, file, 0), 0);
    CHECK_EQUAL(world_add(map, BASE + 2 * P, 1, R | W), 0);
    CHECK_EQUAL(world_fetch(map, BASE, &byte), 0);
    CHECK_EQUAL(byte, world_initrd_byte(0, 0));
    map_populate_relock(map, BASE, 2 * P);
    CHECK_EQUAL(stub_counts.instruction_fences, 0); /* an initrd's pages were never anything else */
    CHECK_EQUAL(world_store(map, BASE + 2 * P, 1), 0);
    CHECK_EQUAL(stub_counts.instruction_fences, 0);
    CHECK_EQUAL(map_protect(map, BASE + 2 * P, P, R | X), 0);
    CHECK_EQUAL(stub_counts.instruction_fences, 1);
    CHECK_EQUAL(world_add_object(map, BASE + 4 * P, 1, R | X, MAP_ENTRY_PRIVATE, NULL, 0), 0);
    CHECK_EQUAL(world_fetch(map, BASE + 4 * P, &byte), 0);
    CHECK_EQUAL(stub_counts.instruction_fences, 2);
    object_put(file);
    map_destroy(map);
}

TEST(a14_a_page_with_too_many_references_is_refused)
{
    uint8_t byte;

    world_start(4 << 20);
    struct map *map = world_map();
    struct object *object = anonymous(1);
    paddr_t page;

    CHECK_EQUAL(object_page_own_relock(object, 0, account_root(), &page), 0);
    CHECK_EQUAL(world_add(map, BASE, 1, R | W), 0);
    CHECK_EQUAL(world_add_object(map, BASE + P, 1, R, MAP_ENTRY_SHARED, object, 0), 0);
    frame_of(frame_zero())->ref_count = FRAME_REFERENCES_MAX;
    frame_of(page)->ref_count = FRAME_REFERENCES_MAX;
    CHECK_EQUAL(world_load(map, BASE, &byte), -ENOMEM);
    CHECK_EQUAL(world_load(map, BASE + P, &byte), -ENOMEM);
    map_populate_relock(map, BASE + P, P);
    CHECK_EQUAL(leaf(map, BASE + P), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    frame_of(frame_zero())->ref_count = 1;
    frame_of(page)->ref_count = 1;
    object_put(object);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

static void fill(struct map *map)
{
    CHECK_EQUAL(world_add(map, BASE, 4, R | W), 0);
    world_expect(map, BASE, 0);
    CHECK_EQUAL(world_store(map, BASE + P, 1), 0);
}

TEST(a12_a_fault_that_fails_maps_nothing)
{
    for (unsigned kind = 0; kind < 5; kind++) {
        const uint64_t places[] = { BASE, BASE + 2 * P, 5ull << 32, 5ull << 32, MAP_AREA_START };
        int error = -ENOMEM;

        for (uint64_t n = 1; error != 0; n++) {
            CHECK(n < 12);
            world_start(4 << 20);
            uint64_t before = world_free();
            struct map *map = world_map();
            struct object *object = anonymous(1 << 14);

            fill(map);
            CHECK_EQUAL(world_add(map, places[2], 1, R | W), 0);
            CHECK_EQUAL(world_add_object(map, MAP_AREA_START, 1, R, MAP_ENTRY_SHARED, object, 5000), 0);
            stub_fail_allocation(n);
            error = map_fault_relock(map, places[kind], kind == 2 || kind == 4 ? R : W);
            stub_fail_allocation(0);
            CHECK(error == 0 || error == -ENOMEM);
            if (error != 0) {
                CHECK_EQUAL(leaf(map, places[kind]) & PTE_W, 0);
                world_expect(map, BASE, 0);
                world_expect(map, BASE + P, 1);
                CHECK_EQUAL(object->pages.count, 0);
            }
            world_audit(map, NULL, NULL, NULL);
            object_put(object);
            map_destroy(map);
            CHECK_EQUAL(world_free(), before);
        }
    }
}

TEST(a_touch_that_finds_no_frame_fails_alone)
{
    uint64_t pages = 0, again = 0;
    uint8_t byte;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct map *map = world_map(), *other = world_map();

    CHECK_EQUAL(world_add(map, MAP_LARGE_START, 4096, R | W), 0);
    CHECK_EQUAL(world_add(other, BASE, 4, R | W), 0);
    CHECK_EQUAL(world_store(other, BASE, 1), 0);
    while (world_store(map, MAP_LARGE_START + pages * P, (uint8_t)pages) == 0) {
        pages++;
    }
    CHECK(pages > 600 && frame_free_count() == 0);
    CHECK_EQUAL(world_store(map, MAP_LARGE_START + pages * P, 1), -ENOMEM);
    CHECK_EQUAL(world_store(other, BASE + P, 1), -ENOMEM);
    CHECK_EQUAL(world_load(other, BASE + P, &byte), 0);
    world_expect(other, BASE, 1);
    for (uint64_t i = 0; i < pages; i++) {
        world_expect(map, MAP_LARGE_START + i * P, (uint8_t)i);
    }
    world_audit(map, other, NULL, NULL);
    map_destroy(map);
    CHECK_EQUAL(world_store(other, BASE + P, 1), 0);
    map_destroy(other);
    CHECK_EQUAL(world_free(), before);
    map = world_map();
    CHECK_EQUAL(world_add(map, MAP_LARGE_START, 4096, R | W), 0);
    while (world_store(map, MAP_LARGE_START + again * P, 1) == 0) {
        again++;
    }
    CHECK(again >= pages);
    map_destroy(map);
    CHECK_EQUAL(world_free(), before);
}

TEST(c1_nothing_stale_is_seen_after_unmap_downgrade_and_copy)
{
    uint8_t byte;

    world_start(4 << 20);
    struct object *file = initrd_file(1);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_EQUAL(world_store(map, BASE, 2), -EFAULT);
    CHECK_EQUAL(map_remove(map, BASE, P), 0);
    CHECK_EQUAL(world_load(map, BASE, &byte), -EFAULT);
    CHECK_EQUAL(world_add_object(map, BASE, 1, R | W, MAP_ENTRY_PRIVATE, file, 0), 0);
    world_expect(map, BASE, world_initrd_byte(0, 0));
    CHECK_EQUAL(world_store(map, BASE, 5), 0);
    world_expect(map, BASE, 5);
    world_expect(map, BASE + P, 0);
    CHECK_EQUAL(world_store(map, BASE + P, 6), 0);
    world_expect(map, BASE + P, 6);
    object_put(file);
    map_destroy(map);
}

TEST(what_is_written_for_a_task_is_what_it_will_see)
{
    world_start(4 << 20);
    struct object *file = initrd_file(1);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, MAP_STACK_END - MAP_STACK_BYTES, 2048, R | W), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 1, R | W, MAP_ENTRY_PRIVATE, file, 0), 0);
    CHECK_EQUAL(world_add(map, BASE + P, 1, R), 0);
    CHECK_EQUAL(map_write_relock(map, MAP_STACK_END - 24, "argument", 9), 0);
    for (uint64_t i = 0; i < 9; i++) {
        world_expect(map, MAP_STACK_END - 24 + i, (uint8_t) "argument"[i]);
    }
    world_expect(map, BASE + 3, world_initrd_byte(0, 3));
    CHECK_EQUAL(map_write_relock(map, BASE + 3, "\1", 1), 0);
    world_expect(map, BASE + 3, 1);
    world_expect(map, BASE + 4, world_initrd_byte(0, 4));
    CHECK_EQUAL(map_write_relock(map, BASE + P - 1, "\2\3", 2), -EFAULT); /* what fits is written */
    world_expect(map, BASE + P - 1, 2);
    world_expect(map, BASE + P, 0);
    CHECK_EQUAL(map_write_relock(map, UINT64_MAX, "\2", 1), -EFAULT);
    CHECK_EQUAL(map_write_relock(map, WINDOW_TEXT_BASE, "\2", 1), -EFAULT);
    object_put(file);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

/* Four maps share an object and hold private pages of it; whoever ends last, all comes back. */
TEST(any_closing_order_of_four_sharers_gives_everything_back)
{
    world_start(4 << 20);
    uint64_t before = world_free();

    for (unsigned code = 0; code < 24; code++) {
        unsigned left[4] = { 0, 1, 2, 3 }, rest = code;
        struct object *object = anonymous(4);
        struct map *maps[4];

        for (unsigned i = 0; i < 4; i++) {
            maps[i] = world_map();
            CHECK_EQUAL(
                world_add_object(maps[i], BASE, 4, R | W, i % 2 ? MAP_ENTRY_SHARED : MAP_ENTRY_PRIVATE, object, 0), 0);
            CHECK_EQUAL(world_store(maps[i], BASE + i * P, (uint8_t)(i + 1)), 0);
            world_expect(maps[i], BASE + 3 * P, i == 3 ? 4 : 0);
        }
        object_put(object);
        for (unsigned count = 4; count > 0; count--) {
            unsigned at = rest % count, which = left[at];

            rest /= count;
            world_expect(maps[which], BASE + which * P, (uint8_t)(which + 1));
            left[at] = left[count - 1];
            map_destroy(maps[which]);
            mm_audit_start();
            for (unsigned i = 0; i < count - 1; i++) {
                mm_audit_map(maps[left[i]]);
            }
            mm_audit_finish(world_frames(), WORLD_SUPERVISOR_FRAMES);
        }
        CHECK_EQUAL(world_free(), before);
    }
}
