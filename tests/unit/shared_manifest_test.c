/* shared/manifest.c: derivation, what a caller may write, comparison. */
#include "manifest.h"

#include <string.h>

#include "abi_errno.h"
#include "shared_world.h"

static const struct abi_extent text_extent = { .address = 0x1000,
                                               .size_bytes = 0x1234,
                                               .file_offset = 0x2000,
                                               .window = ABI_EXTENT_WINDOW_TEXT,
                                               .protection = ABI_EXTENT_READ | ABI_EXTENT_EXECUTE };

static int check_one(struct abi_extent extent, uint64_t image_bytes)
{
    return manifest_check((struct manifest){ .count = 1, .extents = &extent }, image_bytes);
}

static void derive_one(struct elf_segment segment, struct derived_manifest *out)
{
    struct elf elf = { .segment_count = 1, .segments = { segment } };

    manifest_derive(&elf, out);
}

TEST(r2_3_a_segment_gives_its_content_and_the_rest_as_zero_fill)
{
    struct derived_manifest out;

    derive_one((struct elf_segment){ 0x10234, 0x3000, 0x5234, 0x1000, ELF_READ | ELF_WRITE }, &out);
    CHECK_EQUAL(out.count, 2);
    CHECK_EQUAL(out.extents[0].address, 0x10000);
    CHECK_EQUAL(out.extents[0].size_bytes, 0x1234);
    CHECK_EQUAL(out.extents[0].file_offset, 0x5000);
    CHECK_EQUAL(out.extents[0].protection, ABI_EXTENT_READ | ABI_EXTENT_WRITE | ABI_EXTENT_COW);
    CHECK_EQUAL(out.extents[0].window, ABI_EXTENT_WINDOW_DATA);
    CHECK_EQUAL(out.extents[1].address, 0x12000);
    CHECK_EQUAL(out.extents[1].size_bytes, 0x1234);
    CHECK_EQUAL(out.extents[1].file_offset, 0);
    CHECK_EQUAL(out.extents[1].protection, out.extents[0].protection | ABI_EXTENT_ZERO_FILL);
}

TEST(r2_3_memory_that_ends_in_the_contents_last_page_gives_no_second_extent)
{
    struct derived_manifest out;

    derive_one((struct elf_segment){ 0x10000, 0x2000, 0x5000, 0x1001, ELF_READ }, &out);
    CHECK_EQUAL(out.count, 1);
    CHECK_EQUAL(out.extents[0].size_bytes, 0x1001);
    derive_one((struct elf_segment){ 0x10000, 0x2001, 0x5000, 0x1001, ELF_READ }, &out);
    CHECK_EQUAL(out.count, 2);
    CHECK_EQUAL(out.extents[1].size_bytes, 1);
    CHECK_EQUAL(out.extents[1].protection, ABI_EXTENT_READ | ABI_EXTENT_ZERO_FILL);
    CHECK_EQUAL(out.extents[1].window, ABI_EXTENT_WINDOW_TEXT);
}

TEST(r2_3_without_content_all_is_zero_fill)
{
    struct derived_manifest out;

    derive_one((struct elf_segment){ 0x10234, 0x100, 0x5234, 0, ELF_READ | ELF_WRITE }, &out);
    CHECK_EQUAL(out.count, 1);
    CHECK_EQUAL(out.extents[0].address, 0x10000);
    CHECK_EQUAL(out.extents[0].size_bytes, 0x334);
    CHECK_EQUAL(out.extents[0].protection, ABI_EXTENT_READ | ABI_EXTENT_WRITE | ABI_EXTENT_COW | ABI_EXTENT_ZERO_FILL);
}

TEST(r2_4_the_link_base_is_the_lowest_offset_in_either_window)
{
    struct elf elf = { .segment_count = 2,
                       .segments = { { ABI_TEXT_WINDOW + 0x5000, 16, 0, 16, ELF_READ | ELF_EXECUTE },
                                     { ABI_DATA_WINDOW + 0x3000, 16, 0, 16, ELF_READ | ELF_WRITE } } };
    struct derived_manifest manifest;
    uint64_t link_base;

    manifest_derive(&elf, &manifest);
    CHECK_EQUAL(manifest_make_relative(&manifest, &link_base, NULL), 0);
    CHECK_EQUAL(link_base, 0x3000);
    CHECK_EQUAL(manifest.extents[0].address, 0x2000);
    CHECK_EQUAL(manifest.extents[1].address, 0);
    CHECK_EQUAL(manifest_span(manifest_of(&manifest)), 0x3000);
}

TEST(r2_6_a_segment_outside_its_window_is_no_librarys)
{
    const struct elf_segment wrong[] = {
        { ABI_DATA_WINDOW, 16, 0, 16, ELF_READ },
        { ABI_TEXT_WINDOW, 16, 0, 16, ELF_READ | ELF_WRITE },
        { ABI_TEXT_WINDOW - 0x1000, 16, 0, 16, ELF_READ },
        { ABI_TEXT_WINDOW + ABI_WINDOW_END, 16, 0, 16, ELF_READ },
        { ABI_TEXT_WINDOW + ABI_WINDOW_END - 0x1000, 0x1001, 0, 16, ELF_READ },
        { ABI_DATA_WINDOW + ABI_WINDOW_END - 0x1000, 0x1001, 0, 16, ELF_READ | ELF_WRITE },
        { ABI_DATA_WINDOW + ABI_WINDOW_BYTES, 16, 0, 16, ELF_READ | ELF_WRITE },
        { MAP_IMAGE_START, 16, 0, 16, ELF_READ },
        { 0, 16, 0, 16, ELF_READ },
        { UINT64_MAX - 0x1fff, 16, 0, 16, ELF_READ },
    };

    for (unsigned i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct derived_manifest manifest;
        struct reason reason = { "" };
        uint64_t link_base;

        derive_one(wrong[i], &manifest);
        CHECK_EQUAL(manifest_make_relative(&manifest, &link_base, &reason), -ENOEXEC);
        CHECK(strstr(reason.text, "not a library") != NULL);
    }
}

