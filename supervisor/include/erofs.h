#pragma once

#include "types.h"

/*
 * The initrd's file system: an uncompressed EROFS image in memory, read in place. Nothing is allocated or cached.
 *
 * erofs_mount() looks at every directory and every inode once, with all their limits; what it has accepted can't make
 * any later call fail or read outside of the image, which nobody may write to. An inode is known by its number (nid).
 * Locks: none, everything is read-only.
 */
struct erofs {
    /* Fixed by erofs_mount(). */
    const uint8_t *image;
    uint64_t size_bytes; /* as the superblock says: at most what was given */
    uint64_t inodes_offset; /* nids count from here, in steps of 32 bytes */
    uint64_t root_nid;
    uint64_t entry_count; /* of all directories, without `.` and `..` */
    uint64_t bad_nid; /* when it was refused: the inode where that was found out; 0 for the superblock */
};

#define EROFS_NAME_MAX 255
#define EROFS_DEPTH_MAX 32

struct erofs_inode {
    uint64_t nid;
    uint64_t size_bytes;
    uint64_t data_offset; /* in the image: of the whole blocks of the content */
    uint64_t tail_offset; /* in the image: of the rest, when it does not follow the blocks; else 0 */
    uint32_t mode; /* type and permissions as in struct abi_stat */
    uint32_t link_count;
    bool in_place; /* all of the content is at data_offset, a multiple of 4096: its pages can be mapped */
};

struct erofs_entry {
    const char *name; /* borrowed from the image; not NUL-terminated */
    uint32_t name_size_bytes;
    uint32_t type; /* ABI_DT_* */
    uint64_t nid;
};

/*
 * Check the image of up to @size_bytes at @image, which is on a page boundary and borrowed for ever.
 * Returns 0, or -EINVAL with *@reason saying what is wrong and fs->bad_nid where; @fs is not to be used then.
 */
int erofs_mount(struct erofs *fs, const void *image, uint64_t size_bytes, const char **reason);

/* What is known of an inode. @nid came from this file system. */
void erofs_inode(const struct erofs *fs, uint64_t nid, struct erofs_inode *out);

/*
 * The entry of a directory with this name.
 * Returns 0, -ENOENT, or -ENOTDIR when @directory is none.
 */
int erofs_lookup(const struct erofs *fs, uint64_t directory, const char *name, size_t name_size_bytes,
                 struct erofs_entry *out);

/* The text of the symbolic link @nid, borrowed from the image; it is not empty and not NUL-terminated. */
const char *erofs_link_text(const struct erofs *fs, uint64_t nid, size_t *size_bytes);

/* Copy bytes of a file, directory or symbolic link from @offset on. Returns how many: 0 at and behind the end. */
size_t erofs_read(const struct erofs *fs, const struct erofs_inode *inode, uint64_t offset, void *buffer, size_t size);

/*
 * The entry of @directory at *@cursor, and the cursor of the next one. Cursors start with 0, stay valid for ever, and
 * any other value means the next entry behind it. The order is that of the names' bytes, `.` and `..` among them.
 * Returns 0 or, behind the last entry, -ENOENT.
 */
int erofs_readdir(const struct erofs *fs, const struct erofs_inode *directory, uint64_t *cursor,
                  struct erofs_entry *out);
