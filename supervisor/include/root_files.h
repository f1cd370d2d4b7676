#pragma once

#include "place.h"
#include "types.h"

struct object;

/*
 * The root file system: the initrd, read-only. Every regular file has one memory object, made when it is first needed
 * and kept: its pages are where the initrd has them.
 */

/* Mount the initrd at @start as the root of the tree of files. Returns 0, or a negative errno with *@reason saying what is wrong with it. */
int root_files_mount(paddr_t start, uint64_t size_bytes, const char **reason);

/*
 * The object of the program or library at @path, walked from @from, with one reference: of this or another file system.
 * Returns 0; -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG; -EISDIR; -EACCES when it is no regular file, or not executable
 * though that is needed; -ENOEXEC when it is empty; -ENOMEM.
 */
enum root_files_need { ROOT_FILE_READABLE, ROOT_FILE_EXECUTABLE };
int root_files_object(struct place from, const char *path, enum root_files_need need, struct object **out);

/* The inode of the file whose object this is, or whose pages a shadow of it has; 0: of none. */
uint64_t root_files_inode(const struct object *object);

/*
 * The bytes of the regular file at @path where the initrd has them, good for ever. Allocates nothing.
 * Returns 0; the errors of a path; -EACCES when it is no regular file of the initrd; -EINVAL when it does not
 * lie in one piece.
 */
int root_files_bytes(const char *path, const void **bytes, uint64_t *size_bytes);

/* For the auditor: the objects that are kept. */
struct audit;
void root_files_audit(struct audit *audit);
