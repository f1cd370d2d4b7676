/* System calls that measure: who uses which frame, and counting inside the supervisor for `bench`. */
#include "abi_errno.h"
#include "abi_pando.h"
#include "arch.h"
#include "calls.h"
#include "checked.h"
#include "cpu.h"
#include "frame.h"
#include "region.h"
#include "root_files.h"
#include "scheduler.h"
#include "start.h"
#include "task.h"
#include "usage.h"

#include <string.h>

/* Make the user's pages of [@to, @to + @size) writable now, so that no later copy changes what is being counted. */
static int touch(uint64_t to, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += PAGE_SIZE - ((to + at) & PAGE_MASK)) {
        if (arch_copy_out(uaddr(to + at), "", 1)) {
            return -EFAULT;
        }
    }
    return 0;
}

static struct abi_task_usage row_of(const struct task *task)
{
    struct abi_task_usage row = { .pid = task->pid, .parent_pid = task->parent == NULL ? 0 : task->parent->pid };
    struct usage_row usage = { 0 };

    memcpy(row.name, task->name, sizeof(row.name));
    if (task->map != NULL) {
        usage_of_map(task->map, &usage);
    }
    row.ro_frames = usage.ro_frames;
    row.ro_shared_frames = usage.ro_shared_frames;
    row.private_frames = usage.private_frames;
    row.table_frames = usage.table_frames;
    row.pss_micro_frames = usage.pss_micro_frames;
    row.ro_sharers_max = usage.ro_sharers_max;
    return row;
}

static struct abi_usage totals(void)
{
    const struct start_facts *facts = start_facts();
    struct usage_totals usage;

    usage_totals(&usage);
    return (struct abi_usage){
        .ram_frames = facts->ram_frames,
        .firmware_frames = facts->firmware_frames,
        .supervisor_frames = usage.supervisor_frames + facts->image_frames,
        .descriptor_frames = usage.descriptor_frames,
        .object_frames = usage.object_frames,
        .free_frames = usage.free_frames,
        .saved_identity = usage.saved_mappings,
        .saved_tables = usage.saved_tables,
        .saved_in_place = usage.in_place_frames,
    };
}

int64_t call_usage(uint64_t to, uint64_t rows, uint64_t capacity, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t rows_size;
    int64_t count = 0;

    CALL_UNUSED(a3, a4, a5);
    if (multiply_overflows(capacity, sizeof(struct abi_task_usage), &rows_size)) {
        return -EFAULT;
    }
    if (capacity > task_count()) {
        rows_size = task_count() * sizeof(struct abi_task_usage);
    }
    if (touch(to, sizeof(struct abi_usage)) || touch(rows, rows_size)) {
        return -EFAULT;
    }
    usage_begin();
    for (struct task *task = task_first(); task != NULL; task = task_following(task)) {
        if (task->map != NULL) {
            usage_count(task->map);
        }
    }
    for (struct task *task = task_first(); task != NULL; task = task_following(task)) {
        if ((uint64_t)count < capacity) {
            struct abi_task_usage row = row_of(task);

            if (arch_copy_out(uaddr(rows + (uint64_t)count * sizeof(row)), &row, sizeof(row))) {
                return -EFAULT;
            }
        }
        count++;
    }
    struct abi_usage usage = totals();

    return arch_copy_out(uaddr(to), &usage, sizeof(usage)) ? -EFAULT : count;
}

static struct abi_task row_of_task(const struct task *task)
{
    struct abi_task row = {
        .pid = task->pid,
        .parent_pid = task->parent == NULL ? 0 : task->parent->pid,
        .group = task->group,
        .state = task->state == TASK_ENDED     ? 'Z'
                 : task->state == TASK_WAITING ? 'S'
                                               : 'R',
        .cpu_nanoseconds = timer_span_nanoseconds(scheduler_cpu_ticks(task)),
    };

    memcpy(row.name, task->name, sizeof(row.name));
    return row;
}

int64_t call_tasks(uint64_t to, uint64_t capacity, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t count = 0;

    CALL_UNUSED(a2, a3, a4, a5);
    for (struct task *task = task_first(); task != NULL; task = task_following(task)) {
        if (count < capacity) {
            struct abi_task row = row_of_task(task);

            if (arch_copy_out(uaddr(to + count * sizeof(row)), &row, sizeof(row))) {
                return -EFAULT;
            }
        }
        count++;
    }
    return (int64_t)count;
}

