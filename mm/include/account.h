#pragma once

#include "types.h"

/*
 * Who pays and who may share: a group of tasks with one set of bounds. Maps, regions and load entries point to it; mm
 * and shared know accounts, never tasks.
 */
struct account {
    uint32_t ref_count;
    uint32_t domain; /* who may share by content: equal domains only */
};

/* The account of everything that has no other: domain 0. Never freed. */
struct account *account_root(void);

/* A new account with one reference. Returns 0 or -ENOMEM. */
int account_create(uint32_t domain, struct account **out);

static inline void account_get(struct account *account)
{
    account->ref_count++;
}

/* Drop one reference; the root account outlives all. */
void account_put(struct account *account);
