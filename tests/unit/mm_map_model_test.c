/*
 * The whole of mm's maps against a plain model: for each map an array of pages, each with its rights and what it must
 * show; random calls on several maps over the same objects, with and without allocations that fail.
 *
 * The model's rules: a private page shows its object's page (or zeros) until its map writes it; a private page that was
 * read while its object had none stays zero; a shared page is the object's.
 */
#include "map.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE

#define MAPS 3
#define OBJECTS 3
#define OBJECT_PAGES 24
#define AREA_PAGES 64 /* of each of two areas: across 2 MiB, and across 1 GiB */
#define PAGES (2 * AREA_PAGES)
#define STEPS 100000

enum content {
    FOLLOWS, /* shows the object's page, or zeros where there is no object or page */
    ZERO, /* was read while there was none */
    OWN,
};

struct model_page {
    bool is_mapped;
    uint8_t protection, max_protection, sharing;
    int8_t object; /* -1: none */
    uint64_t object_page;
    enum content content;
    uint8_t value; /* when OWN */
};

struct model_object {
    struct object *object;
    uint64_t pages;
    bool is_file;
    bool has_page[OBJECT_PAGES];
    uint8_t values[OBJECT_PAGES];
};

static struct map *maps[MAPS];
static struct model_page model[MAPS][PAGES];
static struct model_object objects[OBJECTS];
static uint64_t seed;

static unsigned pick(unsigned count)
{
    return (unsigned)(check_random(&seed) >> 16) % count;
}

static uint64_t address_of(unsigned page)
{
    return page < AREA_PAGES ? 0x200000 - AREA_PAGES / 2 * P + page * P
                             : 0x140000000 - AREA_PAGES / 2 * P + (page - AREA_PAGES) * P;
}

/* A range of pages within one area. */
static void pick_range(unsigned *first, unsigned *count)
{
    unsigned area = pick(2) * AREA_PAGES, start = pick(AREA_PAGES);

    *first = area + start;
    *count = 1 + pick(pick(4) == 0 ? AREA_PAGES - start : 6);
    if (start + *count > AREA_PAGES) {
        *count = AREA_PAGES - start;
    }
}

/* The object's page that @page shows, or NULL. */
static struct model_object *object_of(const struct model_page *page)
{
    return page->object < 0 ? NULL : &objects[page->object];
}

static bool is_behind_end(const struct model_page *page)
{
    return page->object >= 0 && page->object_page >= objects[page->object].pages;
}

static uint8_t shown_value(const struct model_page *page)
{
    struct model_object *object = object_of(page);

    if (page->content != FOLLOWS) {
        return page->content == OWN ? page->value : 0;
    }
    return object != NULL && object->has_page[page->object_page] ? object->values[page->object_page] : 0;
}

static bool allows(const struct model_page *page, uint8_t access)
{
    uint8_t readable = (page->protection & W) != 0 ? page->protection | R : page->protection;

    return page->is_mapped && (readable & access) != 0 && !is_behind_end(page);
}

/* Returns the free frames before anything was made. */
static uint64_t start(void)
{
    world_start(8 << 20);
    uint64_t before = world_free();

    memset(model, 0, sizeof(model));
    memset(objects, 0, sizeof(objects));
    objects[0].pages = 20;
    objects[1].pages = 6;
    objects[2].pages = 8;
    objects[2].is_file = true;
    CHECK_EQUAL(object_create_anonymous(20 * P, &objects[0].object), 0);
    CHECK_EQUAL(object_create_anonymous(5 * P + 1, &objects[1].object), 0);
    CHECK_EQUAL(object_create_initrd(world_initrd(), 8 * P, &objects[2].object), 0);
    for (unsigned page = 0; page < 8; page++) {
        objects[2].has_page[page] = true;
        objects[2].values[page] = world_initrd_byte(page, 0);
    }
    for (unsigned i = 0; i < MAPS; i++) {
        maps[i] = world_map();
    }
    return before;
}

static struct map_request pick_request(unsigned first, unsigned count)
{
    int object = (int)pick(OBJECTS + 2) - 2;
    struct map_request request = {
        .start = address_of(first),
        .size_bytes = count * P,
        .protection = (uint8_t)pick(8),
        .max_protection = pick(4) == 0 ? (uint8_t)pick(8) : 7,
    };

