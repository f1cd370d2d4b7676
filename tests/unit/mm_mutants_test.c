/* What the mistakes of tests/mutants would break, and no other test looks at (hostile cases C2 to C6 and C9). */
#include "space.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "harts.h"
#include "map_pages.h"
#include "mm_world.h"
#include "table.h"

#define BASE 0x20000000ull
#define PAGES 4u
#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE
#define DATA WINDOW_DATA_BASE
#define SPACES 8u

/* Three harts that don't walk on their own; tasks stay where they are put. */
static void quiet_start(unsigned asid_bits)
{
    stub_machine = (struct stub_machine){ .hart_count = 3, .asid_bits = asid_bits, .fences_pages = true };
    world_start_on_machine(4 << 20);
    harts_keep_still();
}

static struct map *map_with_pages(uint8_t value)
{
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, PAGES, R | W), 0);
    for (unsigned i = 0; i < PAGES; i++) {
        CHECK_EQUAL(map_write_relock(map, BASE + i * P, &value, 1), 0);
    }
    return map;
}

static void run_on(unsigned hart, struct map *map)
{
    stub_run_on(hart);
    map_enter(map);
}

/* The hart runs in the map, others maybe as well, and keeps all its pages. */
static void use_on(unsigned hart, struct map *map)
{
    run_on(hart, map);
    for (unsigned i = 0; i < PAGES; i++) {
        uint8_t byte;

        arch_unlock();
        CHECK_EQUAL(stub_user_load(BASE + i * P, &byte), 0);
        arch_lock();
        CHECK(stub_keeps(hart, BASE + i * P));
    }
}

static void leave_on(unsigned hart)
{
    stub_run_on(hart);
    space_leave();
}

static uint64_t asid_of(const struct map *map)
{
    return map->space.satp >> SV39_SATP_ASID_SHIFT & SV39_SATP_ASID_MASK;
}

/* The invariants at the head of space.c, of a map of this array, whose spaces were entered. */
static void check_invariants(struct map *const maps[], unsigned count)
{
    for (unsigned hart = 0; hart < stub_machine.hart_count; hart++) {
        const struct hart_translations *translations = arch_translations_of(hart);

        for (unsigned i = 0; i < count; i++) {
            const struct space *space = &maps[i]->space;
            uint64_t serial = maps[i]->windows == NULL ? 0 : maps[i]->windows->serial;

            if (space->verified == translations->epoch) {
                CHECK((space->stale >> hart & 1) == 0 && (space->stale_code >> hart & 1) == 0);
                CHECK_EQUAL(translations->region, serial);
                CHECK_EQUAL(translations->generation, space->generation);
            }
            if (translations->space == space) {
                CHECK_EQUAL(translations->region, serial);
            }
        }
    }
}

TEST(c3_no_space_has_the_asid_of_no_space_or_one_that_does_not_exist)
{
    struct map *maps[SPACES];

    quiet_start(2);
    for (unsigned i = 0; i < SPACES; i++) {
        maps[i] = map_with_pages((uint8_t)i);
    }
    for (unsigned step = 0; step < 60; step++) {
        unsigned i = step % SPACES;

        run_on(step % 3, maps[i]); /* the harts never leave, but for another space */
        CHECK(asid_of(maps[i]) >= 1 && asid_of(maps[i]) <= 3);
        check_invariants(maps, i + 1);
    }
    for (unsigned i = 0; i < SPACES; i++) {
        map_destroy(maps[i]);
    }
}

TEST(c3_where_harts_are_more_than_asids_there_are_none)
{
    struct map *maps[3];

    quiet_start(1);
    for (unsigned i = 0; i < 3; i++) {
        maps[i] = map_with_pages((uint8_t)i);
        use_on(i, maps[i]);
        CHECK_EQUAL(asid_of(maps[i]), 0);
    }
    stub_check_tlbs();
    for (unsigned i = 0; i < 3; i++) {
        map_destroy(maps[i]);
    }
}

TEST(c3_a_space_that_runs_when_a_generation_begins_keeps_its_asid)
{
    struct map *maps[SPACES];

    quiet_start(2);
    for (unsigned i = 0; i < SPACES; i++) {
        maps[i] = map_with_pages((uint8_t)i);
    }
    use_on(1, maps[0]);
    uint64_t satp = maps[0]->space.satp, generation = maps[0]->space.generation;

    for (unsigned i = 1; i < SPACES; i++) {
        use_on(0, maps[i]);
    }
    CHECK(maps[SPACES - 1]->space.generation > generation);
    run_on(1, maps[0]); /* as after an idle moment */
    CHECK_EQUAL(maps[0]->space.satp, satp);
    CHECK_EQUAL(maps[0]->space.generation, maps[SPACES - 1]->space.generation);
    check_invariants(maps, SPACES);
    stub_check_tlbs();
    for (unsigned i = 0; i < SPACES; i++) {
        map_destroy(maps[i]);
    }
}

