/* shared/load_hash.c and load_entry.c: keys, distribution, growth. */
#include "load_hash.h"

#include <string.h>

#include "abi_errno.h"
#include "frame.h"
#include "shared_world.h"
#include "stub.h"

/* An entry with @key that stands for itself: no extents, no records. */
static struct load_entry entry_of(struct object *object, uint64_t offset, struct region *region, uint32_t domain,
                                  enum load_site site)
{
    return (struct load_entry){
        .object = object, .offset = offset, .region = region, .domain = domain, .site = (uint8_t)site
    };
}

/* Chi-square of @counts over @bucket_count buckets, divided by its expectation, times 100. */
static uint64_t unevenness(const uint32_t *counts, uint32_t bucket_count, uint32_t total)
{
    uint64_t sum_of_squares = 0;

    CHECK(bucket_count > 1 && total > 0);
    for (uint32_t i = 0; i < bucket_count; i++) {
        sum_of_squares += (uint64_t)counts[i] * counts[i];
    }
    /* sum (c - e)^2 / e = sum c^2 / e - total, with e = total / buckets */
    return (sum_of_squares * bucket_count / total - total) * 100 / (bucket_count - 1);
}

/* The longest run of keys that a pattern gives. */
static void check_distribution(struct load_key (*key)(uint32_t i, struct object *object, struct region *regions))
{
    enum { IMAGES = 10000, BUCKETS = 2048 };
    static uint32_t counts[BUCKETS];
    static struct region regions[100];
    struct object object = { .kind = OBJECT_INITRD };

    memset(counts, 0, sizeof(counts));
    for (uint32_t i = 0; i < IMAGES; i++) {
        struct load_key wanted = key(i, &object, regions);

        counts[load_hash_mix(&wanted) % BUCKETS]++;
    }
    /* 1.0 is what chance gives; its standard deviation with 2,047 degrees of freedom is 0.031. */
    uint64_t found = unevenness(counts, BUCKETS, IMAGES);

    CHECK(found > 84 && found < 116);
}

static struct load_key by_generation(uint32_t i, struct object *object, struct region *regions)
{
    object->generation = i + 1;
    return (struct load_key){ .object = object, .region = &regions[0] };
}

static struct load_key by_spread_generation(uint32_t i, struct object *object, struct region *regions)
{
    object->generation = (uint64_t)i * 64;
    return (struct load_key){ .object = object, .region = &regions[0] };
}

static struct load_key by_high_generation(uint32_t i, struct object *object, struct region *regions)
{
    object->generation = (uint64_t)i << 40;
    return (struct load_key){ .object = object, .region = &regions[0] };
}

static struct load_key by_offset(uint32_t i, struct object *object, struct region *regions)
{
    object->generation = 1;
    return (struct load_key){ .object = object, .offset = i * PAGE_SIZE, .region = &regions[0] };
}

static struct load_key by_region_and_site(uint32_t i, struct object *object, struct region *regions)
{
    object->generation = i / 200;
    return (struct load_key){ .object = object, .region = &regions[i / 2 % 100], .site = i % 2 };
}

static struct load_key by_domain(uint32_t i, struct object *object, struct region *regions)
{
    (void)regions;
    object->generation = 1;
    return (struct load_key){ .object = object, .domain = i, .site = LOAD_SITE_OWN };
}

TEST(ancestor_d24_ten_thousand_images_use_all_buckets_alike)
{
    check_distribution(by_generation);
    check_distribution(by_spread_generation);
    check_distribution(by_high_generation);
    check_distribution(by_offset);
    check_distribution(by_region_and_site);
    check_distribution(by_domain);
}

TEST(ancestor_d23_objects_that_differ_only_above_bit_31_are_two)
{
    struct object a = { .kind = OBJECT_INITRD, .generation = 5 };
    struct object b = { .kind = OBJECT_INITRD, .generation = 5 | 1ull << 32 };
    struct load_hash hash;

    world_start();
    CHECK_EQUAL(load_hash_init(&hash), 0);
    struct load_key key_a = { .object = &a }, key_b = { .object = &b };
    struct load_entry entry = entry_of(&a, 0, region_current(), 0, LOAD_SITE_DEFAULT);
    struct image image_a = { .object = &a }, image_b = { .object = &b };

    CHECK(load_hash_mix(&key_a) != load_hash_mix(&key_b));
    load_hash_add(&hash, &entry);
    CHECK(load_hash_find(&hash, region_current(), &image_a, 0, LOAD_SITE_DEFAULT) == &entry);
    CHECK(load_hash_find(&hash, region_current(), &image_b, 0, LOAD_SITE_DEFAULT) == NULL);
    /* Equal generations would meet in one bucket: the object itself decides. */
    b.generation = a.generation;
    CHECK(load_hash_find(&hash, region_current(), &image_b, 0, LOAD_SITE_DEFAULT) == NULL);
}

