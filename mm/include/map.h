#pragma once

#include "account.h"
#include "arch.h"
#include "list.h"
#include "object.h"
#include "space.h"
#include "tree.h"
#include "window.h"

/*
 * Maps: address spaces, as sorted entries over memory objects, and the one place that makes a user mapping
 * (map_fault).
 *
 * The private pages of an entry, its shadow, are the frames that the map's own page table holds: one reference each.
 * A frame with a single reference that a private writable entry maps is therefore its owner's alone and is written in
 * place; any other is copied first. Shadows can't chain, whatever tasks fork, write and exit.
 *
 * Protections are ABI_PROT_ bits. W and X never go together. An entry's protection never exceeds its maximum.
 */
enum map_sharing { MAP_ENTRY_PRIVATE, MAP_ENTRY_SHARED };

/* map_entry.flags */
enum { MAP_ENTRY_GROWS_DOWN = 1 /* a stack: a touch below it lets it grow, MAP_STACK_BYTES at most */ };

struct map_entry {
    struct tree_node node; /* in map.entries, by start */
    struct list object_link; /* in object.mappings */
    struct map *map;
    uint64_t start; /* page-aligned, [start, end) */
    uint64_t end;
    struct object *object; /* one reference, or NULL: anonymous private memory */
    uint64_t object_page; /* the object's page that start shows */
    uint8_t protection;
    uint8_t max_protection;
    uint8_t sharing;
    uint8_t flags;
};

/*
 * What is known about free addresses of an area, so that a search need not look at every entry again: no gap of at
 * least `size` bytes lies between the end of the area where searches begin and `from`.
 */
struct map_room {
    uint64_t size;
    uint64_t from;
};

struct map {
    /* Fixed at creation. */
    struct account *account; /* one reference */
    /* Its root table, and what the harts know of it. */
    struct space space;
    /* Under the map's use: the supervisor's lock. */
    struct tree entries; /* never overlapping, never adjacent and alike */
    struct map_entry *recent; /* the entry found last, or NULL */
    uint64_t entry_count;
    struct map_room area_room; /* searched downwards from the main stack */
    struct map_room large_room; /* searched upwards from MAP_LARGE_START */
    uint64_t heap_start; /* of brk: fixed once the program is mapped */
    uint64_t heap_end;
    struct windows *windows; /* attached, or NULL */
    struct list windows_link; /* in windows.maps */
    struct region_use *uses; /* shared/'s: what of the windows this one uses; nothing while it is attached nowhere */
    uint64_t
        change_count; /* when it has changed, others took away of what the map's tables show, or could be about to */
};

/* Where mappings that the caller does not place go, and the main stack: see the drawing in map.c. */
#define MAP_FIRST_ADDRESS 0x10000ull
#define MAP_AREA_START 0x90000000ull
#define MAP_STACK_END 0xa00ff000ull
#define MAP_STACK_BYTES 0x800000ull
#define MAP_STACK_FIRST_BYTES 0x20000ull /* before it has grown */
#define MAP_STACK_GAP_BYTES 0x100000ull /* that a stack keeps to what is accessible below */
#define MAP_STACK_START (MAP_STACK_END - MAP_STACK_BYTES - MAP_STACK_GAP_BYTES)
#define MAP_IMAGE_START 0xa0100000ull
#define MAP_IMAGE_END 0xc0000000ull
#define MAP_LARGE_START 0x100000000ull

/* A new map with nothing in it but the supervisor's half. Takes a reference on @account. Returns 0 or -ENOMEM. */
int map_create_relock(struct account *account, struct map **out);

/* Drop every entry, page and table. The map is attached to no windows and no hart runs in it. */
void map_destroy(struct map *map);

/* This hart runs in @map from now on. space_leave() is the way back to no user's address space. */
void map_enter_unverified(struct map *map);

static inline void map_enter(struct map *map)
{
    if (space_is_verified(&map->space)) {
        space_enter_verified(&map->space);
    } else {
        map_enter_unverified(map);
    }
}

/*
 * Attach to a region's windows: one store into the root table. No hart runs in the map. Returns 0, or -EBUSY when the map is attached already.
 * The caller keeps @windows alive until map_detach(), which drops the map's copies of data pages too.
 */
int map_attach(struct map *map, struct windows *windows);
void map_detach(struct map *map);

/*
 * Attach to other windows, which show what the map's present ones do: the map keeps its copies of data pages. No hart
 * runs in it.
 */
void map_change_windows(struct map *map, struct windows *windows);

/*
 * Add one entry. Takes a reference on the object (if any). Nothing is mapped before the first fault. Entries may cover
 * more than their object has: what lies behind its end faults.
 * Returns 0; -EINVAL (unaligned, empty, wraps, protection beyond the maximum, unknown bits, shared without an object);
 * -EACCES (W and X together, or a shared entry of an initrd file whose maximum has W);
 * -EPERM (the same of an object that is sealed against writing);
 * -ENOMEM (outside the users' part of the address space, or no memory); -EEXIST (occupied; or touches root slot 1 or
 * the data window, which are the windows' whether the map is attached or not).
 */
struct map_request {
    uint64_t start;
    uint64_t size_bytes; /* a multiple of the page size */
    struct object *object;
    uint64_t object_page;
    uint8_t protection;
    uint8_t max_protection;
    uint8_t sharing;
    uint8_t flags;
};
int map_add(struct map *map, const struct map_request *request);

/*
 * Find room for @size_bytes: at @hint if that is free (0: no hint), else the highest gap below the stack, else in the
 * area for large mappings. Returns 0 or -ENOMEM.
 */
