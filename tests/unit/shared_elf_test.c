/* shared/elf.c and elf_notes.c: what is refused, and what an accepted file says. */
#include "elf.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "abi_errno.h"
#include "shared_world.h"

static int parse(struct bytes file, struct elf *elf, struct reason *reason)
{
    struct object *object = world_file(file);
    struct image image = image_of(object);

    return elf_parse(&image, elf, reason);
}

/* The file of @plan is refused, with @words in the reason. */
static void check_refused(const struct plan *plan, const char *words)
{
    struct reason reason = { "" };
    struct elf elf;

    CHECK_EQUAL(parse(world_build(plan), &elf, &reason), -ENOEXEC);
    if (strstr(reason.text, words) == NULL) {
        CHECK_STRING(reason.text, words);
    }
}

static void check_refused_file(struct bytes file, const char *words)
{
    struct reason reason = { "" };
    struct elf elf;

    CHECK_EQUAL(parse(file, &elf, &reason), -ENOEXEC);
    if (strstr(reason.text, words) == NULL) {
        CHECK_STRING(reason.text, words);
    }
}

TEST(a_good_file_is_parsed_to_the_byte)
{
    struct plan plan = world_program();
    struct elf elf;

    world_start();
    plan.needs_count = 1;
    strcpy(plan.needs[0].name, "libc");
    CHECK_EQUAL(parse(world_build(&plan), &elf, NULL), 0);
    CHECK_EQUAL(elf.entry, plan.entry);
    CHECK_EQUAL(elf.segment_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQUAL(elf.segments[i].address, plan.segments[i].address);
        CHECK_EQUAL(elf.segments[i].memory_bytes, plan.segments[i].memory_bytes);
        CHECK_EQUAL(elf.segments[i].file_bytes, plan.segments[i].file_bytes);
        CHECK_EQUAL(elf.segments[i].rights, plan.segments[i].rights);
    }
    CHECK(elf.has_build_id && elf.build_id[0] == 2 && elf.build_id[19] == 2);
    CHECK_EQUAL(elf.needs_count, 1);
    CHECK_STRING(elf.needs[0].name, "libc");
    CHECK_EQUAL(elf.slides_count, 0);
    CHECK(!elf.headers_mapped);
}

TEST(program_headers_in_a_segment_are_found_in_memory)
{
    struct plan plan = world_program();
    struct bytes file = world_build(&plan);
    struct program_header *first = world_header(file, 0);
    struct elf elf;

    world_start();
    first->offset = 0;
    CHECK_EQUAL(parse(file, &elf, NULL), 0);
    CHECK(elf.headers_mapped);
    CHECK_EQUAL(elf.headers_address, plan.segments[0].address + 64);
    CHECK_EQUAL(elf.header_count, 4);
}

TEST(b1_more_in_the_file_than_in_memory_is_refused)
{
    struct plan plan = world_program();

    world_start();
    plan.segments[2].memory_bytes = plan.segments[2].file_bytes - 1;
    check_refused(&plan, "segment 2 is larger in the file");
}

TEST(b2_sums_that_wrap_are_refused)
{
    const uint64_t extremes[] = { UINT64_MAX, UINT64_MAX - 0xfff, 1ull << 63, UINT64_MAX - 0x2fff };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(extremes); i++) {
        struct plan plan = world_program();

        plan.segments[2].memory_bytes = extremes[i];
        plan.segments[2].address = UINT64_MAX - 0xfff;
        check_refused(&plan, "segment 2 wraps");
        plan = world_program();
        struct bytes file = world_build(&plan);

        world_header(file, 1)->file_bytes = world_header(file, 1)->memory_bytes = extremes[i];
        check_refused_file(file, "segment 1");
    }
    for (unsigned i = 0; i < ARRAY_COUNT(extremes); i++) {
        struct plan plan = world_program();
        struct bytes file = world_build(&plan);

        world_header(file, 1)->offset = page_round_down(extremes[i]);
        check_refused_file(file, "segment 1 ends behind the file: truncated");
        file = world_build(&plan);
        *(uint64_t *)(file.data + 32) = extremes[i];
        check_refused_file(file, "truncated: program headers");
    }
}

