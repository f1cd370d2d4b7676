/* mm/map_fork.c: a copy of a map, in which nothing of the original can be told apart until one of the two is written. */
#include "map.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "harts.h"
#include "interleave.h"
#include "mm_world.h"
#include "object.h"
#include "table.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE
#define BASE 0x20000ull
#define FAR 0x1234560000ull
#define TEXT WINDOW_TEXT_BASE
#define DATA WINDOW_DATA_BASE
#define TABLE_BYTES (2ull << 20)

static struct windows windows;
static uint64_t free_at_start;

static pte_t leaf(struct map *map, uint64_t address)
{
    struct table_place place;

    return table_walk(map->space.root, address, &place);
}

static struct object *anonymous(uint64_t pages)
{
    struct object *object;

    CHECK_EQUAL(object_create_anonymous(pages * P, &object), 0);
    return object;
}

/* A copy that is to succeed, attached like @from. */
static struct map *fork_of(struct map *from)
{
    struct map *to = world_map();

    CHECK(from->windows == NULL || map_attach(to, from->windows) == 0);
    CHECK_EQUAL(map_fork_relock(from, to), 0);
    return to;
}

static void drop(struct map *map)
{
    if (map->windows != NULL) {
        map_detach(map);
    }
    map_destroy(map);
}

static void start(uint64_t ram_bytes)
{
    world_start(ram_bytes);
    free_at_start = world_free();
}

static void end(void)
{
    world_audit(NULL, NULL, NULL, NULL);
    CHECK_EQUAL(world_free(), free_at_start);
}

/* The same entries, in a tree of the same shape. */
static void check_alike(struct map *first, struct map *second)
{
    struct map_entry *one = map_first(first), *other = map_first(second);

    CHECK_EQUAL(first->entry_count, second->entry_count);
    for (; one != NULL && other != NULL; one = map_following(one), other = map_following(other)) {
        CHECK(one->start == other->start && one->end == other->end && one->object == other->object);
        CHECK(one->object_page == other->object_page && one->sharing == other->sharing);
        CHECK(one->protection == other->protection && one->max_protection == other->max_protection);
        CHECK_EQUAL(one->node.height, other->node.height);
    }
    CHECK(one == NULL && other == NULL);
    CHECK(first->heap_start == second->heap_start && first->heap_end == second->heap_end);
    CHECK(memcmp(&first->area_room, &second->area_room, sizeof(first->area_room)) == 0);
    CHECK(memcmp(&first->large_room, &second->large_room, sizeof(first->large_room)) == 0);
}

TEST(a_copy_has_every_entry_and_a_tree_as_balanced)
{
    start(8 << 20);
    struct object *object = anonymous(4);
    struct map *map = world_map();

    for (uint64_t i = 0; i < 100; i++) { /* in an order that turns the tree over and over; never two that merge */
        uint64_t at = i * 37 % 100;

        CHECK_EQUAL(world_add_object(map, BASE + 2 * at * P, 1, at % 3 == 0 ? R : R | W,
                                     at % 5 == 0 ? MAP_ENTRY_SHARED : MAP_ENTRY_PRIVATE, at % 5 < 2 ? object : NULL,
                                     at % 5 < 2 ? at % 4 : 0),
                    0);
    }
    map->heap_start = map->heap_end = MAP_IMAGE_START;
    CHECK_EQUAL(map_set_break(map, MAP_IMAGE_START + 5), MAP_IMAGE_START + 5);
    struct map *copy = fork_of(map);

    check_alike(map, copy);
    world_audit(map, copy, NULL, NULL);
    CHECK_EQUAL(map_set_break(copy, MAP_IMAGE_START + 3 * P), MAP_IMAGE_START + 3 * P);
    CHECK_EQUAL(map_remove(copy, BASE, 100 * P), 0);
    CHECK_EQUAL(map->entry_count, 101);
    world_audit(map, copy, NULL, NULL);
    drop(map);
    world_audit(copy, NULL, NULL, NULL);
    drop(copy);
    object_put(object);
    end();
}