TEST(c3_without_asids_a_hart_that_leaves_keeps_nothing)
{
    quiet_start(0);
    struct map *map = map_with_pages(1);

    use_on(0, map);
    leave_on(0);
    for (unsigned i = 0; i < PAGES; i++) {
        CHECK(!stub_keeps(0, BASE + i * P));
    }
    map_destroy(map);
}

static void flush_each_page(struct space *space)
{
    for (unsigned i = 0; i < PAGES; i++) {
        space_flush_page(space, BASE + i * P);
    }
}

static void flush_range(struct space *space)
{
    space_flush_pages(space, BASE, PAGES);
}

static void (*const flushes[])(struct space *space) = { flush_each_page, flush_range, space_flush_all };

/* Hart 1 has run in the map, and harts 0 and 2 do: whichever flushes, nobody can use what was taken away. */
static void flush_on(unsigned flushing, void (*flush)(struct space *space))
{
    struct map *map = map_with_pages(1), *other = map_with_pages(2);

    use_on(1, map);
    use_on(1, other);
    use_on(0, map);
    use_on(2, map);
    map->space.stale = 0;
    use_on(2, map);
    stub_run_on(flushing);
    for (unsigned i = 0; i < PAGES; i++) {
        *table_leaf(map->space.root, BASE + i * P) &= ~(PTE_W | PTE_D);
    }
    flush(&map->space);
    stub_check_tlbs();
    for (unsigned hart = 0; hart < 3; hart++) {
        run_on(hart, map);
        stub_check_tlbs();
    }
    map_destroy(map);
    map_destroy(other);
}

TEST(c2_a_flush_of_any_kind_reaches_every_page_and_every_hart)
{
    for (unsigned kind = 0; kind < ARRAY_COUNT(flushes); kind++) {
        for (unsigned hart = 0; hart < 3; hart++) {
            quiet_start(16);
            flush_on(hart, flushes[kind]);
        }
    }
}

static void store_on(unsigned hart, struct map *map, uint64_t address)
{
    run_on(hart, map);
    arch_unlock();
    CHECK_EQUAL(stub_user_store(address, 1), 0);
    arch_lock();
    CHECK(stub_keeps(hart, address));
}

/* A range over the end of a table: the other table's leaves in it don't change. */
static void protect_over(uint64_t boundary)
{
    quiet_start(16);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, boundary - 2 * P, 10, R | W), 0);
    CHECK_EQUAL(world_store(map, boundary - 2 * P, 1), 0); /* its faults are this map's */
    for (unsigned hart = 0; hart < 3; hart += 2) {
        store_on(hart, map, boundary - 2 * P);
        store_on(hart, map, boundary - P);
        store_on(hart, map, boundary + 6 * P);
    }
    CHECK_EQUAL(map_protect(map, boundary - 2 * P, 4 * P, R), 0);
    stub_check_tlbs();
    map_destroy(map);
}

TEST(c1_every_page_that_loses_a_right_is_fenced)
{
    protect_over(5ull << 30);
    protect_over((5ull << 30) + (2ull << 20));
}

TEST(c8_a_page_that_stays_writable_can_be_written_at_once)
{
    quiet_start(16);
    struct map *map = map_with_pages(1);

    CHECK_EQUAL(world_store(map, BASE, 2), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, W), 0);
    CHECK_EQUAL(world_store(map, BASE, 3), 0);
    world_expect(map, BASE, 3);
    map_destroy(map);
}

TEST(c1_a_page_without_any_right_is_in_no_tlb)
{
    quiet_start(16);
    struct map *map = map_with_pages(1);
    uint8_t byte;

    use_on(0, map);
    use_on(2, map);
    CHECK_EQUAL(map_protect(map, BASE, PAGES * P, ABI_PROT_NONE), 0);
    stub_check_tlbs();
    for (unsigned hart = 0; hart < 3; hart++) {
        CHECK(!stub_keeps(hart, BASE));
        stub_run_on(hart);
        CHECK_EQUAL(world_load(map, BASE, &byte), -EFAULT);
    }
    map_destroy(map);
}

