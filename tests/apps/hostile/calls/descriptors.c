/* Descriptors: copies, flags, pipes. */
#include <string.h>

#include "calls.h"

static int64_t duplicate(int64_t fd)
{
    return raw_syscall1(SYS_dup, (uint64_t)fd);
}

static int64_t duplicate_to(int64_t fd, int64_t to, uint64_t flags)
{
    return raw_syscall3(SYS_dup3, (uint64_t)fd, (uint64_t)to, flags);
}

static void try_dup(void)
{
    int64_t fd = sys_open("/bin/true", ABI_O_CLOEXEC), copy = duplicate(fd), last = -1, next;
    unsigned count = 0;

    expect("dup_gives_the_lowest", copy, fd + 1);
    sys_seek(fd, 10, ABI_SEEK_SET);
    expect("dup_shares_the_position", sys_seek(copy, 0, ABI_SEEK_CUR), 10);
    expect("dup_of_close_on_exec_is_inherited", sys_fcntl(copy, ABI_F_GETFD, 0), 0);
    sys_close(fd);
    expect("dup_outlives_the_first", sys_seek(copy, 0, ABI_SEEK_CUR), 10);
    expect("dup_takes_its_place", duplicate(copy), fd);
    expect("dup_nothing", duplicate(99), -EBADF);
    expect("dup_minus_1", duplicate(-1), -EBADF);
    expect("dup_256", duplicate(256), -EBADF);
    expect("dup_largest", duplicate(INT32_MAX), -EBADF);
    for (; (next = duplicate(copy)) >= 0 && count < 10000; count++) {
        last = next;
    }
    expect("dup_until_there_is_none", next, -EMFILE);
    expect("dup_the_last_works", sys_seek(last, 0, ABI_SEEK_CUR), 10);
    for (next = fd; next <= last; next++) {
        sys_close(next);
    }
}

static void try_dup3(void)
{
    int64_t fd = sys_open("/bin/true", 0), other = sys_open("/bin/sh", 0);
    int32_t ends[2];
    char byte;

    sys_seek(fd, 10, ABI_SEEK_SET);
    expect("dup3_to_a_free_one", duplicate_to(fd, 40, 0), 40);
    expect("dup3_shares_the_position", sys_seek(40, 0, ABI_SEEK_CUR), 10);
    expect("dup3_is_inherited", sys_fcntl(40, ABI_F_GETFD, 0), 0);
    expect("dup3_over_an_open_one", duplicate_to(fd, other, ABI_O_CLOEXEC), other);
    expect("dup3_is_another_file", sys_seek(other, 0, ABI_SEEK_CUR), 10);
    expect("dup3_is_closed_on_exec", sys_fcntl(other, ABI_F_GETFD, 0), ABI_FD_CLOEXEC);
    sys_pipe(ends, 0);
    expect("dup3_over_a_pipes_only_writer", duplicate_to(fd, ends[1], 0), ends[1]);
    expect("dup3_has_closed_it", sys_read(ends[0], &byte, 1), 0);
    sys_close_pipe(ends);
    expect("dup3_to_itself", duplicate_to(fd, fd, 0), -EINVAL);
    expect("dup3_nothing_to_itself", duplicate_to(99, 99, 0), -EINVAL);
    expect("dup3_nothing", duplicate_to(99, 5, 0), -EBADF);
    expect("dup3_to_256", duplicate_to(fd, 256, 0), -EBADF);
    expect("dup3_to_minus_1", duplicate_to(fd, -1, 0), -EBADF);
    expect("dup3_to_the_largest", duplicate_to(fd, INT32_MAX, 0), -EBADF);
    expect("dup3_unknown_flag", duplicate_to(fd, 5, 1), -EINVAL);
    expect("dup3_no_such_flag", duplicate_to(fd, 5, ABI_O_NONBLOCK), -EINVAL);
    sys_close(fd);
    sys_close(other);
    sys_close(40);
}

