#pragma once

#include "file.h"

/*
 * Pipes: bytes from one open file to another, kept in frames that are there only while they hold something.
 * A write of up to PIPE_ATOMIC_BYTES is done as a whole.
 */
#define PIPE_BYTES 65536u
#define PIPE_ATOMIC_BYTES 4096u

/*
 * A new pipe: two files with one reference each, opened with @flags (ABI_O_NONBLOCK or 0).
 * Returns 0 or -ENOMEM.
 */
int pipe_create(uint32_t flags, struct file **read_end, struct file **write_end);
