#pragma once

/* picolibc declares this only together with threads. */
#include_next <sched.h>

int sched_yield(void);