TEST(an_empty_map_and_one_that_was_never_touched_are_copied_without_tables)
{
    start(4 << 20);
    struct map *empty = world_map(), *copy = fork_of(empty);

    CHECK_EQUAL(copy->entry_count, 0);
    drop(copy);
    CHECK_EQUAL(world_add(empty, BASE, 4, R | W), 0);
    CHECK_EQUAL(world_add(empty, MAP_LARGE_START, 1ull << 25, R | W), 0); /* 128 GiB */
    uint64_t free = world_free();

    copy = fork_of(empty);
    CHECK_EQUAL(world_free(), free - 1); /* the root; entries are in a page that is there */
    check_alike(empty, copy);
    world_expect(copy, MAP_LARGE_START + (1ull << 36), 0);
    drop(copy);
    drop(empty);
    end();
}

TEST(each_of_two_sees_its_own_stores_and_what_was_there_before)
{
    start(8 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 4, R | W), 0);
    CHECK_EQUAL(world_add(map, FAR, 600, R | W), 0); /* in two tables, of another slot */
    CHECK_EQUAL(world_store(map, BASE + P + 7, 1), 0);
    CHECK_EQUAL(world_store(map, FAR + 3 * P, 2), 0);
    CHECK_EQUAL(world_store(map, FAR + 599 * P, 3), 0);
    world_expect(map, BASE, 0);
    struct map *copy = fork_of(map);

    world_audit(map, copy, NULL, NULL);
    CHECK_EQUAL(leaf(map, FAR + 3 * P), leaf(copy, FAR + 3 * P));
    CHECK_EQUAL(leaf(copy, BASE) & PTE_W, 0);
    CHECK_EQUAL(world_store(copy, BASE + P + 7, 11), 0);
    CHECK_EQUAL(world_store(map, FAR + 3 * P, 12), 0);
    CHECK_EQUAL(world_store(map, BASE, 13), 0);
    world_expect(map, BASE + P + 7, 1);
    world_expect(copy, FAR + 3 * P, 2);
    world_expect(copy, BASE, 0);
    world_expect(copy, BASE + P + 7, 11);
    world_expect(copy, FAR + 599 * P, 3);
    world_audit(map, copy, NULL, NULL);
    drop(map);
    world_expect(copy, FAR + 3 * P, 2);
    world_audit(copy, NULL, NULL, NULL);
    drop(copy);
    end();
}

TEST(the_last_one_takes_the_page_that_it_stores_to)
{
    start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(world_store(map, BASE + P, 1), 0);
    struct map *copy = fork_of(map);
    uint64_t copied = stub_counts.pages_copied;

    CHECK_EQUAL(world_store(copy, BASE, 2), 0);
    CHECK_EQUAL(stub_counts.pages_copied, copied + 1);
    CHECK_EQUAL(world_store(map, BASE, 3), 0); /* the other one has its own by now */
    drop(copy);
    CHECK_EQUAL(world_store(map, BASE + P, 4), 0);
    CHECK_EQUAL(stub_counts.pages_copied, copied + 1);
    world_expect(map, BASE, 3);
    world_expect(map, BASE + P, 4);
    drop(map);
    end();
}

