#pragma once

#include "types.h"

struct audit;
struct file;
struct task;

/* Open files under way from one task to another: see give() and take() in abi_pando.h. Those of a task that ends go. */
void gift_drop_all(struct task *task);

/* For the auditor: gift-bound; @visit each file that waits for @task. Returns for how many it gave true. */
uint64_t gift_audit(const struct task *task, struct audit *audit,
                    bool (*visit)(struct file *file, struct audit *audit));
