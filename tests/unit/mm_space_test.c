/* Who fences what, and when, as the harts' TLBs see it (hostile cases C1 to C7 and C9; rule 7.3). */
#include "space.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "harts.h"
#include "mm_world.h"
#include "table.h"

#define BASE 0x20000ull
#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE

/* A world where only what a test does is done: harts don't walk on their own, and tasks stay where they are put. */
static void quiet_start(unsigned asid_bits)
{
    stub_machine = (struct stub_machine){ .hart_count = 3, .asid_bits = asid_bits, .fences_pages = true };
    world_start_on_machine(4 << 20);
    harts_keep_still();
}

static struct map *map_with_page(uint8_t value)
{
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 4, R | W), 0);
    CHECK_EQUAL(map_write_relock(map, BASE, &value, 1), 0);
    return map;
}

static void run_on(unsigned hart, struct map *map)
{
    stub_run_on(hart);
    map_enter(map);
}

/* The map is on this hart already, or no hart runs in it. */
static void expect_on(unsigned hart, struct map *map, uint8_t value)
{
    stub_run_on(hart);
    world_expect(map, BASE, value);
}

static paddr_t frame_at(struct map *map, uint64_t address)
{
    return pte_frame(*table_leaf(map->space.root, address));
}

TEST(c2_a_frame_that_is_free_is_in_no_tlb_that_could_use_it)
{
    quiet_start(16);
    struct map *map = map_with_page(1), *other = map_with_page(2);

    for (unsigned hart = 0; hart < 3; hart++) {
        expect_on(hart, map, 1);
        CHECK(stub_keeps(hart, BASE));
    }
    paddr_t frame = frame_at(map, BASE);
    stub_run_on(0);
    CHECK_EQUAL(map_remove(map, BASE, P), 0); /* it runs on hart 2 */
    CHECK_EQUAL(frame_of(frame)->kind, FRAME_FREE);
    stub_check_tlbs();
    CHECK(!stub_keeps(2, BASE));
    CHECK(stub_keeps(0, BASE) && stub_keeps(1, BASE)); /* not usable: they fence before they run in it */
    CHECK_EQUAL(stub_counts.remote_fences, 1);
    for (unsigned hart = 0; hart < 3; hart++) {
        stub_run_on(hart);
        uint8_t byte;

        CHECK_EQUAL(world_load(map, BASE, &byte), -EFAULT);
        CHECK(!stub_keeps(hart, BASE));
    }
    map_destroy(map);
    map_destroy(other);
}

TEST(c2_only_harts_that_run_in_a_space_are_called)
{
    quiet_start(16);
    struct map *maps[] = { map_with_page(1), map_with_page(2), map_with_page(3) };

    for (unsigned hart = 0; hart < 3; hart++) {
        run_on(hart, maps[hart]);
    }
    space_flush_all(&maps[2]->space); /* from hart 2 itself */
    space_flush_page(&maps[2]->space, BASE);
    space_flush_pages(&maps[2]->space, BASE, 4);
    CHECK_EQUAL(stub_counts.remote_fences, 0);
    CHECK_EQUAL(maps[2]->space.stale, ~4u);
    space_flush_page(&maps[1]->space, BASE);
    CHECK_EQUAL(stub_counts.remote_fences, 1);
    CHECK_EQUAL(maps[1]->space.stale, ~2u); /* the others when they come */
    stub_run_on(1);
    space_leave();
    space_flush_page(&maps[1]->space, BASE);
    CHECK_EQUAL(stub_counts.remote_fences, 1);
    CHECK_EQUAL(maps[1]->space.stale, ~0u);
    for (unsigned i = 0; i < 3; i++) {
        map_destroy(maps[i]);
    }
}

TEST(c2_a_stale_hart_fences_once_when_it_comes)
{
    quiet_start(16);
    struct map *map = map_with_page(1), *other = map_with_page(2);

    expect_on(0, map, 1);
    expect_on(1, map, 1);
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    expect_on(0, other, 2);
    harts_leave(map);
    uint64_t flushes = stub_counts.flushes;

    run_on(0, map);
    CHECK(stub_counts.flushes > flushes);
    flushes = stub_counts.flushes;
    run_on(0, map);
    run_on(0, other);
    run_on(0, map);
    CHECK_EQUAL(stub_counts.flushes, flushes);
    CHECK(space_is_verified(&map->space));
    map_destroy(map);
    map_destroy(other);
}

