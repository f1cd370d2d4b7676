#pragma once

#include "types.h"

/*
 * Private to platform: a serial port as its driver and the console know it.
 */
struct uart {
    /* Fixed when it is opened. */
    volatile uint8_t *registers; /* mapped */
    uint32_t clock_hz; /* 0: unknown */
    uint32_t baud;
    uint8_t register_shift;
    uint8_t register_width; /* 1 or 4 */
    /* Under the console's use. */
    uint8_t burst; /* bytes that fit once the transmitter is empty */
    bool stuck; /* it stopped taking bytes: they are dropped until it takes one again */
};

/* What a driver does. Each call borrows the port. */
struct uart_driver {
    /* Set up the line; interrupts stay off. What the firmware has not sent yet is sent first. */
    void (*open)(struct uart *uart);
    /* Wait until all bytes are in the transmitter. Never waits for ever. */
    void (*put)(struct uart *uart, const char *bytes, size_t size);
    /* One received byte, or -EAGAIN when there is none. */
    int (*get)(struct uart *uart);
    /* Interrupt when bytes were received; and no longer. */
    void (*listen)(struct uart *uart);
    void (*unlisten)(struct uart *uart);
};

extern const struct uart_driver uart_ns16550_driver;
