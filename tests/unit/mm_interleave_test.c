/* What two and three harts do in mm at once, in every order: see interleave.h. */
#include "interleave.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "harts.h"
#include "mm_world.h"
#include "object.h"
#include "table.h"

#define BASE 0x20000ull
#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE

static struct map *maps[3];
static uint64_t free_before;
static int results[3];

static void start(unsigned map_count)
{
    stub_machine = (struct stub_machine){ .hart_count = 3, .asid_bits = 16, .fences_pages = true, .prefetch = 4 };
    world_start_on_machine(2 << 20);
    free_before = world_free();
    for (unsigned i = 0; i < map_count; i++) {
        maps[i] = world_map();
    }
}

static void finish(unsigned map_count)
{
    for (unsigned i = 0; i < map_count; i++) {
        map_destroy(maps[i]);
        maps[i] = NULL;
    }
    world_audit(NULL, NULL, NULL, NULL);
    CHECK_EQUAL(world_free(), free_before);
}

/* --- One page of a shared object */

static struct object *object;

static void shared_begin(unsigned map_count)
{
    start(map_count);
    CHECK_EQUAL(object_create_anonymous(2 * P, &object), 0);
    for (unsigned i = 0; i < map_count; i++) {
        CHECK_EQUAL(world_add_object(maps[i], BASE, 2, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    }
}

static void shared_two_begin(void)
{
    shared_begin(2);
}

static void shared_three_begin(void)
{
    shared_begin(3);
}

static void shared_store(void)
{
    unsigned self = arch_hart_index();

    CHECK_EQUAL(world_store(maps[self], BASE + self, (uint8_t)(self + 1)), 0);
    world_expect(maps[self], BASE + self, (uint8_t)(self + 1));
}

static void shared_end(unsigned map_count)
{
    for (unsigned i = 0; i < map_count; i++) {
        for (unsigned byte = 0; byte < map_count; byte++) {
            world_expect(maps[i], BASE + byte, (uint8_t)(byte + 1));
        }
    }
    world_audit(maps[0], maps[1], maps[2], NULL);
    object_put(object);
    finish(map_count);
}

static void shared_two_end(void)
{
    shared_end(2);
}

static void shared_three_end(void)
{
    shared_end(3);
}

TEST(two_harts_that_fault_one_page_of_an_object_get_one_frame)
{
    static const struct interleave two = { shared_two_begin, { shared_store, shared_store }, shared_two_end };
    static const struct interleave three = { shared_three_begin,
                                             { shared_store, shared_store, shared_store },
                                             shared_three_end };

    CHECK(interleave_all("one page of an object", &two, 2) > 100);
    interleave_randomly("one page of an object, three harts", &three, 200);
}

/* --- The data window */

#define DATA (WINDOW_DATA_BASE + 0x200000ull)

static struct windows windows;

static void window_begin(void)
{
    start(2);
    CHECK_EQUAL(windows_init_relock(&windows, &account_supervisor), 0);
    CHECK_EQUAL(windows_reserve_relock(&windows, DATA, 2 * P), 0);
    for (unsigned i = 0; i < 2; i++) {
        paddr_t frame;

        CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frame), 0);
        memset(arch_direct(frame), (int)(0x80 + i), P);
        CHECK_EQUAL(windows_map(&windows, DATA + i * P, frame, PTE_R, true), 0);
        frame_put(frame);
        CHECK_EQUAL(map_attach(maps[i], &windows), 0);
    }
}

static void window_read_before_begin(void)
{
    window_begin();
    world_expect(maps[0], DATA, 0x80); /* the pristine table is linked */
}

static void window_written_before_begin(void)
{
    window_begin();
    CHECK_EQUAL(world_store(maps[0], DATA + P, 7), 0); /* there is a table of the map's own */
}

static void window_write(void)
{
    uint8_t byte = 0;

    results[0] = world_store(maps[0], DATA, 5);
    CHECK(results[0] == 0 || results[0] == -EFAULT);
    int error = world_load(maps[0], DATA, &byte);

    CHECK(error == -EFAULT || (results[0] == 0 && error == 0 && byte == 5));
}

static void window_unload(void)
{
    windows_unmap(&windows, DATA, P);
}

static void window_unload_all(void)
{
    windows_unmap(&windows, DATA, 2 * P);
}

static void window_read_other(void)
{
    uint8_t byte;
    int error = world_load(maps[1], DATA + P, &byte);

    CHECK(error == -EFAULT || (error == 0 && byte == 0x81));
}

