/* mm/account.c */
#include "account.h"

#include "abi_errno.h"
#include "check.h"
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
