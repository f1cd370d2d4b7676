/* Pando's own calls: spawn, those on regions, usage, bench, tasks, task_map, audit, fail_nth. */
#include <stddef.h>

#include "golden.h"

static const char *const no_strings[] = { "errno", NULL };
static const char *const bad_strings[] = { "errno", (const char *)UNMAPPED, NULL };
static const int32_t closed_one[] = { 0, FREE };

#define SPAWN(words, ...) ROW(spawn, words, AT(&(const struct abi_spawn){ __VA_ARGS__ }))
#define PATH(text) .path = AT(text), .argv = AT(no_strings)

static const struct row spawns[] = {
    SPAWN("a missing file", PATH("bin/none")),
    SPAWN("a folder", PATH("bin")),
    SPAWN("a device", PATH("/dev/null")),
    SPAWN("through a file", PATH("bin/true/x")),
    SPAWN("a file that can't be executed", PATH("odd/plain")),
    SPAWN("an empty file", PATH("odd/empty")),
    SPAWN("a file of zeros", PATH("odd/zeros")),
    SPAWN("a script", PATH("odd/text")),
    SPAWN("a link to itself", PATH("odd/loop")),
    SPAWN("an empty path", PATH("")),
    SPAWN("path null", .argv = AT(no_strings)),
    SPAWN("path the supervisor's", .path = SUPERVISOR, .argv = AT(no_strings)),
    SPAWN("arguments unmapped", .path = AT("bin/true"), .argv = UNMAPPED),
    SPAWN("a string of the arguments unmapped", .path = AT("bin/true"), .argv = AT(bad_strings)),
    SPAWN("environment the supervisor's", PATH("bin/true"), .envp = SUPERVISOR),
    SPAWN("a closed descriptor", PATH("bin/true"), .fds = AT(closed_one), .fd_count = 2),
    SPAWN("descriptors unmapped", PATH("bin/true"), .fds = UNMAPPED, .fd_count = 2),
    SPAWN("257 descriptors", PATH("bin/true"), .fds = GOOD, .fd_count = DESCRIPTORS + 1),
    SPAWN("-1 descriptors", PATH("bin/true"), .fds = GOOD, .fd_count = 0xffffffff),
    SPAWN("a flag that there is not", PATH("bin/true"), .flags = 1u << 30),
    SPAWN("all flags", PATH("bin/true"), .flags = 0xffffffff),
    SPAWN("reserved 1", PATH("bin/true"), .reserved = 1),
    SPAWN("group of nobody", PATH("bin/true"), .flags = ABI_SPAWN_GROUP, .group = NOBODY),
    SPAWN("group -1", PATH("bin/true"), .flags = ABI_SPAWN_GROUP, .group = -1),
};

#define LOAD(words, ...) ROW(region_load, words, AT(&(const struct abi_region_load){ __VA_ARGS__ }), GOOD)

#define USUAL (ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST)
#define LOADED AT(&(const struct abi_region_load){ .fd = LIBRARY, .flags = USUAL })

static const struct row loads[] = {
    LOAD("the C library, which is loaded", .fd = LIBRARY, .flags = USUAL),
    LOAD("a program", .fd = FILE_AT, .flags = USUAL),
    LOAD("a closed one", .fd = FREE, .flags = USUAL),
    LOAD("-1", .fd = -1, .flags = USUAL),
    LOAD("a pipe", .fd = PIPE_IN, .flags = USUAL),
    LOAD("a folder", .fd = FOLDER, .flags = USUAL),
    LOAD("reserved 1", .fd = LIBRARY, .flags = USUAL, .reserved = 1),
    LOAD("an answer's flag", .fd = LIBRARY, .flags = USUAL | ABI_REGION_PREVIOUSLY_LOADED),
    LOAD("all flags", .fd = LIBRARY, .flags = 0xffffffff),
    LOAD("from behind the end", .fd = LIBRARY, .flags = USUAL, .offset = 1ull << 40),
    LOAD("from an odd offset", .fd = LIBRARY, .flags = USUAL, .offset = 1),
    LOAD("no extents", .fd = LIBRARY, .flags = ABI_REGION_ANY_BASE),
    LOAD("extents unmapped", .fd = LIBRARY, .flags = ABI_REGION_ANY_BASE, .extents = UNMAPPED, .extent_count = 1),
    LOAD("129 extents", .fd = LIBRARY, .flags = ABI_REGION_ANY_BASE, .extents = GOOD,
         .extent_count = ABI_CALL_EXTENTS_MAX + 1),
    LOAD("-1 extents", .fd = LIBRARY, .flags = ABI_REGION_ANY_BASE, .extents = GOOD, .extent_count = 0xffffffff),
};

#define UNLOAD(words, ...) ROW(region_unload, words, AT(&(const struct abi_region_load){ __VA_ARGS__ }))

