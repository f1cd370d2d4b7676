/* mm/map_entries.c: what may be mapped where, and that all of a call is done or nothing. */
#include "map.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "mm_world.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE
#define BASE 0x20000ull

static struct map_request anonymous(uint64_t start, uint64_t size, uint8_t protection)
{
    return (struct map_request){ .start = start, .size_bytes = size, .protection = protection, .max_protection = 7 };
}

static int add(struct map *map, uint64_t start, uint64_t size, uint8_t protection)
{
    struct map_request request = anonymous(start, size, protection);

    return map_add(map, &request);
}

static int replace(struct map *map, uint64_t start, uint64_t size, uint8_t protection)
{
    struct map_request request = anonymous(start, size, protection);

    return map_replace(map, &request);
}

/* The entries of @map are just these. */
struct wanted {
    uint64_t start, end;
    uint8_t protection;
};

static void check_entries(struct map *map, const struct wanted *wanted, size_t count)
{
    struct map_entry *entry = map_first(map);

    for (size_t i = 0; i < count; i++, entry = map_following(entry)) {
        CHECK(entry != NULL);
        CHECK_EQUAL(entry->start, wanted[i].start);
        CHECK_EQUAL(entry->end, wanted[i].end);
        CHECK_EQUAL(entry->protection, wanted[i].protection);
    }
    CHECK(entry == NULL);
    world_audit(map, NULL, NULL, NULL);
}
#define CHECK_ENTRIES(map, ...) \
    do { \
        const struct wanted list[] = { __VA_ARGS__ }; \
        check_entries(map, list, ARRAY_COUNT(list)); \
    } while (0)

TEST(a2_ranges_that_wrap_or_leave_the_users_half_are_refused)
{
    const uint64_t edges[] = { 0, 1, P - 1, P, 1ull << 38, (1ull << 39) - P, 1ull << 63, 0 - P, UINT64_MAX };
    struct object *object;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(4 * P, &object), 0);
    for (size_t i = 0; i < ARRAY_COUNT(edges); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(edges); j++) {
            uint64_t start = edges[i], size = edges[j], end = start + size;
            bool invalid = start % P != 0 || size % P != 0 || size == 0 || end < start;
            int error = add(map, start, size, R);

            CHECK_EQUAL(error, invalid ? -EINVAL : -ENOMEM);
            CHECK_EQUAL(replace(map, start, size, R), error);
            error = map_remove(map, start, size);
            CHECK_EQUAL(error, invalid || end > SV39_USER_END           ? -EINVAL
                               : start < 0x40000000 && end > 0x40000000 ? -EPERM
                                                                        : 0);
            error = map_protect(map, start, size, R);
            CHECK_EQUAL(error, invalid ? -EINVAL : start < 0x40000000 && end > 0x40000000 ? -EPERM : -ENOMEM);
            for (size_t k = 0; k < ARRAY_COUNT(edges); k++) {
                struct map_request request = anonymous(BASE, size, R);
                uint64_t last = edges[k] + (size >> PAGE_SHIFT);

                request.object = object;
                request.object_page = edges[k];
                error = map_add(map, &request);
                if (size == P && last >= edges[k]) {
                    CHECK_EQUAL(error, 0);
                    CHECK_EQUAL(map_fault_relock(map, BASE, R), edges[k] < 4 ? 0 : -ENXIO);
                    CHECK_EQUAL(map_remove(map, BASE, P), 0);
                } else {
                    CHECK(error == -EINVAL || error == -ENOMEM || error == -EEXIST);
                }
            }
            map_populate_relock(map, start, size);
            CHECK_EQUAL(map_fault_relock(map, start, R), -EFAULT);
            CHECK_EQUAL(map->entry_count, 0);
        }
    }
    object_put(object);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(the_first_64_kib_and_the_windows_are_nobodys)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, 0, P, R), -ENOMEM);
    CHECK_EQUAL(add(map, 0xf000, P, R), -ENOMEM);
    CHECK_EQUAL(add(map, 0xf000, 2 * P, R), -ENOMEM);
    CHECK_EQUAL(add(map, SV39_USER_END - P, 2 * P, R), -ENOMEM);
    const uint64_t windows[] = { 0x40000000, WINDOW_TEXT_BASE, 0x7ffff000, WINDOW_DATA_BASE, 0x8ffff000 };

    for (size_t i = 0; i < ARRAY_COUNT(windows); i++) {
        CHECK_EQUAL(add(map, windows[i], P, R), -EEXIST);
        CHECK_EQUAL(replace(map, windows[i], P, R), -EPERM);
        CHECK_EQUAL(map_remove(map, windows[i], P), -EPERM);
        CHECK_EQUAL(map_protect(map, windows[i], P, R), -EPERM);
    }
    CHECK_EQUAL(add(map, 0x3ffff000, 2 * P, R), -EEXIST);
    CHECK_EQUAL(map_remove(map, 0x8ffff000, 2 * P), -EPERM);
    CHECK_EQUAL(add(map, 0x10000, P, R), 0);
    CHECK_EQUAL(add(map, 0x3ffff000, P, R), 0);
    CHECK_EQUAL(add(map, 0x90000000, P, R), 0);
    CHECK_EQUAL(add(map, SV39_USER_END - P, P, R), 0);
    CHECK_EQUAL(map_remove(map, 0x10000, 0x3fff0000), 0);
    CHECK_ENTRIES(map, { 0x90000000, 0x90001000, R }, { SV39_USER_END - P, SV39_USER_END, R });
    map_destroy(map);
}

