/* supervisor/erofs_mount.c: hostile case B6. Whatever an image says, it is refused by name or read inside its bounds. */
#include "erofs.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "supervisor_erofs_image.h"

#include <stdlib.h>
#include <string.h>

static struct erofs fs;
static const char *reason;

static void mounted(void)
{
    reason = "";
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), 0);
}

static void check_refused(const char *why, uint64_t nid)
{
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
    CHECK_STRING(reason, why);
    CHECK_EQUAL(fs.bad_nid, nid);
}

static int64_t look(const char *path)
{
    uint64_t nid = 0;
    int error = image_walk(&fs, fs.root_nid, path, strlen(path), PLACE_FOLLOW, &nid);

    return error == 0 ? (int64_t)nid : error;
}

/* Whatever was accepted can be read, inside the image. */
static void read_everything(uint64_t directory, unsigned depth)
{
    struct erofs_inode inode, child;
    struct erofs_entry entry;
    uint64_t cursor = 0;
    uint8_t buffer[64];

    erofs_inode(&fs, directory, &inode);
    while (erofs_readdir(&fs, &inode, &cursor, &entry) == 0) {
        erofs_inode(&fs, entry.nid, &child);
        for (uint64_t offset = 0; offset < child.size_bytes; offset += 4000) {
            CHECK(erofs_read(&fs, &child, offset, buffer, sizeof(buffer)) > 0);
        }
        bool is_dot = entry.name[0] == '.' && entry.name_size_bytes <= 2;

        if (entry.type == ABI_DT_DIR && !is_dot) {
            CHECK(depth < EROFS_DEPTH_MAX);
            read_everything(entry.nid, depth + 1);
        }
    }
}

TEST(the_checksum_is_checked_when_there_is_one)
{
    image_sample();
    image_sum();
    mounted();
    for (unsigned i = 0; i < 40; i++) {
        uint64_t offset = EROFS_SUPERBLOCK_OFFSET + 128 + 73 * i;

        image[offset] ^= 0x10;
        reason = NULL;
        CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
        CHECK_STRING(reason, "its superblock's checksum is wrong");
        image[offset] ^= 0x10;
    }
    image_superblock()->checksum ^= 1;
    check_refused("its superblock's checksum is wrong", 0);
    image_superblock()->compatible_features = 0;
    mounted();
}

TEST(b6_erofs_with_a_foreign_superblock_is_refused)
{
    image_sample();
    image_superblock()->magic ^= 1;
    check_refused("it is no EROFS image: no magic number at byte 1024", 0);
    image_sample();
    image_superblock()->block_shift = 9;
    check_refused("its blocks are not of 4096 bytes", 0);
    for (unsigned bit = 0; bit < 32; bit++) {
        image_sample();
        image_superblock()->incompatible_features = 1u << bit;
        if (bit == 2) {
            mounted();
        } else {
            check_refused("it uses features that are not supported: make it without compression", 0);
        }
    }
    image_sample();
    CHECK_EQUAL(erofs_mount(&fs, image + 32, image_bytes - 32, &reason), -EINVAL);
    CHECK_STRING(reason, "it does not start on a page boundary");
}

TEST(b6_erofs_cut_off_is_refused_and_never_read_behind_its_end)
{
    image_sample();
    for (uint64_t size = 0; size < image_bytes; size += size < 8192 ? 64 : 4096) {
        void *cut;

        CHECK_EQUAL(posix_memalign(&cut, 4096, size == 0 ? 1 : size), 0);
        memcpy(cut, image, size);
        CHECK_EQUAL(erofs_mount(&fs, cut, size, &reason), -EINVAL);
        /* The same, with a superblock that agrees. */
        if (size >= 4096) {
            ((struct erofs_superblock *)((uint8_t *)cut + EROFS_SUPERBLOCK_OFFSET))->block_count =
                (uint32_t)(size / 4096);
            if (erofs_mount(&fs, cut, size, &reason) == 0) {
                read_everything(fs.root_nid, 0);
            }
        }
        free(cut);
    }
    image_superblock()->block_count++;
    check_refused("it is cut off: the superblock counts more blocks than there are", 0);
    image_superblock()->block_count = UINT32_MAX;
    check_refused("it is cut off: the superblock counts more blocks than there are", 0);
}

