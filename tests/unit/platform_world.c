/* The devices that platform drives, as far as their drivers can tell. See platform_world.h. */
#include "platform_world.h"

#include "arch_device.h"
#include "cpu.h"
#include "mmio.h"
#include "sbi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;
jmp_buf world_end;

static struct machine machine;

/* What was mapped: each byte of it stands for one of the device. */
static struct mapping {
    uint64_t base;
    uint64_t size_bytes;
    uint8_t *start;
} mappings[8];
static unsigned mapping_count;

static char typed[4096];
static size_t typed_first, typed_end;
static struct {
    uint8_t line_control;
    uint8_t fifo_control;
    uint8_t divisor[2];
    uint32_t in_transmitter;
} uart;

static _Noreturn void broken(const char *what)
{
    fprintf(stderr, "device: %s\n", what);
    abort();
}

struct machine *world_machine(void)
{
    world = (struct world){ .uart_width = 1, .uart_fifo_bytes = 16 };
    memset(&uart, 0, sizeof(uart));
    typed_first = typed_end = 0;
    for (; mapping_count > 0; mapping_count--) {
        free(mappings[mapping_count - 1].start);
    }
    machine = (struct machine){
        .has_plic = true,
        .has_exit_device = true,
        .plic = { paddr(WORLD_PLIC_BASE), WORLD_PLIC_BYTES, WORLD_PLIC_SOURCES },
        .exit_device = paddr(WORLD_EXIT_BASE),
        .uart_count = 1,
        .uarts[0] = {
            .base = paddr(WORLD_UART_BASE),
            .size_bytes = 0x100,
            .kind = MACHINE_UART_NS16550,
            .clock_hz = 3686400,
            .baud = 115200,
            .source = WORLD_UART_SOURCE,
            .register_width = 1,
        },
    };
    return &machine;
}

void world_type(const char *bytes, size_t size)
{
    if (size > sizeof(typed) - typed_end) {
        broken("too much typed for this test");
    }
    memcpy(&typed[typed_end], bytes, size);
    typed_end += size;
}

size_t world_untaken(void)
{
    return typed_end - typed_first;
}

void *arch_device_map(paddr_t base, uint64_t size_bytes)
{
    if (world.has_no_room) {
        return NULL;
    }
    if (mapping_count == sizeof(mappings) / sizeof(mappings[0])) {
        broken("mapped too often");
    }
    mappings[mapping_count] = (struct mapping){ base.value, size_bytes, malloc(size_bytes) };
    return mappings[mapping_count++].start;
}

static uint64_t find(const volatile void *address, size_t size, uint64_t *base)
{
    for (unsigned i = 0; i < mapping_count; i++) {
        uint64_t offset = (uint64_t)((const volatile uint8_t *)address - mappings[i].start);

        if (offset < mappings[i].size_bytes && size <= mappings[i].size_bytes - offset && offset % size == 0) {
            *base = mappings[i].base;
            return offset;
        }
    }
    broken("access outside of what was mapped");
}

static bool uart_interrupts(void)
{
    return (world.interrupts_on & 1) && world_untaken() > 0;
}

static uint8_t uart_read(unsigned number)
{
    bool is_divisor = (uart.line_control & 0x80) && number < 2;

    switch (is_divisor ? 8 + number : number) {
    case 0:
        return world_untaken() > 0 ? (uint8_t)typed[typed_first++] : 0;
    case 1:
        return world.interrupts_on;
    case 2:
        return world.uart_fifo_bytes > 1 && (uart.fifo_control & 1) ? 0xc1 : 0x01;
    case 3:
        return uart.line_control;
    case 5:
        world.status_polls++;
        if (world.uart_is_stuck || world.uart_busy_polls > 0) {
            world.uart_busy_polls -= world.uart_busy_polls > 0;
            return world_untaken() > 0;
        }
        uart.in_transmitter = 0;
        return (uint8_t)(0x60 | (world_untaken() > 0));
    case 8:
    case 9:
        return uart.divisor[number];
    default:
        return 0;
    }
}

static void uart_send(uint8_t value)
{
    uint32_t room = world.uart_fifo_bytes > 1 && (uart.fifo_control & 1) ? world.uart_fifo_bytes : 1;

    if (uart.in_transmitter == room || world.sent_size_bytes == sizeof(world.sent)) {
        broken("the transmitter was full");
    }
    uart.in_transmitter++;
    world.sent[world.sent_size_bytes++] = (char)value;
}

static void uart_write(unsigned number, uint8_t value)
{
    bool is_divisor = (uart.line_control & 0x80) && number < 2;

    switch (is_divisor ? 8 + number : number) {
    case 0:
        uart_send(value);
        break;
    case 1:
        world.interrupts_on = value;
        break;
    case 2:
        uart.fifo_control = value;
        if (value & 2) {
            typed_first = typed_end;
        }
        break;
    case 3:
        uart.line_control = value;
        break;
    case 8:
    case 9:
        uart.divisor[number] = value;
        world.divisor = uart.divisor[0] | (uint32_t)uart.divisor[1] << 8;
        break;
    default:
        break;
    }
}

