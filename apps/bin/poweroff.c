/* poweroff [STATUS]: ends the machine; STATUS (0 to 255) reaches whoever started an emulated one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>

int main(int argc, char **argv)
{
    char *end = NULL;
    long status = argc == 2 ? strtol(argv[1], &end, 10) : 0;

    if (argc > 2 || (end != NULL && (end == argv[1] || *end != '\0')) || status < 0 || status > 255) {
        fprintf(stderr, "usage: poweroff [STATUS] (0 to 255)\n");
        return 2;
    }
    reboot(RB_POWER_OFF, (int)status);
    fprintf(stderr, "poweroff: %s\n", strerror(errno));
    return 1;
}
