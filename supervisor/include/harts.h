#pragma once

#include "cpu.h"
#include "machine.h"

/*
 * The harts beside the first one.
 */

/*
 * Start each hart of the device tree that can run tasks, name those that don't and why, and say which run. Called once,
 * on the first hart, whose @features they must have; interrupts and tasks come behind it. The lock is not held.
 */
void harts_start_others(const struct machine *machine, struct cpu_features features, bool users_count_instructions);

/* The machine stops: no other hart runs on, or prints. */
void harts_stop_others(void);

/* Called by a hart that was interrupted: does not return when the machine stops. */
void harts_stop_if_asked(void);