TEST(a6_of_three_generations_the_middle_one_goes_and_nobody_has_a_stale_mapping)
{
    start(8 << 20);
    struct map *old = world_map();
    paddr_t reused[24];

    CHECK_EQUAL(world_add(old, BASE, 8, R | W), 0);
    for (uint64_t i = 0; i < 8; i++) {
        CHECK_EQUAL(world_store(old, BASE + i * P, (uint8_t)(0x10 + i)), 0);
    }
    struct map *middle = fork_of(old);

    CHECK_EQUAL(world_store(middle, BASE, 0x20), 0);
    CHECK_EQUAL(world_store(middle, BASE + P, 0x21), 0);
    struct map *young = fork_of(middle);

    CHECK_EQUAL(world_store(middle, BASE + 2 * P, 0x32), 0);
    CHECK_EQUAL(world_store(middle, BASE, 0x30), 0);
    world_audit(old, middle, young, NULL);
    drop(middle);
    for (unsigned i = 0; i < 24; i++) { /* what it has given back is somebody else's now */
        CHECK_EQUAL(frame_alloc(FRAME_PAGE, account_root(), &reused[i]), 0);
        memset(arch_direct(reused[i]), 0xee, P);
    }
    for (uint64_t i = 0; i < 8; i++) {
        world_expect(old, BASE + i * P, (uint8_t)(0x10 + i));
        world_expect(young, BASE + i * P, (uint8_t)(i < 2 ? 0x20 + i : 0x10 + i));
    }
    for (unsigned i = 0; i < 24; i++) {
        frame_put(reused[i]);
    }
    world_audit(old, young, NULL, NULL);
    drop(old);
    CHECK_EQUAL(world_store(young, BASE + 7 * P, 0x47), 0);
    world_expect(young, BASE + 6 * P, 0x16);
    drop(young);
    end();
}

TEST(a7_a_copy_of_what_was_never_read_shows_zeros_and_keeps_its_stores)
{
    start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 3, R | W), 0);
    struct map *copy = fork_of(map);

    CHECK_EQUAL(world_store(copy, BASE, 1), 0);
    world_expect(map, BASE, 0);
    CHECK_EQUAL(world_store(map, BASE + P, 2), 0);
    world_expect(copy, BASE + P, 0);
    world_expect(copy, BASE + 1, 0);
    world_expect(map, BASE + 2 * P, 0);
    CHECK_EQUAL(*(uint8_t *)arch_direct(frame_zero()), 0);
    world_audit(map, copy, NULL, NULL);
    drop(map);
    drop(copy);
    CHECK_EQUAL(frame_of(frame_zero())->ref_count, 1);
    end();
}

TEST(c21_a_copied_page_has_no_byte_of_what_its_frame_held)
{
    start(4 << 20);
    struct map *map = world_map();
    paddr_t dirty[32];

    CHECK_EQUAL(world_add(map, BASE, 1, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE + 9, 9), 0);
    for (unsigned i = 0; i < 32; i++) {
        CHECK_EQUAL(frame_alloc(FRAME_PAGE, account_root(), &dirty[i]), 0);
        memset(arch_direct(dirty[i]), 0xee, P);
    }
    for (unsigned i = 0; i < 32; i++) {
        frame_put(dirty[i]);
    }
    struct map *copy = fork_of(map); /* its tables are in such frames too: the audit counts their entries */

    world_audit(map, copy, NULL, NULL);
    CHECK_EQUAL(world_store(copy, BASE, 1), 0);
    for (uint64_t i = 1; i < P; i++) {
        world_expect(copy, BASE + i, i == 9 ? 9 : 0);
    }
    drop(map);
    drop(copy);
    end();
}

TEST(shared_memory_stays_shared_and_writable)
{
    start(8 << 20);
    struct object *object = anonymous(4);
    struct map *map = world_map();

    CHECK_EQUAL(world_add_object(map, BASE, 4, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(map, FAR, 4, R | W, MAP_ENTRY_PRIVATE, object, 0), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(world_store(map, FAR + P, 2), 0);
    struct map *copy = fork_of(map);
    uint64_t faults = stub_counts.faults;

    CHECK((leaf(copy, BASE) & PTE_W) != 0 && leaf(copy, BASE) == leaf(map, BASE));
    CHECK_EQUAL(leaf(map, FAR + P) & PTE_W, 0);
    CHECK_EQUAL(world_store(copy, BASE + 1, 3), 0);
    CHECK_EQUAL(stub_counts.faults, faults);
    world_expect(map, BASE + 1, 3);
    CHECK_EQUAL(world_store(copy, BASE + 3 * P, 4), 0); /* a page that was not there when it was copied */
    world_expect(map, BASE + 3 * P, 4);
    world_expect(map, FAR + 3 * P, 4);
    CHECK_EQUAL(world_store(map, FAR + P, 5), 0);
    world_expect(copy, FAR + P, 2);
    world_expect(copy, BASE + P, 0);
    world_audit(map, copy, NULL, NULL);
    drop(map);
    object_put(object);
    world_expect(copy, BASE, 1);
    drop(copy);
    end();
}

TEST(a_page_without_access_is_held_by_both)
{
    start(4 << 20);
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, ABI_PROT_NONE), 0);
    struct map *copy = fork_of(map);
    uint8_t byte;

    world_audit(map, copy, NULL, NULL);
    CHECK_EQUAL(world_load(copy, BASE, &byte), -EFAULT);
    CHECK_EQUAL(map_protect(copy, BASE, P, R | W), 0);
    world_expect(copy, BASE, 1);
    CHECK_EQUAL(world_store(copy, BASE, 2), 0);
    CHECK_EQUAL(map_protect(map, BASE, P, R), 0);
    world_expect(map, BASE, 1);
    world_audit(map, copy, NULL, NULL);
    drop(copy);
    drop(map);
    end();
}