    if (object >= 0) {
        request.object = objects[object].object;
        request.object_page = pick(12);
        request.sharing = pick(2) == 0 ? MAP_ENTRY_SHARED : MAP_ENTRY_PRIVATE;
        if (request.sharing == MAP_ENTRY_SHARED && objects[object].is_file && pick(8) != 0) {
            request.max_protection &= (uint8_t)~W;
        }
    }
    if (pick(8) != 0) {
        request.protection &= request.max_protection;
    }
    return request;
}

static int index_of(const struct object *object)
{
    for (int i = 0; i < OBJECTS; i++) {
        if (objects[i].object == object) {
            return i;
        }
    }
    return -1;
}

static int wanted_of_request(const struct map_request *request)
{
    bool file = request->object == objects[2].object;

    if ((request->protection & ~request->max_protection) != 0) {
        return -EINVAL;
    }
    if ((request->protection & (W | X)) == (W | X)) {
        return -EACCES;
    }
    return file && request->sharing == MAP_ENTRY_SHARED && (request->max_protection & W) != 0 ? -EACCES : 0;
}

static void model_put(struct model_page *pages, unsigned count, const struct map_request *request)
{
    for (unsigned i = 0; i < count; i++) {
        pages[i] = (struct model_page){
            .is_mapped = true,
            .protection = request->protection,
            .max_protection = request->max_protection,
            .sharing = request->sharing,
            .object = (int8_t)index_of(request->object),
            .object_page = request->object_page + i,
        };
    }
}

static bool any_mapped(const struct model_page *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (pages[i].is_mapped) {
            return true;
        }
    }
    return false;
}

/*
 * Whether @error is -ENOMEM because an allocation was made to fail; else it must be @wanted. A fault asks for tables
 * before it looks at the object, so there -ENOMEM may hide -EFAULT.
 */
static bool failed(int error, int wanted, uint64_t failing)
{
    if (error == -ENOMEM && (wanted == 0 || wanted == -EFAULT) && failing != 0) {
        return true;
    }
    CHECK_EQUAL(error, wanted);
    return error != 0;
}

static void step_add(unsigned m, unsigned first, unsigned count, uint64_t failing)
{
    struct map_request request = pick_request(first, count);
    int wanted = wanted_of_request(&request);

    if (wanted == 0 && any_mapped(&model[m][first], count)) {
        wanted = -EEXIST;
    }
    if (!failed(map_add(maps[m], &request), wanted, failing)) {
        model_put(&model[m][first], count, &request);
    }
}

static void step_replace(unsigned m, unsigned first, unsigned count, uint64_t failing)
{
    struct map_request request = pick_request(first, count);

    if (!failed(map_replace(maps[m], &request), wanted_of_request(&request), failing)) {
        model_put(&model[m][first], count, &request);
    }
}

static void step_remove(unsigned m, unsigned first, unsigned count, uint64_t failing)
{
    if (!failed(map_remove(maps[m], address_of(first), count * P), 0, failing)) {
        memset(&model[m][first], 0, count * sizeof(model[m][first]));
    }
}

static int wanted_of_protect(const struct model_page *pages, unsigned count, uint8_t protection)
{
    if ((protection & (W | X)) == (W | X)) {
        return -EACCES;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!pages[i].is_mapped) {
            return -ENOMEM;
        }
        if ((protection & ~pages[i].max_protection) != 0) {
            return -EACCES;
        }
    }
    return 0;
}

static void step_protect(unsigned m, unsigned first, unsigned count, uint64_t failing)
{
    uint8_t protection = (uint8_t)pick(8);
    int wanted = wanted_of_protect(&model[m][first], count, protection);

    if (!failed(map_protect(maps[m], address_of(first), count * P, protection), wanted, failing)) {
        for (unsigned i = 0; i < count; i++) {
            model[m][first + i].protection = protection;
        }
    }
}

/* What a read of @page settles, in the model. */
static void model_read(struct model_page *page)
{
    struct model_object *object = object_of(page);

    if (object == NULL || object->has_page[page->object_page] || page->content != FOLLOWS) {
        return;
    }
    if (page->sharing == MAP_ENTRY_SHARED) {
        object->has_page[page->object_page] = true;
        object->values[page->object_page] = 0;
    } else {
        page->content = ZERO;
    }
}

static void step_read(unsigned m, unsigned first, uint64_t failing, uint8_t access)
{
    struct model_page *page = &model[m][first];
    uint8_t byte = 0;
    int wanted = allows(page, access) ? 0 : -EFAULT;
    int error =
        access == X ? world_fetch(maps[m], address_of(first), &byte) : world_load(maps[m], address_of(first), &byte);

    if (!failed(error, wanted, failing)) {
        model_read(page);
        CHECK_EQUAL(byte, shown_value(page));
    }
}

