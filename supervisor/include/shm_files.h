#pragma once

#include "file.h"
#include "place.h"
#include "types.h"

/*
 * Files whose bytes are a memory object: named ones, in the folder /dev/shm, and unnamed ones (memfd_create). A file
 * lives while it has a name, is open somewhere or is under way to a task (gift.h), and its object while it is mapped.
 *
 * Locks: the supervisor's lock is held in every call.
 */
struct shm_file;

/* The folder, to be mounted. */
struct place shm_files_root(void);

/* At most so many names. */
#define SHM_FILES_NAMES_MAX 1024

/*
 * A new file without a name, open for reading and writing; with ABI_MFD_ALLOW_SEALING in @memfd_flags it can be sealed.
 * Returns 0 with one reference, or -ENOMEM.
 */
int shm_files_create_unnamed(uint32_t memfd_flags, struct file **out);

/* Whether the file has a memory object of its own; what is below asks for one that has. */
bool shm_files_is(const struct file *file);

/* Another open file for the same bytes, that can only be read. NULL when there is no memory. */
struct file *shm_files_open_read_only(const struct file *file);

/* -EPERM (sealed), -EFBIG, or -EBUSY: a write is under way, try again. */
int shm_files_resize(struct file *file, uint64_t size_bytes);

/* Its permission bits. */
uint32_t shm_files_mode(const struct file *file);
void shm_files_set_mode(struct file *file, uint32_t mode);

/* For the auditor, when it has come upon every open file: the objects that files hold, and the references on files. */
struct audit;
void shm_files_audit(struct audit *audit);
