/*
 * What code that other people compiled with a stack protector needs: the value between a function's buffers and its
 * return address, and what happens when it has changed.
 */
#include "panic.h"

#include <stdint.h>

extern const uintptr_t __stack_chk_guard;
const uintptr_t __stack_chk_guard = 0x00000aff0d0a00ffull; /* bytes at which string functions stop */

_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
    panic("a buffer on the stack was overrun");
}
