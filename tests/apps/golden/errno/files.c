/* read, write, lseek, getdents64, fstat. */
#include "golden.h"

static const struct row reads[] = {
    ROW(read, "file, 16 bytes", FILE_AT, GOOD, 16),
    ROW(read, "file, nothing", FILE_AT, GOOD, 0),
    ROW(read, "file, nothing to null", FILE_AT, 0, 0),
    ROW(read, "file, nothing to the supervisor's", FILE_AT, SUPERVISOR, 0),
    ROW_OK(read, "file, 64 KiB", FILE_AT, GOOD, GOOD_BYTES),
    ROW(read, "file at its end", FILE_AT, GOOD, 16),
    ROW(read, "file at its end, to null", FILE_AT, 0, 16),
    ROW(read, "file at its end, 2^63 bytes", FILE_AT, GOOD, 1ull << 63),
    ROW(read, "file at its end, -1 bytes", FILE_AT, GOOD, MINUS(1)),
    ROW(read, "folder", FOLDER, GOOD, 16),
    ROW(read, "/dev/null", NOTHING, GOOD, 16),
    ROW(read, "/dev/null, to null", NOTHING, 0, 16),
    ROW(read, "/dev/zero", ZEROS, GOOD, 16),
    ROW(read, "/dev/zero, 4 pages", ZEROS, GOOD, 4 * PAGE),
    ROW(read, "empty pipe", PIPE_IN, GOOD, 1),
    ROW(read, "empty pipe, nothing", PIPE_IN, GOOD, 0),
    ROW(read, "empty pipe, to null", PIPE_IN, 0, 1),
    ROW(read, "pipe without a writer", WRITERLESS, GOOD, 1),
    ROW(read, "pipe without a writer, to null", WRITERLESS, 0, 1),
    ROW(read, "pipe's writing end", PIPE_OUT, GOOD, 1),
    ROW(read, "console, nothing", CONSOLE, GOOD, 0),
    ROW(read, "closed", FREE, GOOD, 1),
    ROW(read, "closed, nothing", FREE, GOOD, 0),
    ROW(read, "-1", MINUS(1), GOOD, 1),
    ROW(read, "256", DESCRIPTORS, GOOD, 1),
    ROW(read, "INT_MAX", 0x7fffffff, GOOD, 1),
    ROW(read, "2^32 + /dev/zero", (1ull << 32) + ZEROS, GOOD, 1),
};

static const struct row writes[] = {
    ROW(write, "file opened for reading", FILE_AT, GOOD, 1),
    ROW(write, "file opened for reading, nothing", FILE_AT, GOOD, 0),
    ROW(write, "folder", FOLDER, GOOD, 1),
    ROW(write, "/dev/null, 4 pages", NOTHING, GOOD, 4 * PAGE),
    ROW(write, "/dev/null, nothing from null", NOTHING, 0, 0),
    ROW(write, "/dev/null, from null", NOTHING, 0, 16),
    ROW(write, "/dev/null, INT_MAX bytes", NOTHING, GOOD, 0x7fffffff),
    ROW(write, "/dev/null, -1 bytes", NOTHING, GOOD, MINUS(1)),
    ROW(write, "/dev/null, 2^63 bytes", NOTHING, GOOD, 1ull << 63),
    ROW(write, "/dev/null, from the supervisor's", NOTHING, SUPERVISOR, 1),
    ROW(write, "pipe, 1 byte", PIPE_OUT, GOOD, 1),
    ROW(read, "pipe that holds 1 byte", PIPE_IN, GOOD, 16),
    ROW(write, "pipe, nothing", PIPE_OUT, GOOD, 0),
    ROW(write, "pipe, nothing from null", PIPE_OUT, 0, 0),
    ROW(write, "full pipe", FULL_OUT, GOOD, 1),
    ROW(write, "full pipe, nothing", FULL_OUT, GOOD, 0),
    ROW(write, "full pipe, a page and a byte", FULL_OUT, GOOD, PAGE + 1),
    ROW(write, "full pipe, from null", FULL_OUT, 0, 1),
    ROW(write, "pipe's reading end", PIPE_IN, GOOD, 1),
    ROW(write, "pipe without a reader", READERLESS, GOOD, 1),
    ROW(write, "pipe without a reader, nothing", READERLESS, GOOD, 0),
    ROW(write, "pipe without a reader, from null", READERLESS, 0, 1),
    ROW(write, "console, nothing", CONSOLE, GOOD, 0),
    ROW(write, "closed", FREE, GOOD, 1),
    ROW(write, "closed, nothing", FREE, GOOD, 0),
    ROW(write, "-1", MINUS(1), GOOD, 1),
    ROW(write, "256", DESCRIPTORS, GOOD, 1),
    ROW(write, "INT_MAX", 0x7fffffff, GOOD, 1),
};

