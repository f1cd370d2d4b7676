/* mm/object.c: whose page is shown, and when it becomes one's own. */
#include "object.h"

#include <string.h>

#include "abi_errno.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"

static struct object *anonymous(uint64_t pages)
{
    struct object *object;

    CHECK_EQUAL(object_create_anonymous(pages * PAGE_SIZE, &object), 0);
    return object;
}

static struct object *initrd_file(uint64_t page, uint64_t size_bytes)
{
    struct object *object;

    CHECK_EQUAL(object_create_initrd(paddr(world_initrd().value + page * PAGE_SIZE), size_bytes, &object), 0);
    return object;
}

static struct object *shadow_of(struct object *parent)
{
    struct object *object;

    CHECK_EQUAL(object_create_shadow(parent, &object), 0);
    return object;
}

static uint8_t *own_bytes(struct object *object, uint64_t page)
{
    paddr_t frame;

    CHECK_EQUAL(object_page_own_relock(object, page, account_root(), &frame), 0);
    return arch_direct(frame);
}

static uint8_t byte_of(const struct object *object, uint64_t offset)
{
    uint8_t byte;

    CHECK_EQUAL(object_read(object, offset, &byte, 1), 0);
    return byte;
}

TEST(an_anonymous_page_appears_zeroed_when_first_asked_for)
{
    paddr_t frame, again;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct object *object = anonymous(10);

    CHECK_EQUAL(object_page(object, 3, &frame), -ENOENT);
    CHECK_EQUAL(byte_of(object, 3 * PAGE_SIZE + 5), 0);
    CHECK_EQUAL(object_page_own_relock(object, 3, account_root(), &frame), 0);
    CHECK_EQUAL(*(uint64_t *)arch_direct(frame), 0);
    CHECK_EQUAL(object_page(object, 3, &again), 0);
    CHECK_EQUAL(again.value, frame.value);
    CHECK_EQUAL(object_page_own_relock(object, 3, account_root(), &again), 0);
    CHECK_EQUAL(again.value, frame.value);
    world_audit(NULL, NULL, NULL, NULL);
    object_put(object);
    CHECK_EQUAL(world_free(), before);
}

TEST(a1_an_object_has_no_page_behind_its_rounded_size)
{
    struct object *object;
    paddr_t frame;

    world_start(4 << 20);
    CHECK_EQUAL(object_create_anonymous(2 * PAGE_SIZE + 1, &object), 0);
    CHECK_EQUAL(object_page_count(object), 3);
    CHECK_EQUAL(object_page_own_relock(object, 2, account_root(), &frame), 0);
    CHECK_EQUAL(object_page_own_relock(object, 3, account_root(), &frame), -EINVAL);
    CHECK_EQUAL(object_page(object, 3, &frame), -EINVAL);
    CHECK_EQUAL(object_page(object, UINT64_MAX, &frame), -EINVAL);
    CHECK_EQUAL(object_page_own_relock(object, UINT64_MAX >> PAGE_SHIFT, account_root(), &frame), -EINVAL);
    object_put(object);
}

TEST(an_impossible_size_is_refused)
{
    const uint64_t sizes[] = { OBJECT_SIZE_MAX + 1, 1ull << 63, UINT64_MAX };
    struct object *object = NULL;

    world_start(4 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        CHECK_EQUAL(object_create_anonymous(sizes[i], &object), -EINVAL);
        CHECK_EQUAL(object_create_initrd(world_initrd(), sizes[i], &object), -EINVAL);
    }
    CHECK_EQUAL(object_create_initrd(world_initrd(), 0, &object), -EINVAL);
    CHECK(object == NULL);
    CHECK_EQUAL(object_create_anonymous(OBJECT_SIZE_MAX, &object), 0);
    *own_bytes(object, (OBJECT_SIZE_MAX >> PAGE_SHIFT) - 1) = 9;
    CHECK_EQUAL(byte_of(object, OBJECT_SIZE_MAX - PAGE_SIZE), 9);
    object_put(object);
}

