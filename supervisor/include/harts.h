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

/*
 * Every other hart leaves what it does in the supervisor, and stands still in its interrupt until harts_release_others().
 * The lock is not held. Returns false when another hart has asked for the same: this one is to go back to its task
 * first, and will stand still.
 */
bool harts_park_others(void);
void harts_release_others(void);

/* Called by a hart that was interrupted: stands still when it is to; does not return when the machine stops. */
void harts_stop_if_asked(void);
