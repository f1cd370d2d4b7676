/* arch/base/include: checked arithmetic, page rounding and lists. */
#include "checked.h"
#include "check.h"
#include "list.h"

struct item {
    struct list link;
    unsigned number;
};

TEST(sums_and_products_that_do_not_fit_are_seen)
{
    uint64_t result = 0;

    CHECK(!add_overflows(UINT64_MAX - 1, 1, &result) && result == UINT64_MAX);
    CHECK(add_overflows(UINT64_MAX, 1, &result));
    CHECK(!multiply_overflows(1ull << 32, (1ull << 32) - 1, &result) && result == 0xffffffff00000000ull);
    CHECK(multiply_overflows(1ull << 32, 1ull << 32, &result));
}

TEST(rounding_up_in_the_last_page_overflows)
{
    uint64_t result = 0;

    CHECK(!page_round_up_overflows(0, &result) && result == 0);
    CHECK(!page_round_up_overflows(1, &result) && result == PAGE_SIZE);
    CHECK(!page_round_up_overflows(UINT64_MAX & ~PAGE_MASK, &result) && result == (UINT64_MAX & ~PAGE_MASK));
    CHECK(page_round_up_overflows((UINT64_MAX & ~PAGE_MASK) + 1, &result));
    CHECK(page_round_up_overflows(UINT64_MAX, &result));
}

TEST(a_range_that_wraps_does_not_fit_below_any_limit)
{
    static const uint64_t edges[] = { 0, 1, PAGE_MASK, PAGE_SIZE, 1ull << 38, 1ull << 63, UINT64_MAX - 1, UINT64_MAX };

    for (unsigned i = 0; i < ARRAY_COUNT(edges); i++) {
        for (unsigned j = 0; j < ARRAY_COUNT(edges); j++) {
            for (unsigned k = 0; k < ARRAY_COUNT(edges); k++) {
                unsigned __int128 end = (unsigned __int128)edges[i] + edges[j];

                CHECK_EQUAL(fits_below(edges[i], edges[j], edges[k]), end <= edges[k]);
            }
        }
    }
}

TEST(a_removed_link_is_in_no_list)
{
    struct list head;
    struct item items[4];

    list_init(&head);
    CHECK(list_is_empty(&head) && list_first(&head) == NULL);
    for (unsigned i = 0; i < 4; i++) {
        list_push_back(&head, &items[i].link);
    }
    list_remove(&items[1].link);
    CHECK(list_is_empty(&items[1].link));
    list_remove(&items[1].link); /* again does no harm */
    CHECK(head.next->next == &items[2].link && items[2].link.previous == &items[0].link);
}

TEST(links_come_in_the_order_in_which_they_were_pushed)
{
    struct list head, *list = &head;
    struct item items[4];
    unsigned next = 0;

    list_init(&head);
    for (unsigned i = 0; i < 4; i++) {
        items[i].number = i;
    }
    list_push_back(&head, &items[2].link);
    list_push_front(&head, &items[1].link);
    list_push_back(&head, &items[3].link);
    list_push_front(&head, &items[0].link);
    LIST_FOR_EACH(link, list) {
        CHECK_EQUAL(CONTAINER_OF(link, struct item, link)->number, next++);
    }
    CHECK_EQUAL(next, 4);
}

TEST(a_walk_may_remove_where_it_stands)
{
    struct list head, *list = &head;
    struct item items[8];
    unsigned count = 0;

    list_init(&head);
    for (unsigned i = 0; i < 8; i++) {
        items[i].number = i;
        list_push_back(&head, &items[i].link);
    }
    LIST_FOR_EACH_SAFE(link, following, list) {
        if (CONTAINER_OF(link, struct item, link)->number % 2) {
            list_remove(link);
        }
    }
    LIST_FOR_EACH(link, list) {
        CHECK_EQUAL(CONTAINER_OF(link, struct item, link)->number, 2 * count++);
    }
    CHECK_EQUAL(count, 4);
}
