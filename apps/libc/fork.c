/*
 * fork() and vfork().
 *
 * A child of fork() has its own copy of what standard streams hold, as everywhere: it ends by _exit(), or both write it.
 * A child of vfork() runs in its parent's memory until it calls execve() or _exit(). It returns first from here, so
 * nothing may be kept on the stack: the return address stays in its register, which each of the two has for itself.
 */
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

pid_t fork(void)
{
    return (pid_t)libc_result(raw_syscall6(SYS_clone, ABI_SIGCHLD, 0, 0, 0, 0, 0));
}

__attribute__((naked)) pid_t vfork(void)
{
    __asm__("li a0, %0\n"
            "li a1, 0\n"
            "li a7, %1\n"
            "ecall\n"
            "bltz a0, 1f\n"
            "ret\n"
            "1: tail libc_result" ::"i"(ABI_CLONE_VM | ABI_CLONE_VFORK | ABI_SIGCHLD),
            "i"(SYS_clone));
}
