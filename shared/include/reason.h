#pragma once

#include "abi_pando.h"

/*
 * Why an image was refused, in words for people: what a shell prints behind the program's name.
 */
struct reason {
    char text[ABI_REASON_BYTES]; /* NUL-terminated; longer ones are cut */
};

/* Fill in @reason (NULL: nobody asked), and return @error: `return reason_give(reason, -ENOEXEC, "no %s", name);` */
int reason_give(struct reason *reason, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