TEST(the_original_is_flushed_once_a_table_and_only_when_it_loses_a_right)
{
    start(4 << 20);
    harts_keep_still();
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BASE, 2048, R | W), 0);
    for (uint64_t i = 0; i < 2048; i += 256) {
        CHECK_EQUAL(world_store(map, BASE + i * P, 1), 0);
    }
    struct map *copy = world_map();
    uint64_t flushes = stub_counts.flushes;

    CHECK_EQUAL(map_fork_relock(map, copy), 0);
    CHECK_EQUAL(stub_counts.flushes, flushes + 4);
    struct map *second = world_map();

    flushes = stub_counts.flushes;
    CHECK_EQUAL(map_fork_relock(map, second), 0);
    CHECK_EQUAL(stub_counts.flushes, flushes);
    drop(second);
    drop(copy);
    drop(map);
    end();
}

TEST(c9_code_of_the_task_s_own_is_fetched_anew_where_the_copy_runs)
{
    start(4 << 20);
    struct map *map = world_map();
    uint8_t byte = 0;

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 0x13), 0);
    CHECK_EQUAL(map_protect(map, BASE, 2 * P, R | X), 0);
    CHECK_EQUAL(world_fetch(map, BASE, &byte), 0);
    struct map *copy = fork_of(map);

    for (unsigned hart = 0; hart < 8; hart++) {
        CHECK_EQUAL(world_fetch(copy, BASE, &byte), 0);
        CHECK_EQUAL(byte, 0x13);
    }
    world_audit(map, copy, NULL, NULL);
    drop(map);
    CHECK_EQUAL(world_fetch(copy, BASE, &byte), 0);
    drop(copy);
    end();
}