static void try_fcntl_flags(void)
{
    int64_t fd = sys_open("/bin/true", ABI_O_CLOEXEC), null = sys_open("/dev/null", ABI_O_RDWR | ABI_O_APPEND);
    int64_t copy = duplicate(null);

    expect("fcntl_getfd", sys_fcntl(fd, ABI_F_GETFD, 0), ABI_FD_CLOEXEC);
    expect("fcntl_setfd", sys_fcntl(fd, ABI_F_SETFD, 0), 0);
    expect("fcntl_getfd_again", sys_fcntl(fd, ABI_F_GETFD, 0), 0);
    expect("fcntl_setfd_other_bits", sys_fcntl(fd, ABI_F_SETFD, ~1ull), 0);
    expect("fcntl_other_bits_mean_nothing", sys_fcntl(fd, ABI_F_GETFD, 0), 0);
    expect("fcntl_getfl_of_what_is_read", sys_fcntl(fd, ABI_F_GETFL, 0), ABI_O_RDONLY);
    expect("fcntl_getfl_of_both", sys_fcntl(null, ABI_F_GETFL, 0), ABI_O_RDWR | ABI_O_APPEND);
    expect("fcntl_setfl", sys_fcntl(null, ABI_F_SETFL, ABI_O_NONBLOCK), 0);
    expect("fcntl_setfl_is_the_files", sys_fcntl(copy, ABI_F_GETFL, 0), ABI_O_RDWR | ABI_O_NONBLOCK);
    expect("fcntl_setfl_leaves_the_access", sys_fcntl(null, ABI_F_SETFL, ABI_O_WRONLY), 0);
    expect("fcntl_getfl_after_it", sys_fcntl(null, ABI_F_GETFL, 0), ABI_O_RDWR);
    expect("fcntl_unknown_command", sys_fcntl(fd, 77, 0), -EINVAL);
    expect("fcntl_command_minus_1", sys_fcntl(fd, UINT64_MAX, 0), -EINVAL);
    expect("fcntl_nothing", sys_fcntl(99, ABI_F_GETFD, 0), -EBADF);
    sys_close(fd);
    sys_close(null);
    sys_close(copy);
}

static void try_fcntl_dup(void)
{
    int64_t fd = sys_open("/bin/true", 0);

    expect("fcntl_dupfd", sys_fcntl(fd, ABI_F_DUPFD, 30), 30);
    expect("fcntl_dupfd_above_it", sys_fcntl(fd, ABI_F_DUPFD, 30), 31);
    expect("fcntl_dupfd_cloexec", sys_fcntl(fd, ABI_F_DUPFD_CLOEXEC, 0), fd + 1);
    expect("fcntl_dupfd_cloexec_is_it", sys_fcntl(fd + 1, ABI_F_GETFD, 0), ABI_FD_CLOEXEC);
    expect("fcntl_dupfd_the_last", sys_fcntl(fd, ABI_F_DUPFD, 255), 255);
    expect("fcntl_dupfd_behind_the_last", sys_fcntl(fd, ABI_F_DUPFD, 255), -EMFILE);
    expect("fcntl_dupfd_256", sys_fcntl(fd, ABI_F_DUPFD, 256), -EINVAL);
    expect("fcntl_dupfd_minus_1", sys_fcntl(fd, ABI_F_DUPFD, UINT64_MAX), -EINVAL);
    expect("fcntl_dupfd_nothing", sys_fcntl(99, ABI_F_DUPFD, 0), -EBADF);
    sys_close(fd);
    sys_close(fd + 1);
    sys_close(30);
    sys_close(31);
    sys_close(255);
}

static void try_pipe_ends(void)
{
    char bytes[16] = "";
    struct abi_stat stat;
    int32_t ends[2];

    expect("pipe2", sys_pipe(ends, 0), 0);
    expect_true("pipe2_gives_the_lowest", ends[0] == 3 && ends[1] == 4);
    expect("pipe2_write", sys_write(ends[1], "abcdef", 6), 6);
    expect("pipe2_read_some", sys_read(ends[0], bytes, 4), 4);
    expect("pipe2_read_the_rest", sys_read(ends[0], bytes + 4, 12), 2);
    expect_true("pipe2_bytes", memcmp(bytes, "abcdef", 6) == 0);
    expect("pipe2_read_the_writers_end", sys_read(ends[1], bytes, 1), -EBADF);
    expect("pipe2_write_the_readers_end", sys_write(ends[0], bytes, 1), -EBADF);
    expect("pipe2_has_no_position", sys_seek(ends[0], 0, ABI_SEEK_CUR), -ESPIPE);
    expect("pipe2_is_no_folder", raw_syscall3(SYS_getdents64, (uint64_t)ends[0], ADDRESS(bytes), 16), -ENOTDIR);
    expect("pipe2_has_no_pages", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, ends[0], 0), -ENODEV);
    memset(&stat, 0xaa, sizeof(stat));
    expect("pipe2_fstat", raw_syscall2(SYS_fstat, (uint64_t)ends[0], ADDRESS(&stat)), 0);
    expect("pipe2_fstat_kind", stat.mode & ABI_S_IFMT, ABI_S_IFIFO);
    expect_true("c21_fstat_of_a_pipe_padding_is_zero",
                stat.pad1 == 0 && stat.pad2 == 0 && stat.unused[0] == 0 && stat.unused[1] == 0);
    sys_close(ends[1]);
    expect("pipe2_without_a_writer", sys_read(ends[0], bytes, 1), 0);
    sys_close(ends[0]);
}