/* While harts can still use a frame it is not free: at each fence that takes it away from them (stub_watch_fences). */
TEST(c2_no_frame_is_free_before_the_fences_are_done)
{
    quiet_start(16);
    struct map *map = map_with_pages(1);

    stub_watch_fences(true);
    use_on(0, map);
    use_on(2, map);
    CHECK_EQUAL(map_remove(map, BASE + P, P), 0);
    stub_check_tlbs();
    CHECK_EQUAL(map_remove(map, BASE, PAGES * P), 0); /* with its tables */
    stub_check_tlbs();
    map_destroy(map);
    stub_watch_fences(false);
}

/* A map in whose data window a page was read: a link to the windows' table. */
static struct map *map_with_window(struct windows *windows)
{
    struct map *map = world_map();
    paddr_t frame;

    CHECK_EQUAL(windows_init_relock(windows, &account_supervisor), 0);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frame), 0);
    CHECK_EQUAL(windows_map(windows, DATA, frame, PTE_R, true), 0);
    CHECK_EQUAL(windows_map(windows, WINDOW_TEXT_BASE, frame, PTE_R | PTE_X, false), 0);
    frame_put(frame);
    CHECK_EQUAL(map_attach(map, windows), 0);
    return map;
}

static void drop_map_and_windows(struct map *map, struct windows *windows)
{
    if (map->windows != NULL) {
        map_detach(map);
    }
    windows_destroy(windows);
    map_destroy(map);
}

TEST(c2_a_link_to_a_table_is_fenced_as_one)
{
    struct windows windows;
    struct table_gather gather;

    quiet_start(16);
    struct map *map = map_with_window(&windows);

    world_expect(map, DATA, 0);
    paddr_t level1 = pte_frame(table_entries(map->space.root)[WINDOW_DATA_ROOT_SLOT]);

    table_gather_start(&gather, &map->space, map->account, DATA, DATA + P);
    table_gather_entry(&gather, level1, sv39_index(DATA, 1));
    table_gather_finish(&gather);
    stub_check_tlbs();
    drop_map_and_windows(map, &windows);
}

TEST(c6_text_that_was_loaded_since_is_seen)
{
    struct windows windows;
    uint64_t text = WINDOW_TEXT_BASE + P;
    paddr_t frame;
    uint8_t byte;

    quiet_start(16);
    struct map *map = map_with_window(&windows);

    CHECK_EQUAL(world_fetch(map, text, &byte), -EFAULT); /* the hart keeps that there is nothing */
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frame), 0);
    CHECK_EQUAL(windows_map(&windows, text, frame, PTE_R | PTE_X, false), 0);
    frame_put(frame);
    spaces_code_changed();
    CHECK_EQUAL(world_fetch(map, text, &byte), 0);
    drop_map_and_windows(map, &windows);
}

static paddr_t shared_frame;

static void drop_the_other_reference(void)
{
    stub_scheduler = NULL;
    arch_lock();
    frame_put(shared_frame);
    arch_unlock();
}

static void nothing(void)
{
}

/* The other owner of a page goes while it is copied: the copy's owner puts the last reference. */
TEST(c2_a_copied_frame_is_put_only_after_the_flush)
{
    static const struct stub_scheduler scheduler = { .before_lock = nothing, .after_unlock = drop_the_other_reference };

    quiet_start(16);
    struct map *map = map_with_pages(1);
    pte_t *leaf = table_leaf(map->space.root, BASE);

    use_on(0, map);
    use_on(2, map);
    shared_frame = pte_frame(*leaf);
    frame_get(shared_frame);
    stub_watch_fences(true);
    stub_scheduler = &scheduler;
    CHECK_EQUAL(map_write_private_relock(map, BASE, leaf), 0);
    CHECK(stub_scheduler == NULL && frame_of(shared_frame)->kind == FRAME_FREE);
    stub_check_tlbs();
    stub_watch_fences(false);
    map_destroy(map);
}

/*
 * As in c5_no_walk_goes_on_from_a_table_that_is_gone, but the hart comes back to a space that shows another region than
 * before, and fences everything.
 */
