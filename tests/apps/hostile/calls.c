/*
 * calls: every system call of abi_syscall.h, with one success and the errors that its arguments can lead to. Bad
 * pointers are in pointers.c, sums that wrap in grids.c. `calls exit N`, `exit_group N` and `parent PID` are the
 * children that some cases start.
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

static const char *const true_arguments[] = { "true", NULL };

static int64_t spawn_with(struct abi_spawn call)
{
    return raw_syscall1(SYS_spawn, ADDRESS(&call));
}

static int64_t status_of_self(const char *what, const char *number)
{
    const char *const arguments[] = { "calls", what, number, NULL };

    return sys_wait(sys_spawn("/bin/calls", arguments));
}

static int64_t seek(int64_t fd, uint64_t offset, uint64_t whence)
{
    return raw_syscall3(SYS_lseek, (uint64_t)fd, offset, whence);
}

static int64_t read_some(int64_t fd, void *to, uint64_t size)
{
    return raw_syscall3(SYS_read, (uint64_t)fd, ADDRESS(to), size);
}

static int64_t write_some(int64_t fd, const void *from, uint64_t size)
{
    return raw_syscall3(SYS_write, (uint64_t)fd, ADDRESS(from), size);
}

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
    expect("openat_the_last_works", seek(last, 0, ABI_SEEK_END) > 0, true);
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

    expect("read_a_file", read_some(fd, bytes, 64), 64);
    expect_true("read_its_start", memcmp(bytes, "\177ELF", 4) == 0);
    expect("read_moves_the_position", seek(fd, 0, ABI_SEEK_CUR), 64);
    seek(fd, 16, ABI_SEEK_SET);
    read_some(fd, other, 16);
    expect_true("read_goes_where_lseek_says", memcmp(other, bytes + 16, 16) == 0);
    expect("read_nothing", read_some(fd, NULL, 0), 0);
    seek(fd, 0, ABI_SEEK_END);
    expect("read_at_the_end", read_some(fd, bytes, 64), 0);
    seek(fd, -10ull, ABI_SEEK_END);
    expect("read_across_the_end", read_some(fd, bytes, 64), 10);
    expect("read_a_directory", read_some(directory, bytes, 64), -EISDIR);
    expect("read_from_nothing", read_some(99, bytes, 64), -EBADF);
    expect("write_to_nothing", write_some(99, bytes, 1), -EBADF);
    expect("write_to_a_file", write_some(fd, bytes, 1), -EBADF);
    expect("write_to_a_directory", write_some(directory, bytes, 1), -EBADF);
    expect("write_nothing", write_some(1, NULL, 0), 0);
    expect("write_a_line", write_some(1, "ok write_itself\n", 16), 16);
    expect("writev_three_parts", raw_syscall3(SYS_writev, 1, ADDRESS(parts), 3), 16);
    expect("writev_no_part", raw_syscall3(SYS_writev, 1, 0, 0), 0);
    expect("writev_too_many", raw_syscall3(SYS_writev, 1, ADDRESS(parts), 1025), -EINVAL);
    expect("writev_minus_1", raw_syscall3(SYS_writev, 1, ADDRESS(parts), UINT64_MAX), -EINVAL);
    expect("writev_to_nothing", raw_syscall3(SYS_writev, 99, ADDRESS(parts), 3), -EBADF);
    expect("writev_no_part_to_nothing", raw_syscall3(SYS_writev, 99, 0, 0), -EBADF);
    sys_close(fd);
    sys_close(directory);
}

static void try_fstat(void)
{
    int64_t fd = sys_open("/bin/true", 0);
    struct abi_stat stat;

    memset(&stat, 0xaa, sizeof(stat));
    expect("fstat_a_file", raw_syscall2(SYS_fstat, (uint64_t)fd, ADDRESS(&stat)), 0);
    expect("fstat_kind", stat.mode & ABI_S_IFMT, ABI_S_IFREG);
    expect("fstat_size", stat.size_bytes, seek(fd, 0, ABI_SEEK_END));
    expect_true("c21_fstat_padding_is_zero",
                stat.pad1 == 0 && stat.pad2 == 0 && stat.unused[0] == 0 && stat.unused[1] == 0);
    expect("fstat_the_console", raw_syscall2(SYS_fstat, 0, ADDRESS(&stat)), 0);
    expect("fstat_console_kind", stat.mode & ABI_S_IFMT, ABI_S_IFCHR);
    expect("fstat_nothing", raw_syscall2(SYS_fstat, 99, ADDRESS(&stat)), -EBADF);
    sys_close(fd);
}

static void try_lseek(void)
{
    int64_t fd = sys_open("/bin/true", 0), end = seek(fd, 0, ABI_SEEK_END);

    expect("lseek_set", seek(fd, 5, ABI_SEEK_SET), 5);
    expect("lseek_current", seek(fd, 3, ABI_SEEK_CUR), 8);
    expect("lseek_back", seek(fd, -8ull, ABI_SEEK_CUR), 0);
    expect("lseek_behind_the_end", seek(fd, 100, ABI_SEEK_END), end + 100);
    expect("lseek_before_the_start", seek(fd, -1ull, ABI_SEEK_SET), -EINVAL);
    expect("lseek_unknown_whence", seek(fd, 0, 99), -EINVAL);
    expect("lseek_the_console", seek(0, 0, ABI_SEEK_SET), -ESPIPE);
    expect("lseek_nothing", seek(99, 0, ABI_SEEK_SET), -EBADF);
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

static void try_memory(void)
{
    const uint64_t anonymous = ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS;
    int64_t address = sys_map_fresh(3 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE), fd = sys_open("/bin/true", 0);
    volatile uint64_t *words = (uint64_t *)address;

    expect_true("mmap_is_zero", address > 0 && words[0] == 0 && words[3 * PAGE / 8 - 1] == 0);
    words[0] = 7;
    expect("mprotect_a_middle_page", sys_protect((uint64_t)address + PAGE, PAGE, ABI_PROT_READ), 0);
    expect("munmap_a_middle_page", sys_unmap((uint64_t)address + PAGE, PAGE), 0);
    expect_true("munmap_leaves_the_neighbours", words[0] == 7 && words[2 * PAGE / 8] == 0);
    expect("munmap_again", sys_unmap((uint64_t)address + PAGE, PAGE), 0);
    expect("mprotect_over_a_hole", sys_protect((uint64_t)address, 3 * PAGE, ABI_PROT_READ), -ENOMEM);
    expect("mmap_noreplace_over_one",
           sys_map((uint64_t)address, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
    expect("mmap_fixed_over_one", sys_map((uint64_t)address, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED, -1, 0),
           address);
    expect_true("mmap_fixed_is_zero_again", words[0] == 0);
    sys_unmap((uint64_t)address, 3 * PAGE);
    expect("mmap_of_nothing", sys_map_fresh(0, ABI_PROT_READ), -EINVAL);
    expect("mmap_unknown_protection", sys_map_fresh(PAGE, 8), -EINVAL);
    expect("mmap_unknown_flag", sys_map(0, PAGE, ABI_PROT_READ, anonymous | 1ull << 30, -1, 0), -EINVAL);
    expect("mmap_high_flag", sys_map(0, PAGE, ABI_PROT_READ, anonymous | 1ull << 40, -1, 0), -EINVAL);
    expect("mmap_neither_shared_nor_private", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_ANONYMOUS, -1, 0), -EINVAL);
    expect("mmap_odd_offset", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, fd, 8), -EINVAL);
    expect("mmap_odd_fixed_address", sys_map(0x90000008, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED, -1, 0),
           -EINVAL);
    expect("mmap_at_null", sys_map(0, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED, -1, 0) < 0, true);
    expect("mmap_no_file", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, 99, 0), -EBADF);
    expect("mmap_the_console", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, 0, 0), -ENODEV);
    address = sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, fd, 0);
    expect_true("mmap_a_file", address > 0 && memcmp((void *)address, "\177ELF", 4) == 0);
    sys_unmap((uint64_t)address, PAGE);
    expect("munmap_odd_address", sys_unmap(0x90000008, PAGE), -EINVAL);
    expect("munmap_nothing", sys_unmap(0x90000000, 0), -EINVAL);
    expect("mprotect_odd_address", sys_protect(0x90000008, PAGE, ABI_PROT_READ), -EINVAL);
    expect("mprotect_unknown_bits", sys_protect(0x90000000, PAGE, 0x100), -EINVAL);
    expect("mprotect_what_is_not_there", sys_protect(0x90000000, PAGE, ABI_PROT_READ), -ENOMEM);
    sys_close(fd);
}

static void try_brk(void)
{
    int64_t end = raw_syscall1(SYS_brk, 0);

    expect("brk_grows", raw_syscall1(SYS_brk, (uint64_t)end + 3 * PAGE), end + 3 * (int64_t)PAGE);
    *(volatile char *)(end + 2 * (int64_t)PAGE) = 1;
    expect("brk_shrinks", raw_syscall1(SYS_brk, (uint64_t)end), end);
    expect("brk_grows_again", raw_syscall1(SYS_brk, (uint64_t)end + 3 * PAGE), end + 3 * (int64_t)PAGE);
    expect_true("c21_brk_is_zero_again", *(volatile char *)(end + 2 * (int64_t)PAGE) == 0);
    expect("brk_below_the_start", raw_syscall1(SYS_brk, 0x10000), end + 3 * (int64_t)PAGE);
    raw_syscall1(SYS_brk, (uint64_t)end);
}

static void try_ends(void)
{
    char pid[16];

    snprintf(pid, sizeof(pid), "%lld", (long long)raw_syscall0(SYS_getpid));
    expect("exit_status", status_of_self("exit", "7"), 7 << 8);
    expect("exit_status_is_cut", status_of_self("exit", "771"), 3 << 8);
    expect("exit_group_status", status_of_self("exit_group", "200"), 200 << 8);
    expect("getppid_is_the_parents_getpid", status_of_self("parent", pid), 0);
    expect_true("getpid_of_no_other", raw_syscall0(SYS_getpid) > 2);
    expect("sched_yield", raw_syscall0(SYS_sched_yield), 0);
}

static void try_kill(void)
{
    uint64_t self = (uint64_t)raw_syscall0(SYS_getpid);

    expect("kill_nobody", sys_kill(0x3ffffffe, ABI_SIGKILL), -ESRCH);
    expect("kill_pid_0", sys_kill(0, ABI_SIGKILL), -ESRCH);
    expect("kill_a_group", sys_kill(-5, ABI_SIGKILL), -ESRCH);
    expect("kill_lowest_pid", sys_kill(INT32_MIN, ABI_SIGKILL), -ESRCH);
    expect("kill_init", sys_kill(1, ABI_SIGKILL), -EPERM);
    expect("kill_init_politely", sys_kill(1, ABI_SIGTERM), -EPERM);
    expect("kill_with_0", sys_kill((int64_t)self, 0), 0);
    expect("kill_with_65", sys_kill((int64_t)self, 65), -EINVAL);
    expect("kill_with_minus_1", sys_kill((int64_t)self, UINT64_MAX), -EINVAL);
}

static void try_time(void)
{
    struct abi_timespec span = { .nanoseconds = 1000000 };
    uint64_t before = sys_now();

    expect("nanosleep_a_millisecond", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), 0);
    expect_true("nanosleep_is_not_early", sys_now() - before >= 1000000);
    span = (struct abi_timespec){ 0 };
    expect("nanosleep_nothing", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), 0);
    span.seconds = -1;
    expect("nanosleep_negative_seconds", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), -EINVAL);
    span = (struct abi_timespec){ .nanoseconds = (int64_t)SECOND };
    expect("nanosleep_a_second_of_nanoseconds", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), -EINVAL);
    span.nanoseconds = INT64_MIN;
    expect("nanosleep_negative_nanoseconds", raw_syscall2(SYS_nanosleep, ADDRESS(&span), 0), -EINVAL);
    expect("clock_gettime_monotonic", raw_syscall2(SYS_clock_gettime, ABI_CLOCK_MONOTONIC, ADDRESS(&span)), 0);
    expect_true("clock_gettime_in_range", span.nanoseconds >= 0 && span.nanoseconds < (int64_t)SECOND);
    expect("clock_gettime_unknown", raw_syscall2(SYS_clock_gettime, 99, ADDRESS(&span)), -EINVAL);
    expect("clock_gettime_minus_1", raw_syscall2(SYS_clock_gettime, UINT64_MAX, ADDRESS(&span)), -EINVAL);
}

static void try_wait4(void)
{
    static const char *const sleeper[] = { "min", "w", NULL };

    expect("wait4_no_child", raw_syscall4(SYS_wait4, (uint64_t)-1, 0, 0, 0), -ECHILD);
    expect("wait4_of_no_child", raw_syscall4(SYS_wait4, 1, 0, 0, 0), -ECHILD);
    expect("wait4_unknown_option", raw_syscall4(SYS_wait4, (uint64_t)-1, 0, 1ull << 20, 0), -EINVAL);

    int64_t pid = sys_spawn("/bin/min", sleeper);

    expect("wait4_it_still_runs", raw_syscall4(SYS_wait4, (uint64_t)pid, 0, ABI_WNOHANG, 0), 0);
    expect("kill_a_sleeper", sys_kill(pid, ABI_SIGTERM), 0);
    expect("kill_one_that_has_ended", sys_kill(pid, ABI_SIGKILL), 0);
    expect("wait4_the_signal", sys_wait(pid), ABI_SIGTERM);
    expect("wait4_twice", sys_wait(pid), -ECHILD);
    expect("kill_one_that_is_forgotten", sys_kill(pid, ABI_SIGKILL), -ESRCH);
}

static void try_spawn(void)
{
    static const int32_t none[] = { -1, -1, -1 }, wrong[] = { 0, 1, 99 }, negative[] = { 0, -2 };
    static const char *const empty[] = { NULL };
    struct abi_spawn call = { .path = ADDRESS("/bin/true"), .argv = ADDRESS(true_arguments) };
    struct abi_spawn other = call;

    expect("spawn_a_program", sys_wait(spawn_with(call)), 0);
    other.path = ADDRESS("/bin/none");
    expect("spawn_missing", spawn_with(other), -ENOENT);
    other.path = ADDRESS("");
    expect("spawn_nameless", spawn_with(other), -ENOENT);
    other.path = ADDRESS("/bin");
    expect("spawn_a_directory", spawn_with(other), -EISDIR);
    other.path = ADDRESS("/bin/true/x");
    expect("spawn_through_a_file", spawn_with(other), -ENOTDIR);
    other.path = ADDRESS("/lib/libc");
    expect("spawn_a_library", spawn_with(other), -ENOEXEC);
    other = call;
    other.flags = 1;
    expect("spawn_unknown_flags", spawn_with(other), -EINVAL);
    other = call;
    other.fd_count = 3;
    expect("spawn_descriptors_nowhere", spawn_with(other), -EINVAL);
    other.fds = ADDRESS(wrong);
    expect("spawn_with_a_closed_descriptor", spawn_with(other), -EBADF);
    other.fds = ADDRESS(negative);
    other.fd_count = 2;
    expect("spawn_with_a_negative_descriptor", spawn_with(other), -EBADF);
    other.fd_count = UINT32_MAX;
    expect_true("spawn_with_too_many_descriptors", spawn_with(other) < 0);
    other.fds = ADDRESS(none);
    other.fd_count = 3;
    expect("spawn_with_all_closed", sys_wait(spawn_with(other)), 0);
    other = call;
    other.argv = ADDRESS(empty);
    expect_true("spawn_without_any_argument", sys_wait(spawn_with(other)) >= 0);
}

static int64_t load(struct abi_region_load call)
{
    struct abi_region_loaded loaded;

    return raw_syscall2(SYS_region_load, ADDRESS(&call), ADDRESS(&loaded));
}

static void try_regions(void)
{
    static struct abi_extent extents[ABI_CALL_EXTENTS_MAX + 1];
    struct abi_extent before = { .address = 1 };
    int32_t library = (int32_t)sys_open("/lib/libc", 0), program = (int32_t)sys_open("/bin/true", 0);
    int32_t directory = (int32_t)sys_open("/bin", 0);
    const uint32_t usual = ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST;

    expect("region_load_a_hit", load((struct abi_region_load){ .fd = library, .flags = usual }), 0);
    expect("region_load_no_file", load((struct abi_region_load){ .fd = 99, .flags = usual }), -EBADF);
    expect("region_load_minus_1", load((struct abi_region_load){ .fd = -1, .flags = usual }), -EBADF);
    expect_true("region_load_a_directory", load((struct abi_region_load){ .fd = directory, .flags = usual }) < 0);
    expect_true("region_load_the_console", load((struct abi_region_load){ .fd = 0, .flags = usual }) < 0);
    expect("region_load_a_program", load((struct abi_region_load){ .fd = program, .flags = usual }), -ENOEXEC);
    expect("region_load_unknown_flags", load((struct abi_region_load){ .fd = library, .flags = usual | 1u << 20 }),
           -EINVAL);
    expect("region_load_answers_as_requests",
           load((struct abi_region_load){ .fd = library, .flags = usual | ABI_REGION_PREVIOUSLY_LOADED }), -EINVAL);
    expect("region_load_reserved", load((struct abi_region_load){ .fd = library, .flags = usual, .reserved = 1 }),
           -EINVAL);
    expect("region_load_too_many_extents",
           load((struct abi_region_load){
               .fd = library, .flags = usual, .extents = ADDRESS(extents), .extent_count = COUNT(extents) }),
           -EINVAL);
    expect(
        "region_load_two_manifests",
        load((struct abi_region_load){ .fd = library, .flags = usual, .extents = ADDRESS(extents), .extent_count = 1 }),
        -EINVAL);
    expect("region_load_a_manifest_of_zeros",
           load((struct abi_region_load){
               .fd = library, .flags = ABI_REGION_ANY_BASE, .extents = ADDRESS(extents), .extent_count = 1 }),
           -EINVAL);
    expect("region_load_without_a_manifest",
           load((struct abi_region_load){ .fd = library, .flags = ABI_REGION_ANY_BASE }), -EINVAL);
    expect("region_load_at_a_wrong_base",
           load((struct abi_region_load){ .fd = library, .flags = ABI_REGION_IMAGE_MANIFEST, .base = 0x71000000 }),
           -EINVAL);
    expect_true("region_info_the_library",
                raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, ADDRESS(extents), COUNT(extents)) > 1);
    expect("region_info_with_its_own_manifest_it_is_a_hit",
           load((struct abi_region_load){
               .fd = library,
               .flags = ABI_REGION_ANY_BASE,
               .extents = ADDRESS(extents),
               .extent_count = (uint32_t)raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, ADDRESS(extents), 128) }),
           0);
    expect_true("region_info_no_room", raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, ADDRESS(&before), 0) > 1);
    expect("region_info_writes_no_more_than_there_is_room", (int64_t)before.address, 1);
    expect("region_info_nothing", raw_syscall3(SYS_region_info, 0x75000000, ADDRESS(extents), 1), -ENOENT);
    sys_close(library);
    sys_close(program);
    sys_close(directory);
}

static void try_own_calls(void)
{
    static struct abi_task_usage rows[32];
    struct abi_usage usage;
    int64_t count = raw_syscall3(SYS_usage, ADDRESS(&usage), ADDRESS(rows), COUNT(rows));

    expect_true("usage_counts_the_tasks", count >= 3 && rows[0].pid == 1);
    expect("usage_no_room", raw_syscall3(SYS_usage, ADDRESS(&usage), 0, 0), count);
    rows[1].pid = -1;
    raw_syscall3(SYS_usage, ADDRESS(&usage), ADDRESS(rows), 1);
    expect("usage_writes_no_more_than_there_is_room", rows[1].pid, -1);
    expect("bench_without_bench", raw_syscall2(SYS_bench, ABI_BENCH_BOOT, 0), -ENOSYS);
    expect("reboot_wrong_magic", raw_syscall4(SYS_reboot, 1, 2, ABI_REBOOT_POWER_OFF, 0), -EINVAL);
    expect("reboot_unknown_command", raw_syscall4(SYS_reboot, ABI_REBOOT_MAGIC1, ABI_REBOOT_MAGIC2, 5, 0), -EINVAL);
}

static void try_unknown(void)
{
    static const uint64_t numbers[] = { 0,      1,      55,      443,        511,        512,        1023,
                                        1024,   0x3fff, 0x4005,  0x4010,     0x40ff,     0x4100,     0x4fff,
                                        0x8000, 0xffff, 1 << 20, 1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX };
    char name[64];

    for (size_t i = 0; i < COUNT(numbers); i++) {
        snprintf(name, sizeof(name), "unknown_call_%#llx", (unsigned long long)numbers[i]);
        expect(name, raw_syscall0((enum abi_syscall)numbers[i]), -ENOSYS);
    }
    /* A known number with more bits above it is not that call. */
    register uint64_t a7 __asm__("a7") = 1ull << 32 | SYS_getpid;
    register int64_t a0 __asm__("a0") = 0;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    expect("unknown_call_with_high_bits", a0, -ENOSYS);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        uint64_t number = strtoul(argv[2], NULL, 10);

        if (strcmp(argv[1], "parent") == 0) {
            return raw_syscall0(SYS_getppid) != (int64_t)number;
        }
        raw_syscall1(strcmp(argv[1], "exit") == 0 ? SYS_exit : SYS_exit_group, number);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    try_openat();
    try_all_descriptors();
    try_read_and_write();
    try_fstat();
    try_lseek();
    try_getdents64();
    try_memory();
    try_brk();
    try_ends();
    try_kill();
    try_time();
    try_wait4();
    try_spawn();
    try_regions();
    try_own_calls();
    try_unknown();
    return 0;
}
