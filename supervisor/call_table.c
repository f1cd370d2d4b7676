/* The tables from call numbers to functions, made from the lists in abi_syscall.h. */
#include "calls.h"

#include "abi_errno.h"

/*
 * Assembly, because no constant of C is half an address. Numbers without a function of their own get
 * trap_unknown_call; a list that is not in ascending order is an error of the assembler.
 */
#define ROW(number, name) "row " #number ", call_" #name "\n"
#define END(size) "fill " QUOTED(size) "\n"
#define QUOTED(text) #text
#define TABLE(name, rows) \
    __asm__(".pushsection .rodata." #name ", \"a\"\n" \
            ".balign 4\n" \
            ".globl " #name "\n" \
            ".type " #name ", @object\n" #name ":\n" \
            ".set next, 0\n" rows ".size " #name ", . - " #name "\n" \
            ".popsection\n")

__asm__(".macro fill end\n"
        ".rept \\end - next\n"
        ".word trap_unknown_call\n"
        ".endr\n"
        ".endm\n"
        ".macro row number, function\n"
        "fill \\number\n"
        ".word \\function\n"
        ".set next, \\number + 1\n"
        ".endm\n");

TABLE(trap_system_calls, ABI_LINUX_CALL_LIST(ROW) END(TRAP_SYSTEM_CALLS));
TABLE(trap_own_calls, ABI_OWN_CALL_LIST(ROW) END(TRAP_OWN_CALLS));

int64_t trap_unknown_call(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    return -ENOSYS;
}
