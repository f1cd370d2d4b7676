#pragma once

#include "types.h"

/* What start-up found and others report. */
struct start_facts {
    uint64_t ram_frames; /* all RAM of the device tree */
    uint64_t firmware_frames; /* of it, reserved for the firmware, or out of the supervisor's reach */
    uint64_t image_frames; /* of it, the supervisor's own image */
    uint64_t fixed_frames; /* taken at start-up for good, see start_take_frame_relock() */
    uint64_t boot_instructions; /* from the image's first instruction to init's first; 0 where nobody counted */
    bool audits; /* the command line says so: the auditor runs when the machine is powered off */
    bool bench; /* the command line says so: users may count instructions */
};
const struct start_facts *start_facts(void);

/* A zeroed frame of the supervisor's that is kept for ever. Returns 0 or -ENOMEM. */
int start_take_frame_relock(paddr_t *out);

/* Called by entry.S on the first hart, with the MMU on and interrupts off. */
_Noreturn void boot_start(uint64_t hart_id, uint64_t device_tree, uint64_t image, uint64_t instructions);
