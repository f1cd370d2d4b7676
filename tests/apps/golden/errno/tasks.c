/* Who a task is, its groups and limits; set_tid_address, sched_*. */
#include "golden.h"

static const struct row names[] = {
    ROW_OK(getpid, ""),
    ROW_OK(getppid, ""),
    ROW_OK(gettid, ""),
    ROW_OK(getuid, ""),
    ROW_OK(geteuid, ""),
    ROW_OK(getgid, ""),
    ROW_OK(getegid, ""),
    ROW_OK(getpid, "arguments of -1", MINUS(1), MINUS(1), MINUS(1), MINUS(1), MINUS(1), MINUS(1)),
    ROW_OK(set_tid_address, "null", 0),
    ROW_OK(set_tid_address, "the supervisor's", SUPERVISOR),
    ROW(sched_yield, ""),
    ROW(sched_yield, "arguments of -1", MINUS(1), MINUS(1)),
};

static const struct row groups[] = {
    ROW_OK(getpgid, "0", 0),
    ROW(getpgid, "-1", MINUS(1)),
    ROW(getpgid, "nobody", NOBODY),
    ROW(getpgid, "INT_MIN", 1ull << 31),
    ROW(setpgid, "0, 0", 0, 0),
    ROW(setpgid, "0, -1", 0, MINUS(1)),
    ROW(setpgid, "0, nobody", 0, NOBODY),
    ROW(setpgid, "0, INT_MIN", 0, 1ull << 31),
    ROW(setpgid, "-1, 0", MINUS(1), 0),
    ROW(setpgid, "nobody, 0", NOBODY, 0),
    ROW(setpgid, "nobody, -1", NOBODY, MINUS(1)),
    ROW(setpgid, "1, 0", 1, 0),
};

static const struct row harts[] = {
    ROW_OK(sched_getaffinity, "0, 128 bytes", 0, 128, GOOD),
    ROW_OK(sched_getaffinity, "0, 8 bytes", 0, 8, GOOD),
    ROW(sched_getaffinity, "0, nothing", 0, 0, GOOD),
    ROW(sched_getaffinity, "0, 4 bytes", 0, 4, GOOD),
    ROW(sched_getaffinity, "0, 12 bytes", 0, 12, GOOD),
    ROW(sched_getaffinity, "0, -1 bytes", 0, MINUS(1), GOOD),
    ROW(sched_getaffinity, "nobody, 8 bytes", NOBODY, 8, GOOD),
    ROW(sched_getaffinity, "-1, 8 bytes", MINUS(1), 8, GOOD),
    ROW(sched_getaffinity, "nobody, nothing", NOBODY, 0, GOOD),
};

static const struct row copies[] = {
    ROW(clone, "0", 0),
    ROW(clone, "SIGUSR1", ABI_SIGUSR1),
    ROW(clone, "SIGCHLD, CLONE_VM", ABI_SIGCHLD | ABI_CLONE_VM),
    ROW(clone, "SIGCHLD, CLONE_FILES", ABI_SIGCHLD | 0x400),
    ROW(clone, "SIGCHLD, CLONE_THREAD", ABI_SIGCHLD | 0x10000),
    ROW(clone, "-1", MINUS(1)),
};

static const struct row futexes[] = {
    ROW(futex, "wait, another value", GOOD, ABI_FUTEX_WAIT, 1),
    ROW(futex, "wait, another value, private", GOOD, ABI_FUTEX_WAIT | ABI_FUTEX_PRIVATE, 1),
    ROW(futex, "wait, until now", GOOD, ABI_FUTEX_WAIT, 0, AT(&(const struct abi_timespec){ 0, 0 })),
    ROW(futex, "wait, until a time that is over", GOOD, ABI_FUTEX_WAIT_BITSET, 0,
        AT(&(const struct abi_timespec){ 0, 1 }), 0, 1),
    ROW(futex, "wait, -1 seconds", GOOD, ABI_FUTEX_WAIT, 0, AT(&(const struct abi_timespec){ -1, 0 })),
    ROW(futex, "wait, 10^9 nanoseconds", GOOD, ABI_FUTEX_WAIT, 0, AT(&(const struct abi_timespec){ 0, 1000000000 })),
    ROW(futex, "wait, no bit", GOOD, ABI_FUTEX_WAIT_BITSET, 0, 0, 0, 0),
    ROW(futex, "wait, unaligned", GOOD + 2, ABI_FUTEX_WAIT, 1),
    ROW(futex, "wait, unmapped", UNMAPPED, ABI_FUTEX_WAIT, 1),
    ROW(futex, "wait, without access", NO_ACCESS, ABI_FUTEX_WAIT | ABI_FUTEX_PRIVATE, 1),
    ROW(futex, "wait, the supervisor's", SUPERVISOR, ABI_FUTEX_WAIT, 1),
    ROW(futex, "wake, nobody waits", GOOD, ABI_FUTEX_WAKE, 1),
    ROW(futex, "wake, no bit", GOOD, ABI_FUTEX_WAKE_BITSET, 1, 0, 0, 0),
    ROW(futex, "wake, unaligned", GOOD + 1, ABI_FUTEX_WAKE, 1),
    ROW(futex, "wake, unmapped", UNMAPPED, ABI_FUTEX_WAKE, 1),
    ROW(futex, "wake, unmapped, private", UNMAPPED, ABI_FUTEX_WAKE | ABI_FUTEX_PRIVATE, 1),
    ROW(futex, "requeue, nobody waits", GOOD, ABI_FUTEX_REQUEUE, 1, 1, GOOD + 4, 0),
    ROW(futex, "requeue, another value", GOOD, ABI_FUTEX_CMP_REQUEUE, 1, 1, GOOD + 4, 1),
    ROW(futex, "requeue, -1 waiters", GOOD, ABI_FUTEX_REQUEUE, 1, MINUS(1), GOOD + 4, 0),
    ROW(futex, "requeue, to unaligned", GOOD, ABI_FUTEX_REQUEUE, 1, 1, GOOD + 2, 0),
    ROW(futex, "operation 99", GOOD, 99, 1),
    ROW(futex, "wake, of the time of day", GOOD, ABI_FUTEX_WAKE | ABI_FUTEX_CLOCK_REALTIME, 1),
};

