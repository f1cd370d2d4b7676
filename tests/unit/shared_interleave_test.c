/* What two harts load and start at once, in every order: see interleave.h. */
#include "interleave.h"

#include "abi_errno.h"
#include "harts.h"
#include "shared_world.h"
#include "stub.h"

#define MEBIBYTE 0x100000ull

static struct object *libraries[2];
static int results[2];
static uint64_t free_before;
static struct program *programs[2];

static struct object *packed_library(uint64_t offset, uint8_t fill)
{
    struct plan plan = world_library(offset, 0x800, 0x800, 0x1000);

    world_pack(&plan); /* edges hold foreign bytes: pages are copied, and the lock dropped meanwhile */
    plan.fill = fill;
    return world_planned(&plan);
}

static void same_begin(void)
{
    world_start();
    libraries[0] = libraries[1] = packed_library(MEBIBYTE, 3);
    free_before = world_free_frames();
}

static void different_begin(void)
{
    world_start();
    libraries[0] = packed_library(MEBIBYTE, 3);
    libraries[1] = packed_library(2 * MEBIBYTE, 4);
    free_before = world_free_frames();
}

static void load(void)
{
    unsigned self = arch_hart_index();
    struct abi_region_loaded answer = world_untouched;

    results[self] = world_load(libraries[self], ABI_REGION_ANY_BASE, 0, &answer);
    CHECK(results[self] == 0 || (results[self] == -EBUSY && world_is_untouched(&answer)));
}

static void load_end(void)
{
    bool same = libraries[0] == libraries[1];

    world_audit();
    CHECK(results[0] == 0 || results[1] == 0);
    CHECK_EQUAL(region_current()->entry_count, same ? 1 : (results[0] == 0) + (results[1] == 0));
    for (unsigned i = 0; i < 2; i++) {
        struct abi_region_loaded answer;

        CHECK_EQUAL(world_load(libraries[i], ABI_REGION_ANY_BASE, 0, &answer), 0); /* who was told to wait: now */
        CHECK_EQUAL((answer.answer & ABI_REGION_PREVIOUSLY_LOADED) != 0, same || results[i] == 0);
    }
    world_audit();
    CHECK_EQUAL(region_current()->entry_count, same ? 1 : 2);
    for (unsigned i = 0; i < (same ? 1u : 2u); i++) {
        object_put(libraries[i]);
    }
    world_end();
}

TEST(two_harts_load_and_one_waits_or_hits)
{
    static const struct interleave same = { same_begin, { load, load }, load_end };
    static const struct interleave different = { different_begin, { load, load }, load_end };

    interleave_all("one image, two harts", &same, 3);
    interleave_all("two images, two harts", &different, 3);
}

static void program_begin(void)
{
    world_start();
    struct plan plan = world_program();

    world_pack(&plan);
    libraries[0] = libraries[1] = world_planned(&plan);
    free_before = world_free_frames();
}

static void acquire(void)
{
    unsigned self = arch_hart_index();
    struct image image = image_of(libraries[self]);

    results[self] = program_acquire_relock(&image, account_root(), &programs[self], NULL);
    CHECK(results[self] == 0 || results[self] == -EBUSY);
}

static void program_end(void)
{
    struct image image = image_of(libraries[0]);

    CHECK(results[0] == 0 || results[1] == 0);
    CHECK_EQUAL(load_hash_system()->entry_count, 1);
    for (unsigned i = 0; i < 2; i++) {
        if (results[i] != 0) {
            CHECK_EQUAL(program_acquire_relock(&image, account_root(), &programs[i], NULL), 0);
        }
    }
    CHECK(programs[0] == programs[1]);
    world_audit();
    program_put(programs[0]);
    program_put(programs[1]);
    shared_reclaim();
    CHECK_EQUAL(load_hash_system()->entry_count, 0);
    world_audit();
    CHECK_EQUAL(world_free_frames(), free_before);
    object_put(libraries[0]);
    world_end();
}

static void reclaim(void)
{
    shared_reclaim();
}

TEST(two_harts_start_a_program_and_one_waits_or_hits)
{
    static const struct interleave two = { program_begin, { acquire, acquire }, program_end };
    static const struct interleave three = { program_begin, { acquire, acquire, reclaim }, program_end };

    interleave_all("one program, two harts", &two, 3);
    interleave_all("one program, two harts, and frames are short", &three, 2);
}