TEST(b3_odd_headers_are_refused_without_an_assertion)
{
    const uint64_t alignments[] = { 3, 0x1001, UINT64_MAX };
    const uint16_t header_sizes[] = { 0, 55, 57, 64, 0xffff }, header_counts[] = { 0, 65, 0xffff };

    world_start();
    struct plan plan = world_program();

    plan.segments[1].memory_bytes = plan.segments[1].file_bytes = 0;
    check_refused(&plan, "segment 1 is empty");
    plan = world_program();
    for (unsigned i = 0; i < ARRAY_COUNT(alignments); i++) {
        struct bytes file = world_build(&plan);

        world_header(file, 0)->alignment = alignments[i];
        check_refused_file(file, "segment 0 has an alignment");
    }
    for (unsigned i = 0; i < ARRAY_COUNT(header_sizes); i++) {
        struct bytes file = world_build(&plan);

        *(uint16_t *)(file.data + 54) = header_sizes[i];
        check_refused_file(file, "program headers of");
    }
    for (unsigned i = 0; i < ARRAY_COUNT(header_counts); i++) {
        struct bytes file = world_build(&plan);

        *(uint16_t *)(file.data + 56) = header_counts[i];
        check_refused_file(file, "program headers");
    }
    struct bytes file = world_build(&plan);

    *world_header(file, 3) = (struct program_header){ .type = 3 };
    check_refused_file(file, "dynamically linked");
    file = world_build(&plan);
    world_header(file, 0)->offset += 8;
    check_refused_file(file, "segment 0 lies differently");
    file = world_build(&plan);
    for (unsigned i = 0; i < 4; i++) {
        world_header(file, i)->type = 0;
    }
    check_refused_file(file, "nothing to load");
}

TEST(b4_segments_that_overlap_or_share_a_page_are_refused)
{
    const uint64_t second[] = { MAP_IMAGE_START, MAP_IMAGE_START + 0x1000, MAP_IMAGE_START + 0x1800,
                                MAP_IMAGE_START + 0x1fff, MAP_IMAGE_START - 1 };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(second); i++) {
        struct plan plan = world_program();

        plan.segments[1].address = second[i];
        check_refused(&plan, "segments 0 and 1 overlap");
    }
    struct plan plan = world_program();

    plan.segment_count = ELF_SEGMENTS_MAX + 1;
    for (unsigned i = 0; i < plan.segment_count; i++) {
        plan.segments[i] = (struct plan_segment){ MAP_IMAGE_START + i * PAGE_SIZE, 16, 16, ELF_READ };
    }
    check_refused(&plan, "more than 16 segments");
    plan.segment_count--;
    struct elf elf;

    CHECK_EQUAL(parse(world_build(&plan), &elf, NULL), 0);
}

TEST(b5_wrong_machine_class_order_version_type_and_rights_are_refused)
{
    const struct {
        unsigned offset;
        uint8_t value;
        const char *words;
    } wrong[] = { { 0, 'E', "not an ELF file" },
                  { 3, 'f', "not an ELF file" },
                  { 4, 1, "not a 64-bit file" },
                  { 5, 2, "not little-endian" },
                  { 6, 0, "another version" },
                  { 20, 2, "another version" },
                  { 18, 62, "for machine 62, not RISC-V" },
                  { 16, 3, "position-independent" },
                  { 16, 1, "not an executable" },
                  { 16, 4, "not an executable (ELF type 4)" } };

    world_start();
    struct plan plan = world_program();

    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct bytes file = world_build(&plan);

        file.data[wrong[i].offset] = wrong[i].value;
        check_refused_file(file, wrong[i].words);
    }
    plan.segments[1].rights = ELF_READ | ELF_WRITE | ELF_EXECUTE;
    check_refused(&plan, "segment 1 is writable and executable");
    for (uint32_t rights = 0; rights < ELF_READ; rights++) {
        plan.segments[1].rights = rights;
        check_refused(&plan, "segment 1 is not readable");
    }
}

