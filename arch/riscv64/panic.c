/*
 * The end of a supervisor that has found itself wrong: what, where, the calls that led there, then stop.
 *
 * The first hart that panics is heard; it interrupts the others, which stop. Nothing here allocates or waits for ever. The backtrace is a scan: of the words on the stack, those that point
 * behind a call instruction in our text, innermost first. A stale one may be among them; in exchange no function pays
 * for a frame pointer.
 *
 * A panic inside a panic says nothing more, and stops; but when it was the names of functions that failed, the calls
 * are listed again without them. One inside the stop is stopped the same way, then hangs: nothing is left to try.
 */
#include "panic.h"

#include "boot_map.h"
#include "log.h"
#include "trap.h"

#include <stdarg.h>
#include <stdio.h>

#define CALLS_MAX 24
#define STOPS_MAX 3

static void (*stop_machine)(void);
static void (*stop_others)(void);
static const struct hart *owner; /* the hart whose panic it is; atomic */
static void (*put_bytes)(const char *bytes, unsigned long size);
static const char *(*name_function)(uint64_t address, uint64_t *offset);
static bool is_naming; /* name_function() was called, and has not returned */
static unsigned depth; /* panics begun */
static bool has_origin; /* a trap began it: the first one that did */
static struct panic_origin origin;

void panic_set_output(void (*put)(const char *bytes, unsigned long size))
{
    put_bytes = put;
}

void panic_set_stop(void (*stop)(void), void (*others)(void))
{
    stop_machine = stop;
    stop_others = others;
}

void panic_set_names(const char *(*name_of)(uint64_t address, uint64_t *offset))
{
    name_function = name_of;
}

_Noreturn static void wait_for_ever(void)
{
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* Make the panic this hart's, or leave it to the hart that has been faster. */
static void claim(void)
{
    const struct hart *nobody = NULL;

    if (__atomic_compare_exchange_n(&owner, &nobody, this_hart(), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        if (stop_others != NULL) {
            stop_others();
        }
    } else if (nobody != this_hart()) {
        wait_for_ever();
    }
}

void panic_set_origin(struct panic_origin new_origin)
{
    claim();
    if (depth == 0) {
        origin = new_origin;
        has_origin = true;
    }
}

void panic_print(const char *format, ...)
{
    char line[200];
    va_list arguments;

    claim();
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

/*
 * One line: @address, and the function that has the byte @back bytes in front of it. That is 1 for a return address:
 * behind a call that is the last instruction of its function is another function.
 */
static void print_place(uint64_t address, unsigned back)
{
    const char *name = NULL;
    uint64_t offset = 0;

    panic_print("    0x%lx", address);
    if (name_function != NULL) {
        is_naming = true;
        name = name_function(address - back, &offset);
        is_naming = false;
    }
    if (name != NULL) {
        panic_print(" %s+0x%lx", name, offset + back);
    }
    panic_print("\n");
}

static bool is_on_stack(uint64_t address)
{
    return address >= this_hart()->stack_bottom && address < this_hart()->stack_top;
}

/* From where the trap's stack pointer was; from the whole stack's end when that had overrun. */
static uint64_t scan_start(void)
{
    uint64_t start = has_origin ? origin.stack_pointer : (uint64_t)__builtin_frame_address(0);

    return is_on_stack(start) ? ALIGNED_UP(start, sizeof(uint64_t)) : this_hart()->stack_bottom;
}

static void print_backtrace(void)
{
    unsigned found = 0;

    panic_print("calls, innermost first:\n");
    if (has_origin) {
        print_place(origin.pc, 0);
        if (follows_call(origin.return_address)) {
            print_place(origin.return_address, 1);
        }
    }
    for (uint64_t at = scan_start(); at < this_hart()->stack_top && found < CALLS_MAX; at += sizeof(uint64_t)) {
        uint64_t word = *(const uint64_t *)at;
        bool is_listed = found == 0 && has_origin && word == origin.return_address;

        if (follows_call(word) && !is_listed) {
            print_place(word, 1);
            found++;
        }
    }
}

_Noreturn void panic_at(const char *file, int line, const char *format, ...)
{
    char message[200];
    va_list arguments;

    claim();
    depth++;
    if (depth == 1) {
        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        panic_print("pando: panic: %s (%s:%d, hart %lu)\n", message, file, line, this_hart()->hart_id);
        print_backtrace();
    } else if (is_naming) {
        is_naming = false;
        name_function = NULL;
        panic_print("\n");
        print_backtrace();
    }
    if (depth <= STOPS_MAX && stop_machine != NULL) {
        stop_machine();
    }
    wait_for_ever();
}
