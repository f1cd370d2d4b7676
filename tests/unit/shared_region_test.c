/* shared/region.c: what a task sees of a region (rule 2.8), attaching, the server's start, a region's end. */
#include "region.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "frame.h"
#include "shared_world.h"
#include "harts.h"
#include "stub.h"

#define TEXT ABI_TEXT_WINDOW
#define DATA ABI_DATA_WINDOW
#define ALTERNATE ABI_ALTERNATE_BASE
#define ANY ABI_REGION_ANY_BASE
#define MEBIBYTE 0x100000ull

/* --- 2.8 Protection */

TEST(r2_8_no_task_writes_text_and_none_executes_data)
{
    struct map *map, *other;
    uint8_t byte;

    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0x1000);
    struct object *object = world_planned(&plan);
    uint64_t data = DATA + MEBIBYTE + 2 * PAGE_SIZE;

    world_check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    CHECK_EQUAL(map_create_relock(account_root(), &other), 0);
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    CHECK_EQUAL(region_attach(region_current(), other), 0);
    CHECK_EQUAL(harts_fetch(map, TEXT + MEBIBYTE, &byte), 0);
    CHECK_EQUAL(harts_load(map, TEXT + MEBIBYTE + PAGE_SIZE, &byte), 0);
    CHECK_EQUAL(harts_store(map, TEXT + MEBIBYTE, 1), -EFAULT);
    CHECK_EQUAL(harts_store(map, TEXT + MEBIBYTE + PAGE_SIZE, 1), -EFAULT);
    CHECK_EQUAL(harts_fetch(map, TEXT + MEBIBYTE + PAGE_SIZE, &byte), -EFAULT);
    CHECK_EQUAL(harts_fetch(map, data, &byte), -EFAULT);
    CHECK(map_protect(map, TEXT + MEBIBYTE, PAGE_SIZE, ABI_PROT_READ | ABI_PROT_WRITE) != 0);
    CHECK(map_remove(map, TEXT + MEBIBYTE, PAGE_SIZE) != 0);
    /* Data is a task's own once it writes: the pristine page and the neighbour keep the file's byte. */
    uint8_t pristine = *world_byte(object, 3 * PAGE_SIZE);

    CHECK_EQUAL(harts_load(map, data, &byte), 0);
    CHECK_EQUAL(byte, pristine);
    CHECK_EQUAL(harts_store(map, data, (uint8_t)(pristine + 1)), 0);
    CHECK_EQUAL(harts_load(map, data, &byte), 0);
    CHECK_EQUAL(byte, (uint8_t)(pristine + 1));
    CHECK_EQUAL(harts_store(map, data + 0x1000, 7), 0); /* zero-fill */
    CHECK_EQUAL(harts_load(other, data, &byte), 0);
    CHECK_EQUAL(byte, pristine);
    CHECK_EQUAL(harts_load(other, data + 0x1000, &byte), 0);
    CHECK_EQUAL(byte, 0);
    world_audit();
    region_detach(map);
    region_detach(other);
    map_destroy(map);
    map_destroy(other);
}

TEST(r2_8_read_only_data_faults_on_a_store)
{
    struct map *map;
    uint8_t byte;
    struct plan plan = { .segment_count = 1, .segments = { { TEXT + MEBIBYTE, 16, 0x2000, ELF_READ } } };

    world_start();
    world_check_loaded(world_planned(&plan), ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    CHECK_EQUAL(harts_load(map, TEXT + MEBIBYTE + PAGE_SIZE, &byte), 0);
    CHECK_EQUAL(harts_store(map, TEXT + MEBIBYTE + PAGE_SIZE, 1), -EFAULT);
    region_detach(map);
    map_destroy(map);
}

/* --- Server and regions */

TEST(ancestor_d34_every_step_of_starting_up_can_fail_cleanly)
{
    struct memory_span free = { paddr(STUB_RAM_BASE), paddr(STUB_RAM_BASE + 64 * PAGE_SIZE) };
    unsigned failures = 0;

    stub_start(64 * PAGE_SIZE);
    CHECK_EQUAL(frame_init(&free, 1), 0);
    uint64_t free_frames = world_free_frames();

    for (uint64_t nth = 1;; nth++) {
        stub_fail_allocation(nth);
        int error = region_server_init();

        stub_fail_allocation(0);
        if (error == 0) {
            break;
        }
        failures++;
        CHECK_EQUAL(error, -ENOMEM);
        CHECK_EQUAL(world_free_frames(), free_frames);
        CHECK(load_hash_system()->page_count == 0);
    }
    CHECK_EQUAL(failures, 6); /* bucket array, pool's page, two tables; D36: the region table's table and page */
    CHECK(region_current()->class == REGION_SYSTEM && region_current()->ref_count == 1);
}

TEST(r3_7_the_last_reference_takes_every_entry_and_page_along)
{
    struct abi_region_loaded answer;
    struct region *region;

    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x1800, 0x1000);

    world_pack(&plan);
    struct object *object = world_planned(&plan), *other = world_small_library(8 * MEBIBYTE);
    uint64_t state = world_state();

    for (unsigned round = 0; round < 3; round++) {
        CHECK_EQUAL(region_create_relock(REGION_SYSTEM, account_root(), load_hash_system(), &region), 0);
        struct region_load_request request = { .image = image_of(object),
                                               .account = account_root(),
                                               .flags = ANY | ABI_REGION_IMAGE_MANIFEST };

        CHECK_EQUAL(region_load_relock(region, &request, &answer), 0);
        request.flags |= ABI_REGION_ALTERNATE_SITE;
        CHECK_EQUAL(region_load_relock(region, &request, &answer), 0);
        request.image = image_of(other);
        CHECK_EQUAL(region_load_relock(region, &request, &answer), 0);
        /* Another region's entries are no hits in the current one. */
        CHECK(load_hash_find(load_hash_system(), region_current(), &request.image, 0, LOAD_SITE_ALTERNATE) == NULL);
        region_get(region);
        region_put(region);
        CHECK_EQUAL(region->entry_count, 3);
        region_put(region);
        shared_reclaim();
        if (round == 0) {
            state = world_state(); /* but for a page that a pool keeps */
        }
        CHECK_EQUAL(world_state(), state);
    }
}

