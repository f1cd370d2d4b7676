/*
 * Checking an EROFS image before anything in it is believed.
 *
 * The whole tree is walked once, depth first: each directory's blocks, names and order, each inode's layout and extent.
 * What the readers in erofs.c rely on is established here, and only here:
 *
 *     extents     everything that an inode names lies inside the image, and inside one block where it is inline
 *     contiguous  the chunks of a chunked file lie one behind the other, with no hole
 *     names       1 to 255 bytes, no '/' and no NUL; a directory's names ascend strictly, so none is there twice
 *     dots        `.` is the directory itself and `..` the one it was reached from, the root's `..` itself: so no
 *                 directory is reached from two others, and none from below
 *     types       an entry's type is its inode's
 *     links       a symbolic link's text is 1 to 4095 bytes, without a NUL
 *     bounded     directories nest no deeper than EROFS_DEPTH_MAX, and there are no more entries than the image has
 *                 room for (a directory that is listed twice could multiply them)
 *
 * Nothing is allocated: the walk keeps a place in each directory above it.
 */
#include "erofs.h"

#include "erofs_format.h"
#include "abi_errno.h"
#include "abi_types.h"
#include "checked.h"

#include <string.h>

#define NO_BLOCK UINT32_MAX /* a hole, among a chunked file's blocks */
#define LINK_TEXT_MAX 4095

struct mount {
    struct erofs *fs;
    const char *reason;
};

/*
 * CRC-32C, a byte in a step. Each entry of the table is the sum of those for its single bits, so the compiler makes the
 * table from eight values.
 */
#define BIT(n, bit, value) ((n) >> (bit)&1 ? (value) : 0u)
#define ROW(n) \
    (BIT(n, 0, 0xf26b8303) ^ BIT(n, 1, 0xe13b70f7) ^ BIT(n, 2, 0xc79a971f) ^ BIT(n, 3, 0x8ad958cf) ^ \
     BIT(n, 4, 0x105ec76f) ^ BIT(n, 5, 0x20bd8ede) ^ BIT(n, 6, 0x417b1dbc) ^ BIT(n, 7, 0x82f63b78))
#define ROWS_4(n) ROW(n), ROW((n) + 1), ROW((n) + 2), ROW((n) + 3)
#define ROWS_16(n) ROWS_4(n), ROWS_4((n) + 4), ROWS_4((n) + 8), ROWS_4((n) + 12)
#define ROWS_64(n) ROWS_16(n), ROWS_16((n) + 16), ROWS_16((n) + 32), ROWS_16((n) + 48)
static const uint32_t crc32c_table[256] = { ROWS_64(0), ROWS_64(64), ROWS_64(128), ROWS_64(192) };

static uint32_t crc32c(uint32_t crc, const uint32_t *words, const uint32_t *end)
{
    for (; words < end; words++) {
        crc ^= *words;
#pragma GCC unroll 4
        for (int step = 0; step < 4; step++) {
            crc = crc >> 8 ^ crc32c_table[crc & 0xff];
        }
    }
    return crc;
}

/* The superblock's checksum: over the rest of its block, with the field itself taken for 0. */
static uint32_t superblock_checksum(const uint8_t *image)
{
    const uint32_t *words = (const uint32_t *)(image + EROFS_SUPERBLOCK_OFFSET);
    const uint32_t start[] = { words[0], 0 };
    uint32_t crc = crc32c(UINT32_MAX, start, start + 2);

    return crc32c(crc, words + 2, (const uint32_t *)(image + EROFS_BLOCK_BYTES));
}

static int refuse(struct mount *mount, uint64_t nid, const char *reason)
{
    mount->fs->bad_nid = nid;
    mount->reason = reason;
    return -EINVAL;
}

