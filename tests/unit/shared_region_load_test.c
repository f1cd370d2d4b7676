/* shared/region_load.c: identity, hits and manifests, content, all or nothing (rules 2.1 to 2.3, 2.7, 2.9). */
#include "region_load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "frame.h"
#include "shared_world.h"
#include "stub.h"

#define TEXT ABI_TEXT_WINDOW
#define DATA ABI_DATA_WINDOW
#define ALTERNATE ABI_ALTERNATE_BASE
#define ANY ABI_REGION_ANY_BASE
#define MEBIBYTE 0x100000ull

/* --- 2.1 Identity */

TEST(r2_1_a_hit_is_by_object_and_offset_never_by_content_or_name)
{
    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0);
    struct object *a = world_planned(&plan), *twin = world_planned(&plan);

    world_check_loaded(a, ANY, 0, TEXT + MEBIBYTE, false);
    world_check_loaded(a, ANY, 0, TEXT + MEBIBYTE, true);
    world_check_refused(twin, ANY, 0, -EEXIST); /* the same bytes, but another image, at an occupied place */
    world_check_loaded(twin, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
}

TEST(r2_1_only_images_of_the_initrd_go_into_the_system_region)
{
    struct object *object;

    world_start();
    CHECK_EQUAL(object_create_anonymous(PAGE_SIZE, &object), 0);
    world_check_refused(object, ANY, 0, -EPERM);
    object_put(object);
}

TEST(r2_1_two_images_in_one_file_are_two_entries)
{
    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0);
    struct bytes first = world_build(&plan);

    plan = world_library(2 * MEBIBYTE, 0x800, 0x800, 0);
    struct bytes second = world_build(&plan);

    struct bytes both = { .data = malloc(first.size + second.size), .size = first.size + second.size };

    memcpy(both.data, first.data, first.size);
    memcpy(both.data + first.size, second.data, second.size);
    struct object *object = world_file(both);
    struct region_load_request request = { .image = { object, 0, first.size },
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
    struct abi_region_loaded answer;

    for (int round = 0; round < 2; round++) {
        uint32_t hit = round == 0 ? 0 : ABI_REGION_PREVIOUSLY_LOADED;

        request.image = (struct image){ object, 0, first.size };
        CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), 0);
        CHECK(answer.base == TEXT + MEBIBYTE && (answer.answer & ABI_REGION_PREVIOUSLY_LOADED) == hit);
        request.image = (struct image){ object, first.size, second.size };
        CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), 0);
        CHECK(answer.base == TEXT + 2 * MEBIBYTE && (answer.answer & ABI_REGION_PREVIOUSLY_LOADED) == hit);
    }
    free(first.data);
    free(second.data);
    world_audit();
}

/* D9: what the caller's private mapping made of the image plays no part; an image is the object's own bytes. */
TEST(ancestor_d09_the_bytes_loaded_are_the_images_own)
{
    struct abi_region_loaded answer;
    struct map *map;
    uint8_t byte;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);

    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    struct map_request request = { .start = MAP_AREA_START,
                                   .size_bytes = object->size_bytes,
                                   .object = object,
                                   .protection = ABI_PROT_READ | ABI_PROT_WRITE,
                                   .max_protection = ABI_PROT_READ | ABI_PROT_WRITE,
                                   .sharing = MAP_ENTRY_PRIVATE };

    CHECK_EQUAL(map_add(map, &request), 0);
    for (uint64_t offset = 0; offset < object->size_bytes; offset += PAGE_SIZE) {
        uint8_t dirty[64];

        memset(dirty, 0xdd, sizeof(dirty));
        CHECK_EQUAL(map_write_relock(map, MAP_AREA_START + offset, dirty, sizeof(dirty)), 0);
    }
    CHECK_EQUAL(world_load(object, ANY, 0, &answer), 0);
    for (uint64_t offset = 0; offset < 0x800; offset++) {
        CHECK(world_sees(TEXT + MEBIBYTE + offset, &byte));
        CHECK_EQUAL(byte, *world_byte(object, PAGE_SIZE + offset));
    }
    map_destroy(map);
    world_audit();
}

