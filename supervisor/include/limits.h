#pragma once

#include "abi_pando.h"
#include "account.h"

/* A group of limits as the calls see it: an account. */

/*
 * A new account within @maker, with the limits that a call asks for. Returns 0, -EINVAL for values that are none, or an
 * error of account_create_within().
 */
int limits_create_account(struct account *maker, const struct abi_limits *limits, struct account **out);

/* What the calls say of @account; @used and @given too. */
void limits_describe(const struct account *account, struct abi_group *group);
