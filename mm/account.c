/*
 * Accounts: who pays, and who may share by content.
 *
 *     account_create() -> has references -> none, but something is charged -> freed
 *
 * An account outlives its last task while frames that this one touched are in use elsewhere: pages of an object that
 * others map. A frame's descriptor has the owner's id, of two bytes; account_table leads from it to the account.
 *
 * Invariants (for the auditor, by these names):
 *     account-references  an account's ref_count is the number of tasks, maps, regions and load entries that point to
 *                         it, and one more for the owner of the handle that account_create() gave; the root account's
 *                         and the supervisor's have one for themselves
 *     account-frames      `used` frames are the frames in use whose owner it is, and the tables of its maps; the
 *                         supervisor's has all other tables; so the sum over all accounts is all frames that are not
 *                         free
 *     account-table       an id's place has the account with that id, or NULL
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: account_create(domain, &account) -> map_create_relock(account, &map) -> account_put(account)
 */
#include "account.h"

#include "abi_errno.h"
#include "audit.h"
#include "frame.h"
#include "page_store.h"
#include "panic.h"
#include "pool.h"

#define FIXED_ACCOUNTS 2u
/* What an account has that has nothing else. */
#define EMPTY(account_address) \
    .ref_count = 1, .uses = { [0 ... ACCOUNT_RESOURCES - 1] = { .bound = ACCOUNT_UNLIMITED } }, \
    .nodes = { .name = "page store", .object_bytes = PAGE_STORE_NODE_BYTES, .account = (account_address) }

struct account account_supervisor = { .id = 0, EMPTY(&account_supervisor) };
static struct account root_account = { .id = 1, .domain = 0, EMPTY(&root_account) };
static struct account *fixed[FIXED_ACCOUNTS] = { &account_supervisor, &root_account };

struct account **account_table = fixed; /* a frame, while there are others */
static unsigned account_count; /* others */
static struct pool account_pool = POOL("account", struct account);

static_assert(ACCOUNTS_MAX * sizeof(struct account *) <= PAGE_SIZE, "the table is one frame");

struct account *account_root(void)
{
    return &root_account;
}

void account_start(void)
{
    account_table = fixed;
    account_count = 0;
    account_supervisor.uses[ACCOUNT_FRAMES].used = 0;
    root_account.uses[ACCOUNT_FRAMES].used = 0;
}

/* The table as a whole frame. Returns 0 or -ENOMEM. */
static int make_table(void)
{
    paddr_t frame;

    if (account_count > 0) {
        return 0;
    }
    int error = frame_alloc(FRAME_SUPERVISOR, &account_supervisor, &frame);

    if (error == 0) {
        struct account **table = arch_direct(frame);

        for (unsigned id = 0; id < ACCOUNTS_MAX; id++) {
            table[id] = id < FIXED_ACCOUNTS ? fixed[id] : NULL;
        }
        account_table = table;
    }
    return error;
}

static void drop_table(void)
{
    if (account_count == 0) {
        paddr_t frame = arch_physical(account_table);

        account_table = fixed;
        frame_put(frame);
    }
}

int account_create(uint32_t domain, struct account **out)
{
    int error = make_table();

    if (error != 0) {
        return error;
    }
    uint16_t id = FIXED_ACCOUNTS;

    while (id < ACCOUNTS_MAX && account_table[id] != NULL) {
        id++;
    }
    if (id == ACCOUNTS_MAX) {
        return -EAGAIN;
    }
    struct account *account = pool_alloc(&account_pool);

    if (account == NULL) {
        drop_table();
        return -ENOMEM;
    }
    *account = (struct account){ .id = id, .domain = domain, EMPTY(account) };
    account_table[id] = account;
    account_count++;
    *out = account;
    return 0;
}

void account_settle(struct account *account)
{
    if (account->ref_count != 0) {
        return;
    }
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        if (account->uses[i].used != 0) {
            return;
        }
    }
    account_table[account->id] = NULL;
    account_count--;
    pool_end(&account->nodes);
    pool_free(&account_pool, account);
    drop_table();
}

void account_put(struct account *account)
{
    ASSERT(account->ref_count != 0);
    if (--account->ref_count == 0) {
        ASSERT(account != &root_account && account != &account_supervisor);
        account_settle(account);
    }
}

int account_charge(struct account *account, enum account_resource resource, uint64_t count)
{
    static const int8_t errors[ACCOUNT_RESOURCES] = {
        [ACCOUNT_FRAMES] = -ENOMEM,      [ACCOUNT_BYTES] = -ENOMEM, [ACCOUNT_ENTRIES] = -ENOMEM,
        [ACCOUNT_DESCRIPTORS] = -EMFILE, [ACCOUNT_NAMES] = -ENOSPC, [ACCOUNT_TASKS] = -EAGAIN,
    };
    struct account_use *use = &account->uses[resource];

    arch_assert_locked();
    if (use->used + count > use->bound) {
        return errors[resource];
    }
    use->used += count;
    return 0;
}

void account_uncharge(struct account *account, enum account_resource resource, uint64_t count)
{
    struct account_use *use = &account->uses[resource];

    arch_assert_locked();
    ASSERT(use->used >= count);
    use->used -= count;
    if (use->used == 0) {
        account_settle(account);
    }
}

void account_for_each(void (*visit)(struct account *account, void *context), void *context)
{
    unsigned limit = account_count > 0 ? ACCOUNTS_MAX : FIXED_ACCOUNTS;

    for (unsigned id = 0; id < limit; id++) {
        if (account_table[id] != NULL) {
            visit(account_table[id], context);
        }
    }
}

__attribute__((cold)) static void audit_account(struct account *account, void *context)
{
    account->audited_frames = 0;
    audit_expect(context, account_table[account->id] == account, "account-table", account->id);
}

__attribute__((cold)) void account_audit(struct audit *audit)
{
    account_for_each(audit_account, audit);
    if (account_count > 0) {
        audit_owner(audit, arch_physical(account_table));
    }
}

__attribute__((cold)) void account_audit_frame(struct audit *audit, uint32_t owner, paddr_t frame)
{
    if (owner >= (account_count > 0 ? ACCOUNTS_MAX : FIXED_ACCOUNTS) || account_table[owner] == NULL) {
        audit_find(audit, "account-table", frame.value);
        return;
    }
    account_table[owner]->audited_frames++;
}

__attribute__((cold)) static void audit_end_of(struct account *account, void *context)
{
    audit_expect(context, account->uses[ACCOUNT_FRAMES].used == account->audited_frames, "account-frames", account->id);
}

__attribute__((cold)) void account_audit_end(struct audit *audit)
{
    account_for_each(audit_end_of, audit);
}
