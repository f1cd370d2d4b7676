/* shared/program.c: programs as load entries of their own site (rule 2.12), and the libraries that they name. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "frame.h"
#include "shared_world.h"
#include "harts.h"
#include "stub.h"

#define MEBIBYTE 0x100000ull

static struct program *const no_program = (struct program *)0x1234;

static int acquire(struct object *object, struct program **out, struct reason *reason)
{
    struct image image = image_of(object);

    return program_acquire_relock(&image, account_root(), out, reason);
}

/* Refused with ENOEXEC and these words; nothing has changed, the output included. */
static void check_refused(const struct plan *plan, const char *words)
{
    struct object *object = world_planned(plan);
    struct program *program = no_program;
    struct reason reason = { "" };
    uint64_t state = world_state();

    CHECK_EQUAL(acquire(object, &program, &reason), -ENOEXEC);
    CHECK(program == no_program);
    CHECK_EQUAL(world_state(), state);
    if (strstr(reason.text, words) == NULL) {
        CHECK_STRING(reason.text, words);
    }
    object_put(object);
}

static struct map *new_map(void)
{
    struct map *map;

    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    return map;
}

static uint8_t load(struct map *map, uint64_t address)
{
    uint8_t byte;

    CHECK_EQUAL(harts_load(map, address, &byte), 0);
    return byte;
}

TEST(r2_12_a_second_instance_is_a_hit_that_reads_and_copies_nothing)
{
    struct program *first, *second;

    world_start();
    struct plan plan = world_program();

    world_pack(&plan);
    struct object *object = world_planned(&plan);

    CHECK_EQUAL(acquire(object, &first, NULL), 0);
    uint64_t copied = stub_counts.pages_copied, headers = object->initrd_start.value;

    CHECK(copied > 0); /* packed: edges hold foreign bytes */
    memset(arch_direct(paddr(headers)), 0, 64); /* no ELF file any more: nobody looks */
    stub_fail_allocation(1);
    CHECK_EQUAL(acquire(object, &second, NULL), 0);
    CHECK_EQUAL(stub_allocation_count(), 0);
    stub_fail_allocation(0);
    CHECK(first == second);
    CHECK_EQUAL(stub_counts.pages_copied, copied);
    CHECK_EQUAL(load_hash_system()->entry_count, 1);
    program_put(first);
    program_put(second);
    world_audit();
}

TEST(r2_12_two_tasks_map_the_same_read_only_frames)
{
    struct map *maps[2];
    struct program *program;

    world_start();
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);

    for (unsigned i = 0; i < 2; i++) {
        maps[i] = new_map();
        CHECK_EQUAL(acquire(object, &program, NULL), 0);
        CHECK_EQUAL(program_map_relock(program, maps[i]), 0);
        CHECK_EQUAL(maps[i]->heap_start, MAP_IMAGE_START + 0x6000);
        CHECK_EQUAL(maps[i]->heap_end, maps[i]->heap_start);
    }
    uint64_t frames = frame_free_count();

    for (unsigned i = 0; i < 2; i++) {
        for (uint64_t offset = 0; offset < 0x1800; offset += 0x400) {
            CHECK_EQUAL(load(maps[i], MAP_IMAGE_START + offset), *world_byte(object, PAGE_SIZE + offset));
        }
        CHECK_EQUAL(load(maps[i], MAP_IMAGE_START + 0x2000), *world_byte(object, 3 * PAGE_SIZE));
    }
    CHECK_EQUAL(frame_free_count(), frames); /* all of it was there, populated */
    CHECK_EQUAL(stub_counts.faults, 0);
    /* Two mappings each, and the initrd's own reference. */
    CHECK_EQUAL(frame_of(paddr(object->initrd_start.value + PAGE_SIZE))->ref_count, 3);
    for (unsigned i = 0; i < 2; i++) {
        map_destroy(maps[i]);
        program_put(program);
    }
}