TEST(c3_a_new_generation_spares_the_spaces_that_run)
{
    quiet_start(2);
    struct map *maps[8];

    for (unsigned i = 0; i < 8; i++) {
        maps[i] = map_with_page((uint8_t)(i + 1));
    }
    expect_on(1, maps[0], 1);
    expect_on(2, maps[1], 2);
    uint64_t satps[] = { maps[0]->space.satp, maps[1]->space.satp };

    for (unsigned round = 0; round < 40; round++) {
        unsigned i = 2 + round % 6;

        expect_on(0, maps[i], (uint8_t)(i + 1));
        stub_check_tlbs();
        CHECK_EQUAL(maps[0]->space.satp, satps[0]);
        CHECK_EQUAL(maps[1]->space.satp, satps[1]);
        CHECK(maps[i]->space.satp >> SV39_SATP_ASID_SHIFT != satps[0] >> SV39_SATP_ASID_SHIFT);
        CHECK(maps[i]->space.satp >> SV39_SATP_ASID_SHIFT != satps[1] >> SV39_SATP_ASID_SHIFT);
        CHECK((maps[i]->space.satp >> SV39_SATP_ASID_SHIFT & SV39_SATP_ASID_MASK) != 0);
    }
    CHECK(maps[2]->space.generation > 2);
    expect_on(1, maps[0], 1);
    expect_on(2, maps[1], 2);
    for (unsigned i = 0; i < 8; i++) {
        map_destroy(maps[i]);
    }
}

/* Whatever harts and spaces do under few ASIDs, no two spaces of a generation have the same. */
static void wander(unsigned asid_bits)
{
    struct map *maps[8];
    uint64_t state = 12345;

    stub_machine =
        (struct stub_machine){ .hart_count = 3, .asid_bits = asid_bits, .fences_pages = true, .prefetch = 2 };
    world_start_on_machine(4 << 20);
    for (unsigned i = 0; i < 8; i++) {
        maps[i] = map_with_page((uint8_t)(i + 1));
    }
    for (unsigned step = 0; step < 4000; step++) {
        unsigned i = (unsigned)(check_random(&state) >> 8) % 8;

        world_expect(maps[i], BASE, (uint8_t)(i + 1));
        stub_check_tlbs();
        if (step % 16 == 0) { /* its place is another one's: the frame comes back, to somebody */
            CHECK_EQUAL(map_remove(maps[i], BASE, 4 * P), 0);
            CHECK_EQUAL(world_add(maps[i], BASE, 4, R | W), 0);
            CHECK_EQUAL(map_write_relock(maps[i], BASE, &(uint8_t){ (uint8_t)(i + 1) }, 1), 0);
        }
        for (unsigned j = 0; asid_bits != 0 && j < i; j++) {
            CHECK(maps[i]->space.generation != maps[j]->space.generation ||
                  maps[i]->space.satp >> SV39_SATP_ASID_SHIFT != maps[j]->space.satp >> SV39_SATP_ASID_SHIFT);
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        map_destroy(maps[i]);
    }
}

TEST(c3_an_asid_that_is_given_again_shows_nothing_of_its_last_space)
{
    wander(2);
}

TEST(c3_without_asids_a_space_shows_nothing_of_the_one_before)
{
    wander(0);
}

/* --- Global text */

#define TEXT (WINDOW_TEXT_BASE + 0x200000ull)

struct text_region {
    struct windows windows;
    paddr_t frame;
};

static void region_start(struct text_region *region, uint8_t value)
{
    CHECK_EQUAL(windows_init_relock(&region->windows, &account_supervisor), 0);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &region->frame), 0);
    memset(arch_direct(region->frame), value, P);
    CHECK_EQUAL(windows_reserve_relock(&region->windows, TEXT, P), 0);
    CHECK_EQUAL(windows_map(&region->windows, TEXT, region->frame, PTE_R | PTE_X, false), 0);
    frame_put(region->frame);
    spaces_code_changed();
}

static void expect_text(unsigned hart, struct map *map, int value)
{
    uint8_t byte;

    stub_run_on(hart);
    CHECK_EQUAL(world_fetch(map, TEXT, &byte), value < 0 ? value : 0);
    CHECK(value < 0 || byte == value);
    stub_check_tlbs();
}

static void tasks_of_regions_take_turns(void)
{
    struct text_region one, two;
    struct map *maps[] = { world_map(), world_map(), world_map() };

    region_start(&one, 0x11);
    region_start(&two, 0x22);
    CHECK_EQUAL(map_attach(maps[0], &one.windows), 0);
    CHECK_EQUAL(map_attach(maps[1], &two.windows), 0);
    for (unsigned round = 0; round < 27; round++) {
        static const int values[] = { 0x11, 0x22, -EFAULT };

        expect_text(round % 2, maps[round % 3], values[round % 3]);
        expect_text(round % 2, maps[round / 3 % 3], values[round / 3 % 3]);
    }
    for (unsigned i = 0; i < 2; i++) {
        map_detach(maps[i]);
    }
    windows_destroy(&one.windows);
    expect_text(0, maps[0], -EFAULT); /* a task that has left its region */
    CHECK_EQUAL(map_attach(maps[0], &two.windows), 0);
    expect_text(0, maps[0], 0x22);
    expect_text(1, maps[1], -EFAULT);
    map_detach(maps[0]);
    windows_destroy(&two.windows);
    for (unsigned i = 0; i < 3; i++) {
        map_destroy(maps[i]);
    }
}

