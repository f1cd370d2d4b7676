/*
 * Reading an EROFS image that erofs_mount() has accepted.
 *
 *     superblock at 1024 | inodes, each with what lies inline behind it | blocks of directories and files
 *
 * Three layouts of an inode's content are known: flat (whole blocks, one behind the other), inline (the same, but the
 * last, partial block stands behind the inode), and chunked (a table of block numbers behind the inode, which the mount
 * accepts only when the chunks lie one behind the other). Directories and symbolic links are usually inline.
 *
 * Nothing here checks what the mount has checked: names, order and offsets in directories, extents, types, `.` and `..`
 * in every directory. So a look-up is one binary search for each name, and costs a few hundred instructions.
 *
 * Typical use:
 *   erofs_mount(&fs, image, size, &reason) -> erofs_lookup(&fs, fs.root_nid, name, ...) -> erofs_inode()
 *   -> its pages are mapped in place, or erofs_read(), erofs_readdir()
 */
#include "erofs.h"

#include "erofs_format.h"
#include "abi_errno.h"
#include "abi_types.h"

#include <string.h>

const struct erofs_entry_type erofs_entry_types[EROFS_ENTRY_TYPES] = {
    [1] = { .type = ABI_DT_REG, .mode = ABI_S_IFREG },
    [2] = { .type = ABI_DT_DIR, .mode = ABI_S_IFDIR },
    [3] = { .type = ABI_DT_CHR, .mode = ABI_S_IFCHR },
    [4] = { .type = 6, .mode = 0060000 }, /* block device */
    [5] = { .type = 1, .mode = 0010000 }, /* FIFO */
    [6] = { .type = 12, .mode = 0140000 }, /* socket */
    [7] = { .type = ABI_DT_LNK, .mode = ABI_S_IFLNK },
};

struct erofs_block erofs_directory_block(const struct erofs *fs, const struct erofs_inode *directory, uint64_t index)
{
    uint64_t start = index << EROFS_BLOCK_SHIFT, rest = directory->size_bytes - start;
    bool is_tail = !directory->in_place && rest < EROFS_BLOCK_BYTES;
    uint64_t offset = is_tail ? directory->tail_offset : directory->data_offset + start;
    const struct erofs_disk_entry *entries = (const struct erofs_disk_entry *)(fs->image + offset);

    return (struct erofs_block){
        .entries = entries,
        .entry_count = entries[0].name_offset / sizeof(entries[0]),
        .size_bytes = rest < EROFS_BLOCK_BYTES ? (uint32_t)rest : EROFS_BLOCK_BYTES,
    };
}

/* A name, and its size: up to the next one, or, of a block's last one, to the block's end or a NUL. */
static inline const char *name_of(const struct erofs_block *block, uint32_t index, uint32_t *size_bytes)
{
    uint32_t start = block->entries[index].name_offset, size;
    const char *name = (const char *)block->entries + start;

    if (index + 1 < block->entry_count) {
        *size_bytes = block->entries[index + 1].name_offset - start;
        return name;
    }
    for (size = 0; size < block->size_bytes - start && name[size] != 0; size++) {
    }
    *size_bytes = size;
    return name;
}

struct erofs_entry erofs_block_entry(const struct erofs_block *block, uint32_t index)
{
    const struct erofs_disk_entry *disk = &block->entries[index];
    struct erofs_entry entry;

    entry.name = name_of(block, index, &entry.name_size_bytes);
    entry.type = erofs_entry_types[disk->type % EROFS_ENTRY_TYPES].type;
    entry.nid = disk->nid;
    return entry;
}

uint32_t erofs_chunk_block(const struct erofs *fs, const struct erofs_disk_inode *inode, uint64_t inline_offset,
                           uint64_t index)
{
    if (inode->block & EROFS_CHUNK_WIDE) {
        const uint8_t *table = fs->image + ALIGNED_UP(inline_offset, sizeof(struct erofs_chunk_index));

        return ((const struct erofs_chunk_index *)table)[index].block;
    }
    return ((const uint32_t *)(fs->image + inline_offset))[index];
}

int erofs_compare_names(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;

    for (size_t i = 0; i < common; i++) {
        if (a[i] != b[i]) {
            return (unsigned char)a[i] - (unsigned char)b[i];
        }
    }
    return a_size == b_size ? 0 : a_size < b_size ? -1 : 1;
}

