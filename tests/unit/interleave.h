#pragma once

#include "types.h"

/*
 * Works of several harts, in every order that the supervisor's lock allows: a hart may be overtaken wherever it takes
 * the lock, waits for it, or has just dropped it. Each schedule begins in a world of its own; after each drop of the
 * lock every TLB is checked.
 */
#define INTERLEAVE_HARTS_MAX 3u

struct interleave {
    void (*begin)(void); /* starts the world; what it returns with is there before the harts run */
    void (*works[INTERLEAVE_HARTS_MAX])(void); /* of harts 0, 1 ... : with the lock held; NULL: no more */
    void (*end)(void); /* on hart 0, when all are done: checks, and takes all down */
};

/*
 * All schedules in which a hart that could go on is overtaken at most @preemptions times. Prints, and returns, how many
 * there are.
 */
uint64_t interleave_all(const char *name, const struct interleave *interleave, unsigned preemptions);

/* So many schedules, each decision by chance. */
void interleave_randomly(const char *name, const struct interleave *interleave, uint64_t schedules);
