/* mm/window.c and mm/map_window.c: two windows that many maps share, data copied by who writes. */
#include "window.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "harts.h"
#include "map.h"
#include "mm_world.h"
#include "table.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE
#define TEXT WINDOW_TEXT_BASE
#define DATA WINDOW_DATA_BASE
#define MAPS 8

static struct windows windows;
static struct map *maps[MAPS];
static uint64_t free_at_start;

/* A page that the windows hold alone, filled with @value. */
static void load_page(uint64_t address, uint8_t value, bool writable)
{
    paddr_t frame;

    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    memset(arch_direct(frame), value, P);
    CHECK_EQUAL(windows_map(&windows, address, frame, address >= DATA ? PTE_R : PTE_R | PTE_X, writable), 0);
    frame_put(frame);
}

/* A library as they are: text pages, a read-only data page, four that are written, in two level-0 tables. */
#define DATA_PAGES 5
static const uint64_t data_pages[DATA_PAGES] = { DATA, DATA + P, DATA + 2 * P, DATA + 20 * P, DATA + (2ull << 20) };

static void start(unsigned count)
{
    world_start(8 << 20);
    free_at_start = world_free();
    CHECK_EQUAL(windows_init_relock(&windows, &account_supervisor), 0);
    for (uint64_t i = 0; i < 4; i++) {
        load_page(TEXT + i * P, (uint8_t)(0x10 + i), false);
    }
    for (uint64_t i = 0; i < DATA_PAGES; i++) {
        load_page(data_pages[i], (uint8_t)(0x80 + i), i != 0);
    }
    for (unsigned i = 0; i < MAPS; i++) {
        maps[i] = i < count ? world_map() : NULL;
        CHECK(maps[i] == NULL || map_attach(maps[i], &windows) == 0);
    }
}

static void audit(void)
{
    mm_audit_start();
    for (unsigned i = 0; i < MAPS; i++) {
        if (maps[i] != NULL) {
            mm_audit_map(maps[i]);
        }
    }
    mm_audit_windows(&windows);
    mm_audit_finish(world_frames(), WORLD_SUPERVISOR_FRAMES);
}

static void end(void)
{
    audit();
    for (unsigned i = 0; i < MAPS; i++) {
        if (maps[i] != NULL) {
            map_detach(maps[i]);
            map_destroy(maps[i]);
            maps[i] = NULL;
            audit();
        }
    }
    windows_destroy(&windows);
    CHECK_EQUAL(world_free(), free_at_start);
}

TEST(every_map_sees_what_is_loaded_without_a_frame_more)
{
    uint8_t byte;

    start(MAPS);
    uint64_t free = world_free();

    for (unsigned i = 0; i < MAPS; i++) {
        for (uint64_t page = 0; page < 4; page++) {
            world_expect(maps[i], TEXT + page * P + 9, (uint8_t)(0x10 + page));
            CHECK_EQUAL(world_fetch(maps[i], TEXT + page * P, &byte), 0);
        }
        for (uint64_t page = 0; page < DATA_PAGES; page++) {
            world_expect(maps[i], data_pages[page], (uint8_t)(0x80 + page));
        }
    }
    CHECK_EQUAL(world_free(), free - MAPS); /* a level-1 table of slot 2 each, which the stack needs anyway */
    end();
}

TEST(a_store_to_data_is_seen_by_its_task_alone)
{
    start(MAPS);
    for (unsigned i = 0; i < MAPS; i++) {
        for (uint64_t page = 1; page < DATA_PAGES; page++) {
            if (i >> (page - 1) % 3 & 1) {
                world_expect(maps[i], data_pages[page], (uint8_t)(0x80 + page)); /* some read first */
            }
            CHECK_EQUAL(world_store(maps[i], data_pages[page] + 1, (uint8_t)i), 0);
        }
        audit();
    }
    for (unsigned i = 0; i < MAPS; i++) {
        for (uint64_t page = 0; page < DATA_PAGES; page++) {
            world_expect(maps[i], data_pages[page], (uint8_t)(0x80 + page));
            world_expect(maps[i], data_pages[page] + 1, page == 0 ? 0x80 : (uint8_t)i);
        }
    }
    end();
}