TEST(d26_every_combination_of_protections_is_answered)
{
    struct object *file, *memory;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_initrd(world_initrd(), P, &file), 0);
    CHECK_EQUAL(object_create_anonymous(P, &memory), 0);
    for (unsigned protection = 0; protection < 16; protection++) {
        for (unsigned maximum = 0; maximum < 16; maximum++) {
            for (unsigned kind = 0; kind < 8; kind++) {
                struct map_request request = anonymous(BASE, P, (uint8_t)protection);
                bool is_shared = kind % 3 == 1;

                request.max_protection = (uint8_t)maximum;
                request.sharing = kind % 3;
                request.object = kind < 3 ? NULL : kind < 6 ? file : memory;
                int wanted = 0;

                if (protection > 7 || maximum > 7 || (protection & ~maximum) != 0 || kind % 3 == 2 ||
                    (is_shared && kind < 3)) {
                    wanted = -EINVAL;
                } else if ((protection & 6) == 6 || (is_shared && kind < 6 && (maximum & W) != 0)) {
                    wanted = -EACCES;
                }
                CHECK_EQUAL(map_add(map, &request), wanted);
                CHECK_EQUAL(map->entry_count, wanted == 0);
                if (wanted == 0) {
                    CHECK_EQUAL(map_remove(map, BASE, P), 0);
                }
                CHECK_EQUAL(map_replace(map, &request), wanted);
                if (wanted == 0) {
                    CHECK_EQUAL(map_remove(map, BASE, P), 0);
                }
            }
        }
    }
    object_put(file);
    object_put(memory);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(one_page_in_common_is_an_overlap)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, BASE, 4 * P, R), 0);
    for (uint64_t first = 0; first < 6; first++) {
        for (uint64_t pages = 1; pages < 7; pages++) {
            bool overlaps = first < 5 && first + pages > 1;
            int error = add(map, BASE + (first - 1) * P, pages * P, R | X);

            CHECK_EQUAL(error, overlaps ? -EEXIST : 0);
            if (error == 0) {
                CHECK_EQUAL(map_remove(map, BASE + (first - 1) * P, pages * P), 0);
            }
        }
    }
    CHECK_ENTRIES(map, { BASE, BASE + 4 * P, R });
    map_destroy(map);
}

