#pragma once

#include "raw_syscall.h"

/*
 * Calls that a kernel may not have, by Linux's numbers and values: the part that needs them is left out there.
 */
enum {
    CALL_UNLINKAT = 35,
    CALL_FTRUNCATE = 46,
    CALL_FALLOCATE = 47,
    CALL_FUTEX = 98,
    CALL_MREMAP = 216,
    CALL_CLONE = 220,
    CALL_MADVISE = 233,
    CALL_MEMFD_CREATE = 279,

    LINUX_MREMAP_MAYMOVE = 1,
    LINUX_MREMAP_FIXED = 2,
    LINUX_MADV_DONTNEED = 4,
    LINUX_FALLOC_KEEP_SIZE = 1,
    LINUX_FALLOC_PUNCH_HOLE = 2,
    LINUX_MFD_CLOEXEC = 1,
    LINUX_MFD_ALLOW_SEALING = 2,
    LINUX_F_ADD_SEALS = 1033,
    LINUX_F_GET_SEALS = 1034,
    LINUX_SEAL_SEAL = 1,
    LINUX_SEAL_SHRINK = 2,
    LINUX_SEAL_GROW = 4,
    LINUX_SEAL_WRITE = 8,
    LINUX_SEAL_FUTURE_WRITE = 16,
    LINUX_CLONE_SIGHAND = 0x800, /* refused without CLONE_VM */
};

#define LINUX_CALL(number) ((enum abi_syscall)(number))
