#pragma once

#include "types.h"

/*
 * Map the device registers [@base, @base + @size_bytes) into the supervisor: readable, writable, for ever.
 * Returns a pointer to @base, or NULL when the device window or memory is full.
 */
void *arch_device_map(paddr_t base, uint64_t size_bytes);
