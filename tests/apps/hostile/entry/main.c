/*
 * entry: what a program finds at its first instruction (rules C12 and C21): every register zero but sp, floating-point
 * ones and fcsr included, and nothing of anybody else's below the stack's top.
 *
 * first_instructions() is the entry point. It stores all registers below the stack pointer, copies them to @found, and
 * goes on as any program does.
 */
#include <stdint.h>
#include <stdio.h>

#define INTEGER_COUNT 32
#define FOUND_COUNT (INTEGER_COUNT + 32 + 1)
#define STACK_BYTES 65536

uint64_t found[FOUND_COUNT];

__asm__(".text\n"
        ".globl first_instructions\n"
        "first_instructions:\n"
        "    addi sp, sp, -528\n"
        ".altmacro\n"
        ".macro store_integer number\n"
        "    sd x\\number, \\number * 8(sp)\n"
        ".endm\n"
        ".macro store_float number\n"
        "    fsd f\\number, (32 + \\number) * 8(sp)\n"
        ".endm\n"
        ".set i, 0\n"
        ".rept 32\n"
        "    store_integer %i\n"
        "    .set i, i + 1\n"
        ".endr\n"
        ".set i, 0\n"
        ".rept 32\n"
        "    store_float %i\n"
        "    .set i, i + 1\n"
        ".endr\n"
        "    frcsr t0\n"
        "    sd t0, 512(sp)\n"
        "    lla t0, found\n"
        "    mv t1, sp\n"
        "    addi t2, sp, 520\n"
        "0:  ld t3, 0(t1)\n"
        "    sd t3, 0(t0)\n"
        "    addi t0, t0, 8\n"
        "    addi t1, t1, 8\n"
        "    bltu t1, t2, 0b\n"
        "    addi sp, sp, 528\n"
        "    j _start\n");

static void look_at_registers(void)
{
    static const char *const extra[] = { "f", "fcsr" };
    unsigned not_zero = 0;

    for (unsigned i = 0; i < FOUND_COUNT; i++) {
        if (found[i] != 0 && i != 2) {
            not_zero++;
            if (i < INTEGER_COUNT) {
                printf("FAIL c21_x%u: got %#llx\n", i, (unsigned long long)found[i]);
            } else {
                printf("FAIL c12_%s%u: got %#llx\n", extra[i == FOUND_COUNT - 1], i - INTEGER_COUNT,
                       (unsigned long long)found[i]);
            }
        }
    }
    if (not_zero == 0) {
        printf("ok c21_integer_registers_are_zero\nok c12_floating_point_registers_are_zero\n");
    }
    printf("%s c21_the_stack_pointer_is_aligned\n", found[2] % 16 == 0 ? "ok" : "FAIL");
}

/* Well below what was used so far, fresh pages of the stack. */
static void look_at_the_stack(void)
{
    const volatile uint64_t *end = (const uint64_t *)((found[2] & ~4095ull) - 16384);
    unsigned not_zero = 0;

    for (const volatile uint64_t *at = end - STACK_BYTES / sizeof(*at); at < end; at++) {
        not_zero += *at != 0;
    }
    printf("%s c21_the_stack_is_zero: got %u\n", not_zero == 0 ? "ok" : "FAIL", not_zero);
}

int main(void)
{
    look_at_registers();
    look_at_the_stack();
    return 0;
}