TEST(ancestor_d22_two_images_in_one_file_are_two)
{
    struct object object = { .kind = OBJECT_INITRD, .generation = 5 };
    struct load_entry first = entry_of(&object, 0, region_current(), 0, LOAD_SITE_OWN);
    struct load_entry second = entry_of(&object, 1ull << 44, region_current(), 0, LOAD_SITE_OWN);
    struct image image = { .object = &object };
    struct load_hash hash;

    world_start();
    CHECK_EQUAL(load_hash_init(&hash), 0);
    load_hash_add(&hash, &first);
    load_hash_add(&hash, &second);
    CHECK(load_hash_find_program(&hash, &image, 0) == &first);
    image.offset = 1ull << 44;
    CHECK(load_hash_find_program(&hash, &image, 0) == &second);
    image.offset = PAGE_SIZE;
    CHECK(load_hash_find_program(&hash, &image, 0) == NULL);
}

/* A program's entry is in no region; no look-up and no removal takes "no region" for "any". */
TEST(ancestor_d47_no_region_is_not_any_region)
{
    struct object object = { .kind = OBJECT_INITRD, .generation = 9 };
    struct image image = { .object = &object };
    struct load_hash hash;
    struct region *other;

    world_start();
    CHECK_EQUAL(load_hash_init(&hash), 0);
    CHECK_EQUAL(region_create_relock(REGION_PRIVATE, account_root(), &hash, &other), 0);
    struct load_entry in_region = entry_of(&object, 0, region_current(), 0, LOAD_SITE_DEFAULT);
    struct load_entry program = entry_of(&object, 0, NULL, 0, LOAD_SITE_OWN);

    load_hash_add(&hash, &in_region);
    CHECK(load_hash_find_program(&hash, &image, 0) == NULL);
    CHECK(load_hash_find(&hash, other, &image, 0, LOAD_SITE_DEFAULT) == NULL);
    CHECK(load_hash_find(&hash, region_current(), &image, 0, LOAD_SITE_ALTERNATE) == NULL);
    load_hash_add(&hash, &program);
    CHECK(load_hash_find_program(&hash, &image, 0) == &program);
    load_hash_remove(&hash, &program);
    CHECK(load_hash_find(&hash, region_current(), &image, 0, LOAD_SITE_DEFAULT) == &in_region);
    load_hash_remove(&hash, &in_region);
    CHECK_EQUAL(hash.entry_count, 0);
    region_put(other);
}

TEST(r2_1_an_initrd_image_is_the_same_for_all_domains_and_no_other_is)
{
    struct object object = { .kind = OBJECT_INITRD, .generation = 9 };
    struct image image = { .object = &object };
    struct load_hash hash;

    world_start();
    CHECK_EQUAL(load_hash_init(&hash), 0);
    struct load_entry entry = entry_of(&object, 0, NULL, load_hash_domain(&image, 3), LOAD_SITE_OWN);

    load_hash_add(&hash, &entry);
    CHECK(load_hash_find_program(&hash, &image, 3) == &entry && load_hash_find_program(&hash, &image, 4) == &entry);
    load_hash_remove(&hash, &entry);
    object.kind = OBJECT_ANONYMOUS;
    entry.domain = load_hash_domain(&image, 3);
    load_hash_add(&hash, &entry);
    CHECK(load_hash_find_program(&hash, &image, 3) == &entry);
    CHECK(load_hash_find_program(&hash, &image, 4) == NULL && load_hash_find_program(&hash, &image, 0) == NULL);
}

/*
 * Each part of the key alone tells entries apart that meet in a bucket: of so many some do, since there are but 2,048
 * buckets. The domain counts for objects that are not the initrd's.
 */
