#pragma once

#include "image.h"
#include "list.h"
#include "manifest.h"
#include "record_pool.h"
#include "region.h"
#include "tree.h"

struct program;

/*
 * One image loaded: one record. Its key is (object, offset, domain, region, site); the reference on the object is what
 * keeps a key from ever meaning another object at the same address.
 */
struct load_entry {
    struct load_entry *next; /* in its bucket */
    /* The key. */
    struct object *object; /* one reference */
    uint64_t offset;
    struct region *region; /* NULL: own site */
    uint32_t domain; /* load_hash_domain() of the loader */
    uint8_t site; /* enum load_site */
    /* Fixed at commit. */
    uint16_t extent_count;
    uint16_t payer; /* id of the account that its records are charged to */
    uint32_t base; /* absolute address in the text window; 0 for the own site */
    uint32_t depth; /* of the region when this was committed; 0 for the own site */
    uint32_t users; /* changes: address spaces that use it; of a program: tasks that run it, and spawns under way */
    uint64_t needed_bytes; /* of the image: the end of the last extent's content */
    struct load_extent *extents; /* in the manifest's order */
    struct list link; /* in region.entries; of a program: in load_hash.unused, or alone */
    union {
        struct program *program; /* of the own site */
        struct load_identity *identity; /* of any other */
    };
};
static_assert(sizeof(struct load_entry) <= RECORD_BYTES, "one record");
static_assert(ABI_TEXT_WINDOW + ABI_WINDOW_BYTES <= UINT32_MAX, "a base fits");

/* What an image in a region says of itself: one record. */
struct load_identity {
    char name[ABI_LIBRARY_NAME_BYTES]; /* NUL-padded; all NUL when it has none */
    uint8_t build_id[ABI_BUILD_ID_BYTES]; /* all zero when it has none */
};
static_assert(sizeof(struct load_identity) <= RECORD_BYTES, "one record");

/* One extent of an entry: one record. */
struct load_extent {
    struct tree_node node; /* in region.extents; unused by programs */
    struct load_extent *next; /* of the same entry */
    uint64_t address; /* absolute */
    uint64_t size_bytes; /* > 0; it occupies whole pages */
    uint64_t file_offset; /* in the image */
    struct object *content; /* one reference: the image's object, or a shadow of it with pages that had to be copied;
                               NULL: zero-fill */
    uint32_t protection; /* ABI_EXTENT_ bits */
    uint32_t depth; /* of its entry */
    uint64_t digest; /* of its content, once is_digested */
    bool is_digested;
};
static_assert(sizeof(struct load_extent) <= RECORD_BYTES, "one record");

/* How many records an entry takes; of a program without what program.c adds. */
static inline uint32_t load_entry_records(const struct load_entry *entry)
{
    return (entry->site == LOAD_SITE_OWN ? 1u : 2u) + entry->extent_count;
}

/* What is added to a manifest's addresses, which are relative for a region and absolute for a program. */
struct load_bases {
    uint64_t text;
    uint64_t data;
};

/* What an entry is made from. */
struct load_source {
    struct image key; /* the image that was asked for */
    struct object *object; /* what has its bytes: the key's own object, or a copy of it */
    struct account *payer; /* for the records, and pages that have to be copied */
    enum load_site site;
    const struct elf *elf; /* where its identity comes from; for the own site NULL */
};

/*
 * Make an entry for @source with one extent for each of @manifest, out of @batch, which has as many records as
 * load_entry_records() says: addresses are those of the manifest plus @bases, by window. The rest of the key, base and depth are
 * the caller's to fill in; it is in no hash and no region. Takes a reference on the key's object, and one on each
 * content.
 * Returns 0; -EDQUOT (the payer has no more records); -ENOMEM: then nothing is left but that the records taken out of
 * @batch are back in the pool.
 */
int load_entry_create_relock(struct record_pool *pool, struct record_batch *batch, const struct load_source *source,
                             struct manifest manifest, struct load_bases bases, struct load_entry **out);

/* Drop the references of @entry (object, contents), and give back its record and its extents', and the charge. It is in no hash. */
void load_entry_free(struct record_pool *pool, struct load_entry *entry);

/* The pages that @extent occupies. */
static inline uint64_t load_entry_extent_bytes(const struct load_extent *extent)
{
    return page_round_up(extent->size_bytes);
}

/* @extent of @entry, which is in a region, as its manifest has it. */
struct abi_extent load_entry_describe(const struct load_entry *entry, const struct load_extent *extent);
