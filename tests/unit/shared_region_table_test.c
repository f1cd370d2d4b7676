/* The region table (section 6): what a task reads in its own address space. */
#include "region_table.h"

#include "abi_errno.h"
#include "abi_region_table.h"
#include "frame.h"
#include "harts.h"
#include "shared_world.h"
#include "stub.h"

#include <string.h>

#define TEXT ABI_TEXT_WINDOW
#define ANY ABI_REGION_ANY_BASE
#define MEBIBYTE 0x100000ull

static void read_bytes(struct map *map, uint64_t at, void *to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        CHECK_EQUAL(harts_load(map, ABI_REGION_TABLE + at + i, (uint8_t *)to + i), 0);
    }
}

static struct abi_region_table header_of(struct map *map)
{
    struct abi_region_table header;

    read_bytes(map, 0, &header, sizeof(header));
    CHECK_EQUAL(header.magic, ABI_REGION_TABLE_MAGIC);
    CHECK_EQUAL(header.version, ABI_REGION_TABLE_VERSION);
    CHECK_EQUAL(header.generation % 2, 0);
    return header;
}

/* Walk the whole table as a program does, and find @base. Checks what holds for every row. Returns whether it is there. */
static bool find(struct map *map, uint64_t base, struct abi_region_entry *out, struct abi_region_extent *extents)
{
    struct abi_region_table header = header_of(map);
    uint64_t at = sizeof(header);
    bool found = false;

    for (uint32_t i = 0; i < header.entry_count; i++) {
        struct abi_region_entry entry;

        read_bytes(map, at, &entry, sizeof(entry));
        at += sizeof(entry);
        for (uint32_t j = 0; j < entry.extent_count; j++, at += sizeof(struct abi_region_extent)) {
            struct abi_region_extent extent;

            read_bytes(map, at, &extent, sizeof(extent));
            CHECK(extent.address - TEXT < 2 * ABI_WINDOW_BYTES);
            if (entry.base == base && extents != NULL) {
                extents[j] = extent;
            }
        }
        if (entry.base == base) {
            CHECK(!found);
            found = true;
            *out = entry;
        }
    }
    CHECK_EQUAL(at, header.size_bytes);
    return found;
}

static int load(struct map *map, struct object *object, uint32_t flags)
{
    struct abi_region_loaded answer;
    struct region_load_request request = {
        .image = image_of(object), .account = map->account, .user = map, .flags = flags | ABI_REGION_IMAGE_MANIFEST
    };

    return region_load_relock(region_of(map), &request, &answer);
}

TEST(r6_the_table_lists_what_the_region_sees)
{
    struct abi_region_extent extents[4];
    struct abi_region_entry entry;

    world_start();
    struct map *map = world_task_in(region_current());
    struct object *object = world_small_library(MEBIBYTE);
    struct abi_region_table before = header_of(map);

    CHECK_EQUAL(before.entry_count, 0);
    CHECK_EQUAL(before.size_bytes, sizeof(before));
    CHECK_EQUAL(before.flags, 0);
    CHECK_EQUAL(load(map, object, ANY), 0);
    struct abi_region_table after = header_of(map);

    CHECK_EQUAL(after.entry_count, 1);
    CHECK(after.generation > before.generation && after.region == before.region);
    CHECK(find(map, TEXT + MEBIBYTE, &entry, extents));
    CHECK_EQUAL(entry.extent_count, 3);
    CHECK_EQUAL(entry.flags, 0);
    CHECK_EQUAL(entry.build_id[0], 1);
    CHECK_EQUAL(extents[0].address, TEXT + MEBIBYTE);
    CHECK_EQUAL(extents[0].size_bytes, 0x800);
    CHECK_EQUAL(extents[0].protection, ABI_EXTENT_READ | ABI_EXTENT_EXECUTE);
    CHECK_EQUAL(extents[0].is_digested, 0);
    CHECK_EQUAL(extents[2].protection, ABI_EXTENT_COW | ABI_EXTENT_READ | ABI_EXTENT_WRITE);
    CHECK_EQUAL(load(map, object, ABI_REGION_ALTERNATE_SITE), 0);
    CHECK(find(map, TEXT + ABI_ALTERNATE_BASE, &entry, NULL));
    CHECK_EQUAL(entry.flags, ABI_REGION_ALTERNATE_SITE);
    struct image image = image_of(object);

    CHECK_EQUAL(region_unload(map, &image, TEXT + MEBIBYTE, true), 0);
    CHECK(!find(map, TEXT + MEBIBYTE, &entry, NULL));
    CHECK(find(map, TEXT + ABI_ALTERNATE_BASE, &entry, NULL));
    CHECK_EQUAL(region_unload(map, &image, TEXT + ABI_ALTERNATE_BASE, true), 0);
    CHECK_EQUAL(header_of(map).entry_count, 0);
    world_end_task(map);
}