TEST(r2_12_data_is_private_and_starts_as_in_the_file)
{
    struct map *maps[2] = { NULL, NULL };
    struct program *program;
    uint64_t data = MAP_IMAGE_START + 0x3000;

    world_start();
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);
    uint8_t first = *world_byte(object, 4 * PAGE_SIZE);

    CHECK_EQUAL(acquire(object, &program, NULL), 0);
    for (unsigned i = 0; i < 2; i++) {
        maps[i] = new_map();
        CHECK_EQUAL(program_map_relock(program, maps[i]), 0);
    }
    CHECK_EQUAL(load(maps[0], data), first);
    CHECK_EQUAL(harts_store(maps[0], data, (uint8_t)(first + 1)), 0);
    CHECK_EQUAL(harts_store(maps[0], data + 0x2000, 9), 0);
    CHECK_EQUAL(load(maps[0], data), (uint8_t)(first + 1));
    CHECK_EQUAL(load(maps[1], data), first);
    CHECK_EQUAL(load(maps[1], data + 0x2000), 0);
    for (uint64_t offset = 0x300; offset < 0x1000; offset++) {
        CHECK_EQUAL(load(maps[1], data + offset), 0);
    }
    CHECK_EQUAL(*world_byte(object, 4 * PAGE_SIZE), first);
    for (unsigned i = 0; i < 2; i++) {
        map_destroy(maps[i]);
    }
    program_put(program);
}

TEST(r2_8_a_programs_text_never_becomes_writable)
{
    struct program *program;
    uint8_t byte;

    world_start();
    struct plan plan = world_program();
    struct map *map = new_map();

    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(program_map_relock(program, map), 0);
    for (uint64_t address = MAP_IMAGE_START; address < MAP_IMAGE_START + 0x3000; address += PAGE_SIZE) {
        CHECK_EQUAL(map_protect(map, address, PAGE_SIZE, ABI_PROT_READ | ABI_PROT_WRITE), -EACCES);
        CHECK_EQUAL(harts_store(map, address, 1), -EFAULT);
    }
    CHECK_EQUAL(map_protect(map, MAP_IMAGE_START + 0x3000, PAGE_SIZE, ABI_PROT_READ | ABI_PROT_EXEC), -EACCES);
    CHECK_EQUAL(harts_fetch(map, MAP_IMAGE_START, &byte), 0);
    CHECK_EQUAL(harts_fetch(map, MAP_IMAGE_START + 0x2000, &byte), -EFAULT);
    CHECK_EQUAL(harts_fetch(map, MAP_IMAGE_START + 0x3000, &byte), -EFAULT);
    map_destroy(map);
    program_put(program);
}

TEST(b4_segments_where_no_programs_may_be_are_refused)
{
    const uint64_t wrong[] = { 0,
                               0x1000,
                               0xf000,
                               0x40000000 - 0x1000,
                               0x40000000,
                               ABI_TEXT_WINDOW,
                               ABI_TEXT_WINDOW + 0x1000000,
                               ABI_DATA_WINDOW,
                               ABI_DATA_WINDOW + ABI_WINDOW_BYTES - 0x1000,
                               0x90000000,
                               MAP_STACK_END - 0x1000,
                               MAP_STACK_END,
                               MAP_IMAGE_END - 0x1000,
                               MAP_IMAGE_END,
                               MAP_LARGE_START,
                               1ull << 38,
                               0x4000000000 - 0x2000,
                               0xffffffc000000000,
                               0xffffffffc0000000,
                               UINT64_MAX - 0x3fff };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct plan plan = world_program();

        plan.segments[0].address = wrong[i];
        plan.segments[0].memory_bytes = plan.segments[0].file_bytes = 0x1800;
        plan.entry = wrong[i];
        check_refused(&plan, "no program's place");
        plan = world_program();
        plan.segments[2].address = wrong[i];
        plan.segments[2].memory_bytes =
            wrong[i] - (MAP_STACK_END - 0x1000) <= 0x1000 ? 0x300 : 0x2300; /* no overlap with text */
        check_refused(&plan, "no program's place");
    }
}

TEST(programs_at_both_ends_of_both_ranges_are_accepted)
{
    const uint64_t right[] = { 0x10000, 0x40000000 - 0x2000, MAP_IMAGE_START, MAP_IMAGE_END - 0x2000 };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(right); i++) {
        struct plan plan = { .entry = right[i],
                             .segment_count = 1,
                             .segments = { { right[i], 0x1800, 0x2000, ELF_READ | ELF_EXECUTE } } };
        struct program *program;
        struct map *map = new_map();

        CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
        CHECK_EQUAL(program_map_relock(program, map), 0);
        CHECK_EQUAL(map->heap_start, right[i] + 0x2000);
        map_destroy(map);
        program_put(program);
    }
    world_audit();
}

