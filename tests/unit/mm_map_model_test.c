/*
 * The whole of mm's maps against a plain model (apps/bin/stress/model.h): random calls on several maps over the same
 * objects, with and without allocations that fail. The auditor looks after each step of the short sequences, and now
 * and then in the long ones.
 *
 * A failure prints the seed, the last steps, and the command that does the same again.
 */
#include "map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "harts.h"
#include "mm_world.h"
#include "model.h"

#define P PAGE_SIZE

#define OBJECTS 3
#define BUFFER 0x800000ull /* a page of each map, for what is written to objects */
#define SHOWN_STEPS 12
#define LONG_STEPS 100000
#define SHORT_STEPS 200
#define SHORT_RUNS 15
#define SHORT_AREA_PAGES 6
#define AUDIT_STEPS 100
#define COMPARE_STEPS 400
#define END_STEPS 5000

/* How a sequence is run. */
struct manner {
    const char *test;
    unsigned steps;
    bool is_audited; /* after each step */
    bool allocations_fail;
};

static struct map *maps[MODEL_MAPS];
static struct object *objects[OBJECTS];
static struct model_object model_objects[OBJECTS];
static struct model model;
static uint64_t choices; /* what is random, but no part of the steps */

static struct {
    const struct manner *manner;
    uint64_t seed;
    unsigned count; /* of steps begun */
    struct model_step steps[SHOWN_STEPS]; /* the last ones, at count % SHOWN_STEPS */
} run_now;

static void say_how_to_repeat(void)
{
    const char *variant = getenv("CHECK_VARIANT");
    unsigned shown = run_now.count < SHOWN_STEPS ? run_now.count : SHOWN_STEPS;
    char text[200];

    for (unsigned i = run_now.count - shown; i < run_now.count; i++) {
        model_describe(&run_now.steps[i % SHOWN_STEPS], text, sizeof(text));
        printf("step %u: %s\n", i + 1, text);
    }
    printf("seed %" PRIu64 ", step %u; to repeat: CHECK_VARIANT=%s MODEL_SEED=%" PRIu64
           " build/host/bin/mm_map_model_test %s\n",
           run_now.seed, run_now.count, variant == NULL ? "0" : variant, run_now.seed, run_now.manner->test);
    fflush(stdout);
}

static struct map *new_map(void)
{
    struct map *map = world_map();

    CHECK_EQUAL(world_add(map, BUFFER, 1, ABI_PROT_READ | ABI_PROT_WRITE), 0);
    return map;
}

/* Returns the free frames before anything was made. */
static uint64_t start(uint64_t seed)
{
    static const uint64_t sizes[OBJECTS] = { 8 * P, 20 * P, 5 * P + 1 };

    world_start(4 << 20);
    uint64_t before = world_free();

    memset(model_objects, 0, sizeof(model_objects));
    for (unsigned i = 0; i < OBJECTS; i++) {
        model_objects[i].size_bytes = sizes[i];
    }
    model_objects[0].is_file = true;
    for (unsigned page = 0; page < 8; page++) {
        model_objects[0].has_page[page] = true;
        for (unsigned probe = 0; probe < MODEL_PROBES; probe++) {
            model_objects[0].bytes[page][probe] = world_initrd_byte(page, model_offset(probe));
        }
    }
    CHECK_EQUAL(object_create_initrd(world_initrd(), sizes[0], &objects[0]), 0);
    CHECK_EQUAL(object_create_anonymous(sizes[1], &objects[1]), 0);
    CHECK_EQUAL(object_create_anonymous(sizes[2], &objects[2]), 0);
    for (unsigned i = 0; i < MODEL_MAPS; i++) {
        maps[i] = new_map();
    }
    model_init(&model, model_objects, OBJECTS, seed);
    choices = seed;
    return before;
}

static int do_mapping(const struct model_step *step)
{
    struct map_request request = {
        .start = model_address(step->first),
        .size_bytes = step->count * P,
        .object = step->object < 0 ? NULL : objects[step->object],
        .object_page = step->object_page,
        .protection = step->protection,
        .max_protection = step->max_protection,
        .sharing = step->is_shared ? MAP_ENTRY_SHARED : MAP_ENTRY_PRIVATE,
    };

    return step->kind == MODEL_ADD ? map_add(maps[step->map], &request) : map_replace(maps[step->map], &request);
}

