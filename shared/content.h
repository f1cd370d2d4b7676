#pragma once

#include "elf.h"
#include "image.h"
#include "manifest.h"

/*
 * The object that shows @extent of @image, which has content and lies inside it: page image_page(file_offset) + i is
 * the extent's page i, with zeros behind the extent's end. It is the image's object itself wherever that can be, or a
 * shadow of it in which the last page was copied because it holds other bytes of the file. The copy is charged to @account.
 * Gives one reference. Returns 0 or -ENOMEM.
 */
int content_create_relock(const struct image *image, const struct abi_extent *extent, struct account *account,
                          struct object **out);

/*
 * An object that can still change, as it is now: @out has the image's pages, copied, at the same places, charged to
 * @account. Gives one reference. Returns 0, -ENOMEM, or -EFBIG for more than CONTENT_COPIED_BYTES_MAX: what is sealed
 * need not be copied.
 */
#define CONTENT_COPIED_BYTES_MAX 0x200000ull
int content_copy_relock(const struct image *image, struct account *account, struct object **out);

/*
 * The slide list of @elf: whether each word lies wholly inside one file-backed COW extent of @manifest (relative to
 * @link_base), none reaching into the next. Returns 0 or -ENOEXEC with a reason.
 */
int content_check_slides(const struct image *image, const struct elf *elf, struct manifest manifest, uint64_t link_base,
                         struct reason *reason);

/*
 * Add @slide to the listed words of @extent, in pages of its own: @content, as content_create_relock() gave it, is replaced by
 * a shadow where it is none yet. The list was checked. Copies are charged to @account.
 * Returns 0 or -ENOMEM: @content is then still one reference to something that is to be put.
 */
int content_slide_relock(const struct image *image, const struct elf *elf, const struct abi_extent *extent,
                         uint64_t link_base, uint64_t slide, struct account *account, struct object **content);
