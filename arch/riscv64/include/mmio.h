#pragma once

#include "types.h"

/* Device registers: one access of just this width, ordered against other device accesses by `fence` (Unpriv. A.5). */
static inline uint8_t mmio_read8(const volatile void *address)
{
    uint8_t value = *(const volatile uint8_t *)address;

    __asm__ volatile("fence i, r" ::: "memory");
    return value;
}

static inline void mmio_write8(volatile void *address, uint8_t value)
{
    __asm__ volatile("fence w, o" ::: "memory");
    *(volatile uint8_t *)address = value;
}

static inline uint32_t mmio_read32(const volatile void *address)
{
    uint32_t value = *(const volatile uint32_t *)address;

    __asm__ volatile("fence i, r" ::: "memory");
    return value;
}

static inline void mmio_write32(volatile void *address, uint32_t value)
{
    __asm__ volatile("fence w, o" ::: "memory");
    *(volatile uint32_t *)address = value;
}
