#pragma once

#include "machine.h"

/*
 * Power-off and restart.
 */

/* Find the device that hands an exit status to an emulator. Before it, power_off() prints the status instead. */
void power_init(const struct machine *machine);

/*
 * End everything with an exit status of 0 to 255, which reaches who started the machine: through the exit device,
 * else as a last line "pando: exit N". A status of 0 is an ordinary power-off by the firmware.
 */
_Noreturn void power_off(uint32_t status);

/* Start the machine anew. */
_Noreturn void power_restart(void);
