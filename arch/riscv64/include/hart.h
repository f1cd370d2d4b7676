#pragma once

#include "trap.h"
#include "types.h"

/*
 * Starting harts, and calling them.
 */
#define HART_STACK_PAGES 3u

/* The first hart's structure, at the start of everything: traps are taken from here on. */
void hart_init_first(uint64_t hart_id);

/*
 * A structure and stacks for the hart with this id; @slot counts such harts from 0. @take gives frames, which are kept
 * for ever, and may drop the lock. Returns 0 or -ENOMEM.
 */
int hart_create_relock(unsigned slot, uint64_t hart_id, int (*take)(paddr_t *out), struct hart **out);

/*
 * Let the firmware start it: it begins in hart_main(), with the supervisor's lock not held.
 * Returns 0, -ENOSYS (the firmware can't), -EINVAL (it knows no such hart), -EBUSY (it runs already), -EIO.
 */
int hart_start(struct hart *hart);

/* What the layer above gives: called on the new hart, on its stack, with interrupts off. */
_Noreturn void hart_main(struct hart *hart);

/* This hart gets an index, and takes part from now on. The supervisor's lock is held. */
void hart_join(struct hart *hart);

/* Make a software interrupt pending on each hart of a set of indices. */
void hart_interrupt(uint32_t mask);
