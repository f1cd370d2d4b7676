/* shared/region_load.c: where an image goes: base, alternate site, slides, placement (rules 2.4 to 2.6). */
#include "region_load.h"

#include <string.h>

#include "abi_errno.h"
#include "shared_world.h"
#include "stub.h"

#define TEXT ABI_TEXT_WINDOW
#define DATA ABI_DATA_WINDOW
#define ALTERNATE ABI_ALTERNATE_BASE
#define ANY ABI_REGION_ANY_BASE
#define MEBIBYTE 0x100000ull

/* --- 2.4 Base */

TEST(r2_4_at_the_default_site_the_base_is_the_link_base)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
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
            world_check_refused(object, 0, wrong[i], -EINVAL);
        }
        world_check_loaded(object, 0, TEXT + MEBIBYTE, TEXT + MEBIBYTE, loaded);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        world_check_loaded(object, ANY, wrong[i], TEXT + MEBIBYTE, true);
    }
}

TEST(ancestor_d01_the_alternate_base_is_no_default_site)
{
    world_start();
    struct object *at = world_small_library(ALTERNATE), *below = world_small_library(ALTERNATE - 3 * PAGE_SIZE);

    for (unsigned i = 0; i < 3; i++) {
        world_check_refused(at, 0, TEXT + ALTERNATE, -EINVAL);
        world_check_refused(at, ANY, 0, -EINVAL);
    }
    for (unsigned i = 0; i < 3; i++) {
        world_check_loaded(below, 0, TEXT + ALTERNATE - 3 * PAGE_SIZE, TEXT + ALTERNATE - 3 * PAGE_SIZE, i > 0);
    }
}