TEST(c5_no_walk_goes_on_where_a_region_has_gone_meanwhile)
{
    struct windows windows;

    quiet_start(16);
    struct map *map = map_with_window(&windows);
    uint64_t kept = BASE, gone = BASE + (2ull << 20); /* each with a table of its own */
    uint8_t byte;

    for (unsigned round = 0; round < 50; round++) {
        stub_run_on(0);
        CHECK(round == 0 || map_attach(map, &windows) == 0);
        CHECK_EQUAL(world_add(map, kept, 1, R | W), 0);
        CHECK_EQUAL(world_add(map, gone, 1, R | W), 0);
        CHECK_EQUAL(world_store(map, kept, 1), 0);
        CHECK_EQUAL(world_store(map, gone, 1), 0);
        CHECK_EQUAL(world_load(map, WINDOW_TEXT_BASE, &byte), 0);
        space_leave();
        stub_run_on(1);
        CHECK_EQUAL(map_remove(map, gone, P), 0); /* with its table */
        map_detach(map);
        stub_machine.prefetch = 1;
        run_on(0, map);
        space_leave();
        stub_machine.prefetch = 0;
        CHECK_EQUAL(map_remove(map, kept, P), 0);
    }
    drop_map_and_windows(map, &windows);
}

TEST(c4_a_region_that_has_gone_is_no_harts)
{
    struct windows windows;
    uint8_t byte;

    quiet_start(16);
    struct map *map = map_with_window(&windows);

    for (unsigned hart = 0; hart < 3; hart++) {
        stub_run_on(hart);
        CHECK_EQUAL(world_load(map, WINDOW_TEXT_BASE, &byte), 0);
    }
    map_detach(map);
    windows_destroy(&windows);
    uint64_t full = stub_counts.full_flushes;

    for (unsigned hart = 0; hart < 3; hart++) {
        CHECK_EQUAL(arch_translations_of(hart)->region, 0);
        run_on(hart, map);
        space_leave();
    }
    CHECK_EQUAL(stub_counts.full_flushes, full); /* what there was is fenced already */
    map_destroy(map);
}

TEST(c9_a_hart_that_ran_in_a_space_fences_what_became_code_since)
{
    quiet_start(16);
    struct map *map = map_with_pages(1);

    use_on(1, map);
    leave_on(1);
    stub_run_on(0);
    CHECK(map->space.verified == arch_translations_of(1)->epoch);
    space_code_changed(&map->space);
    uint64_t fences = stub_counts.instruction_fences;

    run_on(1, map);
    CHECK_EQUAL(stub_counts.instruction_fences, fences + 1);
    check_invariants(&map, 1);
    space_leave();
    run_on(1, map);
    CHECK_EQUAL(stub_counts.instruction_fences, fences + 1); /* once */
    map_destroy(map);
}

/* Other harts walk at any time: a table is zero for them before it is linked. */
TEST(c2_every_new_table_is_ordered_before_its_link)
{
    struct windows windows;

    quiet_start(16);
    struct map *map = map_with_window(&windows);
    uint64_t fences = stub_counts.store_fences;

    CHECK_EQUAL(world_add(map, BASE, PAGES, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(stub_counts.store_fences, fences + 2); /* level 1 and level 0 */
    world_expect(map, DATA, 0);
    CHECK_EQUAL(stub_counts.store_fences, fences + 3); /* the map's own level 1 */
    CHECK_EQUAL(world_store(map, DATA, 1), 0);
    CHECK_EQUAL(stub_counts.store_fences, fences + 4); /* an own level 0 in the place of the link */
    drop_map_and_windows(map, &windows);
}

TEST(c4_a_space_that_joins_a_region_is_checked_anew)
{
    struct windows windows;
    uint8_t byte;

    quiet_start(16);
    struct map *map = map_with_window(&windows), *other = map_with_pages(1);

    map_detach(map);
    use_on(0, other);
    run_on(0, map);
    space_leave();
    CHECK_EQUAL(map_attach(map, &windows), 0);
    CHECK(!space_is_verified(&map->space));
    CHECK_EQUAL(world_load(map, WINDOW_TEXT_BASE, &byte), 0);
    check_invariants(&map, 1);
    run_on(0, other);
    stub_check_tlbs();
    map_destroy(other);
    drop_map_and_windows(map, &windows);
}

TEST(c9_what_is_populated_and_executed_is_fenced)
{
    struct object *object;
    paddr_t frame;
    uint8_t byte;

    quiet_start(16);
    struct map *map = world_map();

    CHECK_EQUAL(object_create_anonymous(P, &object), 0);
    CHECK_EQUAL(object_page_own_relock(object, 0, account_root(), &frame), 0);
    CHECK_EQUAL(world_add_object(map, BASE, 1, R | X, MAP_ENTRY_PRIVATE, object, 0), 0);
    object_put(object);
    uint64_t fences = stub_counts.instruction_fences;

    map_populate_relock(map, BASE, P);
    CHECK_EQUAL(stub_counts.instruction_fences, fences + 1);
    CHECK_EQUAL(world_fetch(map, BASE, &byte), 0);
    map_destroy(map);
}
