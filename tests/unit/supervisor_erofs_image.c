/* See supervisor_erofs_image.h. */
#include "supervisor_erofs_image.h"

#include "abi_types.h"
#include "offset.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *image;
uint64_t image_bytes;
struct image_nids sample;
uint8_t image_content[IMAGE_CONTENT_BYTES];

static uint32_t meta_end, next_block;

void image_start(void)
{
    free(image);
    image_bytes = IMAGE_BLOCKS * EROFS_BLOCK_BYTES;
    image = aligned_alloc(EROFS_BLOCK_BYTES, image_bytes);
    memset(image, 0, image_bytes);
    meta_end = EROFS_SUPERBLOCK_OFFSET + sizeof(struct erofs_superblock);
    next_block = IMAGE_META_BLOCKS;
}

struct erofs_superblock *image_superblock(void)
{
    return (struct erofs_superblock *)(image + EROFS_SUPERBLOCK_OFFSET);
}

struct erofs_disk_inode *image_inode(uint64_t nid)
{
    return (struct erofs_disk_inode *)(image + (nid << EROFS_NID_SHIFT));
}

uint64_t image_reserve(enum image_inode_kind kind, uint16_t attribute_count, uint32_t inline_bytes)
{
    uint32_t bytes = kind == IMAGE_SHORT ? sizeof(struct erofs_disk_inode) : EROFS_EXTENDED_BYTES;

    bytes += attribute_count == 0 ? 0 : 12 + 4u * (attribute_count - 1);
    meta_end = (uint32_t)ALIGNED_UP(meta_end, 32);
    if (meta_end / EROFS_BLOCK_BYTES != (meta_end + bytes + inline_bytes) / EROFS_BLOCK_BYTES) {
        meta_end = (uint32_t)ALIGNED_UP(meta_end, EROFS_BLOCK_BYTES);
    }
    uint64_t nid = meta_end >> EROFS_NID_SHIFT;

    image_inode(nid)->format = kind == IMAGE_EXTENDED ? EROFS_FORMAT_EXTENDED : 0;
    image_inode(nid)->attribute_count = attribute_count;
    meta_end += bytes + inline_bytes;
    assert(meta_end <= IMAGE_META_BLOCKS * EROFS_BLOCK_BYTES);
    return nid;
}

static uint32_t take_blocks(uint32_t count)
{
    next_block += count;
    assert(next_block <= IMAGE_BLOCKS);
    return next_block - count;
}

/* The common part; content follows. */
static struct erofs_disk_inode *put(uint64_t nid, uint16_t mode, uint32_t size_bytes, enum erofs_layout layout)
{
    struct erofs_disk_inode *inode = image_inode(nid);

    inode->format |= (uint16_t)(layout << EROFS_FORMAT_LAYOUT_SHIFT);
    inode->mode = mode;
    inode->size_low = size_bytes;
    inode->short_link_count = 1;
    if (inode->format & EROFS_FORMAT_EXTENDED) {
        inode->short_link_count = 0;
        *(uint32_t *)((uint8_t *)inode + EROFS_EXTENDED_LINKS_OFFSET) = 0x10001;
    }
    return inode;
}

static uint8_t *inline_content(struct erofs_disk_inode *inode)
{
    return (uint8_t *)inode + erofs_inode_bytes(inode);
}

void image_put_plain(uint64_t nid, uint16_t mode, const void *content, uint32_t size_bytes)
{
    struct erofs_disk_inode *inode = put(nid, mode, size_bytes, EROFS_FLAT_PLAIN);

    inode->block = take_blocks((uint32_t)erofs_block_count(size_bytes));
    if (size_bytes > 0) {
        memcpy(image + (uint64_t)inode->block * EROFS_BLOCK_BYTES, content, size_bytes);
    }
}

