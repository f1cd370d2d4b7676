/*
 * Random loads into regions that come and go, against a plain model: one array of pages for each window that says whose
 * each page is, and the bytes that it has to show. Now and then an allocation fails; then nothing may have changed.
 */
#include "region_load.h"

#include <stdlib.h>
#include <string.h>

#include "abi_errno.h"
#include "shared_world.h"
#include "stub.h"

#define IMAGES 48u
#define WINDOW_PAGES (ABI_WINDOW_BYTES / PAGE_SIZE)
#define ALTERNATE_PAGE (ABI_ALTERNATE_BASE / PAGE_SIZE)
#define END_PAGE (ABI_WINDOW_END / PAGE_SIZE)
#define NOT_LOADED UINT64_MAX

struct model_image {
    struct object *object;
    struct plan plan;
    struct derived_manifest manifest;
    uint64_t link_page;
    uint64_t span_pages;
    uint64_t loaded_page[2]; /* by site */
};

static struct model_image images[IMAGES];
static bool taken[2][WINDOW_PAGES];
static struct region *region;
static uint64_t seed;

static uint64_t random_below(uint64_t limit)
{
    return (check_random(&seed) >> 16) % limit;
}

static uint64_t pages_of(const struct abi_extent *extent)
{
    return page_round_up(extent->size_bytes) / PAGE_SIZE;
}

/* Mostly in an arena of 100 pages, so that images collide; some around the alternate base; a few huge ones. */
static void make_image(struct model_image *image)
{
    uint64_t kind = random_below(12), base = PAGE_SIZE * (256 + random_below(100));
    struct plan plan;

    if (kind == 0) {
        base = ABI_ALTERNATE_BASE - PAGE_SIZE * random_below(8);
    }
    plan = world_library(base, 1 + random_below(4 * PAGE_SIZE), 1 + random_below(3 * PAGE_SIZE),
                         kind == 1 && random_below(3) == 0 ? 96u << 20 : random_below(3 * PAGE_SIZE));
    plan.fill = (uint8_t)random_below(256);
    if (kind % 2 == 0) {
        world_pack(&plan);
    }
    for (uint64_t at = 0; plan.slides_count < 8 && at + 8 <= plan.segments[2].file_bytes;
         at += 8 + random_below(3000)) {
        plan.slides[plan.slides_count++] = (uint32_t)(plan.segments[2].address - ABI_DATA_WINDOW + at);
    }
    image->plan = plan;
    image->object = world_planned(&plan);
    image->link_page = (world_derive(image->object, &image->manifest) - ABI_TEXT_WINDOW) / PAGE_SIZE;
    image->span_pages = manifest_span(manifest_of(&image->manifest)) / PAGE_SIZE;
}

static bool is_free(unsigned window, uint64_t page, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (taken[window][page + i]) {
            return false;
        }
    }
    return true;
}

static int expected_default(const struct model_image *image, uint64_t *page)
{
    if (image->link_page + image->span_pages > ALTERNATE_PAGE) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < image->manifest.count; i++) {
        const struct abi_extent *extent = &image->manifest.extents[i];

        if (!is_free(extent->window, image->link_page + extent->address / PAGE_SIZE, pages_of(extent))) {
            return -EEXIST;
        }
    }
    *page = image->link_page;
    return 0;
}

static int expected_alternate(const struct model_image *image, uint64_t *page)
{
    if (image->span_pages > END_PAGE - ALTERNATE_PAGE) {
        return -EFBIG;
    }
    for (uint64_t at = ALTERNATE_PAGE; at + image->span_pages <= END_PAGE; at++) {
        if (is_free(0, at, image->span_pages) && is_free(1, at, image->span_pages)) {
            *page = at;
            return 0;
        }
    }
    return -ENOSPC;
}

static void occupy(struct model_image *image, uint64_t page)
{
    for (uint32_t i = 0; i < image->manifest.count; i++) {
        const struct abi_extent *extent = &image->manifest.extents[i];

        for (uint64_t k = 0; k < pages_of(extent); k++) {
            taken[extent->window][page + extent->address / PAGE_SIZE + k] = true;
        }
    }
}

/* The byte that the plan puts at @address (at link time): the file's, with zeros behind its end. */
static uint8_t planned_byte(const struct model_image *image, unsigned segment, uint64_t address)
{
    const struct plan_segment *planned = &image->plan.segments[segment];
    struct bytes file = { world_byte(image->object, 0), image->object->size_bytes };

    if (address >= planned->address + planned->file_bytes) {
        return 0;
    }
    return *world_byte(image->object, world_header(file, segment)->offset - (planned->address & PAGE_MASK) +
                                          (address - page_round_down(planned->address)));
}

static uint8_t seen_byte(uint64_t address)
{
    pte_t pte = windows_entry(&region->windows, page_round_down(address));

    CHECK(pte != 0);
    return ((const uint8_t *)arch_direct(pte_frame(pte)))[address & PAGE_MASK];
}

