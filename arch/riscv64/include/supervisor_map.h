#pragma once

#include "memory_span.h"
#include "types.h"

/*
 * The supervisor's half of the address space (drawn in arch.h).
 *
 * Before the MMU is on, entry.S has the image mapped where it is linked, and the gigabytes that hold the image and the
 * device tree mapped roughly, so that the device tree can be read. Then, in this order:
 *     supervisor_map_rough(banks)  -> every bank reachable, so that frames can be handed out
 *     frame_init()                 (mm)
 *     supervisor_map_exact(...)    -> RAM mapped just where it is RAM, not executable, the image's text read-only
 */

/* First of all: @image is the physical address of the image's start. */
void supervisor_map_init(uint64_t image);

void supervisor_map_rough(const struct memory_span *banks, size_t count);

/*
 * @take gives zeroed frames for tables; they are kept for ever. @holes are physical ranges inside the banks that must
 * not be mapped (the firmware's). Returns 0 or -ENOMEM.
 */
int supervisor_map_exact(const struct memory_span *banks, size_t bank_count, const struct memory_span *holes,
                         size_t hole_count, int (*take)(paddr_t *out));

/* Where the boot loader put the image, and its size in memory. */
struct memory_span supervisor_map_image(void);

/* The build id that the linker gave it: ABI_BUILD_ID_BYTES bytes. */
const uint8_t *supervisor_map_build_id(void);

/*
 * Where stacks of further harts go: 512 pages; and one page of it, which gets the zeroed or used @frame. @take gives a
 * zeroed frame for the table. Returns 0 or -ENOMEM.
 */
uint64_t supervisor_map_stacks(void);
int supervisor_map_page(uint64_t address, paddr_t frame, int (*take)(paddr_t *out));
