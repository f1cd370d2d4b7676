/*
 * UARTs of the 16550 family: ns16550a and the many that kept its registers.
 *
 * Output is polled: the supervisor prints little, and what it prints must come out even when nothing else works any
 * more. A transmitter that stays full for WAIT_POLLS is taken for broken, so that a panic can't hang in its own
 * message. Input is by interrupt.
 *
 * Registers are named as in the National Semiconductor data sheet PC16550D.
 */
#include "uart.h"

#include "mmio.h"
#include "abi_errno.h"

enum uart_register {
    REGISTER_RBR = 0, /* read: received byte */
    REGISTER_THR = 0, /* write: byte to send */
    REGISTER_DLL = 0, /* with LCR_DLAB: divisor, low byte */
    REGISTER_IER = 1, /* which interrupts are on */
    REGISTER_DLM = 1, /* with LCR_DLAB: divisor, high byte */
    REGISTER_IIR = 2, /* read */
    REGISTER_FCR = 2, /* write */
    REGISTER_LCR = 3,
    REGISTER_MCR = 4,
    REGISTER_LSR = 5,
};

#define IER_RECEIVED 0x01
#define IIR_FIFO_ON 0xc0
#define FCR_ENABLE 0x01
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT2 0x08 /* lets the interrupt out, on ports wired as in a PC */
#define LSR_DATA_READY 0x01
#define LSR_THR_EMPTY 0x20
#define LSR_ALL_SENT 0x40

#define FIFO_BYTES 16
/* 16 bytes at 9600 baud take 17 ms; a register access takes at least 20 ns. */
#define WAIT_POLLS 2000000u

static volatile uint8_t *address_of(const struct uart *uart, enum uart_register number)
{
    return uart->registers + ((size_t)number << uart->register_shift);
}

static uint8_t read_register(const struct uart *uart, enum uart_register number)
{
    if (uart->register_width == 4) {
        return (uint8_t)mmio_read32(address_of(uart, number));
    }
    return mmio_read8(address_of(uart, number));
}

static void write_register(const struct uart *uart, enum uart_register number, uint8_t value)
{
    if (uart->register_width == 4) {
        mmio_write32(address_of(uart, number), value);
    } else {
        mmio_write8(address_of(uart, number), value);
    }
}

static bool wait_for_status(const struct uart *uart, uint8_t bit, uint32_t polls)
{
    for (; polls > 0; polls--) {
        if (read_register(uart, REGISTER_LSR) & bit) {
            return true;
        }
    }
    return false;
}

/* The line's speed, when the clock is known; else the firmware has set it. */
static void set_speed(const struct uart *uart)
{
    uint64_t unit = 16ull * uart->baud;
    uint64_t divisor = unit == 0 ? 0 : (uart->clock_hz + unit / 2) / unit;

    write_register(uart, REGISTER_LCR, LCR_8N1);
    if (divisor == 0 || divisor > UINT16_MAX) {
        return;
    }
    write_register(uart, REGISTER_LCR, LCR_8N1 | LCR_DLAB);
    write_register(uart, REGISTER_DLL, (uint8_t)divisor);
    write_register(uart, REGISTER_DLM, (uint8_t)(divisor >> 8));
    write_register(uart, REGISTER_LCR, LCR_8N1);
}

static void ns16550_open(struct uart *uart)
{
    uart->stuck = !wait_for_status(uart, LSR_ALL_SENT, WAIT_POLLS);
    write_register(uart, REGISTER_IER, 0);
    set_speed(uart);
    /* Bytes that have arrived already stay: somebody types ahead. */
    write_register(uart, REGISTER_FCR, FCR_ENABLE);
    write_register(uart, REGISTER_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
    /* An 8250 or 16450 has no FIFO, and shows so. */
    uart->burst = (read_register(uart, REGISTER_IIR) & IIR_FIFO_ON) == IIR_FIFO_ON ? FIFO_BYTES : 1;
}

static void ns16550_put(struct uart *uart, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        uart->stuck = !wait_for_status(uart, LSR_THR_EMPTY, uart->stuck ? 1 : WAIT_POLLS);
        if (uart->stuck) {
            return;
        }
        for (unsigned room = uart->burst; room > 0 && at < size; room--) {
            write_register(uart, REGISTER_THR, (uint8_t)bytes[at++]);
        }
    }
}

static int ns16550_get(struct uart *uart)
{
    if (!(read_register(uart, REGISTER_LSR) & LSR_DATA_READY)) {
        return -EAGAIN;
    }
    return read_register(uart, REGISTER_RBR);
}

static void ns16550_listen(struct uart *uart)
{
    write_register(uart, REGISTER_IER, IER_RECEIVED);
}

static void ns16550_unlisten(struct uart *uart)
{
    write_register(uart, REGISTER_IER, 0);
}

const struct uart_driver uart_ns16550_driver = {
    .open = ns16550_open,
    .put = ns16550_put,
    .get = ns16550_get,
    .listen = ns16550_listen,
    .unlisten = ns16550_unlisten,
};
