/* Tasks: starting, ending, waiting, signalling each other. */
#include <string.h>

#include "calls.h"

static const char *const true_arguments[] = { "true", NULL };
static const char *const sleeper[] = { "min", "w", NULL };

static int64_t spawn_with(struct abi_spawn call)
{
    return raw_syscall1(SYS_spawn, ADDRESS(&call));
}

static void try_ends(void)
{
    char pid[16];

    snprintf(pid, sizeof(pid), "%lld", (long long)sys_pid());
    expect("exit_status", status_of_self("exit", "7"), 7 << 8);
    expect("exit_status_is_cut", status_of_self("exit", "771"), 3 << 8);
    expect("exit_group_status", status_of_self("exit_group", "200"), 200 << 8);
    expect("getppid_is_the_parents_getpid", status_of_self("parent", pid), 0);
    expect_true("getpid_of_no_other", sys_pid() > 2);
    expect("gettid_is_the_pid", raw_syscall0(SYS_gettid), sys_pid());
    expect("set_tid_address_gives_it", raw_syscall1(SYS_set_tid_address, ADDRESS(pid)), sys_pid());
    expect("set_tid_address_nowhere", raw_syscall1(SYS_set_tid_address, SUPERVISOR_START), sys_pid());
    expect("sched_yield", raw_syscall0(SYS_sched_yield), 0);
}

static void try_kill(void)
{
    uint64_t self = (uint64_t)sys_pid();

    expect("kill_nobody", sys_kill(NOBODY, ABI_SIGKILL), -ESRCH);
    expect("kill_the_own_group_with_0", sys_kill(0, 0), 0);
    expect("kill_everybody_with_0", sys_kill(-1, 0), 0);
    expect("kill_no_group", sys_kill(-NOBODY, ABI_SIGKILL), -ESRCH);
    expect("kill_no_group_with_0", sys_kill(-NOBODY, 0), -ESRCH);
    expect("kill_lowest_pid", sys_kill(INT32_MIN, ABI_SIGKILL), -ESRCH);
    expect("kill_init", sys_kill(1, ABI_SIGKILL), -EPERM);
    expect("kill_init_politely", sys_kill(1, ABI_SIGTERM), -EPERM);
    expect("kill_init_with_0", sys_kill(1, 0), 0);
    expect("kill_with_0", sys_kill((int64_t)self, 0), 0);
    expect("kill_with_65", sys_kill((int64_t)self, 65), -EINVAL);
    expect("kill_with_minus_1", sys_kill((int64_t)self, UINT64_MAX), -EINVAL);
    expect("kill_to_stop", sys_kill((int64_t)self, ABI_SIGSTOP), -EINVAL);
    expect("kill_only_looks_at_32_bits", sys_kill((int64_t)(self | 1ull << 32), 0), 0);
}

static void try_thread_kill(void)
{
    uint64_t self = (uint64_t)sys_pid();
    int64_t pid;

    expect("tkill_with_0", raw_syscall2(SYS_tkill, self, 0), 0);
    expect("tkill_nobody", raw_syscall2(SYS_tkill, NOBODY, 0), -ESRCH);
    expect("tkill_pid_0", raw_syscall2(SYS_tkill, 0, 0), -EINVAL);
    expect("tkill_pid_minus_1", raw_syscall2(SYS_tkill, UINT64_MAX, 0), -EINVAL);
    expect("tkill_with_65", raw_syscall2(SYS_tkill, self, 65), -EINVAL);
    expect("tkill_init", raw_syscall2(SYS_tkill, 1, ABI_SIGKILL), -EPERM);
    expect("tgkill_with_0", raw_syscall3(SYS_tgkill, self, self, 0), 0);
    expect("tgkill_in_another_group", raw_syscall3(SYS_tgkill, self, 1, 0), -ESRCH);
    expect("tgkill_of_group_0", raw_syscall3(SYS_tgkill, 0, self, 0), -EINVAL);
    expect("tgkill_pid_0", raw_syscall3(SYS_tgkill, self, 0, 0), -EINVAL);
    expect("tgkill_with_65", raw_syscall3(SYS_tgkill, self, self, 65), -EINVAL);
    expect("tgkill_only_looks_at_32_bits", raw_syscall3(SYS_tgkill, self | 1ull << 32, self, 0), 0);
    pid = sys_spawn("/bin/min", sleeper);
    expect("tgkill_a_sleeper", raw_syscall3(SYS_tgkill, (uint64_t)pid, (uint64_t)pid, ABI_SIGTERM), 0);
    expect("tgkill_a_sleepers_status", sys_wait(pid), ABI_SIGTERM);
}

