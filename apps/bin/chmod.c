/* chmod MODE FILE...: gives files of /dev/shm other permission bits; MODE is octal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    char *end = NULL;
    unsigned long mode = argc > 2 ? strtoul(argv[1], &end, 8) : 0;
    int status = 0;

    if (argc < 3 || end == argv[1] || *end != '\0' || mode > 0777) {
        fprintf(stderr, "usage: chmod MODE FILE...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        if (chmod(argv[i], (mode_t)mode) != 0) {
            fprintf(stderr, "chmod: %s: %s\n", argv[i], strerror(errno));
            status = 1;
        }
    }
    return status;
}
