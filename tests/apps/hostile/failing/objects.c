/* Files of /dev/shm, and those without a name. */
#include "failing.h"

#define CREATE (ABI_O_RDWR | ABI_O_CREAT | ABI_O_EXCL)

static void named(void)
{
    sys_close(raw_syscall4(SYS_openat, HERE, ADDRESS(SHM_NAME), CREATE, 0600));
}

static void long_named(void)
{
    sys_close(raw_syscall4(SYS_openat, HERE, ADDRESS(SHM_LONG_NAME), CREATE, 0600));
}

/* The object has 70 pages, in more than one node. */
static void filled(void)
{
    failing_object();
    raw_syscall4(SYS_fallocate, OBJECT, 0, 0, 70 * PAGE);
}

static const struct failing_step rows[] = {
    { SYS_openat, "openat_create", .arguments = { HERE, ADDRESS(SHM_NAME), CREATE, 0600 }, .undo = failing_close,
      .least = 4 },
    { SYS_openat, "openat_create_long", .arguments = { HERE, ADDRESS(SHM_LONG_NAME), CREATE, 0600 },
      .undo = failing_close, .least = 5 },
    { SYS_memfd_create, "memfd_create", .arguments = { ADDRESS("failing"), 0 }, .undo = failing_close, .least = 3 },
    { SYS_unlinkat, "unlinkat", .prepare = named, .arguments = { HERE, ADDRESS(LONG_WAY SHM_NAME) }, .least = 1 },
    { SYS_truncate, "truncate", .prepare = named, .arguments = { ADDRESS(LONG_WAY SHM_NAME), 9 * PAGE }, .least = 1 },
    { SYS_ftruncate, "ftruncate_grow", .prepare = failing_object, .arguments = { OBJECT, 70 * PAGE } },
    { SYS_ftruncate, "ftruncate_shrink", .prepare = filled, .arguments = { OBJECT, 3 * PAGE + 7 } },
    { SYS_fallocate, "fallocate", .prepare = failing_object, .arguments = { OBJECT, 0, 0, 70 * PAGE }, .least = 70 },
    { SYS_fallocate, "fallocate_punch", .prepare = filled,
      .arguments = { OBJECT, ABI_FALLOC_FL_KEEP_SIZE | ABI_FALLOC_FL_PUNCH_HOLE, 100, 9 * PAGE } },
    { SYS_fchmod, "fchmod", .prepare = failing_object, .arguments = { OBJECT, 0400 } },
    { SYS_fchmodat, "fchmodat", .prepare = named, .arguments = { HERE, ADDRESS(LONG_WAY SHM_NAME), 0400 }, .least = 1 },
    { SYS_renameat2, "renameat2", .prepare = named,
      .arguments = { HERE, ADDRESS(SHM_NAME), HERE, ADDRESS(SHM_LONG_NAME) }, .least = 2 },
    { SYS_renameat2, "renameat2_paths", .prepare = long_named,
      .arguments = { HERE, ADDRESS(LONG_WAY SHM_LONG_NAME), HERE, ADDRESS(LONG_WAY SHM_NAME) }, .least = 3 },
    { SYS_fcntl, "fcntl_add_seals", .prepare = filled,
      .arguments = { OBJECT, ABI_F_ADD_SEALS, ABI_F_SEAL_WRITE | ABI_F_SEAL_SHRINK } },
};

const struct failing_steps failing_objects = { rows, COUNT(rows) };
