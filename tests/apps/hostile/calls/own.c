/* Pando's own calls: regions, who uses what, tasks; and numbers that are no call. */
#include <string.h>

#include "calls.h"

static int64_t load(struct abi_region_load call)
{
    struct abi_region_loaded loaded;

    return raw_syscall2(SYS_region_load, ADDRESS(&call), ADDRESS(&loaded));
}

static int64_t unload(struct abi_region_load call)
{
    return raw_syscall1(SYS_region_unload, ADDRESS(&call));
}

/* The rest of this program runs in a private region. */
static void try_own_region(int32_t library)
{
    const uint64_t alternate = ABI_TEXT_WINDOW + ABI_ALTERNATE_BASE;
    struct abi_region_load of_its_own = { .fd = library,
                                          .flags = ABI_REGION_ALTERNATE_SITE | ABI_REGION_IMAGE_MANIFEST };
    struct abi_region_load at_its_base = { .fd = library, .base = alternate };

    expect("region_unload_from_all", unload((struct abi_region_load){ .fd = library, .base = ABI_TEXT_WINDOW }),
           -EPERM);
    expect("region_private", raw_syscall0(SYS_region_private), 0);
    expect("region_private_again", raw_syscall0(SYS_region_private), 0);
    expect("region_unload_what_is_behind", unload((struct abi_region_load){ .fd = library, .base = ABI_TEXT_WINDOW }),
           -EBUSY);
    expect("region_unload_what_is_not_loaded", unload(at_its_base), -ENOENT);
    expect("region_load_for_itself", load(of_its_own), 0);
    expect("region_reset", raw_syscall1(SYS_region_reset, alternate), 0);
    expect("region_reset_nothing", raw_syscall1(SYS_region_reset, alternate + 4096), -ENOENT);
    expect("region_reset_the_supervisor", raw_syscall1(SYS_region_reset, UINT64_MAX - 4095), -ENOENT);
    expect("region_unload", unload(at_its_base), 0);
    expect("region_unload_again", unload(at_its_base), -ENOENT);
    expect("region_unload_no_file", unload((struct abi_region_load){ .fd = 99, .base = alternate }), -EBADF);
    expect("region_unload_with_flags", unload(of_its_own), -EINVAL);
    expect("region_clean", raw_syscall0(SYS_region_clean), 0);
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
    try_own_region(library);
    sys_close(library);
    sys_close(program);
    sys_close(directory);
}

static void try_usage(void)
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
    expect("bench_minus_1", raw_syscall2(SYS_bench, UINT64_MAX, 0), -ENOSYS);
}

static void try_task_rows(void)
{
    static struct abi_task rows[32];
    int64_t self = sys_pid(), count;
    const struct abi_task *mine = NULL;

    memset(rows, 0xaa, sizeof(rows));
    count = raw_syscall2(SYS_tasks, ADDRESS(rows), COUNT(rows));
    for (int64_t i = 0; i < count && i < (int64_t)COUNT(rows); i++) {
        mine = rows[i].pid == self ? &rows[i] : mine;
    }
    expect_true("tasks_init_is_the_first", count >= 3 && rows[0].pid == 1 && rows[0].parent_pid == 0);
    expect_true("tasks_has_this_one", mine != NULL && mine->state == 'R' && strcmp(mine->name, "calls") == 0);
    expect_true("tasks_init_waits", rows[0].state == 'S');
    expect_true("c21_tasks_padding_is_zero", mine != NULL && mine->pad[0] == 0 && mine->pad[1] == 0 &&
                                                 mine->pad[2] == 0 && mine->name[ABI_TASK_NAME_BYTES - 1] == 0);
    expect("tasks_no_room", raw_syscall2(SYS_tasks, 0, 0), count);
    memset(rows, 0xaa, sizeof(rows));
    expect("tasks_little_room", raw_syscall2(SYS_tasks, ADDRESS(rows), 1), count);
    expect("tasks_writes_no_more_than_there_is_room", (uint8_t)rows[1].name[0], 0xaa);
}