static void window_end(void)
{
    uint8_t byte;

    CHECK_EQUAL(world_load(maps[0], DATA, &byte), -EFAULT);
    CHECK_EQUAL(world_load(maps[1], DATA, &byte), -EFAULT);
    world_audit(maps[0], maps[1], NULL, &windows);
    map_detach(maps[0]);
    map_detach(maps[1]);
    windows_destroy(&windows);
    finish(2);
}

TEST(a_fault_in_the_data_window_meets_an_unload)
{
    static const struct interleave cases[] = {
        { window_begin, { window_write, window_unload }, window_end },
        { window_begin, { window_write, window_unload_all }, window_end },
        { window_begin, { window_write, window_unload_all, window_read_other }, window_end },
    };

    interleave_all("store in the data window, unload", &cases[0], 3);
    interleave_all("store in the data window, unload of its table", &cases[1], 3);
    interleave_randomly("store and load in the data window, unload", &cases[2], 200);
}

TEST(a_private_copy_meets_an_unload)
{
    static const struct interleave cases[] = {
        { window_read_before_begin, { window_write, window_unload }, window_end },
        { window_read_before_begin, { window_write, window_unload_all, window_read_other }, window_end },
        { window_written_before_begin, { window_write, window_unload }, window_end },
        { window_written_before_begin, { window_write, window_unload_all, window_read_other }, window_end },
    };

    interleave_all("store over a link, unload", &cases[0], 3);
    interleave_all("store over a link, unload of its table, load", &cases[1], 1);
    interleave_all("store in an own table, unload", &cases[2], 3);
    interleave_all("store in an own table, unload of it, load", &cases[3], 1);
}

/* --- The last frames */

#define LAST_FRAMES 4u

static paddr_t taken[3][LAST_FRAMES + 1];
static unsigned taken_count[3];

static bool nothing_to_reclaim(void)
{
    return false;
}

static void last_frames_begin(void)
{
    paddr_t frame;

    start(0);
    frame_set_reclaim(nothing_to_reclaim);
    while (frame_free_count() > LAST_FRAMES) {
        CHECK_EQUAL(frame_alloc(FRAME_SUPERVISOR, &account_supervisor, &frame), 0);
    }
    memset(taken_count, 0, sizeof(taken_count));
}

static void take_until_none_is_left(void)
{
    unsigned self = arch_hart_index();
    paddr_t frame;

    while (frame_alloc_zeroed_relock(FRAME_PAGE, &account_supervisor, &frame) == 0) {
        const uint64_t *words = arch_direct(frame);

        CHECK_EQUAL(words[0] | words[P / sizeof(*words) - 1], 0);
        taken[self][taken_count[self]++] = frame;
    }
}

static void last_frames_end(void)
{
    CHECK_EQUAL(frame_free_count(), 0);
    CHECK_EQUAL(taken_count[0] + taken_count[1] + taken_count[2], LAST_FRAMES);
    for (unsigned hart = 0; hart < 3; hart++) {
        for (unsigned i = 0; i < taken_count[hart]; i++) {
            CHECK_EQUAL(frame_of(taken[hart][i])->ref_count, 1);
            frame_put(taken[hart][i]);
        }
    }
    CHECK_EQUAL(frame_free_count(), LAST_FRAMES);
}

TEST(harts_that_take_the_last_frames_get_each_once)
{
    static const struct interleave two = { last_frames_begin,
                                           { take_until_none_is_left, take_until_none_is_left },
                                           last_frames_end };
    static const struct interleave three = { last_frames_begin,
                                             { take_until_none_is_left, take_until_none_is_left,
                                               take_until_none_is_left },
                                             last_frames_end };

    interleave_all("the last frames", &two, 3);
    interleave_randomly("the last frames, three harts", &three, 200);
}

/* --- Frames that are shared until they are written */

static void copies_begin(void)
{
    shared_begin(0);
    maps[0] = world_map();
    maps[1] = world_map();
    paddr_t frame;

    CHECK_EQUAL(object_page_own_relock(object, 0, account_root(), &frame), 0);
    memset(arch_direct(frame), 0x33, P);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQUAL(world_add_object(maps[i], BASE, 1, R | W, MAP_ENTRY_PRIVATE, object, 0), 0);
        world_expect(maps[i], BASE, 0x33);
    }
    harts_leave(maps[1]);
    object_put(object); /* the maps' entries are the last to hold it */
}

static void copies_write(void)
{
    world_expect(maps[0], BASE, 0x33);
    CHECK_EQUAL(world_store(maps[0], BASE, 1), 0);
    world_expect(maps[0], BASE, 1);
    world_expect(maps[0], BASE + 1, 0x33);
}

