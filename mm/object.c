/*
 * Memory objects: the pages of one thing, whoever maps them.
 *
 *     kind       page that was never written        page that was
 *     anonymous  none: reads as zeros               own, in `pages`
 *     initrd     where the boot loader put it       never
 *     shadow     the parent's                       own, in `pages`
 *
 * Invariants (for the auditor, by these names):
 *     object-references   ref_count is the number of map entries, of shadows and of owners in other layers
 *     object-inside       no own page has an index at or behind object_page_count()
 *     object-tail         the bytes behind size_bytes in the last page are zero, of an anonymous object when it is sealed
 *                         against writing: until then who maps it can write there, and what was written never comes
 *                         to lie inside (object_change.c)
 *     object-depth        a shadow's parent is no shadow; no other kind has a parent
 *     object-initrd       an initrd file has no own pages, and each of its frames is of kind FRAME_INITRD
 *     object-mappings     `mappings` holds the map entries that show this object, no others
 *     object-writable     writable_entries is the number of those that are shared and have W in their maximum; it is 0
 *                         for an object that is sealed against writing, and `writers` too
 *
 * Locking: the supervisor's lock; dropped while a page is zeroed or copied.
 *
 * Typical use: object_create_anonymous(size, &object) -> map_add() over it -> object_page_own_relock() by faults
 *              -> object_put()
 */
#include "object.h"

#include <string.h>

#include "abi_errno.h"
#include "checked.h"
#include "frame.h"
#include "panic.h"
#include "pool.h"

static_assert(OBJECT_SIZE_MAX >> PAGE_SHIFT <= PAGE_STORE_INDEX_MAX, "every page of an object can be kept");

static struct pool object_pool = POOL("object", struct object);
static struct list objects = { &objects, &objects };
static uint64_t last_generation;

static int create(enum object_kind kind, uint64_t size_bytes, struct object **out)
{
    if (size_bytes > OBJECT_SIZE_MAX) {
        return -EINVAL;
    }
    struct object *object = pool_alloc(&object_pool);

    if (object == NULL) {
        return -ENOMEM;
    }
    *object = (struct object){
        .kind = kind,
        .generation = ++last_generation,
        .size_bytes = size_bytes,
        .ref_count = 1,
    };
    list_init(&object->mappings);
    list_push_back(&objects, &object->all_link);
    *out = object;
    return 0;
}

int object_create_anonymous(uint64_t size_bytes, struct object **out)
{
    return create(OBJECT_ANONYMOUS, size_bytes, out);
}

static bool tail_is_zero(paddr_t start, uint64_t size_bytes)
{
    const unsigned char *bytes = arch_direct(paddr(start.value + page_round_down(size_bytes)));

    for (uint64_t offset = size_bytes & PAGE_MASK; offset != 0 && offset < PAGE_SIZE; offset++) {
        if (bytes[offset] != 0) {
            return false;
        }
    }
    return true;
}

int object_create_initrd(paddr_t start, uint64_t size_bytes, struct object **out)
{
    if (!is_page_aligned(start.value) || size_bytes == 0 || size_bytes > OBJECT_SIZE_MAX ||
        !tail_is_zero(start, size_bytes)) {
        return -EINVAL;
    }
    int error = create(OBJECT_INITRD, size_bytes, out);

    if (error == 0) {
        (*out)->initrd_start = start;
    }
    return error;
}

int object_create_shadow(struct object *parent, struct object **out)
{
    ASSERT(parent->kind != OBJECT_SHADOW);
    int error = create(OBJECT_SHADOW, parent->size_bytes, out);

    if (error == 0) {
        object_get(parent);
        (*out)->parent = parent;
    }
    return error;
}

void object_put(struct object *object)
{
    arch_assert_locked();
    ASSERT(object->ref_count != 0);
    if (--object->ref_count > 0) {
        return;
    }
    ASSERT(list_is_empty(&object->mappings));
    struct object *parent = object->parent;

    list_remove(&object->all_link);
    page_store_clear(&object->pages);
    pool_free(&object_pool, object);
    if (parent != NULL) {
        object_put(parent); /* no deeper: a parent has none */
    }
}

int object_page(const struct object *object, uint64_t index, paddr_t *out)
{
    if (index >= object_page_count(object)) {
        return -EINVAL;
    }
    if (object->kind == OBJECT_INITRD) {
        *out = paddr(object->initrd_start.value + (index << PAGE_SHIFT));
        return 0; /* fixed: no lock is needed for these */
    }
    arch_assert_locked();
    if (page_store_get(&object->pages, index, out)) {
        return 0;
    }
    if (object->kind == OBJECT_SHADOW && object_page(object->parent, index, out) == 0) {
        return 0;
    }
    return -ENOENT;
}

/* A new frame with what the page shows now. */
static int alloc_page_relock(const struct object *object, uint64_t index, struct account *account, paddr_t *out)
{
    paddr_t source;

    if (object_page(object, index, &source) != 0) {
        return frame_alloc_zeroed_relock(FRAME_PAGE, account, out);
    }
    int error = frame_alloc(FRAME_PAGE, account, out);

    if (error == 0) {
        arch_unlock();
        arch_page_copy(arch_direct(*out), arch_direct(source));
        arch_lock();
    }
    return error;
}

int object_page_own_relock(struct object *object, uint64_t index, struct account *account, paddr_t *out)
{
    paddr_t frame;

    if (object->kind == OBJECT_INITRD) {
        return -EACCES;
    }
    if (index >= object_page_count(object)) {
        return -EINVAL;
    }
    if (page_store_get(&object->pages, index, out)) {
        return 0;
    }
    int error = alloc_page_relock(object, index, account, &frame);

    if (error != 0) {
        return error;
    }
    if (index >= object_page_count(object)) {
        frame_put(frame); /* another hart has taken the page away */
        return -EINVAL;
    }
    if (page_store_get(&object->pages, index, out)) {
        frame_put(frame); /* another hart was faster */
        return 0;
    }
    error = page_store_put(&object->pages, index, frame, account);
    if (error != 0) {
        frame_put(frame);
        return error;
    }
    *out = frame;
    return 0;
}

int object_read(const struct object *object, uint64_t offset, void *to, size_t size)
{
    char *target = to;

    if (!fits_below(offset, size, object->size_bytes)) {
        return -EINVAL;
    }
    while (size > 0) {
        uint64_t in_page = offset & PAGE_MASK;
        size_t part = size < PAGE_SIZE - in_page ? size : PAGE_SIZE - in_page;
        paddr_t frame;

        if (object_page(object, offset >> PAGE_SHIFT, &frame) == 0) {
            memcpy(target, (const char *)arch_direct(frame) + in_page, part);
        } else {
            memset(target, 0, part);
        }
        target += part;
        offset += part;
        size -= part;
    }
    return 0;
}

void object_for_each(void (*visit)(struct object *object, void *context), void *context)
{
    LIST_FOR_EACH_SAFE(link, following, &objects) {
        visit(CONTAINER_OF(link, struct object, all_link), context);
    }
}

void object_for_each_page(const struct object *object, void (*visit)(uint64_t index, paddr_t frame, void *context),
                          void *context)
{
    if (object->kind != OBJECT_INITRD) {
        page_store_for_each(&object->pages, visit, context);
        return;
    }
    for (uint64_t index = 0; index < object_page_count(object); index++) {
        visit(index, paddr(object->initrd_start.value + (index << PAGE_SHIFT)), context);
    }
}
