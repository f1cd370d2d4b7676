#pragma once

#include "list.h"
#include "page_store.h"
#include "types.h"

/*
 * Memory objects: the pages of one thing.
 *
 *   OBJECT_ANONYMOUS  pages appear when first asked for, zeroed
 *   OBJECT_INITRD     pages are contiguous and in RAM already: a file of the initrd, mapped in place, never written
 *   OBJECT_SHADOW     a copy-on-write child: pages of its own over a parent's (depth 1: a shadow has no shadows; the
 *                     private copies that tasks make while they run are held by their page tables, see map.h)
 */
enum object_kind { OBJECT_ANONYMOUS, OBJECT_INITRD, OBJECT_SHADOW };

struct object {
    /* Fixed at creation. */
    enum object_kind kind;
    uint64_t generation; /* never used twice */
    paddr_t initrd_start; /* of an initrd file: page-aligned */
    struct object *parent; /* of a shadow: the object referenced, its page 0 is ours */
    /* Under the object's use: the supervisor's lock. */
    uint64_t size_bytes;
    uint32_t ref_count;
    uint32_t seals; /* ABI_F_SEAL_*: what can never be done to it again */
    uint32_t writable_entries; /* shared map entries through which it may be written, now or after mprotect */
    uint32_t writers; /* object_copy_in_relock() under way: 0 or 1 */
    uint32_t audited; /* of those, how many the auditor has come upon */
    struct page_store pages; /* own pages; one frame reference each */
    struct list mappings; /* map entries that show it: struct map_entry.object_link */
    struct list all_link; /* in the list of all objects */
};

/* Each gives one reference. Return 0 or -ENOMEM; -EINVAL for a size above OBJECT_SIZE_MAX, and 0 for an initrd file's. */
#define OBJECT_SIZE_MAX (1ull << 38)
int object_create_anonymous(uint64_t size_bytes, struct object **out);

/*
 * The file of @size_bytes at @start, whose frames have descriptors already (frame_adopt). The bytes behind the size in
 * the last page must be zero; -EINVAL when they are not, or when @start is not page-aligned.
 */
int object_create_initrd(paddr_t start, uint64_t size_bytes, struct object **out);

/* Takes a reference on @parent, which is not a shadow itself. */
int object_create_shadow(struct object *parent, struct object **out);

static inline void object_get(struct object *object)
{
    object->ref_count++;
}

/* Drop one reference; the last one drops the pages and the parent. */
void object_put(struct object *object);

static inline uint64_t object_page_count(const struct object *object)
{
    return (object->size_bytes + PAGE_MASK) >> PAGE_SHIFT;
}

/*
 * The frame that holds page @index now, own or the parent's. No reference is taken: the caller takes one before it
 * lets the object change. Returns 0, -ENOENT when no frame holds it yet (it reads as zeros), -EINVAL behind the end.
 */
int object_page(const struct object *object, uint64_t index, paddr_t *out);

/*
 * The same, but a page that no frame holds yet gets a zeroed one; and a shadow's page becomes its own, copied. What it
 * takes is charged to @account. Not for initrd files: -EACCES. Returns 0, -EINVAL or -ENOMEM.
 */
int object_page_own_relock(struct object *object, uint64_t index, struct account *account, paddr_t *out);

/*
 * Copy bytes of the object into supervisor memory. Returns 0 or -EINVAL when the range leaves the object.
 */
int object_read(const struct object *object, uint64_t offset, void *to, size_t size);

/*
 * Whether its bytes are what they are for ever: an initrd file, or sealed against writing and a change of size. Only
 * such a one is loaded or executed.
 */
bool object_is_immutable(const struct object *object);

/*
 * What changes an anonymous object, and who maps it sees at once: object_change.c. What its seals forbid is -EPERM.
 *
 * The size: pages behind the new one go, out of every map that shows them too; private copies stay. What comes to lie
 * inside is zero. Returns 0; -EPERM; -EFBIG above OBJECT_SIZE_MAX; -EBUSY while a write is under way: try again.
 */
int object_resize(struct object *object, uint64_t size_bytes);

/* [@start, @end), as far as it lies inside, is zero from now on; whole pages are given back. 0, -EPERM or -EBUSY. */
int object_punch(struct object *object, uint64_t start, uint64_t end);

/*
 * More seals. Returns 0; -EPERM when it is sealed against that; -EBUSY: F_SEAL_WRITE, and a shared map entry allows
 * writing, or a write is under way.
 */
int object_seal(struct object *object, uint32_t seals);

/*
 * Copy bytes between the object, of which the caller has a reference, and the user's memory. Reading ends at the
 * object's end, and writing moves that; new pages are charged to @account. Return the bytes copied; when an error comes
 * before the first one -EFAULT, -ENOMEM, of writing also -EPERM, -EFBIG, or -EBUSY while another write is under way: try
 * again.
 */
int64_t object_copy_out_relock(struct object *object, uint64_t offset, uaddr_t to, uint64_t size_bytes);
int64_t object_copy_in_relock(struct object *object, struct account *account, uint64_t offset, uaddr_t from,
                              uint64_t size_bytes);

/* Call @visit for each object, and for each own page (or initrd page) of an object in ascending order. */
void object_for_each(void (*visit)(struct object *object, void *context), void *context);
void object_for_each_page(const struct object *object, void (*visit)(uint64_t index, paddr_t frame, void *context),
                          void *context);
