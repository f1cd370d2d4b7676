/*
 * What changes anonymous objects that have a name or an open file: their size, holes, seals, and bytes that are written
 * through a descriptor.
 *
 *     resize, punch   the leaves that show what goes are taken out of every map, each map's space is flushed, and only
 *                     then the pages go: nobody has a stale mapping
 *     write           one at a time; pages are pinned by a reference while the lock is dropped
 *     seal            never taken off; F_SEAL_WRITE only when nobody can write any more
 *
 * Bytes behind the end, which a shared mapping may write in the last page, never come to lie inside: they are zeroed
 * when the size changes, and when the object is sealed against writing. That is less than a page, under the lock.
 *
 * Invariants: those named object-... in object.c.
 *
 * Locking: the supervisor's lock; dropped while bytes are copied to or from the user.
 *
 * Typical use: object_create_anonymous(0, &object) -> object_copy_in_relock() -> object_seal() -> object_copy_out_relock()
 */
#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "checked.h"
#include "frame.h"
#include "map.h"
#include "map_pages.h"
#include "object.h"
#include "panic.h"

#define SEALS_IMMUTABLE (ABI_F_SEAL_SHRINK | ABI_F_SEAL_GROW | ABI_F_SEAL_WRITE)

bool object_is_immutable(const struct object *object)
{
    return object->kind == OBJECT_INITRD || (object->seals & SEALS_IMMUTABLE) == SEALS_IMMUTABLE;
}

/* Pages [@first, @limit) go: out of the maps first. */
static void drop_pages(struct object *object, uint64_t first, uint64_t limit)
{
    LIST_FOR_EACH(link, &object->mappings) {
        const struct map_entry *entry = CONTAINER_OF(link, struct map_entry, object_link);
        uint64_t page = entry->object_page, page_limit = page + ((entry->end - entry->start) >> PAGE_SHIFT);
        uint64_t from = first > page ? first : page, to = limit < page_limit ? limit : page_limit;

        if (from < to) {
            map_pages_take_back(entry, entry->start + ((from - page) << PAGE_SHIFT),
                                entry->start + ((to - page) << PAGE_SHIFT));
        }
    }
    page_store_drop(&object->pages, first, limit);
}

/* Zero [@start, @end), which lies in one page, if there is one. */
static void clear_in_page(struct object *object, uint64_t start, uint64_t end)
{
    paddr_t frame;

    if (start < end && page_store_get(&object->pages, start >> PAGE_SHIFT, &frame)) {
        memset((char *)arch_direct(frame) + (start & PAGE_MASK), 0, end - start);
    }
}

static void clear_tail(struct object *object)
{
    clear_in_page(object, object->size_bytes, page_round_up(object->size_bytes));
}

static void set_size(struct object *object, uint64_t size_bytes)
{
    clear_tail(object);
    if (size_bytes < object->size_bytes) {
        drop_pages(object, page_round_up(size_bytes) >> PAGE_SHIFT, PAGE_STORE_INDEX_MAX);
    }
    object->size_bytes = size_bytes;
    clear_tail(object);
}

int object_resize(struct object *object, uint64_t size_bytes)
{
    arch_assert_locked();
    ASSERT(object->kind == OBJECT_ANONYMOUS);
    if (size_bytes > OBJECT_SIZE_MAX) {
        return -EFBIG;
    }
    if ((size_bytes < object->size_bytes && (object->seals & ABI_F_SEAL_SHRINK) != 0) ||
        (size_bytes > object->size_bytes && (object->seals & ABI_F_SEAL_GROW) != 0)) {
        return -EPERM;
    }
    if (object->writers != 0) {
        return -EBUSY;
    }
    if (size_bytes != object->size_bytes) {
        set_size(object, size_bytes);
    }
    return 0;
}

static bool is_sealed_against_writes(const struct object *object)
{
    return (object->seals & (ABI_F_SEAL_WRITE | ABI_F_SEAL_FUTURE_WRITE)) != 0;
}

int object_punch(struct object *object, uint64_t start, uint64_t end)
{
    arch_assert_locked();
    ASSERT(object->kind == OBJECT_ANONYMOUS);
    if (is_sealed_against_writes(object)) {
        return -EPERM;
    }
    if (object->writers != 0) {
        return -EBUSY;
    }
    end = end < object->size_bytes ? end : page_round_up(object->size_bytes);
    if (start >= end) {
        return 0;
    }
    uint64_t first = page_round_up(start), limit = page_round_down(end);

    if (first <= limit) {
        clear_in_page(object, start, first);
        drop_pages(object, first >> PAGE_SHIFT, limit >> PAGE_SHIFT);
        clear_in_page(object, limit, end);
    } else {
        clear_in_page(object, start, end);
    }
    return 0;
}

