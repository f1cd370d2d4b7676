/* Unloading (section 4), who uses what, reset (rule 3.4), and what may be loaded where (rule 2.1). */
#include "region.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "content.h"
#include "harts.h"
#include "shared_world.h"
#include "stub.h"

#include <string.h>

#define TEXT ABI_TEXT_WINDOW
#define DATA ABI_DATA_WINDOW
#define ANY ABI_REGION_ANY_BASE
#define MEBIBYTE 0x100000ull

static struct abi_region_loaded answer;

static int load(struct map *map, struct object *object, uint32_t flags)
{
    struct region_load_request request = {
        .image = image_of(object), .account = map->account, .user = map, .flags = flags | ABI_REGION_IMAGE_MANIFEST
    };

    return region_load_relock(region_of(map), &request, &answer);
}

static int unload(struct map *map, struct object *object, uint64_t base)
{
    struct image image = image_of(object);

    return region_unload(map, &image, base, true);
}

TEST(r4_an_unloaded_entry_is_gone_from_every_address_space)
{
    uint8_t byte;

    world_start();
    struct object *object = world_small_library(MEBIBYTE), *neighbour = world_small_library(MEBIBYTE + 3 * PAGE_SIZE);
    struct map *map = world_task_in(region_current()), *other = world_task_in(region_current());
    uint64_t data = DATA + MEBIBYTE + 2 * PAGE_SIZE;

    CHECK_EQUAL(load(map, neighbour, ANY), 0);
    CHECK_EQUAL(load(map, object, ANY), 0);
    CHECK_EQUAL(harts_store(map, data, 1), 0);
    CHECK_EQUAL(harts_store(other, data, 2), 0);
    CHECK_EQUAL(harts_fetch(other, TEXT + MEBIBYTE, &byte), 0);
    CHECK_EQUAL(unload(map, object, TEXT + MEBIBYTE), 0);
    world_audit();
    CHECK_EQUAL(harts_load(map, data, &byte), -EFAULT);
    CHECK_EQUAL(harts_load(other, data, &byte), -EFAULT);
    CHECK_EQUAL(harts_fetch(other, TEXT + MEBIBYTE, &byte), -EFAULT);
    CHECK_EQUAL(harts_fetch(other, TEXT + MEBIBYTE + 3 * PAGE_SIZE, &byte), 0);
    CHECK_EQUAL(unload(map, object, TEXT + MEBIBYTE), -ENOENT);
    CHECK_EQUAL(load(map, object, ANY), 0);
    CHECK_EQUAL(answer.answer & ABI_REGION_PREVIOUSLY_LOADED, 0);
    CHECK_EQUAL(harts_load(other, data, &byte), 0);
    CHECK_EQUAL(byte, *world_byte(object, 3 * PAGE_SIZE));
    CHECK_EQUAL(unload(map, object, TEXT + MEBIBYTE), 0);
    world_end_task(map);
    world_end_task(other);
    world_audit();
}

TEST(r4_who_may_unload_what)
{
    struct image image;

    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current()), *other = world_task_in(region_current());

    CHECK_EQUAL(load(map, object, ANY), 0);
    uint64_t state = world_state();

    image = image_of(object);
    CHECK_EQUAL(region_unload(map, &image, TEXT + MEBIBYTE, false), -EPERM);
    CHECK_EQUAL(unload(map, object, TEXT + MEBIBYTE + PAGE_SIZE), -EINVAL);
    CHECK_EQUAL(unload(map, object, TEXT + ABI_ALTERNATE_BASE), -ENOENT);
    CHECK_EQUAL(world_state(), state);
    CHECK_EQUAL(unload(map, world_small_library(MEBIBYTE), TEXT + MEBIBYTE), -ENOENT);
    CHECK_EQUAL(load(other, object, ANY), 0);
    CHECK_EQUAL(unload(map, object, TEXT + MEBIBYTE), -EBUSY);
    world_end_task(other);
    /* A task that never named it may be shown it, and does not use it. */
    other = world_task_in(region_current());
    CHECK_EQUAL(unload(other, object, TEXT + MEBIBYTE), -EBUSY);
    CHECK_EQUAL(unload(map, object, TEXT + MEBIBYTE), 0);
    world_end_task(map);
    world_end_task(other);
    world_audit();
}

