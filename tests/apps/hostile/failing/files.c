/* Files and their names, pipes, descriptors, the console. */
#include "failing.h"

static const struct abi_iovec fresh_parts[] = { { FRESH + 100, PAGE }, { FRESH_TOO, PAGE } };
static const char bytes[3 * PAGE] = { 1 };

static void fresh_and_start(void)
{
    failing_fresh();
    sys_seek(BIG_FILE, 0, ABI_SEEK_SET);
    sys_seek(FOLDER, 0, ABI_SEEK_SET);
}

static void fresh_and_pipe(void)
{
    failing_fresh();
    failing_pipe();
}

static void fresh_and_object(void)
{
    failing_fresh();
    failing_object();
}

/* The next descriptor needs a larger table. */
static void full(void)
{
    while (raw_syscall1(SYS_dup, 0) < 31) {
    }
}

static int64_t make_pipe(void)
{
    static int32_t ends[2];
    int64_t result = sys_pipe(ends, 0);

    return result < 0 ? result : ends[0] << 16 | ends[1];
}

static void close_pipe(int64_t result)
{
    if (result >= 0) {
        sys_close(result >> 16);
        sys_close(result & 0xffff);
    }
}

static const struct failing_step rows[] = {
    { SYS_getcwd, "getcwd", .prepare = failing_fresh, .arguments = { FRESH, 200 }, .least = 2 },
    { SYS_dup, "dup", .prepare = full, .arguments = { 0 }, .where = IN_A_CHILD, .least = 1 },
    { SYS_dup3, "dup3", .arguments = { 0, 200 }, .where = IN_A_CHILD, .least = 1 },
    { SYS_fcntl, "fcntl_dupfd", .arguments = { 0, ABI_F_DUPFD, 100 }, .where = IN_A_CHILD, .least = 1 },
    { SYS_ioctl, "ioctl", .prepare = failing_fresh, .arguments = { 0, ABI_TIOCGWINSZ, FRESH }, .least = 1 },
    { SYS_faccessat, "faccessat", .arguments = { HERE, ADDRESS(LONG_WAY "/bin/sh"), 0, 0 }, .least = 1 },
    { SYS_chdir, "chdir", .arguments = { ADDRESS(LONG_WAY) }, .least = 1 },
    { SYS_openat, "openat", .arguments = { HERE, ADDRESS("/bin/true") }, .undo = failing_close, .least = 1 },
    { SYS_openat, "openat_console", .arguments = { HERE, ADDRESS(LONG_WAY "/dev/console"), ABI_O_RDWR },
      .undo = failing_close, .least = 2 },
    { SYS_openat, "openat_zero", .arguments = { HERE, ADDRESS("/dev/zero") }, .undo = failing_close, .least = 1 },
    { SYS_openat, "openat_folder", .arguments = { HERE, ADDRESS("/dev/shm") }, .undo = failing_close, .least = 1 },
    { SYS_pipe2, "pipe2", .call = make_pipe, .undo = close_pipe, .least = 3 },
    { SYS_getdents64, "getdents64", .prepare = fresh_and_start, .arguments = { FOLDER, FRESH, 2 * PAGE }, .least = 1 },
    { SYS_read, "read", .prepare = fresh_and_start, .arguments = { BIG_FILE, FRESH + 100, 2 * PAGE }, .least = 2 },
    { SYS_readv, "readv", .prepare = fresh_and_start,
      .arguments = { BIG_FILE, ADDRESS(fresh_parts), COUNT(fresh_parts) }, .least = 2 },
    { SYS_pread64, "pread64", .prepare = failing_fresh, .arguments = { BIG_FILE, FRESH, PAGE, 0 }, .least = 1 },
    { SYS_write, "write_pipe", .prepare = failing_pipe, .arguments = { PIPE_WRITE, ADDRESS(bytes), sizeof(bytes) },
      .least = 1 },
    { SYS_write, "write_object", .prepare = failing_object, .arguments = { OBJECT, ADDRESS(bytes), sizeof(bytes) },
      .least = 3 },
    { SYS_writev, "writev", .prepare = fresh_and_pipe,
      .arguments = { PIPE_WRITE, ADDRESS(fresh_parts), COUNT(fresh_parts) }, .least = 2 },
    { SYS_pwrite64, "pwrite64", .prepare = fresh_and_object, .arguments = { OBJECT, FRESH, 2 * PAGE, 70 * PAGE + 9 },
      .least = 3 },
    { SYS_readlinkat, "readlinkat", .prepare = failing_fresh,
      .arguments = { HERE, ADDRESS(LONG_WAY "/bin/sh"), FRESH, 100 }, .well = -EINVAL, .least = 1 },
    { SYS_newfstatat, "newfstatat", .prepare = failing_fresh,
      .arguments = { HERE, ADDRESS(LONG_WAY "/bin/sh"), FRESH, 0 }, .least = 2 },
    { SYS_fstat, "fstat", .prepare = failing_fresh, .arguments = { BIG_FILE, FRESH }, .least = 1 },
};

const struct failing_steps failing_files = { rows, COUNT(rows) };