static void model_write(struct model_page *page, uint8_t value)
{
    if (page->sharing == MAP_ENTRY_SHARED) {
        objects[page->object].has_page[page->object_page] = true;
        objects[page->object].values[page->object_page] = value;
    } else {
        page->content = OWN;
        page->value = value;
    }
}

static void step_write(unsigned m, unsigned first, uint64_t failing)
{
    struct model_page *page = &model[m][first];
    uint8_t value = (uint8_t)pick(256);
    int wanted = allows(page, W) ? 0 : -EFAULT;

    if (!failed(world_store(maps[m], address_of(first), value), wanted, failing)) {
        model_write(page, value);
    }
}

static void step_write_as_task(unsigned m, unsigned first, uint64_t failing)
{
    struct model_page *page = &model[m][first];
    int wanted = allows(page, W) ? 0 : -EFAULT;
    uint8_t byte = (uint8_t)pick(256);

    if (!failed(map_write_relock(maps[m], address_of(first), &byte, 1), wanted, failing)) {
        model_write(page, byte);
    }
}

static void step(uint64_t failing)
{
    unsigned m = pick(MAPS), first, count;

    pick_range(&first, &count);
    switch (pick(16)) {
    case 0:
    case 1:
    case 2:
        step_add(m, first, count, failing);
        break;
    case 3:
        step_replace(m, first, count, failing);
        break;
    case 4:
        step_remove(m, first, count, failing);
        break;
    case 5:
    case 6:
        step_protect(m, first, count, failing);
        break;
    case 7:
        map_populate_relock(maps[m], address_of(first), count * P);
        break;
    case 8:
        step_write_as_task(m, first, failing);
        break;
    case 9:
        step_read(m, first, failing, X);
        break;
    case 10:
    case 11:
    case 12:
        step_read(m, first, failing, R);
        break;
    default:
        step_write(m, first, failing);
    }
}

/* Every page of every map shows what the model says. */
static void compare(void)
{
    uint8_t byte;

    for (unsigned m = 0; m < MAPS; m++) {
        for (unsigned i = 0; i < PAGES; i++) {
            struct model_page *page = &model[m][i];
            struct map_entry *entry = map_find(maps[m], address_of(i));

            CHECK_EQUAL(entry != NULL, page->is_mapped);
            if (entry == NULL) {
                continue;
            }
            CHECK_EQUAL(entry->protection, page->protection);
            CHECK_EQUAL(entry->max_protection, page->max_protection);
            CHECK_EQUAL(entry->sharing, page->sharing);
            CHECK_EQUAL(entry->object == NULL ? -1 : index_of(entry->object), page->object);
            if (allows(page, R) && page->content == OWN) {
                CHECK_EQUAL(world_load(maps[m], address_of(i), &byte), 0);
                CHECK_EQUAL(byte, page->value);
            }
        }
    }
    for (unsigned page = 0; page < 8; page++) {
        CHECK_EQUAL(*((uint8_t *)arch_direct(world_initrd()) + page * P), world_initrd_byte(page, 0));
    }
}

static void end_map(unsigned m)
{
    map_destroy(maps[m]);
    memset(model[m], 0, sizeof(model[m]));
    maps[m] = world_map();
}

static void run(uint64_t run_seed, bool allocations_fail)
{
    uint64_t before = start();

    seed = run_seed;

    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t failing = allocations_fail && pick(3) == 0 ? 1 + pick(4) : 0;

        stub_fail_allocation(failing);
        step(failing);
        stub_fail_allocation(0);
        if (i % 100 == 0) {
            world_audit(maps[0], maps[1], maps[2], NULL);
        }
        if (i % 400 == 0) {
            compare();
        }
        if (i % 5000 == 4999) {
            end_map(pick(MAPS));
        }
    }
    compare();
    for (unsigned m = 0; m < MAPS; m++) {
        map_destroy(maps[m]);
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        object_put(objects[i].object);
    }
    world_audit(NULL, NULL, NULL, NULL);
    CHECK_EQUAL(world_free(), before);
}

TEST(random_calls_on_three_maps_agree_with_a_model)
{
    for (uint64_t i = 1; i <= 4; i++) {
        run(i * 1000003, false);
    }
}

TEST(random_calls_whose_allocations_fail_agree_with_a_model)
{
    for (uint64_t i = 1; i <= 4; i++) {
        run(i * 7000003, true);
    }
}