TEST(a_large_program_is_mapped_by_faults)
{
    struct plan plan = world_program();
    struct program *program;

    world_start();
    plan.segments[0].file_bytes = plan.segments[0].memory_bytes = 17 * PAGE_SIZE;
    plan.segments[1].address += 32 * PAGE_SIZE;
    plan.segments[2].address += 32 * PAGE_SIZE;
    struct map *map = new_map();

    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    uint64_t frames = frame_free_count();

    CHECK_EQUAL(program_map_relock(program, map), 0);
    CHECK(frames - frame_free_count() <= 1); /* entries of the map, but no table */
    load(map, MAP_IMAGE_START + 16 * PAGE_SIZE);
    CHECK(stub_counts.faults > 0);
    map_destroy(map);
    program_put(program);
}

TEST(a_gap_between_read_only_segments_ends_what_is_mapped_at_once)
{
    struct plan plan = world_program();
    struct program *program;

    world_start();
    plan.segments[1].address += 4 * PAGE_SIZE;
    plan.segments[2].address += 4 * PAGE_SIZE;
    struct map *map = new_map();

    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(program_map_relock(program, map), 0);
    load(map, MAP_IMAGE_START);
    load(map, MAP_IMAGE_START + PAGE_SIZE);
    CHECK_EQUAL(stub_counts.faults, 0);
    load(map, plan.segments[1].address);
    CHECK(stub_counts.faults > 0);
    map_destroy(map);
    program_put(program);
}

TEST(a_program_without_any_content_is_zeros)
{
    struct plan plan = { .entry = MAP_IMAGE_START,
                         .segment_count = 1,
                         .segments = { { MAP_IMAGE_START, 0, 0x1000, ELF_READ | ELF_EXECUTE } } };
    struct program *program;

    world_start();
    struct map *map = new_map();

    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(program_map_relock(program, map), 0);
    CHECK_EQUAL(load(map, MAP_IMAGE_START), 0);
    map_destroy(map);
    program_put(program);
}

TEST(b5_an_entry_point_outside_executable_segments_is_refused)
{
    const uint64_t wrong[] = { 0,
                               MAP_IMAGE_START - 2,
                               MAP_IMAGE_START + 0x1800,
                               MAP_IMAGE_START + 0x2000,
                               MAP_IMAGE_START + 0x3000,
                               MAP_IMAGE_START + 1,
                               MAP_IMAGE_START | 1ull << 63,
                               UINT64_MAX - 1 };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct plan plan = world_program();

        plan.entry = wrong[i];
        check_refused(&plan, "entry point");
    }
    struct plan plan = world_program();
    struct program *program;

    plan.entry = MAP_IMAGE_START + 0x17fe;
    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
}

TEST(b5_bytes_behind_a_segment_in_its_last_page_are_zero)
{
    struct program *program;

    world_start();
    struct plan plan = world_program();

    world_pack(&plan);
    struct object *object = world_planned(&plan);
    struct map *map = new_map();

    CHECK_EQUAL(acquire(object, &program, NULL), 0);
    CHECK_EQUAL(program_map_relock(program, map), 0);
    for (unsigned i = 0; i < plan.segment_count; i++) {
        uint64_t start = plan.segments[i].address, end = start + plan.segments[i].file_bytes;
        uint64_t offset = world_header((struct bytes){ world_byte(object, 0), 0 }, i)->offset;

        for (uint64_t address = start; address < end; address++) {
            CHECK_EQUAL(load(map, address), *world_byte(object, offset + (address - start)));
        }
        for (uint64_t address = end; !is_page_aligned(address); address++) {
            CHECK_EQUAL(load(map, address), 0);
        }
    }
    map_destroy(map);
    program_put(program);
}

TEST(a_padded_program_copies_no_page)
{
    struct program *program;

    world_start();
    struct plan plan = world_program();

    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(stub_counts.pages_copied, 0);
    CHECK_EQUAL(stub_counts.instruction_fences, 0);
    plan.segments[0].file_bytes++; /* text's end is not the file's page end: the same holds */
    plan.segments[0].memory_bytes++;
    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(stub_counts.pages_copied, 0);
    world_pack(&plan);
    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(stub_counts.instruction_fences, 1); /* text was copied */
}

