#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raw_syscall.h"

/*
 * What the parts of the system-call library tell each other; no application sees it.
 */

/* How one address or number goes into a system call's register. */
#define ARG(value) ((uint64_t)(value))

/*
 * Turn a system call's result into what a POSIX function returns: itself, or -1 with errno set.
 */
long libc_result(int64_t result);

/*
 * Write out what the standard streams and the files that fopen() opened still hold. Returns 0 or EOF.
 */
int libc_flush_all(void);

/*
 * The flags of open(), from picolibc's numbers to the supervisor's, and back.
 */
uint64_t libc_open_flags(int flags);
int libc_flags_of_open(uint64_t abi_flags);

/*
 * The descriptor of the calls that end in -at, as the supervisor knows it.
 */
uint64_t libc_directory(int fd);

/*
 * The folders in which programs without a '/' are looked for, and the path of @file in the first folder of @folders.
 * Returns the folders behind it, or NULL. A path that does not fit is cut to "": no program has that name.
 */
const char *libc_search_path(void);
const char *libc_next_path(const char *folders, const char *file, char *path, size_t capacity);

/*
 * The last part of argv[0], for messages.
 */
const char *libc_program_name(void);

/* What crt0 hands to pando_start(): where an application's parts lie. The order is known to crt0.S. */
struct app_image {
    int (*main)(int argc, char **argv, char **envp);
    void (**init_start)(void);
    void (**init_end)(void);
    void (**fini_start)(void);
    void (**fini_end)(void);
    const char *tls_image;
    uint64_t tls_file_bytes;
    uint64_t tls_bytes;
};
