/* See mm_world.h. */
#include "mm_world.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "frame.h"
#include "harts.h"
#include "pool.h"

static uint64_t ram_frames;
static paddr_t initrd;

static bool reclaim(void)
{
    return pool_reclaim_all() > 0;
}

/* Hand every frame out once, so that all descriptors are there. */
static void warm_up(void)
{
    uint64_t count = 0;
    paddr_t *frames = malloc(frame_free_count() * sizeof(*frames));

    while (frame_alloc(FRAME_PAGE, &account_supervisor, &frames[count]) == 0) {
        memset(arch_direct(frames[count]), 0xa5, PAGE_SIZE);
        count++;
    }
    while (count > 0) {
        frame_put(frames[--count]);
    }
    free(frames);
}

static void fill_initrd(void)
{
    static uint8_t bytes[WORLD_INITRD_PAGES][PAGE_SIZE];
    static bool is_made;

    for (uint64_t page = 0; !is_made && page < WORLD_INITRD_PAGES; page++) {
        for (uint64_t offset = 0; offset < PAGE_SIZE; offset++) {
            bytes[page][offset] = world_initrd_byte(page, offset);
        }
    }
    is_made = true;
    memcpy(arch_direct(initrd), bytes, sizeof(bytes));
}

void world_start(uint64_t ram_bytes)
{
    harts_choose_machine();
    world_start_on_machine(ram_bytes);
}

void world_start_on_machine(uint64_t ram_bytes)
{
    uint64_t end = STUB_RAM_BASE + ram_bytes;
    struct memory_span supervisor = { paddr(STUB_RAM_BASE),
                                      paddr(STUB_RAM_BASE + WORLD_SUPERVISOR_FRAMES * PAGE_SIZE) };
    struct memory_span files = { paddr(end - WORLD_INITRD_PAGES * PAGE_SIZE), paddr(end) };
    struct memory_span free = { supervisor.end, files.start };

    if (stub_ram != NULL) {
        pool_reclaim_all(); /* pages of the RAM that was before */
    }
    stub_start(ram_bytes);
    harts_start();
    ram_frames = ram_bytes >> PAGE_SHIFT;
    initrd = files.start;
    fill_initrd();
    CHECK_EQUAL(frame_init(&free, 1), 0);
    CHECK_EQUAL(frame_adopt(supervisor, FRAME_SUPERVISOR), 0);
    CHECK_EQUAL(frame_adopt(files, FRAME_INITRD), 0);
    frame_set_reclaim(reclaim);
    warm_up();
}

paddr_t world_initrd(void)
{
    return initrd;
}

uint8_t world_initrd_byte(uint64_t page, uint64_t offset)
{
    return (uint8_t)(page * 37 + offset * 11 + (offset >> 8) + 1);
}

uint64_t world_free(void)
{
    return frame_free_count() + pool_spare_frames();
}

uint64_t world_frames(void)
{
    return ram_frames;
}

struct map *world_map(void)
{
    struct map *map;

    CHECK_EQUAL(map_create_relock(account_root(), &map), 0);
    return map;
}

int world_load(struct map *map, uint64_t address, uint8_t *value)
{
    return harts_load(map, address, value);
}

int world_store(struct map *map, uint64_t address, uint8_t value)
{
    return harts_store(map, address, value);
}

int world_fetch(struct map *map, uint64_t address, uint8_t *value)
{
    return harts_fetch(map, address, value);
}

void world_expect(struct map *map, uint64_t address, uint8_t value)
{
    uint8_t found = (uint8_t)~value;

    CHECK_EQUAL(world_load(map, address, &found), 0);
    CHECK_EQUAL(found, value);
}

int world_add(struct map *map, uint64_t start, uint64_t pages, uint8_t protection)
{
    return world_add_object(map, start, pages, protection, MAP_ENTRY_PRIVATE, NULL, 0);
}

int world_add_object(struct map *map, uint64_t start, uint64_t pages, uint8_t protection, uint8_t sharing,
                     struct object *object, uint64_t object_page)
{
    struct map_request request = {
        .start = start,
        .size_bytes = pages * PAGE_SIZE,
        .object = object,
        .object_page = object_page,
        .protection = protection,
        .max_protection = sharing == MAP_ENTRY_SHARED ? protection : 7,
        .sharing = sharing,
    };

    return map_add(map, &request);
}

void world_audit(struct map *first, struct map *second, struct map *third, const struct windows *windows)
{
    struct map *maps[] = { first, second, third };

    mm_audit_start();
    for (size_t i = 0; i < ARRAY_COUNT(maps); i++) {
        if (maps[i] != NULL) {
            mm_audit_map(maps[i]);
        }
    }
    if (windows != NULL) {
        mm_audit_windows(windows);
    }
    mm_audit_finish(world_frames(), WORLD_SUPERVISOR_FRAMES);
}
