/* shared/region.c and region_load.c: section 2 of the regions' specification, rule by rule. */
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

static const struct region_load_answer untouched = { 0x1111111111111111, 0x22222222, 0x33333333 };

/* A library at window offset @offset, one page of text, one of rodata, one of data. */
static struct object *library(uint64_t offset)
{
    struct plan plan = world_library(offset, 0x800, 0x800, 0);

    plan.fill = (uint8_t)(offset >> 12);
    return world_planned(&plan);
}

static bool is_untouched(const struct region_load_answer *answer)
{
    return memcmp(answer, &untouched, sizeof(untouched)) == 0;
}

/* The load fails with @error and has changed nothing, the answer included. */
static void check_refused(struct object *object, uint32_t flags, uint64_t base, int error)
{
    struct region_load_answer answer = untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(world_load(object, flags, base, &answer), error);
    CHECK_EQUAL(world_state(), state);
    CHECK(is_untouched(&answer));
}

static void check_manifest_refused(struct object *object, uint32_t flags, uint64_t base, struct manifest manifest,
                                   int error)
{
    struct region_load_answer answer = untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(world_load_manifest(object, flags, base, manifest, &answer), error);
    CHECK_EQUAL(world_state(), state);
    CHECK(is_untouched(&answer));
}

static void check_loaded(struct object *object, uint32_t flags, uint64_t base, uint64_t loaded_at, bool hit)
{
    struct region_load_answer answer = untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(world_load(object, flags, base, &answer), 0);
    CHECK_EQUAL(answer.base, loaded_at);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS | (hit ? ABI_REGION_PREVIOUSLY_LOADED : 0));
    CHECK_EQUAL(world_state() == state, hit);
    world_audit();
}

/* --- 2.1 Identity */

TEST(r2_1_a_hit_is_by_object_and_offset_never_by_content_or_name)
{
    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0);
    struct object *a = world_planned(&plan), *twin = world_planned(&plan);

    check_loaded(a, ANY, 0, TEXT + MEBIBYTE, false);
    check_loaded(a, ANY, 0, TEXT + MEBIBYTE, true);
    check_refused(twin, ANY, 0, -EEXIST); /* the same bytes, but another image, at an occupied place */
    check_loaded(twin, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
}

TEST(r2_1_only_images_of_the_initrd_go_into_the_system_region)
{
    struct object *object;

    world_start();
    CHECK_EQUAL(object_create_anonymous(PAGE_SIZE, &object), 0);
    check_refused(object, ANY, 0, -EPERM);
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
    struct region_load_answer answer;

    for (int round = 0; round < 2; round++) {
        uint32_t hit = round == 0 ? 0 : ABI_REGION_PREVIOUSLY_LOADED;

        request.image = (struct image){ object, 0, first.size };
        CHECK_EQUAL(region_load(region_current(), &request, &answer), 0);
        CHECK(answer.base == TEXT + MEBIBYTE && (answer.answer & ABI_REGION_PREVIOUSLY_LOADED) == hit);
        request.image = (struct image){ object, first.size, second.size };
        CHECK_EQUAL(region_load(region_current(), &request, &answer), 0);
        CHECK(answer.base == TEXT + 2 * MEBIBYTE && (answer.answer & ABI_REGION_PREVIOUSLY_LOADED) == hit);
    }
    free(first.data);
    free(second.data);
    world_audit();
}

/* D9: what the caller's private mapping made of the image plays no part; an image is the object's own bytes. */
TEST(ancestor_d09_the_bytes_loaded_are_the_images_own)
{
    struct region_load_answer answer;
    struct map *map;
    uint8_t byte;

    world_start();
    struct object *object = library(MEBIBYTE);

    CHECK_EQUAL(map_create(account_root(), &map), 0);
    struct map_request request = { .start = MAP_AREA_START,
                                   .size_bytes = object->size_bytes,
                                   .object = object,
                                   .protection = ABI_PROT_READ | ABI_PROT_WRITE,
                                   .max_protection = ABI_PROT_READ | ABI_PROT_WRITE,
                                   .sharing = MAP_ENTRY_PRIVATE };

    CHECK_EQUAL(map_add(map, &request), 0);
    for (uint64_t offset = 0; offset < object->size_bytes; offset += PAGE_SIZE) {
        void *dirty;

        CHECK_EQUAL(map_write_pointer(map, MAP_AREA_START + offset, &dirty), 0);
        memset(dirty, 0xdd, 64);
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
    struct object *object = library(MEBIBYTE);
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
        struct region_load_answer answer = untouched;
        uint64_t state = world_state();

        CHECK_EQUAL(region_load(region_current(), &request, &answer), -EINVAL);
        CHECK_EQUAL(world_state(), state);
        CHECK(is_untouched(&answer));
    }
}

