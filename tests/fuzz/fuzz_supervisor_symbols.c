/*
 * The table of function names: whatever it holds, a look-up stays inside it, and what it gives can be printed.
 *
 * An input is a position (4 bytes) and the file. Asked for are the images that the file itself names, at that position
 * and around where their functions begin.
 */
#include "symbols.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define IMAGES_ASKED 8u

static struct symbols file;

static void ask(const uint8_t *build_id, uint64_t position)
{
    struct symbol symbol;

    if (!symbols_find(&file, build_id, position, &symbol)) {
        return;
    }
    size_t left = (size_t)(file.bytes + file.size_bytes - (const uint8_t *)symbol.name);
    size_t length = strnlen(symbol.name, left);

    assert((const uint8_t *)symbol.name >= file.bytes && length < left);
    assert(length >= 1 && length <= SYMBOLS_NAME_BYTES_MAX && symbol.start <= position);
    for (size_t i = 0; i < length; i++) {
        assert(symbol.name[i] > ' ' && symbol.name[i] <= '~');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t position;

    if (size < sizeof(position)) {
        return 0;
    }
    memcpy(&position, data, sizeof(position));
    file.size_bytes = size - sizeof(position);
    uint8_t *bytes = malloc(file.size_bytes);

    memcpy(bytes, data + sizeof(position), file.size_bytes);
    file.bytes = bytes;
    for (unsigned i = 0; i < IMAGES_ASKED; i++) {
        size_t at = sizeof(struct symbols_header) + i * sizeof(struct symbols_image);

        if (at + ABI_BUILD_ID_BYTES > file.size_bytes) {
            break;
        }
        ask(bytes + at, position);
        ask(bytes + at, UINT64_MAX);
        for (uint64_t near = 0; near < file.size_bytes; near += 1 + file.size_bytes / 16) {
            ask(bytes + at, near);
        }
    }
    free(bytes);
    return 0;
}