/* D10, D11: an image that is not wholly one object's bytes can't be said; one that leaves its object is refused. */
TEST(ancestor_d10_an_image_that_leaves_its_object_is_refused)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    const struct image wrong[] = {
        { object, 0, 0 },
        { object, 0, object->size_bytes + 1 },
        { object, PAGE_SIZE, object->size_bytes },
        { object, object->size_bytes, 1 },
        { object, UINT64_MAX & ~PAGE_MASK, 2 * PAGE_SIZE },
        { object, 1ull << 32, PAGE_SIZE },
        { object, 1ull << 63, 1ull << 63 },
        { object, 64, 4096 }, /* not page-aligned: could not be mapped in place */
    };

    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct region_load_request request = { .image = wrong[i],
                                               .account = account_root(),
                                               .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
        struct abi_region_loaded answer = world_untouched;
        uint64_t state = world_state();

        CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), -EINVAL);
        CHECK_EQUAL(world_state(), state);
        CHECK(world_is_untouched(&answer));
    }
}

TEST(ancestor_d11_untouched_anonymous_memory_is_an_object_like_any_other)
{
    struct region *region;
    struct object *object;

    world_start();
    CHECK_EQUAL(region_create_relock(REGION_PRIVATE, account_root(), load_hash_system(), &region), 0);
    CHECK_EQUAL(object_create_anonymous(16 * PAGE_SIZE, &object), 0);
    struct region_load_request request = { .image = image_of(object),
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
    struct abi_region_loaded answer = world_untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(region_load_relock(region, &request, &answer), -ENOEXEC); /* its zeros are read, and are no ELF file */
    CHECK_EQUAL(world_state(), state);
    CHECK(world_is_untouched(&answer));
    object_put(object);
    region_put(region);
}

TEST(ancestor_d21_a_new_object_at_an_old_ones_address_is_never_a_hit)
{
    struct account *account = account_root();
    struct program *program;

    world_start();
    struct plan plan = world_program();
    struct object *old = world_planned(&plan);
    struct image image = image_of(old);

    CHECK_EQUAL(program_acquire_relock(&image, account, &program, NULL), 0);
    program_put(program);
    object_put(old); /* the entry holds on to it: nothing else can get its address */
    CHECK_EQUAL(old->ref_count > 0, true);
    shared_reclaim();
    plan.entry = MAP_IMAGE_START + 0x20;
    struct object *new = world_planned(&plan);

    CHECK(new == old); /* the pool gave the same address again */
    image = image_of(new);
    CHECK_EQUAL(program_acquire_relock(&image, account, &program, NULL), 0);
    CHECK_EQUAL(program_start(program).entry, MAP_IMAGE_START + 0x20);
    program_put(program);
}

/* --- 2.2 Hit, 2.3 whose manifest */

TEST(r2_2_a_hit_needs_an_equal_manifest)
{
    struct derived_manifest good, wrong;
    struct abi_region_loaded answer;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    uint64_t base = world_derive(object, &good);

    CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS);
    CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS | ABI_REGION_PREVIOUSLY_LOADED);
    wrong = good;
    wrong.count--;
    world_check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
    wrong = good;
    wrong.extents[wrong.count] = wrong.extents[wrong.count - 1];
    wrong.extents[wrong.count++].address += 16 * PAGE_SIZE;
    world_check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
    wrong = good;
    wrong.extents[0] = good.extents[1];
    wrong.extents[1] = good.extents[0];
    world_check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
}

/* Every field of every extent, on a miss (before anything is loaded) and on a hit. */
TEST(ancestor_d20_a_hit_compares_every_field_and_the_base)
{
    struct derived_manifest good;
    struct abi_region_loaded answer;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    uint64_t base = world_derive(object, &good);

    for (int loaded = 0; loaded < 2; loaded++) {
        for (unsigned at = 0; at < good.count; at++) {
            for (unsigned field = 0; field < 7; field++) {
                struct derived_manifest wrong = good;
                struct abi_extent *extent = &wrong.extents[at];

                extent->address += field == 0 ? PAGE_SIZE : 0;
                extent->size_bytes += field == 1 ? 1 : 0;
                extent->size_bytes -= field == 2 ? 1 : 0;
                extent->file_offset -= field == 3 ? PAGE_SIZE : 0;
                extent->window ^= field == 4;
                extent->protection ^= field == 5 ? ABI_EXTENT_ZERO_FILL : 0;
                extent->protection ^= field == 6 ? (at == 2 ? ABI_EXTENT_WRITE : ABI_EXTENT_EXECUTE) : 0;
                world_check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
            }
        }
        world_check_manifest_refused(object, 0, base + PAGE_SIZE, manifest_of(&good), -EINVAL);
        world_check_manifest_refused(object, 0, base + 1, manifest_of(&good), -EINVAL);
        world_check_manifest_refused(object, 0, base - TEXT, manifest_of(&good), -EINVAL);
        CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
    }
}