/* Bytes of a loaded image, those of its data slid where they are listed. */
static void check_bytes(const struct model_image *image, uint64_t page)
{
    uint64_t slide = (page - image->link_page) * PAGE_SIZE;

    for (unsigned s = 0; s < image->plan.segment_count; s++) {
        const struct plan_segment *segment = &image->plan.segments[s];
        uint64_t start = page_round_down(segment->address);
        uint64_t size = segment->address + segment->memory_bytes - start;
        uint64_t checked = size < 5 * PAGE_SIZE ? size : 5 * PAGE_SIZE;
        static uint8_t wanted[5 * PAGE_SIZE];

        for (uint64_t i = 0; i < checked; i++) {
            wanted[i] = planned_byte(image, s, start + i);
        }
        for (unsigned i = 0; s == 2 && i < image->plan.slides_count; i++) {
            uint64_t word, at = image->plan.slides[i] + ABI_DATA_WINDOW - start;

            memcpy(&word, wanted + at, sizeof(word));
            word += slide;
            memcpy(wanted + at, &word, sizeof(word));
        }
        for (uint64_t i = 0; i < checked; i++) {
            CHECK_EQUAL(seen_byte(start + slide + i), wanted[i]);
        }
    }
}

static void start_region(void)
{
    memset(taken, 0, sizeof(taken));
    for (unsigned i = 0; i < IMAGES; i++) {
        images[i].loaded_page[0] = images[i].loaded_page[1] = NOT_LOADED;
    }
    CHECK_EQUAL(region_create_relock(REGION_SYSTEM, account_root(), load_hash_system(), &region), 0);
}

static void step(void)
{
    struct model_image *image = &images[random_below(IMAGES)];
    unsigned site = (unsigned)random_below(2);
    bool any_base = random_below(2), own_manifest = random_below(2), fails = random_below(4) == 0;
    uint64_t page = image->loaded_page[site], wrong_pages = random_below(8) == 0;
    bool hit = page != NOT_LOADED;
    int expected = hit ? 0 : site ? expected_alternate(image, &page) : expected_default(image, &page);
    struct region_load_request request = {
        .image = image_of(image->object),
        .account = account_root(),
        .base = ABI_TEXT_WINDOW + (image->link_page + wrong_pages) * PAGE_SIZE,
        .flags = (site ? ABI_REGION_ALTERNATE_SITE : 0) | (any_base ? ABI_REGION_ANY_BASE : 0) |
                 (own_manifest ? 0 : ABI_REGION_IMAGE_MANIFEST),
        .manifest = { own_manifest ? image->manifest.count : 0, image->manifest.extents },
    };
    struct abi_region_loaded answer = { .base = 1 };

    if (!site && !any_base && wrong_pages != 0) {
        expected = -EINVAL;
    }
    uint64_t free_frames = world_free_frames();
    uint32_t entries = region->entry_count, records = load_hash_system()->records.used_count;

    stub_fail_allocation(fails ? 1 + random_below(6) : 0);
    int error = region_load_relock(region, &request, &answer);

    stub_fail_allocation(0);
    CHECK(error == expected || (error == -ENOMEM && expected == 0 && fails && !hit));
    if (error != 0 || hit) {
        CHECK_EQUAL(world_free_frames(), free_frames);
        CHECK_EQUAL(region->entry_count, entries);
        CHECK_EQUAL(load_hash_system()->records.used_count, records);
        CHECK(error == 0 || answer.base == 1);
    }
    if (error == 0) {
        CHECK_EQUAL(answer.base, ABI_TEXT_WINDOW + page * PAGE_SIZE);
        CHECK_EQUAL((answer.answer & ABI_REGION_PREVIOUSLY_LOADED) != 0, hit);
        image->loaded_page[site] = page;
        if (!hit) {
            occupy(image, page);
            check_bytes(image, page);
        }
    }
}

/* Every page that the model has, and no other. */
static void check_region(void)
{
    for (uint64_t page = 0; page < ABI_WINDOW_END >> PAGE_SHIFT; page++) {
        CHECK_EQUAL(windows_entry(&region->windows, ABI_TEXT_WINDOW + page * PAGE_SIZE) != 0, taken[0][page]);
        CHECK_EQUAL(windows_entry(&region->windows, ABI_DATA_WINDOW + page * PAGE_SIZE) != 0, taken[1][page]);
    }
    for (unsigned i = 0; i < IMAGES; i++) {
        for (unsigned site = 0; site < 2; site++) {
            if (images[i].loaded_page[site] != NOT_LOADED) {
                check_bytes(&images[i], images[i].loaded_page[site]);
            }
        }
    }
}

static void run(uint64_t first_seed)
{
    seed = first_seed;
    world_start();
    for (unsigned i = 0; i < IMAGES; i++) {
        make_image(&images[i]);
    }
    uint64_t free_frames = 0;

    for (unsigned round = 0; round < 8; round++) {
        start_region();
        for (unsigned i = 0; i < 400; i++) {
            step();
        }
        check_region();
        region_put(region);
        shared_reclaim();
        CHECK_EQUAL(load_hash_system()->entry_count, 0);
        CHECK(round == 0 || world_free_frames() == free_frames);
        free_frames = world_free_frames();
    }
    world_audit();
}

TEST(r2_9_random_loads_agree_with_a_page_map_1)
{
    run(1);
}

TEST(r2_9_random_loads_agree_with_a_page_map_2)
{
    run(20261123);
}

TEST(r2_9_random_loads_agree_with_a_page_map_3)
{
    run(0x123456789abcdef);
}
