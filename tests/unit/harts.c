/* See harts.h. */
#include "harts.h"

#include <stdlib.h>

#include "check.h"
#include "stub.h"

int __real_map_attach(struct map *map, struct windows *windows);
int __wrap_map_attach(struct map *map, struct windows *windows);
void __real_map_detach(struct map *map);
void __wrap_map_detach(struct map *map);
void __real_map_destroy(struct map *map);
void __wrap_map_destroy(struct map *map);

/* A test with user accesses runs once on each: CHECK_VARIANT (check.h) is the index. */
static const struct stub_machine machines[] = {
    { .hart_count = 3, .asid_bits = 16, .fences_pages = true, .prefetch = 8 },
    { .hart_count = 3, .asid_bits = 0, .fences_pages = true, .prefetch = 8 },
    { .hart_count = 3, .asid_bits = 16, .fences_pages = false, .prefetch = 8 },
    { .hart_count = 3, .asid_bits = 2, .fences_pages = true, .prefetch = 2, .seed = 1 },
};

static bool is_still;
static bool is_chosen; /* by the variant */
static uint64_t random_state = 88172645463325252ull;

static unsigned pick(unsigned bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 20) % bound;
}

void harts_choose_machine(void)
{
    const char *variant = getenv("CHECK_VARIANT");

    is_chosen = true;
    stub_machine = machines[variant == NULL ? 0 : (unsigned)atoi(variant) % ARRAY_COUNT(machines)];
}

void harts_start(void)
{
    is_still = false;
    random_state = 88172645463325252ull;
    spaces_init(stub_machine.asid_bits, stub_machine.fences_pages ? SPACE_FENCES_PAGES : SPACE_FENCES_ALL);
    for (unsigned i = 1; i < stub_machine.hart_count; i++) {
        stub_run_on(i);
        spaces_add_hart();
    }
    stub_run_on(0);
}

void harts_keep_still(void)
{
    is_still = true;
}

void harts_leave(struct map *map)
{
    unsigned here = arch_hart_index();

    for (unsigned i = 0; i < stub_machine.hart_count; i++) {
        if (arch_translations_of(i)->space == &map->space) {
            stub_run_on(i);
            space_leave();
        }
    }
    stub_run_on(here);
}

int __wrap_map_attach(struct map *map, struct windows *windows)
{
    harts_leave(map);
    return __real_map_attach(map, windows);
}

void __wrap_map_detach(struct map *map)
{
    harts_leave(map);
    __real_map_detach(map);
}

void __wrap_map_destroy(struct map *map)
{
    harts_leave(map);
    __real_map_destroy(map);
}

static int resolve(void *context, uint64_t address, uint8_t access)
{
    return map_fault_relock(context, address, access);
}

/* Fences on the way into a space are not the test's. */
void harts_enter(struct map *map)
{
    struct stub_counts counts = stub_counts;

    if (arch_translations()->space != &map->space) {
        harts_leave(map);
        map_enter(map);
    }
    stub_counts = counts;
    stub_set_fault_handler(resolve, map);
}

/* Let the map's task run on some hart. */
static void begin(struct map *map)
{
    if (is_chosen) {
        check_want_variants(ARRAY_COUNT(machines));
    }
    if (!is_still) {
        stub_run_on(pick(stub_machine.hart_count));
    }
    harts_enter(map);
    arch_unlock();
}

static int end(int error)
{
    arch_lock();
    if (!is_still && pick(2) == 0) {
        stub_run_on(pick(stub_machine.hart_count)); /* what the test does next is done on any hart */
    }
    return error;
}

int harts_load(struct map *map, uint64_t address, uint8_t *value)
{
    begin(map);
    return end(stub_user_load(address, value));
}

int harts_store(struct map *map, uint64_t address, uint8_t value)
{
    begin(map);
    return end(stub_user_store(address, value));
}

int harts_fetch(struct map *map, uint64_t address, uint8_t *value)
{
    begin(map);
    return end(stub_user_fetch(address, value));
}
