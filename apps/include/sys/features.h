#pragma once

/* picolibc declares clocks and sleeping only for systems that it knows by name; this one has them too. */
#include_next <sys/features.h>

#define _POSIX_TIMERS 1
#define _POSIX_MONOTONIC_CLOCK 200112L
#define _POSIX_CPUTIME 200809L
#define _POSIX_THREAD_CPUTIME 200809L
#undef _POSIX_CLOCK_SELECTION
#define _POSIX_CLOCK_SELECTION 200809L