TEST(b6_erofs_with_a_root_that_is_none_is_refused)
{
    image_sample();
    image_superblock()->root_nid = (uint16_t)sample.hello;
    check_refused("its root is no directory", sample.hello);
    image_sample();
    image_superblock()->root_nid = UINT16_MAX;
    check_refused("an inode lies outside of the image", UINT16_MAX);
    image_sample();
    image_superblock()->inodes_block = UINT32_MAX;
    check_refused("an inode lies outside of the image", sample.root);
}

TEST(b6_erofs_with_a_huge_nid_is_refused)
{
    static const uint64_t nids[] = { IMAGE_BLOCKS * 128, 1ull << 32, 1ull << 58, (1ull << 59) - 1,
                                     1ull << 59,         1ull << 63, UINT64_MAX };

    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        image_sample();
        image_entry_of(sample.bin, "hello")->nid = nids[i];
        check_refused("an inode lies outside of the image", nids[i]);
    }
}

TEST(b6_erofs_with_a_loop_is_refused)
{
    static const char *const why = "a directory's `.` or `..` leads elsewhere: there is a loop";

    image_sample();
    image_entry_of(sample.er, "file")->nid = sample.etc; /* a directory above, as a child */
    image_entry_of(sample.er, "file")->type = 2;
    check_refused(why, sample.etc);
    image_sample();
    image_entry_of(sample.er, "file")->nid = sample.er; /* itself */
    image_entry_of(sample.er, "file")->type = 2;
    check_refused(why, sample.er);
    image_sample();
    image_entry_of(sample.er, "file")->nid = sample.root;
    image_entry_of(sample.er, "file")->type = 2;
    check_refused(why, sample.root);
    image_sample();
    image_entry_of(sample.bin, "a")->nid = sample.er; /* in two directories */
    image_entry_of(sample.bin, "a")->type = 2;
    check_refused(why, sample.er);
    image_sample();
    image_entry_of(sample.bin, ".")->nid = sample.root;
    check_refused(why, sample.bin);
    image_sample();
    image_entry_of(sample.root, "..")->nid = sample.bin;
    check_refused(why, sample.root);
    image_sample();
    image_entry_of(sample.bin, "..")->type = 1;
    check_refused(why, sample.bin);
}

/* A chain of directories, each with @width entries that are all the next one. */
static void chain(unsigned length, unsigned width)
{
    uint64_t nids[64], file;
    char names[4][2] = { "a", "b", "c", "d" };

    image_start();
    file = image_reserve(IMAGE_SHORT, 0, 0);
    image_put_plain(file, ABI_S_IFREG | 0644, "x", 1);
    for (unsigned i = 0; i < length; i++) {
        nids[i] = image_reserve(IMAGE_SHORT, 0, 100);
    }
    for (unsigned i = 0; i < length; i++) {
        struct image_entry entries[6] = { { ".", nids[i], 2 }, { "..", nids[i == 0 ? 0 : i - 1], 2 } };

        for (unsigned k = 0; k < width; k++) {
            entries[2 + k] =
                (struct image_entry){ names[k], i + 1 < length ? nids[i + 1] : file, i + 1 < length ? 2 : 1 };
        }
        image_put_directory(nids[i], entries, 2 + width, 0);
    }
    image_finish(nids[0]);
}

TEST(b6_erofs_that_nests_too_deep_is_refused)
{
    chain(EROFS_DEPTH_MAX, 1);
    mounted();
    chain(EROFS_DEPTH_MAX + 1, 1);
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
    CHECK_STRING(reason, "directories nest too deep");
}

TEST(b6_erofs_whose_directories_multiply_is_refused_in_bounded_time)
{
    chain(30, 4); /* 4^30 paths */
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
    CHECK_STRING(reason, "a directory is listed many times");
}

TEST(b6_erofs_with_names_past_the_block_is_refused)
{
    static const uint16_t offsets[] = { 0, 1, 11, 13, 0x7fff, 0xffff, 4096 };

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        image_sample();
        image_entry_of(sample.many, ".")->name_offset =
            offsets[i]; /* the block's first entry: it tells how many there are */
        reason = NULL;
        CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
        image_sample();
        image_entry_of(sample.many, "050")->name_offset = offsets[i];
        check_refused("a directory's names overlap, or leave their block", sample.many);
        image_sample();
        image_entry_of(sample.bin, "self")->name_offset = offsets[i];
        check_refused("a directory's names overlap, or leave their block", sample.bin);
    }
}

