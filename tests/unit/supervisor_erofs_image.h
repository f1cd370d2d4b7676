#pragma once

#include "erofs_format.h"
#include "place.h"

/*
 * A small writer of EROFS images, for what mkfs.erofs would not make: every layout, and things to be broken afterwards.
 *
 *     image_start() -> nid = image_reserve(...) -> image_put_...(nid, ...) ... -> image_finish(root)
 *
 * The image is an allocation of exactly its own size, on a page boundary.
 */
#define IMAGE_BLOCKS 64u
#define IMAGE_META_BLOCKS 16u

struct image_entry {
    const char *name;
    uint64_t nid;
    uint8_t type; /* as on disk: 1 regular, 2 directory, 7 symbolic link */
};

extern uint8_t *image;
extern uint64_t image_bytes;

void image_start(void);

/* Room for an inode with so many bytes of attributes and of inline content behind it. */
enum image_inode_kind { IMAGE_SHORT, IMAGE_EXTENDED };
uint64_t image_reserve(enum image_inode_kind kind, uint16_t attribute_count, uint32_t inline_bytes);

/* The content of an inode, in whole blocks, with the rest inline, or in chunks of 2^shift blocks. */
void image_put_plain(uint64_t nid, uint16_t mode, const void *content, uint32_t size_bytes);
void image_put_inline(uint64_t nid, uint16_t mode, const void *content, uint32_t size_bytes);
enum image_index { IMAGE_NARROW, IMAGE_WIDE };
void image_put_chunked(uint64_t nid, uint16_t mode, const void *content, uint32_t size_bytes, unsigned shift,
                       enum image_index index);

/*
 * A directory of these entries in their order, `.` and `..` included, @per_block in each block (0: as many as fit).
 * Returns its size.
 */
uint32_t image_put_directory(uint64_t nid, const struct image_entry *entries, size_t count, size_t per_block);

#define IMAGE_DIRECTORY(nid, ...) \
    image_put_directory(nid, (const struct image_entry[]){ __VA_ARGS__ }, \
                        sizeof((const struct image_entry[]){ __VA_ARGS__ }) / sizeof(struct image_entry), 0)

/* The superblock, without a checksum; and with a right one. */
void image_finish(uint64_t root);
void image_sum(void);

/*
 * An image with something of everything:
 *
 *     /bin/a  /bin/hello  /bin/self -> hello      /etc/deep/er/file  /etc/deep/up -> ../../bin
 *     /etc/loop1 -> loop2  /etc/loop2 -> loop1    /etc/root -> /     /etc/abs -> /bin//hello
 *     /many/000 .. /many/399 (several blocks)     /chunks  /wide  /tail  /empty  /extended  /exact
 */
#define IMAGE_MANY 400u
#define IMAGE_CONTENT_BYTES 20000u
struct image_nids {
    uint64_t root, bin, etc, deep, er, many;
    uint64_t a, hello, self, file, up, loop1, loop2, to_root, absolute;
    uint64_t chunks, wide, tail, empty, extended, exact;
};
extern struct image_nids sample;
extern uint8_t image_content[IMAGE_CONTENT_BYTES]; /* what the files hold, cut to their size; but for /bin/a */
void image_sample(void);

/* To be changed: an entry of one of the sample's directories, the superblock, an inode. */
struct erofs_disk_entry *image_entry_of(uint64_t directory, const char *name);
struct erofs_superblock *image_superblock(void);
struct erofs_disk_inode *image_inode(uint64_t nid);

/* CRC-32C bit by bit, with no inversion. */
uint32_t image_crc(uint32_t crc, const uint8_t *bytes, size_t size);

/* Walk @path of @fs as place_walk() does: the file system is the whole tree. */
int image_walk(const struct erofs *fs, uint64_t folder, const char *path, size_t size_bytes, enum place_follow follow,
               uint64_t *nid);
