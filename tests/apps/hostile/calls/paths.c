/* Paths: what a name leads to, and the current folder. */
#include <string.h>

#include "calls.h"

#define LINK "/lib/link" /* to libc, made by the test */

static int64_t stat_at(int64_t fd, const char *path, struct abi_stat *stat, uint64_t flags)
{
    return raw_syscall4(SYS_newfstatat, (uint64_t)fd, ADDRESS(path), ADDRESS(stat), flags);
}

static int64_t may(int64_t fd, const char *path, uint64_t mode)
{
    return raw_syscall3(SYS_faccessat, (uint64_t)fd, ADDRESS(path), mode);
}

static int64_t read_link(const char *path, char *to, uint64_t capacity)
{
    return raw_syscall4(SYS_readlinkat, (uint64_t)ABI_AT_FDCWD, ADDRESS(path), ADDRESS(to), capacity);
}

static int64_t go_to(const char *path)
{
    return raw_syscall1(SYS_chdir, ADDRESS(path));
}

static bool has_zero_padding(const struct abi_stat *stat)
{
    return stat->pad1 == 0 && stat->pad2 == 0 && stat->unused[0] == 0 && stat->unused[1] == 0;
}

static void try_fstat(void)
{
    int64_t fd = sys_open("/bin/true", 0), null = sys_open("/dev/null", 0), devices = sys_open("/dev", 0);
    struct abi_stat stat;

    memset(&stat, 0xaa, sizeof(stat));
    expect("fstat_a_file", raw_syscall2(SYS_fstat, (uint64_t)fd, ADDRESS(&stat)), 0);
    expect("fstat_kind", stat.mode & ABI_S_IFMT, ABI_S_IFREG);
    expect("fstat_size", stat.size_bytes, sys_seek(fd, 0, ABI_SEEK_END));
    expect_true("c21_fstat_padding_is_zero", has_zero_padding(&stat));
    memset(&stat, 0xaa, sizeof(stat));
    expect("fstat_the_console", raw_syscall2(SYS_fstat, 0, ADDRESS(&stat)), 0);
    expect("fstat_console_kind", stat.mode & ABI_S_IFMT, ABI_S_IFCHR);
    expect_true("c21_fstat_of_the_console_padding_is_zero", has_zero_padding(&stat));
    expect("fstat_null", raw_syscall2(SYS_fstat, (uint64_t)null, ADDRESS(&stat)), 0);
    expect("fstat_null_is_1_3", (int64_t)stat.special_device, 1 << 8 | 3);
    expect("fstat_a_folder_of_devices", raw_syscall2(SYS_fstat, (uint64_t)devices, ADDRESS(&stat)), 0);
    expect("fstat_folder_kind", stat.mode & ABI_S_IFMT, ABI_S_IFDIR);
    expect("fstat_nothing", raw_syscall2(SYS_fstat, 99, ADDRESS(&stat)), -EBADF);
    expect("fstat_minus_1", raw_syscall2(SYS_fstat, UINT64_MAX, ADDRESS(&stat)), -EBADF);
    sys_close(fd);
    sys_close(null);
    sys_close(devices);
}

static void try_newfstatat(void)
{
    int64_t fd = sys_open("/bin/true", 0), folder = sys_open("/bin", 0);
    struct abi_stat stat, other;

    raw_syscall2(SYS_fstat, (uint64_t)fd, ADDRESS(&other));
    memset(&stat, 0xaa, sizeof(stat));
    expect("newfstatat_a_path", stat_at(ABI_AT_FDCWD, "/bin/true", &stat, 0), 0);
    expect_true("newfstatat_is_fstat", memcmp(&stat, &other, sizeof(stat)) == 0);
    expect_true("c21_newfstatat_padding_is_zero", has_zero_padding(&stat));
    expect("newfstatat_from_a_folder", stat_at(folder, "true", &stat, 0), 0);
    expect_true("newfstatat_is_the_same_file", stat.inode == other.inode);
    expect("newfstatat_of_the_descriptor", stat_at(fd, "", &stat, ABI_AT_EMPTY_PATH), 0);
    expect_true("newfstatat_is_that_file", stat.inode == other.inode);
    expect("newfstatat_of_the_current_folder", stat_at(ABI_AT_FDCWD, "", &stat, ABI_AT_EMPTY_PATH), 0);
    expect("newfstatat_a_link", stat_at(ABI_AT_FDCWD, LINK, &stat, ABI_AT_SYMLINK_NOFOLLOW), 0);
    expect("newfstatat_a_link_is_one", stat.mode & ABI_S_IFMT, ABI_S_IFLNK);
    expect("newfstatat_through_a_link", stat_at(ABI_AT_FDCWD, LINK, &stat, 0), 0);
    expect("newfstatat_through_a_link_is_a_file", stat.mode & ABI_S_IFMT, ABI_S_IFREG);
    expect("newfstatat_an_absolute_path_needs_no_folder", stat_at(99, "/bin", &stat, 0), 0);
    expect("newfstatat_empty", stat_at(ABI_AT_FDCWD, "", &stat, 0), -ENOENT);
    expect("newfstatat_missing", stat_at(ABI_AT_FDCWD, "/none", &stat, 0), -ENOENT);
    expect("newfstatat_through_a_file", stat_at(ABI_AT_FDCWD, "/bin/true/x", &stat, 0), -ENOTDIR);
    expect("newfstatat_from_a_file", stat_at(fd, "x", &stat, 0), -ENOTDIR);
    expect("newfstatat_from_nothing", stat_at(99, "bin", &stat, 0), -EBADF);
    expect("newfstatat_empty_of_nothing", stat_at(99, "", &stat, ABI_AT_EMPTY_PATH), -EBADF);
    expect("newfstatat_unknown_flag", stat_at(ABI_AT_FDCWD, "/bin", &stat, 1), -EINVAL);
    sys_close(fd);
    sys_close(folder);
}

