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
 * Locking: single hart, interrupts off.
 *
 * Typical use: map_find() -> map_fault(): 0 -> the user tries again; an error -> the task gets a signal
 */
#include "abi_errno.h"
#include "map.h"
#include "map_pages.h"
#include "panic.h"
#include "table.h"

/* What a fault is about. */
struct fault {
    struct map *map;
    const struct map_entry *entry;
    uint64_t address;
    uint8_t access;
};

static bool is_write(const struct fault *fault)
{
    return (fault->access & ABI_PROT_WRITE) != 0;
}

/* Whether an entry of @protection allows @access: what can be written can be read, as in Sv39. */
static bool protection_allows(uint8_t protection, uint8_t access)
{
    return (protection & access) != 0 || (access == ABI_PROT_READ && (protection & ABI_PROT_WRITE) != 0);
}

static uint64_t page_in_object(const struct map_entry *entry, uint64_t address)
{
    return entry->object_page + ((address - entry->start) >> PAGE_SHIFT);
}

/* The page that an object shows to a shared entry. Results of map_fault(). */
static int shared_page(const struct fault *fault, paddr_t *out)
{
    struct object *object = fault->entry->object;
    uint64_t page = page_in_object(fault->entry, fault->address);
    int error = object->kind == OBJECT_INITRD ? object_page(object, page, out) : object_page_own(object, page, out);

    return error == -EINVAL ? -EFAULT : error;
}

/* The page that a private entry shows before its first write; the frame of zeros where there is none yet. */
static int private_page(const struct fault *fault, paddr_t *out)
{
    const struct map_entry *entry = fault->entry;

    if (entry->object != NULL) {
        int error = object_page(entry->object, page_in_object(entry, fault->address), out);

        if (error != -ENOENT) {
            return error == 0 ? 0 : -EFAULT;
        }
    }
    *out = frame_zero();
    return 0;
}

int map_copy_page(paddr_t source, paddr_t *out)
{
    if (source.value == frame_zero().value) {
        return frame_alloc_zeroed(FRAME_PAGE, out);
    }
    int error = frame_alloc(FRAME_PAGE, out);

    if (error == 0) {
        arch_page_copy(arch_direct(*out), arch_direct(source));
    }
    return error;
}

/* A frame for a missing leaf, with the reference that the leaf takes, and whether it may be written through it. */
static int frame_for_leaf(const struct fault *fault, paddr_t *out, bool *writable)
{
    const struct map_entry *entry = fault->entry;
    bool is_shared = entry->sharing == MAP_ENTRY_SHARED;
    paddr_t page;
    int error = is_shared ? shared_page(fault, &page) : private_page(fault, &page);

    if (error != 0) {
        return error;
    }
    if (!is_shared && is_write(fault)) {
        *writable = true;
        return map_copy_page(page, out);
    }
    *writable = is_shared && (entry->protection & ABI_PROT_WRITE) != 0;
    *out = page;
    return frame_try_get(page) ? 0 : -ENOMEM;
}

/* Nothing is there yet: no flush, see above. */
static int map_missing(const struct fault *fault, struct table_place place)
{
    uint8_t protection = fault->entry->protection;
    paddr_t frame;
    bool writable;

    if (place.level != 0) {
        int error = table_walk_create(fault->map->root, fault->address, &place.table);

        if (error != 0) {
            return error;
        }
        place.index = sv39_index(fault->address, 0);
    }
    int error = frame_for_leaf(fault, &frame, &writable);

    if (error != 0) {
        return error;
    }
    table_set(place.table, place.index,
              pte_make(frame, map_leaf_flags(protection) | (writable ? PTE_W | PTE_D : 0)));
    if ((protection & ABI_PROT_EXEC) != 0) {
        arch_instruction_fence(); /* the frame may have held other instructions before */
    }
    return 0;
}

/* Whether the frame of a read-only leaf belongs to this leaf alone. */
static bool is_own(paddr_t frame)
{
    const struct frame *descriptor = frame_of(frame);

    return descriptor->ref_count == 1 && descriptor->kind == FRAME_PAGE;
}

/* Let the leaf at @place show @frame, a reference of which is handed over, writable; put what it showed. */
static void replace_leaf(struct map *map, uint64_t address, const struct table_place *place, paddr_t frame)
{
    paddr_t old = pte_frame(table_entries(place->table)[place->index]);

    table_set(place->table, place->index, pte_make(frame, PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D));
    map_flush_page(map, address);
    frame_put(old);
}

int map_write_private(struct map *map, uint64_t address, pte_t pte, const struct table_place *place)
{
    paddr_t frame = pte_frame(pte);

    if (is_own(frame)) {
        table_set(place->table, place->index, (pte & ~PTE_COPY_ON_WRITE) | PTE_W | PTE_D);
        map_flush_page(map, address);
        return 0;
    }
    paddr_t copy;
    int error = map_copy_page(frame, &copy);

    if (error == 0) {
        replace_leaf(map, address, place, copy);
    }
    return error;
}

/* A store to a shared, read-only page: the entry's protection allowed no writing when it was mapped. */
static int write_shared(const struct fault *fault, const struct table_place *place)
{
    paddr_t page;
    int error = shared_page(fault, &page);

    if (error != 0) {
        return error;
    }
    if (!frame_try_get(page)) {
        return -ENOMEM;
    }
    replace_leaf(fault->map, fault->address, place, page);
    return 0;
}

static int resolve(const struct fault *fault)
{
    struct table_place place;
    pte_t pte = table_walk(fault->map->root, fault->address, &place);

    if (pte == 0) {
        return map_missing(fault, place);
    }
    if (map_leaf_allows(pte, fault->access)) {
        map_flush_page(fault->map, fault->address);
        return 0;
    }
    /* Leaves have every right of their entry but writing. */
    ASSERT(is_write(fault) && (pte & PTE_V) != 0);
    if (fault->entry->sharing == MAP_ENTRY_SHARED) {
        return write_shared(fault, &place);
    }
    return map_write_private(fault->map, fault->address, pte, &place);
}

int map_fault(struct map *map, uint64_t address, uint8_t access)
{
    struct fault fault = { .map = map, .address = address, .access = access };

    fault.entry = map_find(map, address);
    if (fault.entry == NULL) {
        return map_window_fault(map, address, access);
    }
    return protection_allows(fault.entry->protection, access) ? resolve(&fault) : -EFAULT;
}

int map_write_pointer(struct map *map, uint64_t address, void **out)
{
    struct table_place place;
    pte_t pte = table_walk(map->root, address, &place);

    if (!map_leaf_allows(pte, ABI_PROT_WRITE)) {
        int error = map_fault(map, address, ABI_PROT_WRITE);

        if (error != 0) {
            return error;
        }
        pte = table_walk(map->root, address, &place);
    }
    *out = (char *)arch_direct(pte_frame(pte)) + (address & PAGE_MASK);
    return 0;
}
