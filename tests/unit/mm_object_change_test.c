/* mm/object_change.c: sizes, holes, seals and writes, and what maps show of them. */
#include "object.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "harts.h"
#include "mm_world.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE
#define BASE 0x20000ull
#define OTHER 0x40000ull /* of another map, or the same */
#define BUFFER 0x800000ull /* private memory of a map, to copy from and to */

static struct object *object;
static struct map *map;
static uint64_t free_before;

static void start(uint64_t size_bytes)
{
    world_start(4 << 20);
    free_before = world_free();
    map = world_map();
    CHECK_EQUAL(object_create_anonymous(size_bytes, &object), 0);
    CHECK_EQUAL(world_add(map, BUFFER, 8, R | W), 0);
}

static void finish(void)
{
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    object_put(object);
    CHECK_EQUAL(world_free(), free_before);
}

static void show(uint64_t start_address, uint8_t sharing)
{
    CHECK_EQUAL(world_add_object(map, start_address, 8, R | W, sharing, object, 0), 0);
}

static uint8_t byte_of(uint64_t offset)
{
    uint8_t byte;

    CHECK_EQUAL(object_read(object, offset, &byte, 1), 0);
    return byte;
}

/* The map's buffer holds @value everywhere, and this hart runs in the map from now on. */
static void fill_buffer(uint8_t value)
{
    harts_keep_still();
    for (uint64_t i = 0; i < 8; i++) {
        uint8_t page[P];

        memset(page, value, sizeof(page));
        CHECK_EQUAL(map_write_relock(map, BUFFER + i * P, page, sizeof(page)), 0);
    }
    world_expect(map, BUFFER, value);
}

TEST(a_shared_page_behind_the_new_end_is_gone_for_who_touches_it)
{
    uint8_t byte;

    start(4 * P);
    show(BASE, MAP_ENTRY_SHARED);
    for (uint64_t page = 0; page < 4; page++) {
        CHECK_EQUAL(world_store(map, BASE + page * P, (uint8_t)(page + 1)), 0);
    }
    CHECK_EQUAL(object_resize(object, P + 1), 0);
    CHECK_EQUAL(object->pages.count, 2);
    world_expect(map, BASE + P, 2);
    CHECK_EQUAL(world_load(map, BASE + 2 * P, &byte), -ENXIO);
    CHECK_EQUAL(world_store(map, BASE + 3 * P, 9), -ENXIO);
    world_audit(map, NULL, NULL, NULL);
    CHECK_EQUAL(object_resize(object, 4 * P), 0);
    world_expect(map, BASE + 2 * P, 0);
    CHECK_EQUAL(world_store(map, BASE + 3 * P, 9), 0);
    world_expect(map, BASE + P, 2);
    CHECK_EQUAL(object_resize(object, 0), 0);
    CHECK_EQUAL(object->pages.count, 0);
    CHECK_EQUAL(world_load(map, BASE, &byte), -ENXIO);
    finish();
}

