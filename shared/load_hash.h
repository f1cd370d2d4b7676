#pragma once

#include "abi_pando.h"
#include "load_entry.h"

/* What a lookup asks for. */
struct load_key {
    const struct object *object;
    uint64_t offset;
    const struct region *region; /* NULL exactly for the own site */
    uint32_t domain;
    enum load_site site;
};

/*
 * The bucket array: pages of bucket heads, doubled as entries come, at most the data window's size >> 14.
 */
#define LOAD_HASH_PAGES_MAX 4
static_assert(LOAD_HASH_PAGES_MAX * PAGE_SIZE == ABI_WINDOW_BYTES >> 14, "16 KiB");
static_assert((LOAD_HASH_PAGES_MAX + RECORD_PAGES_MAX) * PAGE_SIZE <= ABI_WINDOW_BYTES >> 9,
              "512 KiB with the records");
struct load_hash {
    struct load_entry **pages[LOAD_HASH_PAGES_MAX];
    uint32_t page_count; /* 1, 2 or 4 */
    uint32_t entry_count;
    bool is_loading_program; /* one is being added, perhaps with the lock dropped: another miss is to wait */
    struct list unused; /* entries of programs without users, the longest unused first: a cache */
    struct record_pool records;
};

/* An empty hash. Returns 0 or -ENOMEM. */
int load_hash_init(struct load_hash *hash);

/* Give back the array and the records. Every entry was removed. */
void load_hash_destroy(struct load_hash *hash);

/* The hash of the system. */
struct load_hash *load_hash_system(void);

/* The domain in a key of @image when somebody of @domain loads it: 0 for all when it is from the initrd. */
uint32_t load_hash_domain(const struct image *image, uint32_t domain);

/*
 * The entry of @image in @region at the default or alternate site; the program's entry. There is no way to ask for
 * "any region". NULL: not loaded.
 */
struct load_entry *load_hash_find(const struct load_hash *hash, const struct region *region, const struct image *image,
                                  uint32_t domain, enum load_site site) __attribute__((nonnull));
struct load_entry *load_hash_find_program(const struct load_hash *hash, const struct image *image, uint32_t domain)
    __attribute__((nonnull));

/* Add @entry, whose key is filled in and not there yet. Can't fail. */
void load_hash_add(struct load_hash *hash, struct load_entry *entry);

/* Take @entry, which is there, out. Its records stay the caller's. */
void load_hash_remove(struct load_hash *hash, struct load_entry *entry);

/* The number whose low bits choose the bucket. */
uint64_t load_hash_mix(const struct load_key *key);