TEST(neighbours_that_could_be_one_are_one)
{
    struct object *object;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, BASE, P, R), 0);
    CHECK_EQUAL(add(map, BASE + 2 * P, P, R), 0);
    CHECK_EQUAL(add(map, BASE + P, P, R), 0);
    CHECK_ENTRIES(map, { BASE, BASE + 3 * P, R });
    CHECK_EQUAL(add(map, BASE - P, P, R), 0);
    CHECK_EQUAL(add(map, BASE + 3 * P, P, R | W), 0);
    CHECK_ENTRIES(map, { BASE - P, BASE + 3 * P, R }, { BASE + 3 * P, BASE + 4 * P, R | W });
    CHECK_EQUAL(map_protect(map, BASE + 3 * P, P, R), 0);
    CHECK_ENTRIES(map, { BASE - P, BASE + 4 * P, R });
    CHECK_EQUAL(map_protect(map, BASE, P, R | X), 0);
    CHECK_ENTRIES(map, { BASE - P, BASE, R }, { BASE, BASE + P, R | X }, { BASE + P, BASE + 4 * P, R });
    CHECK_EQUAL(replace(map, BASE, P, R), 0);
    CHECK_ENTRIES(map, { BASE - P, BASE + 4 * P, R });
    map_remove(map, BASE - P, 5 * P);

    CHECK_EQUAL(object_create_anonymous(8 * P, &object), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 2, R, MAP_ENTRY_PRIVATE, object, 3), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 2 * P, 1, R, MAP_ENTRY_PRIVATE, object, 5), 0);
    CHECK_EQUAL(world_add_object(map, BASE - P, 1, R, MAP_ENTRY_PRIVATE, object, 2), 0);
    CHECK_EQUAL(map->entry_count, 1);
    CHECK_EQUAL(map_first(map)->object_page, 2);
    CHECK_EQUAL(world_add_object(map, BASE + 3 * P, 1, R, MAP_ENTRY_PRIVATE, object, 7), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 4 * P, 1, R, MAP_ENTRY_SHARED, object, 8), 0);
    CHECK_EQUAL(map->entry_count, 3);
    CHECK_EQUAL(object->ref_count, 4);
    CHECK_EQUAL(map_remove(map, BASE, P), 0);
    CHECK_EQUAL(object->ref_count, 5);
    CHECK_EQUAL(map_find(map, BASE + P)->object_page, 4);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    CHECK_EQUAL(object->ref_count, 1);
    object_put(object);
}

TEST(removing_cuts_entries_at_both_ends_and_skips_holes)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, BASE, 10 * P, R), 0);
    CHECK_EQUAL(map_remove(map, BASE + 4 * P, 2 * P), 0);
    CHECK_ENTRIES(map, { BASE, BASE + 4 * P, R }, { BASE + 6 * P, BASE + 10 * P, R });
    CHECK_EQUAL(map_remove(map, BASE + 3 * P, 4 * P), 0);
    CHECK_ENTRIES(map, { BASE, BASE + 3 * P, R }, { BASE + 7 * P, BASE + 10 * P, R });
    CHECK_EQUAL(map_remove(map, BASE + 3 * P, 4 * P), 0);
    CHECK_EQUAL(map_remove(map, BASE - P, 9 * P), 0);
    CHECK_ENTRIES(map, { BASE + 8 * P, BASE + 10 * P, R });
    CHECK_EQUAL(map_remove(map, BASE + 8 * P, 2 * P), 0);
    CHECK_EQUAL(map->entry_count, 0);
    map_destroy(map);
}

TEST(what_shrinks_needs_no_memory)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, BASE, 10 * P, R), 0);
    stub_fail_allocation(1);
    CHECK_EQUAL(map_remove(map, BASE, P), 0);
    CHECK_EQUAL(map_remove(map, BASE + 9 * P, 9 * P), 0);
    CHECK_EQUAL(stub_allocation_count(), 0);
    CHECK_EQUAL(map_remove(map, BASE + 4 * P, P), -ENOMEM);
    CHECK_ENTRIES(map, { BASE + P, BASE + 9 * P, R });
    stub_fail_allocation(0);
    map_destroy(map);
}

TEST(replacing_puts_new_pages_over_old_ones)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, BASE, 8 * P, R | W), 0);
    for (uint64_t i = 0; i < 8; i++) {
        CHECK_EQUAL(world_store(map, BASE + i * P, (uint8_t)(1 + i)), 0);
    }
    CHECK_EQUAL(replace(map, BASE + 2 * P, 3 * P, R), 0);
    CHECK_ENTRIES(map, { BASE, BASE + 2 * P, R | W }, { BASE + 2 * P, BASE + 5 * P, R },
                  { BASE + 5 * P, BASE + 8 * P, R | W });
    for (uint64_t i = 0; i < 8; i++) {
        world_expect(map, BASE + i * P, i >= 2 && i < 5 ? 0 : (uint8_t)(1 + i));
    }
    CHECK_EQUAL(replace(map, BASE - P, 20 * P, R | W), 0);
    CHECK_ENTRIES(map, { BASE - P, BASE + 19 * P, R | W });
    world_expect(map, BASE, 0);
    map_destroy(map);
}

