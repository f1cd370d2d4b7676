/*
 * Time: clocks and sleeping. The supervisor has two clocks, with Linux's numbers; picolibc's numbers are others.
 */
#include <errno.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

_Static_assert(sizeof(struct timespec) == sizeof(struct abi_timespec), "the same layout on both sides");

int clock_gettime(clockid_t clock, struct timespec *now)
{
    uint64_t abi_clock;

    if (clock == CLOCK_REALTIME) {
        abi_clock = ABI_CLOCK_REALTIME;
    } else if (clock == CLOCK_MONOTONIC) {
        abi_clock = ABI_CLOCK_MONOTONIC;
    } else {
        errno = EINVAL;
        return -1;
    }
    return (int)libc_result(raw_syscall2(SYS_clock_gettime, abi_clock, ARG(now)));
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) {
        return -1;
    }
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec precise;

    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) {
        return -1;
    }
    if (out != NULL) {
        *out = precise.tv_sec;
    }
    return precise.tv_sec;
}

/* The supervisor keeps no processor time per task; time that passed is the nearest that is true. */
clock_t times(struct tms *out)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return (clock_t)-1;
    }
    clock_t ticks = (clock_t)now.tv_sec * CLOCKS_PER_SEC + (clock_t)now.tv_nsec / (1000000000 / CLOCKS_PER_SEC);

    *out = (struct tms){ .tms_utime = ticks };
    return ticks;
}

int nanosleep(const struct timespec *span, struct timespec *left)
{
    return (int)libc_result(raw_syscall2(SYS_nanosleep, ARG(span), ARG(left)));
}

unsigned sleep(unsigned seconds)
{
    struct timespec span = { .tv_sec = seconds };

    return nanosleep(&span, &span) == 0 ? 0 : (unsigned)span.tv_sec;
}

int usleep(useconds_t microseconds)
{
    struct timespec span = {
        .tv_sec = (time_t)(microseconds / 1000000),
        .tv_nsec = (long)(microseconds % 1000000) * 1000,
    };

    return nanosleep(&span, NULL);
}
