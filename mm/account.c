/*
 * Accounts: who pays, and who may share by content.
 *
 * Invariant (for the auditor): account-references: an account's ref_count is the number of maps, regions and load
 * entries that point to it, and one more for the owner of the handle that account_create() gave; the root account's
 * has one for itself.
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: account_create(domain, &account) -> map_create_relock(account, &map) -> account_put(account)
 */
#include "account.h"

#include "abi_errno.h"
#include "panic.h"
#include "pool.h"

static struct account root_account = { .ref_count = 1, .domain = 0 };
static struct pool account_pool = POOL("account", struct account);

struct account *account_root(void)
{
    return &root_account;
}

int account_create(uint32_t domain, struct account **out)
{
    struct account *account = pool_alloc(&account_pool);

    if (account == NULL) {
        return -ENOMEM;
    }
    *account = (struct account){ .ref_count = 1, .domain = domain };
    *out = account;
    return 0;
}

void account_put(struct account *account)
{
    ASSERT(account->ref_count != 0);
    if (--account->ref_count == 0) {
        ASSERT(account != &root_account);
        pool_free(&account_pool, account);
    }
}
