/* mm/page_store.c against an array. */
#include "page_store.h"

#include "abi_errno.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"

static paddr_t new_page(void)
{
    paddr_t frame;

    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    return frame;
}

static void put(struct page_store *store, uint64_t index)
{
    CHECK_EQUAL(page_store_put(store, index, new_page(), account_root()), 0);
}

TEST(an_empty_store_holds_nothing)
{
    struct page_store store = { .root = NULL };
    paddr_t frame;

    CHECK(!page_store_get(&store, 0, &frame));
    CHECK(!page_store_get(&store, PAGE_STORE_INDEX_MAX - 1, &frame));
    CHECK(!page_store_get(&store, UINT64_MAX, &frame));
    page_store_clear(&store);
}

TEST(the_edges_of_every_height_are_kept_apart)
{
    const uint64_t edges[] = { 0,    1,      63,     64,       65,       4095,
                               4096, 262143, 262144, 16777215, 16777216, PAGE_STORE_INDEX_MAX - 1 };
    paddr_t frame, kept[ARRAY_COUNT(edges)];

    for (size_t first = 0; first < ARRAY_COUNT(edges); first++) {
        struct page_store store = { .root = NULL };

        world_start(4 << 20);
        uint64_t before = world_free();

        /* Every order of growth: from any edge on, round about. */
        for (size_t i = 0; i < ARRAY_COUNT(edges); i++) {
            size_t at = (first + i * 5) % ARRAY_COUNT(edges);

            kept[at] = new_page();
            CHECK(!page_store_get(&store, edges[at], &frame));
            CHECK_EQUAL(page_store_put(&store, edges[at], kept[at], account_root()), 0);
            CHECK_EQUAL(store.count, i + 1);
        }
        for (size_t i = 0; i < ARRAY_COUNT(edges); i++) {
            CHECK(page_store_get(&store, edges[i], &frame) && frame.value == kept[i].value);
        }
        CHECK(!page_store_get(&store, 2, &frame));
        CHECK(!page_store_get(&store, edges[ARRAY_COUNT(edges) - 1] - 1, &frame));
        page_store_clear(&store);
        CHECK_EQUAL(world_free(), before);
    }
}

static void check_ascending(uint64_t index, paddr_t frame, void *context)
{
    uint64_t *next = context;

    CHECK(index >= *next && frame_of(frame)->ref_count == 1);
    *next = index + 1;
}

TEST(pages_are_visited_in_ascending_order)
{
    struct page_store store = { .root = NULL };
    uint64_t seed = 5, next = 0, count = 0;

    world_start(16 << 20);
    for (unsigned step = 0; step < 2000; step++) {
        uint64_t index = check_random(&seed) % (PAGE_STORE_INDEX_MAX >> step % 20);
        paddr_t frame;

        if (!page_store_get(&store, index, &frame)) {
            put(&store, index);
            count++;
        }
    }
    CHECK_EQUAL(store.count, count);
    page_store_for_each(&store, check_ascending, &next);
    page_store_clear(&store);
    CHECK(store.root == NULL && store.height == 0 && store.count == 0);
    world_audit(NULL, NULL, NULL, NULL);
}

TEST(a_node_that_can_not_be_had_leaves_the_store_as_it_was)
{
    const uint64_t indices[] = { 0, 70, 5000, 300000, 20000000 };
    struct page_store store = { .root = NULL };
    paddr_t found;

    world_start(4 << 20);
    uint64_t before = world_free();

    for (size_t i = 0; i < ARRAY_COUNT(indices); i++) {
        paddr_t frame = new_page();
        uint64_t free = world_free();
        void *root = store.root;
        int error;

        for (uint64_t n = 1;; n++) {
            stub_fail_allocation(n);
            error = page_store_put(&store, indices[i], frame, account_root());
            if (error == 0) {
                CHECK(n > 1);
                break;
            }
            CHECK_EQUAL(error, -ENOMEM);
            CHECK(store.root == root && store.count == i && !page_store_get(&store, indices[i], &found));
            CHECK_EQUAL(world_free(), free);
        }
        stub_fail_allocation(0);
    }
    page_store_clear(&store);
    CHECK_EQUAL(world_free(), before);
}
