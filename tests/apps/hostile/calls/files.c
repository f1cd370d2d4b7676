/* Files: opening, reading, writing, positions and folders. */
#include <string.h>

#include "calls.h"

static void try_openat(void)
{
    static char path[300];
    int64_t fd = sys_open("/bin/true", 0), directory = sys_open("/bin", ABI_O_DIRECTORY);

    expect_true("openat_a_file", fd >= 0);
    expect_true("openat_a_directory", directory >= 0);
    expect("openat_missing", sys_open("/bin/none", 0), -ENOENT);
    expect("openat_empty", sys_open("", 0), -ENOENT);
    expect("openat_through_a_file", sys_open("/bin/true/x", 0), -ENOTDIR);
    expect("openat_file_as_directory", sys_open("/bin/true", ABI_O_DIRECTORY), -ENOTDIR);
    expect("openat_directory_for_writing", sys_open("/bin", ABI_O_WRONLY), -EISDIR);
    expect("openat_for_writing", sys_open("/bin/true", ABI_O_WRONLY), -EROFS);
    expect("openat_create", sys_open("/bin/new", ABI_O_CREAT), -EROFS);
    expect("openat_create_exclusively", sys_open("/bin/true", ABI_O_CREAT | ABI_O_EXCL), -EEXIST);
    expect("openat_from_no_descriptor", raw_syscall4(SYS_openat, 200, ADDRESS("bin"), 0, 0), -EBADF);
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    expect("openat_long", sys_open(path, 0), -ENAMETOOLONG);
    path[250] = '\0';
    expect("openat_not_quite_as_long", sys_open(path, 0), -ENOENT);
    expect("close_a_file", sys_close(fd), 0);
    expect("close_twice", sys_close(fd), -EBADF);
    expect("close_never_opened", sys_close(255), -EBADF);
    expect("close_minus_1", sys_close(-1), -EBADF);
    expect("close_256", sys_close(256), -EBADF);
    expect("close_largest", sys_close(0x7fffffff), -EBADF);
    sys_close(directory);
}

static void try_all_descriptors(void)
{
    int64_t fd, last = -1;
    unsigned count = 0;

    while ((fd = sys_open("/bin/true", 0)) >= 0 && count < 10000) {
        last = fd;
        count++;
    }
    expect("openat_until_there_is_none", fd, -EMFILE);
    expect_true("openat_gives_many", count > 30);
    expect("openat_the_last_works", sys_seek(last, 0, ABI_SEEK_END) > 0, true);
    for (fd = 3; fd <= last; fd++) {
        sys_close(fd);
    }
    expect("openat_the_lowest_again", sys_open("/bin/true", 0), 3);
    sys_close(3);
}

static void try_read_and_write(void)
{
    char bytes[64], other[64];
    int64_t fd = sys_open("/bin/true", 0), directory = sys_open("/bin", 0);
    const struct abi_iovec parts[] = { { ADDRESS("o"), 1 }, { 0, 0 }, { ADDRESS("k writev_parts\n"), 15 } };

    expect("read_a_file", sys_read(fd, bytes, 64), 64);
    expect_true("read_its_start", memcmp(bytes, "\177ELF", 4) == 0);
    expect("read_moves_the_position", sys_seek(fd, 0, ABI_SEEK_CUR), 64);
    sys_seek(fd, 16, ABI_SEEK_SET);
    sys_read(fd, other, 16);
    expect_true("read_goes_where_lseek_says", memcmp(other, bytes + 16, 16) == 0);
    expect("read_nothing", sys_read(fd, NULL, 0), 0);
    sys_seek(fd, 0, ABI_SEEK_END);
    expect("read_at_the_end", sys_read(fd, bytes, 64), 0);
    sys_seek(fd, -10ull, ABI_SEEK_END);
    expect("read_across_the_end", sys_read(fd, bytes, 64), 10);
    expect("read_a_directory", sys_read(directory, bytes, 64), -EISDIR);
    expect("read_from_nothing", sys_read(99, bytes, 64), -EBADF);
    expect("write_to_nothing", sys_write(99, bytes, 1), -EBADF);
    expect("write_to_a_file", sys_write(fd, bytes, 1), -EBADF);
    expect("write_to_a_directory", sys_write(directory, bytes, 1), -EBADF);
    expect("write_nothing", sys_write(1, NULL, 0), 0);
    expect("write_a_line", sys_write(1, "ok write_itself\n", 16), 16);
    expect("writev_three_parts", raw_syscall3(SYS_writev, 1, ADDRESS(parts), 3), 16);
    expect("writev_no_part", raw_syscall3(SYS_writev, 1, 0, 0), 0);
    expect("writev_too_many", raw_syscall3(SYS_writev, 1, ADDRESS(parts), 1025), -EINVAL);
    expect("writev_minus_1", raw_syscall3(SYS_writev, 1, ADDRESS(parts), UINT64_MAX), -EINVAL);
    expect("writev_to_nothing", raw_syscall3(SYS_writev, 99, ADDRESS(parts), 3), -EBADF);
    expect("writev_no_part_to_nothing", raw_syscall3(SYS_writev, 99, 0, 0), -EBADF);
    sys_close(fd);
    sys_close(directory);
}

