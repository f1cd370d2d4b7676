/*
 * Faults: the one place that makes a user mapping.
 *
 *     the leaf is        access   entry is   what happens
 *     there, allows it   any      any        nothing but a flush: the fault was made with an older translation
 *     there, read-only   write    private    taken in place if the frame is this leaf's alone, else copied
 *     there, read-only   write    shared     made writable (over the object's own page)
 *     missing            write    private    a new frame: zeroed, or a copy of the object's page
 *     missing            other    private    the object's page, or the frame of zeros, read-only
 *     missing            any      shared     the object's page, made if need be; writable if the entry is
 *     missing            any      any        behind the object's end: -ENXIO
 *
 * Data window: a read links the pristine level-0 table; a write replaces the link by a table of the map's own. In an
 * own table missing pages come from the pristine one, with their neighbours, and a write copies.
 *
 * A translation that didn't allow an access may still be in the TLB when a leaf is made valid or gets more rights: the
 * hart faults again then, and is given a flush (Priv. spec, SFENCE.VMA; hostile case C6). Only a leaf whose frame
 * changes is flushed at once.
 *
 * Invariants (for the auditor, by these names):
 *     leaf-accessed      a valid leaf has PTE_A, and one with PTE_W has PTE_D (hardware may not set them)
 *     leaf-user          a valid leaf has PTE_U; PTE_G only under a region's text table
 *     leaf-w-xor-x       no leaf has PTE_W and PTE_X
 *     leaf-rights        a leaf's rights are within its entry's protection; it is held if and only if that is NONE
 *     leaf-entry         a leaf outside the windows lies in an entry
 *     leaf-writable      a leaf with PTE_W shows its object's own page (shared), or a FRAME_PAGE frame with this one
 *                        reference (private, and copies of data-window pages)
 *     leaf-inside        a shared leaf shows a page inside its object
 *     references         a frame's ref_count is the number of entries in tables, slots of objects and owners
 *
 * Locking: the supervisor's lock; dropped while a page is zeroed or copied. The map is the running task's, or in the
 * making: no other hart changes its entries and tables meanwhile, but for leaves that it takes away: of windows where
 * something is unloaded, of pages that an object loses. It counts that in change_count, which is compared when the lock
 * is back: a page that was found before may have been freed, and be another's.
 *
 * Typical use: map_find() -> map_fault_relock(): 0 -> the user tries again; an error -> the task gets a signal
 */
#include "abi_errno.h"
#include "map.h"
#include "map_pages.h"
#include "panic.h"
#include "table.h"

#include <string.h>

#define WRITABLE (PTE_W | PTE_D)

/* Whether an entry of @protection allows @access: what can be written can be read, as in Sv39. */
static bool protection_allows(uint8_t protection, uint8_t access)
{
    return (protection & access) != 0 || (access == ABI_PROT_READ && (protection & ABI_PROT_WRITE) != 0);
}

/* The page that an object shows to a shared entry. Results of map_fault_relock(). */
static int shared_page_relock(const struct map_entry *entry, uint64_t address, paddr_t *out)
{
    struct object *object = entry->object;
    uint64_t page = map_page_in_object(entry, address);
    int error = object->kind == OBJECT_INITRD ? object_page(object, page, out)
                                              : object_page_own_relock(object, page, entry->map->account, out);

    return error == -EINVAL ? -ENXIO : error;
}

/* The page that a private entry shows before its first write; the frame of zeros where there is none yet. */
static int private_page(const struct map_entry *entry, uint64_t address, paddr_t *out)
{
    if (entry->object != NULL) {
        int error = object_page(entry->object, map_page_in_object(entry, address), out);

        if (error != -ENOENT) {
            return error == 0 ? 0 : -ENXIO;
        }
    }
    *out = frame_zero();
    return 0;
}

