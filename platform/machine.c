/*
 * Questions about the machine that more than one place asks. The values are device_tree_read()'s; nothing changes
 * them after start-up.
 */
#include "machine.h"

#include "abi_errno.h"

int machine_hart_find(const struct machine *machine, uint64_t hart_id)
{
    for (uint32_t i = 0; i < machine->hart_count; i++) {
        if (machine->harts[i].hart_id == hart_id) {
            return (int)i;
        }
    }
    return -ENOENT;
}

bool machine_hart_is_usable(const struct machine_hart *hart)
{
    const unsigned needed = HART_ENABLED | HART_MMU | HART_RV64IMAC | HART_FLOAT;

    return (hart->capabilities & needed) == needed;
}

void machine_note(struct machine *machine, const char *node, const char *text)
{
    if (machine->note_count < MACHINE_NOTES_MAX) {
        machine->notes[machine->note_count++] = (struct machine_note){ .node = node, .text = text };
    }
}