static const struct row regions[] = {
    UNLOAD("the C library", .fd = LIBRARY, .base = ABI_TEXT_WINDOW),
    UNLOAD("a closed one", .fd = FREE, .base = ABI_TEXT_WINDOW),
    UNLOAD("a pipe", .fd = PIPE_IN, .base = ABI_TEXT_WINDOW),
    UNLOAD("flags", .fd = LIBRARY, .base = ABI_TEXT_WINDOW, .flags = ABI_REGION_ANY_BASE),
    UNLOAD("extents", .fd = LIBRARY, .base = ABI_TEXT_WINDOW, .extents = GOOD, .extent_count = 1),
    UNLOAD("reserved 1", .fd = LIBRARY, .base = ABI_TEXT_WINDOW, .reserved = 1),
    ROW(region_reset, "0", 0),
    ROW(region_reset, "a page of the C library", ABI_TEXT_WINDOW + PAGE),
    ROW(region_reset, "the data window", ABI_DATA_WINDOW),
    ROW(region_reset, "-1", MINUS(1)),
    ROW(region_private, "without arguments", 0),
    ROW(region_private, "again", MINUS(1)),
    UNLOAD("in a private region, the C library, which is behind it", .fd = LIBRARY, .base = ABI_TEXT_WINDOW),
    UNLOAD("in a private region, at another base", .fd = LIBRARY, .base = ABI_TEXT_WINDOW + PAGE),
    UNLOAD("in a private region, a program", .fd = FILE_AT, .base = ABI_TEXT_WINDOW),
    ROW(region_clean, "without arguments", 0),
};

static const struct row others[] = {
    ROW_OK(region_info, "the C library", ABI_TEXT_WINDOW, GOOD, 4),
    ROW_OK(region_info, "the C library, no room", ABI_TEXT_WINDOW, 0, 0),
    ROW(region_info, "nothing there", ABI_TEXT_WINDOW + (128 << 20), GOOD, 4),
    ROW(region_info, "null", 0, GOOD, 4),
    ROW(region_info, "unaligned", ABI_TEXT_WINDOW + 1, GOOD, 4),
    ROW(region_info, "-1", MINUS(1), GOOD, 4),
    ROW_OK(usage, "totals", GOOD, 0, 0),
    ROW_OK(usage, "totals and a row", GOOD, GOOD + 256, 1),
    ROW(usage, "a row to null", GOOD, 0, 1),
    ROW(bench, "0", 0, 0),
    ROW(bench, "2", ABI_BENCH_BOOT, 0),
    ROW(bench, "-1", MINUS(1), MINUS(1)),
    ROW_OK(tasks, "no room", 0, 0),
    ROW_OK(tasks, "a row", GOOD, 1),
    ROW(tasks, "a row to null", 0, 1),
    ROW_OK(tasks, "-1 rows", GOOD, MINUS(1)),
    ROW_OK(task_map, "init, no room", 1, 0, 0),
    ROW_OK(task_map, "init, a row", 1, GOOD, 1),
    ROW(task_map, "nobody", NOBODY, GOOD, 1),
    ROW(task_map, "0", 0, GOOD, 1),
    ROW(task_map, "-1", MINUS(1), GOOD, 1),
    ROW(task_map, "INT_MIN", 1ull << 31, GOOD, 1),
    ROW_OK(audit, "to", GOOD),
    ROW(fail_nth, "0", 0),
    ROW(fail_nth, "-1", MINUS(1)),
};

static const struct pointer_row pointers[] = {
    POINTER(IN, 0, spawn, "call"),
    POINTER(IN, 0, region_load, "call", 0, GOOD),
    POINTER(OUT, 1, region_load, "the C library, answer", LOADED),
    POINTER(IN, 0, region_unload, "call"),
    POINTER(OUT, 1, region_info, "the C library, to", ABI_TEXT_WINDOW, 0, 4),
    POINTER(OUT, 0, usage, "totals, to"),
    POINTER(OUT, 1, usage, "a row, to", GOOD, 0, 1),
    POINTER(OUT, 0, tasks, "a row, to", 0, 1),
    POINTER(OUT, 1, task_map, "init, a row, to", 1, 0, 1),
    POINTER(OUT, 0, audit, "to"),
};

void try_own_calls(void)
{
    const struct abi_spawn program = { PATH("bin/true") };
    int64_t pid = raw_syscall1(SYS_spawn, AT(&program));

    print_result("spawn", "a program", RESULT_OK, pid);
    raw_syscall4(SYS_wait4, (uint64_t)pid, 0, 0, 0);
    RUN(spawns);
    RUN(loads);
    RUN(others);
    RUN_POINTERS(pointers);
    RUN(regions);
}