TEST(ancestor_d24_entries_that_meet_in_a_bucket_are_told_apart)
{
    enum { ENTRIES = 5000, KINDS = 4 };
    static struct load_entry entries[ENTRIES];
    static struct region regions[ENTRIES];
    static struct object objects[ENTRIES];

    world_start();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct load_hash hash;

        CHECK_EQUAL(load_hash_init(&hash), 0);
        for (uint32_t i = 0; i < ENTRIES; i++) {
            objects[i] =
                (struct object){ .kind = OBJECT_ANONYMOUS, .generation = 1 }; /* equal, as the hash sees them */
            entries[i] = entry_of(&objects[kind == 0 ? i % 100 : 0], kind == 0 || kind == 1 ? i * PAGE_SIZE : 0,
                                  &regions[kind == 2 ? i : 0], kind == 3 ? i : 0, LOAD_SITE_DEFAULT);
            load_hash_add(&hash, &entries[i]);
        }
        for (uint32_t i = 0; i < ENTRIES; i++) {
            struct image image = { .object = (struct object *)entries[i].object, .offset = entries[i].offset };

            CHECK(load_hash_find(&hash, entries[i].region, &image, entries[i].domain, LOAD_SITE_DEFAULT) ==
                  &entries[i]);
            CHECK(load_hash_find(&hash, entries[i].region, &image, entries[i].domain, LOAD_SITE_ALTERNATE) == NULL);
            CHECK(load_hash_find(&hash, entries[i].region, &image, entries[i].domain + ENTRIES, LOAD_SITE_DEFAULT) ==
                  NULL);
            image.object = &objects[ENTRIES - 1];
            CHECK(load_hash_find(&hash, entries[i].region, &image, entries[i].domain, LOAD_SITE_DEFAULT) == NULL);
        }
    }
}

/* Two hashes, each with its own pool, side by side. */
TEST(ancestor_d37_two_hashes_know_nothing_of_each_other)
{
    struct object object = { .kind = OBJECT_INITRD, .generation = 9 };
    struct load_entry entry = entry_of(&object, 0, NULL, 0, LOAD_SITE_OWN);
    struct image image = { .object = &object };
    struct load_hash a, b;
    struct record_batch batch;

    world_start();
    uint64_t free_frames = world_free_frames();

    CHECK_EQUAL(load_hash_init(&a), 0);
    CHECK_EQUAL(load_hash_init(&b), 0);
    load_hash_add(&a, &entry);
    CHECK_EQUAL(record_pool_reserve(&a.records, 1, &batch), 0);
    CHECK(load_hash_find_program(&a, &image, 0) == &entry && load_hash_find_program(&b, &image, 0) == NULL);
    CHECK(a.records.page_count == 3 && b.records.page_count == 0);
    load_hash_remove(&a, &entry);
    record_pool_cancel(&a.records, &batch);
    load_hash_destroy(&a);
    load_hash_destroy(&b);
    CHECK_EQUAL(world_free_frames(), free_frames);
}

/* Add and remove many more than there are buckets at first; now and then no frame is to be had for growing. */
TEST(everything_is_found_while_the_array_grows_and_when_it_cannot)
{
    enum { ENTRIES = 5000 };
    static struct load_entry entries[ENTRIES];
    struct object object = { .kind = OBJECT_INITRD, .generation = 1 };

    world_start();
    uint64_t free_frames = world_free_frames();

    for (unsigned failing = 0; failing < 4; failing++) {
        struct load_hash hash;

        CHECK_EQUAL(load_hash_init(&hash), 0);
        CHECK_EQUAL(hash.page_count, 1);
        stub_fail_allocation(failing);
        for (uint32_t i = 0; i < ENTRIES; i++) {
            entries[i] = entry_of(&object, i * PAGE_SIZE, NULL, 0, LOAD_SITE_OWN);
            load_hash_add(&hash, &entries[i]);
            CHECK_EQUAL(hash.entry_count, i + 1);
        }
        stub_fail_allocation(0);
        CHECK_EQUAL(hash.page_count, 4);
        for (uint32_t i = 0; i < ENTRIES; i++) {
            struct image image = { .object = &object, .offset = i * PAGE_SIZE };

            CHECK(load_hash_find_program(&hash, &image, 0) == &entries[i]);
            if (i % 3 == 0) {
                load_hash_remove(&hash, &entries[i]);
                CHECK(load_hash_find_program(&hash, &image, 0) == NULL);
            }
        }
        for (uint32_t i = 0; i < ENTRIES; i++) {
            struct image image = { .object = &object, .offset = i * PAGE_SIZE };

            CHECK((load_hash_find_program(&hash, &image, 0) == &entries[i]) == (i % 3 != 0));
            if (i % 3 != 0) {
                load_hash_remove(&hash, &entries[i]);
            }
        }
        load_hash_destroy(&hash);
        CHECK_EQUAL(world_free_frames(), free_frames);
    }
}
