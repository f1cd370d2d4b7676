/* free: how much RAM there is, is used and is free, in KiB. `share` tells who uses it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>

int main(void)
{
    struct sysinfo info;

    if (sysinfo(&info) != 0) {
        fprintf(stderr, "free: %s\n", strerror(errno));
        return 1;
    }
    unsigned long total = info.totalram * info.mem_unit / 1024, available = info.freeram * info.mem_unit / 1024;

    printf("          total       used       free   (KiB)\n");
    printf("RAM  %10lu %10lu %10lu\n", total, total - available, available);
    return 0;
}