TEST(an_object_may_be_replaced_by_itself)
{
    struct object *object;

    world_start(4 << 20);
    uint64_t before = world_free();
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(2 * P, &object), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 2, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_store(map, BASE, 5), 0);
    object_put(object); /* the entry's reference is the last */
    struct map_request request = { .start = BASE,
                                   .size_bytes = P,
                                   .object = object,
                                   .protection = R,
                                   .max_protection = R,
                                   .sharing = MAP_ENTRY_SHARED };

    CHECK_EQUAL(map_replace(map, &request), 0);
    request.size_bytes = 3 * P;
    CHECK_EQUAL(map_replace(map, &request), 0);
    world_expect(map, BASE, 5);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
    CHECK_EQUAL(world_free(), before);
}

TEST(protecting_is_all_or_nothing)
{
    struct object *object;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(4 * P, &object), 0);
    CHECK_EQUAL(add(map, BASE, 4 * P, R | W), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 4 * P, 2, R, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(add(map, BASE + 7 * P, P, R), 0);
    CHECK_EQUAL(map_protect(map, BASE + P, 7 * P, R), -ENOMEM);
    CHECK_EQUAL(map_protect(map, BASE - P, 2 * P, R), -ENOMEM);
    CHECK_EQUAL(map_protect(map, BASE + 6 * P, P, R), -ENOMEM);
    CHECK_EQUAL(map_protect(map, BASE + P, 5 * P, R | W), -EACCES);
    CHECK_EQUAL(map_protect(map, BASE, P, W | X), -EACCES);
    CHECK_EQUAL(map_protect(map, BASE, P, 7), -EACCES);
    CHECK_EQUAL(map_protect(map, BASE, P, 8), -EINVAL);
    CHECK_EQUAL(map_protect(map, BASE, P + 1, R), -EINVAL);
    CHECK_ENTRIES(map, { BASE, BASE + 4 * P, R | W }, { BASE + 4 * P, BASE + 6 * P, R },
                  { BASE + 7 * P, BASE + 8 * P, R });
    CHECK_EQUAL(map_protect(map, BASE + P, 4 * P, R), 0);
    CHECK_ENTRIES(map, { BASE, BASE + P, R | W }, { BASE + P, BASE + 4 * P, R }, { BASE + 4 * P, BASE + 6 * P, R },
                  { BASE + 7 * P, BASE + 8 * P, R });
    object_put(object);
    map_destroy(map);
}

TEST(pages_come_back_when_access_does)
{
    struct object *object;
    uint8_t byte;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_initrd(world_initrd(), 2 * P, &object), 0);
    CHECK_EQUAL(add(map, BASE, 2 * P, R | W), 0);
    CHECK_EQUAL(world_add_object(map, BASE + 2 * P, 2, R, MAP_ENTRY_PRIVATE, object, 0), 0);
    CHECK_EQUAL(world_store(map, BASE, 11), 0);
    world_expect(map, BASE + 2 * P, world_initrd_byte(0, 0));
    CHECK_EQUAL(map_protect(map, BASE, 4 * P, ABI_PROT_NONE), 0);
    for (uint64_t i = 0; i < 4; i++) {
        CHECK_EQUAL(world_load(map, BASE + i * P, &byte), -EFAULT);
        CHECK_EQUAL(world_store(map, BASE + i * P, 1), -EFAULT);
    }
    world_audit(map, NULL, NULL, NULL);
    CHECK_EQUAL(map_protect(map, BASE, 4 * P, R), 0);
    world_expect(map, BASE, 11);
    world_expect(map, BASE + P, 0);
    world_expect(map, BASE + 2 * P + 7, world_initrd_byte(0, 7));
    CHECK_EQUAL(world_store(map, BASE, 1), -EFAULT);
    CHECK_EQUAL(map_protect(map, BASE, 4 * P, R | W), 0);
    uint64_t copied = stub_counts.pages_copied;

    CHECK_EQUAL(world_store(map, BASE + 1, 12), 0);
    CHECK_EQUAL(stub_counts.pages_copied, copied); /* it was its own all the time */
    CHECK_EQUAL(world_store(map, BASE + 2 * P, 13), 0);
    CHECK_EQUAL(stub_counts.pages_copied, copied + 1);
    world_expect(map, BASE, 11);
    CHECK_EQUAL(*(uint8_t *)arch_direct(world_initrd()), world_initrd_byte(0, 0));
    world_audit(map, NULL, NULL, NULL);
    object_put(object);
    map_destroy(map);
}