TEST(b6_erofs_with_malformed_names_is_refused)
{
    static const char *const why = "a directory has a name that is empty, too long, or has '/' or NUL in it";
    static const char bad[] = { '/', 0 };

    for (size_t i = 0; i < sizeof(bad); i++) {
        image_sample();
        struct erofs_disk_entry *entry = image_entry_of(sample.bin, "hello");
        struct erofs_disk_entry *first = image_entry_of(sample.bin, ".");

        ((char *)first)[entry->name_offset + 2] = bad[i];
        check_refused(why, sample.bin);
    }
    image_sample();
    image_entry_of(sample.many, "297")->name_offset =
        EROFS_BLOCK_BYTES - 1; /* the last of a block, where there is but a NUL */
    check_refused(why, sample.many);
}

TEST(b6_erofs_with_names_out_of_order_or_twice_is_refused)
{
    static const char *const why = "a directory's names are not in order, or one is there twice";

    image_start();
    uint64_t root = image_reserve(IMAGE_SHORT, 0, 200), file = image_reserve(IMAGE_SHORT, 0, 0);

    image_put_plain(file, ABI_S_IFREG | 0644, "x", 1);
    IMAGE_DIRECTORY(root, { ".", root, 2 }, { "..", root, 2 }, { "b", file, 1 }, { "a", file, 1 });
    image_finish(root);
    check_refused(why, root);
    image_start();
    root = image_reserve(IMAGE_SHORT, 0, 200), file = image_reserve(IMAGE_SHORT, 0, 0);
    image_put_plain(file, ABI_S_IFREG | 0644, "x", 1);
    IMAGE_DIRECTORY(root, { ".", root, 2 }, { "..", root, 2 }, { "a", file, 1 }, { "a", file, 1 });
    image_finish(root);
    check_refused(why, root);
}

TEST(b6_erofs_without_dots_is_refused)
{
    image_start();
    uint64_t root = image_reserve(IMAGE_SHORT, 0, 200);

    IMAGE_DIRECTORY(root, { ".", root, 2 });
    image_finish(root);
    check_refused("a directory has no `.` or no `..`", root);
    image_start();
    root = image_reserve(IMAGE_SHORT, 0, 200);
    IMAGE_DIRECTORY(root, { "..", root, 2 }, { "...", root, 2 });
    image_finish(root);
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
}

TEST(b6_erofs_with_a_compressed_or_unknown_layout_is_refused)
{
    for (unsigned layout = 0; layout < 8; layout++) {
        image_sample();
        image_inode(sample.hello)->format = (uint16_t)(layout << 1);
        if (layout == 1 || layout == 3 || layout > 4) {
            check_refused("an inode is compressed, or of an unknown layout", sample.hello);
        }
    }
    for (unsigned bit = 4; bit < 16; bit++) {
        image_sample();
        image_inode(sample.hello)->format |= (uint16_t)(1u << bit);
        check_refused("an inode is of an unknown format", sample.hello);
    }
}

TEST(b6_erofs_with_extents_outside_of_the_image_is_refused)
{
    static const uint32_t blocks[] = { IMAGE_BLOCKS - 1, IMAGE_BLOCKS, 0x100000, 0x7fffffff, UINT32_MAX };

    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        image_sample();
        image_inode(sample.hello)->block = blocks[i];
        check_refused("a file's blocks lie outside of the image", sample.hello);
        image_sample();
        image_inode(sample.tail)->block = blocks[i];
        check_refused("a file's blocks lie outside of the image", sample.tail);
    }
    image_sample();
    image_inode(sample.hello)->size_low = UINT32_MAX;
    check_refused("a file is larger than the image", sample.hello);
}

TEST(b6_erofs_with_sizes_that_wrap_is_refused)
{
    static const uint32_t sizes[][2] = {
        { UINT32_MAX, UINT32_MAX }, { 0, UINT32_MAX }, { 0xfffff001, UINT32_MAX }, { 0, 1 }, { 0, 0x80000000 }
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned layout = 0; layout <= 4; layout += 2) {
            image_sample();
            image_inode(sample.extended)->format = (uint16_t)(EROFS_FORMAT_EXTENDED | layout << 1);
            image_inode(sample.extended)->size_low = sizes[i][0];
            image_inode(sample.extended)->extended_size_high = sizes[i][1];
            check_refused("a file is larger than the image", sample.extended);
        }
    }
}