static int do_move(const struct model_step *step)
{
    struct map_move move = {
        .start = model_address(step->first),
        .old_bytes = step->count * P,
        .new_bytes = step->new_count * P,
        .target = model_address(step->target),
        .place = MAP_MOVE_TARGET,
    };
    uint64_t start = move.target;
    int error = map_move_relock(maps[step->map], &move, &start);

    CHECK_EQUAL(start, move.target);
    return error;
}

/* The copy takes the place of another map. */
static int do_fork(const struct model_step *step)
{
    struct map *copy;
    int error = map_create_relock(account_root(), &copy);

    if (error != 0) {
        return error;
    }
    error = map_fork_relock(maps[step->map], copy);
    if (error != 0) {
        map_destroy(copy);
        return error;
    }
    map_destroy(maps[step->target]);
    maps[step->target] = copy;
    return 0;
}

/* As a system call writes what its caller has in @map. */
static int write_byte(struct map *map, struct object *object, uint64_t offset, uint8_t byte)
{
    int error = world_store(map, BUFFER, byte);

    if (error != 0) {
        return error;
    }
    harts_enter(map);
    int64_t result = object_copy_in_relock(object, account_root(), offset, uaddr(BUFFER), 1);

    return result == 1 ? 0 : (int)result;
}

static int do_object_step(const struct model_step *step, uint8_t *byte)
{
    struct object *object = objects[step->object];

    switch (step->kind) {
    case MODEL_RESIZE:
        return object_resize(object, step->size_bytes);
    case MODEL_PUNCH:
        return object_punch(object, step->offset, step->offset + step->size_bytes);
    case MODEL_READ:
        return step->size_bytes == 0 ? 0 : object_read(object, step->offset, byte, step->size_bytes);
    default:
        return write_byte(maps[step->map], object, step->offset, step->value);
    }
}

/* Does the step; the byte that a load gives goes to @byte. */
static int do_step(const struct model_step *step, uint8_t *byte)
{
    struct map *map = maps[step->map];
    uint64_t address = model_address(step->first), size_bytes = step->count * P;

    switch (step->kind) {
    case MODEL_ADD:
    case MODEL_REPLACE:
        return do_mapping(step);
    case MODEL_REMOVE:
        return map_remove(map, address, size_bytes);
    case MODEL_PROTECT:
        return map_protect(map, address, size_bytes, step->protection);
    case MODEL_FORGET:
        return map_forget(map, address, size_bytes);
    case MODEL_MOVE:
        return do_move(step);
    case MODEL_FORK:
        return do_fork(step);
    case MODEL_POPULATE:
        map_populate_relock(map, address, size_bytes);
        return 0;
    case MODEL_LOAD:
        return world_load(map, address + model_offset(step->probe), byte);
    case MODEL_FETCH:
        return world_fetch(map, address, byte);
    case MODEL_RESIZE:
    case MODEL_PUNCH:
    case MODEL_READ:
    case MODEL_WRITE:
        return do_object_step(step, byte);
    case MODEL_STORE:
        return world_store(map, address + model_offset(step->probe), step->value);
    default:
        return map_write_relock(map, address + model_offset(step->probe), &step->value, 1);
    }
}

/*
 * Whether @error is -ENOMEM because an allocation was made to fail. A fault asks for tables before it looks at the
 * object, so there -ENOMEM may hide the error of its end.
 */
static bool is_refused(int error, int wanted, uint64_t failing)
{
    return failing != 0 && error == -ENOMEM && (wanted == 0 || wanted == -ENXIO);
}

static void take_step(const struct model_step *step, uint64_t failing)
{
    uint8_t byte = step->value;

    run_now.steps[run_now.count++ % SHOWN_STEPS] = *step;
    stub_fail_allocation(failing);
    int error = do_step(step, &byte);

    stub_fail_allocation(0);
    if (is_refused(error, step->wanted, failing)) {
        model_refused(&model, step);
        return;
    }
    CHECK_EQUAL(error, step->wanted);
    if (error == 0) {
        CHECK_EQUAL(byte, step->value);
        model_done(&model, step);
    }
}

static int index_of(const struct object *object)
{
    for (int i = 0; i < OBJECTS; i++) {
        if (objects[i] == object) {
            return i;
        }
    }
    return -1;
}