static void copy(const char *words, uint64_t flags, uint64_t told)
{
    int64_t pid = raw_syscall6(SYS_clone, ABI_SIGCHLD | flags, 0, told, 0, told, 0);

    if (pid == 0) {
        raw_syscall1(SYS_exit, 0);
    }
    print_result("clone", words, RESULT_OK, pid);
    raw_syscall4(SYS_wait4, (uint64_t)pid, 0, 0, 0);
}

#define LIMIT(...) AT(&(const struct abi_rlimit){ __VA_ARGS__ })

static const struct row limits[] = {
    ROW(prlimit64, "0, 0", 0, 0, 0, GOOD),
    ROW(prlimit64, "0, stack", 0, ABI_RLIMIT_STACK, 0, GOOD),
    ROW(prlimit64, "0, descriptors", 0, ABI_RLIMIT_NOFILE, 0, GOOD),
    ROW(prlimit64, "0, 15", 0, 15, 0, GOOD),
    ROW(prlimit64, "0, 16", 0, 16, 0, GOOD),
    ROW(prlimit64, "0, -1", 0, MINUS(1), 0, GOOD),
    ROW(prlimit64, "0, INT_MAX", 0, 0x7fffffff, 0, GOOD),
    ROW(prlimit64, "0, descriptors, nothing", 0, ABI_RLIMIT_NOFILE, 0, 0),
    ROW(prlimit64, "0, descriptors, as they are", 0, ABI_RLIMIT_NOFILE, LIMIT(DESCRIPTORS, DESCRIPTORS), 0),
    ROW(prlimit64, "0, descriptors, more now than ever", 0, ABI_RLIMIT_NOFILE, LIMIT(10, 5), 0),
    ROW(prlimit64, "0, descriptors, more than there are", 0, ABI_RLIMIT_NOFILE, LIMIT(DESCRIPTORS, 1u << 30), 0),
    ROW(prlimit64, "nobody, descriptors", NOBODY, ABI_RLIMIT_NOFILE, 0, GOOD),
    ROW(prlimit64, "-1, descriptors", MINUS(1), ABI_RLIMIT_NOFILE, 0, GOOD),
    ROW(prlimit64, "nobody, 16", NOBODY, 16, 0, GOOD),
};

static const struct pointer_row pointers[] = {
    POINTER(OUT, 2, sched_getaffinity, "0, 8 bytes, to", 0, 8),
    POINTER(FATAL, 2, prlimit64, "0, descriptors, new", 0, ABI_RLIMIT_NOFILE),
    POINTER(OUT, 3, prlimit64, "0, descriptors, old", 0, ABI_RLIMIT_NOFILE),
};

void try_tasks(void)
{
    RUN(names);
    RUN(groups);
    RUN(harts);
    RUN(limits);
    RUN_POINTERS(pointers);
    RUN(copies);
    copy("SIGCHLD", 0, 0);
    copy("SIGCHLD, CLONE_CHILD_SETTID to unmapped", ABI_CLONE_CHILD_SETTID, UNMAPPED);
    copy("SIGCHLD, CLONE_PARENT_SETTID to unmapped", ABI_CLONE_PARENT_SETTID, UNMAPPED);
    RUN(futexes);
}