TEST(r4_fork_copies_uses_and_exec_and_exit_drop_them)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current()), *child = world_task_in(region_current());

    CHECK_EQUAL(load(map, object, ANY), 0);
    CHECK_EQUAL(load(map, object, ANY), 0); /* once, however often */
    struct load_entry *entry = region_entry_at(region_current(), TEXT + MEBIBYTE);

    CHECK_EQUAL(entry->users, 1);
    CHECK_EQUAL(region_copy_uses(map, child), 0);
    CHECK_EQUAL(entry->users, 2);
    CHECK_EQUAL(unload(map, object, TEXT + MEBIBYTE), -EBUSY);
    world_audit();
    world_end_task(child);
    CHECK_EQUAL(entry->users, 1);
    world_end_task(map);
    CHECK_EQUAL(entry->users, 0);
    world_audit();
}

TEST(r4_what_a_chain_shows_to_another_region_is_in_use)
{
    world_start();
    struct object *before = world_small_library(MEBIBYTE), *after = world_small_library(2 * MEBIBYTE);
    struct map *map = world_task_in(region_current()), *clone = world_task_in(region_current());

    CHECK_EQUAL(load(map, before, ANY), 0);
    CHECK_EQUAL(region_make_private_relock(clone), 0);
    CHECK_EQUAL(load(map, after, ANY), 0);
    CHECK_EQUAL(unload(map, before, TEXT + MEBIBYTE), -EBUSY);
    CHECK_EQUAL(unload(clone, before, TEXT + MEBIBYTE), -EBUSY);
    CHECK_EQUAL(unload(clone, after, TEXT + 2 * MEBIBYTE), -ENOENT);
    CHECK_EQUAL(unload(map, after, TEXT + 2 * MEBIBYTE), 0);
    world_end_task(clone);
    CHECK_EQUAL(unload(map, before, TEXT + MEBIBYTE), 0);
    world_end_task(map);
    world_audit();
}

TEST(r2_5_space_that_an_unload_freed_is_used_again)
{
    world_start();
    struct object *a = world_small_library(MEBIBYTE), *b = world_small_library(2 * MEBIBYTE);
    struct map *map = world_task_in(region_current());
    uint64_t first = TEXT + ABI_ALTERNATE_BASE;

    CHECK_EQUAL(load(map, a, ABI_REGION_ALTERNATE_SITE), 0);
    CHECK_EQUAL(answer.base, first);
    CHECK_EQUAL(load(map, b, ABI_REGION_ALTERNATE_SITE), 0);
    CHECK(answer.base > first);
    uint64_t second = answer.base;

    CHECK_EQUAL(unload(map, a, first), 0);
    CHECK_EQUAL(load(map, a, ABI_REGION_ALTERNATE_SITE), 0);
    CHECK_EQUAL(answer.base, first);
    CHECK_EQUAL(unload(map, b, second), 0);
    CHECK_EQUAL(load(map, b, ANY), 0); /* the other site is another entry */
    CHECK_EQUAL(answer.base, TEXT + 2 * MEBIBYTE);
    world_end_task(map);
    world_audit();
}

