/*
 * Up to five that share an object, ended in every order and in every way: what those that are left see does not
 * change, and when the last is gone all frames are free again.
 *
 * A way is one of: the mapping goes, the whole map goes, a descriptor or a name goes (a reference without a map).
 */
#include "map.h"

#include <stdio.h>
#include <stdlib.h>

#include "abi_types.h"
#include "check.h"
#include "mm_world.h"

#define P PAGE_SIZE
#define RW (ABI_PROT_READ | ABI_PROT_WRITE)

#define SHARERS_MAX 5u
#define OBJECT_PAGES 3u
#define SHARED_START 0x3ff000ull /* across the end of a table of pages */
#define PRIVATE_START 0x800000ull
#define MACHINES 4u /* harts.c has so many */
#define AUDITED_SHARERS 3u /* with more, the auditor looks at the beginning and the end only */
#define ORDERS_OF_FIVE 120u
#define WAYS_OF_FIVE 243u

enum way { UNMAP, EXIT, LET_GO, WAYS };

struct sharer {
    enum way way;
    bool has_object; /* it shows it, or holds a reference */
    struct map *map; /* NULL: a reference only */
};

static struct sharer sharers[SHARERS_MAX];
static struct object *object;
static unsigned sharer_count;
static unsigned now_order, now_ways;

static void say_scenario(void)
{
    printf("%u sharers, order %u, ways %u\n", sharer_count, now_order, now_ways);
}

static uint8_t shared_byte(unsigned sharer)
{
    return (uint8_t)(0x40 + sharer);
}

/* Each sharer with a map has written a byte of its own to the shared pages, and a private copy of one of them. */
static void begin_sharer(unsigned i, enum way way)
{
    sharers[i] = (struct sharer){ .way = way, .has_object = true };
    if (way == LET_GO) {
        object_get(object);
        return;
    }
    struct map *map = sharers[i].map = world_map();

    CHECK_EQUAL(world_add_object(map, SHARED_START, OBJECT_PAGES, RW, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(map, PRIVATE_START, OBJECT_PAGES, RW, MAP_ENTRY_PRIVATE, object, 0), 0);
    CHECK_EQUAL(world_store(map, SHARED_START + i % OBJECT_PAGES * P + i, shared_byte(i)), 0);
    CHECK_EQUAL(world_store(map, PRIVATE_START + P, (uint8_t)~shared_byte(i)), 0);
}

static void end_sharer(unsigned i)
{
    struct sharer *sharer = &sharers[i];

    sharer->has_object = false;
    switch (sharer->way) {
    case UNMAP:
        CHECK_EQUAL(map_remove(sharer->map, SHARED_START, OBJECT_PAGES * P), 0);
        CHECK_EQUAL(map_remove(sharer->map, PRIVATE_START, OBJECT_PAGES * P), 0);
        break;
    case EXIT:
        map_destroy(sharer->map);
        sharer->map = NULL;
        break;
    default:
        object_put(object);
    }
}

static void look_at_shared(const struct sharer *sharer, unsigned writer)
{
    uint64_t offset = writer % OBJECT_PAGES * P + writer;
    uint8_t byte = 0;

    if (sharer->map != NULL) {
        world_expect(sharer->map, SHARED_START + offset, shared_byte(writer));
    } else {
        CHECK_EQUAL(object_read(object, offset, &byte, 1), 0);
        CHECK_EQUAL(byte, shared_byte(writer));
    }
}

/* Who is left sees every byte that anyone with a map has written, and has its own copy. */
static void look(const bool *was_writer)
{
    for (unsigned i = 0; i < sharer_count; i++) {
        if (!sharers[i].has_object) {
            continue;
        }
        for (unsigned writer = 0; writer < sharer_count; writer++) {
            if (was_writer[writer]) {
                look_at_shared(&sharers[i], writer);
            }
        }
        if (sharers[i].map != NULL) {
            world_expect(sharers[i].map, PRIVATE_START + P, (uint8_t)~shared_byte(i));
        }
    }
}

static void audit(void)
{
    mm_audit_start();
    for (unsigned i = 0; i < sharer_count; i++) {
        if (sharers[i].map != NULL) {
            mm_audit_map(sharers[i].map);
        }
    }
    mm_audit_finish(world_frames(), WORLD_SUPERVISOR_FRAMES);
}

/* The sharers in the order with the number @order, of all orders of so many. */
static void order_of(unsigned order, unsigned *sequence)
{
    unsigned left[SHARERS_MAX];

    for (unsigned i = 0; i < sharer_count; i++) {
        left[i] = i;
    }
    for (unsigned i = 0; i < sharer_count; i++) {
        unsigned remaining = sharer_count - i, taken = order % remaining;

        order /= remaining;
        sequence[i] = left[taken];
        left[taken] = left[remaining - 1];
    }
}

static void run(unsigned order, unsigned ways)
{
    bool was_writer[SHARERS_MAX], is_audited = sharer_count <= AUDITED_SHARERS;
    unsigned sequence[SHARERS_MAX];
    uint64_t before = world_free();

    now_order = order;
    now_ways = ways;
    order_of(order, sequence);
    CHECK_EQUAL(object_create_anonymous(OBJECT_PAGES * P, &object), 0);
    for (unsigned i = 0; i < sharer_count; i++, ways /= WAYS) {
        begin_sharer(i, (enum way)(ways % WAYS));
        was_writer[i] = sharers[i].map != NULL;
    }
    object_put(object); /* the maker's; who shares it keeps it */
    for (unsigned i = 0; i < sharer_count; i++) {
        look(was_writer);
        if (is_audited) {
            audit();
        }
        end_sharer(sequence[i]);
    }
    audit();
    for (unsigned i = 0; i < sharer_count; i++) {
        if (sharers[i].map != NULL) {
            map_destroy(sharers[i].map);
            sharers[i].map = NULL;
        }
    }
    CHECK_EQUAL(world_free(), before);
}

TEST(up_to_four_sharers_end_in_every_order_and_every_way)
{
    const char *variant = getenv("CHECK_VARIANT");
    unsigned orders = 1, ways = 1, machine = variant == NULL ? 0 : (unsigned)atoi(variant) % MACHINES;

    world_start(4 << 20);
    check_on_failure(say_scenario);
    for (sharer_count = 1; sharer_count < SHARERS_MAX; sharer_count++) {
        orders *= sharer_count;
        ways *= WAYS;
        /* Of the many with four each machine has its part. */
        for (unsigned i = sharer_count < 4 ? 0 : machine; i < orders * ways; i += sharer_count < 4 ? 1 : MACHINES) {
            run(i / ways, i % ways);
        }
    }
    world_audit(NULL, NULL, NULL, NULL);
}

/* Each order, and each of the ways, with three of the others. */
TEST(five_sharers_end_in_every_order)
{
    world_start(4 << 20);
    check_on_failure(say_scenario);
    sharer_count = SHARERS_MAX;
    for (unsigned i = 0; i < 3 * ORDERS_OF_FIVE; i++) {
        run(i % ORDERS_OF_FIVE, i % WAYS_OF_FIVE);
    }
    world_audit(NULL, NULL, NULL, NULL);
}
