#pragma once

#include "abi_types.h"
#include "types.h"

struct object;

/*
 * Open files: what a descriptor stands for. Several descriptors of several tasks may share one, with its position.
 *
 * Each kind of file gives a struct file_kind; a function it has not is NULL, and the call then fails as noted. Bytes
 * go straight between the file and the user's memory.
 */
struct file;

struct file_kind {
    /* Return the bytes moved, a negative errno, or CALL_RESTART when the caller has to wait. NULL: -EBADF. */
    int64_t (*read)(struct file *file, uaddr_t to, uint64_t size_bytes);
    int64_t (*write)(struct file *file, uaddr_t from, uint64_t size_bytes);
    /* The size to seek within, and records of a directory. NULL: -ESPIPE, -ENOTDIR. */
    int64_t (*size)(const struct file *file);
    int64_t (*list)(struct file *file, uaddr_t to, uint64_t size_bytes);
    void (*describe)(const struct file *file, struct abi_stat *stat);
    /* The object whose pages are the file's bytes, borrowed while the file is open. NULL: -ENODEV. */
    int (*object)(struct file *file, struct object **out);
};

struct file {
    const struct file_kind *kind;
    uint32_t ref_count;
    bool readable;
    bool writable;
    uint64_t position; /* bytes; of a directory: the cursor of its reader */
    uint64_t inode; /* what the kind knows the file by */
    struct object *object; /* that its kind has found for it already, or NULL; the kind's own */
};

/* A new open file with one reference; NULL when there is no memory. */
struct file *file_create(const struct file_kind *kind, uint64_t inode, bool readable, bool writable);

static inline void file_get(struct file *file)
{
    file->ref_count++;
}

/* Drop one reference; the last one closes it. */
void file_put(struct file *file);

/*
 * The console: reads give what was typed so far and wait when that is nothing; a line end is written as CR LF.
 * Borrowed: there is one, for ever.
 */
struct file *file_console(void);

/* Wake who reads the console when something is typed. Called once, when the console's interrupt works. */
void console_file_init(void);
