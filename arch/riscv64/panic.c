/*
 * The end of a supervisor that has found itself wrong: what, where, the calls that led there, then stop.
 *
 * Nothing here allocates, takes a lock or waits. A panic inside a panic says nothing more, and stops; one inside that
 * stop hangs, since there is nothing left to try. The backtrace is a scan: of the words on the stack, those that point
 * behind a call instruction in our text, innermost first. A stale one may be among them; in exchange no function pays
 * for a frame pointer.
 */
#include "panic.h"

#include "boot_map.h"
#include "log.h"
#include "trap.h"

#include <stdarg.h>
#include <stdio.h>

static void (*stop_machine)(void);
static void (*put_bytes)(const char *bytes, unsigned long size);
static unsigned depth; /* panics begun */

void panic_set_output(void (*put)(const char *bytes, unsigned long size))
{
    put_bytes = put;
}

void panic_set_stop(void (*stop)(void))
{
    stop_machine = stop;
}

void panic_print(const char *format, ...)
{
    char line[200];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);

    va_end(arguments);
    if (put_bytes != NULL && length > 0) {
        put_bytes(line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
    }
}

/* Whether the instruction in front of @address is a call: jal ra, jalr ra or their compressed forms. */
static bool follows_call(uint64_t address)
{
    if (address % 2 != 0 || address < (uint64_t)image_start + 4 || address >= (uint64_t)image_text_end) {
        return false;
    }
    const uint16_t *code = (const uint16_t *)address;
    uint32_t word = (uint32_t)code[-2] | (uint32_t)code[-1] << 16;
    bool is_jal_ra = (word & 0xfff) == 0x0ef, is_jalr_ra = (word & 0x7fff) == 0x00e7;
    bool is_c_jalr = (code[-1] & 0xf07f) == 0x9002 && (code[-1] & 0x0f80) != 0;

    return is_jal_ra || is_jalr_ra || is_c_jalr;
}

static void print_backtrace(void)
{
    const struct hart *hart = this_hart();
    const uint64_t *at = __builtin_frame_address(0);
    const uint64_t *end = (const uint64_t *)hart->stack_top;

    if ((uint64_t)at < hart->stack_bottom || at >= end) {
        end = (const uint64_t *)hart->emergency_stack_top;
    }
    panic_print("calls, innermost first:");
    for (unsigned found = 0; at < end && found < 24; at++) {
        if (follows_call(*at)) {
            panic_print(" 0x%lx", *at);
            found++;
        }
    }
    panic_print("\n");
}

_Noreturn void panic_at(const char *file, int line, const char *format, ...)
{
    char message[200];
    va_list arguments;

    if (depth++ == 0) {
        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        panic_print("pando: panic: %s (%s:%d, hart %lu)\n", message, file, line, this_hart()->hart_id);
        print_backtrace();
    }
    if (depth <= 2 && stop_machine != NULL) {
        stop_machine();
    }
    for (;;) {
        __asm__ volatile("wfi");
    }
}