static void copies_destroy(void)
{
    map_destroy(maps[1]);
    maps[1] = NULL;
}

static void copies_end(void)
{
    world_expect(maps[0], BASE, 1);
    world_expect(maps[0], BASE + 1, 0x33);
    world_audit(maps[0], NULL, NULL, NULL);
    finish(1);
}

static void take_and_spoil(void)
{
    paddr_t frame;

    for (unsigned i = 0; i < 8; i++) { /* what has just been freed is given out, and written to, at once */
        CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &frame), 0);
        memset(arch_direct(frame), 0xee, P);
        frame_put(frame);
        arch_unlock();
        arch_lock();
    }
}

TEST(a_map_that_ends_meets_a_copy_of_a_page_that_it_shared)
{
    static const struct interleave two = { copies_begin, { copies_write, copies_destroy }, copies_end };
    static const struct interleave three = { copies_begin,
                                             { copies_write, copies_destroy, take_and_spoil },
                                             copies_end };

    interleave_all("copy on write, end of the other map", &two, 4);
    interleave_randomly("copy on write, end of the other map, frames reused", &three, 200);
}

/* --- An object that is cut while its pages are faulted in, copied, or written */

#define BUFFER 0x400000ull /* private memory of maps[0] */

static void cut_begin(uint8_t sharing, bool has_page)
{
    paddr_t frame;

    start(2);
    CHECK_EQUAL(object_create_anonymous(2 * P, &object), 0);
    if (has_page) {
        CHECK_EQUAL(object_page_own_relock(object, 1, account_root(), &frame), 0);
        memset(arch_direct(frame), 0x44, P);
    }
    CHECK_EQUAL(world_add_object(maps[0], BASE, 2, R | W, sharing, object, 0), 0);
    CHECK_EQUAL(world_add_object(maps[1], BASE, 2, R | W, MAP_ENTRY_SHARED, object, 0), 0);
}

static void cut_shared_begin(void)
{
    cut_begin(MAP_ENTRY_SHARED, false);
}

static void cut_private_begin(void)
{
    cut_begin(MAP_ENTRY_PRIVATE, true);
}

static void cut_private_read_before_begin(void)
{
    cut_begin(MAP_ENTRY_PRIVATE, true);
    world_expect(maps[0], BASE + P + 1, 0x44);
}

static void cut_store(void)
{
    results[0] = world_store(maps[0], BASE + P, 5);
    CHECK(results[0] == 0 || results[0] == -ENXIO);
}

static void cut_write(void)
{
    results[0] = map_write_relock(maps[0], BASE + P, &(uint8_t){ 5 }, 1);
    CHECK(results[0] == 0 || results[0] == -ENXIO);
}

static void cut_write_present(void)
{
    uint8_t bytes[] = { 5, 0 };

    results[0] = map_write_present(maps[0], BASE + P, bytes, 1);
    CHECK(results[0] == -EAGAIN);
    results[0] = map_write_relock(maps[0], BASE + 2 * P - 1, &bytes[1], 1);
    CHECK_EQUAL(map_write_present(maps[0], BASE + P, bytes, 1), results[0] == 0 ? 0 : -EAGAIN);
}

static void cut_store_other(void)
{
    results[1] = world_store(maps[1], BASE + P, 5);
    CHECK(results[1] == 0 || results[1] == -ENXIO);
}

static void cut(void)
{
    CHECK_EQUAL(object_resize(object, P), 0);
}

static void cut_and_grow(void)
{
    CHECK_EQUAL(object_resize(object, P), 0);
    arch_unlock();
    arch_lock();
    CHECK_EQUAL(object_resize(object, 2 * P), 0);
}

static void punch(void)
{
    CHECK_EQUAL(object_punch(object, P, 2 * P), 0);
}

/* What maps[0] shows is its store, on what was there before the cut or on zeros, or nothing of it. */
static void cut_end(void)
{
    bool is_cut = object->size_bytes == P;
    uint8_t byte, other;
    int error = world_load(maps[0], BASE + P, &byte);

    CHECK(error == 0 || (is_cut && error == -ENXIO));
    if (error == 0) {
        CHECK(byte == 5 || byte == 0);
        CHECK_EQUAL(world_load(maps[0], BASE + P + 2, &other), 0);
        CHECK(other == 0 || (other == 0x44 && byte == 5));
    }
    CHECK_EQUAL(world_load(maps[1], BASE + P, &byte), is_cut ? -ENXIO : 0);
    CHECK(is_cut || byte == 0 || byte == 5);
    world_audit(maps[0], maps[1], NULL, NULL);
    object_put(object);
    finish(2);
}

