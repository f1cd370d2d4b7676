#pragma once

#include "types.h"

/*
 * The host's stand-in for arch/riscv64/include/cpu.h: of the hart itself, what platform asks for.
 */
uint64_t cpu_wait(void);
