/* supervisor/symbols.c. The file is an allocation of just its size, so that a byte read behind it is an error. */
#include "symbols.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ID 0x11
#define SECOND_ID 0x80
#define SECOND_COUNT 100u /* several groups, the last one not full */
#define POSITION(index) (0x100u + 0x20u * (index))

static struct symbols file;

static uint32_t add(const void *bytes, size_t size)
{
    static uint8_t *grown;
    uint32_t at = (uint32_t)file.size_bytes;

    grown = realloc(at == 0 ? NULL : grown, at + size);
    memcpy(grown + at, bytes, size);
    file.bytes = grown;
    file.size_bytes += size;
    return at;
}

static void *at(uint64_t offset)
{
    return (uint8_t *)(uintptr_t)file.bytes + offset;
}

static struct symbols_header *header(void)
{
    return at(0);
}

static struct symbols_image *image(unsigned index)
{
    return (struct symbols_image *)at(sizeof(struct symbols_header)) + index;
}

static void name_of(unsigned index, char name[16])
{
    /* Every seventh is nobody's. */
    name[0] = 0;
    if (index % 7 != 6) {
        snprintf(name, 16, "function_%u", index);
    }
}

static void add_names(unsigned which, const char *(*names)(unsigned), unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *name = names(i);
        uint32_t position = add(name, strlen(name) + 1);

        if (i % SYMBOLS_GROUP == 0) {
            memcpy(at(image(which)->groups_offset + i / SYMBOLS_GROUP * sizeof(position)), &position, sizeof(position));
        }
    }
}

static const char *first_name(unsigned index)
{
    static const char *const names[] = { "main", "" };

    return names[index];
}

static const char *second_name(unsigned index)
{
    static char name[16];

    name_of(index, name);
    return name;
}

static void add_image(uint8_t id, uint32_t count)
{
    struct symbols_image made = { .symbol_count = count };

    memset(made.build_id, id, sizeof(made.build_id));
    add(&made, sizeof(made));
}

static void add_arrays(unsigned which)
{
    uint32_t zero = 0, count = image(which)->symbol_count;
    uint32_t starts = (uint32_t)file.size_bytes;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t start = POSITION(i);

        add(&start, sizeof(start));
    }
    image(which)->starts_offset = starts;
    image(which)->groups_offset = (uint32_t)file.size_bytes;
    for (uint32_t i = 0; i < count; i += SYMBOLS_GROUP) {
        add(&zero, sizeof(zero));
    }
}

/* Two images: one with a single function, one with many. */
static void make_file(void)
{
    struct symbols_header made = { .magic = SYMBOLS_MAGIC, .image_count = 2 };

    file.size_bytes = 0;
    add(&made, sizeof(made));
    add_image(FIRST_ID, 2);
    add_image(SECOND_ID, SECOND_COUNT);
    add_arrays(0);
    add_arrays(1);
    add_names(0, first_name, 2);
    add_names(1, second_name, SECOND_COUNT);
    header()->size_bytes = (uint32_t)file.size_bytes;
}

static struct symbol found;

static bool find(uint8_t id, uint64_t position)
{
    uint8_t build_id[ABI_BUILD_ID_BYTES];

    memset(build_id, id, sizeof(build_id));
    found = (struct symbol){ .name = "unchanged", .start = 1 };
    bool is_known = symbols_find(&file, build_id, position, &found);

    CHECK(is_known || (strcmp(found.name, "unchanged") == 0 && found.start == 1));
    return is_known;
}

TEST(a_position_has_the_last_function_that_begins_at_or_before_it)
{
    make_file();
    for (unsigned i = 0; i < SECOND_COUNT; i++) {
        char name[16];

        name_of(i, name);
        for (unsigned within = 0; within < 0x20; within += 0x1f) {
            CHECK_EQUAL(find(SECOND_ID, POSITION(i) + within), name[0] != 0);
            if (name[0] != 0) {
                CHECK_STRING(found.name, name);
                CHECK_EQUAL(found.start, POSITION(i));
            }
        }
    }
    CHECK(find(FIRST_ID, POSITION(0)));
    CHECK_STRING(found.name, "main");
}

TEST(what_lies_before_behind_and_between_functions_has_no_name)
{
    make_file();
    CHECK(!find(FIRST_ID, 0));
    CHECK(!find(FIRST_ID, POSITION(0) - 1));
    CHECK(!find(FIRST_ID, POSITION(1)));
    CHECK(!find(FIRST_ID, UINT64_MAX));
    CHECK(!find(SECOND_ID, POSITION(6)));
    CHECK(find(SECOND_ID, POSITION(SECOND_COUNT - 1))); /* the file does not say where it ends */
    CHECK(find(SECOND_ID, UINT64_MAX));
    CHECK_EQUAL(found.start, POSITION(SECOND_COUNT - 1));
}

TEST(another_build_has_no_names)
{
    make_file();
    static const uint8_t others[] = { 0, FIRST_ID - 1, FIRST_ID + 1, SECOND_ID - 1, SECOND_ID + 1, 0xff };

    for (size_t i = 0; i < sizeof(others); i++) {
        CHECK(!find(others[i], POSITION(0)));
    }
    image(1)->build_id[ABI_BUILD_ID_BYTES - 1] ^= 1;
    CHECK(!find(SECOND_ID, POSITION(0)));
}

