#pragma once

#include "types.h"

/*
 * Calls to the firmware (RISC-V SBI specification 1.0 and later; the console also by its legacy call).
 */

/* Find out which extensions there are. Before it, only sbi_console_put() may be used: it takes the legacy call. */
void sbi_init(void);

/* "OpenSBI 1.1" or the like: implementation id and version (Base extension). */
void sbi_describe(char *out, size_t size);

/* Interrupt this hart when the time register reaches @ticks (TIME extension). UINT64_MAX: never. */
void sbi_timer_set(uint64_t ticks);

/* Put bytes on the firmware's console: DBCN when there, else one legacy call a byte. */
void sbi_console_put(const char *bytes, size_t size);

/* System reset (SRST): type 0 power-off, 1 cold reboot. Returns only when the firmware can't. */
void sbi_system_reset(uint32_t type, uint32_t reason);