TEST(b6_erofs_with_inline_content_across_a_block_is_refused)
{
    image_sample();
    image_inode(sample.tail)->size_low = 2 * EROFS_BLOCK_BYTES + 4095;
    check_refused("a file's inline part crosses the end of its block", sample.tail);
    image_sample();
    image_inode(sample.tail)->attribute_count = UINT16_MAX;
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
}

TEST(b6_erofs_with_an_inode_at_the_very_end_is_refused_or_read)
{
    uint64_t last = IMAGE_BLOCKS * 128 - 1;

    image_sample();
    *image_inode(last) = (struct erofs_disk_inode){ .mode = ABI_S_IFREG | 0644 };
    image_entry_of(sample.bin, "a")->nid = last;
    mounted();
    read_everything(fs.root_nid, 0);
    image_inode(last)->format = EROFS_FORMAT_EXTENDED;
    check_refused("an inode and its attributes lie outside of the image", last);
    image_inode(last)->format = EROFS_CHUNKED << 1;
    mounted();
    read_everything(fs.root_nid, 0);
    image_inode(last)->size_low = 1;
    check_refused("a chunked file's table is malformed, or lies outside of the image", last);
}

TEST(b6_erofs_with_chunks_in_pieces_or_holes_is_refused)
{
    static const char *const why = "a chunked file does not lie in one piece";
    static const uint32_t formats[] = { 64, 0x80000000, 0xff00 };

    for (unsigned chunk = 0; chunk < 5; chunk++) {
        image_sample();
        ((uint32_t *)(image_inode(sample.chunks) + 1))[chunk] = UINT32_MAX;
        check_refused(why, sample.chunks);
        image_sample();
        ((uint32_t *)(image_inode(sample.chunks) + 1))[chunk] ^= 4;
        check_refused(why, sample.chunks);
    }
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        image_sample();
        image_inode(sample.chunks)->block |= formats[i];
        check_refused("a chunked file's table is malformed, or lies outside of the image", sample.chunks);
    }
    image_sample();
    ((uint32_t *)(image_inode(sample.chunks) + 1))[0] = IMAGE_BLOCKS - 1;
    image_inode(sample.chunks)->size_low = EROFS_BLOCK_BYTES + 1;
    image_inode(sample.chunks)->block = 31; /* one chunk of 8 TiB */
    check_refused("a file's blocks lie outside of the image", sample.chunks);
}

TEST(b6_erofs_with_entries_of_a_wrong_type_is_refused)
{
    for (unsigned type = 0; type < 256; type++) {
        if (type != 1) {
            image_sample();
            image_entry_of(sample.bin, "hello")->type = (uint8_t)type;
            check_refused("an entry's type is not its inode's", sample.hello);
        }
    }
}

TEST(b6_erofs_with_odd_inodes_is_refused)
{
    image_sample();
    image_inode(sample.hello)->mode = 0;
    check_refused("a file that is no regular one has content", sample.hello);
    image_sample();
    image_inode(sample.hello)->mode = ABI_S_IFCHR | 0600;
    check_refused("a file that is no regular one has content", sample.hello);
    image_sample();
    image_inode(sample.bin)->size_low = 0;
    check_refused("a directory is empty, or chunked", sample.bin);
    image_sample();
    image_inode(sample.many)->size_low = 4 * EROFS_BLOCK_BYTES + 11;
    check_refused("a directory's last block is too short for an entry", sample.many);
    image_sample();
    image_inode(sample.self)->size_low = 0;
    check_refused("a symbolic link's text is empty, too long, or has a NUL", sample.self);
    image_sample();
    ((char *)(image_inode(sample.self) + 1))[2] = 0;
    check_refused("a symbolic link's text is empty, too long, or has a NUL", sample.self);
}

/* Refused, or accepted with everything that can be read inside the image. */
TEST(b6_erofs_with_any_byte_replaced_is_never_read_outside)
{
    static const uint8_t values[] = { 0, 1, 0x80, 0xff };

    image_sample();
    for (uint64_t at = EROFS_SUPERBLOCK_OFFSET; at < 3 * EROFS_BLOCK_BYTES; at++) {
        uint8_t saved = image[at];

        for (size_t i = 0; i < sizeof(values); i++) {
            image[at] = values[i];
            reason = NULL;
            if (erofs_mount(&fs, image, image_bytes, &reason) == 0) {
                read_everything(fs.root_nid, 0);
                (void)look("/etc/deep/up/self");
            } else {
                CHECK(reason != NULL && reason[0] != 0);
            }
        }
        image[at] = saved;
    }
    mounted();
}