TEST(each_of_many_images_is_found_by_its_build_id)
{
    struct symbols_header made = { .magic = SYMBOLS_MAGIC, .image_count = 250 };

    file.size_bytes = 0;
    add(&made, sizeof(made));
    for (unsigned id = 1; id <= 250; id++) {
        add_image((uint8_t)id, 1);
    }
    for (unsigned id = 1; id <= 250; id++) {
        add_arrays(id - 1);
        *(uint32_t *)at(image(id - 1)->starts_offset) = id;
    }
    for (unsigned id = 1; id <= 250; id++) {
        add_names(id - 1, second_name, 1);
    }
    for (unsigned id = 1; id <= 250; id++) {
        CHECK(find((uint8_t)id, 1000));
        CHECK_EQUAL(found.start, id);
    }
    CHECK(!find(0, 1000) && !find(251, 1000) && !find(255, 1000));
}

/* The first @size bytes of @whole become the file. */
static void cut_file(struct symbols whole, uint64_t size)
{
    uint8_t *bytes = malloc(size);

    memcpy(bytes, whole.bytes, size);
    file = (struct symbols){ .bytes = bytes, .size_bytes = size };
}

TEST(b6_symbols_that_are_none_or_cut_anywhere_give_no_name)
{
    make_file();
    struct symbols whole = file;

    for (uint64_t size = 0; size < whole.size_bytes; size++) {
        cut_file(whole, size);
        CHECK(!find(FIRST_ID, POSITION(0)) && !find(SECOND_ID, POSITION(50)));
        if (size >= sizeof(struct symbols_header)) {
            header()->size_bytes = (uint32_t)size; /* it says that nothing is missing */
            (void)find(FIRST_ID, POSITION(0));
            CHECK(!find(SECOND_ID, POSITION(SECOND_COUNT - 1)));
        }
        free(at(0));
    }
    file = whole;
    CHECK(find(FIRST_ID, POSITION(0)));
    header()->magic[7] ^= 1;
    CHECK(!find(FIRST_ID, POSITION(0)));
    file = (struct symbols){ .bytes = NULL };
    CHECK(!find(FIRST_ID, POSITION(0)));
}

/* Put @value into @word, see that the second image has no names then, and put it back. */
static void check_refused(uint32_t *word, uint32_t value)
{
    uint32_t before = *word;

    CHECK(find(SECOND_ID, POSITION(0)));
    *word = value;
    CHECK(!find(SECOND_ID, POSITION(0)));
    *word = before;
}

TEST(b6_symbols_with_counts_and_offsets_outside_give_no_name)
{
    make_file();
    uint32_t size = (uint32_t)file.size_bytes;
    uint32_t wild[] = { size, size + 1, size + 4, 0x7fffffff, 0x80000000, 0xfffffffc, UINT32_MAX };

    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        check_refused(&header()->image_count, wild[i]);
        check_refused(&image(1)->symbol_count, wild[i]);
        check_refused(&image(1)->starts_offset, wild[i]);
        check_refused(&image(1)->groups_offset, wild[i]);
        check_refused(at(image(1)->groups_offset), wild[i]);
    }
    check_refused(&header()->size_bytes, size + 1);
    check_refused(&header()->image_count, 0);
    check_refused(&image(1)->symbol_count, 0);
    check_refused(&image(1)->starts_offset, image(1)->starts_offset + 1);
    check_refused(&image(1)->groups_offset, image(1)->groups_offset + 2);
}

static void set_name(char *name, char byte, size_t length)
{
    memset(name, byte, length);
    name[length] = 0;
}

TEST(b6_symbols_whose_names_are_too_long_or_not_printable_have_none)
{
    make_file();
    uint32_t long_name = add("0123456789012345678901234567890123456789012345678901234567890123456789", 71);
    uint32_t *group = at(image(0)->groups_offset);
    char *name = at(*group);

    for (int byte = 1; byte < 256; byte++) {
        name[2] = (char)byte;
        CHECK_EQUAL(find(FIRST_ID, POSITION(0)), byte > ' ' && byte <= '~');
    }
    *group = long_name;
    set_name(at(long_name), 'x', SYMBOLS_NAME_BYTES_MAX);
    CHECK(find(FIRST_ID, POSITION(0)));
    CHECK_EQUAL(strlen(found.name), SYMBOLS_NAME_BYTES_MAX);
    set_name(at(long_name), 'x', SYMBOLS_NAME_BYTES_MAX + 1);
    CHECK(!find(FIRST_ID, POSITION(0)));
    /* One that can't be walked over hides those behind it in its group, and no other. */
    name = at(*(uint32_t *)at(image(1)->groups_offset));
    name[0] = '\n';
    CHECK(!find(SECOND_ID, POSITION(0)) && !find(SECOND_ID, POSITION(SYMBOLS_GROUP - 1)));
    CHECK(find(SECOND_ID, POSITION(SYMBOLS_GROUP)));
}

TEST(b6_symbols_without_order_never_begin_behind_the_position)
{
    uint64_t seed = 1;

    make_file();
    uint32_t *starts = at(image(1)->starts_offset);

    for (unsigned round = 0; round < 2000; round++) {
        starts[check_random(&seed) % SECOND_COUNT] = (uint32_t)check_random(&seed);
        uint64_t position = (uint32_t)check_random(&seed);

        if (find(SECOND_ID, position)) {
            CHECK(found.start <= position);
        }
    }
}