TEST(an_initrd_file_is_where_the_boot_loader_put_it)
{
    paddr_t frame;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct object *object = initrd_file(5, 3 * PAGE_SIZE);

    for (uint64_t page = 0; page < 3; page++) {
        CHECK_EQUAL(object_page(object, page, &frame), 0);
        CHECK_EQUAL(frame.value, world_initrd().value + (5 + page) * PAGE_SIZE);
    }
    CHECK_EQUAL(object_page(object, 3, &frame), -EINVAL);
    CHECK_EQUAL(object_page_own_relock(object, 0, account_root(), &frame), -EACCES);
    CHECK_EQUAL(byte_of(object, PAGE_SIZE + 9), world_initrd_byte(6, 9));
    world_audit(NULL, NULL, NULL, NULL);
    object_put(object);
    CHECK_EQUAL(world_free(), before);
}

TEST(d14_bytes_behind_a_file_that_are_not_zero_are_refused)
{
    struct object *object = NULL;
    uint8_t *page;

    world_start(4 << 20);
    page = (uint8_t *)arch_direct(world_initrd()) + PAGE_SIZE;
    CHECK_EQUAL(object_create_initrd(world_initrd(), PAGE_SIZE + 100, &object), -EINVAL);
    memset(page + 100, 0, PAGE_SIZE - 100);
    page[PAGE_SIZE - 1] = 1;
    CHECK_EQUAL(object_create_initrd(world_initrd(), PAGE_SIZE + 100, &object), -EINVAL);
    CHECK(object == NULL);
    page[PAGE_SIZE - 1] = 0;
    CHECK_EQUAL(object_create_initrd(paddr(world_initrd().value + 8), PAGE_SIZE, &object), -EINVAL);
    CHECK_EQUAL(object_create_initrd(world_initrd(), PAGE_SIZE + 100, &object), 0);
    object_put(object);
}

TEST(a_shadow_shows_its_parents_page_until_it_has_its_own)
{
    paddr_t shown, own;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct object *file = initrd_file(0, 2 * PAGE_SIZE), *shadow = shadow_of(file);

    object_put(file); /* the shadow holds it */
    CHECK_EQUAL(object_page(shadow, 1, &shown), 0);
    CHECK_EQUAL(shown.value, world_initrd().value + PAGE_SIZE);
    CHECK_EQUAL(object_page_own_relock(shadow, 1, account_root(), &own), 0);
    CHECK(own.value != shown.value);
    CHECK_EQUAL(memcmp(arch_direct(own), arch_direct(shown), PAGE_SIZE), 0);
    *(uint8_t *)arch_direct(own) ^= 0xff;
    CHECK_EQUAL(byte_of(shadow, PAGE_SIZE), (uint8_t)~world_initrd_byte(1, 0));
    CHECK_EQUAL(byte_of(file, PAGE_SIZE), world_initrd_byte(1, 0));
    CHECK_EQUAL(byte_of(shadow, 3), world_initrd_byte(0, 3));
    world_audit(NULL, NULL, NULL, NULL);
    object_put(shadow);
    CHECK_EQUAL(world_free(), before);
}

TEST(a7_a_shadow_of_an_untouched_page_is_zero)
{
    paddr_t frame;

    world_start(4 << 20);
    struct object *parent = anonymous(2), *shadow = shadow_of(parent);

    CHECK_EQUAL(object_page(shadow, 0, &frame), -ENOENT);
    CHECK_EQUAL(*own_bytes(shadow, 0), 0);
    *own_bytes(shadow, 0) = 4;
    CHECK_EQUAL(byte_of(parent, 0), 0);
    CHECK_PANICS(shadow_of(shadow), "OBJECT_SHADOW");
    object_put(shadow);
    object_put(parent);
}

/* All closing orders: each handle may be the last. */
TEST(the_last_of_four_sharers_drops_the_pages_whoever_it_is)
{
    world_start(4 << 20);
    uint64_t before = world_free();

    for (unsigned order = 0; order < 256; order++) {
        unsigned sequence[4] = { order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3 };
        bool is_permutation = true;

        for (unsigned i = 0; i < 4; i++) {
            for (unsigned j = 0; j < i; j++) {
                is_permutation &= sequence[i] != sequence[j];
            }
        }
        if (!is_permutation) {
            continue;
        }
        struct object *parent = anonymous(3);
        struct object *handles[4] = { parent, shadow_of(parent), shadow_of(parent), parent };

        object_get(parent);
        for (unsigned i = 0; i < 4; i++) {
            *own_bytes(handles[i], i % 3) = (uint8_t)(10 + i);
        }
        for (unsigned i = 0; i < 4; i++) {
            unsigned which = sequence[i];

            CHECK_EQUAL(byte_of(handles[which], which % 3 * PAGE_SIZE), which == 0 || which == 3 ? 13 : 10 + which);
            object_put(handles[which]);
            world_audit(NULL, NULL, NULL, NULL);
        }
        CHECK_EQUAL(world_free(), before);
    }
}