TEST(r3_4_reset_shows_the_pristine_data_of_the_tasks_own_region)
{
    uint8_t byte;

    world_start();
    struct object *object = world_small_library(MEBIBYTE), *neighbour = world_small_library(MEBIBYTE + 3 * PAGE_SIZE);
    struct map *map = world_task_in(region_current()), *other = world_task_in(region_current());
    uint64_t data = DATA + MEBIBYTE + 2 * PAGE_SIZE, beside = data + 3 * PAGE_SIZE;
    uint8_t pristine = *world_byte(object, 3 * PAGE_SIZE);

    CHECK_EQUAL(load(map, object, ANY), 0);
    CHECK_EQUAL(load(map, neighbour, ANY), 0);
    CHECK_EQUAL(region_reset(map, TEXT + MEBIBYTE), 0); /* nothing to do */
    CHECK_EQUAL(harts_store(map, data, (uint8_t)(pristine + 1)), 0);
    CHECK_EQUAL(harts_store(map, beside, 9), 0);
    CHECK_EQUAL(harts_store(other, data, 8), 0);
    CHECK_EQUAL(region_reset(map, TEXT + MEBIBYTE), 0);
    world_audit();
    CHECK_EQUAL(harts_load(map, data, &byte), 0);
    CHECK_EQUAL(byte, pristine);
    CHECK_EQUAL(harts_load(map, beside, &byte), 0);
    CHECK_EQUAL(byte, 9);
    CHECK_EQUAL(harts_load(other, data, &byte), 0);
    CHECK_EQUAL(byte, 8);
    CHECK_EQUAL(region_reset(map, TEXT + MEBIBYTE + PAGE_SIZE), -ENOENT);
    CHECK_EQUAL(harts_store(map, data, 3), 0);
    CHECK_EQUAL(harts_load(map, data, &byte), 0);
    CHECK_EQUAL(byte, 3);
    world_end_task(map);
    world_end_task(other);
    world_audit();
}

TEST(ancestor_d32_a_task_of_an_old_region_gets_its_own_regions_data_on_reset)
{
    uint8_t byte;

    world_start();
    struct object *old_library = world_small_library(MEBIBYTE);
    struct plan plan = world_library(MEBIBYTE, 0x800, 0x800, 0);

    plan.fill = 99;
    struct object *new_library = world_planned(&plan);
    struct map *old = world_task_in(region_current());
    uint64_t data = DATA + MEBIBYTE + 2 * PAGE_SIZE;

    CHECK_EQUAL(load(old, old_library, ANY), 0);
    CHECK_EQUAL(harts_store(old, data, 1), 0);
    region_of(old)->is_full = true;
    struct region *fresh = region_for_program_relock(region_of(old));
    struct map *new = world_task_in(fresh);

    CHECK_EQUAL(load(new, new_library, ANY), 0);
    CHECK_EQUAL(region_reset(old, TEXT + MEBIBYTE), 0);
    CHECK_EQUAL(harts_load(old, data, &byte), 0);
    CHECK_EQUAL(byte, *world_byte(old_library, 3 * PAGE_SIZE));
    CHECK_EQUAL(harts_load(new, data, &byte), 0);
    CHECK_EQUAL(byte, *world_byte(new_library, 3 * PAGE_SIZE));
    CHECK(byte != *world_byte(old_library, 3 * PAGE_SIZE));
    world_end_task(old);
    world_end_task(new);
}

/* The bytes of @object, in one that can change. */
static struct object *uploaded(const struct object *object)
{
    struct object *copy;

    CHECK_EQUAL(object_create_anonymous(object->size_bytes, &copy), 0);
    for (uint64_t i = 0; i < object_page_count(object); i++) {
        paddr_t frame;

        CHECK_EQUAL(object_page_own_relock(copy, i, account_root(), &frame), 0);
        memcpy(arch_direct(frame), world_byte(object, i * PAGE_SIZE), PAGE_SIZE);
    }
    return copy;
}

static void seal(struct object *object)
{
    CHECK_EQUAL(object_seal(object, ABI_F_SEAL_WRITE | ABI_F_SEAL_SHRINK | ABI_F_SEAL_GROW), 0);
}

TEST(r2_1_sealed_objects_go_into_the_system_region_from_domain_0_only)
{
    struct account *tenant;
    struct map *map, *theirs;

    world_start();
    struct object *object = uploaded(world_small_library(MEBIBYTE));

    CHECK_EQUAL(account_create(7, &tenant), 0);
    map = world_task_in(region_current());
    CHECK_EQUAL(region_create_map_relock(region_current(), tenant, &theirs), 0);
    CHECK_EQUAL(load(map, object, ANY), -EPERM);
    seal(object);
    CHECK_EQUAL(load(theirs, object, ANY), -EPERM);
    CHECK_EQUAL(load(map, object, ANY), 0);
    CHECK_EQUAL(load(theirs, object, ANY), -EPERM);
    world_end_task(map);
    world_end_task(theirs);
    account_put(tenant);
    world_audit();
}