TEST(a14_a_page_with_all_its_references_is_not_copied)
{
    start(4 << 20);
    struct map *map = world_map(), *copy = world_map();

    CHECK_EQUAL(world_add(map, BASE, 2, R | W), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(world_store(map, BASE + P, 1), 0);
    struct frame *frame = frame_of(pte_frame(leaf(map, BASE + P)));

    frame->ref_count = FRAME_REFERENCES_MAX;
    CHECK_EQUAL(map_fork_relock(map, copy), -ENOMEM);
    CHECK_EQUAL(frame->ref_count, FRAME_REFERENCES_MAX);
    drop(copy);
    frame->ref_count = 1;
    CHECK_EQUAL(world_store(map, BASE, 2), 0);
    world_audit(map, NULL, NULL, NULL);
    drop(map);
    end();
}

/* --- The windows */

static void load_page(uint64_t address, uint8_t value, bool writable)
{
    paddr_t frame;

    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
    memset(arch_direct(frame), value, P);
    CHECK_EQUAL(windows_map(&windows, address, frame, address >= DATA ? PTE_R : PTE_R | PTE_X, writable), 0);
    frame_put(frame);
}

/* Two data pages in each of two tables, and one page of text. */
static void load(void)
{
    CHECK_EQUAL(windows_init_relock(&windows, &account_supervisor), 0);
    load_page(TEXT, 0x10, false);
    load_page(DATA, 0x80, true);
    load_page(DATA + P, 0x81, true);
    load_page(DATA + TABLE_BYTES, 0x82, true);
    load_page(DATA + TABLE_BYTES + P, 0x83, false);
}

static struct map *attached_map(void)
{
    struct map *map = world_map();

    CHECK_EQUAL(map_attach(map, &windows), 0);
    return map;
}

TEST(private_copies_of_the_data_window_are_copied_and_links_are_linked)
{
    start(8 << 20);
    load();
    struct map *map = attached_map();
    uint8_t byte;

    CHECK_EQUAL(world_store(map, DATA, 1), 0);
    world_expect(map, DATA + TABLE_BYTES, 0x82);
    struct map *copy = fork_of(map);

    world_audit(map, copy, NULL, &windows);
    CHECK((leaf(copy, DATA) & (PTE_W | PTE_COPY_ON_WRITE)) == PTE_COPY_ON_WRITE);
    CHECK_EQUAL(leaf(copy, DATA + TABLE_BYTES), windows_entry(&windows, DATA + TABLE_BYTES));
    CHECK_EQUAL(world_fetch(copy, TEXT, &byte), 0);
    CHECK_EQUAL(world_store(copy, DATA + 1, 2), 0);
    CHECK_EQUAL(world_store(copy, DATA + P, 3), 0);
    CHECK_EQUAL(world_store(map, DATA + TABLE_BYTES, 4), 0);
    CHECK_EQUAL(world_store(copy, DATA + TABLE_BYTES + P, 5), -EFAULT);
    world_expect(map, DATA, 1);
    world_expect(map, DATA + 1, 0x80);
    world_expect(map, DATA + P, 0x81);
    world_expect(copy, DATA, 1);
    world_expect(copy, DATA + TABLE_BYTES, 0x82);
    world_audit(map, copy, NULL, &windows);
    CHECK_EQUAL(world_store(map, DATA, 6), 0); /* its alone by now */
    world_audit(map, copy, NULL, &windows);
    windows_unmap(&windows, DATA, 2 * P);
    CHECK_EQUAL(world_load(copy, DATA, &byte), -EFAULT);
    CHECK_EQUAL(world_load(map, DATA, &byte), -EFAULT);
    world_audit(map, copy, NULL, &windows);
    drop(map);
    world_expect(copy, DATA + TABLE_BYTES, 0x82);
    drop(copy);
    windows_destroy(&windows);
    end();
}

TEST(a6_three_generations_of_library_data)
{
    start(8 << 20);
    load();
    struct map *old = attached_map();

    CHECK_EQUAL(world_store(old, DATA, 1), 0);
    struct map *middle = fork_of(old);

    CHECK_EQUAL(world_store(middle, DATA + P, 2), 0);
    struct map *young = fork_of(middle);

    CHECK_EQUAL(world_store(middle, DATA, 3), 0);
    drop(middle);
    CHECK_EQUAL(world_store(old, DATA + P, 4), 0);
    world_expect(young, DATA, 1);
    world_expect(young, DATA + P, 2);
    world_expect(old, DATA, 1);
    world_audit(old, young, NULL, &windows);
    drop(old);
    CHECK_EQUAL(world_store(young, DATA, 5), 0);
    world_expect(young, DATA + 1, 0x80);
    drop(young);
    windows_destroy(&windows);
    end();
}

/* --- No memory */

/* Something of everything. */
static struct map *rich_map(struct object *object)
{
    struct map *map = attached_map();

    CHECK_EQUAL(world_add(map, BASE, 4, R | W), 0);
    CHECK_EQUAL(world_add_object(map, FAR, 4, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(map, FAR + (8ull << 30), 4, R | W, MAP_ENTRY_PRIVATE, object, 0), 0);
    CHECK_EQUAL(world_store(map, BASE, 1), 0);
    CHECK_EQUAL(world_store(map, FAR, 2), 0);
    CHECK_EQUAL(world_store(map, FAR + (8ull << 30) + P, 3), 0);
    CHECK_EQUAL(world_store(map, DATA, 4), 0);
    world_expect(map, DATA + TABLE_BYTES, 0x82);
    return map;
}

static void check_rich(struct map *map)
{
    world_expect(map, BASE, 1);
    world_expect(map, FAR, 2);
    world_expect(map, FAR + (8ull << 30), 2);
    world_expect(map, FAR + (8ull << 30) + P, 3);
    world_expect(map, DATA, 4);
    world_expect(map, DATA + P, 0x81);
    world_expect(map, DATA + TABLE_BYTES, 0x82);
}

TEST(a_copy_that_can_not_be_made_leaves_the_original_as_it_was)
{
    start(8 << 20);
    load();
    struct object *object = anonymous(4);
    struct map *map = rich_map(object);

    for (uint64_t n = 1;; n++) {
        struct map *copy = attached_map();
        uint64_t free = world_free();

        stub_fail_allocation(n);
        int error = map_fork_relock(map, copy);
        bool all_succeeded = stub_allocation_count() < n;

        stub_fail_allocation(0);
        CHECK_EQUAL(error, all_succeeded ? 0 : -ENOMEM);
        if (all_succeeded) {
            CHECK(n > 8);
            world_audit(map, copy, NULL, &windows);
            check_rich(map);
            check_rich(copy);
            drop(copy);
            break;
        }
        drop(copy);
        CHECK_EQUAL(world_free(), free + 1); /* the root */
        world_audit(map, NULL, NULL, &windows);
        check_rich(map);
        CHECK_EQUAL(world_store(map, BASE, 1), 0);
        CHECK_EQUAL(world_store(map, DATA, 4), 0);
    }
    drop(map);
    object_put(object);
    windows_destroy(&windows);
    end();
}

/* --- Harts */

static struct map *maps[2];
static struct object *object;
static bool was_copied;

static void begin(void)
{
    stub_machine = (struct stub_machine){ .hart_count = 3, .asid_bits = 16, .fences_pages = true, .prefetch = 4 };
    world_start_on_machine(2 << 20);
    free_at_start = world_free();
    was_copied = false;
    load();
    object = anonymous(4);
    maps[0] = rich_map(object);
    maps[1] = attached_map();
    CHECK_EQUAL(world_add_object(maps[1], FAR, 4, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    harts_leave(maps[0]);
}

/* Hart 0: the task forks, its child stores, and ends. */
static void copy_and_store(void)
{
    uint8_t byte = 0;

    world_expect(maps[0], BASE, 1);
    struct map *copy = fork_of(maps[0]);
    int error = world_store(copy, DATA, 7);

    CHECK(error == -EFAULT || error == 0);
    error = world_load(maps[0], DATA, &byte);
    CHECK(error == -EFAULT || (error == 0 && byte == 4));
    CHECK_EQUAL(world_store(copy, BASE, 5), 0);
    drop(copy);
    world_expect(maps[0], BASE, 1);
    was_copied = true;
}

static void unload(void)
{
    windows_unmap(&windows, DATA, 2 * P);
}

static void store_to_shared(void)
{
    CHECK_EQUAL(world_store(maps[1], FAR + 2 * P, 8), 0);
    CHECK_EQUAL(world_store(maps[1], FAR, 2), 0);
}

static void finish(void)
{
    CHECK(was_copied);
    world_audit(maps[0], maps[1], NULL, &windows);
    drop(maps[0]);
    drop(maps[1]);
    object_put(object);
    windows_destroy(&windows);
    end();
}

TEST(a_copy_meets_an_unload_of_what_it_copies)
{
    static const struct interleave cases[] = {
        { begin, { copy_and_store, unload }, finish },
        { begin, { copy_and_store, unload, store_to_shared }, finish },
    };

    interleave_all("fork, unload", &cases[0], 1);
    interleave_randomly("fork, unload, stores to a shared object", &cases[1], 60);
}

TEST(a_copy_meets_stores_to_a_shared_object)
{
    static const struct interleave cases[] = { { begin, { copy_and_store, store_to_shared }, finish } };

    interleave_all("fork, stores to a shared object", &cases[0], 1);
}
