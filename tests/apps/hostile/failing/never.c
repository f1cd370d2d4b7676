/* Calls that have no pointer to follow, and nothing to make. */
#include "failing.h"

static uint64_t self(void)
{
    return (uint64_t)sys_pid();
}

/* A signal that is ignored when nobody handles it. */
static int64_t do_kill(void)
{
    uint64_t pid = self();

    failing_ask(failing_nth);
    return raw_syscall2(SYS_kill, pid, ABI_SIGURG);
}

static int64_t do_tkill(void)
{
    uint64_t pid = self();

    failing_ask(failing_nth);
    return raw_syscall2(SYS_tkill, pid, ABI_SIGURG);
}

static int64_t do_tgkill(void)
{
    uint64_t pid = self();

    failing_ask(failing_nth);
    return raw_syscall3(SYS_tgkill, pid, pid, ABI_SIGURG);
}

static const struct abi_region_load nothing_to_unload = { .fd = -1 };

/* reboot is asked with a wrong number; the right one is the last that "failing off" does. */
static const struct failing_step rows[] = {
    { SYS_close, "close", .prepare = failing_object, .arguments = { OBJECT } },
    { SYS_lseek, "lseek", .arguments = { BIG_FILE, 0, ABI_SEEK_END } },
    { SYS_fsync, "fsync", .prepare = failing_object, .arguments = { OBJECT } },
    { SYS_fdatasync, "fdatasync", .prepare = failing_object, .arguments = { OBJECT } },
    { SYS_set_tid_address, "set_tid_address", .arguments = { AREA } },
    { SYS_sched_yield, "sched_yield" },
    { SYS_kill, "kill", .call = do_kill },
    { SYS_tkill, "tkill", .call = do_tkill },
    { SYS_tgkill, "tgkill", .call = do_tgkill },
    { SYS_reboot, "reboot", .arguments = { 1 }, .well = -EINVAL },
    { SYS_setpgid, "setpgid", .where = IN_A_CHILD },
    { SYS_getpgid, "getpgid" },
    { SYS_getpid, "getpid" },
    { SYS_getppid, "getppid" },
    { SYS_gettid, "gettid" },
    { SYS_getuid, "getuid" },
    { SYS_geteuid, "geteuid" },
    { SYS_getgid, "getgid" },
    { SYS_getegid, "getegid" },
    { SYS_fail_nth, "fail_nth" },
    { SYS_region_unload, "region_unload", .arguments = { ADDRESS(&nothing_to_unload) }, .well = -EBADF },
    { SYS_region_clean, "region_clean", .where = IN_A_CHILD },
    { SYS_region_reset, "region_reset", .arguments = { 0x70000000 } },
};

const struct failing_steps failing_never = { rows, COUNT(rows) };