TEST(r3_1_a_map_holds_one_reference_to_its_region)
{
    struct map *map;

    world_start();
    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    CHECK(region_of(map) == NULL);
    region_detach(map);
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    CHECK(region_of(map) == region_current());
    CHECK_EQUAL(region_current()->ref_count, 2);
    CHECK_EQUAL(region_attach(region_current(), map), -EBUSY);
    CHECK_EQUAL(region_current()->ref_count, 2);
    region_detach(map);
    CHECK_EQUAL(region_current()->ref_count, 1);
    map_destroy(map);
}

TEST(region_info_returns_the_manifest_of_an_entry)
{
    struct derived_manifest derived;
    struct abi_extent out[4] = { { 0 } };
    uint32_t count = 99;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    uint64_t base = world_derive(object, &derived);

    CHECK_EQUAL(region_info(region_current(), base, out, 4, &count), -ENOENT);
    CHECK_EQUAL(count, 99);
    world_check_loaded(world_small_library(2 * MEBIBYTE), ANY, 0, TEXT + 2 * MEBIBYTE, false);
    world_check_loaded(object, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    CHECK_EQUAL(region_info(region_current(), base, out, 4, &count), -ENOENT);
    CHECK_EQUAL(region_info(region_current(), TEXT + ALTERNATE, out, 0, &count), 0);
    CHECK_EQUAL(count, 3);
    CHECK_EQUAL(out[0].size_bytes, 0);
    CHECK_EQUAL(region_info(region_current(), TEXT + ALTERNATE, out, 2, &count), 0);
    CHECK_EQUAL(out[2].size_bytes, 0);
    CHECK_EQUAL(region_info(region_current(), TEXT + ALTERNATE, out, 4, &count), 0);
    CHECK_EQUAL(count, 3);
    CHECK(manifest_equal((struct manifest){ 3, out }, manifest_of(&derived)));
    CHECK_EQUAL(region_info(region_current(), TEXT + ALTERNATE + PAGE_SIZE, out, 4, &count), -ENOENT);
}

TEST(ancestor_d51_one_size_serves_both_windows)
{
    static_assert(WINDOW_BYTES == ABI_WINDOW_BYTES && WINDOW_TEXT_BASE == TEXT && WINDOW_DATA_BASE == DATA, "one");
    static_assert(ABI_WINDOW_BYTES == 0x10000000 && ALTERNATE == 0x09000000 && ABI_WINDOW_END == 0x0ff80000, "rule 1");
    world_start();
    uint64_t room = ABI_WINDOW_END - ALTERNATE;
    struct plan text = { .segment_count = 1, .segments = { { TEXT + MEBIBYTE, 0, room, ELF_READ } } };
    struct plan data = { .segment_count = 1, .segments = { { DATA + MEBIBYTE, 0, room, ELF_READ | ELF_WRITE } } };

    world_check_loaded(world_planned(&text), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    world_check_refused(world_planned(&data), ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC); /* both windows, 2.5 */
    text.segments[0].memory_bytes++;
    data.segments[0].memory_bytes++;
    world_check_refused(world_planned(&text), ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
    world_check_refused(world_planned(&data), ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
}
