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
#define MAP_NORESERVE ABI_MAP_NORESERVE
#define MAP_POPULATE ABI_MAP_POPULATE
#define MAP_FIXED_NOREPLACE ABI_MAP_FIXED_NOREPLACE
#define MAP_FAILED ((void *)-1)

/* As POSIX has them; what is private and what is shared, and every refusal, is the supervisor's answer. */
void *mmap(void *address, size_t size_bytes, int protection, int flags, int fd, off_t offset);
int munmap(void *address, size_t size_bytes);
int mprotect(void *address, size_t size_bytes, int protection);
