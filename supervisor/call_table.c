/* The tables from call numbers to functions, made from the lists in abi_syscall.h. */
#include "calls.h"

#include "abi_errno.h"

/* Every place holds trap_unknown_call first, and the calls that there are replace it. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define ROW(number, name) [number] = call_##name,

trap_call *const trap_system_calls[TRAP_SYSTEM_CALLS] = { [0 ... TRAP_SYSTEM_CALLS - 1] = trap_unknown_call,
                                                          ABI_LINUX_CALL_LIST(ROW) };

trap_call *const trap_own_calls[TRAP_OWN_CALLS] = { [0 ... TRAP_OWN_CALLS - 1] = trap_unknown_call,
                                                    ABI_OWN_CALL_LIST(ROW) };

int64_t trap_unknown_call(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    return -ENOSYS;
}
