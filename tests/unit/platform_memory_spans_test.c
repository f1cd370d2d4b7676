/* platform/memory_spans.c against a map of bytes, with the audit after each step. */
#include "memory_spans.h"

#include "abi_errno.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

static struct memory_spans spans;

static void start(uint32_t capacity)
{
    spans = (struct memory_spans){ malloc(capacity * sizeof(struct memory_span)), 0, capacity };
}

static void check_span(uint32_t index, uint64_t first, uint64_t end)
{
    CHECK(index < spans.count);
    CHECK_EQUAL(spans.sorted[index].start.value, first);
    CHECK_EQUAL(spans.sorted[index].end.value, end);
    CHECK_STRING(memory_spans_audit(&spans), NULL);
}

TEST(spans_that_touch_become_one)
{
    start(4);
    CHECK_EQUAL(memory_spans_add(&spans, 10, 20), 0);
    CHECK_EQUAL(memory_spans_add(&spans, 30, 40), 0);
    CHECK_EQUAL(spans.count, 2);
    CHECK_EQUAL(memory_spans_add(&spans, 20, 30), 0);
    CHECK_EQUAL(spans.count, 1);
    check_span(0, 10, 40);
}

TEST(an_empty_span_changes_nothing)
{
    start(1);
    CHECK_EQUAL(memory_spans_add(&spans, 5, 5), 0);
    CHECK_EQUAL(memory_spans_add(&spans, 9, 5), 0);
    CHECK_EQUAL(spans.count, 0);
    CHECK_EQUAL(memory_spans_add(&spans, 0, 10), 0);
    CHECK_EQUAL(memory_spans_remove(&spans, 5, 5), 0);
    check_span(0, 0, 10);
}

TEST(the_audit_names_what_is_broken)
{
    start(3);
    CHECK_EQUAL(memory_spans_add(&spans, 10, 20), 0);
    CHECK_EQUAL(memory_spans_add(&spans, 30, 40), 0);
    CHECK_STRING(memory_spans_audit(&spans), NULL);
    spans.sorted[1].start = paddr(20);
    CHECK_STRING(memory_spans_audit(&spans), "apart");
    spans.sorted[1].start = paddr(40);
    CHECK_STRING(memory_spans_audit(&spans), "not-empty");
    spans.sorted[1].start = paddr(21);
    CHECK_STRING(memory_spans_audit(&spans), NULL);
    spans.capacity = 1;
    CHECK_STRING(memory_spans_audit(&spans), "bounded");
}

TEST(a_span_that_ends_before_it_starts_is_nowhere)
{
    start(1);
    CHECK_EQUAL(memory_spans_add(&spans, 10, 20), 0);
    CHECK(memory_spans_contain(&spans, 12, 18) && memory_spans_contain(&spans, 30, 30));
    CHECK(!memory_spans_contain(&spans, 18, 12) && !memory_spans_contain(&spans, 30, 0));
}

TEST(a_full_list_refuses_and_stays_as_it_was)
{
    start(2);
    CHECK_EQUAL(memory_spans_add(&spans, 10, 20), 0);
    CHECK_EQUAL(memory_spans_add(&spans, 30, 40), 0);
    CHECK_EQUAL(memory_spans_add(&spans, 50, 60), -ENOSPC);
    CHECK_EQUAL(memory_spans_remove(&spans, 12, 13), -ENOSPC);
    check_span(0, 10, 20);
    check_span(1, 30, 40);
    CHECK_EQUAL(memory_spans_add(&spans, 40, 60), 0);
    check_span(1, 30, 60);
}

TEST(the_ends_of_64_bits_are_ordinary_addresses)
{
    start(3);
    CHECK_EQUAL(memory_spans_add(&spans, UINT64_MAX - 1, UINT64_MAX), 0);
    CHECK_EQUAL(memory_spans_add(&spans, 0, 1), 0);
    CHECK(memory_spans_contain(&spans, UINT64_MAX - 1, UINT64_MAX));
    CHECK(!memory_spans_overlap(&spans, 1, UINT64_MAX - 1));
    CHECK_EQUAL(memory_spans_add(&spans, 0, UINT64_MAX), 0);
    CHECK_EQUAL(spans.count, 1);
    check_span(0, 0, UINT64_MAX);
}

#define BYTES 48u

static void check_agrees(const bool *has)
{
    uint64_t total = 0;

    CHECK_STRING(memory_spans_audit(&spans), NULL);
    for (uint64_t i = 0; i < BYTES; i++) {
        CHECK_EQUAL(memory_spans_contain(&spans, i, i + 1), has[i]);
        CHECK_EQUAL(memory_spans_overlap(&spans, i, i + 1), has[i]);
        total += has[i];
    }
    CHECK_EQUAL(memory_spans_common_bytes(&spans, 0, BYTES), total);
}

/* With a list that is now and then full: then nothing changes. */
TEST(random_calls_agree_with_a_map_of_bytes)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bool has[BYTES] = { false };
        uint64_t state = seed;

        start(6);
        for (unsigned step = 0; step < 5000; step++) {
            uint64_t first = check_random(&state) % BYTES, end = check_random(&state) % (BYTES + 1);
            bool add = check_random(&state) % 2;
            int error = add ? memory_spans_add(&spans, first, end) : memory_spans_remove(&spans, first, end);

            CHECK(error == 0 || (error == -ENOSPC && spans.count == spans.capacity));
            if (error == 0 && first < end) {
                memset(&has[first], add, end - first);
            }
            check_agrees(has);
        }
        free(spans.sorted);
    }
}