TEST(r2_12_the_key_has_the_domain_unless_it_is_an_initrd_image)
{
    struct program *a, *b, *c;
    struct object *uploaded;
    struct account *other;

    world_start();
    CHECK_EQUAL(account_create(account_root()->domain + 1, &other), 0);
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);
    struct image image = image_of(object);

    CHECK_EQUAL(program_acquire_relock(&image, account_root(), &a, NULL), 0);
    CHECK_EQUAL(program_acquire_relock(&image, other, &b, NULL), 0);
    CHECK(a == b);
    /* The same bytes in an object that is no file of the initrd. */
    CHECK_EQUAL(object_create_anonymous(object->size_bytes, &uploaded), 0);
    for (uint64_t i = 0; i < object_page_count(object); i++) {
        paddr_t frame;

        CHECK_EQUAL(object_page_own_relock(uploaded, i, account_root(), &frame), 0);
        memcpy(arch_direct(frame), world_byte(object, i * PAGE_SIZE), PAGE_SIZE);
    }
    image = image_of(uploaded);
    CHECK_EQUAL(program_acquire_relock(&image, account_root(), &b, NULL), 0);
    CHECK_EQUAL(program_acquire_relock(&image, other, &c, NULL), 0);
    CHECK(a != b && a != c && b != c);
    CHECK_EQUAL(load_hash_system()->entry_count, 3);
    world_audit();
}

TEST(r2_12_an_unused_entry_stays_until_frames_are_short)
{
    struct program *used, *unused;

    world_start();
    struct plan plan = world_program();
    struct object *a = world_planned(&plan), *b = world_planned(&plan);
    uint64_t free_frames = world_free_frames();

    world_pack(&plan);
    struct object *c = world_planned(&plan);

    CHECK_EQUAL(acquire(a, &used, NULL), 0);
    CHECK_EQUAL(acquire(b, &unused, NULL), 0);
    program_put(unused);
    CHECK_EQUAL(acquire(c, &unused, NULL), 0);
    program_put(unused);
    CHECK_EQUAL(load_hash_system()->entry_count, 3);
    /* Everything free is taken; the copied pages of c's entry are found by the last frame_alloc(). */
    static paddr_t taken[WORLD_FREE_PAGES];
    uint64_t got = 0;

    while (frame_alloc(FRAME_PAGE, &account_supervisor, &taken[got]) == 0) {
        *(uint64_t *)arch_direct(taken[got]) = 0x5555;
        got++;
    }
    CHECK_EQUAL(load_hash_system()->entry_count, 1);
    CHECK(free_frames - got <= 3 + 1); /* records, and a page of the pool of objects */
    struct program *again;

    CHECK_EQUAL(acquire(a, &again, NULL), 0);
    CHECK(again == used);
    CHECK_EQUAL(acquire(c, &again, NULL), -ENOMEM);
    while (got > 0) {
        frame_put(taken[--got]);
    }
    world_audit();
}

TEST(r2_9_every_allocation_of_a_first_start_fails_once)
{
    struct program *program = no_program;
    unsigned failures = 0;

    world_start();
    struct plan plan = world_program();

    world_pack(&plan);
    plan.needs_count = 2;
    strcpy(plan.needs[0].name, "a");
    strcpy(plan.needs[1].name, "b");
    struct object *object = world_planned(&plan);
    uint64_t state = world_state();

    for (uint64_t nth = 1;; nth++) {
        stub_fail_allocation(nth);
        int error = acquire(object, &program, NULL);

        stub_fail_allocation(0);
        if (error == 0) {
            break;
        }
        failures++;
        CHECK_EQUAL(error, -ENOMEM);
        CHECK(program == no_program);
        CHECK_EQUAL(world_state(), state);
    }
    CHECK(failures > 6);
    world_audit();
    /* Mapping, likewise: a map with nothing in it each time. */
    for (uint64_t nth = 1;; nth++) {
        struct map *map = new_map();

        stub_fail_allocation(nth);
        int error = program_map_relock(program, map);

        stub_fail_allocation(0);
        CHECK_EQUAL(map->entry_count, error == 0 ? 4 : 0);
        map_destroy(map);
        if (error == 0) {
            break;
        }
        CHECK_EQUAL(error, -ENOMEM);
    }
    program_put(program);
    shared_reclaim();
    world_audit();
}

