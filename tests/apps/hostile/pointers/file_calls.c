/* Files and pipes: bytes, vectors, records. */
#include "pointers.h"

int64_t call_read(uint64_t pointer)
{
    return raw_syscall3(SYS_read, (uint64_t)pointer_file, pointer, 16);
}

static int64_t call_write(uint64_t pointer)
{
    return raw_syscall3(SYS_write, 1, pointer, 16);
}

static int64_t call_read_pipe(uint64_t pointer)
{
    return raw_syscall3(SYS_read, (uint64_t)pointer_pipe[0], pointer, 16);
}

static int64_t call_write_pipe(uint64_t pointer)
{
    return raw_syscall3(SYS_write, (uint64_t)pointer_pipe[1], pointer, 16);
}

static int64_t call_read_zero(uint64_t pointer)
{
    int64_t zero = sys_open("/dev/zero", 0), result = raw_syscall3(SYS_read, (uint64_t)zero, pointer, 16);

    sys_close(zero);
    return result;
}

static int64_t call_read_random(uint64_t pointer)
{
    int64_t random = sys_open("/dev/random", 0), result = raw_syscall3(SYS_read, (uint64_t)random, pointer, 16);

    sys_close(random);
    return result;
}

static int64_t call_writev_vector(uint64_t pointer)
{
    return raw_syscall3(SYS_writev, 1, pointer, 2);
}

static int64_t call_writev_base(uint64_t pointer)
{
    const struct abi_iovec part = { .base = pointer, .size_bytes = 16 };

    return raw_syscall3(SYS_writev, 1, ADDRESS(&part), 1);
}

static int64_t call_readv_vector(uint64_t pointer)
{
    return raw_syscall3(SYS_readv, (uint64_t)pointer_file, pointer, 2);
}

static int64_t call_readv_base(uint64_t pointer)
{
    const struct abi_iovec part = { .base = pointer, .size_bytes = 16 };

    return raw_syscall3(SYS_readv, (uint64_t)pointer_file, ADDRESS(&part), 1);
}

int64_t call_getdents64(uint64_t pointer)
{
    return raw_syscall3(SYS_getdents64, (uint64_t)pointer_folder, pointer, 512);
}

int64_t call_fstat(uint64_t pointer)
{
    return raw_syscall2(SYS_fstat, (uint64_t)pointer_file, pointer);
}

static int64_t call_getdents64_devices(uint64_t pointer)
{
    int64_t folder = sys_open("/dev", 0), result = raw_syscall3(SYS_getdents64, (uint64_t)folder, pointer, 512);

    sys_close(folder);
    return result;
}

static int64_t call_fstat_pipe(uint64_t pointer)
{
    return raw_syscall2(SYS_fstat, (uint64_t)pointer_pipe[0], pointer);
}

static int64_t call_pipe2(uint64_t pointer)
{
    return raw_syscall2(SYS_pipe2, pointer, 0);
}

static const struct pointer_call rows[] = {
    { "read", WRITES, call_read },
    { "write", READS, call_write },
    { "read_pipe", WRITES, call_read_pipe },
    { "write_pipe", READS, call_write_pipe },
    { "read_zero", WRITES, call_read_zero },
    { "read_random", WRITES, call_read_random },
    { "writev_vector", READS, call_writev_vector },
    { "writev_base", READS, call_writev_base },
    { "readv_vector", READS, call_readv_vector },
    { "readv_base", WRITES, call_readv_base },
    { "getdents64", WRITES, call_getdents64 },
    { "getdents64_devices", WRITES, call_getdents64_devices },
    { "fstat", WRITES, call_fstat },
    { "fstat_pipe", WRITES, call_fstat_pipe },
    { "pipe2", WRITES, call_pipe2 },
};

const struct pointer_calls pointer_file_calls = { rows, COUNT(rows) };