TEST(r2_2_a_hit_with_a_shorter_image_is_refused)
{
    struct abi_region_loaded answer = world_untouched;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);

    world_check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    struct region_load_request request = { .image = { object, 0, object->size_bytes - PAGE_SIZE },
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
    CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), -EINVAL);
    CHECK(world_is_untouched(&answer));
}

/* No byte of the image is touched on a hit: its pages can't even be read here. So its size can't matter. */
TEST(r2_2_load_hit_costs_the_same_for_16_kib_and_16_mib)
{
    const uint64_t sizes[] = { 0x4000, 16 * MEBIBYTE };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct plan plan = world_library(32 * MEBIBYTE * (1 + i), sizes[i], 0x800, 0);
        struct object *object = world_planned(&plan);
        struct abi_region_loaded answer;

        world_check_loaded(object, ANY, 0, TEXT + 32 * MEBIBYTE * (1 + i), false);
        void *bytes = arch_direct(object->initrd_start);

        CHECK_EQUAL(mprotect(bytes, page_round_up(object->size_bytes), PROT_NONE), 0);
        stub_fail_allocation(1); /* nor is anything allocated */
        for (unsigned round = 0; round < 3; round++) {
            CHECK_EQUAL(world_load(object, ANY, 0, &answer), 0);
            CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS | ABI_REGION_PREVIOUSLY_LOADED);
        }
        CHECK_EQUAL(stub_allocation_count(), 0);
        CHECK_EQUAL(mprotect(bytes, page_round_up(object->size_bytes), PROT_READ | PROT_WRITE), 0);
        stub_fail_allocation(0);
    }
    world_audit();
}

TEST(r2_3_image_manifest_and_a_count_exclude_each_other)
{
    struct derived_manifest good;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    uint64_t base = world_derive(object, &good);

    world_check_manifest_refused(object, 0, base, (struct manifest){ .count = 0 }, -EINVAL);
    world_check_manifest_refused(object, ABI_REGION_IMAGE_MANIFEST, base, manifest_of(&good), -EINVAL);
    world_check_loaded(object, 0, base, base, false);
    world_check_manifest_refused(object, 0, base, (struct manifest){ .count = 0 }, -EINVAL);
    world_check_manifest_refused(object, ABI_REGION_IMAGE_MANIFEST, base, manifest_of(&good), -EINVAL);
}

TEST(ancestor_d19_an_empty_manifest_first_does_not_fix_it)
{
    struct abi_region_loaded answer;
    struct derived_manifest good;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    uint64_t base = world_derive(object, &good);
    struct abi_extent one_page = { .size_bytes = 1, .protection = ABI_EXTENT_READ };

    world_check_manifest_refused(object, 0, base, (struct manifest){ .count = 0 }, -EINVAL);
    world_check_manifest_refused(object, 0, base, (struct manifest){ 1, &one_page }, -EINVAL);
    world_check_manifest_refused(object, ABI_REGION_ALTERNATE_SITE, 0, (struct manifest){ 1, &one_page }, -EINVAL);
    CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
}

TEST(ancestor_d44_a_count_is_checked_before_any_extent_is_read)
{
    const uint32_t counts[] = { UINT32_MAX, (1u << 31) / 20 + 1, 1u << 31, (1u << 27) + 1, ABI_MANIFEST_MAX + 1 };

    world_start();
    struct object *object = world_small_library(MEBIBYTE);

    for (unsigned i = 0; i < ARRAY_COUNT(counts); i++) {
        world_check_manifest_refused(object, ANY, 0, (struct manifest){ counts[i], NULL }, -EINVAL);
    }
}

TEST(ancestor_d25_request_and_answer_bits_are_distinct)
{
    static_assert(((ABI_REGION_ALTERNATE_SITE | ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST) &
                   (ABI_REGION_PREVIOUSLY_LOADED | ABI_REGION_SYSTEM_CLASS)) == 0,
                  "a reused word can't change the next request");
    world_start();
    struct object *object = world_small_library(MEBIBYTE);

    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t flag = 1u << bit;

        if ((flag & (ABI_REGION_ALTERNATE_SITE | ANY | ABI_REGION_IMAGE_MANIFEST)) == 0) {
            world_check_refused(object, ANY | flag, 0, -EINVAL);
        }
    }
}

/* --- 2.7 Content */

static void check_zero(uint64_t from, uint64_t to)
{
    for (uint64_t address = from; address < to; address++) {
        uint8_t byte;

        CHECK(world_sees(address, &byte));
        CHECK_EQUAL(byte, 0);
    }
}

