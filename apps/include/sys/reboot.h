#pragma once

#include "abi_types.h"

#define RB_AUTOBOOT ABI_REBOOT_RESTART
#define RB_POWER_OFF ABI_REBOOT_POWER_OFF

/*
 * End the machine: @command is RB_AUTOBOOT or RB_POWER_OFF; @status (0..255) reaches whoever started an emulated
 * machine, and is the difference to Linux. Does not return, or returns -1 with errno.
 */
int reboot(unsigned command, int status);
