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

typedef void function(void);

static uint8_t data[64] = { 0x67, 0x80, 0x00, 0x00 }; /* ret: harmless if it could be run */

static void load_from(uintptr_t address)
{
    (void)*(volatile int *)address;
}

static void read_null(void)
{
    load_from(0);
}

static void run_data(void)
{
    ((function *)(uintptr_t)data)();
}

static void store_to(uintptr_t address)
{
    *(volatile uint8_t *)address = 0;
}

static void write_own_text(void)
{
    store_to((uintptr_t)&write_own_text);
}

static void write_library_text(void)
{
    store_to((uintptr_t)&printf);
}

static int recurse(int depth)
{
    volatile char frame[256] = { 0 };

    return frame[0] != 0 ? depth : recurse(depth + 1) + frame[0];
}

static void overflow_stack(void)
{
    printf("%d\n", recurse(0));
}

static void read_supervisor(void)
{
    load_from(SUPERVISOR_ADDRESS);
}

static void jump_away(void)
{
    ((function *)UNMAPPED_ADDRESS)();
}

/* An atomic one: other misaligned accesses may be carried out. */
static void add_unaligned(void)
{
    __asm__ volatile("amoadd.w zero, zero, (%0)" : : "r"(data + 1) : "memory");
}

static void run_illegal(void)
{
    __asm__ volatile(".4byte 0xffffffff");
}

static void read_satp(void)
{
    uintptr_t value;

    __asm__ volatile("csrr %0, satp" : "=r"(value));
}

static const struct {
    const char *name;
    function *act;
} ways[] = {
    { "null", read_null },
    { "exec", run_data },
    { "write-text", write_own_text },
    { "write-libc", write_library_text },
    { "stack", overflow_stack },
    { "kernel", read_supervisor },
    { "jump", jump_away },
    { "unaligned", add_unaligned },
    { "illegal", run_illegal },
    { "csr", read_satp },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(argv[1], ways[i].name) == 0) {
            ways[i].act();
            fprintf(stderr, "crash: %s was let through\n", argv[1]);
            return 1;
        }
    }
    fprintf(stderr, "usage: crash null|exec|write-text|write-libc|stack|kernel|jump|unaligned|illegal|csr\n");
    return 2;
}