TEST(r7_4_a_store_copies_one_table_and_one_page)
{
    start(1);
    struct map *map = maps[0];

    CHECK_EQUAL(world_add(map, MAP_STACK_START, 1, R | W), 0);
    CHECK_EQUAL(world_store(map, MAP_STACK_START, 1), 0);
    world_expect(map, DATA, 0x80);
    uint64_t free = world_free(), faults = stub_counts.faults;

    CHECK_EQUAL(world_store(map, data_pages[1], 1), 0);
    CHECK_EQUAL(world_free(), free - 2);
    /* One fault brought the neighbours, read-only: they are read without another. */
    world_expect(map, DATA, 0x80);
    world_expect(map, data_pages[2], 0x82);
    CHECK_EQUAL(stub_counts.faults, faults + 1);
    CHECK_EQUAL(world_free(), free - 2);
    world_expect(map, data_pages[3], 0x83); /* in another group of 16 */
    CHECK_EQUAL(world_free(), free - 2);
    end();
}

TEST(what_is_not_copy_on_write_is_not_written)
{
    uint8_t byte;

    start(2);
    CHECK_EQUAL(world_store(maps[0], DATA, 1), -EFAULT); /* nothing linked */
    world_expect(maps[0], DATA, 0x80);
    CHECK_EQUAL(world_store(maps[0], DATA, 1), -EFAULT); /* linked */
    CHECK_EQUAL(world_store(maps[0], data_pages[1], 1), 0);
    CHECK_EQUAL(world_store(maps[0], DATA, 1), -EFAULT); /* own table */
    CHECK_EQUAL(world_fetch(maps[0], data_pages[1], &byte), -EFAULT);
    CHECK_EQUAL(world_load(maps[0], DATA + 3 * P, &byte), -EFAULT);
    CHECK_EQUAL(world_store(maps[0], DATA + 3 * P, 1), -EFAULT);
    CHECK_EQUAL(world_load(maps[0], DATA + (64ull << 20), &byte), -EFAULT);
    world_expect(maps[1], DATA, 0x80);
    end();
}

TEST(r2_8_text_is_never_written)
{
    uint8_t byte;

    start(1);
    CHECK_EQUAL(world_store(maps[0], TEXT, 1), -EFAULT);
    CHECK_EQUAL(world_load(maps[0], TEXT + 4 * P, &byte), -EFAULT);
    CHECK_EQUAL(world_fetch(maps[0], TEXT - P, &byte), -EFAULT);
    CHECK_EQUAL(world_load(maps[0], 0x40000000, &byte), -EFAULT);
    CHECK_EQUAL(map_protect(maps[0], TEXT, P, R | W), -EPERM);
    CHECK_EQUAL(map_remove(maps[0], TEXT, P), -EPERM);
    CHECK_EQUAL(map_write_relock(maps[0], TEXT, "\1", 1), -EFAULT);
    CHECK_EQUAL(map_write_relock(maps[0], data_pages[1], "\1", 1), 0);
    world_expect(maps[0], data_pages[1], 1);
    CHECK_PANICS(windows_map(&windows, TEXT + 4 * P, frame_zero(), PTE_R, true), "assertion");
    CHECK_PANICS(windows_map(&windows, DATA + 4 * P, frame_zero(), PTE_R | PTE_X, false), "assertion");
    CHECK_PANICS(windows_map(&windows, TEXT + 4 * P, frame_zero(), PTE_R | PTE_W, false), "assertion");
    end();
}

TEST(pages_loaded_later_are_seen_by_all_that_are_attached)
{
    start(3);
    uint8_t byte;

    CHECK_EQUAL(world_load(maps[0], TEXT + 9 * P, &byte), -EFAULT); /* the hart keeps that nothing is there */
    CHECK_EQUAL(world_load(maps[0], DATA + 6 * P, &byte), -EFAULT);
    world_expect(maps[1], DATA, 0x80); /* linked */
    CHECK_EQUAL(world_store(maps[2], data_pages[1], 1), 0); /* own table */
    CHECK_EQUAL(world_load(maps[2], DATA + 6 * P, &byte), -EFAULT);
    load_page(TEXT + 9 * P, 0x33, false);
    load_page(DATA + 6 * P, 0x44, true);
    for (unsigned i = 0; i < 3; i++) {
        world_expect(maps[i], TEXT + 9 * P, 0x33);
        world_expect(maps[i], DATA + 6 * P, 0x44);
        CHECK_EQUAL(world_store(maps[i], DATA + 6 * P, (uint8_t)i), 0);
        world_expect(maps[i], DATA + 6 * P, (uint8_t)i);
    }
    end();
}

