/* nanosleep, clock_gettime, clock_getres, clock_nanosleep, times, getrusage. */
#include "golden.h"

#define TIME(...) AT(&(const struct abi_timespec){ __VA_ARGS__ })
#define SECOND 1000000000

/* Each clock that Linux has, and others. */
#define EACH(call, ...) \
    ROW(call, "CLOCK_REALTIME", ABI_CLOCK_REALTIME, __VA_ARGS__), \
        ROW(call, "CLOCK_MONOTONIC", ABI_CLOCK_MONOTONIC, __VA_ARGS__), \
        ROW(call, "CLOCK_THREAD_CPUTIME_ID", ABI_CLOCK_THREAD_CPUTIME_ID, __VA_ARGS__), \
        ROW(call, "CLOCK_MONOTONIC_RAW", ABI_CLOCK_MONOTONIC_RAW, __VA_ARGS__), \
        ROW(call, "CLOCK_REALTIME_COARSE", ABI_CLOCK_REALTIME_COARSE, __VA_ARGS__), \
        ROW(call, "CLOCK_MONOTONIC_COARSE", ABI_CLOCK_MONOTONIC_COARSE, __VA_ARGS__), \
        ROW(call, "CLOCK_BOOTTIME", ABI_CLOCK_BOOTTIME, __VA_ARGS__), ROW(call, "clock 10", 10, __VA_ARGS__), \
        ROW(call, "clock 12", 12, __VA_ARGS__), ROW(call, "clock 15", 15, __VA_ARGS__), \
        ROW(call, "clock 16", 16, __VA_ARGS__), ROW(call, "clock INT_MAX", 0x7fffffff, __VA_ARGS__), \
        ROW(call, "clock INT_MIN", 1ull << 31, __VA_ARGS__)

static const struct row rows[] = {
    ROW(nanosleep, "nothing", TIME(0, 0), 0),
    ROW(nanosleep, "1 ns", TIME(0, 1), GOOD),
    ROW(nanosleep, "-1 s", TIME(-1, 0), 0),
    ROW(nanosleep, "-1 ns", TIME(0, -1), 0),
    ROW(nanosleep, "10^9 ns", TIME(0, SECOND), 0),
    ROW(nanosleep, "INT64_MIN s", TIME(INT64_MIN, 0), 0),
    ROW(nanosleep, "INT64_MAX ns", TIME(0, INT64_MAX), 0),
    ROW(nanosleep, "1 ns, what is left to the supervisor's", TIME(0, 1), SUPERVISOR),
    EACH(clock_gettime, GOOD),
    ROW(clock_gettime, "CLOCK_PROCESS_CPUTIME_ID", ABI_CLOCK_PROCESS_CPUTIME_ID, GOOD),
    ROW(clock_gettime, "clock 16, to null", 16, 0),
    EACH(clock_getres, GOOD),
    ROW(clock_getres, "CLOCK_PROCESS_CPUTIME_ID", ABI_CLOCK_PROCESS_CPUTIME_ID, GOOD),
    ROW(clock_getres, "CLOCK_MONOTONIC, to null", ABI_CLOCK_MONOTONIC, 0),
    ROW(clock_getres, "clock 16, to null", 16, 0),
    EACH(clock_nanosleep, 0, TIME(0, 1), 0),
    /* On Linux it sleeps until it has run for that long, which it never has. */
    ROW(clock_nanosleep, "CLOCK_PROCESS_CPUTIME_ID, nothing", ABI_CLOCK_PROCESS_CPUTIME_ID, 0, TIME(0, 0), 0),
    ROW(clock_nanosleep, "CLOCK_MONOTONIC, until 0", ABI_CLOCK_MONOTONIC, ABI_TIMER_ABSTIME, TIME(0, 0), 0),
    ROW(clock_nanosleep, "CLOCK_MONOTONIC, until -1 s", ABI_CLOCK_MONOTONIC, ABI_TIMER_ABSTIME, TIME(-1, 0), 0),
    ROW(clock_nanosleep, "CLOCK_MONOTONIC, 10^9 ns", ABI_CLOCK_MONOTONIC, 0, TIME(0, SECOND), 0),
    ROW(clock_nanosleep, "CLOCK_MONOTONIC, -1 s", ABI_CLOCK_MONOTONIC, 0, TIME(-1, 0), 0),
    ROW(clock_nanosleep, "CLOCK_MONOTONIC, flag 2", ABI_CLOCK_MONOTONIC, 2, TIME(0, 1), 0),
    ROW(clock_nanosleep, "clock 16, null", 16, 0, 0, 0),
    ROW(clock_nanosleep, "clock 16, -1 s", 16, 0, TIME(-1, 0), 0),
    ROW_OK(times, "to", GOOD),
    ROW(getrusage, "RUSAGE_SELF", ABI_RUSAGE_SELF, GOOD),
    ROW(getrusage, "RUSAGE_CHILDREN", (uint64_t)ABI_RUSAGE_CHILDREN, GOOD),
    ROW(getrusage, "RUSAGE_THREAD", ABI_RUSAGE_THREAD, GOOD),
    ROW(getrusage, "2", 2, GOOD),
    ROW(getrusage, "-2", MINUS(2), GOOD),
    ROW(getrusage, "INT_MIN", 1ull << 31, GOOD),
    ROW(getrusage, "2, to null", 2, 0),
};

static const struct pointer_row pointers[] = {
    POINTER(IN, 0, nanosleep, "span"),
    POINTER(OUT, 1, clock_gettime, "CLOCK_MONOTONIC, to", ABI_CLOCK_MONOTONIC),
    POINTER(OUT, 1, clock_gettime, "CLOCK_PROCESS_CPUTIME_ID, to", ABI_CLOCK_PROCESS_CPUTIME_ID),
    POINTER(OUT, 1, clock_getres, "CLOCK_MONOTONIC, to", ABI_CLOCK_MONOTONIC),
    POINTER(IN, 2, clock_nanosleep, "CLOCK_MONOTONIC, span", ABI_CLOCK_MONOTONIC),
    POINTER(OUT, 0, times, "to"),
    POINTER(OUT, 1, getrusage, "RUSAGE_SELF, to", ABI_RUSAGE_SELF),
};

void try_clocks(void)
{
    RUN(rows);
    RUN_POINTERS(pointers);
}
