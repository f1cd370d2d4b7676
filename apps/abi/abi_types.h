#pragma once

#include <assert.h>
#include <stdint.h>

/*
 * Structures and constants of the Linux-numbered calls, laid out as Linux has them for riscv64. Names carry abi_ and
 * ABI_ so that they stand beside picolibc's own in the system-call library.
 */

struct abi_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};
static_assert(sizeof(struct abi_timespec) == 16, "Linux struct timespec");

struct abi_iovec {
    uint64_t base;
    uint64_t size_bytes;
};
static_assert(sizeof(struct abi_iovec) == 16, "Linux struct iovec");

struct abi_stat {
    uint64_t device;
    uint64_t inode;
    uint32_t mode;
    uint32_t link_count;
    uint32_t user_id;
    uint32_t group_id;
    uint64_t special_device;
    uint64_t pad1;
    int64_t size_bytes;
    int32_t block_size_bytes;
    int32_t pad2;
    int64_t block_count;
    struct abi_timespec access_time;
    struct abi_timespec modify_time;
    struct abi_timespec change_time;
    uint32_t unused[2];
};
static_assert(sizeof(struct abi_stat) == 128, "Linux struct stat for riscv64");

/* A record of getdents64; the name follows, NUL-terminated, and record_bytes is a multiple of 8. */
struct abi_dirent64 {
    uint64_t inode;
    int64_t next_offset;
    uint16_t record_bytes;
    uint8_t type;
    char name[5]; /* at least; the true length is in record_bytes */
};
static_assert(sizeof(struct abi_dirent64) == 24, "header of 19 bytes, padded");
#define ABI_DIRENT64_NAME_OFFSET 19

enum {
    ABI_S_IFMT = 0170000,
    ABI_S_IFCHR = 0020000,
    ABI_S_IFDIR = 0040000,
    ABI_S_IFREG = 0100000,
    ABI_S_IFLNK = 0120000,

    ABI_DT_CHR = 2,
    ABI_DT_DIR = 4,
    ABI_DT_REG = 8,
    ABI_DT_LNK = 10,

    ABI_AT_FDCWD = -100,

    ABI_O_ACCMODE = 03,
    ABI_O_RDONLY = 00,
    ABI_O_WRONLY = 01,
    ABI_O_RDWR = 02,
    ABI_O_CREAT = 0100,
    ABI_O_EXCL = 0200,
    ABI_O_TRUNC = 01000,
    ABI_O_APPEND = 02000,
    ABI_O_NONBLOCK = 04000,
    ABI_O_DIRECTORY = 0200000,
    ABI_O_CLOEXEC = 02000000,

    ABI_SEEK_SET = 0,
    ABI_SEEK_CUR = 1,
    ABI_SEEK_END = 2,

    ABI_PROT_NONE = 0,
    ABI_PROT_READ = 1,
    ABI_PROT_WRITE = 2,
    ABI_PROT_EXEC = 4,

    ABI_MAP_SHARED = 0x01,
    ABI_MAP_PRIVATE = 0x02,
    ABI_MAP_TYPE = 0x0f,
    ABI_MAP_FIXED = 0x10,
    ABI_MAP_ANONYMOUS = 0x20,
    ABI_MAP_NORESERVE = 0x4000,
    ABI_MAP_POPULATE = 0x8000,
    ABI_MAP_FIXED_NOREPLACE = 0x100000,

    ABI_SIGILL = 4,
    ABI_SIGTRAP = 5,
    ABI_SIGBUS = 7,
    ABI_SIGFPE = 8,
    ABI_SIGKILL = 9,
    ABI_SIGSEGV = 11,
    ABI_SIGTERM = 15,
    ABI_SIGNAL_MAX = 64,

    ABI_WNOHANG = 1,
    ABI_WUNTRACED = 2,
    ABI_WCONTINUED = 8,

    ABI_CLOCK_REALTIME = 0,
    ABI_CLOCK_MONOTONIC = 1,

    /* Of the auxiliary vector on a program's first stack. */
    ABI_AT_NULL = 0,
    ABI_AT_PHDR = 3,
    ABI_AT_PHENT = 4,
    ABI_AT_PHNUM = 5,
    ABI_AT_PAGESZ = 6,
    ABI_AT_ENTRY = 9,
    ABI_AT_RANDOM = 25,
};

/* reboot(): Linux's two magic numbers and the commands that Pando knows. */
#define ABI_REBOOT_MAGIC1 0xfee1deadu
#define ABI_REBOOT_MAGIC2 672274793u
#define ABI_REBOOT_POWER_OFF 0x4321fedcu
#define ABI_REBOOT_RESTART 0x01234567u
