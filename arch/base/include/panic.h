#pragma once

#include <stdint.h>

/*
 * A broken invariant of our own: print what and where, the state needed to find it, and stop the machine with a
 * non-zero status. Nothing that a user program, an image, the device tree or the firmware does may reach this.
 */
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void panic_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* More state, in front of the panic itself. */
void panic_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Where a panic's bytes go, what ends the machine, and what keeps other harts from running on and printing; before they
 * are set, it stops in silence. Of several harts that panic the first one is heard.
 */
void panic_set_output(void (*put)(const char *bytes, unsigned long size));
void panic_set_stop(void (*stop)(void), void (*stop_others)(void));

/*
 * Who knows the supervisor's functions by address: gives the name of the one that has @address, and writes how far
 * into it that is; or NULL. Should it fail itself, the panic goes on without names.
 */
void panic_set_names(const char *(*name_of)(uint64_t address, uint64_t *offset));

/* The registers where a trap found the mistake: the next panic's list of calls begins there, not with the trap. */
struct panic_origin {
    uint64_t pc;
    uint64_t return_address;
    uint64_t stack_pointer;
};
void panic_set_origin(struct panic_origin origin);

/* Our own invariant; errors that somebody else can cause are values, never this. */
#define ASSERT(condition) \
    do { \
        if (__builtin_expect(!(condition), 0)) { \
            panic("assertion failed: %s", #condition); \
        } \
    } while (0)
