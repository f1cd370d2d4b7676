/*
 * The content of extents.
 *
 * Pages are shown where the image has them. Two things need a copy, once for an entry, whoever maps it then:
 *   - the last page of an extent that ends inside it, when the file has other bytes behind: nobody is to see them, and
 *     a program counts on zeros there. Images linked by our own scripts are padded, and need none;
 *   - data pages with addresses, when the image slides.
 * The copies belong to a shadow of the image's object: one for each extent, since two extents may show one page of the
 * file, one of them with its tail cleared.
 */
#include "content.h"

#include "abi_errno.h"
#include "account.h"
#include "arch.h"
#include "checked.h"
#include "frame.h"
#include "panic.h"
#include "space.h"

#include <string.h>

#define SLIDES_AT_ONCE 64
#define WORD_BYTES 8u

static bool is_zero(const unsigned char *bytes, const unsigned char *end)
{
    while (bytes < end && ((uintptr_t)bytes & (sizeof(uint64_t) - 1)) != 0) {
        if (*bytes++ != 0) {
            return false;
        }
    }
    for (; bytes < end; bytes += sizeof(uint64_t)) {
        if (*(const uint64_t *)(const void *)bytes != 0) {
            return false;
        }
    }
    return true;
}

/* Whether the page of the object that has byte @end of the image holds nothing from there on. */
static bool tail_is_zero(const struct image *image, uint64_t end)
{
    paddr_t frame;

    if (object_page(image->object, image_page(image, end), &frame) != 0) {
        return true; /* no frame yet: zeros */
    }
    const unsigned char *page = arch_direct(frame);

    return is_zero(page + (end & PAGE_MASK), page + PAGE_SIZE);
}

static int copy_with_cleared_tail(const struct image *image, uint64_t end, struct account *account, struct object **out)
{
    struct object *shadow;
    paddr_t frame;
    int error = object_create_shadow(image->object, &shadow);

    if (error != 0) {
        return error;
    }
    error = object_page_own_relock(shadow, image_page(image, end), account, &frame);
    if (error != 0) {
        object_put(shadow);
        return error;
    }
    memset((char *)arch_direct(frame) + (end & PAGE_MASK), 0, PAGE_SIZE - (end & PAGE_MASK));
    *out = shadow;
    return 0;
}

int content_create_relock(const struct image *image, const struct abi_extent *extent, struct account *account,
                          struct object **out)
{
    uint64_t end = extent->file_offset + extent->size_bytes;

    if (is_page_aligned(end) || tail_is_zero(image, end)) {
        object_get(image->object);
        *out = image->object;
        return 0;
    }
    int error = copy_with_cleared_tail(image, end, account, out);

    if (error == 0 && (extent->protection & ABI_EXTENT_EXECUTE) != 0) {
        spaces_code_changed();
    }
    return error;
}

/* Page @index of @from into a page of @to. A page that is not there, or not any more, is left out. */
static int copy_page_relock(const struct object *from, uint64_t index, struct account *account, struct object *to)
{
    paddr_t source, target;

    if (object_page(from, index, &source) != 0) {
        return 0;
    }
    frame_get(source);
    int error = object_page_own_relock(to, index, account, &target);

    if (error == 0) {
        arch_unlock();
        memcpy(arch_direct(target), arch_direct(source), PAGE_SIZE);
        arch_lock();
    }
    frame_put(source);
    return error;
}

int content_copy_relock(const struct image *image, struct account *account, struct object **out)
{
    uint64_t end = image->offset + image->length;
    struct object *copy;
    int error = image->length > CONTENT_COPIED_BYTES_MAX ? -EFBIG : object_create_anonymous(end, &copy);

    if (error != 0) {
        return error;
    }
    for (uint64_t index = image_page(image, 0); error == 0 && index << PAGE_SHIFT < end; index++) {
        error = copy_page_relock(image->object, index, account, copy);
    }
    if (error != 0) {
        object_put(copy);
        return error;
    }
    *out = copy;
    return 0;
}

/* Whether the word at data-window offset @word lies wholly in the content of @extent. */
static bool holds_word(const struct abi_extent *extent, uint64_t link_base, uint64_t word)
{
    uint64_t start = link_base + extent->address;

    return (extent->protection & (ABI_EXTENT_COW | ABI_EXTENT_ZERO_FILL)) == ABI_EXTENT_COW && word >= start &&
           fits_below(word - start, WORD_BYTES, extent->size_bytes);
}

