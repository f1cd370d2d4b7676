#pragma once

/* The numbers, SYS_NAME; as an enum, so that none can be asked for by #ifdef. */
#include "abi_syscall.h"

/* The call of that number, for which there is no function. Its result, or -1 with errno. */
long syscall(long number, ...);
