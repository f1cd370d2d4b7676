#pragma once

#include "abi_types.h"
#include "place.h"
#include "types.h"

struct object;

/*
 * Open files: what a descriptor stands for. Several descriptors of several tasks may share one, with its position.
 *
 * Each kind of file gives a struct file_kind; a function it has not is NULL, and the call then fails as noted. Bytes
 * go straight between the file and the user's memory.
 */
struct audit;
struct file;
struct pipe;
struct shm_file;

struct file_kind {
    /*
     * Return the bytes moved, a negative errno, or what scheduler_wait() gave when the caller has to wait. They may
     * move less than asked for: a write goes on in further steps, a read is cut. NULL: -EISDIR, -EBADF.
     */
    int64_t (*read)(struct file *file, uaddr_t to, uint64_t size_bytes);
    int64_t (*write)(struct file *file, uaddr_t from, uint64_t size_bytes);
    /* The same at @position, where that of the file does not count. NULL: it has none, and read() and write() do. */
    int64_t (*read_at)(struct file *file, uaddr_t to, uint64_t size_bytes, uint64_t position);
    int64_t (*write_at)(struct file *file, uaddr_t from, uint64_t size_bytes, uint64_t position);
    /* The size to seek within, and records of a folder. NULL: -ESPIPE, -ENOTDIR. */
    int64_t (*size)(const struct file *file);
    int64_t (*list)(struct file *file, uaddr_t to, uint64_t size_bytes);
    /* NULL: place_stat() tells. */
    void (*describe)(const struct file *file, struct abi_stat *stat);
    /* The object whose pages are the file's bytes, borrowed while the file is open. NULL: -ENODEV. */
    int (*object)(struct file *file, struct object **out);
    /* NULL: -ENOTTY. */
    int64_t (*control)(struct file *file, uint32_t request, uint64_t argument);
    /* The last reference goes. NULL: nothing to do. */
    void (*close)(struct file *file);
    /* For the auditor: the frames and objects that the file holds. NULL: none. */
    void (*audit)(struct file *file, struct audit *audit);
};

struct file {
    const struct file_kind *kind;
    uint32_t ref_count;
    bool readable;
    bool writable;
    uint32_t flags; /* ABI_O_APPEND, ABI_O_NONBLOCK */
    uint32_t audited; /* references that the auditor has come upon */
    uint64_t position; /* bytes; of a folder: the cursor of its reader */
    struct place place; /* where it was opened; fs NULL for what has no name */
    /* The kind's own. */
    union {
        struct object *object; /* that was found for it already, or NULL */
        struct pipe *pipe;
        struct shm_file *shm;
    };
};

/*
 * A new open file with one reference, opened with @flags (ABI_O_*) at @place. NULL when there is no memory.
 */
struct file *file_create(const struct file_kind *kind, struct place place, uint32_t flags);

static inline void file_get(struct file *file)
{
    file->ref_count++;
}

/* What read() is of a kind that has read_at(): at the file's position, which moves on. */
int64_t file_read_on(struct file *file, uaddr_t to, uint64_t size_bytes);

/* Drop one reference; the last one closes it. */
void file_put(struct file *file);

/*
 * The auditor came upon a reference on @file: what the file holds is counted with the first. And at the end, for each of
 * those references again: their number. Returns whether it was the first of the file's.
 */
bool file_audit(struct file *file, struct audit *audit);
bool file_audit_end(struct file *file, struct audit *audit);