TEST(ancestor_d11_untouched_anonymous_memory_is_an_object_like_any_other)
{
    struct region *region;
    struct object *object;

    world_start();
    CHECK_EQUAL(region_create(REGION_PRIVATE, account_root(), load_hash_system(), &region), 0);
    CHECK_EQUAL(object_create_anonymous(16 * PAGE_SIZE, &object), 0);
    struct region_load_request request = { .image = image_of(object),
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
    struct region_load_answer answer = untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(region_load(region, &request, &answer), -ENOEXEC); /* its zeros are read, and are no ELF file */
    CHECK_EQUAL(world_state(), state);
    CHECK(is_untouched(&answer));
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

    CHECK_EQUAL(program_acquire(&image, account, &program, NULL), 0);
    program_put(program);
    object_put(old); /* the entry holds on to it: nothing else can get its address */
    CHECK_EQUAL(old->ref_count > 0, true);
    shared_reclaim();
    plan.entry = MAP_IMAGE_START + 0x20;
    struct object *new = world_planned(&plan);

    CHECK(new == old); /* the pool gave the same address again */
    image = image_of(new);
    CHECK_EQUAL(program_acquire(&image, account, &program, NULL), 0);
    CHECK_EQUAL(program_start(program).entry, MAP_IMAGE_START + 0x20);
    program_put(program);
}

/* --- 2.2 Hit, 2.3 whose manifest */

TEST(r2_2_a_hit_needs_an_equal_manifest)
{
    struct derived_manifest good, wrong;
    struct region_load_answer answer;

    world_start();
    struct object *object = library(MEBIBYTE);
    uint64_t base = world_derive(object, &good);

    CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS);
    CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS | ABI_REGION_PREVIOUSLY_LOADED);
    wrong = good;
    wrong.count--;
    check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
    wrong = good;
    wrong.extents[wrong.count] = wrong.extents[wrong.count - 1];
    wrong.extents[wrong.count++].address += 16 * PAGE_SIZE;
    check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
    wrong = good;
    wrong.extents[0] = good.extents[1];
    wrong.extents[1] = good.extents[0];
    check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
}

/* Every field of every extent, on a miss (before anything is loaded) and on a hit. */
TEST(ancestor_d20_a_hit_compares_every_field_and_the_base)
{
    struct derived_manifest good;
    struct region_load_answer answer;

    world_start();
    struct object *object = library(MEBIBYTE);
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
                check_manifest_refused(object, 0, base, manifest_of(&wrong), -EINVAL);
            }
        }
        check_manifest_refused(object, 0, base + PAGE_SIZE, manifest_of(&good), -EINVAL);
        check_manifest_refused(object, 0, base + 1, manifest_of(&good), -EINVAL);
        check_manifest_refused(object, 0, base - TEXT, manifest_of(&good), -EINVAL);
        CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
    }
}

