/* mm/frame.c: who has which frame, exactly, from 6 MiB to 64 GiB. */
#include "frame.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi_errno.h"
#include "check.h"
#include "stub.h"

#define MIB (1ull << 20)
#define BASE STUB_RAM_BASE

static struct memory_span span(uint64_t start, uint64_t bytes)
{
    return (struct memory_span){ paddr(BASE + start), paddr(BASE + start + bytes) };
}

static uint64_t start(uint64_t ram_bytes)
{
    struct memory_span all = span(0, ram_bytes);

    stub_start(ram_bytes);
    CHECK_EQUAL(frame_init(&all, 1), 0);
    return frame_free_count();
}

struct census {
    uint64_t supervisor, taken, free, previous;
};

static void count_frame(paddr_t frame, struct frame *descriptor, void *context)
{
    struct census *census = context;

    CHECK(frame.value > census->previous);
    CHECK((descriptor->kind == FRAME_FREE) == (descriptor->ref_count == 0));
    census->previous = frame.value;
    CHECK_EQUAL(frame_of(stub_descriptor_frame(frame))->kind, FRAME_SUPERVISOR);
    census->supervisor += descriptor->kind == FRAME_SUPERVISOR;
    census->free += descriptor->kind == FRAME_FREE;
    census->taken += descriptor->kind == FRAME_PAGE;
}

static struct census take_census(void)
{
    struct census census = { 0 };

    frame_for_each(count_frame, &census);
    return census;
}

/* Take every frame; each lies in one of the spans, and no two are the same. */
static uint64_t take_all(const struct memory_span *spans, size_t count, paddr_t **out)
{
    uint64_t taken = 0, room = frame_free_count() + 1;
    paddr_t *frames = malloc(room * sizeof(*frames)), frame;

    while (frame_alloc(FRAME_PAGE, &account_supervisor, &frame) == 0) {
        bool inside = false;

        for (size_t i = 0; i < count; i++) {
            inside |= frame.value >= spans[i].start.value && frame.value < spans[i].end.value;
        }
        CHECK(inside && is_page_aligned(frame.value) && taken < room);
        CHECK_EQUAL(frame_of(frame)->ref_count, 1);
        frames[taken++] = frame;
    }
    CHECK_EQUAL(frame_free_count(), 0);
    *out = frames;
    return taken;
}

static void give_all(paddr_t *frames, uint64_t count)
{
    while (count > 0) {
        frame_put(frames[--count]);
    }
    free(frames);
}

/* However the spans lie: what can be handed out, what describes it and what is lost are all frames given. */
static void check_exact(const struct memory_span *spans, size_t count, uint64_t wasted)
{
    uint64_t given = 0;
    paddr_t *frames;

    stub_start(3ull << 30);
    for (size_t i = 0; i < count; i++) {
        given += (spans[i].end.value - spans[i].start.value) >> PAGE_SHIFT;
    }
    CHECK_EQUAL(frame_init(spans, count), 0);
    uint64_t taken = take_all(spans, count, &frames);
    struct census census = take_census();

    CHECK_EQUAL(census.taken, taken);
    CHECK_EQUAL(census.supervisor, 1 + stub_counts.descriptor_pages + stub_counts.descriptor_tables);
    CHECK_EQUAL(frame_wasted_count(), wasted);
    CHECK_EQUAL(census.taken + census.supervisor + wasted, given);
    give_all(frames, taken);
    CHECK_EQUAL(frame_free_count(), taken);
    CHECK_EQUAL(take_census().free, taken);
}

TEST(every_frame_given_is_accounted_for)
{
    const struct memory_span whole[] = { span(0, 16 * MIB) };
    const struct memory_span banks[] = { span(0x3000, 5 * MIB), span(6 * MIB, 0), span(8 * MIB, 0x1000),
                                         span(8 * MIB + 0x5000, 7 * MIB), span(1024 * MIB, 3 * MIB) };

    check_exact(whole, 1, 0);
    check_exact(banks, 5, 0);
}