static int read_superblock(struct mount *mount, uint64_t size_bytes)
{
    struct erofs *fs = mount->fs;
    const struct erofs_superblock *superblock = (const void *)(fs->image + EROFS_SUPERBLOCK_OFFSET);

    if (!is_page_aligned((uintptr_t)fs->image)) {
        return refuse(mount, 0, "it does not start on a page boundary");
    }
    if (size_bytes < EROFS_BLOCK_BYTES) {
        return refuse(mount, 0, "it is too short for a superblock");
    }
    if (superblock->magic != EROFS_MAGIC) {
        return refuse(mount, 0, "it is no EROFS image: no magic number at byte 1024");
    }
    if (superblock->block_shift != EROFS_BLOCK_SHIFT) {
        return refuse(mount, 0, "its blocks are not of 4096 bytes");
    }
    if ((superblock->compatible_features & EROFS_HAS_CHECKSUM) &&
        superblock->checksum != superblock_checksum(fs->image)) {
        return refuse(mount, 0, "its superblock's checksum is wrong");
    }
    if (superblock->incompatible_features & ~EROFS_CHUNKED_FILES) {
        return refuse(mount, 0, "it uses features that are not supported: make it without compression");
    }
    fs->size_bytes = (uint64_t)superblock->block_count << EROFS_BLOCK_SHIFT;
    if (fs->size_bytes > size_bytes) {
        return refuse(mount, 0, "it is cut off: the superblock counts more blocks than there are");
    }
    fs->inodes_offset = (uint64_t)superblock->inodes_block << EROFS_BLOCK_SHIFT;
    fs->root_nid = superblock->root_nid;
    fs->entry_count = 0;
    return 0;
}

/* Whether @size_bytes from the start of @block lie inside the image. */
static bool blocks_fit(const struct erofs *fs, uint64_t block, uint64_t size_bytes)
{
    return fits_below(block << EROFS_BLOCK_SHIFT, erofs_block_count(size_bytes) << EROFS_BLOCK_SHIFT, fs->size_bytes);
}

/* The inode itself, extended or not, and its attributes: what lies inline starts at @inline_offset. */
static int check_frame(struct mount *mount, uint64_t nid, uint64_t *inline_offset)
{
    const struct erofs *fs = mount->fs;
    uint64_t room = fs->inodes_offset < fs->size_bytes ? fs->size_bytes - fs->inodes_offset : 0;

    if (nid >= room >> EROFS_NID_SHIFT) {
        return refuse(mount, nid, "an inode lies outside of the image");
    }
    const struct erofs_disk_inode *disk = erofs_disk_inode(fs, nid);

    if (disk->format & ~EROFS_FORMAT_KNOWN) {
        return refuse(mount, nid, "an inode is of an unknown format");
    }
    *inline_offset = erofs_inode_offset(fs, nid) + erofs_inode_bytes(disk);
    if (*inline_offset > fs->size_bytes) {
        return refuse(mount, nid, "an inode and its attributes lie outside of the image");
    }
    return 0;
}

static int check_chunks(struct mount *mount, uint64_t nid, uint64_t table)
{
    const struct erofs *fs = mount->fs;
    const struct erofs_disk_inode *disk = erofs_disk_inode(fs, nid);
    uint64_t size_bytes = erofs_size_of(disk);
    uint64_t entry_bytes = disk->block & EROFS_CHUNK_WIDE ? sizeof(struct erofs_chunk_index) : sizeof(uint32_t);
    unsigned shift = disk->block & EROFS_CHUNK_SHIFT_MASK;
    uint64_t count = (erofs_block_count(size_bytes) + (1ull << shift) - 1) >> shift;

    table = ALIGNED_UP(table, entry_bytes);
    if ((disk->block & ~EROFS_CHUNK_KNOWN) || !fits_below(table, count * entry_bytes, fs->size_bytes)) {
        return refuse(mount, nid, "a chunked file's table is malformed, or lies outside of the image");
    }
    for (uint64_t i = 0; i < count; i++) {
        uint32_t first = erofs_chunk_block(fs, disk, table, 0), block = erofs_chunk_block(fs, disk, table, i);

        if (block == NO_BLOCK || block != first + (i << shift)) {
            return refuse(mount, nid, "a chunked file does not lie in one piece");
        }
    }
    if (count > 0 && !blocks_fit(fs, erofs_chunk_block(fs, disk, table, 0), size_bytes)) {
        return refuse(mount, nid, "a file's blocks lie outside of the image");
    }
    return 0;
}

static int check_extent(struct mount *mount, uint64_t nid, uint64_t inline_offset)
{
    const struct erofs *fs = mount->fs;
    const struct erofs_disk_inode *disk = erofs_disk_inode(fs, nid);
    uint64_t size_bytes = erofs_size_of(disk), tail_bytes = 0;

    /* No file has a hole, so none is larger; and what follows can't overflow. */
    if (size_bytes > fs->size_bytes) {
        return refuse(mount, nid, "a file is larger than the image");
    }
    switch (erofs_layout_of(disk)) {
    case EROFS_FLAT_PLAIN:
        break;
    case EROFS_FLAT_INLINE:
        tail_bytes = size_bytes % EROFS_BLOCK_BYTES;
        break;
    case EROFS_CHUNKED:
        return check_chunks(mount, nid, inline_offset);
    default:
        return refuse(mount, nid, "an inode is compressed, or of an unknown layout");
    }
    if (size_bytes - tail_bytes != 0 && !blocks_fit(fs, disk->block, size_bytes - tail_bytes)) {
        return refuse(mount, nid, "a file's blocks lie outside of the image");
    }
    if (tail_bytes != 0 && (inline_offset % EROFS_BLOCK_BYTES + tail_bytes > EROFS_BLOCK_BYTES ||
                            !fits_below(inline_offset, tail_bytes, fs->size_bytes))) {
        return refuse(mount, nid, "a file's inline part crosses the end of its block");
    }
    return 0;
}