int map_copy_page_relock(struct account *account, paddr_t source, paddr_t *out)
{
    if (source.value == frame_zero().value) {
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

/*
 * Show a page at @leaf, where nothing is yet. No flush: see above. The leaf takes the reference that comes with a new
 * frame, or one more on a frame that is there.
 */
static int map_missing_relock(struct map *map, const struct map_entry *entry, uint64_t address, uint8_t access,
                              pte_t *leaf)
{
    bool is_shared = entry->sharing == MAP_ENTRY_SHARED;
    uint64_t flags = map_leaf_flags(entry->protection), change_count = map->change_count;
    paddr_t page, frame;
    int error = is_shared ? shared_page_relock(entry, address, &page) : private_page(entry, address, &page);

    if (error != 0) {
        return error;
    }
    if (!is_shared && access == ABI_PROT_WRITE) {
        error = map_copy_page_relock(map->account, page, &frame);
        if (error != 0) {
            return error;
        }
        if (map->change_count != change_count) {
            frame_put(frame); /* what was copied may have gone from the object: the store is tried again */
            return 0;
        }
        flags |= WRITABLE;
    } else {
        if (!frame_try_get(page)) {
            return -ENOMEM;
        }
        frame = page;
        flags |= is_shared && (entry->protection & ABI_PROT_WRITE) != 0 ? WRITABLE : 0;
    }
    table_store(leaf, pte_make(frame, flags));
    if ((flags & PTE_X) != 0) {
        map_show_code(map, address, frame);
    }
    return 0;
}

/* Whether the frame of a read-only leaf belongs to this leaf alone. */
static bool is_own(paddr_t frame)
{
    const struct frame *descriptor = frame_of(frame);

    return descriptor->ref_count == 1 && descriptor->kind == FRAME_PAGE;
}

/* Let @leaf show @frame, a reference of which is handed over, writable; put what it showed. */
static void replace_leaf(struct map *map, uint64_t address, pte_t *leaf, paddr_t frame)
{
    paddr_t old = pte_frame(*leaf);

    fence_ledger_leaf(&map->space, address, old);
    *leaf = pte_make(frame, PTE_V | PTE_R | PTE_U | PTE_A | WRITABLE); /* not 0 before nor after: still counted */
    map_flush_page(map, address);
    frame_put(old);
}

int map_write_private_relock(struct map *map, uint64_t address, pte_t *leaf)
{
    uint64_t change_count = map->change_count;
    paddr_t copy;

    if (is_own(pte_frame(*leaf))) {
        *leaf = (*leaf & ~PTE_COPY_ON_WRITE) | WRITABLE;
        map_flush_page(map, address);
        return 0;
    }
    int error = map_copy_page_relock(map->account, pte_frame(*leaf), &copy);

    if (error != 0) {
        return error;
    }
    if (map->change_count != change_count) {
        frame_put(copy); /* the leaf may be gone, and what was copied too: the store is tried again */
        return 0;
    }
    replace_leaf(map, address, leaf, copy);
    return 0;
}

/* A store to a shared, read-only page: the entry's protection allowed no writing when it was mapped. */
static int write_shared_relock(struct map *map, const struct map_entry *entry, uint64_t address, pte_t *leaf)
{
    uint64_t change_count = map->change_count;
    paddr_t page;
    int error = shared_page_relock(entry, address, &page);

    if (error != 0 || map->change_count != change_count) {
        return error; /* the leaf may have gone: the store is tried again */
    }
    if (!frame_try_get(page)) {
        return -ENOMEM;
    }
    replace_leaf(map, address, leaf, page);
    return 0;
}

/* A fault at @leaf, which shows a page. */
static int resolve_present_relock(struct map *map, const struct map_entry *entry, uint64_t address, uint8_t access,
                                  pte_t *leaf)
{
    if (map_leaf_allows(*leaf, access)) {
        space_flush_all(&map->space); /* what is out of date may be more than the leaf */
        return 0;
    }
    /* Leaves have every right of their entry but writing. */
    ASSERT(access == ABI_PROT_WRITE && (*leaf & PTE_V) != 0);
    return entry->sharing == MAP_ENTRY_SHARED ? write_shared_relock(map, entry, address, leaf)
                                              : map_write_private_relock(map, address, leaf);
}

int map_fault_relock(struct map *map, uint64_t address, uint8_t access)
{
    arch_assert_locked();
    const struct map_entry *entry = map_find(map, address);

    if (entry == NULL && !map_touches_windows(address, address + 1)) {
        entry = map_grow_down(map, address);
    }
    if (entry == NULL) {
        return map_window_fault_relock(map, address, access);
    }
    if (!protection_allows(entry->protection, access)) {
        return -EFAULT;
    }
    pte_t *leaf = table_leaf(map->space.root, address);

    if (leaf == NULL) {
        paddr_t level0;
        int error = table_walk_create_relock(map->account, map->space.root, address, &level0);

        if (error != 0) {
            return error;
        }
        leaf = &table_entries(level0)[sv39_index(address, 0)];
    }
    return *leaf == 0 ? map_missing_relock(map, entry, address, access, leaf)
                      : resolve_present_relock(map, entry, address, access, leaf);
}

/* The supervisor's pointer to @address, where a store of the map's task would need no fault; else NULL. */
static void *writable_pointer(struct map *map, uint64_t address)
{
    pte_t *leaf = address < SV39_USER_END ? table_leaf(map->space.root, address) : NULL;

    return leaf != NULL && map_leaf_allows(*leaf, ABI_PROT_WRITE)
               ? (char *)arch_direct(pte_frame(*leaf)) + (address & PAGE_MASK)
               : NULL;
}

/* What is not writable as it is gets a fault, or ends it: one of the two calls below. */
enum write_how { WRITE_BY_FAULTS, WRITE_PRESENT };

static inline int write_relock(struct map *map, uint64_t address, const char *bytes, size_t size, enum write_how how)
{
    while (size > 0) {
        size_t room = PAGE_SIZE - (address & PAGE_MASK), part = size < room ? size : room;
        void *place = writable_pointer(map, address);

        if (place == NULL) {
            int error = how == WRITE_PRESENT ? -EAGAIN : map_fault_relock(map, address, ABI_PROT_WRITE);

            if (error != 0) {
                return error;
            }
            continue; /* others may have taken away again what the fault gave */
        }
        memcpy(place, bytes, part);
        address += part;
        bytes += part;
        size -= part;
    }
    return 0;
}

int map_write_present(struct map *map, uint64_t address, const void *from, size_t size)
{
    return write_relock(map, address, from, size, WRITE_PRESENT);
}

int map_write_relock(struct map *map, uint64_t address, const void *from, size_t size)
{
    return write_relock(map, address, from, size, WRITE_BY_FAULTS);
}