TEST(a_frame_that_can_not_hold_its_own_descriptors_is_counted_as_lost)
{
    /* At either end of 512 MiB of RAM, whose descriptors need a table too. */
    const struct memory_span tail[] = { span(0, 4 * MIB), span(1024 * MIB - 0x1000, 0x1000), span(1025 * MIB, MIB) };
    const struct memory_span head[] = { span(0, 4 * MIB), span(1024 * MIB - 0x1000, 3 * MIB) };
    const struct memory_span edge[] = { span(0, 512 * MIB + 0x1000) };
    /* With the table there already, the frame holds at least its own descriptor. */
    const struct memory_span late[] = { span(520 * MIB, MIB), span(1024 * MIB - 0x1000, 0x1000) };

    check_exact(tail, 3, 1);
    check_exact(head, 2, 1);
    check_exact(edge, 1, 1);
    check_exact(late, 2, 0);
}

TEST(descriptors_are_made_once_and_stay)
{
    const struct memory_span all = span(0, 64 * MIB);
    paddr_t *frames;
    uint64_t taken, free_before = start(64 * MIB), descriptors_before = frame_descriptor_count();

    CHECK_EQUAL(descriptors_before, stub_counts.descriptor_pages + stub_counts.descriptor_tables);
    taken = take_all(&all, 1, &frames);
    give_all(frames, taken);
    uint64_t free_after = frame_free_count(), descriptors_after = frame_descriptor_count();

    CHECK(descriptors_after > descriptors_before);
    CHECK_EQUAL(free_after + descriptors_after, free_before + descriptors_before);
    CHECK_EQUAL(descriptors_after, stub_counts.descriptor_pages + stub_counts.descriptor_tables);

    taken = take_all(&all, 1, &frames);
    give_all(frames, taken);
    CHECK_EQUAL(frame_free_count(), free_after);
    CHECK_EQUAL(frame_descriptor_count(), descriptors_after);
}

TEST(start_up_costs_the_same_for_6_mib_and_64_gib)
{
    uint64_t small = 6 * MIB / PAGE_SIZE - start(6 * MIB);
    uint64_t large = (64ull << 30) / PAGE_SIZE - start(64ull << 30);
    unsigned char resident[256];

    CHECK_EQUAL(small, large);
    CHECK_EQUAL(stub_counts.descriptor_pages, 1);
    CHECK_EQUAL(mincore(stub_ram + MIB, MIB, resident), 0);
    for (size_t i = 0; i < sizeof(resident); i++) {
        CHECK_EQUAL(resident[i] & 1, 0);
    }
}

TEST(impossible_spans_are_refused)
{
    struct memory_span many[FRAME_SPANS_MAX + 1];
    const struct memory_span overlapping[] = { span(0, 2 * MIB), span(MIB, 2 * MIB) };
    const struct memory_span unsorted[] = { span(4 * MIB, MIB), span(0, MIB) };
    const struct memory_span unaligned[] = { span(0x10, MIB) }, unaligned_end[] = { span(0, MIB + 0x10) };
    const struct memory_span backwards[] = { { paddr(BASE + MIB), paddr(BASE) } };
    const struct memory_span too_high[] = { { paddr(BASE), paddr(ARCH_DIRECT_LIMIT + PAGE_SIZE) } };

    stub_start(64 * MIB);
    for (size_t i = 0; i < ARRAY_COUNT(many); i++) {
        many[i] = span(i * MIB, MIB);
    }
    CHECK_EQUAL(frame_init(many, FRAME_SPANS_MAX + 1), -EINVAL);
    CHECK_EQUAL(frame_init(overlapping, 2), -EINVAL);
    CHECK_EQUAL(frame_init(unsorted, 2), -EINVAL);
    CHECK_EQUAL(frame_init(unaligned, 1), -EINVAL);
    CHECK_EQUAL(frame_init(unaligned_end, 1), -EINVAL);
    CHECK_EQUAL(frame_init(backwards, 1), -EINVAL);
    CHECK_EQUAL(frame_init(too_high, 1), -EINVAL);
    CHECK_EQUAL(frame_init(NULL, 0), -ENOMEM);
    CHECK_EQUAL(frame_init(many, FRAME_SPANS_MAX), 0);
}

TEST(a_frame_put_is_handed_out_next)
{
    paddr_t first, second, again;

    start(8 * MIB);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &first), 0);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &second), 0);
    frame_put(first);
    frame_put(second);
    CHECK_EQUAL(frame_alloc(FRAME_TABLE, &account_supervisor, &again), 0);
    CHECK_EQUAL(again.value, second.value);
    CHECK_EQUAL(frame_of(again)->kind, FRAME_TABLE);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &again), 0);
    CHECK_EQUAL(again.value, first.value);
}

