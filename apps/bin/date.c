/* date: the time since the machine was started, since it has no clock of the day; date +%s: in seconds. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

int main(int argc, char **argv)
{
    struct timespec now;

    if (argc > 2 || (argc == 2 && strcmp(argv[1], "+%s") != 0)) {
        fprintf(stderr, "usage: date [+%%s]\n");
        return 2;
    }
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        fprintf(stderr, "date: %s\n", strerror(errno));
        return 1;
    }
    long seconds = (long)now.tv_sec;

    if (argc == 2) {
        printf("%ld\n", seconds);
    } else {
        printf("%ld days %02ld:%02ld:%02ld.%03ld since the start (there is no clock of the day)\n", seconds / DAY,
               seconds % DAY / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE, now.tv_nsec / 1000000);
    }
    return 0;
}