int object_seal(struct object *object, uint32_t seals)
{
    arch_assert_locked();
    ASSERT(object->kind == OBJECT_ANONYMOUS);
    if ((object->seals & ABI_F_SEAL_SEAL) != 0) {
        return -EPERM;
    }
    if ((seals & ~object->seals & ABI_F_SEAL_WRITE) != 0) {
        if (object->writable_entries != 0 || object->writers != 0) {
            return -EBUSY;
        }
        clear_tail(object);
    }
    object->seals |= seals;
    return 0;
}

/* How many of @size bytes from @offset on lie in one page. */
static uint64_t in_page(uint64_t offset, uint64_t size)
{
    uint64_t room = PAGE_SIZE - (offset & PAGE_MASK);

    return size < room ? size : room;
}

/* @size bytes at @offset, in one page and inside the object, go to the user. */
static int copy_out_part_relock(struct object *object, uint64_t offset, uaddr_t to, uint64_t size)
{
    paddr_t frame;

    if (object_page(object, offset >> PAGE_SHIFT, &frame) != 0) {
        frame = frame_zero();
    }
    if (!frame_try_get(frame)) {
        return -ENOMEM;
    }
    arch_unlock();
    int error = arch_copy_out(to, (const char *)arch_direct(frame) + (offset & PAGE_MASK), size);

    arch_lock();
    frame_put(frame);
    return error;
}

int64_t object_copy_out_relock(struct object *object, uint64_t offset, uaddr_t to, uint64_t size_bytes)
{
    uint64_t done = 0;

    arch_assert_locked();
    /* The size is looked at anew for each page: it may shrink meanwhile. */
    while (done < size_bytes && offset + done < object->size_bytes) {
        uint64_t at = offset + done, left = object->size_bytes - at;
        uint64_t part = in_page(at, size_bytes - done < left ? size_bytes - done : left);
        int error = copy_out_part_relock(object, at, uaddr(to.value + done), part);

        if (error != 0) {
            return done > 0 ? (int64_t)done : error;
        }
        done += part;
    }
    return (int64_t)done;
}

/* @size bytes from the user to @offset, in one page; the object grows for them. */
static int copy_in_part_relock(struct object *object, struct account *account, uint64_t offset, uaddr_t from,
                               uint64_t size)
{
    uint64_t old_size = object->size_bytes;
    paddr_t frame;

    if (offset + size > old_size) {
        set_size(object, offset + size);
    }
    int error = object_page_own_relock(object, offset >> PAGE_SHIFT, account, &frame);

    if (error == 0) {
        frame_get(frame);
        arch_unlock();
        error = arch_copy_in((char *)arch_direct(frame) + (offset & PAGE_MASK), from, size);
        arch_lock();
        frame_put(frame);
    }
    if (error != 0 && object->size_bytes > old_size) {
        set_size(object, old_size); /* nobody else has changed it: a write is under way */
    }
    return error;
}

static int check_write(const struct object *object, uint64_t offset, uint64_t size_bytes)
{
    if (is_sealed_against_writes(object)) {
        return -EPERM;
    }
    if (!fits_below(offset, size_bytes, OBJECT_SIZE_MAX)) {
        return -EFBIG;
    }
    if (size_bytes > 0 && offset + size_bytes > object->size_bytes && (object->seals & ABI_F_SEAL_GROW) != 0) {
        return -EPERM;
    }
    return object->writers != 0 ? -EBUSY : 0;
}

int64_t object_copy_in_relock(struct object *object, struct account *account, uint64_t offset, uaddr_t from,
                              uint64_t size_bytes)
{
    arch_assert_locked();
    ASSERT(object->kind == OBJECT_ANONYMOUS);
    uint64_t done = 0;
    int error = check_write(object, offset, size_bytes);

    if (error != 0) {
        return error;
    }
    object->writers = 1;
    while (done < size_bytes && error == 0) {
        uint64_t part = in_page(offset + done, size_bytes - done);

        error = copy_in_part_relock(object, account, offset + done, uaddr(from.value + done), part);
        done += error == 0 ? part : 0;
    }
    object->writers = 0;
    return done > 0 || error == 0 ? (int64_t)done : error;
}
