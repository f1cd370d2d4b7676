/*
 * The load hash: finds what is loaded, by image, region and site, in constant time whatever the image's size.
 *
 * Chained buckets in an array that starts with one page and doubles while there are more entries than buckets. The
 * array is spread over single pages, so that growing never needs contiguous frames; when no frame is to be had it just
 * stays as it is.
 *
 * Invariants:
 *   keyed      no two entries have equal keys
 *   own-site   an entry has a program exactly when its site is the own one, and then no region
 *   counted    entry_count is the number of entries in all buckets
 *   held       each entry has a reference on its object, so its key can't come to mean another one
 *   recorded   each entry and each extent is a record of the pool
 *
 * An entry's life: made by load_entry_create_relock() (in no bucket) -> load_hash_add() -> load_hash_remove() ->
 * load_entry_free().
 */
#include "load_hash.h"

#include "region.h"

#include "frame.h"
#include "panic.h"

#define BUCKETS_PER_PAGE (PAGE_SIZE / sizeof(struct load_entry *))

/* Every bit of @value on every bit of the result: multiplications carry upwards, shifts bring down again. */
static uint64_t stir(uint64_t value)
{
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93ull;
    value ^= value >> 29;
    value *= 0xa0761d6478bd642full;
    return value ^ (value >> 32);
}

/* Generations follow one another, so they are spread before the rest is added; stir() does the rest for all. */
static inline __attribute__((always_inline)) uint64_t mix(const struct load_key *key)
{
    uint64_t object = (key->object->generation + ((uint64_t)key->site << 62)) * 0x9e3779b97f4a7c15ull;
    uint64_t place = (key->offset >> PAGE_SHIFT) ^ (uint64_t)(uintptr_t)key->region ^ ((uint64_t)key->domain << 32);

    return stir(object ^ place);
}

static struct load_entry **bucket_of(const struct load_hash *hash, uint64_t mixed)
{
    uint64_t index = mixed & (hash->page_count * BUCKETS_PER_PAGE - 1);

    return &hash->pages[index / BUCKETS_PER_PAGE][index % BUCKETS_PER_PAGE];
}

static struct load_key key_of(const struct load_entry *entry)
{
    return (struct load_key){ .object = entry->object,
                              .offset = entry->offset,
                              .region = entry->region,
                              .domain = entry->domain,
                              .site = (enum load_site)entry->site };
}

/* In line, so that the key's parts stay in registers: this is what every hit costs. */
static inline __attribute__((always_inline)) struct load_entry *find(const struct load_hash *hash,
                                                                     const struct load_key *key)
{
    struct load_entry *entry = *bucket_of(hash, mix(key));

    while (entry != NULL &&
           (entry->object != key->object || entry->offset != key->offset || entry->region != key->region ||
            entry->domain != key->domain || entry->site != key->site)) {
        entry = entry->next;
    }
    return entry;
}

static void link_entry(struct load_hash *hash, struct load_entry *entry)
{
    struct load_key key = key_of(entry);
    struct load_entry **bucket = bucket_of(hash, mix(&key));

    entry->next = *bucket;
    *bucket = entry;
}

/* Take the chains of the first half apart again, over both halves. */
static void distribute(struct load_hash *hash, uint32_t old_page_count)
{
    for (uint64_t i = 0; i < old_page_count * BUCKETS_PER_PAGE; i++) {
        struct load_entry **bucket = &hash->pages[i / BUCKETS_PER_PAGE][i % BUCKETS_PER_PAGE];
        struct load_entry *entry = *bucket;

        *bucket = NULL;
        hash->pages[i / BUCKETS_PER_PAGE + old_page_count][i % BUCKETS_PER_PAGE] = NULL;
        while (entry != NULL) {
            struct load_entry *following = entry->next;

            link_entry(hash, entry);
            entry = following;
        }
    }
}

/* Twice as many buckets, or as many as before when frames are short. */
static void grow(struct load_hash *hash)
{
    uint32_t old_page_count = hash->page_count, got = old_page_count;
    paddr_t frame;

    while (got < 2 * old_page_count && frame_alloc(FRAME_SUPERVISOR, &account_supervisor, &frame) == 0) {
        hash->pages[got++] = arch_direct(frame);
    }
    if (got == 2 * old_page_count) {
        hash->page_count = got;
        distribute(hash, old_page_count);
        return;
    }
    while (got > old_page_count) {
        frame_put(arch_physical(hash->pages[--got]));
    }
}

int load_hash_init(struct load_hash *hash)
{
    paddr_t frame;
    int error = frame_alloc_zeroed_relock(FRAME_SUPERVISOR, &account_supervisor, &frame);

    if (error != 0) {
        return error;
    }
    *hash = (struct load_hash){ .pages = { arch_direct(frame) }, .page_count = 1 };
    list_init(&hash->unused);
    record_pool_init(&hash->records);
    return 0;
}

void load_hash_destroy(struct load_hash *hash)
{
    ASSERT(hash->entry_count == 0);
    record_pool_destroy(&hash->records);
    while (hash->page_count > 0) {
        frame_put(arch_physical(hash->pages[--hash->page_count]));
    }
}

struct load_hash *load_hash_system(void)
{
    static struct load_hash system;

    return &system;
}

uint32_t load_hash_domain(const struct image *image, uint32_t domain)
{
    return image->object->kind == OBJECT_INITRD ? 0 : domain;
}

struct load_entry *load_hash_find(const struct load_hash *hash, const struct region *region, const struct image *image,
                                  uint32_t domain, enum load_site site)
{
    struct load_key key = { .object = image->object,
                            .offset = image->offset,
                            .region = region,
                            .domain = load_hash_domain(image, domain),
                            .site = site };

    return find(hash, &key);
}

struct load_entry *load_hash_find_program(const struct load_hash *hash, const struct image *image, uint32_t domain)
{
    struct load_key key = { .object = image->object,
                            .offset = image->offset,
                            .domain = load_hash_domain(image, domain),
                            .site = LOAD_SITE_OWN };

    return find(hash, &key);
}

void load_hash_add(struct load_hash *hash, struct load_entry *entry)
{
    if (hash->entry_count >= hash->page_count * BUCKETS_PER_PAGE && hash->page_count < LOAD_HASH_PAGES_MAX) {
        grow(hash);
    }
    link_entry(hash, entry);
    hash->entry_count++;
}

void load_hash_remove(struct load_hash *hash, struct load_entry *entry)
{
    struct load_key key = key_of(entry);
    struct load_entry **link = bucket_of(hash, mix(&key));

    while (*link != entry) {
        link = &(*link)->next;
    }
    *link = entry->next;
    hash->entry_count--;
}

uint64_t load_hash_mix(const struct load_key *key)
{
    return mix(key);
}
