#pragma once

#include "memory_span.h"
#include "types.h"

/*
 * What the device tree says about this machine, in values: device_tree_read() fills it in, and nobody asks the tree
 * a second time. Everything is a copy but the three things marked as borrowed, which point into the tree: use them
 * before the tree's memory is given out (the tree holds nothing else that is needed later).
 */
enum {
    MACHINE_BANKS_MAX = 16,
    MACHINE_RESERVED_MAX = 32,
    MACHINE_HARTS_MAX = 64,
    MACHINE_UARTS_MAX = 4,
    MACHINE_NOTES_MAX = 8,
    MACHINE_MODEL_BYTES = 64,
};

enum machine_hart_capability {
    HART_ENABLED = 1 << 0, /* its status is okay */
    HART_MMU = 1 << 1, /* mmu-type is Sv39 or wider, so it has S-mode */
    HART_RV64IMAC = 1 << 2,
    HART_FLOAT = 1 << 3, /* F and D */
    HART_VECTOR = 1 << 4,
    HART_SSTC = 1 << 5,
    HART_SVADU = 1 << 6,
    HART_PLIC = 1 << 7, /* plic_context is valid */
    HART_INTERRUPT_CONTROLLER = 1 << 8, /* controller is valid */
};

/* So that ticks of less than a second can be counted in nanoseconds without overflow. */
#define MACHINE_TIMEBASE_HZ_MAX 10000000000ull

struct machine_hart {
    uint64_t hart_id; /* the hardware's, as SBI uses it */
    uint32_t controller; /* phandle of its riscv,cpu-intc node */
    uint16_t plic_context; /* for its external interrupts to S-mode */
    uint16_t capabilities; /* enum machine_hart_capability */
};

struct machine_plic {
    paddr_t base;
    uint64_t size_bytes;
    uint32_t source_count; /* sources are 1..source_count */
};

enum machine_uart_kind { MACHINE_UART_NS16550 };

struct machine_uart {
    paddr_t base;
    uint64_t size_bytes;
    enum machine_uart_kind kind;
    uint32_t clock_hz; /* 0: not said, the line keeps the speed that the firmware gave it */
    uint32_t baud;
    uint32_t source; /* of its interrupt at the PLIC, which has no source 0: 0 says that it has none */
    uint8_t register_shift; /* register n lies at n << register_shift */
    uint8_t register_width; /* of each access in bytes: 1 or 4 */
};

/* Something that is left out or odd, for one line of the start-up log: "NAME: TEXT". */
struct machine_note {
    const char *node; /* borrowed */
    const char *text;
};

struct machine {
    char model[MACHINE_MODEL_BYTES]; /* cut to fit; empty when the tree has none */
    uint32_t tree_size_bytes;

    /*
     * Sorted, neither touching nor overlapping. Banks are rounded inwards to pages; what /reserved-memory reserves,
     * which is the firmware's, outwards. What the tree's header reserves, which is the boot loader's word and may hold
     * the initrd and the tree, is kept as it is, to the byte.
     */
    struct memory_span banks[MACHINE_BANKS_MAX];
    struct memory_span reserved[MACHINE_RESERVED_MAX];
    struct memory_span loader_reserved[MACHINE_RESERVED_MAX];
    uint32_t bank_count;
    uint32_t reserved_count;
    uint32_t loader_reserved_count;

    const char *bootargs; /* borrowed; empty when there is none */
    const uint8_t *rng_seed; /* borrowed */
    uint32_t rng_seed_size_bytes; /* 0: there is none */
    bool has_initrd;
    bool has_plic;
    bool has_exit_device;
    uint64_t initrd_start; /* as the boot loader put it: perhaps not page-aligned */
    uint64_t initrd_end;

    uint64_t timebase_hz; /* 1 to MACHINE_TIMEBASE_HZ_MAX */
    uint32_t hart_count;
    uint32_t uart_count;
    uint32_t console_uart; /* index of the one that the tree chose, else 0; valid when uart_count > 0 */
    uint32_t note_count;
    struct machine_hart harts[MACHINE_HARTS_MAX];
    struct machine_plic plic;
    struct machine_uart uarts[MACHINE_UARTS_MAX];
    paddr_t exit_device; /* of the kind sifive,test0 */
    struct machine_note notes[MACHINE_NOTES_MAX]; /* further ones are dropped */
};

/* The index of the hart with this hardware id, or -ENOENT. */
int machine_hart_find(const struct machine *machine, uint64_t hart_id);

/*
 * Whether other harts may be started on this one's description: enabled, with an MMU, and all that Pando's code is
 * compiled for. The hart that runs already has shown as much by itself.
 */
bool machine_hart_is_usable(const struct machine_hart *hart);

/* Remember a note; the strings are borrowed. */
void machine_note(struct machine *machine, const char *node, const char *text);
