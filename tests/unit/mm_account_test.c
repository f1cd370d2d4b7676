/* mm/account.c */
#include "account.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"

TEST(an_account_lives_as_long_as_a_map_points_to_it)
{
    struct account *account;
    struct map *map;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(account_create(7, &account), 0);
    CHECK_EQUAL(map_create_relock(account, &map), 0);
    account_put(account);
    CHECK_EQUAL(map->account->domain, 7);
    CHECK_EQUAL(map->account->ref_count, 1);
    map_destroy(map);
    CHECK_EQUAL(world_free(), before);
}

TEST(the_root_account_is_domain_0_and_outlives_all)
{
    world_start(4 << 20);
    CHECK_EQUAL(account_root()->domain, 0);
    account_get(account_root());
    account_put(account_root());
    CHECK_EQUAL(account_root()->ref_count, 1);
    CHECK_PANICS(account_put(account_root()), "root_account");
}

TEST(an_account_that_can_not_be_had_changes_nothing)
{
    struct account *account = NULL;

    world_start(4 << 20);
    uint64_t before = world_free();

    for (uint64_t n = 1; n <= 2; n++) {
        stub_fail_allocation(n);
        CHECK_EQUAL(account_create(1, &account), -ENOMEM);
        CHECK(account == NULL);
    }
    CHECK_EQUAL(world_free(), before);
}

static void add_charge(struct account *account, void *context)
{
    *(uint64_t *)context += account->uses[ACCOUNT_FRAMES].used;
}

static uint64_t owned[ACCOUNTS_MAX]; /* frames other than tables, by owner */
static uint64_t tables;

static void count_owner(paddr_t frame, struct frame *descriptor, void *context)
{
    (void)frame;
    (void)context;
    if (descriptor->kind == FRAME_TABLE) {
        tables++;
    } else if (descriptor->kind != FRAME_FREE) {
        owned[descriptor->owner]++;
    }
}

static void expect_owned(struct account *account, void *context)
{
    (void)context;
    uint64_t used = account->uses[ACCOUNT_FRAMES].used;

    CHECK(used >= owned[account->id]);
    tables -= used - owned[account->id];
}

/* account-frames: what descriptors say is what is charged; the rest is tables, whose sum must fit. */
static void check_charges(void)
{
    uint64_t sum = 0;

    account_for_each(add_charge, &sum);
    CHECK_EQUAL(sum, world_frames() - frame_free_count());
    memset(owned, 0, sizeof(owned));
    tables = 0;
    frame_for_each(count_owner, NULL);
    account_for_each(expect_owned, NULL);
    CHECK_EQUAL(tables, 0);
}

static uint64_t used(const struct account *account)
{
    return account->uses[ACCOUNT_FRAMES].used;
}

#define AT 0x200000000ull

