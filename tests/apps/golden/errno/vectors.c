/* readv, writev. */
#include "golden.h"

#define PARTS(...) AT((const struct abi_iovec[]){ __VA_ARGS__ })
#define THREE PARTS({ GOOD, 2 }, { 0, 0 }, { GOOD + 8, 3 })
#define PAGES PARTS({ GOOD, 2 * PAGE }, { GOOD, 2 * PAGE })
#define FIRST_BAD PARTS({ UNMAPPED, 2 }, { GOOD, 3 })
#define LAST_BAD PARTS({ GOOD, 2 }, { UNMAPPED, 3 })
#define BAD_NOTHING PARTS({ SUPERVISOR, 0 }, { GOOD, 3 })
#define NEGATIVE PARTS({ GOOD, MINUS(1) })
#define NEGATIVE_LATER PARTS({ GOOD, 2 }, { GOOD, 1ull << 63 })
#define SUM_WRAPS PARTS({ GOOD, INT64_MAX }, { GOOD, INT64_MAX })
#define SUPERVISORS PARTS({ SUPERVISOR, 2 }, { GOOD, 2 })

#define EACH(call, words, at) \
    ROW(call, words ", three parts", at, THREE, 3), ROW(call, words ", no part", at, THREE, 0), \
        ROW(call, words ", no part at null", at, 0, 0), ROW(call, words ", 1025 parts", at, THREE, 1025), \
        ROW(call, words ", -1 parts", at, THREE, MINUS(1)), ROW(call, words ", INT_MIN parts", at, THREE, 1ull << 31), \
        ROW(call, words ", the first part unmapped", at, FIRST_BAD, 2), \
        ROW(call, words ", the last part unmapped", at, LAST_BAD, 2), \
        ROW(call, words ", the first part the supervisor's", at, SUPERVISORS, 2), \
        ROW(call, words ", an empty part the supervisor's", at, BAD_NOTHING, 2), \
        ROW(call, words ", a part of -1 bytes", at, NEGATIVE, 1), \
        ROW(call, words ", the last part of -2^63 bytes", at, NEGATIVE_LATER, 2)

static const struct row rows[] = {
    EACH(readv, "file", FILE_AT),
    EACH(readv, "/dev/zero", ZEROS),
    EACH(readv, "/dev/null", NOTHING),
    EACH(readv, "empty pipe", PIPE_IN),
    EACH(readv, "folder", FOLDER),
    EACH(readv, "pipe's writing end", PIPE_OUT),
    EACH(readv, "closed", FREE),
    ROW(readv, "file, two parts of 2 pages", FILE_AT, PAGES, 2),
    ROW(readv, "-1, three parts", MINUS(1), THREE, 3),
    EACH(writev, "/dev/null", NOTHING),
    EACH(writev, "pipe", PIPE_OUT),
    EACH(writev, "full pipe", FULL_OUT),
    EACH(writev, "pipe without a reader", READERLESS),
    EACH(writev, "file opened for reading", FILE_AT),
    EACH(writev, "closed", FREE),
    ROW(writev, "pipe, two parts of 2 pages", PIPE_OUT, PAGES, 2),
    ROW(writev, "/dev/null, a sum that wraps", NOTHING, SUM_WRAPS, 2),
    ROW(writev, "-1, three parts", MINUS(1), THREE, 3),
};

static const struct pointer_row pointers[] = {
    POINTER(IN, 1, readv, "/dev/zero, vector", ZEROS, 0, 1),
    POINTER(IN, 1, writev, "/dev/null, vector", NOTHING, 0, 1),
};

void try_vectors(void)
{
    RUN(rows);
    RUN_POINTERS(pointers);
    while (raw_syscall3(SYS_read, PIPE_IN, GOOD, GOOD_BYTES) > 0) {
    }
    raw_syscall3(SYS_lseek, FILE_AT, 0, ABI_SEEK_SET);
}
