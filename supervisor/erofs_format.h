#pragma once

#include "erofs.h"

/*
 * Private to erofs*.c: what is on disk, little-endian as the machine is, and how to get at it. Everything is at least
 * 4-byte aligned in a page-aligned image.
 */
#define EROFS_BLOCK_SHIFT 12
#define EROFS_BLOCK_BYTES (1u << EROFS_BLOCK_SHIFT)
#define EROFS_SUPERBLOCK_OFFSET 1024u
#define EROFS_NID_SHIFT 5

#define PACKED_BY_4 __attribute__((packed, aligned(4)))

struct erofs_superblock {
    uint32_t magic;
    uint32_t checksum;
    uint32_t compatible_features;
    uint8_t block_shift;
    uint8_t extension_slots;
    uint16_t root_nid;
    uint64_t inode_count;
    uint64_t build_time;
    uint32_t build_nanoseconds;
    uint32_t block_count;
    uint32_t inodes_block;
    uint32_t attributes_block;
    uint8_t uuid[16];
    uint8_t volume_name[16];
    uint32_t incompatible_features;
    uint8_t rest[44];
} PACKED_BY_4;
static_assert(sizeof(struct erofs_superblock) == 128, "on disk");
#define EROFS_MAGIC 0xe0f5e1e2u
#define EROFS_HAS_CHECKSUM 1u
#define EROFS_CHUNKED_FILES 4u

/* Both kinds of inode start like this; the short one is 32 bytes, the extended one 64. */
struct erofs_disk_inode {
    uint16_t format;
    uint16_t attribute_count;
    uint16_t mode;
    uint16_t short_link_count;
    uint32_t size_low;
    uint32_t extended_size_high;
    uint32_t block; /* or, of a chunked file, its format */
    uint32_t number;
    uint8_t rest[8];
} PACKED_BY_4;
static_assert(sizeof(struct erofs_disk_inode) == 32, "on disk");
#define EROFS_EXTENDED_BYTES 64u
#define EROFS_EXTENDED_LINKS_OFFSET 44u
#define EROFS_FORMAT_EXTENDED 1u
#define EROFS_FORMAT_LAYOUT_SHIFT 1
#define EROFS_FORMAT_LAYOUT_MASK 7u
#define EROFS_FORMAT_KNOWN 15u

enum erofs_layout { EROFS_FLAT_PLAIN = 0, EROFS_FLAT_INLINE = 2, EROFS_CHUNKED = 4 };

/* A chunked file's format: the low bits give the chunk's size in blocks as a power of two. */
#define EROFS_CHUNK_SHIFT_MASK 31u
#define EROFS_CHUNK_WIDE 32u /* 8-byte indexes in place of 4-byte block numbers */
#define EROFS_CHUNK_KNOWN 63u

struct erofs_chunk_index {
    uint16_t advice;
    uint16_t device;
    uint32_t block;
} PACKED_BY_4;
static_assert(sizeof(struct erofs_chunk_index) == 8, "on disk");

struct erofs_disk_entry {
    uint64_t nid;
    uint16_t name_offset; /* in the block */
    uint8_t type; /* 1 to 7, see erofs_entry_types */
    uint8_t reserved;
} PACKED_BY_4;
static_assert(sizeof(struct erofs_disk_entry) == 12, "on disk");

/* A directory's block: entries, then their names without anything between. The last name may end with a NUL. */
struct erofs_block {
    const struct erofs_disk_entry *entries;
    uint32_t entry_count;
    uint32_t size_bytes;
};

/* For each type on disk: the type and the mode's that belong to it; 0 where there is no such type. */
struct erofs_entry_type {
    uint8_t type; /* ABI_DT_* */
    uint16_t mode; /* under ABI_S_IFMT */
};
#define EROFS_ENTRY_TYPES 8
extern const struct erofs_entry_type erofs_entry_types[EROFS_ENTRY_TYPES];

static inline uint64_t erofs_inode_offset(const struct erofs *fs, uint64_t nid)
{
    return fs->inodes_offset + (nid << EROFS_NID_SHIFT);
}

static inline const struct erofs_disk_inode *erofs_disk_inode(const struct erofs *fs, uint64_t nid)
{
    return (const struct erofs_disk_inode *)(fs->image + erofs_inode_offset(fs, nid));
}

static inline enum erofs_layout erofs_layout_of(const struct erofs_disk_inode *inode)
{
    return inode->format >> EROFS_FORMAT_LAYOUT_SHIFT & EROFS_FORMAT_LAYOUT_MASK;
}

/* Bytes of the inode and its extended attributes: what lies inline follows. */
static inline uint32_t erofs_inode_bytes(const struct erofs_disk_inode *inode)
{
    uint32_t bytes = inode->format & EROFS_FORMAT_EXTENDED ? EROFS_EXTENDED_BYTES : sizeof(*inode);

    return bytes + (inode->attribute_count == 0 ? 0 : 12 + 4u * (inode->attribute_count - 1));
}

static inline uint64_t erofs_size_of(const struct erofs_disk_inode *inode)
{
    return inode->size_low | (inode->format & EROFS_FORMAT_EXTENDED ? (uint64_t)inode->extended_size_high << 32 : 0);
}

static inline uint64_t erofs_block_count(uint64_t size_bytes)
{
    return (size_bytes >> EROFS_BLOCK_SHIFT) + (size_bytes % EROFS_BLOCK_BYTES != 0);
}

/* The block number of a chunked file's chunk @index; the table is at @inline_offset, aligned to its entries. */
uint32_t erofs_chunk_block(const struct erofs *fs, const struct erofs_disk_inode *inode, uint64_t inline_offset,
                           uint64_t index);

/* Block @index of a directory, which has so many; the entries are checked by erofs_mount(). */
struct erofs_block erofs_directory_block(const struct erofs *fs, const struct erofs_inode *directory, uint64_t index);

/* Entry @index of the block, its name without the NULs behind it. */
struct erofs_entry erofs_block_entry(const struct erofs_block *block, uint32_t index);

/* Less than, equal to or greater than 0 as the first name's bytes are below, equal to or above the second's. */
int erofs_compare_names(const char *a, size_t a_size, const char *b, size_t b_size);