static unsigned uart_register(uint64_t offset, unsigned width)
{
    if (width != world.uart_width || offset % (1u << world.uart_shift) != 0 || offset >> world.uart_shift > 7) {
        broken("no such UART register, or the wrong width");
    }
    return (unsigned)(offset >> world.uart_shift);
}

static bool plic_wants(uint32_t source, uint32_t context)
{
    bool is_raised = world.raised[source] || (source == WORLD_UART_SOURCE && uart_interrupts());

    return is_raised && world.in_service[source] == 0 && (world.enables[context][source / 32] >> source % 32 & 1) &&
           world.priorities[source] > world.thresholds[context];
}

static uint32_t plic_claim(uint32_t context)
{
    uint32_t best = 0;

    for (uint32_t source = 1; source <= WORLD_PLIC_SOURCES; source++) {
        if (plic_wants(source, context) && (best == 0 || world.priorities[source] > world.priorities[best])) {
            best = source;
        }
    }
    if (best != 0) {
        world.in_service[best] = context + 1;
    }
    return best;
}

static void plic_complete(uint32_t context, uint32_t source)
{
    if (source > WORLD_PLIC_SOURCES || world.in_service[source] != context + 1) {
        broken("a source was completed that was not claimed");
    }
    world.in_service[source] = 0;
    world.completions++;
}

/* The word behind an offset that is plain storage; NULL for the claim register. */
static uint32_t *plic_word(uint64_t offset, uint32_t *context)
{
    if (offset >= 4 && offset <= 4 * WORLD_PLIC_SOURCES) {
        return &world.priorities[offset / 4];
    }
    if (offset >= 0x2000 && offset < 0x2000 + 0x80 * WORLD_PLIC_CONTEXTS) {
        return &world.enables[(offset - 0x2000) / 0x80][offset % 0x80 / 4];
    }
    *context = (uint32_t)((offset - 0x200000) / 0x1000);
    if (offset < 0x200000 || *context >= WORLD_PLIC_CONTEXTS || (offset & 0xfff) > 4) {
        broken("no such PLIC register");
    }
    return (offset & 0xfff) == 0 ? &world.thresholds[*context] : NULL;
}

uint8_t mmio_read8(const volatile void *address)
{
    uint64_t base, offset = find(address, 1, &base);

    if (base != WORLD_UART_BASE) {
        broken("a byte was read from a device of words");
    }
    return uart_read(uart_register(offset, 1));
}

void mmio_write8(volatile void *address, uint8_t value)
{
    uint64_t base, offset = find(address, 1, &base);

    if (base != WORLD_UART_BASE) {
        broken("a byte was stored to a device of words");
    }
    uart_write(uart_register(offset, 1), value);
}

uint32_t mmio_read32(const volatile void *address)
{
    uint64_t base, offset = find(address, 4, &base);
    uint32_t context;

    if (base == WORLD_UART_BASE) {
        return uart_read(uart_register(offset, 4));
    }
    if (base != WORLD_PLIC_BASE) {
        broken("the exit device was read");
    }
    uint32_t *word = plic_word(offset, &context);

    return word ? *word : plic_claim(context);
}

static void exit_write(uint32_t value)
{
    world.exit_store = value;
    if (!world.exit_device_is_deaf) {
        longjmp(world_end, 1);
    }
}

void mmio_write32(volatile void *address, uint32_t value)
{
    uint64_t base, offset = find(address, 4, &base);
    uint32_t context;

    if (base == WORLD_UART_BASE) {
        uart_write(uart_register(offset, 4), (uint8_t)value);
    } else if (base == WORLD_EXIT_BASE) {
        exit_write(value);
    } else {
        uint32_t *word = plic_word(offset, &context);

        if (word) {
            *word = value;
        } else {
            plic_complete(context, value);
        }
    }
}

void sbi_console_put(const char *bytes, size_t size)
{
    if (size > sizeof(world.firmware_sent) - world.firmware_sent_size_bytes) {
        broken("the firmware's console is full");
    }
    memcpy(&world.firmware_sent[world.firmware_sent_size_bytes], bytes, size);
    world.firmware_sent_size_bytes += (uint32_t)size;
}

void sbi_system_reset(uint32_t type, uint32_t reason)
{
    (void)reason;
    world.reset_type = type;
    world.reset_count++;
    if (!world.firmware_is_deaf) {
        longjmp(world_end, 1);
    }
}

uint64_t cpu_wait(void)
{
    world.has_halted = true;
    longjmp(world_end, 1);
}