TEST(an_occupied_page_is_refused)
{
    paddr_t frame;

    start(0);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    CHECK_EQUAL(windows_map(&windows, TEXT, frame, PTE_R, false), -EEXIST);
    CHECK_EQUAL(windows_map(&windows, DATA, frame, PTE_R, true), -EEXIST);
    CHECK_EQUAL(frame_of(frame)->ref_count, 1);
    frame_of(frame)->ref_count = FRAME_REFERENCES_MAX;
    CHECK_EQUAL(windows_map(&windows, TEXT + 100 * P, frame, PTE_R, false), -ENOMEM);
    frame_of(frame)->ref_count = 1;
    frame_put(frame);
    end();
}

TEST(r4_unmapping_takes_it_from_every_map_copies_too)
{
    uint8_t byte;

    start(4);
    world_expect(maps[1], DATA, 0x80); /* linked */
    world_expect(maps[1], data_pages[4], 0x84);
    CHECK_EQUAL(world_store(maps[2], data_pages[1], 1), 0); /* copies */
    CHECK_EQUAL(world_store(maps[2], data_pages[4], 1), 0);
    CHECK_EQUAL(world_store(maps[3], data_pages[3], 1), 0);
    windows_unmap(&windows, DATA, 3 * P);
    windows_unmap(&windows, TEXT + P, 2 * P);
    audit();
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQUAL(world_load(maps[i], TEXT + P, &byte), -EFAULT);
        CHECK_EQUAL(world_load(maps[i], data_pages[1], &byte), -EFAULT);
        CHECK_EQUAL(world_store(maps[i], data_pages[1], 1), -EFAULT);
        world_expect(maps[i], TEXT + 3 * P, 0x13);
        world_expect(maps[i], data_pages[3], i == 3 ? 1 : 0x83);
        world_expect(maps[i], data_pages[4], i == 2 ? 1 : 0x84);
    }
    windows_unmap(&windows, DATA, WINDOW_BYTES);
    windows_unmap(&windows, TEXT, WINDOW_BYTES);
    audit();
    CHECK_EQUAL(frame_of(windows.data)->live, 0);
    CHECK_EQUAL(frame_of(windows.text)->live, 0);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQUAL(world_load(maps[i], data_pages[4], &byte), -EFAULT);
        CHECK_EQUAL(world_load(maps[i], TEXT, &byte), -EFAULT);
    }
    load_page(data_pages[1], 0x99, true);
    world_expect(maps[2], data_pages[1], 0x99);
    end();
}

TEST(d16_unmapping_leaves_the_neighbours_pages)
{
    start(2);
    CHECK_EQUAL(world_store(maps[1], data_pages[2], 7), 0);
    world_expect(maps[0], data_pages[0], 0x80);
    uint64_t faults = stub_counts.faults;

    windows_unmap(&windows, data_pages[1], P);
    world_expect(maps[0], data_pages[0], 0x80);
    world_expect(maps[0], data_pages[2], 0x82);
    CHECK_EQUAL(stub_counts.faults, faults); /* the link stays too */
    world_expect(maps[1], data_pages[0], 0x80);
    world_expect(maps[1], data_pages[2], 7);
    end();
}

TEST(what_is_reserved_can_be_mapped_without_memory)
{
    start(0);
    uint64_t free = world_free(), span = 2ull << 20;

    CHECK_EQUAL(windows_reserve_relock(&windows, DATA + span - P, 2 * span + 2 * P), 0);
    CHECK_EQUAL(world_free(), free - 2); /* tables 0 and 1 were there */
    stub_fail_allocation(1);
    for (uint64_t address = DATA + 2 * span; address < DATA + 3 * span + P; address += span) {
        CHECK_EQUAL(windows_map(&windows, address, frame_zero(), PTE_R, true), 0);
    }
    CHECK_EQUAL(stub_allocation_count(), 0);
    stub_fail_allocation(0);
    windows_unmap(&windows, DATA + 2 * span, 2 * span);
    CHECK_EQUAL(world_free(), free);
    CHECK_EQUAL(windows_reserve_relock(&windows, TEXT, WINDOW_BYTES), 0);
    CHECK_EQUAL(world_free(), free - WINDOW_BYTES / span + 1);
    end();
}

TEST(r2_9_a_reservation_that_fails_leaves_the_windows_as_they_were)
{
    int error = -ENOMEM;

    start(1);
    world_expect(maps[0], DATA, 0x80);
    uint64_t free = world_free();

    for (uint64_t n = 1; error != 0; n++) {
        stub_fail_allocation(n);
        error = windows_reserve_relock(&windows, DATA + P, 20ull << 20);
        CHECK(error == 0 || error == -ENOMEM);
        if (error != 0) {
            CHECK_EQUAL(world_free(), free);
            CHECK_EQUAL(frame_of(windows.data)->live, 2);
            audit();
        }
    }
    stub_fail_allocation(0);
    for (uint64_t n = 1; n < 3; n++) {
        struct windows others;

        free = world_free();
        stub_fail_allocation(n);
        CHECK_EQUAL(windows_init_relock(&others, &account_supervisor), -ENOMEM);
        CHECK_EQUAL(world_free(), free);
    }
    stub_fail_allocation(0);
    end();
}

