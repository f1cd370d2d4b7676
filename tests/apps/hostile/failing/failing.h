#pragma once

#include "hostile.h"

/*
 * The parts of failing: rows of steps, each of which makes one call. See main.c.
 */

/* Where each step has its memory; all of it is unmapped behind the step. */
#define AREA 0x20000000ull
#define AREA_BYTES 0x1000000ull
#define AREA_PAGES 8
#define FRESH AREA /* of pages that were not touched yet, a pointer for the call to follow */
#define FRESH_TOO (AREA + 4 * PAGE)
#define ELSEWHERE (AREA + AREA_BYTES / 2) /* under another table */

/* Descriptors: the first two stay, the others are closed behind the step. */
enum { BIG_FILE = 10, FOLDER = 11, OBJECT = 12, PIPE_READ = 13, PIPE_WRITE = 14 };

#define HERE (uint64_t) ABI_AT_FDCWD
#define SHM_NAME "/dev/shm/failing"
#define SHM_LONG_NAME SHM_NAME "-by-a-name-that-takes-memory-of-its-own"
/* So long that it is not copied onto the supervisor's stack. */
#define DOTS "/./././././././././././././././././././././././././././././././././././././././././././././././././././."
#define LONG_WAY DOTS DOTS DOTS DOTS

enum { IN_PLACE, IN_A_CHILD };

struct failing_step {
    enum abi_syscall number;
    const char *name;
    /* NULL: nothing is to be done before, after. */
    void (*prepare)(void);
    void (*undo)(int64_t result);
    /* NULL: the call with these arguments. */
    int64_t (*call)(void);
    uint64_t arguments[6];
    int64_t well; /* below 0: what it gives when all is well, else whatever is not an error */
    int where; /* IN_A_CHILD: what it changes goes with the task */
    unsigned least; /* so many allocations it needs at the least */
    bool stays; /* what it does when all is well can't be undone: it is done once */
};

struct failing_steps {
    const struct failing_step *rows;
    size_t count;
};

extern const struct failing_steps failing_memory, failing_files, failing_objects, failing_tasks, failing_own;
/* Calls without a pointer that make nothing: with IN_A_CHILD too, and no allocation at all. */
extern const struct failing_steps failing_never;

extern uint64_t failing_nth; /* of the step that is under way */
int64_t failing_ask(uint64_t nth); /* fail_nth */

/* To prepare: AREA_PAGES pages that nobody has touched; that are there; that are shared. A file without a name. */
void failing_fresh(void);
void failing_touched(void);
void failing_shared(void);
void failing_object(void);
void failing_open(const char *path, uint64_t descriptor);
void failing_pipe(void);

/* To undo: a descriptor, a child. */
void failing_close(int64_t result);
void failing_wait(int64_t result);
