#pragma once

#include "file.h"
#include "types.h"

/*
 * The root file system: the initrd, read-only. Every regular file has one memory object, made when it is first needed
 * and kept: its pages are where the initrd has them.
 */

/* Mount the initrd at @start. Returns 0, or a negative errno with *@reason saying what is wrong with it. */
int root_files_mount(paddr_t start, uint64_t size_bytes, const char **reason);

/* Open @path for reading. Returns 0 with one reference on the file, or a negative errno (-EROFS for writing). */
int root_files_open(const char *path, uint32_t flags, struct file **out);

/*
 * The object of the program or library at @path, with one reference.
 * Returns 0; -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG; -EISDIR; -EACCES when it is no regular file, or not executable
 * though that is needed; -ENOEXEC when it is empty; -ENOMEM.
 */
enum root_files_need { ROOT_FILE_READABLE, ROOT_FILE_EXECUTABLE };
int root_files_object(const char *path, enum root_files_need need, struct object **out);
