/* mm/table.c: what a table's descriptor knows about it is true, and is all that is looked at. */
#include "table.h"

#include "abi_errno.h"
#include "check.h"
#include "mm_world.h"

#define LEAF (PTE_V | PTE_R | PTE_U | PTE_A)

static paddr_t new_table(void)
{
    paddr_t table;

    CHECK_EQUAL(table_create_relock(&account_supervisor, &table), 0);
    return table;
}

static pte_t new_leaf(void)
{
    paddr_t frame;

    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    return pte_make(frame, LEAF);
}

TEST(live_counts_what_is_not_zero)
{
    world_start(4 << 20);
    paddr_t table = new_table();
    struct frame *frame = frame_of(table);

    CHECK(frame->live == 0 && frame->groups == 0);
    table_set(table, 17, 1);
    table_set(table, 17, 3);
    table_set(table, 511, 1);
    CHECK_EQUAL(frame->live, 2);
    CHECK_EQUAL(frame->groups, 1u << 1 | 1u << 31);
    table_set(table, 17, 0);
    table_set(table, 17, 0);
    CHECK_EQUAL(frame->live, 1);
}

TEST(random_entries_are_found_in_order)
{
    bool is_live[SV39_ENTRIES] = { false };
    uint64_t seed = 9;

    world_start(4 << 20);
    paddr_t table = new_table();

    for (unsigned step = 0; step < 3000; step++) {
        unsigned index = check_random(&seed) % SV39_ENTRIES, from = check_random(&seed) % (SV39_ENTRIES + 1);
        unsigned limit = from + check_random(&seed) % (SV39_ENTRIES + 1 - from), expected = from;

        is_live[index] = check_random(&seed) % 8 == 0;
        table_set(table, index, is_live[index]);
        while (expected < limit && !is_live[expected]) {
            expected++;
        }
        CHECK_EQUAL(table_next_live(table, from, limit), expected);
    }
}

TEST(a_walk_ends_at_the_deepest_level_that_is_there)
{
    struct table_place place;
    paddr_t level0;

    world_start(4 << 20);
    uint64_t before = world_free(), address = 0x12345678000 & (SV39_USER_END - 1);
    paddr_t root = new_table();

    CHECK_EQUAL(table_walk(root, address, &place), 0);
    CHECK(place.level == 2 && place.index == sv39_index(address, 2) && place.table.value == root.value);
    CHECK_EQUAL(table_walk_create_relock(&account_supervisor, root, address, &level0), 0);
    CHECK_EQUAL(world_free(), before - 3);
    CHECK_EQUAL(table_walk(root, address, &place), 0);
    CHECK(place.level == 0 && place.index == sv39_index(address, 0) && place.table.value == level0.value);
    CHECK_EQUAL(table_walk(root, address + sv39_span(1), &place), 0);
    CHECK_EQUAL(place.level, 1);
    pte_t leaf = new_leaf();

    table_set(level0, place.index, 0);
    table_set(level0, sv39_index(address, 0), leaf);
    CHECK_EQUAL(table_walk(root, address + 5, &place), leaf);
    table_drop(&account_supervisor, root, 2);
    CHECK_EQUAL(world_free(), before);
}

TEST(a_leaf_or_a_shared_table_is_in_the_way)
{
    paddr_t level0;

    world_start(4 << 20);
    paddr_t root = new_table(), shared = new_table();

    table_set(root, 1, pte_make(shared, PTE_V | PTE_SHARED));
    CHECK_EQUAL(table_walk_create_relock(&account_supervisor, root, 1ull << 30, &level0), -EEXIST);
    table_set(root, 2, new_leaf());
    CHECK_EQUAL(table_walk_create_relock(&account_supervisor, root, 2ull << 30, &level0), -EEXIST);
}

TEST(tables_that_can_not_be_had_leave_what_was_made_to_the_map)
{
    paddr_t level0 = paddr(1);

    world_start(4 << 20);
    uint64_t before = world_free();
    paddr_t root = new_table();

    for (uint64_t n = 1; n <= 2; n++) {
        stub_fail_allocation(n);
        CHECK_EQUAL(table_walk_create_relock(&account_supervisor, root, 0x1000, &level0), -ENOMEM);
        CHECK_EQUAL(level0.value, 1);
    }
    table_drop(&account_supervisor, root, 2);
    CHECK_EQUAL(world_free(), before);
}

struct visits {
    uint64_t leaves, tables, last;
};

static void visit(struct table_place place, uint64_t address, pte_t pte, void *context)
{
    struct visits *visits = context;

    CHECK_EQUAL(table_entries(place.table)[place.index], pte);
    CHECK(address >= visits->last);
    visits->last = address;
    if (place.level == 0) {
        visits->leaves++;
    } else {
        visits->tables++;
    }
}