TEST(only_the_last_reference_frees)
{
    paddr_t frame;
    uint64_t before = start(8 * MIB);

    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    frame_get(frame);
    frame_put(frame);
    CHECK_EQUAL(frame_of(frame)->ref_count, 1);
    CHECK_EQUAL(frame_free_count(), before - 1);
    frame_put(frame);
    CHECK_EQUAL(frame_free_count(), before);
    CHECK_PANICS(frame_put(frame), "ref_count");
}

static bool is_zero(paddr_t frame)
{
    static const uint8_t zeros[PAGE_SIZE];

    return memcmp(arch_direct(frame), zeros, PAGE_SIZE) == 0;
}

TEST(c21_a_recycled_frame_is_zero_when_zeros_are_asked_for)
{
    paddr_t frames[8];

    start(8 * MIB);
    for (unsigned round = 0; round < 4; round++) {
        for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
            CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frames[i]), 0);
            CHECK(is_zero(frames[i]));
            memset(arch_direct(frames[i]), 0xff, PAGE_SIZE);
        }
        for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
            if (i % 3 == 0) {
                memset(arch_direct(frames[i]), 0, PAGE_SIZE);
                frame_put_zeroed(frames[i]);
            } else {
                frame_put(frames[i]);
            }
        }
    }
}

TEST(a_cleared_frame_is_handed_out_as_zeroed_without_a_store)
{
    paddr_t cleared, dirty, again;

    start(8 * MIB);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_TABLE, &account_supervisor, &cleared), 0);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &dirty), 0);
    frame_put_zeroed(cleared);
    frame_put(dirty);
    uint64_t zeroed = stub_counts.pages_zeroed;

    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_TABLE, &account_supervisor, &again), 0);
    CHECK_EQUAL(again.value, cleared.value);
    CHECK_EQUAL(stub_counts.pages_zeroed, zeroed);
    frame_put_zeroed(again);
    /* Who needs no zeros leaves them to who does. */
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &again), 0);
    CHECK_EQUAL(again.value, dirty.value);
}

TEST(zeroed_frames_are_not_held_back_when_others_run_out)
{
    struct memory_span all = span(0, 8 * MIB);
    paddr_t *frames;

    start(8 * MIB);
    uint64_t count = take_all(&all, 1, &frames);

    memset(arch_direct(frames[0]), 0, PAGE_SIZE);
    frame_put_zeroed(frames[0]);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frames[0]), 0);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frames[0]), -ENOMEM);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frames[0]), -ENOMEM);
    CHECK_EQUAL(frame_free_count(), 0);
    give_all(frames, count);
}

static paddr_t cached;
static unsigned asked;

static bool give_cached(void)
{
    asked++;
    if (cached.value == 0) {
        return false;
    }
    frame_put(cached);
    cached = paddr(0);
    return true;
}

TEST(caches_give_back_before_an_allocation_fails)
{
    struct memory_span all = span(0, 8 * MIB);
    paddr_t *frames, frame;

    start(8 * MIB);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &cached), 0);
    uint64_t count = take_all(&all, 1, &frames);
    paddr_t expected = cached;

    frame_set_reclaim(give_cached);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    CHECK_EQUAL(frame.value, expected.value);
    CHECK_EQUAL(asked, 1);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frame), -ENOMEM);
    CHECK_EQUAL(asked, 2);
    give_all(frames, count);
}

TEST(an_allocation_that_is_made_to_fail_changes_nothing)
{
    paddr_t frame = paddr(7);
    uint64_t before = start(8 * MIB);

    stub_fail_allocation(1);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), -ENOMEM);
    stub_fail_allocation(1);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frame), -ENOMEM);
    CHECK_EQUAL(frame.value, 7);
    CHECK_EQUAL(frame_free_count(), before);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
}