static void try_lseek(void)
{
    int64_t fd = sys_open("/bin/true", 0), end = sys_seek(fd, 0, ABI_SEEK_END);

    expect("lseek_set", sys_seek(fd, 5, ABI_SEEK_SET), 5);
    expect("lseek_current", sys_seek(fd, 3, ABI_SEEK_CUR), 8);
    expect("lseek_back", sys_seek(fd, -8ull, ABI_SEEK_CUR), 0);
    expect("lseek_behind_the_end", sys_seek(fd, 100, ABI_SEEK_END), end + 100);
    expect("lseek_before_the_start", sys_seek(fd, -1ull, ABI_SEEK_SET), -EINVAL);
    expect("lseek_unknown_whence", sys_seek(fd, 0, 99), -EINVAL);
    expect("lseek_the_console", sys_seek(0, 0, ABI_SEEK_SET), -ESPIPE);
    expect("lseek_nothing", sys_seek(99, 0, ABI_SEEK_SET), -EBADF);
    sys_close(fd);
}

static int64_t list(int64_t fd, void *to, uint64_t size)
{
    return raw_syscall3(SYS_getdents64, (uint64_t)fd, ADDRESS(to), size);
}

/* The bytes between a name's NUL and the next record are nobody's leftovers. */
static bool is_padded_with_zeros(const char *bytes, int64_t size)
{
    for (int64_t at = 0; at < size;) {
        uint16_t length;

        memcpy(&length, bytes + at + offsetof(struct abi_dirent64, record_bytes), sizeof(length));
        const char *end = memchr(bytes + at + ABI_DIRENT64_NAME_OFFSET, 0, length - ABI_DIRENT64_NAME_OFFSET);

        if (length == 0 || length % 8 != 0 || end == NULL) {
            return false;
        }
        for (; end < bytes + at + length; end++) {
            if (*end != '\0') {
                return false;
            }
        }
        at += length;
    }
    return true;
}

static void try_getdents64(void)
{
    static char bytes[4096];
    int64_t directory = sys_open("/bin", 0), file = sys_open("/bin/true", 0);

    expect("getdents64_no_room", list(directory, bytes, 8), -EINVAL);
    memset(bytes, 0xaa, sizeof(bytes));
    int64_t size = list(directory, bytes, sizeof(bytes));

    expect_true("getdents64_a_directory", size > 0);
    expect_true("c21_getdents64_padding_is_zero", is_padded_with_zeros(bytes, size));
    while (list(directory, bytes, sizeof(bytes)) > 0) {
    }
    expect("getdents64_at_the_end", list(directory, bytes, sizeof(bytes)), 0);
    expect("getdents64_a_file", list(file, bytes, sizeof(bytes)), -ENOTDIR);
    expect("getdents64_the_console", list(0, bytes, sizeof(bytes)), -ENOTDIR);
    expect("getdents64_nothing", list(99, bytes, sizeof(bytes)), -EBADF);
    sys_close(directory);
    sys_close(file);
}

static void try_readv(void)
{
    char first[4], second[8];
    int64_t fd = sys_open("/bin/true", 0), directory = sys_open("/bin", 0);
    const struct abi_iovec parts[] = { { ADDRESS(first), 4 }, { 0, 0 }, { ADDRESS(second), 8 } };
    const struct abi_iovec negative[] = { { ADDRESS(first), 1ull << 63 } };

    expect("readv_three_parts", raw_syscall3(SYS_readv, (uint64_t)fd, ADDRESS(parts), 3), 12);
    expect_true("readv_the_first_part", memcmp(first, "\177ELF", 4) == 0);
    expect_true("readv_the_last_part", second[0] == 2 && second[1] == 1);
    expect("readv_moves_the_position", sys_seek(fd, 0, ABI_SEEK_CUR), 12);
    sys_seek(fd, -6ull, ABI_SEEK_END);
    expect("readv_across_the_end", raw_syscall3(SYS_readv, (uint64_t)fd, ADDRESS(parts), 3), 6);
    expect("readv_at_the_end", raw_syscall3(SYS_readv, (uint64_t)fd, ADDRESS(parts), 3), 0);
    expect("readv_no_part", raw_syscall3(SYS_readv, (uint64_t)fd, 0, 0), 0);
    expect("readv_too_many", raw_syscall3(SYS_readv, (uint64_t)fd, ADDRESS(parts), 1025), -EINVAL);
    expect("readv_minus_1", raw_syscall3(SYS_readv, (uint64_t)fd, ADDRESS(parts), UINT64_MAX), -EINVAL);
    expect("readv_a_negative_size", raw_syscall3(SYS_readv, (uint64_t)fd, ADDRESS(negative), 1), -EINVAL);
    expect("readv_a_directory", raw_syscall3(SYS_readv, (uint64_t)directory, ADDRESS(parts), 3), -EISDIR);
    expect("readv_from_nothing", raw_syscall3(SYS_readv, 99, ADDRESS(parts), 3), -EBADF);
    sys_close(fd);
    sys_close(directory);
}

void try_files(void)
{
    try_openat();
    try_all_descriptors();
    try_read_and_write();
    try_readv();
    try_lseek();
    try_getdents64();
}