static void compare_entry(const struct map_entry *entry, const struct model_page *page)
{
    CHECK_EQUAL(entry != NULL, page->is_mapped);
    if (entry != NULL) {
        CHECK_EQUAL(entry->protection, page->protection);
        CHECK_EQUAL(entry->max_protection, page->max_protection);
        CHECK_EQUAL(entry->sharing == MAP_ENTRY_SHARED, page->is_shared);
        CHECK_EQUAL(index_of(entry->object), page->object);
    }
}

static void compare_object(unsigned i)
{
    CHECK_EQUAL(objects[i]->size_bytes, model_objects[i].size_bytes);
    for (unsigned page = 0; page < object_page_count(objects[i]); page++) {
        unsigned probe = model_pick(&choices, MODEL_PROBES);
        uint64_t offset = page * P + model_offset(probe);
        uint8_t byte = 0;

        if (offset < objects[i]->size_bytes) {
            CHECK_EQUAL(object_read(objects[i], offset, &byte, 1), 0);
            CHECK_EQUAL(byte, model_objects[i].bytes[page][probe]);
        }
    }
}

/* Every page of every map, and every page of the objects, is what the model says. */
static void compare(void)
{
    struct model_step look;

    for (unsigned m = 0; m < MODEL_MAPS; m++) {
        for (unsigned i = 0; i < MODEL_PAGES; i++) {
            compare_entry(map_find(maps[m], model_address(i)), &model.pages[m][i]);
            if (model.pages[m][i].content == MODEL_OWN) { /* others change when they are looked at */
                model_look(&model, m, i, model_pick(&choices, MODEL_PROBES), &look);
                take_step(&look, 0);
            }
        }
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        compare_object(i);
    }
}

static void end_map(unsigned m)
{
    map_destroy(maps[m]);
    model_clear(&model, m);
    maps[m] = new_map();
}

static void run(const struct manner *manner, uint64_t seed)
{
    uint64_t before = start(seed);
    struct model_step step;

    run_now.manner = manner;
    run_now.seed = seed;
    run_now.count = 0;
    model.area_pages = manner->is_audited ? SHORT_AREA_PAGES : MODEL_AREA_PAGES;
    check_on_failure(say_how_to_repeat);
    for (unsigned i = 1; i <= manner->steps; i++) {
        uint64_t failing = manner->allocations_fail && model_pick(&choices, 3) == 0 ? 1 + model_pick(&choices, 4) : 0;

        model_next(&model, &step);
        take_step(&step, failing);
        if (manner->is_audited || i % AUDIT_STEPS == 0) {
            world_audit(maps[0], maps[1], maps[2], NULL);
        }
        if (i % COMPARE_STEPS == 0) {
            compare();
        }
        if (i % END_STEPS == 0) {
            end_map(model_pick(&choices, MODEL_MAPS));
        }
    }
    compare();
    for (unsigned m = 0; m < MODEL_MAPS; m++) {
        map_destroy(maps[m]);
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        object_put(objects[i]);
    }
    world_audit(NULL, NULL, NULL, NULL);
    CHECK_EQUAL(world_free(), before);
}

/* Runs with the seeds from @first on; or with the one that MODEL_SEED says. */
static void run_seeds(const struct manner *manner, uint64_t first, unsigned count)
{
    const char *only = getenv("MODEL_SEED");

    if (only != NULL) {
        run(manner, strtoull(only, NULL, 10));
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        run(manner, first + i);
    }
}

TEST(short_sequences_keep_every_invariant_after_each_step)
{
    static const struct manner manner = { .test = __func__, .steps = SHORT_STEPS, .is_audited = true };

    run_seeds(&manner, 1, SHORT_RUNS);
}

TEST(short_sequences_whose_allocations_fail_keep_every_invariant_after_each_step)
{
    static const struct manner manner = {
        .test = __func__, .steps = SHORT_STEPS, .is_audited = true, .allocations_fail = true
    };

    run_seeds(&manner, 1001, SHORT_RUNS);
}

TEST(long_sequences_agree_with_a_model)
{
    static const struct manner manner = { .test = __func__, .steps = LONG_STEPS };

    run_seeds(&manner, 2001, 3);
}

TEST(long_sequences_whose_allocations_fail_agree_with_a_model)
{
    static const struct manner manner = { .test = __func__, .steps = LONG_STEPS, .allocations_fail = true };

    run_seeds(&manner, 3001, 3);
}