/* D14: an extent of 16 bytes in a page that goes on with the file's next part. */
TEST(ancestor_d14_bytes_behind_an_extents_end_are_zero)
{
    struct plan plan = world_library(MEBIBYTE, 16, 16, 0);

    world_start();
    world_pack(&plan);
    struct object *object = world_planned(&plan);

    CHECK(object->size_bytes < 3 * PAGE_SIZE); /* the segments do share the file's pages */
    world_check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    check_zero(TEXT + MEBIBYTE + 16, TEXT + MEBIBYTE + PAGE_SIZE);
    check_zero(TEXT + MEBIBYTE + PAGE_SIZE + 116, TEXT + MEBIBYTE + 2 * PAGE_SIZE);
    check_zero(DATA + MEBIBYTE + 2 * PAGE_SIZE + 132, DATA + MEBIBYTE + 3 * PAGE_SIZE);
    world_check_loaded(object, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    check_zero(TEXT + ALTERNATE + 16, TEXT + ALTERNATE + PAGE_SIZE);
}

TEST(r2_7_padded_images_are_mapped_in_place_and_nothing_is_copied)
{
    struct plan plan = world_library(MEBIBYTE, 0x2345, 0x1234, 0x3000);

    world_start();
    struct object *object = world_planned(&plan);
    uint64_t free_frames = world_free_frames();

    world_check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(stub_counts.pages_copied, 0);
    /* 3 pages of records and the 2 level-0 tables: no page of content. */
    CHECK_EQUAL(free_frames - world_free_frames(), 3 + 2);
    check_zero(DATA + MEBIBYTE + 4 * PAGE_SIZE + 0x1234, DATA + MEBIBYTE + 4 * PAGE_SIZE + 0x5000);
    uint8_t byte;

    CHECK(!world_sees(DATA + MEBIBYTE + 4 * PAGE_SIZE + 0x5000, &byte));
    CHECK(!world_sees(TEXT + MEBIBYTE - 1, &byte) && !world_sees(DATA + MEBIBYTE, &byte));
}

/* --- 2.9 All or nothing */

/* Every allocation of a load fails once; each time the state is as before, and the load that follows succeeds. */
static void check_every_allocation(struct object *object, uint32_t flags)
{
    struct abi_region_loaded answer = world_untouched;
    uint64_t state = world_state();
    unsigned failures = 0;

    for (uint64_t nth = 1;; nth++) {
        stub_fail_allocation(nth);
        int error = world_load(object, flags, 0, &answer);
        bool reached = stub_allocation_count() >= nth;

        stub_fail_allocation(0);
        if (!reached) {
            CHECK_EQUAL(error, 0);
            break;
        }
        if (error == 0) {
            break; /* what failed was no necessity: records beyond what this load needs */
        }
        failures++;
        CHECK_EQUAL(error, -ENOMEM);
        CHECK_EQUAL(world_state(), state);
        CHECK(world_is_untouched(&answer));
        world_audit();
    }
    CHECK(failures >= 4);
    world_audit();
}

TEST(r2_9_every_allocation_of_a_load_fails_once)
{
    struct plan plan = world_library(MEBIBYTE, 3 * MEBIBYTE + 16, 5 * MEBIBYTE, 3 * MEBIBYTE);

    world_start();
    world_pack(&plan); /* edges are copied */
    plan.slides_count = 3; /* and data pages, at the alternate site */
    plan.slides[0] = (uint32_t)(plan.segments[2].address - DATA);
    plan.slides[1] = plan.slides[0] + 3 * MEBIBYTE;
    plan.slides[2] = plan.slides[0] + 5 * MEBIBYTE - 8;
    struct object *object = world_planned(&plan);

    check_every_allocation(object, ANY);
    check_every_allocation(object, ABI_REGION_ALTERNATE_SITE);
}

TEST(ancestor_d16_a_load_that_fails_leaves_its_neighbours_intact)
{
    world_start();
    struct object *below = world_small_library(MEBIBYTE), *above = world_small_library(MEBIBYTE + 6 * PAGE_SIZE);
    struct object *between = world_small_library(MEBIBYTE + 3 * PAGE_SIZE);

    world_check_loaded(below, ANY, 0, TEXT + MEBIBYTE, false);
    world_check_loaded(above, ANY, 0, TEXT + MEBIBYTE + 6 * PAGE_SIZE, false);
    struct plan plan =
        world_library(MEBIBYTE + 3 * PAGE_SIZE, 0x800, PAGE_SIZE + 16, 0); /* data reaches into above's */

    plan.segments[2].address += 3 * PAGE_SIZE;
    world_check_refused(world_planned(&plan), ANY, 0, -EEXIST);
    stub_fail_allocation(1);
    world_check_loaded(between, ANY, 0, TEXT + MEBIBYTE + 3 * PAGE_SIZE, false); /* needs no frame any more */
    stub_fail_allocation(0);
    uint8_t byte;

    CHECK(world_sees(TEXT + MEBIBYTE, &byte) && byte == *world_byte(below, PAGE_SIZE));
    CHECK(world_sees(TEXT + MEBIBYTE + 6 * PAGE_SIZE, &byte) && byte == *world_byte(above, PAGE_SIZE));
}

TEST(ancestor_d49_nothing_is_written_when_a_load_fails)
{
    struct abi_region_loaded answer = world_untouched;

    world_start();
    struct plan plan = world_program();

    CHECK_EQUAL(world_load(world_planned(&plan), ANY, TEXT, &answer), -ENOEXEC);
    CHECK_EQUAL(world_load(world_small_library(MEBIBYTE), 0, TEXT, &answer), -EINVAL);
    CHECK_EQUAL(world_load(world_small_library(ALTERNATE), ANY, TEXT, &answer), -EINVAL);
    CHECK(world_is_untouched(&answer));
}

/* Entries to the bound of the records: an error, the state as before, and a hit still works. */
TEST(ancestor_d07_the_records_run_out_as_an_error)
{
    struct abi_region_loaded answer = world_untouched;
    struct object *first = NULL;
    int error = 0;

    world_start();
    struct plan plan = { .segment_count = 1, .segments = { { TEXT + MEBIBYTE, 1, 1, ELF_READ } } };
    struct bytes file = world_build(&plan);
    uint64_t address = TEXT + MEBIBYTE;

    /* One file, many images in it, a page apart each in the file: header page, content page. */
    struct bytes all = { .size = 0 };
    enum { IMAGES = 3000 };

    all.data = calloc(IMAGES, 2 * PAGE_SIZE);
    all.size = 2 * PAGE_SIZE * IMAGES;
    CHECK_EQUAL(file.size, 2 * PAGE_SIZE);
    for (unsigned i = 0; i < IMAGES; i++, address += PAGE_SIZE) {
        world_header(file, 0)->address = address;
        memcpy(all.data + i * file.size, file.data, file.size);
    }
    free(file.data);
    first = world_file(all);
    unsigned loaded = 0;

    for (; loaded < IMAGES && error == 0; loaded += error == 0) {
        struct region_load_request request = { .image = { first, 2 * PAGE_SIZE * loaded, 2 * PAGE_SIZE },
                                               .account = account_root(),
                                               .flags = ANY | ABI_REGION_IMAGE_MANIFEST };

        error = region_load_relock(region_current(), &request, &answer);
        if (error == -ENOSPC && region_current()->is_full) {
            /* r2_10: the region's own bound. What is in it stays; later loads go to a fresh one. */
            CHECK_EQUAL(region_current()->record_count, REGION_RECORDS_MAX / 3 * 3);
            region_get(region_current());
            CHECK_EQUAL(region_for_program_relock(region_current())->record_count, 0);
            error = region_load_relock(region_current(), &request, &answer);
        }
    }
    CHECK_EQUAL(error, -ENOSPC);
    CHECK(!region_current()->is_full);
    CHECK_EQUAL(loaded, RECORD_PAGES_MAX * 42 / 3);
    CHECK_EQUAL(load_hash_system()->page_count, LOAD_HASH_PAGES_MAX);
    world_audit();
    answer = world_untouched;
    struct region_load_request request = { .image = { first, 2 * PAGE_SIZE * loaded, 2 * PAGE_SIZE },
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
    uint64_t state = world_state();

    CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), -ENOSPC);
    CHECK_EQUAL(world_state(), state);
    CHECK(world_is_untouched(&answer));
    request.image.offset -= 2 * PAGE_SIZE;
    CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), 0);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS | ABI_REGION_PREVIOUSLY_LOADED);
}

/* A frame that can take no more references is an error, not a broken invariant. */
TEST(a14_a_frame_at_the_limit_of_its_references_refuses_the_load)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct frame *frame = frame_of(paddr(object->initrd_start.value + PAGE_SIZE));
    uint32_t references = frame->ref_count;

    frame->ref_count = FRAME_REFERENCES_MAX;
    world_check_refused(object, ANY, 0, -ENOMEM);
    frame->ref_count = references;
    world_check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
}
