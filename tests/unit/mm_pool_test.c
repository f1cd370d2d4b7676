/* mm/pool.c: small objects out of frames, and the frames back. */
#include "pool.h"

#include <string.h>

#include "check.h"
#include "frame.h"
#include "mm_world.h"

struct thing {
    uint64_t words[12];
};

static struct pool things = POOL("thing", struct thing);
static struct pool others = POOL("other", struct tree);

#define THINGS_MAX 1000

static struct thing *take_thing(uint64_t mark)
{
    struct thing *thing = pool_alloc(&things);

    CHECK(thing != NULL && (uint64_t)thing % 16 == 0);
    for (size_t i = 0; i < ARRAY_COUNT(thing->words); i++) {
        thing->words[i] = mark;
    }
    return thing;
}

static void give_thing(struct thing *thing, uint64_t mark)
{
    for (size_t i = 0; i < ARRAY_COUNT(thing->words); i++) {
        CHECK_EQUAL(thing->words[i], mark);
    }
    pool_free(&things, thing);
}

TEST(objects_never_overlap)
{
    static struct thing *kept[THINGS_MAX];
    uint64_t seed = 3;

    world_start(4 << 20);
    uint64_t before = world_free();

    for (unsigned step = 0; step < 100000; step++) {
        size_t i = check_random(&seed) % THINGS_MAX;

        if (kept[i] == NULL) {
            kept[i] = take_thing(i);
        } else {
            give_thing(kept[i], i);
            kept[i] = NULL;
        }
    }
    for (size_t i = 0; i < THINGS_MAX; i++) {
        if (kept[i] != NULL) {
            give_thing(kept[i], i);
        }
    }
    CHECK_EQUAL(things.used, 0);
    CHECK_EQUAL(world_free(), before);
    world_audit(NULL, NULL, NULL, NULL);
}

TEST(an_empty_pool_keeps_one_page_and_gives_it_on_demand)
{
    struct thing *kept[THINGS_MAX];

    world_start(4 << 20);
    uint64_t before = frame_free_count();

    for (size_t i = 0; i < THINGS_MAX; i++) {
        kept[i] = take_thing(i);
    }
    CHECK_EQUAL(pool_spare_frames(), 0);
    CHECK_EQUAL(frame_free_count() + things.pages, before);
    for (size_t i = 0; i < THINGS_MAX; i++) {
        give_thing(kept[i], i);
    }
    CHECK_EQUAL(things.pages, 1);
    CHECK_EQUAL(pool_spare_frames(), 1);
    CHECK_EQUAL(frame_free_count() + 1, before);
    CHECK_EQUAL(pool_reclaim_all(), 1);
    CHECK_EQUAL(frame_free_count(), before);
    CHECK_EQUAL(pool_reclaim_all(), 0);
    pool_free(&things, take_thing(1));
    world_audit(NULL, NULL, NULL, NULL);
}

TEST(a_page_is_filled_to_its_end)
{
    size_t count = 0;
    struct thing *first = NULL;

    world_start(4 << 20);
    for (; things.pages < 2; count++) {
        struct thing *thing = take_thing(count);

        first = first == NULL ? thing : first;
    }
    CHECK_EQUAL(count - 1, (PAGE_SIZE - 48) / sizeof(struct thing));
    CHECK(list_first(&things.full) != NULL && list_first(&things.partial) != NULL);
    give_thing(first, 0);
    CHECK(list_is_empty(&things.full));
}

TEST(an_allocation_that_fails_changes_nothing)
{
    world_start(4 << 20);
    uint64_t before = world_free();

    for (uint64_t n = 1; n <= 2; n++) {
        stub_fail_allocation(n);
        CHECK(pool_alloc(&others) == NULL);
        CHECK(others.used == 0 && others.pages == 0);
        CHECK_EQUAL(world_free(), before);
    }
    stub_fail_allocation(0);
    void *other = pool_alloc(&others);

    CHECK(other != NULL);
    pool_free(&others, other);
    pool_free(&others, NULL);
    CHECK_EQUAL(world_free(), before);
}

TEST(spare_pages_are_given_back_before_an_allocation_fails)
{
    paddr_t frame;

    world_start(4 << 20);
    pool_free(&things, take_thing(1));
    CHECK_EQUAL(pool_spare_frames(), 1);
    while (frame_free_count() > 0) {
        CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    }
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    CHECK_EQUAL(pool_spare_frames(), 0);
    CHECK(pool_alloc(&things) == NULL);
    frame_put(frame);
    give_thing(take_thing(2), 2);
}

TEST(an_object_of_another_pool_is_refused)
{
    world_start(4 << 20);
    struct thing *thing = take_thing(1);

    CHECK_PANICS(pool_free(&others, thing), "pool");
}
