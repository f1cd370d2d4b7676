#pragma once

/* For the auditor: futex-queue. */
struct audit;
void futex_audit(struct audit *audit);

/* Called once, before the first task. */
void futex_init(void);