TEST(ancestor_d03_a_default_load_never_reaches_into_the_alternate_area)
{
    world_start();
    struct plan plan = world_library(0x08f00000, 2 * MEBIBYTE, 0x800, 0);
    struct object *straddling = world_planned(&plan);

    plan = world_library(0x08e00000, 0x800, 0x800, 2 * MEBIBYTE); /* only its zero-fill data does */
    struct object *data_straddling = world_planned(&plan);

    world_check_refused(straddling, ANY, 0, -EINVAL);
    world_check_refused(straddling, 0, TEXT + 0x08f00000, -EINVAL);
    world_check_refused(data_straddling, ANY, 0, -EINVAL);
    world_check_loaded(world_small_library(MEBIBYTE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    world_check_loaded(straddling, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
}

/* --- 2.5 Alternate site */

TEST(r2_5_the_lowest_free_place_is_taken_and_found_again)
{
    world_start();
    struct object *first = world_small_library(MEBIBYTE), *second = world_small_library(MEBIBYTE),
                  *third = world_small_library(2 * MEBIBYTE);

    world_check_loaded(first, ABI_REGION_ALTERNATE_SITE, 0x123, TEXT + ALTERNATE, false);
    world_check_loaded(second, ABI_REGION_ALTERNATE_SITE | ANY, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
    world_check_loaded(third, ABI_REGION_ALTERNATE_SITE, UINT64_MAX, TEXT + ALTERNATE + 6 * PAGE_SIZE, false);
    world_check_loaded(second, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, true);
    /* An image may be at both sites; they are two entries. */
    world_check_loaded(first, ANY, 0, TEXT + MEBIBYTE, false);
    world_check_loaded(first, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, true);
    CHECK_EQUAL(region_current()->entry_count, 4);
}

/* D4: there is no snapshot and no cursor that another load could write back. */
TEST(ancestor_d04_default_loads_never_rewind_the_alternate_site)
{
    world_start();
    struct object *a = world_small_library(MEBIBYTE), *b = world_small_library(2 * MEBIBYTE),
                  *c = world_small_library(3 * MEBIBYTE);

    world_check_loaded(b, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    world_check_loaded(a, ANY, 0, TEXT + MEBIBYTE, false);
    world_check_loaded(c, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
    world_check_loaded(b, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, true);
}

TEST(r2_5_both_windows_must_be_free_over_the_whole_span)
{
    world_start();
    /* Text on pages 0 and 1, data on page 2: no offset below 3 is free in both windows, whatever a span needs. */
    world_check_loaded(world_small_library(MEBIBYTE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    struct plan plan = { .segment_count = 1, .segments = { { DATA + MEBIBYTE, 16, 16, ELF_READ | ELF_WRITE } } };

    world_check_loaded(world_planned(&plan), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 3 * PAGE_SIZE, false);
    world_check_loaded(world_planned(&plan), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + 4 * PAGE_SIZE, false);
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
    struct object *small = world_small_library(MEBIBYTE);

    world_check_loaded(spanning(PAGE_SIZE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    world_check_refused(spanning(room), ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC);
    world_check_loaded(spanning(room - PAGE_SIZE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE + PAGE_SIZE, false);
    world_check_refused(small, ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC);
    world_check_refused(spanning(PAGE_SIZE), ABI_REGION_ALTERNATE_SITE, 0, -ENOSPC);
}

TEST(ancestor_d02_a_load_without_alternate_space_leaves_nothing_behind)
{
    uint64_t room = ABI_WINDOW_END - ALTERNATE;

    world_start();
    struct object *large = spanning(room + PAGE_SIZE);

    world_check_refused(large, ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
    world_check_refused(large, ABI_REGION_ALTERNATE_SITE, 0, -EFBIG);
    world_check_loaded(world_small_library(MEBIBYTE), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
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

    world_check_loaded(object, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
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
    world_check_loaded(object, ANY, 0, TEXT + MEBIBYTE, false);
    CHECK_EQUAL(word_at(DATA + data), file_word(object, file_data));
    CHECK_EQUAL(stub_counts.pages_copied - copied, 4);
}

/* A list that is read in several pieces: every word of it slides, and one wrong word is found wherever it is. */
TEST(r2_5_every_word_of_a_long_list_slides)
{
    uint64_t data = MEBIBYTE + 2 * PAGE_SIZE, slide = ALTERNATE - MEBIBYTE;
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x1000, 0);

    world_start();
    plan.slides_count = ARRAY_COUNT(plan.slides);
    for (unsigned i = 0; i < plan.slides_count; i++) {
        plan.slides[i] = (uint32_t)(data + 8 * i);
    }
    struct object *object = world_planned(&plan);
    uint64_t file_data = object->size_bytes - PAGE_SIZE;

    world_check_loaded(object, ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        uint64_t added = i < plan.slides_count ? slide : 0;

        CHECK_EQUAL(word_at(DATA + ALTERNATE + 2 * PAGE_SIZE + 8 * i), file_word(object, file_data + 8 * i) + added);
    }
    for (unsigned i = 60; i < plan.slides_count; i += 4) {
        plan.slides[i]--;
        world_check_refused(world_planned(&plan), ABI_REGION_ALTERNATE_SITE, 0, -ENOEXEC);
        plan.slides[i]++;
    }
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

        world_check_refused(object, ABI_REGION_ALTERNATE_SITE, 0, -ENOEXEC);
    }
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0x1000);

    plan.slides_count = 2;
    plan.slides[0] = (uint32_t)data + 8;
    plan.slides[1] = (uint32_t)data + 0x800 - 8;
    world_check_loaded(world_planned(&plan), ABI_REGION_ALTERNATE_SITE, 0, TEXT + ALTERNATE, false);
}

/* --- 2.6 Placement */

TEST(r2_6_what_is_taken_in_either_window_is_eexist)
{
    world_start();
    struct object *first = world_small_library(MEBIBYTE);
    const struct plan taken[] = {
        { .segment_count = 1, .segments = { { TEXT + MEBIBYTE, 16, 16, ELF_READ } } },
        { .segment_count = 1, .segments = { { TEXT + MEBIBYTE - PAGE_SIZE, PAGE_SIZE + 1, PAGE_SIZE + 1, ELF_READ } } },
        { .segment_count = 1, .segments = { { DATA + MEBIBYTE + 2 * PAGE_SIZE, 0, 1, ELF_READ | ELF_WRITE } } },
        { .segment_count = 1, .segments = { { DATA, 0, 2 * MEBIBYTE, ELF_READ | ELF_WRITE } } },
    };

    world_check_loaded(first, ANY, 0, TEXT + MEBIBYTE, false);
    for (unsigned i = 0; i < ARRAY_COUNT(taken); i++) {
        world_check_refused(world_planned(&taken[i]), ANY, 0, -EEXIST);
    }
    struct plan between = { .segment_count = 1,
                            .segments = { { DATA + MEBIBYTE, 0, 2 * PAGE_SIZE, ELF_READ | ELF_WRITE } } };

    world_check_loaded(world_planned(&between), ANY, 0, TEXT + MEBIBYTE, false);
}

TEST(r2_6_a_file_that_was_not_linked_for_the_windows_is_enoexec)
{
    struct abi_region_loaded answer = world_untouched;
    struct reason reason = { "" };

    world_start();
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);
    struct region_load_request request = { .image = image_of(object),
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST,
                                           .reason = &reason };

    CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), -ENOEXEC);
    CHECK_STRING(reason.text, "not a library: 0xa0100000 is not in the text window");
    world_check_refused(object, ANY, 0, -ENOEXEC);
}
