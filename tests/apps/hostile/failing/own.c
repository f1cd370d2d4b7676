/* Pando's own calls. */
#include "failing.h"

static const char *const true_arguments[] = { "true", "argument", NULL };
static const int32_t descriptors[] = { 0, 1, 2, -1, 1 };
static const struct abi_limits limits = {
    .frames = 100, .entries = 50, .descriptors = 20, .names = ABI_NO_LIMIT, .tasks = 3, .guarantee = 8
};
static const struct abi_spawn in_this_group = { .path = ADDRESS(LONG_WAY "/bin/true"),
                                                .argv = ADDRESS(true_arguments),
                                                .fds = ADDRESS(descriptors),
                                                .fd_count = COUNT(descriptors) };
static const struct abi_spawn in_a_new_group = {
    .path = ADDRESS("/bin/true"), .argv = ADDRESS(true_arguments), .flags = ABI_SPAWN_LIMITS, .limits = ADDRESS(&limits)
};
static struct abi_extent extents[ABI_CALL_EXTENTS_MAX];
static struct abi_region_load load, load_as_described;
static struct abi_region_loaded loaded;

/* An image that nothing has loaded. */
static void open_spare(void)
{
    failing_open("/lib/spare", OBJECT);
    load = (struct abi_region_load){ .fd = OBJECT, .flags = ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST };
}

/* One that is loaded, with the manifest that it was loaded with. */
static void describe_library(void)
{
    failing_open("/lib/libc", OBJECT);
    int64_t count = raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, ADDRESS(extents), COUNT(extents));

    load_as_described = (struct abi_region_load){
        .fd = OBJECT, .flags = ABI_REGION_ANY_BASE, .extents = ADDRESS(extents), .extent_count = (uint32_t)count
    };
}

static int64_t give_to_read(void)
{
    uint64_t self = (uint64_t)sys_pid();

    failing_ask(failing_nth);
    return raw_syscall3(SYS_give, self, OBJECT, ABI_GIVE_READ_ONLY);
}

static void take_back(int64_t result)
{
    if (result >= 0) {
        failing_close(raw_syscall2(SYS_take, 0, ABI_O_NONBLOCK));
    }
}

static void given(void)
{
    failing_fresh();
    raw_syscall3(SYS_give, (uint64_t)sys_pid(), BIG_FILE, 0);
}

/* What was not taken is still there. */
static void close_taken(int64_t result)
{
    failing_close(result >= 0 ? result : raw_syscall2(SYS_take, 0, ABI_O_NONBLOCK));
}

/* A descriptor more needs a larger table. */
static void given_when_full(void)
{
    while (raw_syscall1(SYS_dup, 0) < 31) {
    }
    given();
}

static const struct failing_step rows[] = {
    { SYS_spawn, "spawn", .arguments = { ADDRESS(&in_this_group) }, .undo = failing_wait, .least = 8 },
    { SYS_spawn, "spawn_limits", .arguments = { ADDRESS(&in_a_new_group) }, .undo = failing_wait, .least = 9 },
    { SYS_region_load, "region_load", .prepare = open_spare, .arguments = { ADDRESS(&load), ADDRESS(&loaded) },
      .least = 1, .stays = true },
    { SYS_region_load, "region_load_hit", .prepare = describe_library,
      .arguments = { ADDRESS(&load_as_described), ADDRESS(&loaded) }, .least = 1 },
    { SYS_region_info, "region_info", .prepare = failing_fresh, .arguments = { ABI_TEXT_WINDOW, FRESH, 100 },
      .least = 2 },
    { SYS_region_private, "region_private", .where = IN_A_CHILD, .least = 4 },
    { SYS_usage, "usage", .prepare = failing_fresh, .arguments = { FRESH, FRESH_TOO, 4 }, .least = 2 },
    { SYS_bench, "bench", .arguments = { ABI_BENCH_REGION_ATTACH, 3 }, .least = 2 },
    { SYS_tasks, "tasks", .prepare = failing_fresh, .arguments = { FRESH, 4 }, .least = 1 },
    { SYS_task_map, "task_map", .prepare = failing_fresh, .arguments = { 0, FRESH + PAGE - 40, 40 }, .least = 2 },
    { SYS_audit, "audit", .prepare = failing_fresh, .arguments = { FRESH }, .least = 1 },
    { SYS_give, "give", .prepare = failing_object, .call = give_to_read, .undo = take_back, .least = 2 },
    { SYS_take, "take", .prepare = given, .undo = close_taken, .arguments = { FRESH, ABI_O_NONBLOCK }, .least = 1 },
    { SYS_take, "take_when_full", .prepare = given_when_full, .arguments = { FRESH, ABI_O_NONBLOCK },
      .where = IN_A_CHILD, .least = 2 },
    { SYS_limits, "limits", .prepare = failing_fresh, .arguments = { FRESH, 4 }, .least = 1 },
};

const struct failing_steps failing_own = { rows, COUNT(rows) };
