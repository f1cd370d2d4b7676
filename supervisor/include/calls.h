#pragma once

#include "abi_syscall.h"
#include "trap.h"

/*
 * Every system call: call_NAME for each row of the lists in abi_syscall.h. Arguments are the user's registers; what they mean and
 * which errors there are is Linux's manual's matter, or abi_pando.h's for our own.
 */
#define CALL_DECLARE(number, name) trap_call call_##name;
ABI_LINUX_CALL_LIST(CALL_DECLARE)
ABI_OWN_CALL_LIST(CALL_DECLARE)
#undef CALL_DECLARE

/* A debug build: a call or a fault has ended; see calls_audit.c. */
void calls_audit_trap(void);

/* What getrusage() and wait4() tell of so much time on a hart, in ticks of the clock. */
struct abi_rusage;
struct abi_rusage calls_usage_of(uint64_t cpu_ticks);

/*
 * The image that a call names by an open file, an offset and a length (0: to the end): its object is borrowed from the
 * file. The lock is held. Returns 0; -EBADF; -EINVAL: a file without bytes of its own.
 */
struct abi_region_load;
struct image;
int calls_region_image(const struct abi_region_load *call, struct image *image);

/* Arguments that a call has not. */
#define CALL_UNUSED(...) \
    (void)(uint64_t[]) \
    { \
        __VA_ARGS__ \
    }
