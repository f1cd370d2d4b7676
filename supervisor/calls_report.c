/* System calls that report: who uses which frame, which tasks there are, what their maps hold. */
#include "abi_errno.h"
#include "abi_pando.h"
#include "arch.h"
#include "calls.h"
#include "checked.h"
#include "cpu.h"
#include "frame.h"
#include "limits.h"
#include "region.h"
#include "root_files.h"
#include "scheduler.h"
#include "start.h"
#include "task.h"
#include "usage.h"

#include <string.h>

/*
 * What is reported is gathered under the lock, and goes straight into the caller's pages: they are made writable first,
 * so that nothing has to be resolved then, no copy changes what is being counted, and the lock stays held. Pages that
 * another task has taken away meanwhile, since they show a shared object, make the call begin again.
 */

/* Make the user's pages of [@to, @to + @size) writable now. */
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
    if (task_own_map(task) != NULL) {
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

/* A table of rows in the caller's memory. */
struct rows {
    uint64_t to;
    uint64_t row_bytes;
    uint64_t capacity; /* rows for which there are writable pages */
    uint64_t count; /* rows that there are, written or not */
};

/* Prepare a table of at most @capacity rows, of about @expected. Returns 0 or -EFAULT. */
static int prepare_rows(struct rows *rows, uint64_t to, uint64_t row_bytes, uint64_t capacity, uint64_t expected)
{
    *rows = (struct rows){ .to = to, .row_bytes = row_bytes, .capacity = capacity < expected ? capacity : expected };
    return touch(to, rows->capacity * row_bytes);
}

/* The next row, under the lock. Returns 0 or -EAGAIN. */
static int put_row(struct rows *rows, const void *row)
{
    uint64_t at = rows->count++;

    return at >= rows->capacity
               ? 0
               : map_write_present(task_current()->map, rows->to + at * rows->row_bytes, row, rows->row_bytes);
}

/* The end of a call that has reported: what it gives. */
static int64_t report_end_unlock(int64_t result)
{
    result = result == -EAGAIN ? scheduler_again() : result;
    scheduler_unlock();
    return result;
}

static void count_usage(void)
{
    usage_begin();
    for (struct task *task = task_first(); task != NULL; task = task_following(task)) {
        if (task_own_map(task) != NULL) {
            usage_count(task->map);
        }
    }
}

static int64_t report_usage(uint64_t to, struct rows *rows)
{
    count_usage();
    for (struct task *task = task_first(); task != NULL; task = task_following(task)) {
        struct abi_task_usage row = row_of(task);
        int error = put_row(rows, &row);

        if (error) {
            return error;
        }
    }
    struct abi_usage usage = totals();
    int error = map_write_present(task_current()->map, to, &usage, sizeof(usage));

    return error ? error : (int64_t)rows->count;
}

int64_t call_usage(uint64_t to, uint64_t rows_to, uint64_t capacity, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct rows rows;

    uint64_t size;

    CALL_UNUSED(a3, a4, a5);
    if (multiply_overflows(capacity, sizeof(struct abi_task_usage), &size) ||
        prepare_rows(&rows, rows_to, sizeof(struct abi_task_usage), capacity, task_count()) ||
        touch(to, sizeof(struct abi_usage))) {
        return -EFAULT;
    }
    arch_lock();
    return report_end_unlock(report_usage(to, &rows));
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
    struct rows rows;

    CALL_UNUSED(a2, a3, a4, a5);
    if (prepare_rows(&rows, to, sizeof(struct abi_task), capacity, task_count())) {
        return -EFAULT;
    }
    int error = 0;

    arch_lock();
    for (struct task *task = task_first(); error == 0 && task != NULL; task = task_following(task)) {
        struct abi_task row = row_of_task(task);

        error = put_row(&rows, &row);
    }
    return report_end_unlock(error ? error : (int64_t)rows.count);
}

/* One mapping, with what it shows. */
static int put_mapping(struct rows *rows, const struct map *map, struct abi_mapping *row)
{
    struct usage_range usage;

    usage_of_range(map, row->start, row->end, &usage);
    row->resident_frames = usage.resident_frames;
    row->shared_frames = usage.shared_frames;
    row->pss_micro_frames = usage.pss_micro_frames;
    return put_row(rows, row);
}

/* What is loaded in the region that @map is attached to, ascending. */
static int put_windows(struct rows *rows, const struct map *map)
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
        int error = put_mapping(rows, map, &row);

        if (error) {
            return error;
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

/* The map of the task that @pid names; 0 is the caller. NULL: none, or it has ended. */
static struct map *map_of(int32_t pid)
{
    struct task *task = pid == 0 ? task_current() : task_find(pid);

    return task == NULL ? NULL : task->map;
}

/* How many rows task_map has for @pid, if nothing changes. */
static uint64_t count_mappings(int32_t pid)
{
    uint64_t count = 0;

    arch_lock();
    struct map *map = map_of(pid);

    if (map != NULL) {
        struct region_extent extent = { .end = 0 };

        count = map->entry_count;
        while (region_extent_behind(region_of(map), extent.end, &extent) == 0) {
            count++;
        }
    }
    arch_unlock();
    return count;
}

static int64_t report_mappings(int32_t pid, struct rows *rows)
{
    struct map *map = map_of(pid);
    bool has_windows = false;
    int error = 0;

    if (map == NULL) {
        return -ESRCH;
    }
    count_usage();
    usage_begin_ranges();
    for (struct map_entry *entry = map_first(map); error == 0 && entry != NULL; entry = map_following(entry)) {
        struct abi_mapping row = row_of_entry(map, entry);

        if (!has_windows && entry->start >= WINDOW_TEXT_BASE) {
            has_windows = true;
            error = put_windows(rows, map);
        }
        if (error == 0) {
            error = put_mapping(rows, map, &row);
        }
    }
    return error ? error : (int64_t)rows->count;
}

int64_t call_task_map(uint64_t pid, uint64_t to, uint64_t capacity, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct rows rows;

    CALL_UNUSED(a3, a4, a5);
    if (prepare_rows(&rows, to, sizeof(struct abi_mapping), capacity, count_mappings((int32_t)pid))) {
        return -EFAULT;
    }
    arch_lock();
    return report_end_unlock(report_mappings((int32_t)pid, &rows));
}

struct groups_report {
    struct rows rows;
    const struct account *own; /* its row is the first: of the others this pass says nothing, or the other way round */
    bool own_pass;
    int error;
};

static void put_group(struct account *account, void *context)
{
    struct groups_report *report = context;
    struct abi_group row;

    if (report->error == 0 && (account == report->own) == report->own_pass) {
        limits_describe(account, &row);
        report->error = put_row(&report->rows, &row);
    }
}

int64_t call_limits(uint64_t to, uint64_t capacity, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct groups_report report = { .own = task_current()->account, .own_pass = true };

    CALL_UNUSED(a2, a3, a4, a5);
    if (prepare_rows(&report.rows, to, sizeof(struct abi_group), capacity, account_count())) {
        return -EFAULT;
    }
    arch_lock();
    account_for_each(put_group, &report);
    report.own_pass = false;
    account_for_each(put_group, &report);
    return report_end_unlock(report.error ? report.error : (int64_t)report.rows.count);
}
