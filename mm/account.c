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
 *     account-frames      `used` frames are the frames in use whose owner it is, and the tables of its maps and
 *                         regions; so the sum over all accounts is all frames that are not free
 *     account-charges     the same of the other resources: entries in its maps and what these use of regions, descriptors
 *                         and tasks of its tasks, names, records
 *     account-table       an id's place has the account with that id, or NULL
 *     account-limits      an account's bound is its limit, less what was carved out of it by those it made (below 0 where
 *                         it was lowered to less than that)
 *     account-guarantee   the frames that are set aside are the sum of what each account's guarantee is more than its
 *                         `used` frames, and there are as many free
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

#include <string.h>

#define FIXED_ACCOUNTS 2u
/* What an account has that has nothing else. */
#define EMPTY(account_address) \
    .ref_count = 1, \
    .uses = { [0 ... ACCOUNT_RESOURCES - 1] = { .bound = ACCOUNT_UNLIMITED, .limit = ACCOUNT_UNLIMITED } }, \
    .nodes = { .name = "page store", .object_bytes = PAGE_STORE_NODE_BYTES, .account = (account_address) }

struct account account_supervisor = { .id = 0, EMPTY(&account_supervisor) };
static struct account root_account = { .id = 1, .leader = 1, .domain = 0, EMPTY(&root_account) };
static struct account *fixed[FIXED_ACCOUNTS] = { &account_supervisor, &root_account };

struct account **account_table = fixed; /* a frame, while there are others */
static unsigned made_count; /* how many others there are */
static struct pool account_pool = POOL("account", struct account);

static_assert(ACCOUNTS_MAX * sizeof(struct account *) <= PAGE_SIZE, "the table is one frame");

struct account *account_root(void)
{
    return &root_account;
}

void account_start(void)
{
    account_table = fixed;
    made_count = 0;
    account_supervisor.uses[ACCOUNT_FRAMES].used = 0;
    root_account.uses[ACCOUNT_FRAMES].used = 0;
}

/* The table as a whole frame. Returns 0 or -ENOMEM. */
static int make_table(void)
{
    paddr_t frame;

    if (made_count > 0) {
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
    if (made_count == 0) {
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
    made_count++;
    *out = account;
    return 0;
}

/* How many free frames are kept for @account. */
static uint64_t set_aside_for(const struct account *account)
{
    uint64_t used = account->uses[ACCOUNT_FRAMES].used;

    return account->guarantee > used ? account->guarantee - used : 0;
}

/* Whether @maker may promise any frame that is free. */
static bool promises_freely(const struct account *maker)
{
    return maker == &root_account;
}

/* Give @account another guarantee, for which frames are set aside. Returns 0 or -ENOMEM: nothing has changed. */
static int set_guarantee(struct account *account, uint64_t guarantee)
{
    uint64_t before = set_aside_for(account), old = account->guarantee;

    account->guarantee = guarantee;
    uint64_t after = set_aside_for(account);
    int error = frame_set_aside(before, after);

    if (error != 0) {
        account->guarantee = old;
    }
    return error;
}

/* Let @count frames of @account's guarantee be its maker's again. What is set aside for both is not more than before. */
static void return_guarantee(struct account *account, uint64_t count)
{
    (void)set_guarantee(account, account->guarantee - count);
    if (!promises_freely(account->maker)) {
        (void)set_guarantee(account->maker, account->maker->guarantee + count);
    }
}

static int move_guarantee(struct account *maker, struct account *account, uint64_t guarantee)
{
    if (promises_freely(maker)) {
        return set_guarantee(account, guarantee);
    }
    (void)set_guarantee(maker, maker->guarantee - guarantee);
    int error = set_guarantee(account, guarantee);

    if (error != 0) {
        (void)set_guarantee(maker, maker->guarantee + guarantee); /* as much as was set aside for it before */
    }
    return error;
}

/* Whether @count of a resource can be carved out of what @use has left when it has to keep room for @kept. */
static bool is_left(const struct account_use *use, uint64_t kept, uint64_t count)
{
    uint64_t needed = use->used > kept ? use->used : kept;

    return use->limit == ACCOUNT_UNLIMITED ||
           (count <= (uint64_t)INT64_MAX && use->bound - (int64_t)needed >= (int64_t)count);
}

/* Whether @limits can be carved out of what @maker has left. Returns 0, -EPERM or -EINVAL. */
static int check_limits(const struct account *maker, const struct account_limits *limits)
{
    uint64_t kept[ACCOUNT_RESOURCES] = { 0 };

    if (limits->guarantee > limits->of[ACCOUNT_FRAMES]) {
        return -EINVAL;
    }
    if (!promises_freely(maker)) {
        if (limits->guarantee > maker->guarantee) {
            return -EPERM;
        }
        kept[ACCOUNT_FRAMES] = maker->guarantee - limits->guarantee;
    }
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        if (!is_left(&maker->uses[i], kept[i], limits->of[i])) {
            return -EPERM;
        }
    }
    return 0;
}

/* After check_limits(): only frames for a guarantee can be missing. */
static int carve(struct account *maker, const struct account_limits *limits, struct account *account)
{
    int error = move_guarantee(maker, account, limits->guarantee);

    if (error != 0) {
        return error;
    }
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        struct account_use *use = &maker->uses[i];

        account->uses[i].limit = limits->of[i];
        account->uses[i].bound = (int64_t)limits->of[i];
        account->carved[i] = use->limit != ACCOUNT_UNLIMITED ? limits->of[i] : 0;
        use->bound -= (int64_t)account->carved[i];
    }
    account->maker = maker;
    account_get(maker);
    return 0;
}

