/*
 * Error numbers: the supervisor answers with Linux's, programs see picolibc's, which are other ones from ENOSYS on.
 *
 * Invariant: every name of ABI_ERRNO_LIST has a row, and no number of the supervisor's reaches a program untranslated.
 * A number that the list does not know becomes EIO: it can't be told apart from a name that it is not.
 */
#include "errno_map.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "abi_errno.h"
#include "libc.h"

#define ERRNO_ROW(name, number) [number] = (name),
static const uint8_t from_abi[] = { ABI_ERRNO_LIST(ERRNO_ROW) };

int errno_map_from_abi(int number)
{
    /* A negative number is a large one here. */
    size_t row = (size_t)number;

    if (row >= sizeof(from_abi) || from_abi[row] == 0) {
        return EIO;
    }
    return from_abi[row];
}

long libc_result(int64_t result)
{
    if (result < 0 && result >= -4095) {
        errno = errno_map_from_abi((int)-result);
        return -1;
    }
    return result;
}