static void try_wait4(void)
{
    struct abi_rusage usage;

    expect("wait4_no_child", raw_syscall4(SYS_wait4, (uint64_t)-1, 0, 0, 0), -ECHILD);
    expect("wait4_of_no_child", raw_syscall4(SYS_wait4, 1, 0, 0, 0), -ECHILD);
    expect("wait4_of_no_group", raw_syscall4(SYS_wait4, (uint64_t)-NOBODY, 0, 0, 0), -ECHILD);
    expect("wait4_lowest_pid", raw_syscall4(SYS_wait4, (uint64_t)INT32_MIN, 0, 0, 0), -ESRCH);
    expect("wait4_unknown_option", raw_syscall4(SYS_wait4, (uint64_t)-1, 0, 1ull << 20, 0), -EINVAL);

    int64_t pid = sys_spawn("/bin/min", sleeper);

    expect("wait4_it_still_runs", raw_syscall4(SYS_wait4, (uint64_t)pid, 0, ABI_WNOHANG, 0), 0);
    expect("wait4_the_group_still_runs", raw_syscall4(SYS_wait4, 0, 0, ABI_WNOHANG | ABI_WUNTRACED, 0), 0);
    expect("kill_a_sleeper", sys_kill(pid, ABI_SIGTERM), 0);
    expect("kill_one_that_has_ended", sys_kill(pid, ABI_SIGKILL), 0);
    memset(&usage, 0xaa, sizeof(usage));
    expect("wait4_with_usage", raw_syscall4(SYS_wait4, (uint64_t)pid, 0, 0, ADDRESS(&usage)), pid);
    expect_true("wait4_usage_is_small", usage.user.seconds == 0 && usage.user.microseconds < 1000000);
    expect_true("c21_wait4_usage_has_no_leftovers", usage.others[0] == 0 && usage.others[13] == 0);
    expect("wait4_twice", sys_wait(pid), -ECHILD);
    expect("kill_one_that_is_forgotten", sys_kill(pid, ABI_SIGKILL), -ESRCH);
    pid = sys_spawn("/bin/min", sleeper);
    raw_syscall2(SYS_setpgid, (uint64_t)pid, 0);
    expect("wait4_another_group_than_ours", raw_syscall4(SYS_wait4, 0, 0, ABI_WNOHANG, 0), -ECHILD);
    sys_kill(-pid, ABI_SIGKILL);
    expect("wait4_a_group", sys_wait(-pid), ABI_SIGKILL);
}

static void try_spawn_descriptors(void)
{
    static const int32_t none[] = { -1, -1, -1 }, wrong[] = { 0, 1, 99 }, negative[] = { 0, -2 };
    struct abi_spawn call = { .path = ADDRESS("/bin/true"), .argv = ADDRESS(true_arguments), .fd_count = 3 };

    expect("spawn_descriptors_nowhere", spawn_with(call), -EINVAL);
    call.fds = ADDRESS(wrong);
    expect("spawn_with_a_closed_descriptor", spawn_with(call), -EBADF);
    call.fds = ADDRESS(negative);
    call.fd_count = 2;
    expect("spawn_with_a_negative_descriptor", spawn_with(call), -EBADF);
    call.fd_count = 257;
    expect("spawn_with_257_descriptors", spawn_with(call), -EMFILE);
    call.fd_count = UINT32_MAX;
    expect("spawn_with_too_many_descriptors", spawn_with(call), -EMFILE);
    call.fds = ADDRESS(none);
    call.fd_count = 3;
    expect("spawn_with_all_closed", sys_wait(spawn_with(call)), 0);
}

