/*
 * The RISC-V PLIC (specification 1.0.0), and SiFive's, which it came from.
 *
 * Register layout, in bytes from its base:
 *     0x000000 + 4 s                    priority of source s; 0 silences it
 *     0x002000 + 0x80 c + 4 (s / 32)    sources enabled for context c, a bit each
 *     0x200000 + 0x1000 c               threshold of context c: priorities above it get through
 *     0x200004 + 0x1000 c               read: claim the pending source of the highest priority; write: completed
 *
 * Invariant: a source has a priority above 0 only while it is connected, so what the firmware left enabled in other
 * contexts stays as it is, and is silent.
 *
 * Typical use:
 *   plic_init(machine) -> plic_open(hart->plic_context) -> plic_connect(source, handler) -> plic_enable(source);
 *   and in the hart's external interrupt: plic_dispatch()
 */
#include "plic.h"

#include "arch_device.h"
#include "mmio.h"
#include "abi_errno.h"

#define OFFSET_ENABLE 0x2000u
#define STEP_ENABLE 0x80u
#define OFFSET_CONTEXT 0x200000u
#define STEP_CONTEXT 0x1000u
#define OFFSET_CLAIM 4u
#define PRIORITY_CONNECTED 1u

struct connection {
    uint32_t source;
    void (*handler)(void);
};

/* Interrupts that one call takes at the most. */
#define DISPATCH_MAX 16u

static struct {
    /* Fixed by plic_init(). */
    volatile uint8_t *registers;
    uint64_t size_bytes;
    uint32_t source_count;
    /* Under the callers' serialisation. */
    bool is_open;
    uint32_t context; /* valid when it is open */
    uint32_t connection_count;
    struct connection connections[PLIC_HANDLERS_MAX];
} plic;

static volatile uint8_t *priority_of(uint32_t source)
{
    return plic.registers + 4ull * source;
}

static volatile uint8_t *enables_of(uint32_t source)
{
    return plic.registers + OFFSET_ENABLE + (uint64_t)STEP_ENABLE * plic.context + 4ull * (source / 32);
}

static volatile uint8_t *context_registers(void)
{
    return plic.registers + OFFSET_CONTEXT + (uint64_t)STEP_CONTEXT * plic.context;
}

static bool has_context(uint32_t context)
{
    return plic.registers && OFFSET_CONTEXT + (uint64_t)STEP_CONTEXT * (context + 1ull) <= plic.size_bytes;
}

int plic_init(const struct machine *machine)
{
    if (!machine->has_plic) {
        return -ENODEV;
    }
    void *registers = arch_device_map(machine->plic.base, machine->plic.size_bytes);

    if (!registers) {
        return -ENODEV;
    }
    plic.registers = registers;
    plic.size_bytes = machine->plic.size_bytes;
    plic.source_count = machine->plic.source_count;
    plic.is_open = false;
    plic.connection_count = 0;
    for (uint32_t source = 1; source <= plic.source_count; source++) {
        mmio_write32(priority_of(source), 0);
    }
    return 0;
}

int plic_open(uint32_t context)
{
    if (!has_context(context)) {
        return -ENODEV;
    }
    plic.context = context;
    plic.is_open = true;
    for (uint32_t source = 0; source <= plic.source_count; source += 32) {
        mmio_write32(enables_of(source), 0);
    }
    mmio_write32(context_registers(), 0);
    return 0;
}

int plic_connect(uint32_t source, void (*handler)(void))
{
    if (!plic.is_open) {
        return -ENODEV;
    }
    if (source == 0 || source > plic.source_count) {
        return -EINVAL;
    }
    if (plic.connection_count == PLIC_HANDLERS_MAX) {
        return -ENOSPC;
    }
    plic.connections[plic.connection_count++] = (struct connection){ .source = source, .handler = handler };
    mmio_write32(priority_of(source), PRIORITY_CONNECTED);
    return 0;
}

void plic_enable(uint32_t source)
{
    volatile uint8_t *enables = enables_of(source);

    mmio_write32(enables, mmio_read32(enables) | 1u << source % 32);
}

void plic_disable(uint32_t source)
{
    volatile uint8_t *enables = enables_of(source);

    mmio_write32(enables, mmio_read32(enables) & ~(1u << source % 32));
}

static void handle(uint32_t source)
{
    for (uint32_t i = 0; i < plic.connection_count; i++) {
        if (plic.connections[i].source == source) {
            plic.connections[i].handler();
            return;
        }
    }
}

uint32_t plic_dispatch(void)
{
    uint32_t count = 0;

    if (!plic.is_open) {
        return 0;
    }
    volatile uint8_t *claim = context_registers() + OFFSET_CLAIM;

    /* A device that never drops its interrupt must not keep the hart here: what is left comes as the next interrupt. */
    while (count < DISPATCH_MAX) {
        uint32_t source = mmio_read32(claim);

        if (source == 0) {
            break;
        }
        handle(source);
        /* Only then: completing lets the same source in again. */
        mmio_write32(claim, source);
        count++;
    }
    return count;
}
