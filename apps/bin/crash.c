/*
 * crash HOW: does one thing that must end the task that does it, and nobody else.
 *
 * Each row of @ways says what is done. Whoever comes back from it says so and ends with status 1: then the machine
 * has let something through.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SUPERVISOR_ADDRESS 0xffffffc000000000ull /* the lowest one of the upper half of Sv39 */
#define UNMAPPED_ADDRESS 0x12345678ull

/* Most of them do something at an address. */
typedef void act_function(uintptr_t address);

static uint8_t data[64] = { 0x67, 0x80, 0x00, 0x00 }; /* ret: harmless if it could be run */

int main(int argc, char **argv);

static void load(uintptr_t address)
{
    (void)*(volatile int *)address;
}

static void store(uintptr_t address)
{
    *(volatile uint8_t *)address = 0;
}

static void call(uintptr_t address)
{
    ((void (*)(void))address)();
}

/* It is the C library that does it. */
static void measure(uintptr_t address)
{
    printf("%zu\n", strlen((const char *)address));
}

static int recurse(int depth)
{
    volatile char frame[256] = { 0 };

    return frame[0] != 0 ? depth : recurse(depth + 1) + frame[0];
}

static void overflow_stack(uintptr_t unused)
{
    (void)unused;
    printf("%d\n", recurse(0));
}

/* An atomic one: other misaligned accesses may be carried out. */
static void add_atomically(uintptr_t address)
{
    __asm__ volatile("amoadd.w zero, zero, (%0)" : : "r"(address) : "memory");
}

static void run_illegal(uintptr_t unused)
{
    (void)unused;
    __asm__ volatile(".4byte 0xffffffff");
}

static void read_satp(uintptr_t unused)
{
    uintptr_t value;

    (void)unused;
    __asm__ volatile("csrr %0, satp" : "=r"(value));
}

static const struct {
    const char *name;
    act_function *act;
    uintptr_t address;
} ways[] = {
    { "null", load, 0 },
    { "exec", call, (uintptr_t)data },
    { "write-text", store, (uintptr_t)&main },
    { "write-libc", store, (uintptr_t)&printf },
    { "libc", measure, UNMAPPED_ADDRESS },
    { "stack", overflow_stack, 0 },
    { "kernel", load, SUPERVISOR_ADDRESS },
    { "jump", call, UNMAPPED_ADDRESS },
    { "unaligned", add_atomically, (uintptr_t)data + 1 },
    { "illegal", run_illegal, 0 },
    { "csr", read_satp, 0 },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(argv[1], ways[i].name) == 0) {
            ways[i].act(ways[i].address);
            fprintf(stderr, "crash: %s was let through\n", argv[1]);
            return 1;
        }
    }
    fprintf(stderr, "usage: crash null|exec|write-text|write-libc|libc|stack|kernel|jump|unaligned|illegal|csr\n");
    return 2;
}