static void try_pipe_flags(void)
{
    int32_t ends[2] = { -7, -7 };
    char byte = 'x';

    expect("pipe2_unknown_flag", sys_pipe(ends, 1), -EINVAL);
    expect("pipe2_no_such_flag", sys_pipe(ends, ABI_O_CREAT), -EINVAL);
    expect_true("pipe2_writes_nothing_then", ends[0] == -7 && ends[1] == -7);
    expect("pipe2_with_flags", sys_pipe(ends, ABI_O_CLOEXEC | ABI_O_NONBLOCK), 0);
    expect("pipe2_close_on_exec", sys_fcntl(ends[0], ABI_F_GETFD, 0) + sys_fcntl(ends[1], ABI_F_GETFD, 0), 2);
    expect("pipe2_getfl_reader", sys_fcntl(ends[0], ABI_F_GETFL, 0), ABI_O_NONBLOCK);
    expect("pipe2_getfl_writer", sys_fcntl(ends[1], ABI_F_GETFL, 0), ABI_O_NONBLOCK | ABI_O_WRONLY);
    expect("pipe2_empty", sys_read(ends[0], &byte, 1), -EAGAIN);
    expect("pipe2_empty_read_of_nothing", sys_read(ends[0], &byte, 0), 0);
    sys_handle(ABI_SIGPIPE, ABI_SIG_IGN, 0);
    sys_close(ends[0]);
    expect("pipe2_without_a_reader", sys_write(ends[1], &byte, 1), -EPIPE);
    sys_handle(ABI_SIGPIPE, ABI_SIG_DFL, 0);
    sys_close(ends[1]);
}

static void try_pipe_without_room(void)
{
    int64_t fd, last = 2;
    int32_t ends[2];

    while ((fd = duplicate(0)) >= 0) {
        last = fd;
    }
    expect("pipe2_without_a_descriptor", sys_pipe(ends, 0), -EMFILE);
    sys_close(last);
    expect("pipe2_with_one_descriptor", sys_pipe(ends, 0), -EMFILE);
    expect("pipe2_has_given_it_back", duplicate(0), last);
    sys_close(last);
    sys_close(last - 1);
    expect("pipe2_with_two_descriptors", sys_pipe(ends, 0), 0);
    for (fd = 3; fd <= last; fd++) {
        sys_close(fd);
    }
}

/* What a pipe is known by is no other's soon after, and tells nothing of where it lies. */
static void try_pipe_numbers(void)
{
    struct abi_stat first = { 0 }, second = { 0 };
    int32_t ends[2];

    sys_pipe(ends, 0);
    raw_syscall2(SYS_fstat, (uint64_t)ends[0], ADDRESS(&first));
    raw_syscall2(SYS_fstat, (uint64_t)ends[1], ADDRESS(&second));
    expect_true("pipe2_both_ends_are_one", first.inode == second.inode && first.device == second.device);
    sys_close_pipe(ends);
    sys_pipe(ends, 0);
    raw_syscall2(SYS_fstat, (uint64_t)ends[0], ADDRESS(&second));
    expect_true("c21_a_pipes_number_is_not_its_address", first.inode != second.inode);
    sys_close_pipe(ends);
}

void try_descriptors(void)
{
    try_dup();
    try_dup3();
    try_fcntl_flags();
    try_fcntl_dup();
    try_pipe_ends();
    try_pipe_flags();
    try_pipe_without_room();
    try_pipe_numbers();
}