void image_put_inline(uint64_t nid, uint16_t mode, const void *content, uint32_t size_bytes)
{
    struct erofs_disk_inode *inode = put(nid, mode, size_bytes, EROFS_FLAT_INLINE);
    uint32_t whole = size_bytes / EROFS_BLOCK_BYTES;

    inode->block = whole == 0 ? UINT32_MAX : take_blocks(whole);
    if (whole > 0) {
        memcpy(image + (uint64_t)inode->block * EROFS_BLOCK_BYTES, content, whole * EROFS_BLOCK_BYTES);
    }
    memcpy(inline_content(inode), (const uint8_t *)content + whole * EROFS_BLOCK_BYTES, size_bytes % EROFS_BLOCK_BYTES);
}

void image_put_chunked(uint64_t nid, uint16_t mode, const void *content, uint32_t size_bytes, unsigned shift,
                       enum image_index index)
{
    struct erofs_disk_inode *inode = put(nid, mode, size_bytes, EROFS_CHUNKED);
    uint32_t blocks = (uint32_t)erofs_block_count(size_bytes), first = take_blocks(blocks);
    uint8_t *table = inline_content(inode);

    inode->block = shift | (index == IMAGE_WIDE ? EROFS_CHUNK_WIDE : 0);
    for (uint32_t i = 0; i << shift < blocks; i++) {
        if (index == IMAGE_WIDE) {
            struct erofs_chunk_index *entries = (void *)(image + ALIGNED_UP((uint64_t)(table - image), 8));

            entries[i] = (struct erofs_chunk_index){ .block = first + (i << shift) };
        } else {
            ((uint32_t *)table)[i] = first + (i << shift);
        }
    }
    memcpy(image + (uint64_t)first * EROFS_BLOCK_BYTES, content, size_bytes);
}

/* One block of entries and names. Returns the bytes used. */
static uint32_t make_block(uint8_t *block, const struct image_entry *entries, size_t count)
{
    uint32_t name_offset = (uint32_t)(count * sizeof(struct erofs_disk_entry));

    for (size_t i = 0; i < count; i++) {
        struct erofs_disk_entry *entry = (struct erofs_disk_entry *)block + i;

        *entry = (struct erofs_disk_entry){ entries[i].nid, (uint16_t)name_offset, entries[i].type, 0 };
        memcpy(block + name_offset, entries[i].name, strlen(entries[i].name));
        name_offset += (uint32_t)strlen(entries[i].name);
    }
    assert(name_offset <= EROFS_BLOCK_BYTES);
    return name_offset;
}

static size_t entries_that_fit(const struct image_entry *entries, size_t count)
{
    size_t used = 0, i = 0;

    while (i < count && used + sizeof(struct erofs_disk_entry) + strlen(entries[i].name) <= EROFS_BLOCK_BYTES) {
        used += sizeof(struct erofs_disk_entry) + strlen(entries[i].name);
        i++;
    }
    return i;
}

uint32_t image_put_directory(uint64_t nid, const struct image_entry *entries, size_t count, size_t per_block)
{
    static _Alignas(8) uint8_t content[32 * EROFS_BLOCK_BYTES];
    uint32_t size_bytes = 0;

    memset(content, 0, sizeof(content));
    while (count > 0) {
        size_t fit = entries_that_fit(entries, count);
        size_t in_block = per_block != 0 && per_block < fit ? per_block : fit;

        size_bytes = (uint32_t)ALIGNED_UP(size_bytes, EROFS_BLOCK_BYTES);
        size_bytes += make_block(content + size_bytes, entries, in_block);
        entries += in_block;
        count -= in_block;
    }
    image_put_inline(nid, ABI_S_IFDIR | 0755, content, size_bytes);
    return size_bytes;
}

void image_finish(uint64_t root)
{
    *image_superblock() = (struct erofs_superblock){
        .magic = EROFS_MAGIC,
        .block_shift = EROFS_BLOCK_SHIFT,
        .root_nid = (uint16_t)root,
        .block_count = IMAGE_BLOCKS,
        .incompatible_features = EROFS_CHUNKED_FILES,
    };
}

uint32_t image_crc(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        }
    }
    return crc;
}