TEST(protecting_as_it_is_costs_no_flush_and_no_fault)
{
    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, BASE, 8 * P, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    uint64_t flushes = stub_counts.flushes, faults = stub_counts.faults;

    CHECK_EQUAL(map_protect(map, BASE, 8 * P, R | W), 0);
    CHECK_EQUAL(map_protect(map, BASE + P, P, R), 0); /* nothing is mapped there */
    CHECK_EQUAL(world_store(map, BASE, 2), 0);
    CHECK_EQUAL(stub_counts.flushes, flushes);
    CHECK_EQUAL(stub_counts.faults, faults);
    map_destroy(map);
}

TEST(a8_no_page_is_ever_writable_and_executable)
{
    const uint8_t turns[] = { R | W, R | X, R, X, R | W, 0, W, R | X, R | W };
    uint8_t byte;

    world_start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(add(map, BASE, P, R | W), 0);
    for (size_t i = 0; i < ARRAY_COUNT(turns); i++) {
        CHECK_EQUAL(map_protect(map, BASE, P, turns[i]), 0);
        CHECK_EQUAL(world_store(map, BASE, (uint8_t)i), (turns[i] & W) != 0 ? 0 : -EFAULT);
        CHECK_EQUAL(world_fetch(map, BASE, &byte), (turns[i] & X) != 0 ? 0 : -EFAULT);
        CHECK_EQUAL(world_load(map, BASE, &byte), (turns[i] & (R | W)) != 0 ? 0 : -EFAULT);
        world_audit(map, NULL, NULL, NULL);
    }
    map_destroy(map);
}

TEST(the_heap_grows_as_one_entry_and_gives_back)
{
    world_start(4 << 20);
    struct map *map = world_map();
    uint64_t start = MAP_IMAGE_START + 0x3000;

    CHECK_EQUAL(add(map, MAP_IMAGE_START, 0x3000, R | X), 0);
    map->heap_start = start;
    map->heap_end = start;
    CHECK_EQUAL(map_set_break(map, 0), start);
    CHECK_EQUAL(map_set_break(map, start + 1), start + 1);
    CHECK_EQUAL(world_store(map, start, 3), 0);
    for (uint64_t i = 1; i < 40; i++) {
        CHECK_EQUAL(map_set_break(map, start + i * 0x800), start + i * 0x800);
    }
    CHECK_EQUAL(map->entry_count, 2);
    world_expect(map, start, 3);
    CHECK_EQUAL(map_set_break(map, start), start);
    CHECK_EQUAL(map->entry_count, 1);
    CHECK_EQUAL(map_set_break(map, start + P), start + P);
    world_expect(map, start, 0);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(the_heap_stops_where_something_is_mapped_or_its_area_ends)
{
    world_start(4 << 20);
    struct map *map = world_map();

    map->heap_start = MAP_IMAGE_START + 100;
    map->heap_end = map->heap_start;
    CHECK_EQUAL(add(map, MAP_IMAGE_START + 16 * P, P, R), 0);
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_START + 16 * P), MAP_IMAGE_START + 16 * P);
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_START + 16 * P + 1), MAP_IMAGE_START + 16 * P);
    CHECK_EQUAL(map_remove(map, MAP_IMAGE_START + 16 * P, P), 0);
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_END), MAP_IMAGE_END);
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_END + 1), MAP_IMAGE_END);
    CHECK_EQUAL(map_set_break(map, UINT64_MAX), MAP_IMAGE_END);
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_START), MAP_IMAGE_END);
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_START + 100), MAP_IMAGE_START + 100);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

