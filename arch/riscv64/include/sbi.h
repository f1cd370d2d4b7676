#pragma once

#include "types.h"

/*
 * Calls to the firmware (RISC-V SBI specification 1.0 and later; the console also by its legacy call).
 */

/* Find out which extensions there are. Before it, only sbi_console_put() may be used: it takes the legacy call. */
void sbi_init(void);

/* "OpenSBI 1.1" or the like: implementation id and version (Base extension). */
void sbi_describe(char *out, size_t size);

/* What this hart says of itself: mvendorid, marchid, mimpid (Base extension). */
uint64_t sbi_vendor(void);
uint64_t sbi_architecture(void);
uint64_t sbi_implementation(void);

/* Interrupt this hart when the time register reaches @ticks (TIME extension). UINT64_MAX: never. */
void sbi_timer_set(uint64_t ticks);

/* Put bytes on the firmware's console: DBCN when there, else one legacy call a byte. */
void sbi_console_put(const char *bytes, size_t size);

/* System reset (SRST): type 0 power-off, 1 cold reboot. Returns only when the firmware can't. */
void sbi_system_reset(uint32_t type, uint32_t reason);

/*
 * Harts other than this one (HSM, IPI and RFENCE extensions). A set of them is a mask @ids of hart ids, counted from
 * @base. The fences are done on each of them when the call returns, by the firmware itself: whatever they are doing.
 */
bool sbi_can_start_harts(void);

/* Start a hart at physical @address, with a0 = its id, a1 = @argument. Returns 0, -EINVAL, -EBUSY or -EIO. */
int sbi_hart_start(uint64_t hart_id, uint64_t address, uint64_t argument);

/* Make a software interrupt pending. */
void sbi_interrupt(uint64_t ids, uint64_t base);

/* fence.i; sfence.vma of everything, global translations too; of one ASID. Return 0 or the firmware's error. */
int64_t sbi_fence_instructions(uint64_t ids, uint64_t base);
int64_t sbi_fence_all(uint64_t ids, uint64_t base);
int64_t sbi_fence_asid(uint64_t ids, uint64_t base, uint64_t asid);