static int check_link(struct mount *mount, const struct erofs_inode *inode)
{
    const uint8_t *text = mount->fs->image + (inode->in_place ? inode->data_offset : inode->tail_offset);

    if (inode->size_bytes == 0 || inode->size_bytes > LINK_TEXT_MAX || memchr(text, 0, inode->size_bytes)) {
        return refuse(mount, inode->nid, "a symbolic link's text is empty, too long, or has a NUL");
    }
    return 0;
}

/* All that an inode says of itself. */
static int check_inode(struct mount *mount, uint64_t nid, struct erofs_inode *inode)
{
    uint64_t inline_offset;
    int error = check_frame(mount, nid, &inline_offset);

    if (error == 0) {
        error = check_extent(mount, nid, inline_offset);
    }
    if (error != 0) {
        return error;
    }
    erofs_inode(mount->fs, nid, inode);
    bool is_chunked = erofs_layout_of(erofs_disk_inode(mount->fs, nid)) == EROFS_CHUNKED;

    switch (inode->mode & ABI_S_IFMT) {
    case ABI_S_IFREG:
        return 0;
    case ABI_S_IFDIR:
        return inode->size_bytes == 0 || is_chunked ? refuse(mount, nid, "a directory is empty, or chunked") : 0;
    case ABI_S_IFLNK:
        return is_chunked ? refuse(mount, nid, "a symbolic link is chunked") : check_link(mount, inode);
    default:
        return inode->size_bytes != 0 ? refuse(mount, nid, "a file that is no regular one has content") : 0;
    }
}

/* Where the check of a directory's entries stands. */
struct directory_check {
    struct erofs_inode inode;
    uint64_t parent;
    unsigned dot_count;
    const char *previous_name;
    size_t previous_size_bytes;
};

/* The block's entries lie in front of their names, and the names in order and inside the block. */
static int check_block(struct mount *mount, uint64_t nid, const struct erofs_block *block)
{
    uint32_t first = block->entries[0].name_offset, behind = first;

    if (first == 0 || first % sizeof(struct erofs_disk_entry) != 0 || first >= block->size_bytes) {
        return refuse(mount, nid, "a directory's entries don't fit their block");
    }
    for (uint32_t i = 1; i < block->entry_count; i++) {
        uint32_t offset = block->entries[i].name_offset;

        if (offset <= behind || offset >= block->size_bytes) {
            return refuse(mount, nid, "a directory's names overlap, or leave their block");
        }
        behind = offset;
    }
    return 0;
}

static bool is_name(const struct erofs_entry *entry)
{
    if (entry->name_size_bytes == 0 || entry->name_size_bytes > EROFS_NAME_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < entry->name_size_bytes; i++) {
        if (entry->name[i] == 0 || entry->name[i] == '/') {
            return false;
        }
    }
    return true;
}

/* 1 for `.`, 2 for `..`, else 0. */
static unsigned dots_in(const struct erofs_entry *entry)
{
    bool only_dots =
        entry->name[0] == '.' && entry->name_size_bytes <= 2 && entry->name[entry->name_size_bytes - 1] == '.';

    return only_dots ? entry->name_size_bytes : 0;
}

