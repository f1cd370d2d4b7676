#pragma once

#include "machine.h"

/*
 * The platform-level interrupt controller: device interrupts, which one hart takes for all.
 * A context is one hart's external interrupt to one mode; the device tree says which belongs to whom.
 * Locks: the caller serialises all calls but plic_dispatch(), which is for the hart that the context belongs to.
 */

/*
 * Map the controller and silence every source.
 * Returns 0, or -ENODEV when the machine has none that can be used.
 */
int plic_init(const struct machine *machine);

/*
 * Take the machine's interrupts in @context from now on, with nothing enabled yet. One context at a time.
 * Returns 0, or -ENODEV when the controller has no such context.
 */
int plic_open(uint32_t context);

/*
 * Call @handler when @source interrupts. Up to PLIC_HANDLERS_MAX sources, each once.
 * Returns 0, -ENODEV when no context is open, -EINVAL for a source that the controller has not, or -ENOSPC.
 */
#define PLIC_HANDLERS_MAX 8
int plic_connect(uint32_t source, void (*handler)(void));

/* Let @source, which is connected, through; or no longer. */
void plic_enable(uint32_t source);
void plic_disable(uint32_t source);

/*
 * The external interrupt of the hart that the open context belongs to: call the handler of each source that is
 * pending, up to a bound: what is left interrupts again. Returns how many there were; 0 is a spurious interrupt, and
 * nothing is wrong.
 */
uint32_t plic_dispatch(void);
