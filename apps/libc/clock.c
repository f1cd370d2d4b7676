/*
 * Time: clocks and sleeping. The supervisor has two clocks, with Linux's numbers; picolibc's numbers are others.
 */
#include <errno.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "abi_types.h"
#include "errno_map.h"
#include "libc.h"

_Static_assert(sizeof(struct timespec) == sizeof(struct abi_timespec), "the same layout on both sides");

/* The supervisor's number of a clock, or one that it has not. */
static uint64_t abi_clock(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
        return ABI_CLOCK_REALTIME;
    case CLOCK_MONOTONIC:
        return ABI_CLOCK_MONOTONIC;
    case CLOCK_PROCESS_CPUTIME_ID:
        return ABI_CLOCK_PROCESS_CPUTIME_ID;
    case CLOCK_THREAD_CPUTIME_ID:
        return ABI_CLOCK_THREAD_CPUTIME_ID;
    default:
        return UINT64_MAX;
    }
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    return (int)libc_result(raw_syscall2(SYS_clock_gettime, abi_clock(clock), ARG(now)));
}

int clock_getres(clockid_t clock, struct timespec *resolution)
{
    return (int)libc_result(raw_syscall2(SYS_clock_getres, abi_clock(clock), ARG(resolution)));
}

/* Returns an error number, as POSIX has it. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span, struct timespec *left)
{
    int64_t result = raw_syscall4(SYS_clock_nanosleep, abi_clock(clock), flags & TIMER_ABSTIME ? ABI_TIMER_ABSTIME : 0,
                                  ARG(span), ARG(left));

    return result < 0 ? errno_map_from_abi((int)-result) : 0;
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

clock_t times(struct tms *out)
{
    struct abi_tms abi;
    long now = libc_result(raw_syscall1(SYS_times, ARG(&abi)));

    if (now >= 0) {
        *out = (struct tms){
            .tms_utime = (clock_t)abi.user,
            .tms_stime = (clock_t)abi.system,
            .tms_cutime = (clock_t)abi.children_user,
            .tms_cstime = (clock_t)abi.children_system,
        };
    }
    return (clock_t)now;
}

clock_t clock(void)
{
    struct timespec used;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) {
        return (clock_t)-1;
    }
    return (clock_t)used.tv_sec * CLOCKS_PER_SEC + (clock_t)used.tv_nsec / (1000000000 / CLOCKS_PER_SEC);
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