TEST(r2_1_in_a_private_region_an_object_that_can_change_is_loaded_as_it_is_now)
{
    uint8_t byte;
    paddr_t frame;

    world_start();
    struct object *library = world_small_library(MEBIBYTE), *object = uploaded(library);
    struct map *map = world_task_in(region_current());

    CHECK_EQUAL(region_make_private_relock(map), 0);
    CHECK_EQUAL(load(map, object, ANY), 0);
    CHECK_EQUAL(answer.answer & (ABI_REGION_PREVIOUSLY_LOADED | ABI_REGION_SYSTEM_CLASS), 0);
    world_audit();
    /* A4, A8: a store through its name reaches no text. */
    CHECK_EQUAL(object_page_own_relock(object, 1, account_root(), &frame), 0);
    memset(arch_direct(frame), 0x5a, PAGE_SIZE);
    CHECK_EQUAL(harts_fetch(map, TEXT + MEBIBYTE, &byte), 0);
    CHECK_EQUAL(byte, *world_byte(library, PAGE_SIZE));
    CHECK_EQUAL(object_resize(object, 0), 0);
    CHECK_EQUAL(harts_fetch(map, TEXT + MEBIBYTE, &byte), 0);
    CHECK_EQUAL(byte, *world_byte(library, PAGE_SIZE));
    world_end_task(map);
    object_put(object);
    CHECK_EQUAL(object_create_anonymous(CONTENT_COPIED_BYTES_MAX + PAGE_SIZE, &object), 0);
    map = world_task_in(region_current());
    CHECK_EQUAL(region_make_private_relock(map), 0);
    CHECK_EQUAL(load(map, object, ANY), -EFBIG);
    world_end_task(map);
    world_audit();
}

TEST(ancestor_d29_one_tenant_cannot_take_the_records_of_another)
{
    struct account *greedy, *other;
    struct map *map, *theirs;
    unsigned loaded = 0;
    int error = 0;

    world_start();
    const struct account_limits limits = { .of = { 500, 500, 10, 10, 10, 40 } };

    CHECK_EQUAL(account_create_within(account_root(), &limits, &greedy), 0);
    CHECK_EQUAL(account_create_within(account_root(), &limits, &other), 0);
    CHECK_EQUAL(region_create_map_relock(region_current(), greedy, &map), 0);
    CHECK_EQUAL(region_create_map_relock(region_current(), other, &theirs), 0);
    CHECK_EQUAL(region_make_private_relock(map), 0);
    CHECK_EQUAL(region_make_private_relock(theirs), 0);
    for (; error == 0; loaded += error == 0) {
        error = load(map, world_small_library((loaded + 1) * MEBIBYTE), ANY);
    }
    CHECK_EQUAL(error, -EDQUOT);
    CHECK_EQUAL(loaded, 8); /* five records each */
    CHECK(!region_of(map)->is_full);
    CHECK_EQUAL(load(theirs, world_small_library(MEBIBYTE), ANY), 0);
    world_audit();
    world_end_task(map);
    CHECK_EQUAL(greedy->uses[ACCOUNT_RECORDS].used, 0);
    world_end_task(theirs);
    account_put(greedy);
    account_put(other);
    world_audit();
}

TEST(a12_every_allocation_of_a_load_with_a_user_fails_once)
{
    world_start();
    struct object *object = world_small_library(MEBIBYTE);
    struct map *map = world_task_in(region_current());
    int error = -ENOMEM;
    unsigned failures = 0;

    CHECK_EQUAL(load(map, world_small_library(8 * MEBIBYTE), ANY), 0);
    CHECK_EQUAL(unload(map, world_small_library(9 * MEBIBYTE), TEXT), -ENOENT);
    uint64_t state = world_state();

    for (uint64_t n = 1; error != 0; n++) {
        stub_fail_allocation(n);
        error = load(map, object, ANY);
        stub_fail_allocation(0);
        if (error != 0) {
            failures++;
            CHECK_EQUAL(error, -ENOMEM);
            CHECK_EQUAL(world_state(), state);
        }
        world_audit();
    }
    CHECK(failures > 0);
    world_end_task(map);
}