TEST(a1_an_object_of_odd_size_shows_nothing_of_a_frame_that_another_has_then)
{
    uint8_t byte;

    start(2 * P + 1);
    CHECK_EQUAL(world_add_object(map, BASE, 8, R | W, MAP_ENTRY_SHARED, object, 1), 0);
    CHECK_EQUAL(world_add_object(map, OTHER, 3, R, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_store(map, BASE + P, 1), 0);
    world_expect(map, OTHER + 2 * P, 1);
    CHECK_EQUAL(object_resize(object, P), 0);
    CHECK_EQUAL(world_load(map, BASE, &byte), -ENXIO);
    CHECK_EQUAL(world_load(map, OTHER + 2 * P, &byte), -ENXIO);
    CHECK_EQUAL(world_load(map, OTHER + P, &byte), -ENXIO);
    CHECK_EQUAL(map_remove(map, BASE, 2 * P), 0);
    world_audit(map, NULL, NULL, NULL);
    finish();
}

TEST(bytes_written_behind_the_end_never_come_to_lie_inside)
{
    start(10);
    show(BASE, MAP_ENTRY_SHARED);
    CHECK_EQUAL(world_store(map, BASE + 9, 1), 0);
    CHECK_EQUAL(world_store(map, BASE + 10, 2), 0); /* the rest of the page can be written, as anywhere */
    CHECK_EQUAL(world_store(map, BASE + P - 1, 3), 0);
    CHECK_EQUAL(object_resize(object, 2 * P), 0);
    CHECK(byte_of(9) == 1 && byte_of(10) == 0 && byte_of(P - 1) == 0);
    CHECK_EQUAL(world_store(map, BASE + 100, 4), 0);
    CHECK_EQUAL(object_resize(object, 50), 0);
    CHECK_EQUAL(object_resize(object, P), 0);
    CHECK(byte_of(9) == 1 && byte_of(100) == 0);
    finish();
}

TEST(a4_a_private_copy_stays_when_its_object_is_cut_and_what_is_no_copy_goes)
{
    uint8_t byte;

    start(3 * P);
    show(OTHER, MAP_ENTRY_SHARED);
    show(BASE, MAP_ENTRY_PRIVATE);
    CHECK_EQUAL(world_store(map, OTHER, 1), 0);
    CHECK_EQUAL(world_store(map, OTHER + P, 2), 0);
    world_expect(map, BASE, 1); /* shows the object's */
    CHECK_EQUAL(world_store(map, BASE + P, 5), 0); /* a copy */
    world_expect(map, BASE + 2 * P, 0); /* shows zeros */
    CHECK_EQUAL(map_protect(map, BASE + P, P, ABI_PROT_NONE), 0);
    CHECK_EQUAL(object_resize(object, 0), 0);
    CHECK_EQUAL(world_load(map, BASE, &byte), -ENXIO);
    CHECK_EQUAL(world_load(map, BASE + 2 * P, &byte), -ENXIO);
    CHECK_EQUAL(map_protect(map, BASE + P, P, R | W), 0);
    world_expect(map, BASE + P, 5);
    CHECK_EQUAL(world_store(map, BASE + P, 6), 0);
    CHECK_EQUAL(object_resize(object, 3 * P), 0);
    world_expect(map, BASE + P, 6);
    world_expect(map, BASE, 0);
    finish();
}

TEST(a_leaf_that_is_held_loses_its_page_too)
{
    uint8_t byte;

    start(P);
    show(BASE, MAP_ENTRY_SHARED);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, ABI_PROT_NONE), 0);
    CHECK_EQUAL(object_resize(object, 0), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_EQUAL(world_load(map, BASE, &byte), -ENXIO);
    finish();
}

TEST(pages_of_a_large_object_go_from_every_entry_that_shows_them)
{
    const uint64_t far = 1ull << 37, starts[] = { 0x1fe000, 0x140000000ull - P };

    start(far + 4 * P);
    for (unsigned i = 0; i < 2; i++) { /* across a level-0 and across a level-1 table */
        CHECK_EQUAL(world_add_object(map, starts[i], 4, R | W, MAP_ENTRY_SHARED, object, far / P), 0);
        for (uint64_t page = 0; page < 4; page++) {
            CHECK_EQUAL(world_store(map, starts[i] + page * P, 1), 0);
        }
    }
    CHECK_EQUAL(world_add_object(map, 1ull << 36, 1ull << 20, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_store(map, (1ull << 36) + 5 * P, 3), 0);
    CHECK_EQUAL(object_resize(object, far + P), 0);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQUAL(world_store(map, starts[i], 2), 0);
        for (uint64_t page = 1; page < 4; page++) {
            CHECK_EQUAL(world_store(map, starts[i] + page * P, 2), -ENXIO);
        }
    }
    CHECK_EQUAL(object_resize(object, 0), 0);
    CHECK_EQUAL(world_store(map, (1ull << 36) + 5 * P, 3), -ENXIO);
    CHECK_EQUAL(object_resize(object, OBJECT_SIZE_MAX), 0);
    CHECK_EQUAL(object_resize(object, OBJECT_SIZE_MAX + 1), -EFBIG);
    CHECK_EQUAL(object_resize(object, UINT64_MAX), -EFBIG);
    finish();
}