TEST(the_heap_of_a_program_below_the_windows_stops_at_them)
{
    const uint64_t limit = 0x40000000; /* from there on the root's slots are the windows' */

    world_start(4 << 20);
    struct map *map = world_map();

    map->heap_start = BASE;
    map->heap_end = map->heap_start;
    CHECK_EQUAL(map_set_break(map, limit), limit);
    CHECK_EQUAL(map_set_break(map, limit + 1), limit);
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_END), limit);
    CHECK_EQUAL(map_set_break(map, SV39_USER_END), limit);
    CHECK_EQUAL(map_set_break(map, SV39_USER_END + 1), limit);
    CHECK_EQUAL(map_set_break(map, BASE + 1), BASE + 1);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    /* Of one above the image range, too. */
    map->heap_start = MAP_IMAGE_END;
    map->heap_end = map->heap_start;
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_END + P), MAP_IMAGE_END + P);
    world_audit(map, NULL, NULL, NULL);
    map_destroy(map);
}

/* One call of each kind over a small map, each allocation in it failing in turn. */
static int change(struct map *map, unsigned kind, struct object *object)
{
    struct map_request request = anonymous(BASE + 3 * P, 2 * P, R);

    switch (kind) {
    case 0:
        return add(map, BASE + 20 * P, P, R);
    case 1:
        return map_remove(map, BASE + 3 * P, P);
    case 2:
        return map_replace(map, &request);
    case 3:
        return map_protect(map, BASE + 3 * P, 2 * P, R | X);
    case 4:
        return map_set_break(map, map->heap_start + 5 * P) == map->heap_start + 5 * P ? 0 : -ENOMEM;
    case 5:
        request.object = object;
        request.sharing = MAP_ENTRY_SHARED;
        request.max_protection = R;
        return map_replace(map, &request);
    default:
        return map_protect(map, BASE + 1 * P, 11 * P, ABI_PROT_NONE);
    }
}

TEST(a12_a_change_that_fails_leaves_entries_and_pages_as_they_were)
{
    for (unsigned kind = 0; kind < 7; kind++) {
        int error = -ENOMEM;

        for (uint64_t n = 1; error != 0; n++) {
            struct object *object;

            CHECK(n < 10);
            world_start(4 << 20);
            struct map *map = world_map();

            CHECK_EQUAL(object_create_anonymous(4 * P, &object), 0);
            CHECK_EQUAL(add(map, BASE, 8 * P, R | W), 0);
            CHECK_EQUAL(add(map, BASE + 8 * P, 8 * P, R), 0);
            map->heap_start = map->heap_end = MAP_IMAGE_START;
            for (uint64_t i = 0; i < 8; i++) {
                CHECK_EQUAL(world_store(map, BASE + i * P, (uint8_t)(i + 1)), 0);
            }
            uint64_t free = world_free();

            stub_fail_allocation(n);
            error = change(map, kind, object);
            stub_fail_allocation(0);
            CHECK(error == 0 || error == -ENOMEM);
            if (error != 0) {
                CHECK_EQUAL(world_free(), free);
                CHECK_ENTRIES(map, { BASE, BASE + 8 * P, R | W }, { BASE + 8 * P, BASE + 16 * P, R });
                for (uint64_t i = 0; i < 8; i++) {
                    world_expect(map, BASE + i * P, (uint8_t)(i + 1));
                }
                CHECK_EQUAL(map->heap_end, MAP_IMAGE_START);
            }
            map_destroy(map);
            object_put(object);
        }
    }
}

TEST(a13_ten_thousand_entries_are_found_in_few_steps)
{
    enum { COUNT = 10000 };

    world_start(16 << 20);
    uint64_t before = world_free();
    struct map *map = world_map();

    for (uint64_t i = 0; i < COUNT; i++) {
        CHECK_EQUAL(add(map, MAP_LARGE_START + i * P, P, i % 2 ? R : R | X), 0);
    }
    CHECK_EQUAL(map->entry_count, COUNT);
    unsigned depth = 0;

    for (struct tree_node *node = map->entries.root; node != NULL; node = node->left) {
        depth++;
    }
    CHECK(depth <= 19); /* 1.44 log2(10,000) */
    CHECK_STRING(tree_audit(&map->entries), NULL);
    CHECK_EQUAL(map_protect(map, MAP_LARGE_START, COUNT * P, R), 0);
    CHECK_EQUAL(map->entry_count, 1);
    map_destroy(map);
    CHECK_EQUAL(world_free(), before);
}