static void try_spawn_attributes(void)
{
    struct abi_spawn call = { .path = ADDRESS("/bin/min"), .argv = ADDRESS(sleeper) };
    struct abi_spawn other = call;

    other.flags = 32;
    expect("spawn_unknown_flags", spawn_with(other), -EINVAL);
    other.flags = 0;
    other.reserved = 1;
    expect("spawn_reserved", spawn_with(other), -EINVAL);
    other = call;
    other.flags = ABI_SPAWN_GROUP;
    other.group = -1;
    expect("spawn_into_a_negative_group", spawn_with(other), -EINVAL);
    other.group = NOBODY;
    expect("spawn_into_no_group", spawn_with(other), -EPERM);
    other.group = 0;
    int64_t pid = spawn_with(other);

    expect("spawn_into_its_own_group", raw_syscall1(SYS_getpgid, (uint64_t)pid), pid);
    other.group = (int32_t)pid;
    int64_t second = spawn_with(other);

    expect("spawn_into_that_group", raw_syscall1(SYS_getpgid, (uint64_t)second), pid);
    other.flags |= ABI_SPAWN_SIGNAL_MASK;
    other.signal_mask = UINT64_MAX;
    int64_t deaf = spawn_with(other);

    expect("spawn_with_all_blocked", sys_kill(deaf, ABI_SIGTERM), 0);
    expect("spawn_with_all_blocked_lives", raw_syscall4(SYS_wait4, (uint64_t)deaf, 0, ABI_WNOHANG, 0), 0);
    other.flags = ABI_SPAWN_GROUP | ABI_SPAWN_SIGNAL_DEFAULT | ABI_SPAWN_SIGNAL_IGNORE;
    other.signal_default = UINT64_MAX;
    other.signal_ignore = UINT64_MAX;
    int64_t ignorant = spawn_with(other);

    expect("spawn_with_all_ignored", sys_kill(ignorant, ABI_SIGTERM), 0);
    expect("spawn_with_all_ignored_lives", raw_syscall4(SYS_wait4, (uint64_t)ignorant, 0, ABI_WNOHANG, 0), 0);
    expect("spawn_kill_the_group", sys_kill(-pid, ABI_SIGKILL), 0);
    expect("spawn_first_of_the_group", sys_wait(pid), ABI_SIGKILL);
    expect("spawn_second_of_the_group", sys_wait(second), ABI_SIGKILL);
    expect("spawn_nothing_blocks_a_kill", sys_wait(deaf), ABI_SIGKILL);
    expect("spawn_nothing_ignores_a_kill", sys_wait(ignorant), ABI_SIGKILL);
}

static void try_spawn(void)
{
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
    other.path = ADDRESS("/dev/null");
    expect("spawn_a_device", spawn_with(other), -EACCES);
    other.path = ADDRESS("/lib/libc");
    expect("spawn_a_library", spawn_with(other), -ENOEXEC);
    other.path = ADDRESS("/lib/link");
    expect("spawn_a_library_through_a_link", spawn_with(other), -ENOEXEC);
    other = call;
    other.argv = ADDRESS(empty);
    expect_true("spawn_without_any_argument", sys_wait(spawn_with(other)) >= 0);
}

static int64_t execute(const char *path, const char *const arguments[])
{
    return raw_syscall3(SYS_execve, ADDRESS(path), ADDRESS(arguments), 0);
}

static void try_execve(void)
{
    static char path[4200];

    expect("execve_a_program", status_of_self("execve", "9"), 9 << 8);
    expect("execve_missing", execute("/bin/none", true_arguments), -ENOENT);
    expect("execve_nameless", execute("", true_arguments), -ENOENT);
    expect("execve_a_directory", execute("/bin", true_arguments), -EACCES);
    expect("execve_through_a_file", execute("/bin/true/x", true_arguments), -ENOTDIR);
    expect("execve_a_device", execute("/dev/null", true_arguments), -EACCES);
    expect("execve_a_library", execute("/lib/libc", true_arguments), -ENOEXEC);
    memset(path, '/', sizeof(path) - 1);
    expect("execve_a_long_path", execute(path, true_arguments), -ENAMETOOLONG);
}

void try_tasks(void)
{
    try_ends();
    try_kill();
    try_thread_kill();
    try_wait4();
    try_spawn();
    try_spawn_descriptors();
    try_spawn_attributes();
    try_execve();
}