void image_sum(void)
{
    image_superblock()->compatible_features |= EROFS_HAS_CHECKSUM;
    image_superblock()->checksum = 0;
    image_superblock()->checksum =
        image_crc(UINT32_MAX, image + EROFS_SUPERBLOCK_OFFSET, EROFS_BLOCK_BYTES - EROFS_SUPERBLOCK_OFFSET);
}

static uint64_t small(void)
{
    return image_reserve(IMAGE_SHORT, 0, 0);
}

static uint64_t link_to(const char *text)
{
    uint64_t nid = image_reserve(IMAGE_SHORT, 0, (uint32_t)strlen(text));

    image_put_inline(nid, ABI_S_IFLNK | 0777, text, (uint32_t)strlen(text));
    return nid;
}

static void put_many(void)
{
    static char names[IMAGE_MANY][4];
    struct image_entry entries[IMAGE_MANY + 2] = { { ".", sample.many, 2 }, { "..", sample.root, 2 } };

    for (unsigned i = 0; i < IMAGE_MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "%03u", i);
        entries[i + 2] = (struct image_entry){ names[i], sample.a, 1 };
    }
    image_put_directory(sample.many, entries, IMAGE_MANY + 2, 100);
}

static void put_files(void)
{
    sample.a = small();
    image_put_plain(sample.a, ABI_S_IFREG | 0644, "content of a", 12);
    sample.hello = small();
    image_put_plain(sample.hello, ABI_S_IFREG | 0755, image_content, 5000);
    sample.chunks = image_reserve(IMAGE_SHORT, 0, 5 * 4);
    image_put_chunked(sample.chunks, ABI_S_IFREG | 0644, image_content, IMAGE_CONTENT_BYTES, 0, IMAGE_NARROW);
    sample.wide = image_reserve(IMAGE_SHORT, 3, 4 + 3 * 8);
    image_put_chunked(sample.wide, ABI_S_IFREG | 0644, image_content, IMAGE_CONTENT_BYTES, 1, IMAGE_WIDE);
    sample.tail = image_reserve(IMAGE_SHORT, 1, 1904);
    image_put_inline(sample.tail, ABI_S_IFREG | 0644, image_content, 2 * EROFS_BLOCK_BYTES + 1904);
    sample.empty = small();
    image_put_plain(sample.empty, ABI_S_IFREG | 0600, NULL, 0);
    sample.extended = image_reserve(IMAGE_EXTENDED, 2, 100);
    image_put_inline(sample.extended, ABI_S_IFREG | 0644, image_content, 100);
    sample.exact = small();
    image_put_inline(sample.exact, ABI_S_IFREG | 0644, image_content, EROFS_BLOCK_BYTES);
}

static void put_links(void)
{
    sample.self = link_to("hello");
    sample.up = link_to("../../bin");
    sample.loop1 = link_to("loop2");
    sample.loop2 = link_to("loop1");
    sample.to_root = link_to("/");
    sample.absolute = link_to("/bin//hello");
}

