#pragma once

#include "account.h"
#include "image.h"
#include "list.h"
#include "manifest.h"
#include "map.h"
#include "reason.h"
#include "tree.h"
#include "window.h"

struct load_hash;

enum region_class { REGION_SYSTEM, REGION_PRIVATE };

/* The region behind one, and how much of it is seen: entries whose depth is at most this one. */
struct region_link {
    struct region *region; /* one reference, or NULL: nothing behind */
    uint32_t depth;
};

/*
 * A shared region: one text window, one data window, and what is loaded there.
 */
struct region {
    /* Fixed at creation. */
    enum region_class class;
    struct load_hash *hash; /* where its entries are found */
    struct account *account; /* one reference: who pays for it */
    struct region_link behind;
    /* Under the region's use: the supervisor's lock. */
    struct windows windows;
    uint32_t ref_count; /* attached maps, and who else holds it */
    uint32_t depth; /* clones taken from it so far */
    bool is_loading; /* a load is under way that may have dropped the lock: another one is to wait (2.11) */
    uint32_t entry_count; /* == length of entries */
    struct list entries; /* struct load_entry.link, oldest first */
    struct tree extents; /* struct load_extent.node of all entries, by address, no page in common */
};

/*
 * Start the server: an empty load hash, and an empty region of system class as the current one. Called once, after mm
 * is up. Returns 0 or -ENOMEM.
 */
int region_server_init(void);

/* The region that new tasks attach to. Borrowed: take a reference to keep it. */
struct region *region_current(void);

/* A new, empty region with one reference. Takes a reference on @account. Returns 0 or -ENOMEM. */
int region_create_relock(enum region_class class, struct account *account, struct load_hash *hash, struct region **out);

static inline void region_get(struct region *region)
{
    region->ref_count++;
}

/* Drop one reference; the last one drops every entry, page and table of the region. */
void region_put(struct region *region);

/*
 * Attach @map to both windows: a constant number of page-table stores, whatever is loaded. Takes a reference on
 * @region, dropped by region_detach().
 * Returns 0, -EBUSY (already attached somewhere) or -ENOMEM. On error nothing has changed.
 */
int region_attach(struct region *region, struct map *map);

/* A new map with nothing in it, attached to @region; takes a reference on @account. Returns 0 or -ENOMEM. */
int region_create_map_relock(struct region *region, struct account *account, struct map **out);

/* The way back; does nothing when @map is attached nowhere. */
void region_detach(struct map *map);

/* The region that @map is attached to, or NULL. Borrowed while it is. */
static inline struct region *region_of(const struct map *map)
{
    return map->windows == NULL ? NULL : CONTAINER_OF(map->windows, struct region, windows);
}

/*
 * The manifest of the entry at @base, an absolute address in the text window; addresses relative to it. At most
 * @capacity extents are written.
 * Returns 0 and writes @count, the number that there are; or -ENOENT, and nothing is written.
 */
int region_info(const struct region *region, uint64_t base, struct abi_extent *out, uint32_t capacity, uint32_t *count);

/*
 * The image that was loaded at @address, absolute and in either window, and which of its bytes is there. The image's
 * object is borrowed while it stays loaded. One walk over all that is loaded: to explain an address, not for every day.
 * Returns 0 or -ENOENT: nothing is loaded there, or zero-fill.
 */
int region_find_image(const struct region *region, uint64_t address, struct image *image, uint64_t *offset);

/*
 * Whether any page of [@start, @start + @size_bytes), absolute addresses in one window, is taken. @taken_end (if not
 * NULL) gets the end of the lowest extent in the way.
 */
bool region_is_taken(const struct region *region, uint64_t start, uint64_t size_bytes, uint64_t *taken_end);

/* An extent of the region at its place: what is loaded in [start, end), whole pages. */
struct region_extent {
    uint64_t start;
    uint64_t end;
    uint64_t file_offset; /* in its image */
    struct object *content; /* borrowed: the image's object or a shadow of it; NULL: zero-fill */
    uint32_t protection; /* ABI_EXTENT_ bits */
};

/* The first extent that ends behind @address, in the order of addresses. Returns 0 or -ENOENT. */
int region_extent_behind(const struct region *region, uint64_t address, struct region_extent *out);
