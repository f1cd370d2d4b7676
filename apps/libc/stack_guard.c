/*
 * What code compiled with -fstack-protector calls. The guard is a constant of the image: a NUL first, so that no
 * string function can copy it, and unwritten, so that its page stays shared.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

extern uintptr_t __stack_chk_guard;
void __stack_chk_fail(void);

uintptr_t __stack_chk_guard = 0x5bd1e995c2b2ae00;

__attribute__((noreturn)) void __stack_chk_fail(void)
{
    static const char message[] = "stack smashing detected\n";

    write(STDERR_FILENO, message, sizeof(message) - 1);
    abort();
}