static void put_directories(void)
{
    sample.root = image_reserve(IMAGE_SHORT, 0, 300);
    sample.bin = image_reserve(IMAGE_SHORT, 0, 100);
    sample.etc = image_reserve(IMAGE_EXTENDED, 0, 200);
    sample.deep = image_reserve(IMAGE_SHORT, 2, 100);
    sample.er = image_reserve(IMAGE_SHORT, 0, 100);
    sample.many = image_reserve(IMAGE_SHORT, 0, 40);
    sample.file = sample.a;
    IMAGE_DIRECTORY(sample.root, { ".", sample.root, 2 }, { "..", sample.root, 2 }, { "bin", sample.bin, 2 },
                    { "chunks", sample.chunks, 1 }, { "empty", sample.empty, 1 }, { "etc", sample.etc, 2 },
                    { "exact", sample.exact, 1 }, { "extended", sample.extended, 1 }, { "many", sample.many, 2 },
                    { "tail", sample.tail, 1 }, { "wide", sample.wide, 1 });
    IMAGE_DIRECTORY(sample.bin, { ".", sample.bin, 2 }, { "..", sample.root, 2 }, { "a", sample.a, 1 },
                    { "hello", sample.hello, 1 }, { "self", sample.self, 7 });
    IMAGE_DIRECTORY(sample.etc, { ".", sample.etc, 2 }, { "..", sample.root, 2 }, { "abs", sample.absolute, 7 },
                    { "deep", sample.deep, 2 }, { "loop1", sample.loop1, 7 }, { "loop2", sample.loop2, 7 },
                    { "root", sample.to_root, 7 });
    IMAGE_DIRECTORY(sample.deep, { "-", sample.a, 1 }, { ".", sample.deep, 2 }, { "..", sample.etc, 2 },
                    { "er", sample.er, 2 }, { "up", sample.up, 7 });
    IMAGE_DIRECTORY(sample.er, { ".", sample.er, 2 }, { "..", sample.deep, 2 }, { "file", sample.file, 1 });
    put_many();
}

void image_sample(void)
{
    uint64_t state = 7;

    for (unsigned i = 0; i < IMAGE_CONTENT_BYTES; i++) {
        /* Knuth's linear congruential generator: its high bits look random. */
        state = state * 6364136223846793005 + 1442695040888963407;
        image_content[i] = (uint8_t)(state >> 56);
    }
    image_start();
    put_files();
    put_links();
    put_directories();
    image_finish(sample.root);
}

struct erofs_disk_entry *image_entry_of(uint64_t directory, const char *name)
{
    struct erofs fs = { .image = image, .size_bytes = image_bytes, .root_nid = sample.root };
    struct erofs_inode inode;

    erofs_inode(&fs, directory, &inode);
    for (uint64_t i = 0; i < erofs_block_count(inode.size_bytes); i++) {
        struct erofs_block block = erofs_directory_block(&fs, &inode, i);

        for (uint32_t k = 0; k < block.entry_count; k++) {
            struct erofs_entry entry = erofs_block_entry(&block, k);

            if (entry.name_size_bytes == strlen(name) && memcmp(entry.name, name, strlen(name)) == 0) {
                return (struct erofs_disk_entry *)&block.entries[k];
            }
        }
    }
    abort();
}

/* --- Paths */

struct image_file_system {
    struct file_system fs;
    const struct erofs *erofs;
};

static const struct erofs *erofs_of(const struct file_system *fs)
{
    return CONTAINER_OF(fs, struct image_file_system, fs)->erofs;
}

static int look_up(const struct file_system *fs, uint64_t folder, const char *name, size_t name_size_bytes,
                   uint64_t *inode, uint32_t *type)
{
    struct erofs_entry entry;
    int error = erofs_lookup(erofs_of(fs), folder, name, name_size_bytes, &entry);

    if (error == 0) {
        *inode = entry.nid;
        *type = entry.type;
    }
    return error;
}

static const char *link_text(const struct file_system *fs, uint64_t inode, size_t *size_bytes)
{
    return erofs_link_text(erofs_of(fs), inode, size_bytes);
}

static void describe(const struct file_system *fs, uint64_t nid, struct abi_stat *stat)
{
    struct erofs_inode inode;

    erofs_inode(erofs_of(fs), nid, &inode);
    stat->mode = inode.mode;
}

int image_walk(const struct erofs *fs, uint64_t folder, const char *path, size_t size_bytes, enum place_follow follow,
               uint64_t *nid)
{
    static struct image_file_system only = { .fs = {
                                                 .lookup = look_up, .link_text = link_text, .describe = describe } };
    struct place found;

    only.erofs = fs;
    (void)place_mount((struct place){ 0 }, (struct place){ &only.fs, fs->root_nid });
    int error = place_walk((struct place){ &only.fs, folder }, path, size_bytes, follow, &found);

    if (error == 0) {
        *nid = found.inode;
    }
    return error;
}