TEST(r2_2_a_hit_with_a_shorter_image_is_refused)
{
    struct region_load_answer answer = untouched;

    world_start();
    struct object *object = library(MEBIBYTE);

    check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    struct region_load_request request = { .image = { object, 0, object->size_bytes - PAGE_SIZE },
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
    CHECK_EQUAL(region_load(region_current(), &request, &answer), -EINVAL);
    CHECK(is_untouched(&answer));
}

/* No byte of the image is touched on a hit: its pages can't even be read here. So its size can't matter. */
TEST(r2_2_load_hit_costs_the_same_for_16_kib_and_16_mib)
{
    const uint64_t sizes[] = { 0x4000, 16 * MEBIBYTE };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct plan plan = world_library((1 + i) * 32 * MEBIBYTE, sizes[i], 0x800, 0);
        struct object *object = world_planned(&plan);
        struct region_load_answer answer;

        check_loaded(object, ANY, 0, TEXT + (1 + i) * 32 * MEBIBYTE, false);
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
    struct object *object = library(MEBIBYTE);
    uint64_t base = world_derive(object, &good);

    check_manifest_refused(object, 0, base, (struct manifest){ .count = 0 }, -EINVAL);
    check_manifest_refused(object, ABI_REGION_IMAGE_MANIFEST, base, manifest_of(&good), -EINVAL);
    check_loaded(object, 0, base, base, false);
    check_manifest_refused(object, 0, base, (struct manifest){ .count = 0 }, -EINVAL);
    check_manifest_refused(object, ABI_REGION_IMAGE_MANIFEST, base, manifest_of(&good), -EINVAL);
}

TEST(ancestor_d19_an_empty_manifest_first_does_not_fix_it)
{
    struct region_load_answer answer;
    struct derived_manifest good;

    world_start();
    struct object *object = library(MEBIBYTE);
    uint64_t base = world_derive(object, &good);
    struct abi_extent one_page = { .size_bytes = 1, .protection = ABI_EXTENT_READ };

    check_manifest_refused(object, 0, base, (struct manifest){ .count = 0 }, -EINVAL);
    check_manifest_refused(object, 0, base, (struct manifest){ 1, &one_page }, -EINVAL);
    check_manifest_refused(object, ABI_REGION_ALTERNATE_SITE, 0, (struct manifest){ 1, &one_page }, -EINVAL);
    CHECK_EQUAL(world_load_manifest(object, 0, base, manifest_of(&good), &answer), 0);
}

TEST(ancestor_d44_a_count_is_checked_before_any_extent_is_read)
{
    const uint32_t counts[] = { UINT32_MAX, (1u << 31) / 20 + 1, 1u << 31, (1u << 27) + 1, ABI_MANIFEST_MAX + 1 };

    world_start();
    struct object *object = library(MEBIBYTE);

    for (unsigned i = 0; i < ARRAY_COUNT(counts); i++) {
        check_manifest_refused(object, ANY, 0, (struct manifest){ counts[i], NULL }, -EINVAL);
    }
}

TEST(ancestor_d25_request_and_answer_bits_are_distinct)
{
    static_assert(((ABI_REGION_ALTERNATE_SITE | ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST) &
                   (ABI_REGION_PREVIOUSLY_LOADED | ABI_REGION_SYSTEM_CLASS)) == 0,
                  "a reused word can't change the next request");
    world_start();
    struct object *object = library(MEBIBYTE);

    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t flag = 1u << bit;

        if ((flag & (ABI_REGION_ALTERNATE_SITE | ANY | ABI_REGION_IMAGE_MANIFEST)) == 0) {
            check_refused(object, ANY | flag, 0, -EINVAL);
        }
    }
}

/* --- 2.4 Base */

TEST(r2_4_at_the_default_site_the_base_is_the_link_base)
{
    world_start();
    struct object *object = library(MEBIBYTE);
    const uint64_t wrong[] = { 0,
                               MEBIBYTE,
                               TEXT,
                               TEXT + MEBIBYTE - PAGE_SIZE,
                               TEXT + MEBIBYTE + 1,
                               TEXT + MEBIBYTE + PAGE_SIZE,
                               DATA + MEBIBYTE,
                               UINT64_MAX,
                               TEXT + MEBIBYTE + (1ull << 32) };

    for (int loaded = 0; loaded < 2; loaded++) {
        for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
            check_refused(object, 0, wrong[i], -EINVAL);
        }
        check_loaded(object, 0, TEXT + MEBIBYTE, TEXT + MEBIBYTE, loaded);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        check_loaded(object, ANY, wrong[i], TEXT + MEBIBYTE, true);
    }
}

TEST(ancestor_d01_the_alternate_base_is_no_default_site)
{
    world_start();
    struct object *at = library(ALTERNATE), *below = library(ALTERNATE - 3 * PAGE_SIZE);

    for (unsigned i = 0; i < 3; i++) {
        check_refused(at, 0, TEXT + ALTERNATE, -EINVAL);
        check_refused(at, ANY, 0, -EINVAL);
    }
    for (unsigned i = 0; i < 3; i++) {
        check_loaded(below, 0, TEXT + ALTERNATE - 3 * PAGE_SIZE, TEXT + ALTERNATE - 3 * PAGE_SIZE, i > 0);
    }
}