TEST(a3_a_fault_meets_the_cut_of_its_object)
{
    static const struct interleave cases[] = {
        { cut_shared_begin, { cut_store, cut }, cut_end },
        { cut_shared_begin, { cut_store, cut_and_grow }, cut_end },
        { cut_private_begin, { cut_store, cut }, cut_end },
        { cut_private_begin, { cut_store, cut_and_grow }, cut_end },
        { cut_private_read_before_begin, { cut_store, cut_and_grow }, cut_end },
        { cut_private_read_before_begin, { cut_store, punch }, cut_end },
        { cut_private_read_before_begin, { cut_store, cut_store_other, cut_and_grow }, cut_end },
        { cut_private_begin, { cut_store, cut, take_and_spoil }, cut_end },
        { cut_private_begin, { cut_write, punch }, cut_end },
        { cut_private_read_before_begin, { cut_write, cut_and_grow }, cut_end },
        { cut_private_begin, { cut_write_present, cut }, cut_end },
        { cut_shared_begin, { cut_write_present, cut }, cut_end },
    };

    interleave_all("shared store, cut", &cases[0], 3);
    interleave_all("shared store, cut and growth", &cases[1], 2);
    interleave_all("private store, cut", &cases[2], 3);
    interleave_all("private store, cut and growth", &cases[3], 2);
    interleave_all("private store over a page that was read, cut and growth", &cases[4], 2);
    interleave_all("private store over a page that was read, hole", &cases[5], 3);
    interleave_all("private write for a task, hole", &cases[8], 3);
    interleave_all("private write for a task over a page that was read, cut and growth", &cases[9], 2);
    interleave_all("private write without the lock ever dropped, cut", &cases[10], 3);
    interleave_all("shared write without the lock ever dropped, cut", &cases[11], 3);
    interleave_randomly("private and shared store, cut and growth", &cases[6], 200);
    interleave_randomly("private store, cut, frames reused", &cases[7], 200);
}

static void write_begin(void)
{
    cut_begin(MAP_ENTRY_SHARED, false);
    CHECK_EQUAL(world_add(maps[0], BUFFER, 2, R | W), 0);
    CHECK_EQUAL(world_store(maps[0], BUFFER + P - 1, 6), 0);
}

/* Its second page is faulted in while it is copied. */
static void write_bytes(void)
{
    world_expect(maps[0], BUFFER + P - 1, 6); /* this hart runs in the map */
    CHECK_EQUAL(object_copy_in_relock(object, account_root(), 2 * P - 1, uaddr(BUFFER + P - 1), 2), 2);
}

/* While the write is under way nothing moves its end. */
static void cut_or_wait(void)
{
    uint64_t size = object->size_bytes;
    int error = object_resize(object, P);

    CHECK(error == 0 || (error == -EBUSY && object->size_bytes == size));
    error = object_seal(object, ABI_F_SEAL_GROW | ABI_F_SEAL_WRITE);
    CHECK_EQUAL(error, -EBUSY); /* a map could write */
}

static void write_end(void)
{
    uint8_t bytes[2] = { 9, 9 };

    CHECK(object->size_bytes == 2 * P + 1 || object->size_bytes == P);
    if (object->size_bytes > P) {
        CHECK_EQUAL(object_read(object, 2 * P - 1, bytes, 2), 0);
        CHECK(bytes[0] == 6 && bytes[1] == 0);
    }
    CHECK_EQUAL(object->writers, 0);
    world_audit(maps[0], maps[1], NULL, NULL);
    object_put(object);
    finish(2);
}

static void read_bytes(void)
{
    uint8_t byte;

    world_expect(maps[0], BUFFER + P - 1, 6);
    int64_t result = object_copy_out_relock(object, P, uaddr(BUFFER), 2);

    CHECK(result == 0 || result == 2);
    CHECK_EQUAL(world_load(maps[0], BUFFER, &byte), 0);
    CHECK(byte == 0 || byte == 5);
}

static void read_end(void)
{
    world_audit(maps[0], maps[1], NULL, NULL);
    object_put(object);
    finish(2);
}

TEST(a3_a_write_and_a_read_meet_the_cut_of_their_object)
{
    static const struct interleave cases[] = {
        { write_begin, { write_bytes, cut_or_wait }, write_end },
        { write_begin, { read_bytes, cut_store_other, cut_and_grow }, read_end },
    };

    interleave_all("write, cut", &cases[0], 3);
    interleave_randomly("read, store, cut and growth", &cases[1], 200);
}
