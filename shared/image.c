/*
 * Images: a window onto an object's bytes. All arithmetic on offsets that a file or a caller gave is done here or
 * checked by fits_below(), so nothing outside an image is ever read.
 */
#include "image.h"

#include "abi_errno.h"
#include "checked.h"
#include "map.h"
#include "region.h"

int image_read(const struct image *image, uint64_t offset, void *to, size_t size)
{
    if (!fits_below(offset, size, image->length)) {
        return -EINVAL;
    }
    return object_read(image->object, image->offset + offset, to, size);
}

static bool is_in_windows(uint64_t address)
{
    static_assert(WINDOW_DATA_BASE == WINDOW_TEXT_BASE + WINDOW_BYTES, "one behind the other");

    return address - WINDOW_TEXT_BASE < 2 * WINDOW_BYTES;
}

int image_find(struct map *map, uint64_t address, struct image *image, uint64_t *offset)
{
    const struct region *region = region_of(map);

    if (is_in_windows(address)) {
        return region == NULL ? -ENOENT : region_find_image(region, address, image, offset);
    }
    const struct map_entry *entry = map_find(map, address);

    if (entry == NULL || entry->object == NULL) {
        return -ENOENT;
    }
    /* A shadow's pages are its parent's, byte for byte but for what had to be cleared. */
    struct object *object = entry->object->kind == OBJECT_SHADOW ? entry->object->parent : entry->object;
    uint64_t at = (entry->object_page << PAGE_SHIFT) + (address - entry->start);

    if (at >= object->size_bytes) {
        return -ENOENT;
    }
    *image = image_of(object);
    *offset = at;
    return 0;
}
