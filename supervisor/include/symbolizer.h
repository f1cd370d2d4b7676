#pragma once

#include "map.h"
#include "types.h"

/*
 * Names of functions for the addresses in messages, out of /lib/symbols. Where the initrd has no such file, one of
 * another build, or a broken one, addresses stay without names.
 */

/* Let panics use it. Called once, when the root file system is mounted: not before then is the file looked for. */
void symbolizer_init(void);

/*
 * What a line says behind the pc of a task that has failed: ` (strlen+0x8), called from 0xa0100190 (main+0x20)`. Each
 * part is there as far as it is known; the caller is left out when @return_address is in the same function, for then it
 * is where that function's last call came back to.
 */
struct symbolizer_text {
    char text[192];
};
struct symbolizer_text symbolizer_explain(struct map *map, uint64_t pc, uint64_t return_address);
