#pragma once

#include "abi_types.h"

struct utsname {
    char sysname[ABI_UTSNAME_BYTES];
    char nodename[ABI_UTSNAME_BYTES];
    char release[ABI_UTSNAME_BYTES];
    char version[ABI_UTSNAME_BYTES];
    char machine[ABI_UTSNAME_BYTES];
    char domainname[ABI_UTSNAME_BYTES];
};

int uname(struct utsname *name);
