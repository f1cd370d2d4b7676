#pragma once

#include "abi_types.h"
#include "types.h"

struct file;

/*
 * A task's table of descriptors: small numbers for open files. A few live in the task itself; the table grows when
 * more are needed. Each open one is charged to the task's account.
 */
#define DESCRIPTORS_INLINE 8
#define DESCRIPTORS_MAX 256

struct descriptors {
    struct file **slots; /* one reference each; NULL: free */
    uint16_t capacity; /* of slots */
    uint16_t limit; /* numbers are below it, but those that were there before it was lowered */
    struct file *inline_slots[DESCRIPTORS_INLINE];
    uint64_t close_on_exec[DESCRIPTORS_MAX / 64];
};

void descriptors_init(struct descriptors *descriptors);

/* Close all, and give back the table. */
void descriptors_close_all(struct descriptors *descriptors);

/* The file at @number, borrowed while it stays open; NULL when there is none. */
static inline struct file *descriptors_get(const struct descriptors *descriptors, uint64_t number)
{
    return number < descriptors->capacity ? descriptors->slots[number] : NULL;
}

/* What becomes of a descriptor in a child, and at execve; of one opened with @flags (ABI_O_*). */
enum descriptors_on_exec { DESCRIPTORS_INHERIT, DESCRIPTORS_CLOSE };
static inline enum descriptors_on_exec descriptors_on_exec_of(uint64_t flags)
{
    return (flags & ABI_O_CLOEXEC) != 0 ? DESCRIPTORS_CLOSE : DESCRIPTORS_INHERIT;
}

/*
 * Put @file, consuming its reference, at the lowest free number that is at least @lowest.
 * Returns the number, -EMFILE or -ENOMEM; the reference stays the caller's then.
 */
int descriptors_put(struct descriptors *descriptors, struct file *file, uint32_t lowest,
                    enum descriptors_on_exec on_exec);

/* The same at the lowest number of all, for a file that was just made: it is closed when there is no number for it. */
int descriptors_put_new(struct descriptors *descriptors, struct file *file, enum descriptors_on_exec on_exec);

/*
 * Make @number, below the limit, another one for @file, of which it takes a reference; what it was before is
 * closed. Returns 0, -EMFILE or -ENOMEM: then nothing has changed.
 */
int descriptors_replace(struct descriptors *descriptors, uint32_t number, struct file *file,
                        enum descriptors_on_exec on_exec);

/* Take the file out of an open descriptor: its reference is the caller's. */
void descriptors_take(struct descriptors *descriptors, uint32_t number);

/* Of an open one. */
bool descriptors_is_close_on_exec(const struct descriptors *descriptors, uint32_t number);
void descriptors_set_on_exec(struct descriptors *descriptors, uint32_t number, enum descriptors_on_exec on_exec);

/* Close those that are not to be inherited: execve. */
void descriptors_close_on_exec(struct descriptors *descriptors);

/* Close one. Returns 0 or -EBADF. */
int descriptors_close(struct descriptors *descriptors, uint64_t number);

/*
 * Copy every descriptor of @from that is not close-on-exec into the empty @to, and the limit. Returns 0, -EMFILE or
 * -ENOMEM; @to may hold some of them then.
 */
int descriptors_inherit(struct descriptors *to, const struct descriptors *from);

/* Copy every descriptor of @from into the empty @to, with what becomes of it at execve. Returns 0 or -ENOMEM. */
int descriptors_fork(struct descriptors *to, const struct descriptors *from);

/*
 * Fill the empty @to: descriptor i is @from's descriptor numbers[i], or free where that is -1.
 * Returns 0, -EBADF, -EMFILE or -ENOMEM; @to may hold some of them then.
 */
int descriptors_select(struct descriptors *to, const struct descriptors *from, const int32_t *numbers, uint32_t count);

/*
 * For the auditor: descriptor-capacity; @visit each open file. With @count those for which it returns true are counted,
 * and all as charged.
 */
struct audit;
void descriptors_audit(const struct descriptors *descriptors, struct audit *audit,
                       bool (*visit)(struct file *file, struct audit *audit), uint64_t *count);
