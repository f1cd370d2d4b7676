#pragma once

#include <assert.h>
#include <stdint.h>

/*
 * What Pando's own images carry beyond plain ELF, so that the supervisor knows which libraries a program was linked
 * against and how a library slides. Plain ELF files without any of it are programs too.
 *
 * Program header PT_NOTE, owner "Pando" (namesz 6):
 *     ABI_NOTE_NEEDS  desc = struct abi_needs, one note a library, in the order in which they are to be loaded.
 *     ABI_NOTE_NAME   desc = the name that the image gives itself, ABI_LIBRARY_NAME_BYTES: how it is listed in the
 *                     region table.
 * Program header ABI_PT_SLIDES (of a library): p_offset, p_filesz = an array of uint32_t, ascending: the link-time
 *     data-window offsets (address - ABI_DATA_WINDOW) of the 8-byte words that hold an address inside the image.
 * The build id of any image is the desc of its PT_NOTE "GNU" type 3 (ld --build-id=sha1: 20 bytes).
 */
#define ABI_NOTE_OWNER "Pando"
#define ABI_NOTE_NEEDS 1
#define ABI_NOTE_NAME 2
#define ABI_PT_SLIDES 0x65500001u

#define ABI_LIBRARY_NAME_BYTES 32
#define ABI_BUILD_ID_BYTES 20
#define ABI_NEEDS_MAX 8

/* A library NAME is the file /lib/NAME. */
struct abi_needs {
    char name[ABI_LIBRARY_NAME_BYTES]; /* NUL-terminated, padded with NUL */
    uint8_t build_id[ABI_BUILD_ID_BYTES];
};
static_assert(sizeof(struct abi_needs) == 52, "ABI");