static void try_faccessat(void)
{
    static char path[300];
    int64_t fd = sys_open("/bin/true", 0), folder = sys_open("/bin", 0);

    expect("faccessat_is_there", may(ABI_AT_FDCWD, "/bin/true", ABI_F_OK), 0);
    expect("faccessat_read_and_execute", may(ABI_AT_FDCWD, "/bin/true", ABI_R_OK | ABI_X_OK), 0);
    expect("faccessat_write", may(ABI_AT_FDCWD, "/bin/true", ABI_W_OK), -EROFS);
    expect("faccessat_write_a_folder", may(ABI_AT_FDCWD, "/bin", ABI_W_OK), -EROFS);
    expect("faccessat_write_a_device", may(ABI_AT_FDCWD, "/dev/null", ABI_R_OK | ABI_W_OK), 0);
    expect("faccessat_execute_a_device", may(ABI_AT_FDCWD, "/dev/null", ABI_X_OK), -EACCES);
    expect("faccessat_from_a_folder", may(folder, "true", ABI_F_OK), 0);
    expect("faccessat_from_a_file", may(fd, "true", ABI_F_OK), -ENOTDIR);
    expect("faccessat_from_nothing", may(99, "true", ABI_F_OK), -EBADF);
    expect("faccessat_unknown_mode", may(ABI_AT_FDCWD, "/bin/true", 8), -EINVAL);
    expect("faccessat_mode_minus_1", may(ABI_AT_FDCWD, "/bin/true", UINT64_MAX), -EINVAL);
    expect("faccessat_missing", may(ABI_AT_FDCWD, "/none", ABI_F_OK), -ENOENT);
    expect("faccessat_empty", may(ABI_AT_FDCWD, "", ABI_F_OK), -ENOENT);
    expect("faccessat_through_a_file", may(ABI_AT_FDCWD, "/bin/true/.", ABI_F_OK), -ENOTDIR);
    memset(path, 'x', sizeof(path) - 1);
    expect("faccessat_long", may(ABI_AT_FDCWD, path, ABI_F_OK), -ENAMETOOLONG);
    sys_close(fd);
    sys_close(folder);
}

static void try_readlinkat(void)
{
    char text[16] = "aaaaaaaa";

    expect("readlinkat", read_link(LINK, text, sizeof(text)), 4);
    expect_true("readlinkat_writes_no_end", memcmp(text, "libcaaaa", 8) == 0);
    memcpy(text, "aaaa", 4);
    expect("readlinkat_cut", read_link(LINK, text, 2), 2);
    expect_true("readlinkat_writes_no_more", memcmp(text, "liaaaaaa", 8) == 0);
    expect("readlinkat_no_room", read_link(LINK, text, 0), -EINVAL);
    expect("readlinkat_room_of_minus_1", read_link(LINK, text, UINT64_MAX), -EINVAL);
    expect("readlinkat_a_file", read_link("/lib/libc", text, sizeof(text)), -EINVAL);
    expect("readlinkat_a_folder", read_link("/lib", text, sizeof(text)), -EINVAL);
    expect("readlinkat_missing", read_link("/lib/none", text, sizeof(text)), -ENOENT);
    expect("readlinkat_empty", read_link("", text, sizeof(text)), -ENOENT);
    expect("readlinkat_with_a_slash_behind_it", read_link(LINK "/", text, sizeof(text)), -ENOTDIR);
    expect("readlinkat_from_nothing", raw_syscall4(SYS_readlinkat, 99, ADDRESS("link"), ADDRESS(text), sizeof(text)),
           -EBADF);
}

static void try_current_folder(void)
{
    char path[16] = "";

    expect("chdir", go_to("/bin"), 0);
    expect("getcwd", raw_syscall2(SYS_getcwd, ADDRESS(path), sizeof(path)), 5);
    expect_true("getcwd_tells_it", strcmp(path, "/bin") == 0);
    expect("chdir_a_relative_path_starts_there", sys_close(sys_open("true", 0)), 0);
    expect("chdir_missing", go_to("/none"), -ENOENT);
    expect("chdir_empty", go_to(""), -ENOENT);
    expect("chdir_a_file", go_to("true"), -ENOTDIR);
    expect("chdir_through_a_file", go_to("true/.."), -ENOTDIR);
    expect("chdir_a_device", go_to("/dev/null"), -ENOTDIR);
    raw_syscall2(SYS_getcwd, ADDRESS(path), sizeof(path));
    expect_true("chdir_that_fails_changes_nothing", strcmp(path, "/bin") == 0);
    expect("getcwd_exact_room", raw_syscall2(SYS_getcwd, ADDRESS(path), 5), 5);
    expect("getcwd_too_little_room", raw_syscall2(SYS_getcwd, ADDRESS(path), 4), -ERANGE);
    expect("getcwd_no_room", raw_syscall2(SYS_getcwd, ADDRESS(path), 0), -ERANGE);
    expect("chdir_up", go_to(".."), 0);
    expect("getcwd_of_the_root", raw_syscall2(SYS_getcwd, ADDRESS(path), sizeof(path)), 2);
    expect_true("getcwd_tells_the_root", strcmp(path, "/") == 0);
}

void try_paths(void)
{
    try_fstat();
    try_newfstatat();
    try_faccessat();
    try_readlinkat();
    try_current_folder();
}