static int check_entry(struct mount *mount, struct directory_check *check, const struct erofs_block *block,
                       uint32_t index)
{
    struct erofs_entry entry = erofs_block_entry(block, index);
    uint64_t nid = check->inode.nid;
    unsigned type = block->entries[index].type;
    struct erofs_inode child;

    if (!is_name(&entry)) {
        return refuse(mount, nid, "a directory has a name that is empty, too long, or has '/' or NUL in it");
    }
    if (check->previous_name &&
        erofs_compare_names(check->previous_name, check->previous_size_bytes, entry.name, entry.name_size_bytes) >= 0) {
        return refuse(mount, nid, "a directory's names are not in order, or one is there twice");
    }
    check->previous_name = entry.name;
    check->previous_size_bytes = entry.name_size_bytes;
    if (dots_in(&entry) != 0) {
        uint64_t target = dots_in(&entry) == 1 ? nid : check->parent;

        check->dot_count++;
        return entry.nid == target && entry.type == ABI_DT_DIR
                   ? 0
                   : refuse(mount, nid, "a directory's `.` or `..` leads elsewhere: there is a loop");
    }
    mount->fs->entry_count++;

    int error = check_inode(mount, entry.nid, &child);

    if (error != 0) {
        return error;
    }
    if (type == 0 || type >= EROFS_ENTRY_TYPES || erofs_entry_types[type].mode != (child.mode & ABI_S_IFMT)) {
        return refuse(mount, entry.nid, "an entry's type is not its inode's");
    }
    return 0;
}

/* A directory whose inode is checked, reached from @parent: its blocks, its entries and their inodes. */
static int check_directory(struct mount *mount, uint64_t nid, uint64_t parent)
{
    struct directory_check check = { .parent = parent };
    int error = 0;

    erofs_inode(mount->fs, nid, &check.inode);
    if (check.inode.size_bytes % EROFS_BLOCK_BYTES != 0 &&
        check.inode.size_bytes % EROFS_BLOCK_BYTES < sizeof(struct erofs_disk_entry)) {
        return refuse(mount, nid, "a directory's last block is too short for an entry");
    }
    for (uint64_t i = 0; i < erofs_block_count(check.inode.size_bytes); i++) {
        struct erofs_block block = erofs_directory_block(mount->fs, &check.inode, i);

        error = check_block(mount, nid, &block);
        for (uint32_t entry = 0; entry < block.entry_count && error == 0; entry++) {
            error = check_entry(mount, &check, &block, entry);
        }
        if (error != 0) {
            return error;
        }
    }
    if (check.dot_count != 2) {
        return refuse(mount, nid, "a directory has no `.` or no `..`");
    }
    /* Each entry takes 12 bytes and its name; a tree in which nothing is there twice can't have more. */
    if (mount->fs->entry_count > mount->fs->size_bytes / sizeof(struct erofs_disk_entry)) {
        return refuse(mount, nid, "a directory is listed many times");
    }
    return 0;
}

/* A directory on the way down, and what is to be looked at next in it. */
struct level {
    uint64_t nid;
    uint64_t cursor;
};

/* The next directory in the one at @level: 0 and its nid, or -ENOENT. */
static int next_directory(const struct erofs *fs, struct level *level, uint64_t *nid)
{
    struct erofs_inode inode;
    struct erofs_entry entry;

    erofs_inode(fs, level->nid, &inode);
    while (erofs_readdir(fs, &inode, &level->cursor, &entry) == 0) {
        if (entry.type == ABI_DT_DIR && dots_in(&entry) == 0) {
            *nid = entry.nid;
            return 0;
        }
    }
    return -ENOENT;
}

static int check_tree(struct mount *mount)
{
    struct level levels[EROFS_DEPTH_MAX];
    unsigned depth = 0;
    uint64_t nid = mount->fs->root_nid;
    int error = check_directory(mount, nid, nid);

    levels[0] = (struct level){ .nid = nid, .cursor = 0 };
    while (error == 0) {
        if (next_directory(mount->fs, &levels[depth], &nid) != 0) {
            if (depth == 0) {
                return 0;
            }
            depth--;
        } else if (depth + 1 == EROFS_DEPTH_MAX) {
            return refuse(mount, nid, "directories nest too deep");
        } else {
            error = check_directory(mount, nid, levels[depth].nid);
            levels[++depth] = (struct level){ .nid = nid, .cursor = 0 };
        }
    }
    return error;
}

int erofs_mount(struct erofs *fs, const void *image, uint64_t size_bytes, const char **reason)
{
    struct mount mount = { .fs = fs, .reason = "" };
    struct erofs_inode root;

    *fs = (struct erofs){ .image = image };

    int error = read_superblock(&mount, size_bytes);

    if (error == 0) {
        error = check_inode(&mount, fs->root_nid, &root);
    }
    if (error == 0 && (root.mode & ABI_S_IFMT) != ABI_S_IFDIR) {
        error = refuse(&mount, fs->root_nid, "its root is no directory");
    }
    if (error == 0) {
        error = check_tree(&mount);
    }
    if (error != 0) {
        *reason = mount.reason;
    }
    return error;
}