TEST(what_was_adopted_has_a_descriptor_with_one_reference)
{
    /* The image shares its group with free frames, the initrd lies where no group is known. */
    const struct memory_span free[] = { span(0, 0x80000), span(0x180000, 8 * MIB) };
    const struct memory_span image = span(0x80000, 0x100000), initrd = span(600 * MIB + 0x3000, 5 * MIB);
    paddr_t *frames;

    stub_start(1ull << 30);
    CHECK_EQUAL(frame_init(free, 2), 0);
    CHECK_EQUAL(frame_adopt(initrd, FRAME_INITRD), 0);
    CHECK_EQUAL(frame_adopt(image, FRAME_SUPERVISOR), 0);
    CHECK_EQUAL(frame_adopt(span(700 * MIB, 0), FRAME_INITRD), 0);
    for (uint64_t at = initrd.start.value; at < initrd.end.value; at += PAGE_SIZE) {
        CHECK(frame_of(paddr(at))->kind == FRAME_INITRD && frame_of(paddr(at))->ref_count == 1);
    }
    uint64_t taken = take_all(free, 2, &frames);
    struct census census = take_census();
    uint64_t given = (0x80000 + 8 * MIB) / PAGE_SIZE, descriptors;

    descriptors = stub_counts.descriptor_pages + stub_counts.descriptor_tables;
    CHECK_EQUAL(census.supervisor, 0x100 + 1 + descriptors);
    CHECK_EQUAL(census.taken + 1 + descriptors, given);
    give_all(frames, taken);
}

TEST(the_frontier_goes_on_where_an_adopted_span_describes_its_group_already)
{
    const struct memory_span free[] = { span(0, 2 * MIB), span(2 * MIB + 0x10000, 0x8000) };
    paddr_t *frames;

    stub_start(64 * MIB);
    CHECK_EQUAL(frame_init(free, 2), 0);
    CHECK_EQUAL(frame_adopt(span(2 * MIB, 0x10000), FRAME_SUPERVISOR), 0);
    CHECK_EQUAL(frame_adopt(span(2 * MIB + 0x18000, 0x10000), FRAME_SUPERVISOR), 0);
    CHECK_EQUAL(stub_counts.descriptor_pages, 2);
    uint64_t taken = take_all(free, 2, &frames);

    CHECK_EQUAL(stub_counts.descriptor_pages, 3); /* the second MiB; the third has its page since the adoption */
    CHECK_EQUAL(taken, (2 * MIB + 0x8000) / PAGE_SIZE - 3 - 1 - 1);
    give_all(frames, taken);
}

TEST(adopting_without_memory_fails_and_stays_exact)
{
    const struct memory_span free = span(0, 0x3000);

    stub_start(64 * MIB);
    CHECK_EQUAL(frame_init(&free, 1), 0);
    CHECK_EQUAL(frame_free_count(), 0);
    CHECK_EQUAL(frame_adopt(span(0x3000, 4 * MIB), FRAME_INITRD), -ENOMEM);
    struct census census = take_census();

    CHECK_EQUAL(census.supervisor, 3);
    CHECK_EQUAL(frame_adopt(span(0x3000, 0x1000), FRAME_INITRD), 0);
}

/*
 * A span at @adopted is adopted when the frame for its descriptors is the first one that is taken of the second free
 * span, at @second, which needs descriptors too: @pages_made for both, and @put_back of what was taken is free again.
 */
static void adopt_as_the_frontier_moves(uint64_t second, uint64_t adopted, uint64_t pages_made, uint64_t put_back)
{
    const struct memory_span free[] = { span(0, MIB), span(second, MIB / 2) };
    const struct memory_span image = span(adopted, MIB / 2);
    uint64_t first_end = free[0].end.value;
    paddr_t frame = { 0 };

    stub_start(1ull << 30);
    CHECK_EQUAL(frame_init(free, 2), 0);
    while (frame.value != first_end - PAGE_SIZE) {
        CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    }
    uint64_t before = frame_free_count();
    uint64_t made = stub_counts.descriptor_pages + stub_counts.descriptor_tables;

    CHECK_EQUAL(frame_adopt(image, FRAME_SUPERVISOR), 0);
    CHECK_EQUAL(stub_counts.descriptor_pages + stub_counts.descriptor_tables, made + pages_made);
    CHECK_EQUAL(frame_free_count(), before - pages_made);
    for (uint64_t at = image.start.value; at < image.end.value; at += PAGE_SIZE) {
        CHECK(frame_of(paddr(at))->kind == FRAME_SUPERVISOR && frame_of(paddr(at))->ref_count == 1);
    }
    CHECK_EQUAL(take_census().free, put_back);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frame), 0);
    for (uint64_t at = 0; at < PAGE_SIZE; at++) {
        CHECK_EQUAL(((uint8_t *)arch_direct(frame))[at], 0);
    }
}

TEST(the_frontier_may_describe_what_is_being_adopted)
{
    /* In one group: the frame that was taken for its descriptors is not needed. */
    adopt_as_the_frontier_moves(2 * MIB, 2 * MIB + MIB / 2, 1, 1);
    /* Under one table of such pages: the frame that was taken for the table becomes the page. */
    adopt_as_the_frontier_moves(600 * MIB, 610 * MIB, 3, 0);
}

