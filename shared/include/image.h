#pragma once

#include "checked.h"
#include "object.h"
#include "types.h"

/*
 * An image: bytes that can be loaded, @length bytes from @offset of an object. The structure borrows the object.
 *
 * By type an image is one object's own bytes: never a range of somebody's address space, whose pages could be a private
 * copy, belong to several objects, or to none.
 */
struct image {
    struct object *object;
    uint64_t offset;
    uint64_t length;
};

/* Whether @image is a non-empty part of its object that starts on a page of it: what every function below expects. */
static inline bool image_is_valid(const struct image *image)
{
    return image->length > 0 && is_page_aligned(image->offset) &&
           fits_below(image->offset, image->length, image->object->size_bytes);
}

/* Copy bytes of the image. Returns 0, or -EINVAL when the range leaves the image. */
int image_read(const struct image *image, uint64_t offset, void *to, size_t size);

/*
 * Which byte of which image @address of @map shows, through the windows or an entry of the map's own: where it came
 * from, though the task may have written a copy since. An image mapped by an entry is the whole of its object. The
 * image's object is borrowed until the map, or what is loaded in its region, changes.
 * Returns 0, or -ENOENT for an address that shows no image's byte.
 */
struct map;
int image_find(struct map *map, uint64_t address, struct image *image, uint64_t *offset);

/* The whole of @object. */
static inline struct image image_of(struct object *object)
{
    return (struct image){ .object = object, .length = object->size_bytes };
}

/* The object's page that holds byte @offset of the image. */
static inline uint64_t image_page(const struct image *image, uint64_t offset)
{
    return (image->offset + offset) >> PAGE_SHIFT;
}