/* D26: WRITE is never dropped nor added, and nothing that is unknown gets through. */
TEST(ancestor_d26_every_combination_of_protection_bits)
{
    unsigned allowed = 0;

    for (uint32_t protection = 0; protection < 0x200; protection++) {
        for (uint32_t window = 0; window < 3; window++) {
            struct abi_extent extent = text_extent;
            uint32_t kind = protection & ~(uint32_t)ABI_EXTENT_ZERO_FILL;
            bool text = kind == 1 || kind == 5, data = kind == 0x11 || kind == 0x13;

            extent.protection = protection;
            extent.window = window;
            bool good = (text && window == 0) || (data && window == 1);

            CHECK_EQUAL(check_one(extent, 0x10000), good ? 0 : -EINVAL);
            allowed += good;
        }
    }
    CHECK_EQUAL(allowed, 8);
    struct abi_extent extent = text_extent;

    for (unsigned bit = 3; bit < 32; bit++) {
        if (bit != 5) {
            extent.protection = text_extent.protection | 1u << bit;
            CHECK_EQUAL(check_one(extent, 0x10000), -EINVAL);
        }
    }
}

TEST(ancestor_d15_an_unaligned_extent_is_refused)
{
    struct abi_extent extent = text_extent;

    CHECK_EQUAL(check_one(extent, 0x10000), 0);
    extent.protection |= ABI_EXTENT_ZERO_FILL;
    extent.address = 0x800;
    CHECK_EQUAL(check_one(extent, 0x10000), -EINVAL);
    extent.address = 0x1001;
    CHECK_EQUAL(check_one(extent, 0x10000), -EINVAL);
    extent = text_extent;
    extent.file_offset = 0x2800;
    CHECK_EQUAL(check_one(extent, 0x10000), -EINVAL);
    extent = text_extent;
    extent.size_bytes = 0;
    CHECK_EQUAL(check_one(extent, 0x10000), -EINVAL);
}

TEST(ancestor_d13_file_offsets_that_wrap_are_refused)
{
    const uint64_t wraps[] = { 1ull << 32, 1ull << 63, 0 };
    struct abi_extent extent = text_extent;

    for (unsigned i = 0; i < ARRAY_COUNT(wraps); i++) {
        extent.file_offset = wraps[i] - 4096;
        extent.size_bytes = 8192;
        CHECK_EQUAL(check_one(extent, 0x10000), -EINVAL);
        CHECK_EQUAL(check_one(extent, UINT64_MAX), i < 2 ? 0 : -EINVAL);
    }
    extent.file_offset = 0x2000;
    extent.size_bytes = 0xe000;
    CHECK_EQUAL(check_one(extent, 0x10000), 0);
    extent.size_bytes++;
    CHECK_EQUAL(check_one(extent, 0x10000), -EINVAL);
}

/* D17, D43: no combination of extremes passes that plain wide arithmetic would refuse. */
TEST(ancestor_d43_extremes_of_address_size_and_offset)
{
    const uint64_t edges[] = { 0,
                               1,
                               4095,
                               4096,
                               0x7fffffff,
                               0x80000000,
                               ABI_WINDOW_END - 4096,
                               ABI_WINDOW_END,
                               ABI_WINDOW_BYTES,
                               1ull << 38,
                               (1ull << 39) - 4096,
                               1ull << 63,
                               UINT64_MAX - 4095,
                               UINT64_MAX };
    unsigned passed = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(edges) * ARRAY_COUNT(edges) * ARRAY_COUNT(edges); i++) {
        struct abi_extent extent = text_extent;
        unsigned n = ARRAY_COUNT(edges);

        extent.address = edges[i % n];
        extent.size_bytes = edges[i / n % n];
        extent.file_offset = edges[i / n / n];
        unsigned __int128 end = (unsigned __int128)extent.address + extent.size_bytes;
        unsigned __int128 content_end = (unsigned __int128)extent.file_offset + extent.size_bytes;
        bool good = extent.address % 4096 == 0 && extent.file_offset % 4096 == 0 && extent.size_bytes > 0 &&
                    end <= ABI_WINDOW_END && content_end <= 1ull << 38;

        CHECK_EQUAL(check_one(extent, 1ull << 38), good ? 0 : -EINVAL);
        passed += good;
    }
    CHECK(passed > 0);
}

TEST(ancestor_d20_equal_means_every_field)
{
    struct abi_extent a[2] = { text_extent, text_extent }, b[2];

    for (unsigned field = 0; field < 5; field++) {
        for (unsigned at = 0; at < 2; at++) {
            memcpy(b, a, sizeof(b));
            CHECK(manifest_equal((struct manifest){ 2, a }, (struct manifest){ 2, b }));
            b[at].address += field == 0 ? 4096 : 0;
            b[at].size_bytes += field == 1;
            b[at].file_offset += field == 2 ? 4096 : 0;
            b[at].window += field == 3;
            b[at].protection ^= field == 4 ? ABI_EXTENT_EXECUTE : 0;
            CHECK(!manifest_equal((struct manifest){ 2, a }, (struct manifest){ 2, b }));
        }
    }
    CHECK(!manifest_equal((struct manifest){ 2, a }, (struct manifest){ 1, a }));
}
