#pragma once

#include "abi_image.h"
#include "types.h"

/*
 * The table of function names, /lib/symbols, as apps/tools/symbols.py makes it. It is read where it lies, and nothing
 * in it is trusted: whatever the file holds, a look-up reads inside of it, a bounded number of bytes, and gives a name
 * that can be printed.
 *
 *     struct symbols_header
 *     struct symbols_image[image_count]       ascending by build id
 *     for each image:
 *         uint32_t starts[symbol_count]       ascending: where each function begins, a position in the image's file
 *         uint32_t groups[symbol_count / SYMBOLS_GROUP, rounded up]   where the names of a group begin
 *     names                                   each ends with a NUL; those of a group follow each other
 *
 * All words are little-endian, all offsets count from the start of the file and are multiples of 4, those of names any.
 * An empty name says that no function has the bytes from there on.
 */
#define SYMBOLS_MAGIC "PandoSy1"
#define SYMBOLS_GROUP 16u
#define SYMBOLS_NAME_BYTES_MAX 63u

struct symbols_header {
    char magic[8];
    uint32_t image_count;
    uint32_t size_bytes; /* of the whole file */
};

struct symbols_image {
    uint8_t build_id[ABI_BUILD_ID_BYTES];
    uint32_t symbol_count;
    uint32_t starts_offset;
    uint32_t groups_offset;
};
static_assert(sizeof(struct symbols_header) == 16 && sizeof(struct symbols_image) == 32, "as symbols.py writes them");

/* The file: borrowed, on a boundary of 4 bytes. */
struct symbols {
    const uint8_t *bytes;
    uint64_t size_bytes; /* 0: there is none */
};

struct symbol {
    const char *name; /* in the file: 1 to SYMBOLS_NAME_BYTES_MAX printable ASCII characters, and a NUL */
    uint64_t start; /* at or below the position that was asked for */
};

/*
 * The function that has byte @position of the image with this build id. Allocates nothing and can be used in a panic.
 * Returns false when the file does not know.
 */
bool symbols_find(const struct symbols *symbols, const uint8_t build_id[ABI_BUILD_ID_BYTES], uint64_t position,
                  struct symbol *out);