TEST(b5_a_file_cut_anywhere_is_refused_or_parsed_alike)
{
    struct plan plan = world_program();

    world_start();
    plan.needs_count = 2;
    strcpy(plan.needs[0].name, "libc");
    strcpy(plan.needs[1].name, "libm");
    struct object *whole = world_planned(&plan);
    uint64_t needed = whole->size_bytes - PAGE_SIZE + plan.segments[2].file_bytes;

    for (uint64_t length = 1; length <= whole->size_bytes; length += length < 1024 ? 1 : 61) {
        struct image image = { .object = whole, .length = length };
        struct reason reason = { "" };
        struct elf elf;

        CHECK_EQUAL(elf_parse(&image, &elf, &reason), length < needed ? -ENOEXEC : 0);
        CHECK((reason.text[0] == '\0') == (length >= needed));
    }
}

TEST(notes_that_lie_about_their_size_are_refused)
{
    const uint32_t sizes[] = { 0x7fffffff, 0xffffffff, 0xfffffffc, 53, 0x1000 };

    world_start();
    struct plan plan = world_program();

    plan.needs_count = 1;
    strcpy(plan.needs[0].name, "libc");
    for (unsigned i = 0; i < ARRAY_COUNT(sizes); i++) {
        for (unsigned word = 0; word < 2; word++) {
            struct bytes file = world_build(&plan);
            uint32_t *note = (uint32_t *)(file.data + world_header(file, 4)->offset);

            note[word] = sizes[i];
            check_refused_file(file, "broken note");
        }
    }
    struct bytes file = world_build(&plan);

    world_header(file, 4)->file_bytes = UINT64_MAX;
    check_refused_file(file, "bytes of notes");
    file = world_build(&plan);
    world_header(file, 4)->offset = UINT64_MAX - 4;
    check_refused_file(file, "broken notes");
}

TEST(a_needed_library_has_a_plain_file_name)
{
    static const char *const names[] = { "", ".", "..", "a/b", "/c", "123456789012345678901234567890123" };

    world_start();
    for (unsigned i = 0; i < ARRAY_COUNT(names); i++) {
        struct plan plan = world_program();

        plan.needs_count = 1;
        memcpy(plan.needs[0].name, names[i], strlen(names[i]) < 32 ? strlen(names[i]) : 32);
        check_refused(&plan, "broken note about a needed library");
    }
    struct plan plan = world_program();

    plan.needs_count = ABI_NEEDS_MAX + 1;
    for (unsigned i = 0; i < plan.needs_count; i++) {
        plan.needs[i].name[0] = 'a';
    }
    check_refused(&plan, "more than 8 libraries");
    plan.needs_count--;
    struct elf elf;

    CHECK_EQUAL(parse(world_build(&plan), &elf, NULL), 0);
    CHECK_EQUAL(elf.needs_count, ABI_NEEDS_MAX);
}

TEST(notes_of_others_are_stepped_over_and_all_notes_are_bounded)
{
    struct plan plan = world_program();
    struct elf elf;

    world_start();
    struct bytes file = world_build(&plan);
    uint32_t *note = (uint32_t *)(file.data + world_header(file, 3)->offset);

    memcpy(note + 3, "FOO", 4);
    CHECK_EQUAL(parse(file, &elf, NULL), 0);
    CHECK(!elf.has_build_id);
    plan.segments[0].file_bytes = plan.segments[0].memory_bytes = 0x2000;
    for (int more = 0; more < 2; more++) {
        file = world_build(&plan);
        memset(file.data + world_header(file, 0)->offset, 0, 0x2000);
        world_header(file, 3)->offset = world_header(file, 0)->offset; /* notes without name and description */
        world_header(file, 3)->file_bytes = 0x2000 - 0x2000 % 12;
        if (more) {
            *world_header(file, 1) = *world_header(file, 3);
            *world_header(file, 2) = *world_header(file, 3);
            check_refused_file(file, "more than 16384 bytes of notes");
        } else {
            CHECK_EQUAL(parse(file, &elf, NULL), 0);
        }
    }
}

