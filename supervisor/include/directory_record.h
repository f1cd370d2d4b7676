#pragma once

#include "types.h"

/*
 * Records of getdents64, written one by one into a user's buffer.
 */
struct directory_writer {
    uaddr_t to;
    uint64_t size_bytes;
    uint64_t done_bytes;
};

static inline struct directory_writer directory_record_writer(uaddr_t to, uint64_t size_bytes)
{
    return (struct directory_writer){ .to = to, .size_bytes = size_bytes };
}

/*
 * One record; @next is the position behind it. Returns 0, -EINVAL (it does not fit any more) or -EFAULT: then it was
 * not written.
 */
int directory_record_write(struct directory_writer *writer, const char *name, size_t name_size_bytes, uint64_t inode,
                           uint32_t type, uint64_t next);

/* What getdents64 gives, when the last record gave @error, or 0: an error only when it was the first record. */
static inline int64_t directory_record_result(const struct directory_writer *writer, int error)
{
    return writer->done_bytes > 0 ? (int64_t)writer->done_bytes : error;
}
