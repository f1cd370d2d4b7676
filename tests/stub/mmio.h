#pragma once

#include "types.h"

/*
 * The host's stand-in for arch/riscv64/include/mmio.h: device registers are whatever the test says: platform_world.c
 * has a machine's worth of them.
 */
uint8_t mmio_read8(const volatile void *address);
void mmio_write8(volatile void *address, uint8_t value);
uint32_t mmio_read32(const volatile void *address);
void mmio_write32(volatile void *address, uint32_t value);
