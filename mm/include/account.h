#pragma once

#include "pool.h"
#include "types.h"

/*
 * Who pays and who may share: a group of tasks with one set of bounds. Maps, regions and load entries point to it; mm
 * and shared know accounts, never tasks.
 *
 * Every frame in use is charged to one account: the one that first touched it, or the supervisor's for what serves all.
 * Frames are charged by frame.c alone, everything else by who makes it, with account_charge().
 */
enum account_resource {
    ACCOUNT_FRAMES,
    ACCOUNT_BYTES, /* of address space, in maps */
    ACCOUNT_ENTRIES, /* of maps */
    ACCOUNT_DESCRIPTORS,
    ACCOUNT_NAMES, /* of named objects */
    ACCOUNT_TASKS,
    ACCOUNT_RESOURCES,
};

#define ACCOUNT_UNLIMITED (UINT64_MAX / 2)

struct account_use {
    uint64_t used;
    uint64_t bound; /* what `used` may become by charging */
};

struct account {
    /* Fixed at creation. */
    uint16_t id; /* in struct frame.owner */
    uint32_t domain; /* who may share by content: equal domains only */
    /* Under the supervisor's lock. */
    uint32_t ref_count;
    struct account_use uses[ACCOUNT_RESOURCES];
    struct pool nodes; /* of page stores */
    uint64_t audited_frames; /* that the auditor found charged to it */
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

/* Call @visit for each account, the supervisor's and the root account first. */
void account_for_each(void (*visit)(struct account *account, void *context), void *context);

/*
 * @count more of @resource. Returns 0, or what Linux says where one has too many: -ENOMEM (frames, bytes, entries),
 * -EMFILE (descriptors), -ENOSPC (named objects), -EAGAIN (tasks). @count is below ACCOUNT_UNLIMITED.
 */
int account_charge(struct account *account, enum account_resource resource, uint64_t count);
void account_uncharge(struct account *account, enum account_resource resource, uint64_t count);

/* Parts of audit_begin() and audit_end(): account-table, account-frames. */
struct audit;
void account_audit(struct audit *audit);
void account_audit_frame(struct audit *audit, uint32_t owner, paddr_t frame);
void account_audit_end(struct audit *audit);