TEST(c4_global_text_of_one_region_is_never_seen_in_another)
{
    static const unsigned asid_bits[] = { 16, 2, 0 };

    for (unsigned i = 0; i < 3; i++) {
        quiet_start(asid_bits[i]);
        tasks_of_regions_take_turns();
        stub_machine.prefetch = 2;
        world_start_on_machine(4 << 20);
        tasks_of_regions_take_turns();
    }
}

TEST(r7_3_tasks_of_one_region_keep_its_text_and_others_never_see_it)
{
    quiet_start(16);
    struct text_region region;
    struct map *maps[] = { world_map(), world_map(), world_map() };

    region_start(&region, 0x11);
    CHECK_EQUAL(map_attach(maps[0], &region.windows), 0);
    CHECK_EQUAL(map_attach(maps[1], &region.windows), 0);
    expect_text(0, maps[0], 0x11);
    uint64_t full = stub_counts.full_flushes, faults = stub_counts.faults;

    stub_run_on(0);
    map_enter(maps[1]);
    CHECK_EQUAL(stub_counts.full_flushes, full); /* one region: the text stays */
    CHECK(stub_keeps(0, TEXT));
    expect_text(0, maps[1], 0x11);
    CHECK_EQUAL(stub_counts.faults, faults);
    map_enter(maps[2]);
    CHECK(stub_counts.full_flushes > full && !stub_keeps(0, TEXT));
    expect_text(0, maps[2], -EFAULT);
    for (unsigned i = 0; i < 2; i++) {
        map_detach(maps[i]);
    }
    windows_destroy(&region.windows);
    for (unsigned i = 0; i < 3; i++) {
        map_destroy(maps[i]);
    }
}

TEST(c4_the_text_of_a_region_that_ends_is_in_no_tlb)
{
    quiet_start(16);
    struct text_region region;
    struct map *map = world_map();

    region_start(&region, 0x11);
    CHECK_EQUAL(map_attach(map, &region.windows), 0);
    for (unsigned hart = 0; hart < 3; hart++) {
        expect_text(hart, map, 0x11);
    }
    map_detach(map);
    CHECK(stub_keeps(0, TEXT) && stub_keeps(1, TEXT));
    windows_destroy(&region.windows);
    for (unsigned hart = 0; hart < 3; hart++) {
        CHECK(!stub_keeps(hart, TEXT));
    }
    map_destroy(map);
}

TEST(c4_what_is_unloaded_is_in_no_tlb)
{
    quiet_start(16);
    struct text_region region;
    struct map *map = world_map(), *other = map_with_page(1);

    region_start(&region, 0x11);
    CHECK_EQUAL(map_attach(map, &region.windows), 0);
    for (unsigned hart = 0; hart < 3; hart++) {
        expect_text(hart, map, 0x11);
    }
    stub_run_on(0);
    windows_unmap(&region.windows, TEXT, P);
    for (unsigned hart = 0; hart < 3; hart++) {
        CHECK(!stub_keeps(hart, TEXT));
        expect_text(hart, map, -EFAULT);
    }
    map_destroy(other);
    map_detach(map);
    windows_destroy(&region.windows);
    map_destroy(map);
}

/* --- Order and kinds of fences */

/*
 * A hart that comes back still keeps its way to a table that has gone meanwhile, and walks on from there as soon as satp
 * has its ASID again. The frame holds what another task wrote: a global leaf, which no fence of an ASID takes back.
 */
TEST(c5_no_walk_goes_on_from_a_table_that_is_gone)
{
    quiet_start(16);
    struct map *map = map_with_page(1), *other = map_with_page(2);

    expect_on(0, map, 1);
    stub_run_on(0);
    space_leave();
    stub_run_on(1);
    CHECK_EQUAL(map_remove(map, BASE, 4 * P), 0); /* with its table */
    stub_machine.prefetch = 1;
    for (unsigned i = 0; i < 100; i++) {
        run_on(0, map);
        run_on(0, other);
        space_leave();
        stub_run_on(1);
        CHECK_EQUAL(world_add(map, BASE, 4, R | W), 0);
        CHECK_EQUAL(map_write_relock(map, BASE, &(uint8_t){ 1 }, 1), 0);
        stub_machine.prefetch = 0;
        expect_on(0, map, 1);
        space_leave();
        stub_run_on(1);
        CHECK_EQUAL(map_remove(map, BASE, 4 * P), 0);
        stub_machine.prefetch = 1;
    }
    map_destroy(map);
    map_destroy(other);
}

