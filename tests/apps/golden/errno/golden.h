#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi_errno.h"
#include "abi_pando.h"
#include "abi_types.h"
#include "raw_syscall.h"

/*
 * The parts of `errno`: one system call after the other, each case one line `CALL(ARGUMENTS IN WORDS) = RESULT`. The
 * calls are made without the C library in between, so that numbers are the kernel's own. See main.c.
 */

/* How a result is written: an error always by its name. */
enum result {
    RESULT_VALUE, /* the number */
    RESULT_OK, /* ok: the number is another one each time, or each machine's own */
    RESULT_DESCRIPTOR, /* ok, and closed */
    RESULT_MAPPING, /* ok, and unmapped: arguments[1] bytes */
};

struct row {
    const char *call;
    const char *words;
    enum abi_syscall number;
    enum result result;
    uint64_t arguments[6];
};
#define ROW_AS(how, name, words, ...) \
    { \
#name, words, SYS_##name, how, \
        { \
            __VA_ARGS__ \
        } \
    }
#define ROW(name, ...) ROW_AS(RESULT_VALUE, name, __VA_ARGS__)
#define ROW_OK(name, ...) ROW_AS(RESULT_OK, name, __VA_ARGS__)
#define ROW_OPEN(name, ...) ROW_AS(RESULT_DESCRIPTOR, name, __VA_ARGS__)
#define ROW_MAP(name, ...) ROW_AS(RESULT_MAPPING, name, __VA_ARGS__)

/* A row of which argument @which is each pointer that its kind has an edge at. */
enum pointer_kind {
    POINTER_IN,
    POINTER_OUT, /* that memory can only be read is another edge */
    POINTER_PATH, /* bytes have no alignment */
    POINTER_FATAL, /* only those that are refused: what is read there would do something */
};
struct pointer_row {
    struct row row;
    unsigned which;
    enum pointer_kind kind;
};
#define POINTER(kind, which, name, ...) \
    { \
        ROW_OK(name, __VA_ARGS__), which, POINTER_##kind \
    }

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RUN(rows) run_rows(rows, COUNT(rows))
#define RUN_POINTERS(rows) run_pointer_rows(rows, COUNT(rows))
#define AT(...) ((uint64_t)(uintptr_t)(__VA_ARGS__))
#define MINUS(n) (~(uint64_t)(n) + 1)
#define HERE MINUS(100) /* AT_FDCWD */

/* Memory at fixed addresses, so that tables can name it. */
#define PAGE 4096ull
#define GOOD 0x20000000ull /* can be read and written; zeros at the start of each row */
#define GOOD_BYTES 0x10000ull
#define GOOD_END (GOOD + GOOD_BYTES) /* and behind it nothing */
#define READ_ONLY 0x20100000ull /* one page */
#define NO_ACCESS 0x20200000ull /* one page */
#define UNMAPPED 0x20300000ull
#define SCRATCH 0x20400000ull /* for mappings: nothing there */
#define SUPERVISOR 0xffffffc000000000ull
#define LAST_PAGE (MINUS(PAGE))
#define NOT_CANONICAL 0x4000000000000000ull
#define USER_END 0x4000000000ull

/* Descriptors, opened by main(). */
enum {
    CONSOLE = 10,
    FILE_AT, /* bin/true */
    FOLDER, /* bin */
    NOTHING, /* /dev/null, to read and write */
    ZEROS, /* /dev/zero */
    PIPE_IN, /* reads the empty pipe; neither end waits */
    PIPE_OUT,
    FULL_IN,
    FULL_OUT,
    WRITERLESS,
    READERLESS,
    LIBRARY, /* lib/libc */
    LAST_OPEN = LIBRARY,
    FREE = 99,
    DESCRIPTORS = 256, /* the first number that there is not */
};
#define NOBODY 0x3ffffffe /* a pid that no task will have */

void run_row(const struct row *row);
void run_rows(const struct row *rows, unsigned count);
void run_pointer_rows(const struct pointer_row *rows, unsigned count);

/* For what is no row: print a line. */
void print_result(const char *call, const char *words, enum result how, int64_t result);

/*
 * Run be_child(what) in a task of its own: this program again on Pando, a copy of the task on Linux, which has no
 * spawn. Returns its pid.
 */
int64_t start_child(const char *what);
/* How that ended, as print_ending() takes it. */
int64_t status_of_child(const char *what);
void print_ending(const char *call, const char *words, int64_t status);

/* What a child does. Returns the status to exit with. */
int be_task_child(const char *what);

void try_descriptors(void);
void try_control(void);
void try_files(void);
void try_vectors(void);
void try_paths(void);
void try_folders(void);
void try_memory(void);
void try_tasks(void);
void try_ends(void);
void try_signals(void);
void try_clocks(void);
void try_machine(void);
void try_own_calls(void);
