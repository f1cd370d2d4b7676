/* ioctl. */
#include "golden.h"

#define EACH(request, words, argument) \
    ROW(ioctl, words ", console", CONSOLE, request, argument), ROW(ioctl, words ", file", FILE_AT, request, argument), \
        ROW(ioctl, words ", folder", FOLDER, request, argument), \
        ROW(ioctl, words ", pipe", PIPE_IN, request, argument), \
        ROW(ioctl, words ", /dev/null", NOTHING, request, argument), \
        ROW(ioctl, words ", closed", FREE, request, argument), ROW(ioctl, words ", -1", MINUS(1), request, argument)

static const struct row rows[] = {
    EACH(ABI_TCGETS, "TCGETS", GOOD),
    EACH(ABI_TIOCGWINSZ, "TIOCGWINSZ", GOOD),
    EACH(ABI_TIOCGPGRP, "TIOCGPGRP", GOOD),
    EACH(ABI_TIOCSPGRP, "TIOCSPGRP of 0", GOOD),
    EACH(ABI_TCFLSH, "TCFLSH of input", 0),
    EACH(ABI_TCSBRK, "TCSBRK", 1),
    EACH(0x54ff, "unknown request", GOOD),
    EACH(MINUS(1), "request -1", GOOD),
    ROW_OK(ioctl, "FIONREAD, console", CONSOLE, ABI_FIONREAD, GOOD),
    ROW(ioctl, "FIONREAD, pipe", PIPE_IN, ABI_FIONREAD, GOOD),
    ROW(ioctl, "FIONREAD, file", FILE_AT, ABI_FIONREAD, GOOD),
    ROW(ioctl, "FIONREAD, folder", FOLDER, ABI_FIONREAD, GOOD),
    ROW(ioctl, "FIONREAD, /dev/null", NOTHING, ABI_FIONREAD, GOOD),
    ROW(ioctl, "FIONREAD, closed", FREE, ABI_FIONREAD, GOOD),
    ROW(ioctl, "TCFLSH of output, console", CONSOLE, ABI_TCFLSH, 1),
    ROW(ioctl, "TCFLSH of both, console", CONSOLE, ABI_TCFLSH, 2),
    ROW(ioctl, "TCFLSH of 3, console", CONSOLE, ABI_TCFLSH, 3),
    ROW(ioctl, "TCFLSH of -1, console", CONSOLE, ABI_TCFLSH, MINUS(1)),
    ROW(ioctl, "TIOCSPGRP of -1, console", CONSOLE, ABI_TIOCSPGRP, AT(&(const int32_t){ -1 })),
    ROW(ioctl, "TIOCSPGRP of nobody, console", CONSOLE, ABI_TIOCSPGRP, AT(&(const int32_t){ NOBODY })),
    ROW(ioctl, "2^32 + TCGETS, console", CONSOLE, (1ull << 32) + ABI_TCGETS, GOOD),
};

static const struct pointer_row pointers[] = {
    POINTER(OUT, 2, ioctl, "console, TCGETS", CONSOLE, ABI_TCGETS),
    POINTER(FATAL, 2, ioctl, "console, TCSETS", CONSOLE, ABI_TCSETS),
    POINTER(FATAL, 2, ioctl, "console, TCSETSW", CONSOLE, ABI_TCSETSW),
    POINTER(FATAL, 2, ioctl, "console, TCSETSF", CONSOLE, ABI_TCSETSF),
    POINTER(OUT, 2, ioctl, "console, TIOCGWINSZ", CONSOLE, ABI_TIOCGWINSZ),
    POINTER(FATAL, 2, ioctl, "console, TIOCSWINSZ", CONSOLE, ABI_TIOCSWINSZ),
    POINTER(OUT, 2, ioctl, "console, TIOCGPGRP", CONSOLE, ABI_TIOCGPGRP),
    POINTER(FATAL, 2, ioctl, "console, TIOCSPGRP", CONSOLE, ABI_TIOCSPGRP),
    POINTER(OUT, 2, ioctl, "console, FIONREAD", CONSOLE, ABI_FIONREAD),
    POINTER(OUT, 2, ioctl, "pipe, FIONREAD", PIPE_IN, ABI_FIONREAD),
};

/* What was asked for is set again. */
static void try_set(const char *words, uint64_t get, uint64_t set)
{
    static uint64_t place[16];

    raw_syscall3(SYS_ioctl, CONSOLE, get, AT(place));
    print_result("ioctl", words, RESULT_VALUE, raw_syscall3(SYS_ioctl, CONSOLE, set, AT(place)));
}

void try_control(void)
{
    try_set("console, TCSETS", ABI_TCGETS, ABI_TCSETS);
    try_set("console, TCSETSW", ABI_TCGETS, ABI_TCSETSW);
    try_set("console, TCSETSF", ABI_TCGETS, ABI_TCSETSF);
    try_set("console, TIOCSWINSZ", ABI_TIOCGWINSZ, ABI_TIOCSWINSZ);
    try_set("console, TIOCSPGRP", ABI_TIOCGPGRP, ABI_TIOCSPGRP);
    RUN(rows);
    RUN_POINTERS(pointers);
}
