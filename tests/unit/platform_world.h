#pragma once

#include "machine.h"

#include <setjmp.h>

/*
 * A machine of devices for the tests of platform: a 16550 UART, a PLIC and an exit device, and the firmware's calls.
 * An access that a real device would not take (outside of its registers, of another width, a byte into a full
 * transmitter) ends the test.
 */
#define WORLD_UART_BASE 0x10000000ull
#define WORLD_PLIC_BASE 0x0c000000ull
#define WORLD_PLIC_BYTES 0x600000ull
#define WORLD_EXIT_BASE 0x00100000ull
#define WORLD_UART_SOURCE 10u
#define WORLD_PLIC_SOURCES 96u
#define WORLD_PLIC_CONTEXTS 8u

struct world {
    /* For the test to set. */
    uint8_t uart_shift;
    uint8_t uart_width;
    uint8_t uart_fifo_bytes; /* 1: a part without a FIFO */
    bool uart_is_stuck; /* the transmitter never gets empty */
    uint32_t uart_busy_polls; /* it is empty only after so many looks at it */
    bool has_no_room; /* nothing can be mapped */
    bool firmware_is_deaf; /* its reset returns */
    bool exit_device_is_deaf;
    /* What happened. */
    char sent[8192]; /* through the UART */
    uint32_t sent_size_bytes;
    char firmware_sent[512];
    uint32_t firmware_sent_size_bytes;
    uint32_t status_polls;
    uint32_t divisor;
    uint8_t interrupts_on; /* the UART's IER */
    uint32_t exit_store; /* the last one; 0: none */
    uint32_t reset_type;
    uint32_t reset_count;
    bool has_halted;
    uint32_t priorities[WORLD_PLIC_SOURCES + 1];
    uint32_t enables[WORLD_PLIC_CONTEXTS][32];
    uint32_t thresholds[WORLD_PLIC_CONTEXTS];
    uint32_t in_service[WORLD_PLIC_SOURCES + 1]; /* context + 1 that claimed it, else 0 */
    bool raised[WORLD_PLIC_SOURCES + 1]; /* by the test; the UART raises its own */
    uint32_t completions;
};
extern struct world world;

/* A fresh world, and a description of it for the code under test. */
struct machine *world_machine(void);

/* Somebody types. Bytes that are not fetched wait in the line, for ever. */
void world_type(const char *bytes, size_t size);
size_t world_untaken(void);

/* Where the ends of the machine (reset, exit, halt) lead: if (setjmp(world_end) == 0) power_off(1); */
extern jmp_buf world_end;
