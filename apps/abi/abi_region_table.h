#pragma once

#include <assert.h>
#include <stdint.h>

#include "abi_image.h"
#include "abi_pando.h"

/*
 * The region table: what a task's shared region shows, readable without a system call, writable by nobody. It lies in
 * the last part of the data window: a header, then for each entry one struct abi_region_entry with its extents right
 * behind it, then zeros. Entries of the region itself come first, the oldest first; then those of the regions behind it.
 *
 * The supervisor may change it while it is read. A reader takes `generation` before and after: what it has read is one
 * state of the table when both are the same even number.
 */
#define ABI_REGION_TABLE (ABI_DATA_WINDOW + ABI_WINDOW_END)
#define ABI_REGION_TABLE_BYTES (ABI_WINDOW_BYTES - ABI_WINDOW_END)
#define ABI_REGION_TABLE_MAGIC 0x74677250u /* "Prgt" */
#define ABI_REGION_TABLE_VERSION 1u

enum { ABI_REGION_TABLE_PRIVATE = 1, ABI_REGION_TABLE_FULL = 2 };

struct abi_region_table {
    uint32_t magic;
    uint32_t version;
    uint64_t region; /* which region this is: a number that is never used twice */
    uint64_t generation; /* odd while the table is changed */
    uint32_t flags; /* ABI_REGION_TABLE_ */
    uint32_t entry_count;
    uint64_t size_bytes; /* of all, this header included */
    uint64_t reserved[3];
};
static_assert(sizeof(struct abi_region_table) == 64, "ABI");

struct abi_region_entry {
    char name[ABI_LIBRARY_NAME_BYTES]; /* that the image gives itself, NUL-padded; "" when it gives none */
    uint8_t build_id[ABI_BUILD_ID_BYTES]; /* zeros when it has none */
    uint32_t base; /* absolute address in the text window */
    uint32_t extent_count;
    uint32_t flags; /* ABI_REGION_ALTERNATE_SITE */
};
static_assert(sizeof(struct abi_region_entry) == 64, "ABI");

struct abi_region_extent {
    uint64_t address; /* absolute */
    uint64_t size_bytes;
    uint64_t digest; /* of its content; 0 when it is not known */
    uint32_t protection; /* ABI_EXTENT_ */
    uint32_t is_digested;
};
static_assert(sizeof(struct abi_region_extent) == 32, "ABI");