static void try_task_map(void)
{
    static struct abi_mapping rows[64];
    uint64_t found = 0, wrong = 0, stack = ADDRESS(&found);
    int64_t count = raw_syscall3(SYS_task_map, 0, ADDRESS(rows), COUNT(rows));

    expect_true("task_map_has_rows", count > 4 && count < (int64_t)COUNT(rows));
    for (int64_t i = 0; i < count && i < (int64_t)COUNT(rows); i++) {
        found += rows[i].start <= stack && stack < rows[i].end && (rows[i].flags & ABI_MAPPING_STACK) != 0;
        found += i > 0 && rows[i].start < rows[i - 1].end ? 100 : 0;
        wrong += rows[i].resident_frames > (rows[i].end - rows[i].start) >> 12 ||
                 rows[i].shared_frames > rows[i].resident_frames ||
                 rows[i].pss_micro_frames > rows[i].resident_frames * 1000000 ||
                 (rows[i].resident_frames == 0 && (rows[i].flags & ABI_MAPPING_STACK) != 0);
    }
    expect("task_map_counts_no_more_than_there_is", (int64_t)wrong, 0);
    expect("task_map_ascends_and_has_the_stack", (int64_t)found, 1);
    expect("task_map_by_pid", raw_syscall3(SYS_task_map, (uint64_t)sys_pid(), 0, 0), count);
    expect_true("task_map_of_init", raw_syscall3(SYS_task_map, 1, ADDRESS(rows), COUNT(rows)) > 0);
    expect("task_map_of_nobody", raw_syscall3(SYS_task_map, NOBODY, ADDRESS(rows), 1), -ESRCH);
    expect("task_map_of_minus_1", raw_syscall3(SYS_task_map, UINT64_MAX, ADDRESS(rows), 1), -ESRCH);
    memset(rows, 0xaa, sizeof(rows));
    expect("task_map_little_room", raw_syscall3(SYS_task_map, 0, ADDRESS(rows), 1), count);
    expect_true("task_map_writes_no_more_than_there_is_room", rows[1].start == 0xaaaaaaaaaaaaaaaa);
}

static void try_group_rows(void)
{
    static struct abi_group rows[8];

    memset(rows, 0xaa, sizeof(rows));
    int64_t count = raw_syscall2(SYS_limits, ADDRESS(rows), COUNT(rows));

    expect_true("limits_has_the_own_group_first", count >= 2 && rows[0].id == 1 && rows[0].used.tasks >= 3);
    expect_true("limits_has_no_group_twice", rows[1].id != rows[0].id);
    expect("c21_limits_padding_is_zero", rows[0].reserved, 0);
    expect("limits_no_room", raw_syscall2(SYS_limits, 0, 0), count);
    memset(rows, 0xaa, sizeof(rows));
    expect("limits_little_room", raw_syscall2(SYS_limits, ADDRESS(rows), 1), count);
    expect("limits_writes_no_more_than_there_is_room", rows[1].id, 0xaaaaaaaa);
    expect("limits_nowhere", raw_syscall2(SYS_limits, SUPERVISOR_START, 1), -EFAULT);
    expect("limits_room_that_wraps", raw_syscall2(SYS_limits, SUPERVISOR_START, UINT64_MAX), -EFAULT);
}

static void try_audit(void)
{
    struct abi_audit audit;

    memset(&audit, 0xaa, sizeof(audit));
    expect("audit", raw_syscall1(SYS_audit, ADDRESS(&audit)), 0);
    expect("audit_finds_nothing", audit.finding_count, 0);
    expect_true("audit_counts", audit.frames > 0 && audit.tables > 2 && audit.maps >= 3 && audit.entries > audit.maps);
    expect_true("c21_audit_padding_is_zero", audit.reserved == 0 && audit.findings[0].reserved == 0 &&
                                                 audit.findings[ABI_AUDIT_FINDINGS - 1].invariant[0] == '\0');
    int64_t count = raw_syscall1(SYS_fail_nth, 0);

    expect_true("fail_nth_needs_a_debug_build", count == -ENOSYS || count >= 0);
}

static void try_unknown(void)
{
    static const uint64_t numbers[] = { 0,      1,      55,      443,        511,        512,        1023,
                                        1024,   0x3fff, 0x4010,  0x4011,     0x40ff,     0x4100,     0x4fff,
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

void try_own_calls(void)
{
    try_regions();
    try_usage();
    try_task_rows();
    try_task_map();
    try_group_rows();
    try_audit();
    try_unknown();
}