TEST(c2_text_tables_of_a_reservation_that_fails_are_freed_behind_a_flush_of_all)
{
    start(1);
    for (uint64_t n = 1; n < 4; n++) {
        uint64_t flushes = stub_counts.full_flushes;

        stub_fail_allocation(n);
        CHECK_EQUAL(windows_reserve_relock(&windows, TEXT + P, 20ull << 20), -ENOMEM);
        CHECK_EQUAL(stub_counts.full_flushes - flushes, n > 1 ? 1 : 0);
    }
    stub_fail_allocation(0);
    end();
}

TEST(a12_a_fault_in_the_data_window_that_fails_can_be_tried_again)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        int error = -ENOMEM;

        for (uint64_t n = 1; error != 0; n++) {
            CHECK(n < 6);
            start(1);
            if (kind == 1) {
                world_expect(maps[0], DATA, 0x80);
            } else if (kind == 2) {
                CHECK_EQUAL(world_store(maps[0], data_pages[2], 1), 0);
            }
            stub_fail_allocation(n);
            error = map_fault_relock(maps[0], data_pages[1], W);
            stub_fail_allocation(0);
            CHECK(error == 0 || error == -ENOMEM);
            audit();
            world_expect(maps[0], data_pages[1], 0x81);
            CHECK_EQUAL(world_store(maps[0], data_pages[1], 5), 0);
            world_expect(maps[0], data_pages[1], 5);
            end();
        }
    }
}

TEST(populating_links_the_data_tables)
{
    start(1);
    uint64_t faults = stub_counts.faults;

    map_populate_relock(maps[0], DATA, P);
    world_expect(maps[0], DATA, 0x80);
    CHECK_EQUAL(stub_counts.faults, faults);
    world_expect(maps[0], data_pages[4], 0x84);
    CHECK(stub_counts.faults > faults);
    map_populate_relock(maps[0], 0, UINT64_MAX);
    audit();
    CHECK_EQUAL(world_store(maps[0], data_pages[4], 1), 0);
    map_populate_relock(maps[0], DATA, WINDOW_BYTES);
    world_expect(maps[0], data_pages[4], 1);
    end();
}

TEST(a14_a_pristine_table_with_too_many_links_is_refused)
{
    uint8_t byte;

    start(2);
    paddr_t table = pte_frame(table_entries(windows.data)[0]);

    frame_of(table)->ref_count = FRAME_REFERENCES_MAX;
    CHECK_EQUAL(world_load(maps[0], DATA, &byte), -ENOMEM);
    map_populate_relock(maps[0], DATA, P);
    CHECK_EQUAL(world_load(maps[0], DATA, &byte), -ENOMEM);
    frame_of(table)->ref_count = 1;
    world_expect(maps[0], DATA, 0x80);
    end();
}

TEST(a14_a_pristine_page_with_too_many_references_is_refused)
{
    uint8_t byte;

    start(1);
    paddr_t page = pte_frame(windows_entry(&windows, data_pages[1]));

    frame_of(page)->ref_count = FRAME_REFERENCES_MAX;
    CHECK_EQUAL(world_store(maps[0], data_pages[1], 5), -ENOMEM);
    CHECK_EQUAL(world_load(maps[0], data_pages[1], &byte), -ENOMEM); /* the map's own table has no place for it */
    world_expect(maps[0], data_pages[4], 0x84);
    frame_of(page)->ref_count = 1;
    audit();
    world_expect(maps[0], data_pages[1], 0x81);
    CHECK_EQUAL(world_store(maps[0], data_pages[1], 5), 0);
    world_expect(maps[0], data_pages[1], 5);
    world_expect(maps[0], data_pages[2], 0x82);
    end();
}

TEST(c6_a_spurious_store_fault_in_the_data_window_is_answered_by_a_flush)
{
    start(1);
    harts_keep_still();
    CHECK_EQUAL(world_store(maps[0], data_pages[1], 5), 0);
    uint64_t free = world_free(), flushes = stub_counts.flushes;

    CHECK_EQUAL(map_fault_relock(maps[0], data_pages[1], W), 0);
    CHECK_EQUAL(stub_counts.flushes, flushes + 1);
    CHECK_EQUAL(world_free(), free);
    world_expect(maps[0], data_pages[1], 5);
    end();
}