int map_find_room(struct map *map, uint64_t size_bytes, uint64_t hint, uint64_t *start);

/*
 * Unmap [@start, @start + @size_bytes), splitting entries at both ends; holes are allowed.
 * Returns 0; -EINVAL (unaligned, empty, wraps, leaves the users' half); -EPERM (touches a window);
 * -ENOMEM (no memory to split an entry: nothing has changed).
 */
int map_remove(struct map *map, uint64_t start, uint64_t size_bytes);

/*
 * Put @request over whatever is there, all or nothing (MAP_FIXED). Errors of map_add() and map_remove(): over a window
 * it is -EPERM.
 */
int map_replace(struct map *map, const struct map_request *request);

/*
 * Change the protection of [@start, @start + @size_bytes). All or nothing.
 * Returns 0; -EINVAL; -ENOMEM (a hole in the range, or no memory to split); -EACCES (beyond the maximum, or W and X);
 * -EPERM (touches a window).
 */
int map_protect(struct map *map, uint64_t start, uint64_t size_bytes, uint8_t protection);

/*
 * Let what [@start, @start + @old_bytes) shows, which is one entry's, be @new_bytes large: where it is, or elsewhere with
 * the same pages, held ones too, and the same rights. What is cut off is unmapped; what is added shows what comes next
 * of the object, or new pages. Of a shared entry, @old_bytes of 0 show the same once more, at another place. All or
 * nothing.
 * Returns 0 and where it lies; -EINVAL (unaligned, @new_bytes of 0, @old_bytes of 0 of a private entry, wraps; @target
 * overlaps the old place or leaves the users' half); -EFAULT (no entry holds the range); -EPERM (touches a window);
 * -ENOMEM (no room, or no memory).
 */
enum map_move_place {
    MAP_MOVE_STAY, /* larger only if there is room behind */
    MAP_MOVE_ANYWHERE, /* moved if there is none */
    MAP_MOVE_TARGET, /* to @target, over whatever is there */
};
struct map_move {
    uint64_t start;
    uint64_t old_bytes;
    uint64_t new_bytes;
    uint64_t target;
    enum map_move_place place;
};
int map_move_relock(struct map *map, const struct map_move *move, uint64_t *start);

/*
 * Forget the pages that the map shows in [@start, @start + @size_bytes), as if none had been touched yet: private ones
 * are gone, and their entries show what they began with. Holes are passed over.
 * Returns 0; -EINVAL (unaligned, wraps); -EPERM (touches a window).
 */
int map_forget(struct map *map, uint64_t start, uint64_t size_bytes);

/* Whether entries cover all of [@start, @end): windows are holes. Whether one of them shows an object. */
bool map_covers(const struct map *map, uint64_t start, uint64_t end);
bool map_shows_objects(const struct map *map, uint64_t start, uint64_t end);

/* Whether the page at @address of @entry is in memory: shown by the map, or held by what it would be taken from. */
bool map_is_resident(const struct map *map, const struct map_entry *entry, uint64_t address);

/*
 * Move the end of the heap, to any byte at or above heap_start; a heap that begins in the area of images ends at
 * MAP_IMAGE_END at the latest. Returns the end that is now in force: the old one when it can't be moved.
 */
uint64_t map_set_break(struct map *map, uint64_t end);

/* The entry that holds @address, or NULL. Borrowed until the map changes. */
struct map_entry *map_find_anew(struct map *map, uint64_t address);
static inline struct map_entry *map_find(struct map *map, uint64_t address)
{
    struct map_entry *entry = map->recent;

    arch_assert_locked();
    return entry != NULL && address - entry->start < entry->end - entry->start ? entry : map_find_anew(map, address);
}

struct map_entry *map_first(struct map *map);
struct map_entry *map_following(struct map_entry *entry);

/*
 * Resolve a fault at @address for @access, one ABI_PROT_ bit. A spurious fault (the mapping allows it already)
 * is resolved by a flush. Returns 0 (try the access again), -EFAULT (nothing there, or not allowed),
 * -ENXIO (behind the end of the object that is mapped there), or -ENOMEM.
 */
int map_fault_relock(struct map *map, uint64_t address, uint8_t access);

/*
 * Make @to, which is new and attached to the windows that @from is attached to, a copy of @from, the map of the running
 * task: private memory is copied when one of the two stores there, shared memory is shared.
 * Returns 0, or -ENOMEM: @to is to be destroyed then, and @from shows what it has shown.
 */
int map_fork_relock(struct map *from, struct map *to);

/*
 * Map the pages of [@start, @start + @size_bytes) that need no new page: those that an object or a window holds
 * already, read-only. A convenience that saves faults: where a table can't be had it stops.
 */
void map_populate_relock(struct map *map, uint64_t start, uint64_t size_bytes);

/*
 * Make the pages of [@start, @end), which one entry holds, if it is memory to be written that is no file's. Returns
 * whether each is there; else the rest is left to faults.
 */
bool map_make_pages_relock(struct map *map, uint64_t start, uint64_t end);

/*
 * Write @size bytes at @address of a map that need not be the one that runs, as its task would; it is the caller's own
 * or one in the making. Pages that can be written already are written without dropping the lock. Errors of
 * map_fault_relock(). The second never drops the lock: -EAGAIN where a page can't be written as it is.
 */
int map_write_relock(struct map *map, uint64_t address, const void *from, size_t size);
int map_write_present(struct map *map, uint64_t address, const void *from, size_t size);