TEST(a_program_over_something_mapped_leaves_the_map_as_it_was)
{
    struct program *program;

    world_start();
    struct plan plan = world_program();
    struct map *map = new_map();
    struct map_request request = { .start = MAP_IMAGE_START + 0x3000,
                                   .size_bytes = PAGE_SIZE,
                                   .protection = ABI_PROT_READ,
                                   .max_protection = ABI_PROT_READ };

    CHECK_EQUAL(map_add(map, &request), 0);
    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(program_map_relock(program, map), -EEXIST);
    CHECK_EQUAL(map->entry_count, 1);
    CHECK_EQUAL(map->heap_start, 0);
    map_destroy(map);
    program_put(program);
}

TEST(program_headers_and_needs_are_told)
{
    struct program *program;

    world_start();
    struct plan plan = world_program();
    struct bytes file = world_build(&plan);

    world_header(file, 0)->offset = 0;
    CHECK_EQUAL(acquire(world_file(file), &program, NULL), 0);
    struct program_start start = program_start(program);

    CHECK_EQUAL(start.entry, plan.entry);
    CHECK_EQUAL(start.headers_address, MAP_IMAGE_START + 64);
    CHECK_EQUAL(start.header_count, 4);
    CHECK_EQUAL(start.needs_count, 0);
}

TEST(a_shorter_image_of_a_known_file_is_truncated)
{
    struct program *program, *other = no_program;
    struct reason reason = { "" };

    world_start();
    struct plan plan = world_program();
    struct object *object = world_planned(&plan);
    struct image image = image_of(object);

    CHECK_EQUAL(program_acquire_relock(&image, account_root(), &program, NULL), 0);
    image.length = 4 * PAGE_SIZE;
    CHECK_EQUAL(program_acquire_relock(&image, account_root(), &other, &reason), -ENOEXEC);
    CHECK_STRING(reason.text, "truncated");
    CHECK(other == no_program);
    image.length = object->size_bytes + 1;
    CHECK_EQUAL(program_acquire_relock(&image, account_root(), &other, &reason), -EINVAL);
}

/* --- Libraries */

struct folder {
    struct object *libraries[2];
    int error;
    unsigned opened;
};

static int open_library(const char *name, struct object **out, void *context)
{
    struct folder *folder = context;
    unsigned which = strcmp(name, "libc") == 0 ? 0 : 1;

    folder->opened++;
    if (folder->error != 0) {
        return folder->error;
    }
    if (folder->libraries[which] == NULL) {
        return -ENOENT;
    }
    object_get(folder->libraries[which]);
    *out = folder->libraries[which];
    return 0;
}

static struct object *library(uint64_t offset, uint8_t build_id)
{
    struct plan plan = world_library(offset, 0x800, 0x800, 0);

    plan.build_id = build_id;
    return world_planned(&plan);
}

static struct program *needing_two(void)
{
    struct plan plan = world_program();
    struct program *program;

    plan.needs_count = 2;
    strcpy(plan.needs[0].name, "libc");
    strcpy(plan.needs[1].name, "libm");
    memset(plan.needs[0].build_id, 0x11, ABI_BUILD_ID_BYTES);
    memset(plan.needs[1].build_id, 0x22, ABI_BUILD_ID_BYTES);
    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(program_start(program).needs_count, 2);
    return program;
}

static int load_libraries(struct program *program, struct folder *folder, struct reason *reason)
{
    static struct map *map;

    if (map == NULL) {
        CHECK_EQUAL(region_create_map_relock(region_current(), account_root(), &map), 0);
    }
    return program_load_libraries_relock(program, map, open_library, folder, reason);
}

TEST(libraries_are_opened_once_and_are_hits_from_then_on)
{
    world_start();
    struct folder folder = { .libraries = { library(MEBIBYTE, 0x11), library(2 * MEBIBYTE, 0x22) } };
    struct program *program = needing_two();

    CHECK_EQUAL(load_libraries(program, &folder, NULL), 0);
    CHECK_EQUAL(region_current()->entry_count, 2);
    CHECK_EQUAL(folder.opened, 2);
    uint64_t state = world_state();

    stub_fail_allocation(1);
    CHECK_EQUAL(load_libraries(program, &folder, NULL), 0);
    CHECK_EQUAL(stub_allocation_count(), 0);
    stub_fail_allocation(0);
    CHECK_EQUAL(folder.opened, 2);
    CHECK_EQUAL(world_state(), state);
    world_audit();
    program_put(program);
    uint32_t references = folder.libraries[0]->ref_count;

    shared_reclaim();
    CHECK_EQUAL(folder.libraries[0]->ref_count, references - 1);
    world_audit();
}

