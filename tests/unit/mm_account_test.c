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
    static const int errors[ACCOUNT_RESOURCES] = { -ENOMEM, -ENOMEM, -ENOMEM, -EMFILE, -ENOSPC, -EAGAIN };
    struct account *account;

    world_start(4 << 20);
    uint64_t before = world_free();

    CHECK_EQUAL(account_create(0, &account), 0);
    for (unsigned resource = ACCOUNT_BYTES; resource < ACCOUNT_RESOURCES; resource++) {
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
    for (unsigned resource = ACCOUNT_BYTES; resource < ACCOUNT_RESOURCES; resource++) {
        CHECK(world_free() < before); /* the account, and the table of accounts */
        account_uncharge(account, resource, 1);
    }
    CHECK_EQUAL(world_free(), before);
}