TEST(d21_a_generation_is_never_used_twice)
{
    uint64_t last = 0;

    world_start(4 << 20);
    for (unsigned i = 0; i < 1000; i++) {
        struct object *object = anonymous(1);

        CHECK(object->generation > last);
        last = object->generation;
        object_put(object);
    }
}

TEST(d13_reading_beyond_an_object_is_refused)
{
    uint8_t bytes[64];
    struct object *object;

    world_start(4 << 20);
    CHECK_EQUAL(object_create_anonymous(PAGE_SIZE + 10, &object), 0);
    CHECK_EQUAL(object_read(object, PAGE_SIZE, bytes, 10), 0);
    CHECK_EQUAL(object_read(object, PAGE_SIZE + 10, bytes, 0), 0);
    CHECK_EQUAL(object_read(object, PAGE_SIZE, bytes, 11), -EINVAL);
    CHECK_EQUAL(object_read(object, (1ull << 32) - PAGE_SIZE, bytes, 1), -EINVAL);
    CHECK_EQUAL(object_read(object, (1ull << 63) - PAGE_SIZE, bytes, 1), -EINVAL);
    CHECK_EQUAL(object_read(object, UINT64_MAX - PAGE_SIZE + 1, bytes, PAGE_SIZE), -EINVAL);
    CHECK_EQUAL(object_read(object, 4, bytes, UINT64_MAX), -EINVAL);
    object_put(object);
}

TEST(reading_crosses_pages_and_fills_holes_with_zeros)
{
    uint8_t bytes[3 * PAGE_SIZE];

    world_start(4 << 20);
    struct object *object = anonymous(4);

    memset(own_bytes(object, 0), 1, PAGE_SIZE);
    memset(own_bytes(object, 2), 3, PAGE_SIZE);
    memset(bytes, 0xee, sizeof(bytes));
    CHECK_EQUAL(object_read(object, PAGE_SIZE - 2, bytes, 2 + PAGE_SIZE + 5), 0);
    CHECK(bytes[0] == 1 && bytes[1] == 1 && bytes[2] == 0 && bytes[1 + PAGE_SIZE] == 0);
    CHECK(bytes[2 + PAGE_SIZE] == 3 && bytes[6 + PAGE_SIZE] == 3 && bytes[7 + PAGE_SIZE] == 0xee);
    object_put(object);
}

static void count_object(struct object *object, void *context)
{
    CHECK(object->ref_count > 0);
    (*(unsigned *)context)++;
}

TEST(every_object_is_visited)
{
    unsigned count = 0;

    world_start(4 << 20);
    struct object *first = anonymous(1), *second = initrd_file(0, PAGE_SIZE), *third = shadow_of(first);

    object_for_each(count_object, &count);
    CHECK_EQUAL(count, 3);
    object_put(first);
    object_put(second);
    object_put(third);
    count = 0;
    object_for_each(count_object, &count);
    CHECK_EQUAL(count, 0);
}

static int create_and_fill(void)
{
    struct object *parent, *shadow;
    paddr_t frame;
    int error = object_create_anonymous(1 << 20, &parent);

    if (error != 0) {
        return error;
    }
    error = object_page_own_relock(parent, 200, account_root(), &frame);
    if (error != 0) {
        goto put_parent;
    }
    error = object_create_shadow(parent, &shadow);
    if (error != 0) {
        goto put_parent;
    }
    error = object_page_own_relock(shadow, 200, account_root(), &frame);
    object_put(shadow);
put_parent:
    object_put(parent);
    return error;
}

TEST(a12_every_allocation_that_fails_leaves_things_as_they_were)
{
    int error = -ENOMEM;

    world_start(4 << 20);
    uint64_t before = world_free(), n = 1;

    for (; error != 0; n++) {
        stub_fail_allocation(n);
        error = create_and_fill();
        CHECK(error == 0 || error == -ENOMEM);
        CHECK_EQUAL(world_free(), before);
    }
    CHECK(n > 6);
    world_audit(NULL, NULL, NULL, NULL);
}
