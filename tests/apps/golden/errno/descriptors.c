/* close, dup, dup3, fcntl, pipe2. */
#include "golden.h"

static const struct row closes[] = {
    ROW(close, "-1", MINUS(1)),        ROW(close, "closed", FREE),
    ROW(close, "256", DESCRIPTORS),    ROW(close, "INT_MAX", 0x7fffffff),
    ROW(close, "INT_MIN", 0x80000000), ROW(close, "2^32 + closed", (1ull << 32) + FREE),
};

static const struct row dups[] = {
    ROW_OPEN(dup, "console", CONSOLE),
    ROW_OPEN(dup, "folder", FOLDER),
    ROW_OPEN(dup, "2^32 + pipe", (1ull << 32) + PIPE_IN),
    ROW(dup, "-1", MINUS(1)),
    ROW(dup, "closed", FREE),
    ROW(dup, "256", DESCRIPTORS),
    ROW(dup, "INT_MAX", 0x7fffffff),
    ROW(dup3, "file, to a free one", FILE_AT, FREE, 0),
    ROW(dup3, "file, to an open one", FILE_AT, FREE, ABI_O_CLOEXEC),
    ROW(close, "what dup3 made", FREE),
    ROW(dup3, "file, to itself", FILE_AT, FILE_AT, 0),
    ROW(dup3, "closed, to itself", FREE, FREE, 0),
    ROW(dup3, "closed, to a free one", FREE, FREE - 1, 0),
    ROW(dup3, "-1, to a free one", MINUS(1), FREE, 0),
    ROW(dup3, "file, to -1", FILE_AT, MINUS(1), 0),
    ROW(dup3, "file, to 255", FILE_AT, DESCRIPTORS - 1, 0),
    ROW(close, "255", DESCRIPTORS - 1),
    ROW(dup3, "file, to 256", FILE_AT, DESCRIPTORS, 0),
    ROW(dup3, "file, to INT_MAX", FILE_AT, 0x7fffffff, 0),
    ROW(dup3, "file, to a free one, flag 1", FILE_AT, FREE, 1),
    ROW(dup3, "file, to a free one, O_NONBLOCK", FILE_AT, FREE, ABI_O_NONBLOCK),
    ROW(dup3, "file, to a free one, all flags", FILE_AT, FREE, MINUS(1)),
    ROW(dup3, "closed, to itself, all flags", FREE, FREE, MINUS(1)),
};

static const struct row fcntls[] = {
    ROW_OPEN(fcntl, "file, F_DUPFD, 0", FILE_AT, ABI_F_DUPFD, 0),
    ROW(fcntl, "file, F_DUPFD, 200", FILE_AT, ABI_F_DUPFD, 200),
    ROW(close, "200", 200),
    ROW(fcntl, "file, F_DUPFD, 256", FILE_AT, ABI_F_DUPFD, DESCRIPTORS),
    ROW(fcntl, "file, F_DUPFD, -1", FILE_AT, ABI_F_DUPFD, MINUS(1)),
    ROW(fcntl, "file, F_DUPFD, INT_MAX", FILE_AT, ABI_F_DUPFD, 0x7fffffff),
    ROW_OPEN(fcntl, "file, F_DUPFD_CLOEXEC, 0", FILE_AT, ABI_F_DUPFD_CLOEXEC, 0),
    ROW(fcntl, "file, F_DUPFD_CLOEXEC, 256", FILE_AT, ABI_F_DUPFD_CLOEXEC, DESCRIPTORS),
    ROW(fcntl, "closed, F_DUPFD, 0", FREE, ABI_F_DUPFD, 0),
    ROW(fcntl, "closed, F_DUPFD, 256", FREE, ABI_F_DUPFD, DESCRIPTORS),
    ROW(fcntl, "file, F_GETFD", FILE_AT, ABI_F_GETFD),
    ROW(fcntl, "file, F_SETFD, FD_CLOEXEC", FILE_AT, ABI_F_SETFD, ABI_FD_CLOEXEC),
    ROW(fcntl, "file, F_GETFD when set", FILE_AT, ABI_F_GETFD),
    ROW(fcntl, "file, F_SETFD, all but FD_CLOEXEC", FILE_AT, ABI_F_SETFD, MINUS(2)),
    ROW(fcntl, "file, F_GETFD when taken away", FILE_AT, ABI_F_GETFD),
    ROW(fcntl, "closed, F_GETFD", FREE, ABI_F_GETFD),
    ROW(fcntl, "-1, F_SETFD", MINUS(1), ABI_F_SETFD, 0),
    ROW(fcntl, "file, F_GETFL", FILE_AT, ABI_F_GETFL),
    ROW(fcntl, "pipe's reader, F_GETFL", PIPE_IN, ABI_F_GETFL),
    ROW(fcntl, "pipe's writer, F_GETFL", PIPE_OUT, ABI_F_GETFL),
    ROW(fcntl, "/dev/null, F_GETFL", NOTHING, ABI_F_GETFL),
    ROW(fcntl, "/dev/null, F_SETFL, O_APPEND and O_NONBLOCK", NOTHING, ABI_F_SETFL, ABI_O_APPEND | ABI_O_NONBLOCK),
    ROW(fcntl, "/dev/null, F_GETFL when set", NOTHING, ABI_F_GETFL),
    ROW(fcntl, "/dev/null, F_SETFL, what can't be changed", NOTHING, ABI_F_SETFL,
        ABI_O_WRONLY | ABI_O_CREAT | ABI_O_EXCL | ABI_O_TRUNC),
    ROW(fcntl, "/dev/null, F_GETFL unchanged", NOTHING, ABI_F_GETFL),
    ROW(fcntl, "closed, F_GETFL", FREE, ABI_F_GETFL),
    ROW(fcntl, "closed, F_SETFL", FREE, ABI_F_SETFL, 0),
    ROW(fcntl, "file, command 999", FILE_AT, 999, 0),
    ROW(fcntl, "file, command -1", FILE_AT, MINUS(1), 0),
    ROW(fcntl, "closed, command -1", FREE, MINUS(1), 0),
};

