/* See supervisor_erofs_image.h. */
#include "supervisor_erofs_image.h"

#include "abi_types.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint8_t *image;
uint64_t image_bytes;

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