TEST(a_page_whose_table_can_not_be_had_is_not_mapped)
{
    start(1);
    uint64_t free = world_free(), place = DATA + 100 * (2ull << 20);

    stub_fail_allocation(1);
    CHECK_EQUAL(windows_map(&windows, place, frame_zero(), PTE_R, true), -ENOMEM);
    stub_fail_allocation(0);
    CHECK_EQUAL(windows_entry(&windows, place), 0);
    CHECK_EQUAL(world_free(), free);
    CHECK_EQUAL(frame_of(frame_zero())->ref_count, 1);
    end();
}

TEST(populating_without_memory_leaves_it_to_the_faults)
{
    start(1);
    uint64_t free = world_free();

    stub_fail_allocation(1);
    map_populate_relock(maps[0], DATA, WINDOW_BYTES);
    stub_fail_allocation(0);
    CHECK_EQUAL(world_free(), free);
    audit();
    world_expect(maps[0], DATA, 0x80);
    end();
}

TEST(detaching_takes_both_windows_and_keeps_the_rest)
{
    uint8_t byte;

    start(2);
    CHECK_EQUAL(world_add(maps[0], MAP_AREA_START, 1, R | W), 0);
    CHECK_EQUAL(world_store(maps[0], MAP_AREA_START, 1), 0);
    CHECK_EQUAL(world_store(maps[0], data_pages[1], 1), 0);
    world_expect(maps[0], data_pages[4], 0x84);
    world_expect(maps[0], TEXT, 0x10);
    map_detach(maps[0]);
    CHECK_EQUAL(world_load(maps[0], data_pages[1], &byte), -EFAULT);
    CHECK_EQUAL(world_load(maps[0], data_pages[4], &byte), -EFAULT);
    CHECK_EQUAL(world_load(maps[0], TEXT, &byte), -EFAULT);
    world_expect(maps[0], MAP_AREA_START, 1);
    world_expect(maps[1], TEXT, 0x10);
    audit();
    CHECK_EQUAL(map_attach(maps[0], &windows), 0);
    world_expect(maps[0], data_pages[1], 0x81);
    end();
}

/* Loads, unloads, reads and writes of many maps against an array of bytes a map. */
TEST(random_loads_and_stores_agree_with_a_model)
{
    enum { PAGES = 40, STEPS = 30000 };
    static uint8_t pristine[PAGES], copies[MAPS][PAGES];
    static bool is_loaded[PAGES], is_writable[PAGES], is_own[MAPS][PAGES];
    uint64_t seed = 77;

    start(MAPS);
    windows_unmap(&windows, DATA, WINDOW_BYTES);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned page = check_random(&seed) % PAGES, i = check_random(&seed) % MAPS, choice = check_random(&seed) % 16;
        uint64_t address = DATA + (2ull << 20) - PAGES / 2 * P + page * P;
        uint8_t value = (uint8_t)check_random(&seed), byte;

        if (choice == 0 && !is_loaded[page]) {
            is_writable[page] = value % 4 != 0;
            load_page(address, value, is_writable[page]);
            is_loaded[page] = true;
            pristine[page] = value;
        } else if (choice == 1) {
            unsigned count = 1 + value % 6;

            for (unsigned n = page; n < page + count && n < PAGES; n++) {
                is_loaded[n] = false;
                for (unsigned m = 0; m < MAPS; m++) {
                    is_own[m][n] = false;
                }
            }
            windows_unmap(&windows, address, count * P);
        } else if (choice < 4 && step % 64 == 0) {
            map_detach(maps[i]);
            memset(is_own[i], 0, sizeof(is_own[i]));
            CHECK_EQUAL(map_attach(maps[i], &windows), 0);
        } else if (choice < 8) {
            CHECK_EQUAL(world_store(maps[i], address, value), is_loaded[page] && is_writable[page] ? 0 : -EFAULT);
            if (is_loaded[page] && is_writable[page]) {
                is_own[i][page] = true;
                copies[i][page] = value;
            }
        } else {
            CHECK_EQUAL(world_load(maps[i], address, &byte), is_loaded[page] ? 0 : -EFAULT);
            CHECK(!is_loaded[page] || byte == (is_own[i][page] ? copies[i][page] : pristine[page]));
        }
        if (step % 500 == 0) {
            audit();
        }
    }
    end();
}