TEST(a_frame_is_charged_to_who_touches_it_first)
{
    struct account *first, *second;
    struct map *one, *other;
    struct object *object;

    world_start(4 << 20);
    uint64_t before = world_free();

    check_charges();
    CHECK_EQUAL(account_create(0, &first), 0);
    CHECK_EQUAL(account_create(0, &second), 0);
    CHECK_EQUAL(map_create_relock(first, &one), 0);
    CHECK_EQUAL(map_create_relock(second, &other), 0);
    CHECK_EQUAL(used(first), 1);
    CHECK_EQUAL(object_create_anonymous(100 * PAGE_SIZE, &object), 0);
    CHECK_EQUAL(world_add_object(one, AT, 100, ABI_PROT_READ | ABI_PROT_WRITE, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(other, AT, 100, ABI_PROT_READ | ABI_PROT_WRITE, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_store(one, AT, 1), 0);
    CHECK_EQUAL(used(first), 5); /* root, two tables, the page, the page of the store's node */
    CHECK_EQUAL(world_store(other, AT, 2), 0);
    CHECK_EQUAL(used(second), 3); /* its tables alone */
    CHECK_EQUAL(world_store(other, AT + 70 * PAGE_SIZE, 2), 0);
    CHECK_EQUAL(used(second), 5); /* a page, and a page of nodes of its own */
    CHECK_EQUAL(used(first), 5);
    check_charges();
    object_put(object);
    map_destroy(one);
    account_put(first);
    CHECK_EQUAL(used(first), 2); /* what it touched lives on with the object, and so does the account */
    check_charges();
    map_destroy(other);
    CHECK_EQUAL(used(second), 0);
    account_put(second);
    check_charges();
    CHECK_EQUAL(world_free(), before);
}

TEST(charges_follow_copies_and_tables_that_go)
{
    const uint8_t data = ABI_PROT_READ | ABI_PROT_WRITE;
    struct account *account;
    struct map *map;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(account_create(0, &account), 0);
    CHECK_EQUAL(map_create_relock(account, &map), 0);
    CHECK_EQUAL(world_add(map, AT, 1024, data), 0);
    for (uint64_t page = 0; page < 1024; page += 100) {
        CHECK_EQUAL(world_store(map, AT + page * PAGE_SIZE, 1), 0);
        check_charges();
    }
    CHECK_EQUAL(used(account), 1 + 1 + 2 + 11);
    CHECK_EQUAL(map_remove(map, AT, 512 * PAGE_SIZE), 0);
    CHECK_EQUAL(used(account), 1 + 1 + 1 + 5);
    check_charges();
    CHECK_EQUAL(map_remove(map, AT + 512 * PAGE_SIZE, 512 * PAGE_SIZE), 0);
    CHECK_EQUAL(used(account), 1);
    check_charges();
    CHECK_EQUAL(world_add(map, AT, 1, data), 0);
    CHECK_EQUAL(world_store(map, AT, 1), 0);
    map_destroy(map);
    CHECK_EQUAL(used(account), 0);
    account_put(account);
    check_charges();
    CHECK_EQUAL(world_free(), before);
}

TEST(accounts_have_an_id_each_while_they_live)
{
    struct account *accounts[ACCOUNTS_MAX];
    unsigned count = 0;

    world_start(4 << 20);
    uint64_t before = world_free();

    while (account_create(count, &accounts[count]) == 0) {
        CHECK(account_of(accounts[count]->id) == accounts[count]);
        count++;
    }
    CHECK_EQUAL(count, ACCOUNTS_MAX - 2);
    CHECK_EQUAL(account_create(0, &accounts[count]), -EAGAIN);
    uint16_t id = accounts[100]->id;

    account_put(accounts[100]);
    CHECK_EQUAL(account_create(0, &accounts[100]), 0);
    CHECK_EQUAL(accounts[100]->id, id);
    while (count > 0) {
        account_put(accounts[--count]);
    }
    check_charges();
    CHECK_EQUAL(world_free(), before);
}

TEST(each_resource_is_charged_and_given_back)
{
    static const int errors[ACCOUNT_RESOURCES] = { -ENOMEM, -ENOMEM, -EMFILE, -ENOSPC, -EAGAIN, -EDQUOT };
    struct account *account;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(account_create(0, &account), 0);
    for (unsigned resource = ACCOUNT_ENTRIES; resource < ACCOUNT_RESOURCES; resource++) {
        account->uses[resource].bound = 5;
        CHECK_EQUAL(account_charge(account, resource, 3), 0);
        CHECK_EQUAL(account_charge(account, resource, 3), errors[resource]);
        CHECK_EQUAL(account->uses[resource].used, 3);
        CHECK_EQUAL(account_charge(account, resource, 2), 0);
        CHECK_EQUAL(account_charge(account, resource, 1), errors[resource]);
        account_uncharge(account, resource, 5);
        CHECK_PANICS(account_uncharge(account, resource, 1), "used >= count");
        CHECK_EQUAL(account_charge(account, resource, 1), 0);
    }
    account_put(account);
    for (unsigned resource = ACCOUNT_ENTRIES; resource < ACCOUNT_RESOURCES; resource++) {
        CHECK(world_free() < before); /* the account, and the table of accounts */
        account_uncharge(account, resource, 1);
    }
    CHECK_EQUAL(world_free(), before);
}

static struct account_limits no_limits(void)
{
    struct account_limits limits = { .guarantee = 0 };

    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        limits.of[i] = ACCOUNT_UNLIMITED;
    }
    return limits;
}

/* A new account within @maker, with so many frames and so many of them guaranteed. */
static int make_within(struct account *maker, uint64_t frames, uint64_t guarantee, struct account **out)
{
    struct account_limits limits = no_limits();

    limits.of[ACCOUNT_FRAMES] = frames;
    limits.guarantee = guarantee;
    return account_create_within(maker, &limits, out);
}

TEST(limits_are_carved_out_of_the_makers_and_come_back)
{
    struct account *outer, *inner, *other;
    struct account_limits limits = no_limits();

    world_start(4 << 20);
    uint64_t before = world_free();

    limits.of[ACCOUNT_TASKS] = 10;
    CHECK_EQUAL(account_create_within(account_root(), &limits, &outer), 0);
    CHECK(account_root()->uses[ACCOUNT_TASKS].bound == (int64_t)ACCOUNT_UNLIMITED);
    CHECK_EQUAL(account_charge(outer, ACCOUNT_TASKS, 3), 0);
    limits.of[ACCOUNT_TASKS] = ACCOUNT_UNLIMITED;
    CHECK_EQUAL(account_create_within(outer, &limits, &inner), -EPERM);
    limits.of[ACCOUNT_TASKS] = 8;
    CHECK_EQUAL(account_create_within(outer, &limits, &inner), -EPERM);
    limits.of[ACCOUNT_TASKS] = 5;
    CHECK_EQUAL(account_create_within(outer, &limits, &inner), 0);
    CHECK_EQUAL(account_charge(outer, ACCOUNT_TASKS, 3), -EAGAIN);
    CHECK_EQUAL(account_charge(outer, ACCOUNT_TASKS, 2), 0);
    CHECK_EQUAL(account_charge(inner, ACCOUNT_TASKS, 6), -EAGAIN);
    CHECK_EQUAL(account_charge(inner, ACCOUNT_TASKS, 5), 0);
    limits.of[ACCOUNT_TASKS] = 1;
    CHECK_EQUAL(account_create_within(outer, &limits, &other), -EPERM);

    account_put(outer); /* the inner one keeps it */
    account_uncharge(outer, ACCOUNT_TASKS, 5);
    CHECK_EQUAL(outer->ref_count, 1);
    account_put(inner);
    CHECK_EQUAL(outer->uses[ACCOUNT_TASKS].bound, 5);
    account_uncharge(inner, ACCOUNT_TASKS, 5); /* ends both */
    CHECK_EQUAL(world_free(), before);
}

TEST(limits_are_lowered_and_never_raised)
{
    struct account *outer, *inner;
    struct account_limits limits = no_limits();

    world_start(4 << 20);
    limits.of[ACCOUNT_NAMES] = 100;
    CHECK_EQUAL(account_create_within(account_root(), &limits, &outer), 0);
    limits.of[ACCOUNT_NAMES] = 80;
    CHECK_EQUAL(account_create_within(outer, &limits, &inner), 0);
    CHECK_EQUAL(account_lower(outer, ACCOUNT_NAMES, 101), -EPERM);
    CHECK_EQUAL(account_lower(outer, ACCOUNT_NAMES, 50), 0); /* less than was carved out of it */
    CHECK_EQUAL(account_charge(outer, ACCOUNT_NAMES, 1), -ENOSPC);
    account_put(inner);
    CHECK_EQUAL(account_charge(outer, ACCOUNT_NAMES, 51), -ENOSPC);
    CHECK_EQUAL(account_charge(outer, ACCOUNT_NAMES, 50), 0);
    CHECK_EQUAL(account_lower(outer, ACCOUNT_NAMES, 20), 0); /* less than there are */
    account_uncharge(outer, ACCOUNT_NAMES, 30);
    CHECK_EQUAL(account_charge(outer, ACCOUNT_NAMES, 1), -ENOSPC);
    account_uncharge(outer, ACCOUNT_NAMES, 20);
    CHECK_EQUAL(account_lower(outer, ACCOUNT_ENTRIES, 4096), 0);
    CHECK_EQUAL(account_charge(outer, ACCOUNT_ENTRIES, 4097), -ENOMEM);
    account_put(outer);
}

/* Touch pages of a new anonymous mapping until that fails. Returns how many there were. */
static uint64_t touch_all(struct map *map, uint64_t pages)
{
    uint64_t touched = 0;

    CHECK_EQUAL(world_add(map, AT, pages, ABI_PROT_READ | ABI_PROT_WRITE), 0);
    while (touched < pages && world_store(map, AT + touched * PAGE_SIZE, 1) == 0) {
        touched++;
    }
    return touched;
}

TEST(an_account_at_its_limit_of_frames_gets_no_more_and_others_do)
{
    struct account *account;
    struct map *map, *other = NULL;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(make_within(account_root(), 20, 0, &account), 0);
    CHECK_EQUAL(map_create_relock(account, &map), 0);
    CHECK_EQUAL(touch_all(map, 100), 20 - 3);
    CHECK(account_is_full(account, ACCOUNT_FRAMES));
    CHECK_EQUAL(map_create_relock(account, &other), -ENOMEM);
    other = world_map();
    CHECK_EQUAL(touch_all(other, 100), 100);
    check_charges();
    map_destroy(other);
    CHECK_EQUAL(map_remove(map, AT, PAGE_SIZE), 0);
    CHECK_EQUAL(world_store(map, AT + 50 * PAGE_SIZE, 1), 0); /* what was given back can be had again */
    CHECK_EQUAL(world_store(map, AT + 51 * PAGE_SIZE, 1), -ENOMEM);
    map_destroy(map);
    account_put(account);
    check_charges();
    CHECK_EQUAL(world_free(), before);
}

/* set-aside: the sum of what guarantees are more than what is used, and no more than is free. */
static void add_set_aside(struct account *account, void *context)
{
    uint64_t frames = used(account);

    *(uint64_t *)context += account->guarantee > frames ? account->guarantee - frames : 0;
}

static void check_set_aside(void)
{
    uint64_t sum = 0;

    account_for_each(add_set_aside, &sum);
    CHECK_EQUAL(frame_set_aside_count(), sum);
    CHECK(sum <= frame_free_count());
}

TEST(within_its_guarantee_no_touch_fails_whatever_others_take)
{
    struct account *account;
    struct map *map, *other;
    struct object *object;
    struct map_entry *entry;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(make_within(account_root(), 200, 120, &account), 0);
    check_set_aside();
    CHECK_EQUAL(map_create_relock(account, &map), 0);
    CHECK_EQUAL(object_create_anonymous(1ull << 30, &object), 0);
    CHECK_EQUAL(world_add_object(map, AT * 2, 100000, ABI_PROT_READ | ABI_PROT_WRITE, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add(map, AT, 100, ABI_PROT_READ | ABI_PROT_WRITE), 0);
    other = world_map();
    uint64_t touched = touch_all(other, 2000);

    CHECK(touched > 500 && touched < 2000);
    CHECK(frame_free_count() >= 119);
    /* Pages, tables, and nodes of a page store with pages far apart. */
    for (uint64_t i = 0; used(account) < 110; i++) {
        check_set_aside();
        CHECK_EQUAL(world_store(map, AT + i * PAGE_SIZE, 1), 0);
        CHECK_EQUAL(world_store(map, AT * 2 + i * 2000 * PAGE_SIZE, 1), 0);
    }
    check_charges();
    /* Beyond it, it is one of all. */
    while ((entry = map_find(map, AT)) != NULL && used(account) < 120) {
        CHECK_EQUAL(world_store(map, AT + (used(account) - 30) * PAGE_SIZE, 1), 0);
    }
    CHECK_EQUAL(world_store(map, AT + 99 * PAGE_SIZE, 1), -ENOMEM);
    CHECK_EQUAL(frame_set_aside_count(), 0);
    map_destroy(other);
    CHECK_EQUAL(world_store(map, AT + 99 * PAGE_SIZE, 1), 0);
    map_destroy(map);
    check_set_aside();
    object_put(object);
    account_put(account);
    CHECK_EQUAL(frame_set_aside_count(), 0);
    check_charges();
    CHECK_EQUAL(world_free(), before);
}

TEST(guarantees_are_never_more_than_there_is)
{
    struct account *first, *second, *inner;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(make_within(account_root(), 10, 11, &first), -EINVAL);
    CHECK_EQUAL(make_within(account_root(), 10000, 10000, &first), -ENOMEM);
    CHECK_EQUAL(world_free(), before);
    CHECK_EQUAL(make_within(account_root(), ACCOUNT_UNLIMITED, 400, &first), 0);
    CHECK_EQUAL(make_within(account_root(), ACCOUNT_UNLIMITED, 400, &second), -ENOMEM);
    CHECK_EQUAL(make_within(first, ACCOUNT_UNLIMITED, 401, &inner), -EPERM);
    CHECK_EQUAL(make_within(first, ACCOUNT_UNLIMITED, 300, &inner), 0);
    CHECK_EQUAL(frame_set_aside_count(), 400);
    CHECK_EQUAL(first->guarantee, 100);
    CHECK_EQUAL(account_lower(first, ACCOUNT_FRAMES, 99), -EINVAL);
    CHECK_EQUAL(account_lower(first, ACCOUNT_FRAMES, 100), 0);
    CHECK_EQUAL(make_within(first, 1, 0, &second), -EPERM); /* the rest of the limit is the guarantee's */
    check_set_aside();
    account_put(inner);
    CHECK_EQUAL(first->guarantee, 400);
    CHECK_EQUAL(frame_set_aside_count(), 400);
    account_put(first);
    CHECK_EQUAL(frame_set_aside_count(), 0);
    CHECK_EQUAL(world_free(), before);
}

TEST(what_outlives_a_group_takes_its_part_of_the_guarantee_along)
{
    struct account *outer, *inner;
    struct object *object;
    paddr_t page;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(make_within(account_root(), 100, 50, &outer), 0);
    CHECK_EQUAL(make_within(outer, 30, 30, &inner), 0);
    CHECK_EQUAL(object_create_anonymous(100 * PAGE_SIZE, &object), 0);
    CHECK_EQUAL(object_page_own_relock(object, 1, inner, &page), 0);
    CHECK_EQUAL(used(inner), 2);
    CHECK_EQUAL(frame_set_aside_count(), 48);
    account_put(inner);
    CHECK_EQUAL(inner->guarantee, 2);
    CHECK_EQUAL(outer->guarantee, 48);
    check_set_aside();
    object_put(object);
    CHECK_EQUAL(outer->guarantee, 50);
    CHECK_EQUAL(outer->uses[ACCOUNT_FRAMES].bound, 100);
    CHECK_EQUAL(frame_set_aside_count(), 50);
    account_put(outer);
    CHECK_EQUAL(world_free(), before);
}
