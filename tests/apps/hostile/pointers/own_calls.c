/* Pando's own calls but spawn. */
#include "pointers.h"

static int64_t load_with(struct abi_region_load call, uint64_t answer)
{
    return raw_syscall2(SYS_region_load, ADDRESS(&call), answer);
}

static int64_t call_region_load(uint64_t pointer)
{
    struct abi_region_loaded loaded;

    return raw_syscall2(SYS_region_load, pointer, ADDRESS(&loaded));
}

static int64_t call_region_load_answer(uint64_t pointer)
{
    int64_t library = sys_open("/lib/libc", 0);
    struct abi_region_load call = { .fd = (int32_t)library, .flags = ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST };
    int64_t result = load_with(call, pointer);

    sys_close(library);
    return result;
}

static int64_t call_region_load_extents(uint64_t pointer)
{
    struct abi_region_loaded loaded;
    struct abi_region_load call = {
        .fd = (int32_t)pointer_file, .flags = ABI_REGION_IMAGE_MANIFEST, .extents = pointer, .extent_count = 2
    };

    return load_with(call, ADDRESS(&loaded));
}

static int64_t call_region_unload(uint64_t pointer)
{
    return raw_syscall1(SYS_region_unload, pointer);
}

static int64_t call_region_info(uint64_t pointer)
{
    return raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, pointer, 128);
}

int64_t call_usage(uint64_t pointer)
{
    return raw_syscall3(SYS_usage, pointer, 0, 0);
}

static int64_t call_usage_rows(uint64_t pointer)
{
    struct abi_usage usage;

    return raw_syscall3(SYS_usage, ADDRESS(&usage), pointer, 4);
}

static int64_t call_tasks(uint64_t pointer)
{
    return raw_syscall2(SYS_tasks, pointer, 4);
}

static int64_t call_task_map(uint64_t pointer)
{
    return raw_syscall3(SYS_task_map, 0, pointer, 4);
}

static int64_t call_audit(uint64_t pointer)
{
    return raw_syscall1(SYS_audit, pointer);
}

static int64_t call_limits(uint64_t pointer)
{
    return raw_syscall2(SYS_limits, pointer, 4);
}

static const struct pointer_call rows[] = {
    { "region_load", READS, call_region_load },
    { "region_load_answer", WRITES, call_region_load_answer },
    { "region_load_extents", READS, call_region_load_extents },
    { "region_unload", READS, call_region_unload },
    { "region_info", WRITES, call_region_info },
    { "usage", WRITES, call_usage },
    { "usage_rows", WRITES, call_usage_rows },
    { "tasks", WRITES, call_tasks },
    { "task_map", WRITES, call_task_map },
    { "limits", WRITES, call_limits },
    { "audit", WRITES, call_audit },
};

const struct pointer_calls pointer_own_calls = { rows, COUNT(rows) };
