/* shared/record_pool.c: bounded, in steps, all or nothing. */
#include "record_pool.h"

#include <stdlib.h>
#include <string.h>

#include "abi_errno.h"
#include "frame.h"
#include "shared_world.h"
#include "stub.h"

#define PER_PAGE 42u

static void check_counts(const struct record_pool *pool, uint32_t pages, uint32_t used)
{
    CHECK_EQUAL(pool->page_count, pages);
    CHECK_EQUAL(pool->used_count, used);
    CHECK_EQUAL(pool->free_count, pages * PER_PAGE - used);
}

TEST(it_grows_by_three_pages_when_fewer_than_twenty_records_would_be_left)
{
    struct record_pool pool;
    struct record_batch batch;

    world_start();
    record_pool_init(&pool);
    CHECK_EQUAL(record_pool_reserve(&pool, 3 * PER_PAGE - 20, &batch), 0);
    check_counts(&pool, 3, 3 * PER_PAGE - 20);
    CHECK_EQUAL(record_pool_reserve(&pool, 0, &batch), 0);
    check_counts(&pool, 3, 3 * PER_PAGE - 20);
    CHECK_EQUAL(record_pool_reserve(&pool, 1, &batch), 0);
    check_counts(&pool, 6, 3 * PER_PAGE - 19);
}

TEST(ancestor_d48_one_load_of_many_steps_worth_of_records)
{
    struct record_pool pool;
    struct record_batch batch;

    world_start();
    record_pool_init(&pool);
    CHECK_EQUAL(record_pool_reserve(&pool, 3 * PER_PAGE - 20, &batch), 0); /* exactly 20 are left */
    CHECK_EQUAL(record_pool_reserve(&pool, 21, &batch), 0);
    CHECK_EQUAL(record_pool_reserve(&pool, 20 * 3 * PER_PAGE, &batch), 0);
    CHECK_EQUAL(batch.count, 20 * 3 * PER_PAGE);
    CHECK(pool.free_count >= RECORD_SLACK);
    CHECK_EQUAL(record_pool_reserve(&pool, 30 * 3 * PER_PAGE, &batch), -ENOSPC);
}

TEST(ancestor_d07_at_the_bound_it_is_enospc_and_nothing_has_changed)
{
    struct record_pool pool;
    struct record_batch all, more;
    uint32_t most = RECORD_PAGES_MAX * PER_PAGE;

    world_start();
    record_pool_init(&pool);
    uint64_t free_frames = frame_free_count();

    CHECK_EQUAL(record_pool_reserve(&pool, most + 1, &all), -ENOSPC);
    check_counts(&pool, 0, 0);
    CHECK_EQUAL(frame_free_count(), free_frames);
    CHECK_EQUAL(record_pool_reserve(&pool, most, &all), 0);
    check_counts(&pool, RECORD_PAGES_MAX, most);
    CHECK_EQUAL(record_pool_reserve(&pool, 1, &more), -ENOSPC);
    check_counts(&pool, RECORD_PAGES_MAX, most);
    record_pool_free(&pool, record_pool_take(&all));
    CHECK_EQUAL(record_pool_reserve(&pool, 1, &more), 0); /* the last one may be used: no slack at the bound */
    record_pool_cancel(&pool, &more);
    record_pool_cancel(&pool, &all);
    record_pool_destroy(&pool);
    CHECK_EQUAL(frame_free_count(), free_frames);
}

TEST(ancestor_d08_every_record_lies_in_the_pools_pages)
{
    struct record_pool pool;
    struct record_batch batch;

    world_start();
    record_pool_init(&pool);
    for (unsigned round = 0; round < 40; round++) {
        CHECK_EQUAL(record_pool_reserve(&pool, 100, &batch), 0);
        while (batch.count > 0) {
            uint8_t *record = record_pool_take(&batch);
            uint64_t page = page_round_down(arch_physical(record).value);

            CHECK_EQUAL(frame_of(paddr(page))->kind, FRAME_SUPERVISOR);
            CHECK(arch_physical(record).value + RECORD_BYTES <= page + PAGE_SIZE);
            for (unsigned i = 0; i < RECORD_BYTES; i++) {
                CHECK_EQUAL(record[i], 0);
            }
            memset(record, 0xee, RECORD_BYTES);
        }
    }
    CHECK_EQUAL(pool.used_count, 4000);
    CHECK((pool.page_count + LOAD_HASH_PAGES_MAX) * PAGE_SIZE <= ABI_WINDOW_BYTES >> 9);
}

TEST(frames_short_is_enomem_and_nothing_has_changed)
{
    for (unsigned nth = 1; nth <= 8; nth++) {
        struct record_pool pool;
        struct record_batch batch;

        if (nth == 1) {
            world_start();
        }
        record_pool_init(&pool);
        uint64_t free_frames = frame_free_count();

        stub_fail_allocation(nth);
        int error = record_pool_reserve(&pool, 2 * 3 * PER_PAGE, &batch);

        stub_fail_allocation(0);
        CHECK_EQUAL(error, nth <= 6 ? -ENOMEM : 0); /* 6 pages are needed, 3 more would be slack */
        if (error == 0) {
            record_pool_cancel(&pool, &batch);
        }
        check_counts(&pool, 0, 0);
        CHECK_EQUAL(frame_free_count(), free_frames);
    }
}

TEST(a_cancelled_batch_gives_back_the_pages_that_came_for_it)
{
    struct record_pool pool;
    struct record_batch kept, batch;

    world_start();
    record_pool_init(&pool);
    CHECK_EQUAL(record_pool_reserve(&pool, 10, &kept), 0);
    CHECK_EQUAL(record_pool_reserve(&pool, 300, &batch), 0);
    CHECK(pool.page_count > 3);
    record_pool_take(&batch);
    record_pool_cancel(&pool, &batch); /* one record was taken, and keeps its page */
    CHECK_EQUAL(pool.used_count, 11);
    CHECK(pool.page_count <= 4);
    CHECK_EQUAL(pool.free_count, pool.page_count * PER_PAGE - 11);
}

/* Records come and go in any order; each is somebody's alone. */
TEST(random_use_keeps_records_apart)
{
    enum { HELD = 2000 };
    static uint32_t *held[HELD];
    struct record_pool pool;
    struct record_batch batch;
    uint64_t seed = 3;
    uint32_t used = 0;

    world_start();
    uint64_t free_frames = frame_free_count();

    record_pool_init(&pool);
    for (unsigned step = 0; step < 100000; step++) {
        uint32_t i = (uint32_t)(check_random(&seed) % HELD);

        if (held[i] == NULL) {
            CHECK_EQUAL(record_pool_reserve(&pool, 1, &batch), 0);
            held[i] = record_pool_take(&batch);
            held[i][0] = held[i][RECORD_BYTES / 4 - 1] = i;
            used++;
        } else {
            CHECK(held[i][0] == i && held[i][RECORD_BYTES / 4 - 1] == i);
            record_pool_free(&pool, held[i]);
            held[i] = NULL;
            used--;
        }
        if (step % 1000 == 0) {
            record_pool_reclaim(&pool);
        }
        CHECK_EQUAL(pool.used_count, used);
        CHECK_EQUAL(pool.used_count + pool.free_count, pool.page_count * PER_PAGE);
    }
    for (unsigned i = 0; i < HELD; i++) {
        if (held[i] != NULL) {
            record_pool_free(&pool, held[i]);
        }
    }
    record_pool_destroy(&pool);
    CHECK_EQUAL(frame_free_count(), free_frames);
}