/* Where the rows of task_map go, and how many there are so far. */
struct mapping_rows {
    uint64_t to;
    uint64_t capacity;
    uint64_t count;
};

static int put_mapping(struct mapping_rows *rows, const struct abi_mapping *row)
{
    uint64_t at = rows->count++;

    return at >= rows->capacity ? 0 : arch_copy_out(uaddr(rows->to + at * sizeof(*row)), row, sizeof(*row));
}

/* What is loaded in the region that @map is attached to, ascending. */
static int put_windows(struct mapping_rows *rows, const struct map *map)
{
    struct region_extent extent = { .end = 0 };

    while (region_extent_behind(region_of(map), extent.end, &extent) == 0) {
        const uint32_t protections = ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC;
        struct abi_mapping row = {
            .start = extent.start,
            .end = extent.end,
            .file_offset = extent.file_offset,
            .inode = extent.content == NULL ? 0 : root_files_inode(extent.content),
            .protection = extent.protection & protections,
            .flags = ABI_MAPPING_WINDOW | (extent.content == NULL ? 0 : ABI_MAPPING_FILE),
        };

        if (put_mapping(rows, &row)) {
            return -EFAULT;
        }
    }
    return 0;
}

static struct abi_mapping row_of_entry(const struct map *map, const struct map_entry *entry)
{
    uint64_t inode = entry->object == NULL ? 0 : root_files_inode(entry->object);
    struct abi_mapping row = {
        .start = entry->start,
        .end = entry->end,
        .file_offset = inode == 0 ? 0 : entry->object_page << PAGE_SHIFT,
        .inode = inode,
        .protection = entry->protection,
        .flags = (entry->sharing == MAP_ENTRY_SHARED ? ABI_MAPPING_SHARED : 0) | (inode == 0 ? 0 : ABI_MAPPING_FILE),
    };

    if (entry->end == MAP_STACK_END) {
        row.flags |= ABI_MAPPING_STACK;
    } else if (entry->object == NULL && entry->start >= map->heap_start && entry->start < map->heap_end) {
        row.flags |= ABI_MAPPING_HEAP;
    }
    return row;
}

int64_t call_task_map(uint64_t pid, uint64_t to, uint64_t capacity, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct task *task = (int32_t)pid == 0 ? task_current() : task_find((int32_t)pid);
    struct mapping_rows rows = { .to = to, .capacity = capacity };
    bool has_windows = false;

    CALL_UNUSED(a3, a4, a5);
    if (task == NULL || task->map == NULL) {
        return -ESRCH;
    }
    for (struct map_entry *entry = map_first(task->map); entry != NULL; entry = map_following(entry)) {
        struct abi_mapping row = row_of_entry(task->map, entry);

        if (!has_windows && entry->start >= WINDOW_TEXT_BASE) {
            has_windows = true;
            if (put_windows(&rows, task->map)) {
                return -EFAULT;
            }
        }
        if (put_mapping(&rows, &row)) {
            return -EFAULT;
        }
    }
    return (int64_t)rows.count;
}

/* Instructions of one attach, mean of @repetitions. */
static int64_t bench_attach(uint64_t repetitions)
{
    struct region *region = region_of(task_current()->map);
    uint64_t sum = 0, empty = cpu_instructions();
    struct map *map;

    empty = cpu_instructions() - empty;
    if (repetitions == 0 || map_create(task_current()->account, &map)) {
        return repetitions == 0 ? -EINVAL : -ENOMEM;
    }
    for (uint64_t i = 0; i < repetitions; i++) {
        uint64_t start = cpu_instructions();

        if (region_attach(region, map)) {
            map_destroy(map);
            return -ENOMEM;
        }
        sum += cpu_instructions() - start - empty;
        region_detach(map);
    }
    map_destroy(map);
    return (int64_t)(sum / repetitions);
}

int64_t call_bench(uint64_t what, uint64_t argument, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a2, a3, a4, a5);
    if (!start_facts()->bench) {
        return -ENOSYS;
    }
    switch (what) {
    case ABI_BENCH_REGION_ATTACH:
        return bench_attach(argument < 100000 ? argument : 100000);
    case ABI_BENCH_PEAK_FRAMES:
        return (int64_t)(start_facts()->ram_frames - start_facts()->firmware_frames - frame_free_minimum());
    case ABI_BENCH_BOOT:
        return (int64_t)start_facts()->boot_instructions;
    default:
        return -EINVAL;
    }
}