TEST(no_more_spans_than_there_is_room_for_are_adopted)
{
    struct memory_span many[FRAME_SPANS_MAX];

    stub_start(256 * MIB);
    for (size_t i = 0; i < ARRAY_COUNT(many); i++) {
        many[i] = span(i * MIB, MIB / 2);
    }
    CHECK_EQUAL(frame_init(many, FRAME_SPANS_MAX), 0);
    for (uint64_t i = 0; i < FRAME_ADOPTED_MAX; i++) {
        CHECK_EQUAL(frame_adopt(span(i * MIB + MIB / 2, PAGE_SIZE), FRAME_SUPERVISOR), 0);
    }
    uint64_t before = frame_free_count();

    CHECK_EQUAL(frame_adopt(span(200 * MIB, PAGE_SIZE), FRAME_SUPERVISOR), -ENOMEM);
    CHECK_EQUAL(frame_free_count(), before);
}

TEST(the_minimum_is_of_all_times)
{
    paddr_t frames[10];
    uint64_t before = start(8 * MIB);

    CHECK_EQUAL(frame_free_minimum(), before);
    for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
        CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frames[i]), 0);
    }
    CHECK_EQUAL(frame_free_minimum(), frame_free_count());
    CHECK_EQUAL(frame_free_minimum(), before - 10);
    for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
        frame_put(frames[i]);
    }
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frames[0]), 0);
    CHECK_EQUAL(frame_free_minimum(), before - 10);
    start(8 * MIB);
    CHECK_EQUAL(frame_free_minimum(), before);
}

TEST(a14_a_reference_count_at_its_limit_is_refused)
{
    paddr_t frame;

    start(8 * MIB);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    frame_of(frame)->ref_count = FRAME_REFERENCES_MAX - 1;
    CHECK(frame_try_get(frame));
    CHECK(!frame_try_get(frame));
    CHECK_EQUAL(frame_of(frame)->ref_count, FRAME_REFERENCES_MAX);
}

TEST(random_calls_agree_with_a_table_of_owners)
{
    enum { SLOTS = 600, STEPS = 200000 };
    static struct {
        paddr_t frame;
        uint8_t mark;
        uint32_t references;
    } slots[SLOTS];
    struct memory_span all = span(0, 2 * MIB);
    uint64_t seed = 1, used = 0;
    paddr_t *frames;

    start(2 * MIB);
    uint64_t before = take_all(&all, 1, &frames); /* so that every descriptor is there */

    give_all(frames, before);

    for (unsigned step = 0; step < STEPS; step++) {
        size_t i = check_random(&seed) % SLOTS;
        uint64_t choice = check_random(&seed) % 4;
        uint8_t *bytes = slots[i].references == 0 ? NULL : arch_direct(slots[i].frame);

        if (bytes == NULL) {
            int error = choice < 2 ? frame_alloc(FRAME_PAGE, &account_supervisor, &slots[i].frame)
                                   : frame_alloc_zeroed_relock(FRAME_TABLE, &account_supervisor, &slots[i].frame);

            CHECK(error == 0 || (error == -ENOMEM && frame_free_count() == 0));
            if (error == 0) {
                CHECK(choice < 2 || is_zero(slots[i].frame));
                slots[i].mark = (uint8_t)check_random(&seed);
                memset(arch_direct(slots[i].frame), slots[i].mark, PAGE_SIZE);
                slots[i].references = 1;
                used++;
            }
        } else if (choice == 0 && slots[i].references < 3) {
            frame_get(slots[i].frame);
            slots[i].references++;
        } else {
            CHECK(bytes[0] == slots[i].mark && bytes[PAGE_SIZE - 1] == slots[i].mark);
            CHECK_EQUAL(frame_of(slots[i].frame)->ref_count, slots[i].references);
            bool last = --slots[i].references == 0;

            if (choice == 1 && last) {
                memset(bytes, 0, PAGE_SIZE);
                frame_put_zeroed(slots[i].frame);
            } else {
                frame_put(slots[i].frame);
            }
            used -= last;
        }
    }
    CHECK_EQUAL(frame_free_count() + used, before);
    CHECK_EQUAL(take_census().supervisor + before, 2 * MIB / PAGE_SIZE);
}
