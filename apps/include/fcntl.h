#pragma once

/* picolibc's, and what it has not. */
#include_next <fcntl.h>

#include "abi_types.h"

#define F_ADD_SEALS ABI_F_ADD_SEALS
#define F_GET_SEALS ABI_F_GET_SEALS
#define F_SEAL_SEAL ABI_F_SEAL_SEAL
#define F_SEAL_SHRINK ABI_F_SEAL_SHRINK
#define F_SEAL_GROW ABI_F_SEAL_GROW
#define F_SEAL_WRITE ABI_F_SEAL_WRITE
#define F_SEAL_FUTURE_WRITE ABI_F_SEAL_FUTURE_WRITE
#define FALLOC_FL_KEEP_SIZE ABI_FALLOC_FL_KEEP_SIZE
#define FALLOC_FL_PUNCH_HOLE ABI_FALLOC_FL_PUNCH_HOLE

/* Pages for [offset, offset + size): the first returns an error number, the second -1 with errno. */
int posix_fallocate(int fd, off_t offset, off_t size_bytes);
int fallocate(int fd, int mode, off_t offset, off_t size_bytes);
