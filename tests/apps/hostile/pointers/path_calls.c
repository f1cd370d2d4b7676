/* Paths, and what is told of them. */
#include "pointers.h"

#define HERE ((uint64_t)ABI_AT_FDCWD)

int64_t call_openat(uint64_t pointer)
{
    return raw_syscall4(SYS_openat, (uint64_t)ABI_AT_FDCWD, pointer, 0, 0);
}

static int64_t call_faccessat(uint64_t pointer)
{
    return raw_syscall3(SYS_faccessat, HERE, pointer, 0);
}

int64_t call_chdir(uint64_t pointer)
{
    return raw_syscall1(SYS_chdir, pointer);
}

static int64_t call_getcwd(uint64_t pointer)
{
    raw_syscall1(SYS_chdir, ADDRESS("/bin"));
    int64_t result = raw_syscall2(SYS_getcwd, pointer, 64);

    raw_syscall1(SYS_chdir, ADDRESS("/"));
    return result;
}

static int64_t call_readlinkat(uint64_t pointer)
{
    return raw_syscall4(SYS_readlinkat, HERE, ADDRESS("/lib/link"), pointer, 64);
}

static int64_t call_readlinkat_path(uint64_t pointer)
{
    char text[16];

    return raw_syscall4(SYS_readlinkat, HERE, pointer, ADDRESS(text), sizeof(text));
}

static int64_t call_newfstatat(uint64_t pointer)
{
    return raw_syscall4(SYS_newfstatat, HERE, ADDRESS(pointer_true_path), pointer, 0);
}

static int64_t call_newfstatat_path(uint64_t pointer)
{
    struct abi_stat stat;

    return raw_syscall4(SYS_newfstatat, HERE, pointer, ADDRESS(&stat), 0);
}

static const struct pointer_call rows[] = {
    { "openat", READS, call_openat },
    { "faccessat", READS, call_faccessat },
    { "chdir", READS, call_chdir },
    { "getcwd", WRITES, call_getcwd },
    { "readlinkat", WRITES, call_readlinkat },
    { "readlinkat_path", READS, call_readlinkat_path },
    { "newfstatat", WRITES, call_newfstatat },
    { "newfstatat_path", READS, call_newfstatat_path },
};

const struct pointer_calls pointer_path_calls = { rows, COUNT(rows) };