TEST(every_entry_is_visited_once_in_order)
{
    struct visits visits = { 0 };
    uint64_t seed = 11, leaves = 0;
    paddr_t level0;

    world_start(16 << 20);
    uint64_t before = world_free();
    paddr_t root = new_table();

    for (unsigned i = 0; i < 500; i++) {
        uint64_t address = check_random(&seed) % SV39_USER_END >> check_random(&seed) % 17;
        unsigned index = sv39_index(address, 0);

        CHECK_EQUAL(table_walk_create_relock(&account_supervisor, root, address, &level0), 0);
        if (table_entries(level0)[index] == 0) {
            table_set(level0, index, new_leaf());
            leaves++;
        }
    }
    uint64_t tables = before - world_free() - leaves - 1;

    table_for_each(root, 2, 0, visit, &visits);
    CHECK_EQUAL(visits.leaves, leaves);
    CHECK_EQUAL(visits.tables, tables);
    table_drop(&account_supervisor, root, 2);
    CHECK_EQUAL(world_free(), before);
}

TEST(dropped_tables_come_back_as_zeroed_frames)
{
    paddr_t level0;

    world_start(4 << 20);
    paddr_t root = new_table();

    CHECK_EQUAL(table_walk_create_relock(&account_supervisor, root, 0x200000, &level0), 0);
    for (unsigned i = 0; i < SV39_ENTRIES; i += 7) {
        table_set(level0, i, new_leaf());
    }
    table_drop(&account_supervisor, root, 2);
    uint64_t zeroed = stub_counts.pages_zeroed;

    for (unsigned i = 0; i < 3; i++) {
        paddr_t table = new_table();

        for (unsigned entry = 0; entry < SV39_ENTRIES; entry++) {
            CHECK_EQUAL(table_entries(table)[entry], 0);
        }
    }
    CHECK_EQUAL(stub_counts.pages_zeroed, zeroed);
}

TEST(a_shared_table_is_put_not_dropped)
{
    world_start(4 << 20);
    paddr_t root = new_table(), shared = new_table();

    table_set(shared, 3, new_leaf());
    frame_get(shared);
    table_set(root, 1, pte_make(shared, PTE_V | PTE_SHARED));
    table_drop(&account_supervisor, root, 2);
    CHECK_EQUAL(frame_of(shared)->ref_count, 1);
    CHECK_EQUAL(frame_of(shared)->live, 1);
    CHECK(table_entries(shared)[3] != 0);
}

/* Over all ends: just the leaves inside go, and tables that are empty then. */
TEST(clearing_a_range_takes_just_what_is_inside)
{
    const uint64_t base = 3ull << 30;
    const uint64_t pages[] = { 0, 1, 15, 16, 511, 512, 513, 1023, 1024, 5000, 262143 };

    for (size_t first = 0; first < ARRAY_COUNT(pages); first++) {
        for (size_t last = first; last < ARRAY_COUNT(pages); last++) {
            struct table_gather gather;
            struct space space;

            world_start(4 << 20);
            uint64_t before = world_free();
            paddr_t level1 = new_table(), level0;

            for (size_t i = 0; i < ARRAY_COUNT(pages); i++) {
                uint64_t address = base + pages[i] * PAGE_SIZE;

                CHECK_EQUAL(table_child_relock(&account_supervisor, level1, sv39_index(address, 1), &level0), 0);
                table_set(level0, sv39_index(address, 0), new_leaf());
            }
            space_init(&space, level1); /* which this hart runs in, as far as it knows */
            arch_translations()->space = &space;
            table_gather_start(&gather, &space, &account_supervisor, base + pages[first] * PAGE_SIZE,
                               base + (pages[last] + 1) * PAGE_SIZE);
            table_clear_range(level1, gather.start, gather.end, &gather);
            table_gather_finish(&gather);
            CHECK(stub_counts.flushes >= 1); /* a few pages each, else the space */
            for (size_t i = 0; i < ARRAY_COUNT(pages); i++) {
                uint64_t address = base + pages[i] * PAGE_SIZE;
                pte_t pte = table_entries(level1)[sv39_index(address, 1)];
                bool is_there = pte != 0 && table_entries(pte_frame(pte))[sv39_index(address, 0)] != 0;

                CHECK_EQUAL(is_there, i < first || i > last);
                CHECK(pte == 0 || frame_of(pte_frame(pte))->live > 0);
            }
            table_drop(&account_supervisor, level1, 1);
            CHECK_EQUAL(world_free(), before);
        }
    }
}

TEST(c2_a_frame_is_put_only_after_the_flush)
{
    struct table_gather gather;

    world_start(4 << 20);
    uint64_t before = world_free();
    paddr_t table = new_table();

    for (unsigned i = 0; i < 2 * TABLE_GATHER_FRAMES + 1; i++) {
        table_set(table, i, new_leaf());
    }
    table_gather_start_every_space(&gather, &account_supervisor);
    for (unsigned i = 0; i < 2 * TABLE_GATHER_FRAMES + 1; i++) {
        uint64_t freed = world_free() + 2ull * TABLE_GATHER_FRAMES + 2 - before;

        CHECK_EQUAL(freed / TABLE_GATHER_FRAMES, stub_counts.full_flushes);
        CHECK_EQUAL(freed % TABLE_GATHER_FRAMES, 0);
        table_gather_entry(&gather, table, i);
    }
    table_gather_finish(&gather);
    CHECK_EQUAL(stub_counts.full_flushes, 3);
    CHECK_EQUAL(world_free(), before - 1);
    table_gather_finish(&gather);
    CHECK_EQUAL(stub_counts.full_flushes, 3);
}
