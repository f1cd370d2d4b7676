/* sleep SECONDS: a fraction is welcome ("0.1"). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LONGEST_SECONDS 1e9

int main(int argc, char **argv)
{
    char *end = NULL;
    double seconds = argc == 2 ? strtod(argv[1], &end) : -1;

    if (argc != 2 || end == argv[1] || *end != '\0' || !(seconds >= 0 && seconds <= LONGEST_SECONDS)) {
        fprintf(stderr, "usage: sleep SECONDS (0 to 1e9)\n");
        return 2;
    }
    double whole;
    double fraction = modf(seconds, &whole);
    struct timespec span = { .tv_sec = (time_t)whole, .tv_nsec = (long)(fraction * 1e9) };

    if (nanosleep(&span, NULL) != 0) {
        fprintf(stderr, "sleep: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
