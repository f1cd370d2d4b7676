/* Copies of the caller, and words that they wait for. */
#include "calls.h"

#define SHARED (ABI_MAP_SHARED | ABI_MAP_ANONYMOUS)

static int64_t copy(uint64_t flags, uint64_t parent_tid_to, uint64_t child_tid_to)
{
    return raw_syscall6(SYS_clone, flags, 0, parent_tid_to, 0, child_tid_to, 0);
}

/* The wait4 status of a copy that ends at once. */
static int64_t status_of_copy(uint64_t flags, uint64_t tid_to)
{
    int64_t pid = copy(flags, tid_to, tid_to);

    if (pid == 0) {
        raw_syscall1(SYS_exit, 5);
    }
    return sys_wait(pid);
}

static void try_clone(void)
{
    int32_t tid = 0;

    expect("clone_a_copy", status_of_copy(ABI_SIGCHLD, 0), 5 << 8);
    expect("clone_that_is_waited_for", status_of_copy(ABI_SIGCHLD | ABI_CLONE_VFORK, 0), 5 << 8);
    expect("clone_tells_the_pid", status_of_copy(ABI_SIGCHLD | ABI_CLONE_PARENT_SETTID, ADDRESS(&tid)), 5 << 8);
    expect_true("clone_has_told_the_pid", tid > sys_pid());
    /* As on Linux nobody is told when the number has nowhere to go. */
    expect("clone_tells_the_supervisor",
           status_of_copy(ABI_SIGCHLD | ABI_CLONE_PARENT_SETTID | ABI_CLONE_CHILD_SETTID, SUPERVISOR_START), 5 << 8);
    expect("clone_a_thread", copy(ABI_SIGCHLD | ABI_CLONE_VM, 0, 0), -EINVAL);
    expect("clone_without_a_signal", copy(0, 0, 0), -EINVAL);
    expect("clone_high_flag", copy(1ull << 40 | ABI_SIGCHLD, 0, 0), -EINVAL);
    expect("clone_all_flags", copy(UINT64_MAX, 0, 0), -EINVAL);
    expect("clone_that_fails_makes_no_child", sys_wait(-1), -ECHILD);
}

static int64_t futex(uint64_t address, uint64_t operation, uint64_t value)
{
    return raw_syscall6(SYS_futex, address, operation, value, 0, 0, 0);
}

static void try_wake(uint64_t word)
{
    int64_t pid = copy(ABI_SIGCHLD, 0, 0), woken = 0;

    if (pid == 0) {
        raw_syscall1(SYS_exit, futex(word, ABI_FUTEX_WAIT, 0) != 0);
    }
    for (int i = 0; i < 1000 && woken == 0; i++) {
        sys_sleep(SECOND / 1000);
        woken = futex(word, ABI_FUTEX_WAKE, 1);
    }
    expect("futex_wakes_one", woken, 1);
    sys_kill(pid, woken == 1 ? 0 : ABI_SIGKILL);
    expect("futex_that_was_woken", sys_wait(pid), 0);
}

static void try_futex(void)
{
    uint64_t word = (uint64_t)sys_map(0, PAGE, ABI_PROT_READ | ABI_PROT_WRITE, SHARED, -1, 0);

    try_wake(word);
    expect("futex_wakes_nobody", futex(word, ABI_FUTEX_WAKE, INT32_MAX), 0);
    expect("futex_another_value", futex(word, ABI_FUTEX_WAIT, 1), -EAGAIN);
    expect("futex_odd_address", futex(word + 2, ABI_FUTEX_WAIT, 1), -EINVAL);
    expect("futex_unknown_operation", futex(word, 99, 0), -ENOSYS);
    expect("futex_no_bit", futex(word, ABI_FUTEX_WAIT_BITSET, 0), -EINVAL);
    expect("futex_wait_for_the_supervisor", futex(SUPERVISOR_START, ABI_FUTEX_WAIT, 0), -EFAULT);
    expect("futex_wake_of_the_supervisor", futex(SUPERVISOR_START, ABI_FUTEX_WAKE, 1), -EFAULT);
    expect("futex_requeue_to_the_supervisor",
           raw_syscall6(SYS_futex, word, ABI_FUTEX_REQUEUE, 1, 1, SUPERVISOR_START, 0), -EFAULT);
    sys_unmap(word, PAGE);
}

void try_copies(void)
{
    try_clone();
    try_futex();
}