static const struct row seeks[] = {
    ROW(lseek, "file, 5 from the start", FILE_AT, 5, ABI_SEEK_SET),
    ROW(lseek, "file, -6 from the position", FILE_AT, MINUS(6), ABI_SEEK_CUR),
    ROW(lseek, "file, -1 from the start", FILE_AT, MINUS(1), ABI_SEEK_SET),
    ROW(lseek, "file, 2^63 - 1 from the start", FILE_AT, INT64_MAX, ABI_SEEK_SET),
    ROW(lseek, "file, 1 from the position", FILE_AT, 1, ABI_SEEK_CUR),
    ROW(lseek, "file, 0 from the start", FILE_AT, 0, ABI_SEEK_SET),
    ROW(lseek, "file, -2^63 from the position", FILE_AT, 1ull << 63, ABI_SEEK_CUR),
    ROW_OK(lseek, "file, 0 from the end", FILE_AT, 0, ABI_SEEK_END),
    ROW_OK(lseek, "file, 100 from the end", FILE_AT, 100, ABI_SEEK_END),
    ROW(lseek, "file, -2^63 from the end", FILE_AT, 1ull << 63, ABI_SEEK_END),
    ROW(lseek, "file, whence 5", FILE_AT, 0, 5),
    ROW(lseek, "file, whence -1", FILE_AT, 0, MINUS(1)),
    ROW(lseek, "file, 0 from the start again", FILE_AT, 0, ABI_SEEK_SET),
    ROW(lseek, "folder, 0 from the start", FOLDER, 0, ABI_SEEK_SET),
    ROW(lseek, "folder, -1 from the start", FOLDER, MINUS(1), ABI_SEEK_SET),
    ROW(lseek, "/dev/null, 5 from the start", NOTHING, 5, ABI_SEEK_SET),
    ROW(lseek, "pipe", PIPE_IN, 0, ABI_SEEK_SET),
    ROW(lseek, "pipe, whence 5", PIPE_IN, 0, 5),
    ROW(lseek, "console", CONSOLE, 0, ABI_SEEK_SET),
    ROW(lseek, "closed", FREE, 0, ABI_SEEK_SET),
    ROW(lseek, "closed, whence 5", FREE, 0, 5),
    ROW(lseek, "-1", MINUS(1), 0, ABI_SEEK_SET),
};

static const struct row lists[] = {
    ROW(getdents64, "folder, no room", FOLDER, GOOD, 0),
    ROW(getdents64, "folder, room of 8", FOLDER, GOOD, 8),
    ROW(getdents64, "folder, room of 23", FOLDER, GOOD, 23),
    ROW_OK(getdents64, "folder, room of 24", FOLDER, GOOD, 24),
    ROW_OK(getdents64, "folder, 64 KiB", FOLDER, GOOD, GOOD_BYTES),
    ROW(getdents64, "folder at its end", FOLDER, GOOD, PAGE),
    ROW(getdents64, "folder at its end, no room", FOLDER, GOOD, 0),
    ROW(getdents64, "folder at its end, to null", FOLDER, 0, PAGE),
    ROW(getdents64, "file", FILE_AT, GOOD, PAGE),
    ROW(getdents64, "pipe", PIPE_IN, GOOD, PAGE),
    ROW(getdents64, "console", CONSOLE, GOOD, PAGE),
    ROW(getdents64, "/dev/null", NOTHING, GOOD, PAGE),
    ROW(getdents64, "closed", FREE, GOOD, PAGE),
    ROW(getdents64, "-1", MINUS(1), GOOD, PAGE),
    ROW(lseek, "folder, back to the start", FOLDER, 0, ABI_SEEK_SET),
};

static const struct row stats[] = {
    ROW(fstat, "file", FILE_AT, GOOD), ROW(fstat, "folder", FOLDER, GOOD),     ROW(fstat, "console", CONSOLE, GOOD),
    ROW(fstat, "pipe", PIPE_IN, GOOD), ROW(fstat, "/dev/null", NOTHING, GOOD), ROW(fstat, "closed", FREE, GOOD),
    ROW(fstat, "-1", MINUS(1), GOOD),  ROW(fstat, "256", DESCRIPTORS, GOOD),   ROW(fstat, "closed, to null", FREE, 0),
};

static const struct pointer_row pointers[] = {
    POINTER(OUT, 1, read, "file, 16 bytes", FILE_AT, 0, 16),
    POINTER(OUT, 1, read, "/dev/zero, 16 bytes", ZEROS, 0, 16),
    POINTER(IN, 1, write, "pipe, 16 bytes", PIPE_OUT, 0, 16),
    POINTER(OUT, 1, getdents64, "folder", FOLDER, 0, PAGE),
    POINTER(OUT, 1, fstat, "file", FILE_AT),
};

void try_files(void)
{
    RUN(reads);
    RUN(writes);
    RUN(seeks);
    RUN(lists);
    RUN(stats);
    RUN_POINTERS(pointers);
    raw_syscall3(SYS_read, PIPE_IN, GOOD, GOOD_BYTES);
    raw_syscall3(SYS_lseek, FILE_AT, 0, ABI_SEEK_SET);
    raw_syscall3(SYS_lseek, FOLDER, 0, ABI_SEEK_SET);
}