TEST(a_hole_is_zero_and_gives_its_whole_pages_back)
{
    start(4 * P);
    show(BASE, MAP_ENTRY_SHARED);
    show(OTHER, MAP_ENTRY_PRIVATE);
    for (uint64_t page = 0; page < 4; page++) {
        for (uint64_t byte = 0; byte < P; byte += P / 4) {
            CHECK_EQUAL(world_store(map, BASE + page * P + byte, 1), 0);
        }
    }
    world_expect(map, OTHER + P, 1);
    CHECK_EQUAL(world_store(map, OTHER + 2 * P, 7), 0);
    CHECK_EQUAL(object_punch(object, P / 2, 3 * P + 1), 0);
    CHECK_EQUAL(object->pages.count, 2);
    CHECK(byte_of(0) == 1 && byte_of(P / 4) == 1 && byte_of(P / 2) == 0 && byte_of(P) == 0 && byte_of(3 * P) == 0);
    CHECK_EQUAL(byte_of(3 * P + P / 4), 1);
    world_expect(map, BASE + 2 * P, 0);
    world_expect(map, OTHER + P, 0);
    world_expect(map, OTHER + 2 * P, 7);
    CHECK_EQUAL(object_punch(object, 3 * P + P / 4, 3 * P + P / 4 + 1), 0);
    CHECK(byte_of(3 * P + P / 4) == 0 && byte_of(3 * P + P / 2) == 1);
    CHECK_EQUAL(object_punch(object, 4 * P, UINT64_MAX), 0);
    CHECK_EQUAL(object_punch(object, 2 * P, 2 * P), 0);
    CHECK_EQUAL(object_punch(object, 0, UINT64_MAX), 0);
    CHECK_EQUAL(object->pages.count, 0);
    CHECK_EQUAL(object->size_bytes, 4 * P);
    finish();
}

TEST(seals_forbid_what_they_say_and_stay)
{
    start(2 * P);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_SHRINK), 0);
    CHECK_EQUAL(object_resize(object, P), -EPERM);
    CHECK_EQUAL(object_resize(object, 2 * P), 0);
    CHECK_EQUAL(object_resize(object, 3 * P), 0);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_GROW), 0);
    CHECK_EQUAL(object_resize(object, 4 * P), -EPERM);
    fill_buffer(5);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), 3 * P - 1, uaddr(BUFFER), 2), -EPERM);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), 3 * P - 2, uaddr(BUFFER), 2), 2);
    CHECK(!object_is_immutable(object));
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_WRITE), 0);
    CHECK(object_is_immutable(object));
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), 0, uaddr(BUFFER), 1), -EPERM);
    CHECK_EQUAL(object_punch(object, 0, P), -EPERM);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_SEAL), 0);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_FUTURE_WRITE), -EPERM);
    CHECK_EQUAL(byte_of(3 * P - 1), 5);
    finish();
}

static int add_shared(uint64_t start_address, uint8_t protection, uint8_t max_protection)
{
    const struct map_request request = { .start = start_address,
                                         .size_bytes = 2 * P,
                                         .object = object,
                                         .protection = protection,
                                         .max_protection = max_protection,
                                         .sharing = MAP_ENTRY_SHARED };

    return map_add(map, &request);
}

