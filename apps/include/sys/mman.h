#pragma once

#include <sys/types.h>

#include "abi_types.h"

#define PROT_NONE ABI_PROT_NONE
#define PROT_READ ABI_PROT_READ
#define PROT_WRITE ABI_PROT_WRITE
#define PROT_EXEC ABI_PROT_EXEC

#define MAP_SHARED ABI_MAP_SHARED
#define MAP_PRIVATE ABI_MAP_PRIVATE
#define MAP_FIXED ABI_MAP_FIXED
#define MAP_ANONYMOUS ABI_MAP_ANONYMOUS
#define MAP_ANON ABI_MAP_ANONYMOUS
#define MAP_GROWSDOWN ABI_MAP_GROWSDOWN
#define MAP_NORESERVE ABI_MAP_NORESERVE
#define MAP_STACK ABI_MAP_STACK
#define MAP_POPULATE ABI_MAP_POPULATE
#define MAP_FIXED_NOREPLACE ABI_MAP_FIXED_NOREPLACE
#define MAP_FAILED ((void *)-1)

#define MREMAP_MAYMOVE ABI_MREMAP_MAYMOVE
#define MREMAP_FIXED ABI_MREMAP_FIXED

#define MS_ASYNC ABI_MS_ASYNC
#define MS_INVALIDATE ABI_MS_INVALIDATE
#define MS_SYNC ABI_MS_SYNC

#define MADV_NORMAL ABI_MADV_NORMAL
#define MADV_RANDOM ABI_MADV_RANDOM
#define MADV_SEQUENTIAL ABI_MADV_SEQUENTIAL
#define MADV_WILLNEED ABI_MADV_WILLNEED
#define MADV_DONTNEED ABI_MADV_DONTNEED
#define MADV_FREE ABI_MADV_FREE
#define MADV_HUGEPAGE ABI_MADV_HUGEPAGE
#define MADV_NOHUGEPAGE ABI_MADV_NOHUGEPAGE

#define POSIX_MADV_NORMAL ABI_MADV_NORMAL
#define POSIX_MADV_RANDOM ABI_MADV_RANDOM
#define POSIX_MADV_SEQUENTIAL ABI_MADV_SEQUENTIAL
#define POSIX_MADV_WILLNEED ABI_MADV_WILLNEED
#define POSIX_MADV_DONTNEED ABI_MADV_DONTNEED

/* As POSIX has them; what is private and what is shared, and every refusal, is the supervisor's answer. */
void *mmap(void *address, size_t size_bytes, int protection, int flags, int fd, off_t offset);
int munmap(void *address, size_t size_bytes);
int mprotect(void *address, size_t size_bytes, int protection);
int msync(void *address, size_t size_bytes, int flags);

/* As on Linux. With MREMAP_FIXED the new address follows. An old size of 0 shows a shared mapping once more. */
void *mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...);
int mincore(void *address, size_t size_bytes, unsigned char *vector);

/*
 * There is no disk that pages could be written out to: what was touched stays in memory. So these look whether the range
 * is mapped (ENOMEM), and no more; what was not touched yet is not made.
 */
#define MCL_CURRENT 1
#define MCL_FUTURE 2
int mlock(const void *address, size_t size_bytes);
int munlock(const void *address, size_t size_bytes);
int mlockall(int flags);
int munlockall(void);

/*
 * MADV_DONTNEED and MADV_FREE forget pages at once. MADV_WILLNEED shows what is in memory, so that no touch of it faults.
 * The others are hints that nothing is done with. posix_madvise() returns its error, and never forgets anything.
 */
int madvise(void *address, size_t size_bytes, int advice);
int posix_madvise(void *address, size_t size_bytes, int advice);

/*
 * Memory objects as files: named ones, in /dev/shm, and ones without a name, which can be sealed (fcntl()'s F_ADD_SEALS)
 * with MFD_ALLOW_SEALING. All are born empty: ftruncate() gives them a size.
 */
#define MFD_CLOEXEC ABI_MFD_CLOEXEC
#define MFD_ALLOW_SEALING ABI_MFD_ALLOW_SEALING
int shm_open(const char *name, int flags, mode_t mode);
int shm_unlink(const char *name);
int memfd_create(const char *name, unsigned flags);
