/*
 * wild: instructions at a known address, memory that nobody has touched behind them, and nothing else. The debugger of
 * tests/boot/test_traps_stepping.py sets every register and goes through the traps that they make (rule C14).
 *
 * Each instruction is followed by a jump to itself.
 */
#include <string.h>

#include "hostile.h"

#define CODE 0x98760000ull
#define MEMORY 0x98800000ull
#define MEMORY_BYTES 0x1000000ull

#define FIXED (ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED)

static const uint32_t instructions[] = {
    0x0000006f, /* 00: j . */
    0x0000006f, 0x00000073, /* 08: ecall */
    0x0000006f, 0x0004b483, /* 10: ld s1, 0(s1) */
    0x0000006f, 0x0134b023, /* 18: sd s3, 0(s1) */
    0x0000006f,
};

int main(void)
{
    expect("wild_code", sys_map(CODE, PAGE, ABI_PROT_READ | ABI_PROT_WRITE, FIXED, -1, 0), (int64_t)CODE);
    expect("wild_memory", sys_map(MEMORY, MEMORY_BYTES, ABI_PROT_READ | ABI_PROT_WRITE, FIXED, -1, 0), (int64_t)MEMORY);
    memcpy((void *)(uintptr_t)CODE, instructions, sizeof(instructions));
    expect("wild_protect", sys_protect(CODE, PAGE, ABI_PROT_READ | ABI_PROT_EXEC), 0);
    fflush(stdout);
    __asm__ volatile("jr %0" : : "r"(CODE));
    return 1;
}
