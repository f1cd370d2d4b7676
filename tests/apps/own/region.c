/*
 * region PATH [bad]: load the image PATH into the shared region; with `bad`, ask for the answer at an address where
 * nothing can be written. Prints `loaded BASE`, `hit BASE`, or the error; status 0 or 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pando.h"

int main(int argc, char **argv)
{
    struct abi_region_loaded loaded = { .base = 1, .answer = 2, .extent_count = 3 };
    int fd = open(argc > 1 ? argv[1] : "", O_RDONLY);

    if (fd < 0) {
        perror("region");
        return 1;
    }
    struct abi_region_load request = { .fd = fd, .flags = ABI_REGION_IMAGE_MANIFEST | ABI_REGION_ANY_BASE };
    struct abi_region_loaded *answer = argc > 2 ? (struct abi_region_loaded *)0x70000000 : &loaded;

    if (region_load(&request, answer) != 0) {
        printf("%s\n", strerror(errno));
        return loaded.base == 1 && loaded.answer == 2 && loaded.extent_count == 3 ? 1 : 99;
    }
    printf("%s %#llx\n", loaded.answer & ABI_REGION_PREVIOUSLY_LOADED ? "hit" : "loaded",
           (unsigned long long)loaded.base);
    return 0;
}
