#pragma once

#include "types.h"

/* Try to use stimecmp (Sstc); an illegal-instruction trap there means that the hart, or the firmware, has it not. */
bool supervisor_trap_probe_stimecmp(void);

/* Whether a byte at @address can be read: false where nothing answers, or where the firmware lets nobody in. */
bool supervisor_trap_can_read(const void *address);
