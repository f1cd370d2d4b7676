/* Starting, waiting, limits. */
#include "pointers.h"

static int64_t call_wait4(uint64_t pointer)
{
    /* 0 asks for no status. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_wait4, (uint64_t)pointer_child, pointer, 0, 0);
}

static int64_t call_wait4_usage(uint64_t pointer)
{
    /* 0 asks for no usage. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_wait4, (uint64_t)pointer_child, 0, 0, pointer);
}

int64_t call_spawn(uint64_t pointer)
{
    return raw_syscall1(SYS_spawn, pointer);
}

static int64_t spawn_with(struct abi_spawn call)
{
    return raw_syscall1(SYS_spawn, ADDRESS(&call));
}

int64_t call_spawn_path(uint64_t pointer)
{
    return spawn_with((struct abi_spawn){ .path = pointer, .argv = ADDRESS(pointer_true_arguments) });
}

int64_t call_spawn_argv(uint64_t pointer)
{
    return spawn_with((struct abi_spawn){ .path = ADDRESS(pointer_true_path), .argv = pointer });
}

int64_t call_spawn_argument(uint64_t pointer)
{
    const uint64_t arguments[] = { pointer, 0 };

    /* 0 ends the list. */
    return pointer == 0
               ? -EFAULT
               : spawn_with((struct abi_spawn){ .path = ADDRESS(pointer_true_path), .argv = ADDRESS(arguments) });
}

int64_t call_spawn_envp(uint64_t pointer)
{
    struct abi_spawn call = { .path = ADDRESS(pointer_true_path),
                              .argv = ADDRESS(pointer_true_arguments),
                              .envp = pointer };

    return pointer == 0 ? -EFAULT : spawn_with(call); /* 0: no environment */
}

static int64_t call_spawn_fds(uint64_t pointer)
{
    struct abi_spawn call = {
        .path = ADDRESS(pointer_true_path), .argv = ADDRESS(pointer_true_arguments), .fds = pointer, .fd_count = 3
    };

    return pointer == 0 ? -EFAULT : spawn_with(call); /* 0: all are inherited */
}

static int64_t call_spawn_limits(uint64_t pointer)
{
    return spawn_with((struct abi_spawn){ .path = ADDRESS(pointer_true_path),
                                          .argv = ADDRESS(pointer_true_arguments),
                                          .flags = ABI_SPAWN_LIMITS,
                                          .limits = pointer });
}

static int64_t execute(uint64_t path, uint64_t argv, uint64_t envp)
{
    return raw_syscall3(SYS_execve, path, argv, envp);
}

int64_t call_execve_path(uint64_t pointer)
{
    return execute(pointer, ADDRESS(pointer_true_arguments), 0);
}

int64_t call_execve_argv(uint64_t pointer)
{
    /* 0: no argument. */
    return pointer == 0 ? -EFAULT : execute(ADDRESS(pointer_true_path), pointer, 0);
}

int64_t call_execve_argument(uint64_t pointer)
{
    const uint64_t arguments[] = { pointer, 0 };

    /* 0 ends the list. */
    return pointer == 0 ? -EFAULT : execute(ADDRESS(pointer_true_path), ADDRESS(arguments), 0);
}

int64_t call_execve_envp(uint64_t pointer)
{
    /* 0: no environment. */
    return pointer == 0 ? -EFAULT : execute(ADDRESS(pointer_true_path), ADDRESS(pointer_true_arguments), pointer);
}

static int64_t call_sched_getaffinity(uint64_t pointer)
{
    return raw_syscall3(SYS_sched_getaffinity, 0, 8, pointer);
}

static int64_t call_prlimit64_new(uint64_t pointer)
{
    /* 0 sets nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_prlimit64, 0, ABI_RLIMIT_STACK, pointer, 0);
}

static int64_t call_prlimit64_old(uint64_t pointer)
{
    /* 0 asks for nothing. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_prlimit64, 0, ABI_RLIMIT_STACK, 0, pointer);
}

static int64_t call_futex(uint64_t pointer)
{
    /* The next word: an odd address is EINVAL. */
    return raw_syscall6(SYS_futex, (pointer + 3) & ~3ull, ABI_FUTEX_WAIT, 1, 0, 0, 0);
}

static int64_t call_futex_timeout(uint64_t pointer)
{
    static uint32_t word;

    /* 0: for ever. */
    return pointer == 0 ? -EFAULT : raw_syscall6(SYS_futex, ADDRESS(&word), ABI_FUTEX_WAIT, 0, pointer, 0, 0);
}

static const struct pointer_call rows[] = {
    { "wait4", WRITES, call_wait4 },
    { "wait4_usage", WRITES, call_wait4_usage },
    { "spawn", READS, call_spawn },
    { "spawn_path", READS, call_spawn_path },
    { "spawn_argv", READS, call_spawn_argv },
    { "spawn_argument", READS, call_spawn_argument },
    { "spawn_envp", READS, call_spawn_envp },
    { "spawn_fds", READS, call_spawn_fds },
    { "spawn_limits", READS, call_spawn_limits },
    { "execve_path", READS, call_execve_path },
    { "execve_argv", READS, call_execve_argv },
    { "execve_argument", READS, call_execve_argument },
    { "execve_envp", READS, call_execve_envp },
    { "sched_getaffinity", WRITES, call_sched_getaffinity },
    { "prlimit64_new", READS, call_prlimit64_new },
    { "prlimit64_old", WRITES, call_prlimit64_old },
    { "futex", READS, call_futex },
    { "futex_timeout", READS, call_futex_timeout },
};

const struct pointer_calls pointer_task_calls = { rows, COUNT(rows) };