static const struct row pipes[] = {
    ROW(pipe2, "flag 1", GOOD, 1),
    ROW(pipe2, "O_APPEND", GOOD, ABI_O_APPEND),
    ROW(pipe2, "all flags", GOOD, MINUS(1)),
    ROW(pipe2, "null, flag 1", 0, 1),
};

static const struct pointer_row pipe_pointers[] = {
    POINTER(FATAL, 0, pipe2, "to"),
    POINTER(FATAL, 0, pipe2, "to with O_CLOEXEC", 0, ABI_O_CLOEXEC),
};

static void try_pipe(const char *words, uint64_t to, uint64_t flags)
{
    int64_t result = raw_syscall2(SYS_pipe2, to, flags);
    int32_t ends[2];

    if (result == 0) {
        __builtin_memcpy(ends, (const void *)to, sizeof(ends));
        raw_syscall1(SYS_close, (uint64_t)ends[0]);
        raw_syscall1(SYS_close, (uint64_t)ends[1]);
    }
    print_result("pipe2", words, RESULT_VALUE, result);
}

/* Until there is no descriptor left. */
static void try_all(void)
{
    uint64_t first, last;

    first = last = (uint64_t)raw_syscall1(SYS_dup, FILE_AT);
    for (int64_t next; (next = raw_syscall1(SYS_dup, FILE_AT)) >= 0;) {
        last = (uint64_t)next;
    }
    static const struct row rows[] = {
        ROW(dup, "file, when there is none left", FILE_AT),
        ROW(fcntl, "file, F_DUPFD, 0, when there is none left", FILE_AT, ABI_F_DUPFD, 0),
        ROW(openat, "bin/true, when there is no descriptor left", HERE, AT("bin/true"), 0),
        ROW(pipe2, "when there is no descriptor left", GOOD, 0),
    };
    RUN(rows);
    raw_syscall1(SYS_close, last);
    run_row(&(struct row)ROW(pipe2, "when there is one descriptor left", GOOD, 0));
    for (uint64_t i = first; i <= last; i++) {
        if (i < CONSOLE || i > LAST_OPEN) {
            raw_syscall1(SYS_close, i);
        }
    }
}

void try_descriptors(void)
{
    RUN(closes);
    RUN(dups);
    RUN(fcntls);
    try_pipe("to", GOOD, 0);
    try_pipe("to: unaligned", GOOD + 1, 0);
    try_pipe("O_CLOEXEC and O_NONBLOCK", GOOD, ABI_O_CLOEXEC | ABI_O_NONBLOCK);
    try_pipe("all but the lower half: O_CLOEXEC", GOOD, (1ull << 32) | ABI_O_CLOEXEC);
    RUN(pipes);
    RUN_POINTERS(pipe_pointers);
    try_all();
}