static bool any_holds_word(struct manifest manifest, uint64_t link_base, uint64_t word)
{
    for (uint32_t i = 0; i < manifest.count; i++) {
        if (holds_word(&manifest.extents[i], link_base, word)) {
            return true;
        }
    }
    return false;
}

/* The next piece of the slide list, from number @at. Returns how many words it has. */
static unsigned read_slides(const struct image *image, const struct elf *elf, uint64_t at,
                            uint32_t slides[SLIDES_AT_ONCE])
{
    uint64_t left = elf->slides_count - at;
    unsigned count = left < SLIDES_AT_ONCE ? (unsigned)left : SLIDES_AT_ONCE;
    int error = image_read(image, elf->slides_offset + at * sizeof(*slides), slides, count * sizeof(*slides));

    ASSERT(error == 0);
    return count;
}

int content_check_slides(const struct image *image, const struct elf *elf, struct manifest manifest, uint64_t link_base,
                         struct reason *reason)
{
    uint32_t slides[SLIDES_AT_ONCE];
    uint64_t free_from = 0; /* the first offset behind the words so far */
    unsigned count;

    for (uint64_t at = 0; at < elf->slides_count; at += count) {
        count = read_slides(image, elf, at, slides);
        for (unsigned i = 0; i < count; i++) {
            if (slides[i] < free_from || !any_holds_word(manifest, link_base, slides[i])) {
                return reason_give(reason, -ENOEXEC, "broken slide list: word at data offset %#lx",
                                   (unsigned long)slides[i]);
            }
            free_from = (uint64_t)slides[i] + WORD_BYTES;
        }
    }
    return 0;
}

/* Make sure that @content has pages of its own. On error it is as before. */
static int make_shadow(const struct image *image, struct object **content)
{
    struct object *shadow;

    if (*content != image->object) {
        return 0;
    }
    int error = object_create_shadow(image->object, &shadow);

    if (error == 0) {
        object_put(*content);
        *content = shadow;
    }
    return error;
}

/* Add @slide to the word at byte @offset of @shadow: on one page, or with its end on the next. */
static int adjust_word(struct object *shadow, uint64_t offset, uint64_t slide, struct account *account)
{
    unsigned in_page = (unsigned)(offset & PAGE_MASK);
    unsigned here = PAGE_SIZE - in_page < WORD_BYTES ? (unsigned)(PAGE_SIZE - in_page) : WORD_BYTES;
    paddr_t first, second;
    uint64_t word = 0;
    int error = object_page_own_relock(shadow, offset >> PAGE_SHIFT, account, &first);

    if (error == 0 && here < WORD_BYTES) {
        error = object_page_own_relock(shadow, (offset >> PAGE_SHIFT) + 1, account, &second);
    }
    if (error != 0) {
        return error;
    }
    char *start = (char *)arch_direct(first) + in_page;

    memcpy(&word, start, here);
    if (here < WORD_BYTES) {
        memcpy((char *)&word + here, arch_direct(second), WORD_BYTES - here);
    }
    word += slide;
    memcpy(start, &word, here);
    if (here < WORD_BYTES) {
        memcpy(arch_direct(second), (char *)&word + here, WORD_BYTES - here);
    }
    return 0;
}

int content_slide_relock(const struct image *image, const struct elf *elf, const struct abi_extent *extent,
                         uint64_t link_base, uint64_t slide, struct account *account, struct object **content)
{
    uint64_t start = link_base + extent->address;
    uint32_t slides[SLIDES_AT_ONCE];
    unsigned count;

    for (uint64_t at = 0; at < elf->slides_count; at += count) {
        count = read_slides(image, elf, at, slides);
        for (unsigned i = 0; i < count; i++) {
            if (!holds_word(extent, link_base, slides[i])) {
                continue;
            }
            int error = make_shadow(image, content);

            if (error == 0) {
                error =
                    adjust_word(*content, image->offset + extent->file_offset + (slides[i] - start), slide, account);
            }
            if (error != 0) {
                return error;
            }
        }
    }
    return 0;
}