int account_create_within(struct account *maker, const struct account_limits *limits, struct account **out)
{
    struct account *account;
    int error = check_limits(maker, limits);

    if (error == 0) {
        error = account_create(maker->domain, &account);
    }
    if (error != 0) {
        return error;
    }
    frame_make_room(limits->guarantee);
    error = carve(maker, limits, account);
    if (error != 0) {
        account_put(account);
        return error;
    }
    *out = account;
    return 0;
}

int account_lower(struct account *account, enum account_resource resource, uint64_t limit)
{
    struct account_use *use = &account->uses[resource];

    if (limit > use->limit) {
        return -EPERM;
    }
    if (resource == ACCOUNT_FRAMES && limit < account->guarantee) {
        return -EINVAL;
    }
    use->bound -= (int64_t)(use->limit - limit);
    use->limit = limit;
    return 0;
}

/* What was carved out of the maker's limits is the maker's again. */
__attribute__((noinline)) static void return_limits(struct account *account)
{
    if (account->maker == NULL) {
        return;
    }
    return_guarantee(account, account->guarantee);
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        account->maker->uses[i].bound += (int64_t)account->carved[i];
    }
    account->maker->ref_count--;
}

static bool is_done_with(const struct account *account)
{
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        if (account->uses[i].used != 0) {
            return false;
        }
    }
    return account->ref_count == 0;
}

/* A maker may go with the last account that it made. */
void account_settle(struct account *account)
{
    while (account != NULL && is_done_with(account)) {
        struct account *maker = account->maker;

        return_limits(account);
        account_table[account->id] = NULL;
        made_count--;
        pool_end(&account->nodes);
        pool_free(&account_pool, account);
        drop_table();
        account = maker;
    }
}

void account_put(struct account *account)
{
    ASSERT(account->ref_count != 0);
    if (--account->ref_count > 0) {
        return;
    }
    ASSERT(account != &root_account && account != &account_supervisor);
    if (account->maker != NULL) {
        /* Nobody can touch a frame for it any more; the rest of its guarantee goes with the frames it has. */
        return_guarantee(account, set_aside_for(account));
    }
    account_settle(account);
}

void account_for_each(void (*visit)(struct account *account, void *context), void *context)
{
    unsigned limit = made_count > 0 ? ACCOUNTS_MAX : FIXED_ACCOUNTS;

    for (unsigned id = 0; id < limit; id++) {
        if (account_table[id] != NULL) {
            visit(account_table[id], context);
        }
    }
}

/* account-table. The supervisor's and the root account have a reference for themselves. */
__attribute__((cold)) static void audit_account(struct account *account, void *context)
{
    account->audited_references = account->id < FIXED_ACCOUNTS;
    memset(account->audited, 0, sizeof(account->audited));
    audit_expect(context, account_table[account->id] == account, "account-table", account->id);
}

/* Until audit_bounds() what is counted is what was carved out. */
__attribute__((cold)) static void audit_carved(struct account *account, void *context)
{
    (void)context;
    if (account->maker == NULL) {
        return;
    }
    account_audit_reference(account->maker);
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        account_audit_use(account->maker, i, account->carved[i]);
    }
}

/* account-limits. */
__attribute__((cold)) static void audit_bounds(struct account *account, void *context)
{
    for (unsigned i = 0; i < ACCOUNT_RESOURCES; i++) {
        const struct account_use *use = &account->uses[i];

        audit_expect(context, use->bound == (int64_t)(use->limit - account->audited[i]), "account-limits", account->id);
        account->audited[i] = 0;
    }
}

__attribute__((cold)) void account_audit(struct audit *audit)
{
    account_for_each(audit_account, audit);
    account_for_each(audit_carved, audit);
    account_for_each(audit_bounds, audit);
    if (made_count > 0) {
        audit_owner(audit, arch_physical(account_table));
    }
}

__attribute__((cold)) void account_audit_frame(struct audit *audit, uint32_t owner, paddr_t frame)
{
    if (owner >= (made_count > 0 ? ACCOUNTS_MAX : FIXED_ACCOUNTS) || account_table[owner] == NULL) {
        audit_find(audit, "account-table", frame.value);
        return;
    }
    account_audit_use(account_table[owner], ACCOUNT_FRAMES, 1);
}

/* account-frames; account-charges of entries, which mm counts itself. */
__attribute__((cold)) static void audit_end_of(struct account *account, void *context)
{
    static const char *const names[] = { "account-frames", "account-charges" };

    for (unsigned i = 0; i < ARRAY_COUNT(names); i++) {
        audit_expect(context, account->uses[i].used == account->audited[i], names[i], account->id);
    }
}

/* account-charges, account-references. */
__attribute__((cold)) static void audit_end_of_all(struct account *account, void *context)
{
    for (unsigned i = ACCOUNT_ENTRIES + 1; i < ACCOUNT_RESOURCES; i++) {
        audit_expect(context, account->uses[i].used == account->audited[i], "account-charges", account->id);
    }
    audit_expect(context, account->ref_count == account->audited_references, "account-references", account->id);
}

/* account-guarantee. */
__attribute__((cold)) static void add_set_aside(struct account *account, void *context)
{
    *(uint64_t *)context += set_aside_for(account);
}

__attribute__((cold)) void account_audit_end(struct audit *audit, bool all)
{
    uint64_t set_aside = 0;

    account_for_each(audit_end_of, audit);
    if (all) {
        account_for_each(audit_end_of_all, audit);
    }
    account_for_each(add_set_aside, &set_aside);
    audit_expect(audit, set_aside == frame_set_aside_count(), "account-guarantee", set_aside);
}

uint32_t account_count(void)
{
    return made_count + FIXED_ACCOUNTS;
}