TEST(an_object_is_not_sealed_against_writing_while_an_entry_allows_it)
{
    start(2 * P);
    CHECK_EQUAL(add_shared(BASE, R, R | W), 0); /* mprotect() could make it writable */
    CHECK_EQUAL(add_shared(OTHER, R, R | X), 0);
    CHECK_EQUAL(object->writable_entries, 1);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_WRITE), -EBUSY);
    CHECK_EQUAL(map_protect(map, BASE, P, R | W), 0); /* two entries now */
    CHECK_EQUAL(object->writable_entries, 2);
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_EQUAL(object->writable_entries, 1);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_WRITE | ABI_F_SEAL_GROW), -EBUSY);
    CHECK_EQUAL(object->seals, 0);
    CHECK_EQUAL(map_remove(map, BASE, 2 * P), 0);
    CHECK_EQUAL(object->writable_entries, 0);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_WRITE), 0);
    CHECK_EQUAL(add_shared(BASE, R, R | W), -EPERM);
    CHECK_EQUAL(add_shared(BASE, R, R), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R | W), -EACCES);
    show(0x100000, MAP_ENTRY_PRIVATE); /* a copy may be written */
    CHECK_EQUAL(world_store(map, 0x100000, 1), 0);
    CHECK_EQUAL(byte_of(0), 0);
    finish();
}

TEST(what_is_behind_the_end_is_zero_once_an_object_is_sealed_against_writing)
{
    start(10);
    show(BASE, MAP_ENTRY_SHARED);
    CHECK_EQUAL(world_store(map, BASE + 10, 2), 0);
    CHECK_EQUAL(map_remove(map, BASE, 8 * P), 0);
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_WRITE), 0);
    CHECK_EQUAL(add_shared(BASE, R, R), 0);
    world_expect(map, BASE + 10, 0);
    finish();
}

TEST(written_bytes_can_be_read_and_move_the_end)
{
    start(0);
    fill_buffer(7);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), 3, uaddr(BUFFER), 2 * P), 2 * P);
    CHECK_EQUAL(object->size_bytes, 2 * P + 3);
    CHECK(byte_of(2) == 0 && byte_of(3) == 7 && byte_of(2 * P + 2) == 7);
    CHECK_EQUAL(object_resize(object, 5 * P), 0);
    fill_buffer(1);
    CHECK_EQUAL(object_copy_out_relock(object, P, uaddr(BUFFER), 8 * P), 4 * P);
    world_expect(map, BUFFER, 7);
    world_expect(map, BUFFER + P + 2, 7);
    world_expect(map, BUFFER + P + 3, 0);
    world_expect(map, BUFFER + 4 * P - 1, 0); /* a hole */
    world_expect(map, BUFFER + 4 * P, 1);
    CHECK_EQUAL(object_copy_out_relock(object, 5 * P, uaddr(BUFFER), 1), 0);
    CHECK_EQUAL(object_copy_out_relock(object, UINT64_MAX, uaddr(BUFFER), 1), 0);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), OBJECT_SIZE_MAX, uaddr(BUFFER), 1), -EFBIG);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), UINT64_MAX, uaddr(BUFFER), 1), -EFBIG);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), 0, uaddr(BUFFER), 0), 0);
    finish();
}

TEST(b7_a_write_from_where_nothing_is_leaves_what_was_written_before)
{
    start(P);
    fill_buffer(7);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), P, uaddr(BUFFER + 8 * P - 10), 20), -EFAULT);
    CHECK_EQUAL(object->size_bytes, P);
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), 0, uaddr(BUFFER + 6 * P), 4 * P), 2 * P);
    CHECK_EQUAL(object->size_bytes, 2 * P);
    CHECK_EQUAL(object_copy_out_relock(object, 0, uaddr(BUFFER + 7 * P), 2 * P), P);
    CHECK_EQUAL(object_copy_out_relock(object, 0, uaddr(BUFFER + 8 * P), 1), -EFAULT);
    CHECK_EQUAL(object->writers, 0);
    finish();
}

TEST(a12_a_write_without_a_frame_leaves_the_object_as_it_was)
{
    start(1);
    fill_buffer(7);
    for (uint64_t n = 1;; n++) {
        stub_fail_allocation(n);
        int64_t result = object_copy_in_relock(object, account_root(), 70 * P, uaddr(BUFFER), P);

        stub_fail_allocation(0);
        if (result == (int64_t)P) {
            CHECK(n > 1);
            break;
        }
        CHECK_EQUAL(result, -ENOMEM);
        CHECK_EQUAL(object->size_bytes, 1);
        CHECK_EQUAL(object->pages.count, 0);
    }
    finish();
}
