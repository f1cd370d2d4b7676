#pragma once

#include "arch.h"

/* What arch_stub.c asks of tlb_stub.c. */

/* All harts are new, and hart 0 is this one. */
void tlb_start(uint64_t ram_frames);

/*
 * Where @address leads for @access, one ABI_PROT_ bit, on this hart: through what its TLB keeps, or a walk that it then
 * keeps. False: it faults.
 */
bool tlb_translate(uint64_t address, uint8_t access, uint8_t **out);

/* Bytes of a frame have changed; a user has changed one; this hart fetches one. */
void tlb_bytes_changed(const void *bytes);
void tlb_stored(const void *byte);
void tlb_fetched(const void *byte);