TEST(ancestor_d03_a_default_load_never_reaches_into_the_alternate_area)
{
    world_start();
    struct plan plan = world_library(0x08f00000, 2 * MEBIBYTE, 0x800, 0);
    struct object *straddling = world_planned(&plan);

    plan = world_library(0x08e00000, 0x800, 0x800, 2 * MEBIBYTE); /* only its zero-fill data does */
    struct object *data_straddling = world_planned(&plan);

    check_refused(straddling, ANY, 0, -EINVAL);
    check_refused(straddling, 0, TEXT + 0x08f00000, -EINVAL);
    check_refused(data_straddling, ANY, 0, -EINVAL);
    check_loaded(library(MEBIBYTE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    check_loaded(straddling, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
}

/* --- 2.5 Alternate site */

TEST(r2_5_the_lowest_free_place_is_taken_and_found_again)
{
    world_start();
    struct object *first = library(MEBIBYTE), *second = library(MEBIBYTE), *third = library(2 * MEBIBYTE);

    check_loaded(first, ABI_REGION_ALTERNATE_SITE, 0x123, TEXT + ALTERNATE, false);
    check_loaded(second, ABI_REGION_ALTERNATE_SITE | ANY, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
    check_loaded(third, ABI_REGION_ALTERNATE_SITE, UINT64_MAX, TEXT + ALTERNATE + 6 * PAGE_SIZE, false);
    check_loaded(second, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, true);
    /* An image may be at both sites; they are two entries. */
    check_loaded(first, ANY, 0, TEXT + MEBIBYTE, false);
    check_loaded(first, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, true);
    CHECK_EQUAL(region_current()->entry_count, 4);
}

/* D4: there is no snapshot and no cursor that another load could write back. */
TEST(ancestor_d04_default_loads_never_rewind_the_alternate_site)
{
    world_start();
    struct object *a = library(MEBIBYTE), *b = library(2 * MEBIBYTE), *c = library(3 * MEBIBYTE);

    check_loaded(b, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    check_loaded(a, ANY, 0, TEXT + MEBIBYTE, false);
    check_loaded(c, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
    check_loaded(b, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, true);
}

TEST(r2_5_both_windows_must_be_free_over_the_whole_span)
{
    world_start();
    /* Text on pages 0 and 1, data on page 2: no offset below 3 is free in both windows, whatever a span needs. */
    check_loaded(library(MEBIBYTE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    struct plan plan = { .segment_count = 1, .segments = { { DATA + MEBIBYTE, 16, 16, ELF_READ | ELF_WRITE } } };

    check_loaded(world_planned(&plan), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
    check_loaded(world_planned(&plan), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 4 * PAGE_SIZE, false);
}

/* A span of @span bytes at link base 1 MiB: one page of text, and zero-fill data all along. */
static struct object *spanning(uint64_t span)
{
    struct plan plan = { .segment_count = 2,
                         .segments = { { TEXT + MEBIBYTE, 16, 16, ELF_READ | ELF_EXECUTE },
                                       { DATA + MEBIBYTE, 0, span, ELF_READ | ELF_WRITE } } };

    return world_planned(&plan);
}

TEST(r2_5_an_exact_fit_fits_and_one_page_more_does_not)
{
    uint64_t room = ABI_WINDOW_END - ALTERNATE;

    world_start();
    struct object *small = library(MEBIBYTE);

    check_loaded(spanning(PAGE_SIZE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    check_refused(spanning(room), ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC);
    check_loaded(spanning(room - PAGE_SIZE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + PAGE_SIZE, false);
    check_refused(small, ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC);
    check_refused(spanning(PAGE_SIZE), ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC);
}

TEST(ancestor_d02_a_load_without_alternate_space_leaves_nothing_behind)
{
    uint64_t room = ABI_WINDOW_END - ALTERNATE;

    world_start();
    struct object *large = spanning(room + PAGE_SIZE);

    check_refused(large, ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
    check_refused(large, ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
    check_loaded(library(MEBIBYTE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
}

static uint64_t word_at(uint64_t address)
{
    uint64_t word = 0;

    for (unsigned i = 0; i < 8; i++) {
        uint8_t byte;

        CHECK(world_sees(address + i, &byte));
        word |= (uint64_t)byte << 8 * i;
    }
    return word;
}

static uint64_t file_word(const struct object *object, uint64_t offset)
{
    uint64_t word;

    memcpy(&word, world_byte(object, offset), sizeof(word));
    return word;
}

/* Listed words get the slide, one of them across two pages; nothing else changes, and text is the image's frames. */
TEST(r2_5_listed_words_slide_and_nothing_else_changes)
{
    uint64_t data = MEBIBYTE + 2 * PAGE_SIZE, slide = ALTERNATE - MEBIBYTE;
    const uint64_t words[] = { 0, 8, 0x123, PAGE_SIZE - 3, 3 * PAGE_SIZE - 8, 0x3000 - 0 };
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x4800, 0x1000);

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(words); i++) {
        plan.slides[plan.slides_count++] = (uint32_t)(data + words[i]);
    }
    struct object *object = world_planned(&plan);
    uint64_t file_data = object->size_bytes - 5 * PAGE_SIZE;
    uint64_t copied = stub_counts.pages_copied;

    check_loaded(object, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    CHECK_EQUAL(stub_counts.pages_copied - copied, 4);
    uint64_t loaded_data = DATA + ALTERNATE + 2 * PAGE_SIZE;

    for (unsigned i = 0; i < ARRAY_COUNT(words); i++) {
        CHECK_EQUAL(word_at(loaded_data + words[i]), file_word(object, file_data + words[i]) + slide);
    }
    for (uint64_t offset = 0; offset < 0x5000; offset++) {
        bool listed = false;
        uint8_t byte;

        for (unsigned i = 0; i < ARRAY_COUNT(words); i++) {
            listed |= offset >= words[i] && offset < words[i] + 8;
        }
        CHECK(world_sees(loaded_data + offset, &byte));
        CHECK(listed || byte == (offset < 0x4800 ? *world_byte(object, file_data + offset) : 0));
    }
    pte_t text = windows_entry(&region_current()->windows, TEXT + ALTERNATE);

    CHECK_EQUAL(pte_frame(text).value, object->initrd_start.value + PAGE_SIZE);
    /* The same image at the default site shows the file's own words, in place. */
    check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(word_at(DATA + data), file_word(object, file_data));
    CHECK_EQUAL(stub_counts.pages_copied - copied, 4);
}

TEST(r2_5_a_slide_list_with_a_word_outside_is_enoexec)
{
    uint64_t data = MEBIBYTE + 2 * PAGE_SIZE;
    const uint32_t wrong[] = { (uint32_t)data - 8,
                               (uint32_t)data - 1,
                               (uint32_t)data + 0x801 - 8,
                               (uint32_t)data + 0x1000,
                               (uint32_t)MEBIBYTE,
                               0,
                               UINT32_MAX,
                               (uint32_t)data + 8 /* twice */ };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0x1000);

        plan.slides_count = 2;
        plan.slides[0] = (uint32_t)data + 8;
        plan.slides[1] = wrong[i];
        struct object *object = world_planned(&plan);

        check_refused(object, ABI_REGION_ALTERNATE_SITE, 0, -ENOEXEC);
    }
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0x1000);

    plan.slides_count = 2;
    plan.slides[0] = (uint32_t)data + 8;
    plan.slides[1] = (uint32_t)data + 0x800 - 8;
    check_loaded(world_planned(&plan), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
}

/* --- 2.6 Placement */

TEST(r2_6_what_is_taken_in_either_window_is_eexist)
{
    world_start();
    struct object *first = library(MEBIBYTE);
    const struct plan taken[] = {
        { .segment_count = 1, .segments = { { TEXT + MEBIBYTE, 16, 16, ELF_READ } } },
        { .segment_count = 1, .segments = { { TEXT + MEBIBYTE - PAGE_SIZE, PAGE_SIZE + 1, PAGE_SIZE + 1, ELF_READ } } },
        { .segment_count = 1, .segments = { { DATA + MEBIBYTE + 2 * PAGE_SIZE, 0, 1, ELF_READ | ELF_WRITE } } },
        { .segment_count = 1, .segments = { { DATA, 0, 2 * MEBIBYTE, ELF_READ | ELF_WRITE } } },
    };

    check_loaded(first, ANY, 0, TEXT + MEBIBYTE, false);
    for (unsigned i = 0; i < ARRAY_COUNT(taken); i++) {
        check_refused(world_planned(&taken[i]), ANY, 0, -EEXIST);
    }
    struct plan between = { .segment_count = 1,
                            .segments = { { DATA + MEBIBYTE, 0, 2 * PAGE_SIZE, ELF_READ | ELF_WRITE } } };

    check_loaded(world_planned(&between), ANY, 0, TEXT + MEBIBYTE, false);
}

TEST(r2_6_a_file_that_was_not_linked_for_the_windows_is_enoexec)
{
    struct region_load_answer answer = untouched;
    struct reason reason = { "" };

    world_start();
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);
    struct region_load_request request = { .image = image_of(object),
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST,
                                           .reason = &reason };

    CHECK_EQUAL(region_load(region_current(), &request, &answer), -ENOEXEC);
    CHECK_STRING(reason.text, "not a library: 0xa0100000 is not in the text window");
    check_refused(object, ANY, 0, -ENOEXEC);
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
    check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    check_zero(TEXT + MEBIBYTE + 16, TEXT + MEBIBYTE + PAGE_SIZE);
    check_zero(TEXT + MEBIBYTE + PAGE_SIZE + 116, TEXT + MEBIBYTE + 2 * PAGE_SIZE);
    check_zero(DATA + MEBIBYTE + 2 * PAGE_SIZE + 132, DATA + MEBIBYTE + 3 * PAGE_SIZE);
    check_loaded(object, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    check_zero(TEXT + ALTERNATE + 16, TEXT + ALTERNATE + PAGE_SIZE);
}

TEST(r2_7_padded_images_are_mapped_in_place_and_nothing_is_copied)
{
    struct plan plan = world_library(MEBIBYTE, 0x2345, 0x1234, 0x3000);

    world_start();
    struct object *object = world_planned(&plan);
    uint64_t free_frames = world_free_frames();

    check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(stub_counts.pages_copied, 0);
    /* 3 pages of records and the 2 level-0 tables: no page of content. */
    CHECK_EQUAL(free_frames - world_free_frames(), 3 + 2);
    check_zero(DATA + MEBIBYTE + 4 * PAGE_SIZE + 0x1234, DATA + MEBIBYTE + 4 * PAGE_SIZE + 0x5000);
    uint8_t byte;

    CHECK(!world_sees(DATA + MEBIBYTE + 4 * PAGE_SIZE + 0x5000, &byte));
    CHECK(!world_sees(TEXT + MEBIBYTE - 1, &byte) && !world_sees(DATA + MEBIBYTE, &byte));
}

/* --- 2.8 Protection */

static int resolve(void *context, uint64_t address, uint8_t access)
{
    return map_fault(context, address, access);
}

TEST(r2_8_no_task_writes_text_and_none_executes_data)
{
    struct map *map, *other;
    uint8_t byte;

    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0x1000);
    struct object *object = world_planned(&plan);
    uint64_t data = DATA + MEBIBYTE + 2 * PAGE_SIZE;

    check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(map_create(account_root(), &map), 0);
    CHECK_EQUAL(map_create(account_root(), &other), 0);
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    CHECK_EQUAL(region_attach(region_current(), other), 0);
    stub_set_fault_handler(resolve, map);
    CHECK_EQUAL(stub_user_fetch(map->root, TEXT + MEBIBYTE, &byte), 0);
    CHECK_EQUAL(stub_user_load(map->root, TEXT + MEBIBYTE + PAGE_SIZE, &byte), 0);
    CHECK_EQUAL(stub_user_store(map->root, TEXT + MEBIBYTE, 1), -EFAULT);
    CHECK_EQUAL(stub_user_store(map->root, TEXT + MEBIBYTE + PAGE_SIZE, 1), -EFAULT);
    CHECK_EQUAL(stub_user_fetch(map->root, TEXT + MEBIBYTE + PAGE_SIZE, &byte), -EFAULT);
    CHECK_EQUAL(stub_user_fetch(map->root, data, &byte), -EFAULT);
    CHECK(map_protect(map, TEXT + MEBIBYTE, PAGE_SIZE, ABI_PROT_READ | ABI_PROT_WRITE) != 0);
    CHECK(map_remove(map, TEXT + MEBIBYTE, PAGE_SIZE) != 0);
    /* Data is a task's own once it writes: the pristine page and the neighbour keep the file's byte. */
    uint8_t pristine = *world_byte(object, 3 * PAGE_SIZE);

    CHECK_EQUAL(stub_user_load(map->root, data, &byte), 0);
    CHECK_EQUAL(byte, pristine);
    CHECK_EQUAL(stub_user_store(map->root, data, (uint8_t)(pristine + 1)), 0);
    CHECK_EQUAL(stub_user_load(map->root, data, &byte), 0);
    CHECK_EQUAL(byte, (uint8_t)(pristine + 1));
    CHECK_EQUAL(stub_user_store(map->root, data + 0x1000, 7), 0); /* zero-fill */
    stub_set_fault_handler(resolve, other);
    CHECK_EQUAL(stub_user_load(other->root, data, &byte), 0);
    CHECK_EQUAL(byte, pristine);
    CHECK_EQUAL(stub_user_load(other->root, data + 0x1000, &byte), 0);
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
    check_loaded(world_planned(&plan), ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(map_create(account_root(), &map), 0);
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    stub_set_fault_handler(resolve, map);
    CHECK_EQUAL(stub_user_load(map->root, TEXT + MEBIBYTE + PAGE_SIZE, &byte), 0);
    CHECK_EQUAL(stub_user_store(map->root, TEXT + MEBIBYTE + PAGE_SIZE, 1), -EFAULT);
    region_detach(map);
    map_destroy(map);
}

/* --- 2.9 All or nothing */

/* Every allocation of a load fails once; each time the state is as before, and the load that follows succeeds. */
static void check_every_allocation(struct object *object, uint32_t flags)
{
    struct region_load_answer answer = untouched;
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
        CHECK(is_untouched(&answer));
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
    struct object *below = library(MEBIBYTE), *above = library(MEBIBYTE + 6 * PAGE_SIZE);
    struct object *between = library(MEBIBYTE + 3 * PAGE_SIZE);

    check_loaded(below, ANY, 0, TEXT + MEBIBYTE, false);
    check_loaded(above, ANY, 0, TEXT + MEBIBYTE + 6 * PAGE_SIZE, false);
    struct plan plan =
        world_library(MEBIBYTE + 3 * PAGE_SIZE, 0x800, PAGE_SIZE + 16, 0); /* data reaches into above's */

    plan.segments[2].address += 3 * PAGE_SIZE;
    check_refused(world_planned(&plan), ANY, 0, -EEXIST);
    stub_fail_allocation(1);
    check_loaded(between, ANY, 0, TEXT + MEBIBYTE + 3 * PAGE_SIZE, false); /* needs no frame any more */
    stub_fail_allocation(0);
    uint8_t byte;

    CHECK(world_sees(TEXT + MEBIBYTE, &byte) && byte == *world_byte(below, PAGE_SIZE));
    CHECK(world_sees(TEXT + MEBIBYTE + 6 * PAGE_SIZE, &byte) && byte == *world_byte(above, PAGE_SIZE));
}

TEST(ancestor_d49_nothing_is_written_when_a_load_fails)
{
    struct region_load_answer answer = untouched;

    world_start();
    struct plan plan = world_program();

    CHECK_EQUAL(world_load(world_planned(&plan), ANY, TEXT, &answer), -ENOEXEC);
    CHECK_EQUAL(world_load(library(MEBIBYTE), 0, TEXT, &answer), -EINVAL);
    CHECK_EQUAL(world_load(library(ALTERNATE), ANY, TEXT, &answer), -EINVAL);
    CHECK(is_untouched(&answer));
}

/* Entries to the bound of the records: an error, the state as before, and a hit still works. */
TEST(ancestor_d07_the_records_run_out_as_an_error)
{
    struct region_load_answer answer = untouched;
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
    all.size = IMAGES * 2 * PAGE_SIZE;
    CHECK_EQUAL(file.size, 2 * PAGE_SIZE);
    for (unsigned i = 0; i < IMAGES; i++, address += PAGE_SIZE) {
        world_header(file, 0)->address = address;
        memcpy(all.data + i * file.size, file.data, file.size);
    }
    free(file.data);
    first = world_file(all);
    unsigned loaded = 0;

    for (; loaded < IMAGES && error == 0; loaded += error == 0) {
        struct region_load_request request = { .image = { first, loaded * 2 * PAGE_SIZE, 2 * PAGE_SIZE },
                                               .account = account_root(),
                                               .flags = ANY | ABI_REGION_IMAGE_MANIFEST };

        error = region_load(region_current(), &request, &answer);
    }
    CHECK_EQUAL(error, -ENOSPC);
    CHECK_EQUAL(loaded, RECORD_PAGES_MAX * 42 / 2);
    CHECK_EQUAL(load_hash_system()->page_count, LOAD_HASH_PAGES_MAX);
    world_audit();
    answer = untouched;
    struct region_load_request request = { .image = { first, loaded * 2 * PAGE_SIZE, 2 * PAGE_SIZE },
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };
    uint64_t state = world_state();

    CHECK_EQUAL(region_load(region_current(), &request, &answer), -ENOSPC);
    CHECK_EQUAL(world_state(), state);
    CHECK(is_untouched(&answer));
    request.image.offset = 0;
    CHECK_EQUAL(region_load(region_current(), &request, &answer), 0);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS | ABI_REGION_PREVIOUSLY_LOADED);
}

/* A frame that can take no more references is an error, not a broken invariant. */
TEST(a14_a_frame_at_the_limit_of_its_references_refuses_the_load)
{
    world_start();
    struct object *object = library(MEBIBYTE);
    struct frame *frame = frame_of(paddr(object->initrd_start.value + PAGE_SIZE));
    uint32_t references = frame->ref_count;

    frame->ref_count = FRAME_REFERENCES_MAX;
    check_refused(object, ANY, 0, -ENOMEM);
    frame->ref_count = references;
    check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
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
    CHECK_EQUAL(failures, 4); /* the bucket array, the pool's page, two tables */
    CHECK(region_current()->class == REGION_SYSTEM && region_current()->ref_count == 1);
}

TEST(r3_7_the_last_reference_takes_every_entry_and_page_along)
{
    struct region_load_answer answer;
    struct region *region;

    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x1800, 0x1000);

    world_pack(&plan);
    struct object *object = world_planned(&plan), *other = library(8 * MEBIBYTE);
    uint64_t state = world_state();

    for (unsigned round = 0; round < 3; round++) {
        CHECK_EQUAL(region_create(REGION_SYSTEM, account_root(), load_hash_system(), &region), 0);
        struct region_load_request request = { .image = image_of(object),
                                               .account = account_root(),
                                               .flags = ANY | ABI_REGION_IMAGE_MANIFEST };

        CHECK_EQUAL(region_load(region, &request, &answer), 0);
        request.flags |= ABI_REGION_ALTERNATE_SITE;
        CHECK_EQUAL(region_load(region, &request, &answer), 0);
        request.image = image_of(other);
        CHECK_EQUAL(region_load(region, &request, &answer), 0);
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
    CHECK_EQUAL(map_create(account_root(), &map), 0);
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
    struct object *object = library(MEBIBYTE);
    uint64_t base = world_derive(object, &derived);

    CHECK_EQUAL(region_info(region_current(), base, out, 4, &count), -ENOENT);
    CHECK_EQUAL(count, 99);
    check_loaded(library(2 * MEBIBYTE), ANY, 0, TEXT + 2 * MEBIBYTE, false);
    check_loaded(object, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
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

    check_loaded(world_planned(&text), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    check_refused(world_planned(&data), ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC); /* both windows, 2.5 */
    text.segments[0].memory_bytes++;
    data.segments[0].memory_bytes++;
    check_refused(world_planned(&text), ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
    check_refused(world_planned(&data), ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
}
