#pragma once

#include "machine.h"

/*
 * The console: the UART that the device tree chose; the firmware's console where there is none that can be driven.
 * Locks: those of its own are taken inside; the supervisor's is not held while something is printed. Only one hart
 * takes what was received at a time: the caller's matter.
 */

/*
 * Open the UART. Before it, output goes through the firmware.
 * Returns 0, or -ENODEV when the machine has no UART that can be driven: output stays with the firmware, and there is
 * no input.
 */
int console_init(const struct machine *machine);

/*
 * Print bytes, as they are, or for lines of text: each line feed is preceded by a carriage return. Return when the
 * transmitter has them all.
 */
void console_write(const char *bytes, size_t size);
void console_put(const char *bytes, size_t size);

/* The same for the one hart that panics: nobody else prints from then on. */
void console_put_in_panic(const char *bytes, size_t size);

/*
 * Take input from now on, through the PLIC's open context.
 * Returns 0, or -ENODEV when the console has no interrupt that reaches it: there is output only.
 */
int console_listen(void);

/* Call @notify, from the interrupt, whenever there are new bytes to read. NULL: nobody. */
void console_set_receiver(void (*notify)(void));

/* The console's interrupt: fetch what has arrived. Bytes for which there is no room stay in the UART. */
void console_receive(void);

/* Copy out up to @capacity received bytes, the oldest first; they stay. Returns how many: 0 when there are none. */
size_t console_peek(char *bytes, size_t capacity);

/* Take the oldest @size bytes away; there are as many. */
void console_drop(size_t size);
