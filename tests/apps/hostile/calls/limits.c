/* Who one is, groups, limits, harts. */
#include <string.h>

#include "calls.h"

static const char *const sleeper[] = { "min", "w", NULL };

static int64_t set_group(int64_t pid, int64_t group)
{
    return raw_syscall2(SYS_setpgid, (uint64_t)pid, (uint64_t)group);
}

static int64_t group_of(int64_t pid)
{
    return raw_syscall1(SYS_getpgid, (uint64_t)pid);
}

static void try_groups(void)
{
    int64_t self = sys_pid(), group = group_of(0), child = sys_spawn("/bin/min", sleeper);

    expect("getpgid_of_oneself", group_of(self), group);
    expect("getpgid_is_inherited", group_of(child), group);
    expect("getpgid_of_init", group_of(1), 1);
    expect("getpgid_nobody", group_of(NOBODY), -ESRCH);
    expect("getpgid_minus_1", group_of(-1), -ESRCH);
    expect("setpgid_a_child_alone", set_group(child, 0), 0);
    expect("setpgid_has_made_a_group", group_of(child), child);
    expect("setpgid_to_where_it_is", set_group(child, child), 0);
    expect("setpgid_into_ours", set_group(child, group), 0);
    expect("setpgid_into_no_group", set_group(child, NOBODY), -EPERM);
    expect("setpgid_negative", set_group(child, -1), -EINVAL);
    expect("setpgid_of_no_child", set_group(1, 0), -ESRCH);
    expect("setpgid_of_nobody", set_group(NOBODY, 0), -ESRCH);
    expect("setpgid_of_minus_1", set_group(-1, 0), -EINVAL);
    expect("setpgid_that_fails_changes_nothing", group_of(child), group);
    sys_kill(child, ABI_SIGKILL);
    expect("setpgid_of_one_that_has_ended", set_group(child, 0), -ESRCH);
    sys_wait(child);
}

static void try_users(void)
{
    expect("getuid_is_0", raw_syscall0(SYS_getuid), 0);
    expect("geteuid_is_0", raw_syscall0(SYS_geteuid), 0);
    expect("getgid_is_0", raw_syscall0(SYS_getgid), 0);
    expect("getegid_is_0", raw_syscall0(SYS_getegid), 0);
}

static int64_t harts(int64_t pid, uint64_t size, void *to)
{
    return raw_syscall3(SYS_sched_getaffinity, (uint64_t)pid, size, ADDRESS(to));
}

static void try_harts(void)
{
    uint64_t mask[3] = { 7, 7, 7 };

    expect("sched_getaffinity", harts(0, sizeof(mask[0]), mask), 8);
    expect_true("sched_getaffinity_harts_from_0_on", mask[0] != 0 && (mask[0] & (mask[0] + 1)) == 0);
    expect("sched_getaffinity_with_more_room", harts(1, 2 * sizeof(mask[0]), mask), 8);
    expect_true("sched_getaffinity_writes_what_it_says", mask[1] == 7 && mask[2] == 7);
    expect("sched_getaffinity_no_room", harts(0, 0, mask), -EINVAL);
    expect("sched_getaffinity_7_bytes", harts(0, 7, mask), -EINVAL);
    expect("sched_getaffinity_12_bytes", harts(0, 12, mask), -EINVAL);
    expect("sched_getaffinity_nobody", harts(NOBODY, 8, mask), -ESRCH);
    expect("sched_getaffinity_minus_1", harts(-1, 8, mask), -ESRCH);
}

static int64_t limit(int64_t pid, uint64_t resource, const struct abi_rlimit *from, struct abi_rlimit *old)
{
    return raw_syscall4(SYS_prlimit64, (uint64_t)pid, resource, ADDRESS(from), ADDRESS(old));
}

int be_limited(uint64_t descriptors)
{
    struct abi_rlimit lower = { descriptors, descriptors }, higher = { descriptors + 1, descriptors + 1 };

    if (limit(0, ABI_RLIMIT_NOFILE, &lower, NULL) != 0 || limit(0, ABI_RLIMIT_NOFILE, &higher, NULL) != -EPERM) {
        return 1;
    }
    while (raw_syscall1(SYS_dup, 0) >= 0) {
    }
    return raw_syscall1(SYS_dup, 0) != -EMFILE || raw_syscall3(SYS_dup3, 0, descriptors, 0) != -EBADF;
}

static void try_prlimit_lower(void)
{
    struct abi_rlimit one = { 1, 1 };

    expect("prlimit64_lowers_files", status_of_self("limited", "8"), 0);
    expect("prlimit64_of_a_group_that_others_lead", limit(0, ABI_RLIMIT_NPROC, &one, NULL), -EPERM);
    expect("prlimit64_lowers_no_other_task", limit(1, ABI_RLIMIT_NOFILE, &one, NULL), -EPERM);
    expect("prlimit64_of_inits_memory", limit(1, ABI_RLIMIT_RSS, &one, NULL), -EPERM);
}

static void try_prlimit(void)
{
    struct abi_rlimit stack = { 1, 1 }, files = { 1, 1 }, other;

    expect("prlimit64_stack", limit(0, ABI_RLIMIT_STACK, NULL, &stack), 0);
    expect("prlimit64_stack_is_8_mib", (int64_t)stack.current, 8 << 20);
    expect("prlimit64_files", limit(sys_pid(), ABI_RLIMIT_NOFILE, NULL, &files), 0);
    expect("prlimit64_files_is_256", (int64_t)files.current, 256);
    expect("prlimit64_of_another", limit(1, 0, NULL, &other), 0);
    expect_true("prlimit64_no_limit", other.current == ABI_RLIM_INFINITY && other.maximum == ABI_RLIM_INFINITY);
    expect("prlimit64_nothing_asked", limit(0, 0, NULL, NULL), 0);
    expect("prlimit64_set_what_is", limit(0, ABI_RLIMIT_STACK, &stack, NULL), 0);
    other = stack;
    other.current /= 2;
    expect("prlimit64_set_another", limit(0, ABI_RLIMIT_STACK, &other, &files), -EPERM);
    expect_true("prlimit64_writes_nothing_then", files.current == 256);
    other.current = other.maximum + 1;
    expect("prlimit64_above_its_maximum", limit(0, ABI_RLIMIT_STACK, &other, NULL), -EINVAL);
    expect("prlimit64_unknown", limit(0, ABI_RLIMIT_COUNT, NULL, &other), -EINVAL);
    expect("prlimit64_minus_1", limit(0, UINT64_MAX, NULL, &other), -EINVAL);
    expect("prlimit64_nobody", limit(NOBODY, 0, NULL, &other), -ESRCH);
}

void try_limits(void)
{
    try_groups();
    try_users();
    try_harts();
    try_prlimit();
    try_prlimit_lower();
}
