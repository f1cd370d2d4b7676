/*
 * Images: a window onto an object's bytes. All arithmetic on offsets that a file or a caller gave is done here or
 * checked by fits_below(), so nothing outside an image is ever read.
 */
#include "image.h"

#include "abi_errno.h"
#include "checked.h"

int image_read(const struct image *image, uint64_t offset, void *to, size_t size)
{
    if (!fits_below(offset, size, image->length)) {
        return -EINVAL;
    }
    return object_read(image->object, image->offset + offset, to, size);
}