TEST(a_build_id_of_another_size_or_kind_is_none)
{
    struct plan plan = world_program();
    struct elf elf;

    world_start();
    for (unsigned word = 1; word < 3; word++) {
        struct bytes file = world_build(&plan);
        uint32_t *note = (uint32_t *)(file.data + world_header(file, 3)->offset);

        note[word]--; /* the size of its description, its type */
        CHECK_EQUAL(parse(file, &elf, NULL), 0);
        CHECK(!elf.has_build_id);
    }
    /* A note of ours that this version does not know. */
    plan.needs_count = 1;
    strcpy(plan.needs[0].name, "libc");
    struct bytes file = world_build(&plan);

    ((uint32_t *)(file.data + world_header(file, 4)->offset))[2] += 100;
    CHECK_EQUAL(parse(file, &elf, NULL), 0);
    CHECK(elf.has_build_id);
    CHECK_EQUAL(elf.needs_count, 0);
}

TEST(the_slide_list_is_one_and_whole)
{
    struct plan plan = world_library(0x100000, 0x1000, 0x1000, 0);
    struct elf elf;

    world_start();
    plan.slides_count = 2;
    plan.slides[0] = 0x102000;
    plan.slides[1] = 0x102008;
    CHECK_EQUAL(parse(world_build(&plan), &elf, NULL), 0);
    CHECK_EQUAL(elf.slides_count, 2);
    struct bytes file = world_build(&plan);

    world_header(file, 4)->file_bytes = 7;
    check_refused_file(file, "broken slide list");
    file = world_build(&plan);
    world_header(file, 4)->offset = file.size - 4;
    check_refused_file(file, "broken slide list");
    file = world_build(&plan);
    *world_header(file, 3) = *world_header(file, 4);
    check_refused_file(file, "broken slide list");
}

/* Any single damaged byte of the headers: refused or parsed, and what is parsed keeps its promises. */
TEST(ancestor_d17_damaged_headers_never_break_the_invariants)
{
    struct plan plan = world_program();
    uint64_t seed = 7;

    world_start();
    struct object *object = world_planned(&plan);
    uint64_t headers = 64 + 4 * 56;

    for (unsigned step = 0; step < 200000; step++) {
        struct image image = image_of(object);
        uint64_t at[3];
        uint8_t saved[3];
        struct elf elf;

        for (unsigned i = 0; i < 3; i++) {
            at[i] = check_random(&seed) % headers;
            saved[i] = *world_byte(object, at[i]);
            *world_byte(object, at[i]) = (uint8_t)(step % 2 ? 0xff : check_random(&seed));
        }
        if (elf_parse(&image, &elf, NULL) == 0) {
            CHECK(elf.segment_count >= 1 && elf.segment_count <= ELF_SEGMENTS_MAX);
            for (unsigned i = 0; i < elf.segment_count; i++) {
                const struct elf_segment *s = &elf.segments[i];

                CHECK(s->memory_bytes > 0 && s->file_bytes <= s->memory_bytes);
                CHECK(s->address + s->memory_bytes + PAGE_MASK >= s->address);
                CHECK(s->file_bytes == 0 || s->file_bytes <= image.length);
                CHECK(s->file_bytes == 0 || s->file_offset <= image.length - s->file_bytes);
                CHECK((s->rights & (ELF_WRITE | ELF_EXECUTE)) != (ELF_WRITE | ELF_EXECUTE));
            }
        }
        for (unsigned i = 3; i-- > 0;) {
            *world_byte(object, at[i]) = saved[i];
        }
    }
}
