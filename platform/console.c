/*
 * The console: output at once, input through a ring.
 *
 *     UART  --interrupt-->  console_receive()  -->  ring  -->  console_peek(), console_drop()
 *
 * When the ring is full the UART's interrupt is switched off and its bytes stay where they are, so a sender that
 * honours it (an emulator, a line with flow control) loses nothing; the reader that makes room switches it on again.
 *
 * Output and input have a lock each: a line stays whole, and is printed while bytes arrive. A panic does not wait for
 * the first for ever.
 *
 * Invariants:
 *   bounded     received - taken <= RING_BYTES
 *   listening   once console_listen() was called, the interrupt is off only while the ring is full or was left so
 *               by console_receive()
 *
 * Typical use:
 *   console_init(machine) -> log_set_output(console_put) -> plic_init(), plic_open() -> console_listen()
 *   -> console_set_receiver(wake_readers); and a reader: console_peek() -> copy to the user -> console_drop()
 */
#include "console.h"

#include "plic.h"
#include "uart.h"
#include "arch_device.h"
#include "lock.h"
#include "panic.h"
#include "sbi.h"
#include "abi_errno.h"

#include <string.h>

#define RING_BYTES 256u

static struct lock output = LOCK(LOCK_CONSOLE);
static struct lock input = LOCK(LOCK_INPUT);

static struct {
    /* Fixed by console_init(). */
    const struct uart_driver *driver; /* NULL: output through the firmware, no input */
    struct uart uart;
    uint32_t source;
    void (*notify)(void); /* NULL: nobody waits */
    /* Under `output`. */
    const void *panicker; /* the hart that panics, and keeps the lock; else NULL */
    /* Under `input`. */
    uint32_t received; /* bytes since the start, modulo 2^32; so is taken */
    uint32_t taken;
    bool paused; /* the interrupt is off because the ring is full */
    char ring[RING_BYTES];
} console;

/* Which driver a kind of UART has. */
static const struct uart_driver *const drivers[] = {
    [MACHINE_UART_NS16550] = &uart_ns16550_driver,
};

static void put(const char *bytes, size_t size)
{
    if (console.driver) {
        console.driver->put(&console.uart, bytes, size);
    } else {
        sbi_console_put(bytes, size);
    }
}

int console_init(const struct machine *machine)
{
    if (machine->uart_count == 0) {
        return -ENODEV;
    }
    const struct machine_uart *uart = &machine->uarts[machine->console_uart];
    void *registers = arch_device_map(uart->base, uart->size_bytes);

    if (!registers) {
        return -ENODEV;
    }
    console.uart = (struct uart){
        .registers = registers,
        .clock_hz = uart->clock_hz,
        .baud = uart->baud,
        .register_shift = uart->register_shift,
        .register_width = uart->register_width,
    };
    console.source = uart->source;
    console.driver = drivers[uart->kind];
    console.driver->open(&console.uart);
    return 0;
}

static void put_lines(const char *bytes, size_t size)
{
    while (size > 0) {
        const char *line_end = memchr(bytes, '\n', size);
        size_t line_size = line_end ? (size_t)(line_end - bytes) : size;

        put(bytes, line_size);
        if (!line_end) {
            return;
        }
        put("\r\n", 2);
        bytes = line_end + 1;
        size -= line_size + 1;
    }
}

/* Where a panic ends the machine it is the holder that prints. */
static void lock_output(void)
{
    if (console.panicker == lock_this_holder()) {
        return;
    }
    if (CONFIG_DEBUG) {
        lock_assert_not_held(&supervisor_lock);
    }
    lock_acquire(&output);
}

static void unlock_output(void)
{
    if (console.panicker != lock_this_holder()) {
        lock_release(&output);
    }
}

void console_write(const char *bytes, size_t size)
{
    lock_output();
    put(bytes, size);
    unlock_output();
}

void console_put(const char *bytes, size_t size)
{
    lock_output();
    put_lines(bytes, size);
    unlock_output();
}

void console_put_in_panic(const char *bytes, size_t size)
{
    if (console.panicker == NULL) {
        lock_acquire_or_break(&output);
        console.panicker = lock_this_holder();
    }
    put_lines(bytes, size);
}

int console_listen(void)
{
    if (!console.driver || console.source == 0 || plic_connect(console.source, console_receive) != 0) {
        return -ENODEV;
    }
    plic_enable(console.source);
    console.driver->listen(&console.uart);
    return 0;
}

void console_set_receiver(void (*notify)(void))
{
    console.notify = notify;
}

/* Fetch what has arrived. Returns whether something has. */
static bool fetch(void)
{
    uint32_t before = console.received;

    while (console.received - console.taken < RING_BYTES) {
        int byte = console.driver->get(&console.uart);

        if (byte < 0) {
            break;
        }
        console.ring[console.received++ % RING_BYTES] = (char)byte;
    }
    if (console.received - console.taken == RING_BYTES) {
        console.driver->unlisten(&console.uart);
        console.paused = true;
    }
    return console.received != before;
}

void console_receive(void)
{
    lock_acquire(&input);
    bool is_new = fetch();

    lock_release(&input);
    if (is_new && console.notify) {
        console.notify();
    }
}

size_t console_peek(char *bytes, size_t capacity)
{
    lock_acquire(&input);
    uint32_t available = console.received - console.taken;
    uint32_t size = capacity < available ? (uint32_t)capacity : available;

    for (uint32_t i = 0; i < size; i++) {
        bytes[i] = console.ring[(console.taken + i) % RING_BYTES];
    }
    lock_release(&input);
    return size;
}

void console_drop(size_t size)
{
    lock_acquire(&input);
    ASSERT(size <= console.received - console.taken);
    console.taken += (uint32_t)size;
    if (console.paused && size > 0) {
        console.paused = false;
        console.driver->listen(&console.uart);
    }
    lock_release(&input);
}
