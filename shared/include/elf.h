#pragma once

#include "abi_image.h"
#include "image.h"
#include "reason.h"

/*
 * ELF64 files for RISC-V, as far as loading needs them. Nothing of the file is trusted; what elf_parse() lets through
 * is checked once, and everybody behind it relies on the invariants of struct elf.
 */
#define ELF_SEGMENTS_MAX 16
#define ELF_PROGRAM_HEADERS_MAX 64
#define ELF_NOTE_BYTES_MAX 16384 /* of all PT_NOTE together */

enum elf_rights { ELF_EXECUTE = 1, ELF_WRITE = 2, ELF_READ = 4 }; /* the values of p_flags */

/* One PT_LOAD. */
struct elf_segment {
    uint64_t address;
    uint64_t memory_bytes;
    uint64_t file_offset; /* address and file_offset leave the same rest when divided by the page size */
    uint64_t file_bytes;
    uint32_t rights;
};

/*
 * Invariants of a parsed file: 1 <= segment_count; of each segment 0 < memory_bytes, file_bytes <= memory_bytes, its
 * pages don't wrap, its file part is inside the image, it is readable, and not both writable and executable; no two
 * segments have a page in common.
 */
struct elf {
    uint64_t entry; /* as in the file: may be anywhere */
    uint64_t headers_address; /* of the program headers in memory, when headers_mapped */
    uint32_t header_count;
    bool headers_mapped;
    bool has_build_id;
    uint8_t build_id[ABI_BUILD_ID_BYTES];
    char name[ABI_LIBRARY_NAME_BYTES]; /* that it gives itself, NUL-padded, without '/'; "": none */
    uint32_t segment_count;
    uint32_t needs_count;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* in the file's order */
    struct abi_needs needs[ABI_NEEDS_MAX]; /* each name is NUL-terminated, not empty, without '/' */
    uint64_t slides_offset; /* in the image; the whole list is inside it */
    uint64_t slides_count; /* 0 when the file has no list */
};

/*
 * Parse @image, which is valid. Reads bounded pieces, none outside the image, and never more than 64 headers and
 * 16 KiB of notes, whatever the file says.
 * Returns 0 and writes @elf, or -ENOEXEC and gives the reason (if not NULL); @elf is then undefined.
 */
int elf_parse(const struct image *image, struct elf *elf, struct reason *reason);
