/*
 * ELF files as hostile as can be: through the parser, the manifest, a start as a program and a load as a library, at
 * both sites. Whatever the file says, nothing outside it is read, what was accepted keeps its promises, and everything
 * is given back.
 *
 * An input's first byte chooses what the rest means: the bytes of a file, or changes to a good one, each an offset
 * (2 bytes), a length (1) and the bytes to put there. So no corpus is needed to get past the magic number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_errno.h"
#include "shared_world.h"

#define FILE_PAGES 16u
#define RAW 0u
#define KINDS 5u

static struct bytes good[KINDS];
static paddr_t place;
static uint64_t free_frames;

/* What shared_world.c calls when something is wrong, and check.c has for unit tests. */
_Noreturn void check_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

void check_want_variants(unsigned count)
{
    (void)count;
}

void check_equal(const char *file, int line, const char *what, int64_t actual, int64_t wanted)
{
    if (actual != wanted) {
        check_fail(file, line, what);
    }
}

void check_string(const char *file, int line, const char *what, const char *actual, const char *wanted)
{
    if (actual != wanted && (actual == NULL || wanted == NULL || strcmp(actual, wanted) != 0)) {
        check_fail(file, line, what);
    }
}

static void prepare(void)
{
    struct plan program = world_program(), library = world_library(0x100000, 0x800, 0x1800, 0x1000);

    world_start();
    program.needs_count = 1;
    strcpy(program.needs[0].name, "libc");
    good[1] = world_build(&program);
    world_pack(&program);
    good[2] = world_build(&program);
    for (library.slides_count = 0; library.slides_count < 4; library.slides_count++) {
        library.slides[library.slides_count] = 0x102000 + library.slides_count * 0x555;
    }
    good[3] = world_build(&library);
    world_pack(&library);
    good[4] = world_build(&library);
    place = world_file((struct bytes){ calloc(FILE_PAGES, PAGE_SIZE), FILE_PAGES * PAGE_SIZE })->initrd_start;
}

/* Put the file that @data stands for in its place. Returns its size, 0 when there is none. */
static uint64_t write_file(const uint8_t *data, size_t size)
{
    uint8_t *file = arch_direct(place);
    unsigned kind = size == 0 ? RAW : data[0] % KINDS;
    uint64_t file_size = size == 0 ? 0 : size - 1;

    memset(file, 0, FILE_PAGES * PAGE_SIZE);
    if (kind == RAW) {
        file_size = file_size < FILE_PAGES * PAGE_SIZE ? file_size : FILE_PAGES * PAGE_SIZE;
        memcpy(file, data + 1, file_size);
        return file_size;
    }
    memcpy(file, good[kind].data, good[kind].size);
    for (size_t at = 1; at + 3 < size;) {
        uint64_t offset = (data[at] | (uint64_t)data[at + 1] << 8) % good[kind].size;
        uint64_t length = data[at + 2] % 9;

        at += 3;
        for (; length > 0 && at < size && offset < good[kind].size; length--) {
            file[offset++] = data[at++];
        }
    }
    return good[kind].size;
}

static void check_parsed(const struct image *image, const struct elf *elf)
{
    struct derived_manifest manifest;

    CHECK(elf->segment_count >= 1 && elf->segment_count <= ELF_SEGMENTS_MAX);
    CHECK(elf->needs_count <= ABI_NEEDS_MAX);
    CHECK(elf->slides_count <= image->length / 4);
    manifest_derive(elf, &manifest);
    CHECK(manifest.count >= elf->segment_count && manifest.count <= MANIFEST_DERIVED_MAX);
    for (uint32_t i = 0; i < manifest.count; i++) {
        const struct abi_extent *a = &manifest.extents[i];

        CHECK(a->size_bytes > 0 && a->address % PAGE_SIZE == 0 && a->file_offset % PAGE_SIZE == 0);
        CHECK(a->address + page_round_up(a->size_bytes) >= a->address);
        CHECK((a->protection & ABI_EXTENT_ZERO_FILL) != 0 ||
              (a->size_bytes <= image->length && a->file_offset <= image->length - a->size_bytes));
        for (uint32_t k = 0; k < i; k++) {
            const struct abi_extent *b = &manifest.extents[k];

            CHECK(a->address + page_round_up(a->size_bytes) <= b->address ||
                  b->address + page_round_up(b->size_bytes) <= a->address);
        }
    }
}

static void try_as_program(const struct image *image)
{
    struct program *program;
    struct reason reason;
    struct map *map;
    int error = program_acquire_relock(image, account_root(), &program, &reason);

    if (error != 0) {
        CHECK(error == -ENOEXEC && strlen(reason.text) < sizeof(reason.text));
        return;
    }
    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    CHECK_EQUAL(program_map_relock(program, map), 0);
    map_destroy(map);
    program_put(program);
}

static void try_as_library(const struct image *image, uint32_t site)
{
    struct region_load_request request = { .image = *image,
                                           .account = account_root(),
                                           .flags = site | ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST };
    struct abi_region_loaded answer;
    int error = region_load_relock(region_current(), &request, &answer);

    CHECK(error == 0 || error == -ENOEXEC || error == -EINVAL || error == -EEXIST || error == -EFBIG ||
          error == -ENOSPC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct object *object;
    struct elf elf;

    if (good[1].data == NULL) {
        prepare();
    }
    uint64_t file_size = write_file(data, size);

    if (file_size == 0 || object_create_initrd(place, file_size, &object) != 0) {
        return 0;
    }
    struct image image = image_of(object);

    if (elf_parse(&image, &elf, NULL) == 0) {
        check_parsed(&image, &elf);
    }
    try_as_program(&image);
    try_as_library(&image, 0);
    try_as_library(&image, ABI_REGION_ALTERNATE_SITE);
    world_audit();
    object_put(object);
    world_restart_server();
    CHECK_EQUAL(load_hash_system()->entry_count, 0);
    CHECK(free_frames == 0 || free_frames == world_free_frames());
    free_frames = world_free_frames();
    return 0;
}
