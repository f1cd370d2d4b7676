/*
 * The reader of EROFS images: whatever the mount accepts is then read as a whole, and looked up by name and path.
 *
 * An input that starts with a 0 is an image, rounded up to blocks (a checksum would keep the fuzzer out, so its flag
 * is taken away). Any other one is changes to a good image: each an offset in its metadata (2 bytes), a length (1) and
 * the bytes to put there.
 */
#include "erofs.h"

#include "abi_types.h"
#include "supervisor_erofs_image.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Bound the time: of one directory, and of images that list the same files again and again. */
#define ENTRIES_OF_ONE 40
#define ENTRIES_MAX 20000

static struct erofs fs;
static unsigned entries_seen;

static void read_content(uint64_t nid)
{
    struct erofs_inode inode;
    uint8_t bytes[64];
    size_t size;

    erofs_inode(&fs, nid, &inode);
    for (uint64_t offset = 0; offset < inode.size_bytes; offset += 1 + inode.size_bytes / 7) {
        size = erofs_read(&fs, &inode, offset, bytes, sizeof(bytes));
        assert(size > 0 && size <= inode.size_bytes - offset);
    }
    assert(!inode.in_place || inode.data_offset % EROFS_BLOCK_BYTES == 0);
}

static void look_up(uint64_t directory, const struct erofs_entry *entry)
{
    struct erofs_entry found;
    uint64_t nid;
    char path[EROFS_NAME_MAX + 4];

    assert(erofs_lookup(&fs, directory, entry->name, entry->name_size_bytes, &found) == 0);
    assert(found.nid == entry->nid && found.name == entry->name);
    memcpy(path, entry->name, entry->name_size_bytes);
    memcpy(path + entry->name_size_bytes, "/..", 3);
    (void)image_walk(&fs, directory, path, entry->name_size_bytes + 3, PLACE_FOLLOW, &nid);
    (void)image_walk(&fs, directory, path, entry->name_size_bytes, PLACE_NO_FOLLOW, &nid);
}

static void read_directory(uint64_t nid, unsigned depth)
{
    struct erofs_inode inode;
    struct erofs_entry entry;
    uint64_t cursor = 0, before = 0;

    assert(depth < EROFS_DEPTH_MAX);
    erofs_inode(&fs, nid, &inode);
    for (unsigned i = 0; i < ENTRIES_OF_ONE && entries_seen < ENTRIES_MAX; i++, entries_seen++) {
        if (erofs_readdir(&fs, &inode, &cursor, &entry) != 0) {
            break;
        }
        assert(cursor > before);
        before = cursor;
        read_content(entry.nid);
        look_up(nid, &entry);
        bool is_dot =
            entry.name[0] == '.' && entry.name_size_bytes <= 2 && entry.name[entry.name_size_bytes - 1] == '.';

        if (entry.type == ABI_DT_DIR && !is_dot) {
            read_directory(entry.nid, depth + 1);
        }
    }
}

static void resize_image(uint64_t bytes)
{
    free(image);
    image = aligned_alloc(EROFS_BLOCK_BYTES, bytes);
    image_bytes = bytes;
}

static void change_good_image(const uint8_t *data, size_t size)
{
    static uint8_t *good;

    if (!good) {
        image_sample();
        good = image;
        image = NULL;
    }
    resize_image(IMAGE_BLOCKS * EROFS_BLOCK_BYTES);
    memcpy(image, good, image_bytes);
    for (size_t at = 1; at + 3 < size;) {
        uint64_t offset = EROFS_SUPERBLOCK_OFFSET + (data[at] | (uint64_t)data[at + 1] << 8) % (3 * EROFS_BLOCK_BYTES);
        uint8_t length = data[at + 2] % 17;

        at += 3;
        for (; length > 0 && at < size; length--) {
            image[offset++] = data[at++];
        }
    }
    image_superblock()->compatible_features &= ~EROFS_HAS_CHECKSUM;
}

static void take_image(const uint8_t *data, size_t size)
{
    resize_image(ALIGNED_UP(size, EROFS_BLOCK_BYTES));
    memset(image + image_bytes - EROFS_BLOCK_BYTES, 0, EROFS_BLOCK_BYTES);
    memcpy(image, data, size);
    image_superblock()->compatible_features &= ~EROFS_HAS_CHECKSUM;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *reason = "";

    if (size == 0 || (data[0] == 0 && size < EROFS_BLOCK_BYTES)) {
        return 0;
    }
    if (data[0] == 0) {
        take_image(data, size);
    } else {
        change_good_image(data, size);
    }
    entries_seen = 0;
    if (erofs_mount(&fs, image, image_bytes, &reason) == 0) {
        read_directory(fs.root_nid, 0);
    } else {
        assert(reason[0] != 0 && size > 4); /* less changes nothing */
    }
    return 0;
}