TEST(a_library_of_another_build_is_refused_by_name_and_both_builds)
{
    struct reason reason = { "" };

    world_start();
    struct folder folder = { .libraries = { library(MEBIBYTE, 0x11), library(2 * MEBIBYTE, 0x33) } };
    struct program *program = needing_two();

    CHECK_EQUAL(load_libraries(program, &folder, &reason), -ENOEXEC);
    CHECK_STRING(reason.text, "linked against libm of build 22222222, but here it is build 33333333");
    folder.libraries[1] = library(2 * MEBIBYTE, 0);
    CHECK_EQUAL(load_libraries(program, &folder, &reason), -ENOEXEC);
    CHECK_STRING(reason.text, "library libm has no build id");
    folder.libraries[1] = library(2 * MEBIBYTE, 0x22);
    CHECK_EQUAL(load_libraries(program, &folder, &reason), 0);
    world_audit();
}

TEST(a_library_that_is_missing_broken_or_in_the_way_is_named)
{
    struct reason reason = { "" };

    world_start();
    struct folder folder = { .libraries = { library(MEBIBYTE, 0x11), NULL } };
    struct program *program = needing_two();

    CHECK_EQUAL(load_libraries(program, &folder, &reason), -ENOEXEC);
    CHECK_STRING(reason.text, "library libm is missing");
    struct plan plan = world_program();

    plan.build_id = 0x22;
    folder.libraries[1] = world_planned(&plan);
    uint32_t references = folder.libraries[1]->ref_count;

    reason.text[0] = '\0';
    folder.error = -ENFILE;
    CHECK_EQUAL(load_libraries(program, &folder, &reason), -ENFILE);
    CHECK_STRING(reason.text, "");
    folder.error = 0;
    CHECK_EQUAL(load_libraries(program, &folder, &reason), -ENOEXEC);
    CHECK_STRING(reason.text, "library libm: not a library: 0xa0100000 is not in the text window");
    CHECK_EQUAL(folder.libraries[1]->ref_count, references + 1); /* it is the right build: kept */
    program = needing_two();
    folder.libraries[1] = world_file((struct bytes){ calloc(1, 10), 10 });
    references = folder.libraries[1]->ref_count;
    CHECK_EQUAL(load_libraries(program, &folder, &reason), -ENOEXEC);
    CHECK_STRING(reason.text, "library libm: not an ELF file");
    CHECK_EQUAL(folder.libraries[1]->ref_count, references);
    folder.libraries[1] = library(MEBIBYTE, 0x22);
    CHECK_EQUAL(load_libraries(program, &folder, &reason), -ENOEXEC);
    CHECK_STRING(reason.text, "library libm: another one has its place");
    world_audit();
}

TEST(a_program_without_libraries_needs_nothing_of_a_region)
{
    struct program *program;

    world_start();
    struct plan plan = world_program();

    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(load_libraries(program, NULL, NULL), 0);
    CHECK_EQUAL(region_current()->entry_count, 0);
}

/* The records' bound: programs that nobody runs make room for one that is started. */
TEST(r2_12_unused_programs_make_room_at_the_records_bound)
{
    struct record_batch batch;
    struct program *program;

    world_start();
    struct plan plan = world_program();
    struct record_pool *records = &load_hash_system()->records;

    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    program_put(program);
    CHECK_EQUAL(record_pool_reserve(records, RECORD_PAGES_MAX * 42 - records->used_count, &batch), 0);
    CHECK_EQUAL(acquire(world_planned(&plan), &program, NULL), 0);
    CHECK_EQUAL(load_hash_system()->entry_count, 1);
    struct program *other = no_program;

    CHECK_EQUAL(acquire(world_planned(&plan), &other, NULL), -ENOSPC);
    CHECK(other == no_program);
    record_pool_cancel(records, &batch);
    CHECK_EQUAL(acquire(world_planned(&plan), &other, NULL), 0);
    world_audit();
}
