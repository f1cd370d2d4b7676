#pragma once

#include "types.h"

/* Try to use stimecmp (Sstc); an illegal-instruction trap there means that the hart, or the firmware, has it not. */
bool supervisor_probe_stimecmp(void);