TEST(r6_a_chained_region_lists_what_it_sees_and_has_a_table_of_its_own)
{
    struct abi_region_entry entry;

    world_start();
    struct map *map = world_task_in(region_current()), *clone = world_task_in(region_current());

    CHECK_EQUAL(load(map, world_small_library(MEBIBYTE), ANY), 0);
    CHECK_EQUAL(region_make_private_relock(clone), 0);
    CHECK_EQUAL(load(map, world_small_library(2 * MEBIBYTE), ANY), 0);
    CHECK_EQUAL(load(clone, world_small_library(3 * MEBIBYTE), ANY), 0);
    CHECK_EQUAL(header_of(clone).flags, ABI_REGION_TABLE_PRIVATE);
    CHECK(header_of(clone).region != header_of(map).region);
    CHECK(find(clone, TEXT + MEBIBYTE, &entry, NULL));
    CHECK(!find(clone, TEXT + 2 * MEBIBYTE, &entry, NULL));
    CHECK(find(clone, TEXT + 3 * MEBIBYTE, &entry, NULL));
    CHECK(find(map, TEXT + 2 * MEBIBYTE, &entry, NULL));
    CHECK(!find(map, TEXT + 3 * MEBIBYTE, &entry, NULL));
    world_audit();
    world_end_task(map);
    world_end_task(clone);
    world_audit();
}

TEST(ancestor_d28_a_store_to_the_table_is_a_fault_and_makes_no_copy)
{
    world_start();
    struct map *map = world_task_in(region_current());

    for (uint64_t at = 0; at < ABI_REGION_TABLE_BYTES; at += PAGE_SIZE) {
        uint8_t byte;

        CHECK_EQUAL(harts_load(map, ABI_REGION_TABLE + at, &byte), 0);
        CHECK_EQUAL(harts_store(map, ABI_REGION_TABLE + at, 1), -EFAULT);
        CHECK_EQUAL(harts_fetch(map, ABI_REGION_TABLE + at, &byte), -EFAULT);
    }
    CHECK(map_protect(map, ABI_REGION_TABLE, PAGE_SIZE, 3) != 0);
    CHECK(map_remove(map, ABI_REGION_TABLE, PAGE_SIZE) != 0);
    world_end_task(map);
}

/* Every byte of it was written on purpose: no word of it lies in the supervisor's half. */
TEST(ancestor_d27_no_word_of_the_table_is_an_address_of_the_supervisors)
{
    world_start();
    struct map *map = world_task_in(region_current());

    for (unsigned i = 1; i <= 60; i++) {
        CHECK_EQUAL(load(map, world_small_library(i * MEBIBYTE), ANY), 0);
    }
    uint64_t size = header_of(map).size_bytes;

    CHECK(size > 2 * PAGE_SIZE);
    for (uint64_t at = 0; at < ABI_REGION_TABLE_BYTES; at += 8) {
        uint64_t word = 0;

        if (at % PAGE_SIZE < 64 || at < size + 64) {
            read_bytes(map, at, &word, sizeof(word));
        }
        CHECK(word < 0xffffffc000000000ull);
        CHECK(at < size || word == 0);
    }
    world_end_task(map);
    world_audit();
}

TEST(r6_a_table_that_shrinks_is_zero_behind_its_end_and_one_that_grows_takes_pages)
{
    struct object *libraries[40];

    world_start();
    struct map *map = world_task_in(region_current());

    for (unsigned i = 0; i < 40; i++) {
        libraries[i] = world_small_library((i + 1) * MEBIBYTE);
        CHECK_EQUAL(load(map, libraries[i], ANY), 0);
        CHECK_EQUAL(header_of(map).entry_count, i + 1);
    }
    uint64_t size = header_of(map).size_bytes;

    CHECK_EQUAL(size, sizeof(struct abi_region_table) + 40 * (64 + 3 * 32));
    for (unsigned i = 0; i < 40; i++) {
        struct image image = image_of(libraries[i]);

        CHECK_EQUAL(region_unload(map, &image, TEXT + (i + 1) * MEBIBYTE, true), 0);
    }
    for (uint64_t at = sizeof(struct abi_region_table); at < size; at++) {
        uint8_t byte = 1;

        CHECK_EQUAL(harts_load(map, ABI_REGION_TABLE + at, &byte), 0);
        CHECK_EQUAL(byte, 0);
    }
    world_audit();
    world_end_task(map);
}

TEST(r6_a_full_region_says_so)
{
    world_start();
    struct map *map = world_task_in(region_current());
    struct plan plan = world_library(MEBIBYTE, ABI_WINDOW_END - ABI_ALTERNATE_BASE - 0x100000, 16, 0);

    plan.segments[0].file_bytes = 16;
    CHECK_EQUAL(load(map, world_planned(&plan), ABI_REGION_ALTERNATE_SITE), 0);
    CHECK_EQUAL(header_of(map).flags, 0);
    plan = world_library(MEBIBYTE, 0x200000, 16, 0);
    plan.segments[0].file_bytes = 16;
    CHECK_EQUAL(load(map, world_planned(&plan), ABI_REGION_ALTERNATE_SITE), -ENOSPC);
    CHECK_EQUAL(header_of(map).flags, ABI_REGION_TABLE_FULL);
    CHECK(region_current()->is_full);
    CHECK_EQUAL(load(map, world_small_library(MEBIBYTE), ANY), 0); /* loads are still tried */
    world_end_task(map);
}
