/* shared/image.c: from an address of a task back to the image and its byte, and the same of a region. */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "shared_world.h"
#include "harts.h"
#include "stub.h"

#define TEXT ABI_TEXT_WINDOW
#define DATA ABI_DATA_WINDOW
#define ANY ABI_REGION_ANY_BASE
#define MEBIBYTE 0x100000ull

static struct map *map;

static struct map *new_map(void)
{
    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    return map;
}

static void drop_map(void)
{
    region_detach(map);
    map_destroy(map);
}

static void check_unknown(uint64_t address)
{
    struct image image = { .length = 1 };
    uint64_t offset = 2;

    CHECK_EQUAL(image_find(map, address, &image, &offset), -ENOENT);
    CHECK(image.object == NULL && image.length == 1 && offset == 2);
}

/* What the task reads at @address is the byte of @object that is found, in an image that begins at @start. */
static void check_byte(uint64_t address, const struct object *object, uint64_t start)
{
    struct image image;
    uint64_t offset;
    uint8_t seen, byte;

    CHECK_EQUAL(image_find(map, address, &image, &offset), 0);
    CHECK(image.object == object && image.offset == start && image.length == object->size_bytes - start);
    CHECK_EQUAL(image_read(&image, offset, &byte, 1), 0);
    CHECK_EQUAL(harts_load(map, address, &seen), 0);
    CHECK_EQUAL(seen, byte);
}

static void check_bytes(const struct elf_segment *segment, const struct object *object, uint64_t start)
{
    for (uint64_t i = 0; i < segment->file_bytes; i += 0x55) {
        check_byte(segment->address + i, object, start);
    }
    check_byte(segment->address + segment->file_bytes - 1, object, start);
}

static struct elf parsed(struct object *object)
{
    struct image image = image_of(object);
    struct elf elf;

    CHECK_EQUAL(elf_parse(&image, &elf, NULL), 0);
    return elf;
}

static void check_program(bool is_packed)
{
    struct program *program;
    struct plan plan = world_program();

    if (is_packed) {
        world_pack(&plan); /* its edges are copied: shadows */
    }
    struct object *object = world_planned(&plan);
    struct image image = image_of(object);
    struct elf elf = parsed(object);

    CHECK_EQUAL(program_acquire_relock(&image, account_root(), &program, NULL), 0);
    CHECK_EQUAL(program_map_relock(program, new_map()), 0);
    for (unsigned i = 0; i < elf.segment_count; i++) {
        check_bytes(&elf.segments[i], object, 0);
    }
    check_unknown(page_round_down(plan.segments[0].address) - 1);
    check_unknown(plan.segments[2].address + PAGE_SIZE); /* bss */
    drop_map();
    program_put(program);
}

TEST(a_programs_addresses_lead_to_its_file)
{
    world_start();
    check_program(false);
    check_program(true);
}

TEST(a_byte_that_the_task_has_written_still_leads_to_where_it_came_from)
{
    struct program *program;
    struct image image;
    uint64_t offset, before;

    world_start();
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);
    uint64_t data = plan.segments[2].address;

    image = image_of(object);
    CHECK_EQUAL(program_acquire_relock(&image, account_root(), &program, NULL), 0);
    CHECK_EQUAL(program_map_relock(program, new_map()), 0);
    CHECK_EQUAL(image_find(map, data, &image, &before), 0);
    CHECK_EQUAL(harts_store(map, data, 1), 0);
    CHECK_EQUAL(image_find(map, data, &image, &offset), 0);
    CHECK(image.object == object && offset == before);
    drop_map();
    program_put(program);
}

TEST(an_address_of_a_file_mapped_in_part_leads_to_the_right_byte)
{
    world_start();
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);
    struct map_request request = { .start = MAP_AREA_START,
                                   .size_bytes = 16 * PAGE_SIZE,
                                   .object = object,
                                   .object_page = 2,
                                   .protection = ABI_PROT_READ,
                                   .max_protection = ABI_PROT_READ };

    CHECK_EQUAL(map_add(new_map(), &request), 0);
    uint64_t end = MAP_AREA_START + object->size_bytes - 2 * PAGE_SIZE;

    check_byte(MAP_AREA_START, object, 0);
    check_byte(end - 1, object, 0);
    check_unknown(page_round_up(end)); /* the entry goes on, the file does not */
    request = (struct map_request){ .start = MAP_LARGE_START, .size_bytes = PAGE_SIZE };
    CHECK_EQUAL(map_add(map, &request), 0);
    check_unknown(MAP_LARGE_START); /* no object at all */
    drop_map();
}

TEST(an_address_in_the_windows_leads_to_the_library_wherever_it_was_loaded)
{
    static const struct {
        uint32_t flags;
        uint64_t slide;
    } sites[] = { { ANY, 0 }, { ABI_REGION_ALTERNATE_SITE, ABI_ALTERNATE_BASE - MEBIBYTE } };

    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x1800, 0x800, 0x2000);
    struct object *first = world_planned(&plan);

    plan.fill = 77;
    struct object *second = world_planned(&plan);
    struct object *const objects[] = { first, second };

    new_map();
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct elf elf = parsed(objects[i]);

        world_check_loaded(objects[i], sites[i].flags, 0, TEXT + MEBIBYTE + sites[i].slide, false);
        for (unsigned j = 0; j < elf.segment_count; j++) {
            elf.segments[j].address += sites[i].slide;
            check_bytes(&elf.segments[j], objects[i], 0);
        }
        check_unknown(elf.segments[2].address + PAGE_SIZE); /* zero-fill */
    }
    check_unknown(TEXT);
    check_unknown(TEXT + MEBIBYTE - 1);
    check_unknown(DATA);
    check_unknown(DATA + WINDOW_BYTES - 1);
    drop_map();
}

TEST(an_image_that_begins_inside_its_file_is_found_from_there)
{
    world_start();
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0);
    struct bytes file = world_build(&plan);
    uint64_t start = 3 * PAGE_SIZE;
    struct bytes shifted = { .data = calloc(1, start + file.size), .size = start + file.size };

    memcpy(shifted.data + start, file.data, file.size);
    free(file.data);
    struct object *object = world_file(shifted);
    struct abi_region_loaded answer;
    struct region_load_request request = { .image = { object, start, file.size },
                                           .account = account_root(),
                                           .flags = ANY | ABI_REGION_IMAGE_MANIFEST };

    CHECK_EQUAL(region_load_relock(region_current(), &request, &answer), 0);
    new_map();
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    check_byte(TEXT + MEBIBYTE + 0x123, object, start);
    drop_map();
}

TEST(an_address_that_is_nowhere_leads_to_nothing)
{
    static const uint64_t nowhere[] = {
        0, 1, TEXT, DATA, MAP_IMAGE_START, SV39_USER_END - 1, SV39_USER_END, 1ull << 63, UINT64_MAX - 1, UINT64_MAX
    };

    world_start();
    new_map();
    for (size_t i = 0; i < ARRAY_COUNT(nowhere); i++) {
        check_unknown(nowhere[i]); /* attached to nothing, nothing in it */
    }
    CHECK_EQUAL(region_attach(region_current(), map), 0);
    for (size_t i = 0; i < ARRAY_COUNT(nowhere); i++) {
        check_unknown(nowhere[i]);
    }
    drop_map();
}