void erofs_inode(const struct erofs *fs, uint64_t nid, struct erofs_inode *out)
{
    const struct erofs_disk_inode *disk = erofs_disk_inode(fs, nid);
    uint64_t inline_offset = erofs_inode_offset(fs, nid) + erofs_inode_bytes(disk);
    uint64_t size_bytes = erofs_size_of(disk);
    enum erofs_layout layout = erofs_layout_of(disk);
    uint32_t block = disk->block;

    out->nid = nid;
    out->size_bytes = size_bytes;
    out->mode = disk->mode;
    out->link_count = disk->short_link_count;
    if (disk->format & EROFS_FORMAT_EXTENDED) {
        out->link_count = *(const uint32_t *)((const uint8_t *)disk + EROFS_EXTENDED_LINKS_OFFSET);
    }
    out->in_place = layout != EROFS_FLAT_INLINE || size_bytes % EROFS_BLOCK_BYTES == 0;
    out->tail_offset = out->in_place ? 0 : inline_offset;
    if (layout == EROFS_CHUNKED && size_bytes > 0) {
        block = erofs_chunk_block(fs, disk, inline_offset, 0);
    }
    /* Where there is no whole block, the number may be any. */
    out->data_offset =
        size_bytes < EROFS_BLOCK_BYTES && !(out->in_place && size_bytes > 0) ? 0 : (uint64_t)block << EROFS_BLOCK_SHIFT;
}

/* Entry @index against the name, which is not empty. Most names differ in their first byte, before sizes matter. */
static inline int compare_entry(const struct erofs_block *block, uint32_t index, const char *name, size_t size_bytes)
{
    uint8_t first = *((const uint8_t *)block->entries + block->entries[index].name_offset);

    if (first != (uint8_t)name[0]) {
        return first - (uint8_t)name[0];
    }
    uint32_t entry_size;
    const char *entry_name = name_of(block, index, &entry_size);

    return erofs_compare_names(entry_name, entry_size, name, size_bytes);
}

/* The last block whose first name is not above the one that is looked for: it alone can have it. */
static struct erofs_block find_block(const struct erofs *fs, const struct erofs_inode *directory, const char *name,
                                     size_t name_size_bytes)
{
    uint64_t low = 0, high = erofs_block_count(directory->size_bytes);

    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        struct erofs_block block = erofs_directory_block(fs, directory, middle);

        if (compare_entry(&block, 0, name, name_size_bytes) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return erofs_directory_block(fs, directory, low);
}

int erofs_lookup(const struct erofs *fs, uint64_t directory, const char *name, size_t name_size_bytes,
                 struct erofs_entry *out)
{
    struct erofs_inode inode;

    erofs_inode(fs, directory, &inode);
    if ((inode.mode & ABI_S_IFMT) != ABI_S_IFDIR) {
        return -ENOTDIR;
    }
    if (name_size_bytes == 0) {
        return -ENOENT;
    }
    struct erofs_block block = find_block(fs, &inode, name, name_size_bytes);
    uint32_t low = 0, high = block.entry_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_entry(&block, middle, name, name_size_bytes);

        if (order == 0) {
            *out = erofs_block_entry(&block, middle);
            return 0;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -ENOENT;
}

const char *erofs_link_text(const struct erofs *fs, uint64_t nid, size_t *size_bytes)
{
    struct erofs_inode inode;

    erofs_inode(fs, nid, &inode);
    *size_bytes = inode.size_bytes;
    return (const char *)fs->image + (inode.in_place ? inode.data_offset : inode.tail_offset);
}

size_t erofs_read(const struct erofs *fs, const struct erofs_inode *inode, uint64_t offset, void *buffer, size_t size)
{
    /* Where the content goes on elsewhere. */
    uint64_t tail_start = inode->in_place ? inode->size_bytes : ALIGNED_DOWN(inode->size_bytes, EROFS_BLOCK_BYTES);
    uint8_t *to = buffer;

    if (offset >= inode->size_bytes) {
        return 0;
    }
    if (size > inode->size_bytes - offset) {
        size = inode->size_bytes - offset;
    }
    uint64_t end = offset + size;
    uint64_t block_bytes = offset >= tail_start ? 0 : (end < tail_start ? end : tail_start) - offset;

    memcpy(to, fs->image + inode->data_offset + offset, block_bytes);
    if (block_bytes < size) {
        memcpy(to + block_bytes, fs->image + inode->tail_offset + (offset + block_bytes - tail_start),
               size - block_bytes);
    }
    return size;
}

int erofs_readdir(const struct erofs *fs, const struct erofs_inode *directory, uint64_t *cursor,
                  struct erofs_entry *out)
{
    uint64_t block_count = erofs_block_count(directory->size_bytes);
    uint64_t index = *cursor >> EROFS_BLOCK_SHIFT;
    uint32_t entry_bytes = sizeof(struct erofs_disk_entry);
    uint32_t number = (uint32_t)(*cursor % EROFS_BLOCK_BYTES + entry_bytes - 1) / entry_bytes;

    for (; index < block_count; index++, number = 0) {
        struct erofs_block block = erofs_directory_block(fs, directory, index);

        if (number < block.entry_count) {
            *out = erofs_block_entry(&block, number);
            *cursor = (index << EROFS_BLOCK_SHIFT) + (number + 1) * entry_bytes;
            return 0;
        }
    }
    return -ENOENT;
}
