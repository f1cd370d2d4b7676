#pragma once

#include "machine.h"
#include "memory_span.h"

/* As many free spans as mm takes. */
#define MEMORY_LAYOUT_FREE_MAX 32

/* What lies in RAM when the supervisor starts, besides what the device tree reserves. */
struct memory_layout_input {
    const struct machine *machine;
    struct memory_span image; /* the supervisor's, from its first byte to the end of its .bss */
    struct memory_span tree; /* the device tree itself; need not be page-aligned */
    bool has_initrd;
    uint64_t initrd_start;
    uint64_t initrd_end;
    uint64_t address_limit; /* RAM at and above is left alone: the direct map ends there */
};

struct memory_layout {
    /* Sorted, none touching another: RAM that nobody uses. The device tree's pages are among it, see below. */
    struct memory_span free[MEMORY_LAYOUT_FREE_MAX];
    uint32_t free_count;
    /* Where the initrd's pages are, or will be when the caller has moved its bytes down or up to the span's start. */
    struct memory_span initrd;
    bool initrd_must_move;
    /* In frames; @ram is all below the limit that the device tree calls memory, @firmware what is reserved of it. */
    uint64_t ram_frames;
    uint64_t firmware_frames;
    uint64_t unreachable_frames;
};

/*
 * Divide RAM: what is free, what is the firmware's, where the initrd lies. Nothing is read or written in that RAM.
 * The device tree's pages count as free unless they are reserved: have everything read and copied from it first.
 * An initrd that does not start on a page boundary gets the boundary below it, or above it, whichever is free.
 * Returns 0, or -EINVAL or -E2BIG with *@reason saying what does not fit; @layout is undefined then.
 */
int memory_layout_make(const struct memory_layout_input *input, struct memory_layout *layout, const char **reason);
