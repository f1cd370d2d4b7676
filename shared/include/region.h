#pragma once

#include "account.h"
#include "image.h"
#include "list.h"
#include "manifest.h"
#include "map.h"
#include "reason.h"
#include "tree.h"
#include "window.h"

struct load_entry;
struct load_hash;

/* Where an image is loaded: see the specification's table of terms. */
enum load_site { LOAD_SITE_DEFAULT, LOAD_SITE_ALTERNATE, LOAD_SITE_OWN };

enum region_class { REGION_SYSTEM, REGION_PRIVATE };

/* The region behind one, and how much of it is seen: entries whose depth is at most this one. */
struct region_link {
    struct region *region; /* one reference, or NULL: nothing behind */
    uint32_t depth;
};

/* At most so many records in one region: an entry, and each of its extents. */
#define REGION_RECORDS_MAX 1024u

/*
 * A shared region: one text window, one data window, and what is loaded there.
 *
 * A region of private class may be chained to another one: it shows what that one showed when the link was made, and
 * has page tables of its own for it. So neither ever sees what the other one loads later.
 */
struct region {
    /* Fixed at creation. */
    enum region_class class;
    struct load_hash *hash; /* where its entries are found */
    struct account *account; /* one reference: who pays for its tables, copies and records */
    struct region_link behind;
    struct list clone_link; /* in behind.region->clones */
    struct list all_link;
    /* Under the region's use: the supervisor's lock. */
    struct windows windows;
    uint32_t ref_count; /* attached maps, regions with it right behind them, and who else holds it */
    uint32_t depth; /* clones taken from it so far */
    bool is_loading; /* what it shows is being changed or copied, perhaps without the lock: others are to wait (2.11) */
    bool is_full; /* a load had no room in it: new tasks go elsewhere (2.10) */
    uint32_t entry_count; /* == length of entries */
    uint32_t record_count; /* of its entries, at most REGION_RECORDS_MAX */
    struct list entries; /* struct load_entry.link, oldest first */
    struct tree extents; /* struct load_extent.node of all entries, by address, no page in common */
    struct list clones; /* struct region.clone_link */
    uint32_t table_bytes; /* of the region table: how much of it is written */
    uint32_t table_pages; /* that it has, one after the other */
    uint32_t audited_entries; /* that the auditor found in the hash */
};

/*
 * Start the server: an empty load hash, and an empty region of system class as the current one. Called once, after mm
 * is up. Returns 0 or -ENOMEM.
 */
int region_server_init(void);

/* The region of system class that new tasks attach to. Borrowed: take a reference to keep it. */
struct region *region_current(void);

/* A new, empty region with one reference. Takes a reference on @account. Returns 0 or -ENOMEM. */
int region_create_relock(enum region_class class, struct account *account, struct load_hash *hash, struct region **out);

/* The same for a task that asked for a clean one: of private class, with nothing behind it, in the system's hash. */
int region_create_clean_relock(struct account *account, struct region **out);

static inline void region_get(struct region *region)
{
    region->ref_count++;
}

/* Drop one reference; the last one drops every entry, page and table of the region, and its reference on the one behind. */
void region_put(struct region *region);

/*
 * The region for a program that starts out of @region (rules 3.1, 3.5): that one itself when it is private; else the
 * current one, after a full one was replaced (if that can be: otherwise the next program tries again). Borrowed: take a
 * reference before the lock is dropped.
 */
struct region *region_for_program_relock(struct region *region);

/*
 * Make a fresh region of system class the current one, for later tasks (rule 3.5). Returns 0 or -ENOMEM: then the old
 * one stays.
 */
int region_renew_relock(void);

/*
 * Attach @map to both windows: a constant number of page-table stores, whatever is loaded. Takes a reference on
 * @region, dropped by region_detach().
 * Returns 0, -EBUSY (already attached somewhere) or -ENOMEM. On error nothing has changed.
 */
int region_attach(struct region *region, struct map *map);

/* A new map with nothing in it, attached to @region; takes a reference on @account. Returns 0 or -ENOMEM. */
int region_create_map_relock(struct region *region, struct account *account, struct map **out);

/* The way back, with what the map uses; does nothing when @map is attached nowhere. */
void region_detach(struct map *map);

/* The region that @map is attached to, or NULL. Borrowed while it is. */
static inline struct region *region_of(const struct map *map)
{
    return map->windows == NULL ? NULL : CONTAINER_OF(map->windows, struct region, windows);
}

/*
 * Give @map, in which no hart runs, a region of private class at once, chained to its old one, paid for by @map's
 * account (rule 3.3). It keeps its copies of data pages, and what it uses.
 * Returns 0; -ENOMEM; -ENOSPC (the old one can't count more clones); -EAGAIN (a load into the old one is under way: to
 * be tried again when it has ended). On error nothing has changed.
 */
int region_make_private_relock(struct map *map);

/* Call @visit for each region there is, the oldest first. */
void region_for_each(void (*visit)(struct region *region, void *context), void *context);

/* --- What is seen in a region: its own entries, and those behind it as far as its chain shows them (rule 3.3) */

/* Call @visit for each entry: the region's own, the oldest first, then those behind it. */
void region_for_each_entry(const struct region *region, void (*visit)(const struct load_entry *entry, void *context),
                           void *context);

/*
 * The entry of @image at @site that is seen, or NULL. @domain is the caller's.
 */
struct load_entry *region_find(const struct region *region, const struct image *image, uint32_t domain,
                               enum load_site site);

/* The entry that is seen at @base, an absolute address in the text window, or NULL. */
struct load_entry *region_entry_at(const struct region *region, uint64_t base);

/*
 * The manifest of the entry at @base; addresses relative to it. At most @capacity extents are written.
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

/* An extent at its place: what is loaded in [start, end), whole pages. */
struct region_extent {
    uint64_t start;
    uint64_t end;
    uint64_t file_offset; /* in its image */
    struct object *content; /* borrowed: the image's object or a shadow of it; NULL: zero-fill */
    uint32_t protection; /* ABI_EXTENT_ bits */
};

/* The first extent that is seen and ends behind @address, in the order of addresses. Returns 0 or -ENOENT. */
int region_extent_behind(const struct region *region, uint64_t address, struct region_extent *out);

/* --- What an address space uses (section 4) */

/* @map uses @entry, which its region shows, from now on. Returns 0 (also when it did already) or -ENOMEM. */
int region_use(struct map *map, struct load_entry *entry);

/* @to, which uses nothing yet, uses what @from does (fork). Returns 0 or -ENOMEM: then some of it. */
int region_copy_uses(const struct map *from, struct map *to);

/*
 * Unload the entry of @image at @base from @map's region (section 4): out of every address space; no translation of it
 * is used after the call. @manages: the caller may unload from a region of system class.
 * Returns 0; or -EPERM (system class); -ENOENT (not loaded); -EINVAL (loaded at another base); -EBUSY (others use it,
 * or a chain shows it to another region); -EAGAIN (a load is under way: to be tried again when it has ended).
 */
int region_unload(struct map *map, const struct image *image, uint64_t base, bool manages);

/*
 * Let @map see the pristine data of the entry at @base again: its private copies go (rule 3.4). Returns 0 or -ENOENT.
 */
int region_reset(struct map *map, uint64_t base);