TEST(c5_what_a_hart_finds_before_the_fence_is_gone_after_it)
{
    static const unsigned asid_bits[] = { 16, 2, 0 };

    for (unsigned i = 0; i < 3; i++) {
        stub_machine =
            (struct stub_machine){ .hart_count = 3, .asid_bits = asid_bits[i], .fences_pages = true, .prefetch = 1 };
        world_start_on_machine(4 << 20);
        harts_keep_still();
        struct map *map = map_with_page(1), *other = map_with_page(2);

        for (unsigned round = 0; round < 200; round++) {
            expect_on(round % 2, map, 1);
            expect_on(round % 2, other, 2); /* satp changes, and each hart walks at once */
            stub_check_tlbs();
        }
        map_destroy(map);
        map_destroy(other);
    }
}

TEST(c6_entries_that_were_not_valid_are_tried_again)
{
    quiet_start(16);
    struct map *map = world_map();
    uint8_t byte;

    CHECK_EQUAL(world_load(map, BASE, &byte), -EFAULT); /* the hart keeps that the root's entry is not valid */
    CHECK_EQUAL(world_add(map, BASE, 1, R | W), 0);
    uint64_t faults = stub_counts.faults;

    world_expect(map, BASE, 0);
    CHECK(stub_counts.faults - faults <= 3);
    faults = stub_counts.faults;
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK(stub_counts.faults - faults <= 2);
    map_destroy(map);
}

TEST(c7_where_pages_can_not_be_fenced_everything_is)
{
    stub_machine = (struct stub_machine){ .hart_count = 3, .asid_bits = 16, .fences_pages = false };
    world_start_on_machine(4 << 20);
    harts_keep_still();
    struct map *map = map_with_page(1);

    expect_on(0, map, 1);
    uint64_t full = stub_counts.full_flushes;

    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_EQUAL(stub_counts.full_flushes, full + 1);
    CHECK(!stub_keeps(0, BASE));
    expect_on(0, map, 1);
    CHECK_EQUAL(world_store(map, BASE, 2), -EFAULT);
    space_flush_page(&map->space, BASE);
    CHECK_EQUAL(stub_counts.full_flushes, full + 2);
    space_flush_pages(&map->space, BASE, 4);
    CHECK_EQUAL(stub_counts.full_flushes, full + 3);
    map_destroy(map);
}

/* The model itself: a mistake of this kind is seen there, with a fence that does nothing. */
TEST(c7_a_fence_of_a_page_that_does_nothing_is_seen)
{
    stub_machine = (struct stub_machine){ .hart_count = 3, .asid_bits = 16, .fences_pages = false };
    world_start_on_machine(4 << 20);
    harts_keep_still();
    spaces_init(16, SPACE_FENCES_PAGES); /* which is not true */
    struct map *map = map_with_page(1);

    expect_on(0, map, 1);
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    CHECK_PANICS(stub_check_tlbs(), "rights");
    CHECK_EQUAL(map_remove(map, BASE + P, P), 0);
    CHECK_EQUAL(map_remove(map, BASE, P), 0);
    map_destroy(map);
}

TEST(c9_text_in_a_frame_that_was_used_before_is_fenced_on_every_hart)
{
    quiet_start(16);
    struct map *map = world_map();
    uint8_t byte;

    for (unsigned round = 0; round < 6; round++) {
        stub_run_on(round % 3);
        CHECK_EQUAL(world_add(map, BASE, 1, R | W), 0);
        CHECK_EQUAL(world_store(map, BASE, (uint8_t)(round + 1)), 0);
        stub_run_on((round + 1) % 3);
        CHECK_EQUAL(map_protect(map, BASE, P, R | X), 0);
        for (unsigned hart = 0; hart < 3; hart++) {
            stub_run_on(hart);
            CHECK_EQUAL(world_fetch(map, BASE, &byte), 0);
            CHECK_EQUAL(byte, round + 1);
        }
        CHECK_EQUAL(map_remove(map, BASE, P), 0);
    }
    map_destroy(map);
}

TEST(c9_a_missing_fence_of_instructions_is_seen)
{
    quiet_start(16);
    struct map *map = world_map();
    uint8_t byte;

    CHECK_EQUAL(world_add(map, BASE, 1, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R | X), 0);
    map->space.stale_code = 0;
    stub_run_on(2);
    CHECK_PANICS(world_fetch(map, BASE, &byte), "instruction cache");
    map_destroy(map);
}
