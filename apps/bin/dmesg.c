/* dmesg: the supervisor's log, as far as it is kept; also what `quiet` has kept from the console. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "abi_types.h"

static int fail(void)
{
    fprintf(stderr, "dmesg: %s\n", strerror(errno));
    return 1;
}

int main(void)
{
    int capacity = klogctl(ABI_SYSLOG_SIZE_BUFFER, NULL, 0);
    char *text = capacity < 0 ? NULL : malloc((size_t)capacity);
    int size = text == NULL ? -1 : klogctl(ABI_SYSLOG_READ_ALL, text, capacity);

    if (size < 0) {
        return fail();
    }
    fwrite(text, 1, (size_t)size, stdout);
    return fflush(stdout) == 0 ? 0 : fail();
}
