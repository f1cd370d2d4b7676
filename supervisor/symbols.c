/*
 * Look-ups in the table of function names.
 *
 * The file comes with the initrd, and the file system vouches only for where it lies. Nothing is checked when the
 * machine starts; each look-up checks what it goes through: the header, that an image's arrays lie inside the file, and
 * the characters of the name that it gives out. Order is not checked: in a file that is not sorted a search ends as
 * soon as in any other, and finds nothing or a wrong name, as it would in a file whose names are wrong.
 *
 * Cost: a binary search for the image, one for the function, and at most SYMBOLS_GROUP names that are walked over.
 *
 * Typical use:
 *     symbols_find(&symbols, build_id, position, &symbol) -> print symbol.name and position - symbol.start
 */
#include "symbols.h"

#include "checked.h"

#include <string.h>

/* Whether @count words from @offset on lie inside the file. */
static bool holds_words(const struct symbols *symbols, uint32_t offset, uint64_t count)
{
    return offset % sizeof(uint32_t) == 0 && fits_below(offset, count * sizeof(uint32_t), symbols->size_bytes);
}

static const struct symbols_image *find_image(const struct symbols *symbols, const uint8_t *build_id)
{
    const struct symbols_header *header = (const struct symbols_header *)(const void *)symbols->bytes;

    if (symbols->size_bytes < sizeof(*header) || memcmp(header->magic, SYMBOLS_MAGIC, sizeof(header->magic)) != 0 ||
        header->size_bytes > symbols->size_bytes ||
        !fits_below(sizeof(*header), header->image_count * sizeof(struct symbols_image), symbols->size_bytes)) {
        return NULL;
    }
    const struct symbols_image *images = (const struct symbols_image *)(const void *)(header + 1);
    uint32_t low = 0, high = header->image_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(images[middle].build_id, build_id, ABI_BUILD_ID_BYTES);

        if (order == 0) {
            return &images[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* How many of @starts are at or below @position, if they ascend; the last of so many is in any case. */
static uint32_t count_up_to(const uint32_t *starts, uint32_t count, uint64_t position)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (starts[middle] <= position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The length of the name at @offset, or -1 when none ends there that is short enough and can be printed. */
static int name_length(const struct symbols *symbols, uint64_t offset)
{
    for (unsigned length = 0; length <= SYMBOLS_NAME_BYTES_MAX && offset < symbols->size_bytes; length++, offset++) {
        uint8_t byte = symbols->bytes[offset];

        if (byte == 0) {
            return (int)length;
        }
        if (byte <= ' ' || byte > '~') {
            return -1;
        }
    }
    return -1;
}

/* The name behind @skipped others from @offset on; NULL where there is none. */
static const char *find_name(const struct symbols *symbols, uint64_t offset, uint32_t skipped)
{
    for (;; skipped--) {
        int length = name_length(symbols, offset);

        if (length < 0) {
            return NULL;
        }
        if (skipped == 0) {
            return length == 0 ? NULL : (const char *)symbols->bytes + offset;
        }
        offset += (unsigned)length + 1;
    }
}

bool symbols_find(const struct symbols *symbols, const uint8_t build_id[ABI_BUILD_ID_BYTES], uint64_t position,
                  struct symbol *out)
{
    const struct symbols_image *image = find_image(symbols, build_id);

    if (image == NULL || !holds_words(symbols, image->starts_offset, image->symbol_count) ||
        !holds_words(symbols, image->groups_offset,
                     ((uint64_t)image->symbol_count + SYMBOLS_GROUP - 1) / SYMBOLS_GROUP)) {
        return false;
    }
    const uint32_t *starts = (const uint32_t *)(const void *)(symbols->bytes + image->starts_offset);
    const uint32_t *groups = (const uint32_t *)(const void *)(symbols->bytes + image->groups_offset);
    uint32_t count = count_up_to(starts, image->symbol_count, position);

    if (count == 0) {
        return false;
    }
    uint32_t index = count - 1;
    const char *name = find_name(symbols, groups[index / SYMBOLS_GROUP], index % SYMBOLS_GROUP);

    if (name == NULL) {
        return false;
    }
    *out = (struct symbol){ .name = name, .start = starts[index] };
    return true;
}
