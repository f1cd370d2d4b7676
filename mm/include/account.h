#pragma once

#include "abi_errno.h"
#include "panic.h"
#include "pool.h"
#include "types.h"

/*
 * Who pays and who may share: a group of tasks with one set of bounds. Maps, regions and load entries point to it; mm
 * and shared know accounts, never tasks.
 *
 * Every frame in use is charged to one account: the one that first touched it, or the supervisor's for what serves all.
 * Frames are charged by frame.c alone, everything else by who makes it, with account_charge().
 *
 * An account that is made within another one has limits that are carved out of its maker's: what the maker's tasks may
 * still take is less by as much, until the last use of the new account is gone. So no charge has to look at more than
 * one account, and all that are made within one can never have more together than it may have. The same with a
 * guarantee: frames that are kept free for an account until it takes them.
 */
enum account_resource {
    ACCOUNT_FRAMES,
    ACCOUNT_ENTRIES, /* of maps */
    ACCOUNT_DESCRIPTORS,
    ACCOUNT_NAMES, /* of named objects */
    ACCOUNT_TASKS,
    ACCOUNT_RECORDS, /* of the load hash */
    ACCOUNT_RESOURCES,
};

#define ACCOUNT_UNLIMITED (UINT64_MAX / 2)

struct account_use {
    uint64_t used;
    int64_t bound; /* what `used` may become by charging: the limit, less what was carved out of it */
    uint64_t limit;
};

struct account_limits {
    uint64_t of[ACCOUNT_RESOURCES]; /* ACCOUNT_UNLIMITED: none */
    uint64_t guarantee; /* in frames */
};

struct account {
    /* Fixed at creation. */
    uint16_t id; /* in struct frame.owner */
    uint32_t domain; /* who may share by content: equal domains only */
    struct account *maker; /* one reference; NULL: its limits are carved out of nobody's */
    uint64_t carved[ACCOUNT_RESOURCES]; /* out of the maker's limits; 0 where that had none */
    /* Under the supervisor's lock. */
    uint32_t ref_count;
    struct account_use uses[ACCOUNT_RESOURCES];
    uint64_t guarantee; /* as long as `used` frames are fewer, frames are kept free for it */
    int32_t leader; /* the pid of the task that may lower its limits */
    struct pool nodes; /* of page stores */
    /* What the auditor has found: references, and what is charged. */
    uint32_t audited_references;
    uint64_t audited[ACCOUNT_RESOURCES];
};

/* The supervisor's own account: what no group of tasks has to pay for. Never freed; its id is 0. */
extern struct account account_supervisor;

/* The account of every task that has no other: domain 0. Never freed. */
struct account *account_root(void);

/* Once, by frame_init(): no frame is charged to anybody yet. */
void account_start(void);

/* A new account with one reference. Returns 0, -ENOMEM, or -EAGAIN when there are ACCOUNTS_MAX already. */
#define ACCOUNTS_MAX 512
int account_create(uint32_t domain, struct account **out);

/*
 * A new account of @maker's domain, with limits and a guarantee carved out of the maker's. Returns 0; -EPERM where the
 * maker has less left, or a limit where none is asked for; -EINVAL for a guarantee above the limit; -ENOMEM when there
 * is no memory, for the guarantee of a maker that may promise all that is free; -EAGAIN.
 */
int account_create_within(struct account *maker, const struct account_limits *limits, struct account **out);

/*
 * Lower a limit; what is used already stays. Returns 0, -EPERM when @limit is higher than it is, or -EINVAL for fewer
 * frames than are guaranteed.
 */
int account_lower(struct account *account, enum account_resource resource, uint64_t limit);

/* Whether not one more can be charged. */
static inline bool account_is_full(const struct account *account, enum account_resource resource)
{
    return (int64_t)account->uses[resource].used >= account->uses[resource].bound;
}

static inline void account_get(struct account *account)
{
    account->ref_count++;
}

/* Drop one reference. An account without references goes when nothing is charged to it any more. */
void account_put(struct account *account);

/* Nothing is charged of what was charged last: for who does without account_uncharge(). */
void account_settle(struct account *account);

/* The account with @id: of a frame that is in use. */
extern struct account **account_table;

static inline struct account *account_of(uint16_t id)
{
    return account_table[id];
}

uint32_t account_count(void);

/* Call @visit for each account, the supervisor's and the root account first. */
void account_for_each(void (*visit)(struct account *account, void *context), void *context);

/*
 * @count more of @resource. Returns 0, or what Linux says where one has too many: -ENOMEM (frames, entries),
 * -EMFILE (descriptors), -ENOSPC (named objects), -EAGAIN (tasks); -EDQUOT (records). @count is below ACCOUNT_UNLIMITED.
 */
static inline int account_charge(struct account *account, enum account_resource resource, uint64_t count)
{
    struct account_use *use = &account->uses[resource];

    if (__builtin_expect((int64_t)(use->used + count) > use->bound, 0)) {
        return resource <= ACCOUNT_ENTRIES       ? -ENOMEM
               : resource == ACCOUNT_DESCRIPTORS ? -EMFILE
               : resource == ACCOUNT_NAMES       ? -ENOSPC
               : resource == ACCOUNT_RECORDS     ? -EDQUOT
                                                 : -EAGAIN;
    }
    use->used += count;
    return 0;
}

static inline void account_uncharge(struct account *account, enum account_resource resource, uint64_t count)
{
    struct account_use *use = &account->uses[resource];

    ASSERT(use->used >= count);
    use->used -= count;
    if (use->used == 0) {
        account_settle(account);
    }
}

/* For the auditor: @account is held once more, or @count of @resource are charged to it. */
static inline void account_audit_reference(struct account *account)
{
    account->audited_references++;
}

static inline void account_audit_use(struct account *account, enum account_resource resource, uint64_t count)
{
    account->audited[resource] += count;
}

/* Parts of audit_begin() and audit_end(). Only with @all were all uses and references told. */
struct audit;
void account_audit(struct audit *audit);
void account_audit_frame(struct audit *audit, uint32_t owner, paddr_t frame);
void account_audit_end(struct audit *audit, bool all);
