/*
 * System calls on the pages of the caller's mappings: mremap, madvise, mincore, msync.
 *
 * Advice that only says what will be is checked and passed over. Where a range has holes, what is mapped of it is seen
 * to all the same, and the answer is ENOMEM.
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "checked.h"
#include "map.h"
#include "scheduler.h"
#include "task.h"

#define MREMAP_FLAGS (ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED)
#define MSYNC_FLAGS (ABI_MS_ASYNC | ABI_MS_INVALIDATE | ABI_MS_SYNC)

int64_t call_mremap(uint64_t address, uint64_t old_bytes, uint64_t new_bytes, uint64_t flags, uint64_t target,
                    uint64_t a5)
{
    struct map_move move = { .start = address, .target = target };

    CALL_UNUSED(a5);
    if ((flags & ~(uint64_t)MREMAP_FLAGS) != 0 || flags == ABI_MREMAP_FIXED ||
        page_round_up_overflows(old_bytes, &move.old_bytes) || page_round_up_overflows(new_bytes, &move.new_bytes)) {
        return -EINVAL;
    }
    move.place = (flags & ABI_MREMAP_FIXED) != 0     ? MAP_MOVE_TARGET
                 : (flags & ABI_MREMAP_MAYMOVE) != 0 ? MAP_MOVE_ANYWHERE
                                                     : MAP_MOVE_STAY;
    uint64_t start;

    arch_lock();
    int error = map_move_relock(task_current()->map, &move, &start);

    arch_unlock();
    return error ? error : (int64_t)start;
}

/* The whole pages of a range. Returns 0 or -EINVAL. */
static int whole_pages(uint64_t address, uint64_t size_bytes, uint64_t *size)
{
    uint64_t end;

    return !is_page_aligned(address) || page_round_up_overflows(size_bytes, size) || add_overflows(address, *size, &end)
               ? -EINVAL
               : 0;
}

/* As on Linux for private anonymous memory only; what may be lost is lost at once. */
static int advise_free(struct map *map, uint64_t start, uint64_t size)
{
    return map_shows_objects(map, start, start + size) ? -EINVAL : map_forget(map, start, size);
}

static int advise_relock(struct map *map, uint64_t start, uint64_t size, uint64_t advice)
{
    switch (advice) {
    case ABI_MADV_DONTNEED:
        return map_forget(map, start, size);
    case ABI_MADV_FREE:
        return advise_free(map, start, size);
    case ABI_MADV_WILLNEED:
        map_populate_relock(map, start, size);
        return 0;
    default:
        return 0;
    }
}

static bool is_advice(uint64_t advice)
{
    const uint64_t known = 1u << ABI_MADV_NORMAL | 1u << ABI_MADV_RANDOM | 1u << ABI_MADV_SEQUENTIAL |
                           1u << ABI_MADV_WILLNEED | 1u << ABI_MADV_DONTNEED | 1u << ABI_MADV_FREE |
                           1u << ABI_MADV_HUGEPAGE | 1u << ABI_MADV_NOHUGEPAGE;

    return advice < 64 && (known >> advice & 1) != 0;
}

int64_t call_madvise(uint64_t address, uint64_t size_bytes, uint64_t advice, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t size;

    CALL_UNUSED(a3, a4, a5);
    if (!is_advice((uint32_t)advice) || whole_pages(address, size_bytes, &size)) {
        return -EINVAL;
    }
    arch_lock();
    struct map *map = task_current()->map;
    int error = advise_relock(map, address, size, (uint32_t)advice);

    if (error == 0 && !map_covers(map, address, address + size)) {
        error = -ENOMEM;
    }
    arch_unlock();
    return error;
}

int64_t call_msync(uint64_t address, uint64_t size_bytes, uint64_t flags, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t both = ABI_MS_ASYNC | ABI_MS_SYNC, size, end;

    CALL_UNUSED(a3, a4, a5);
    if ((flags & ~(uint64_t)MSYNC_FLAGS) != 0 || (flags & both) == both || !is_page_aligned(address)) {
        return -EINVAL;
    }
    if (page_round_up_overflows(size_bytes, &size) || add_overflows(address, size, &end)) {
        return -ENOMEM;
    }
    arch_lock();
    bool is_covered = map_covers(task_current()->map, address, end);

    arch_unlock();
    return is_covered ? 0 : -ENOMEM;
}

/* --- mincore */

/* Pages that are looked at under one hold of the lock, and in one step of the call. */
enum { PAGES_AT_ONCE = 64, PAGES_A_STEP = 16384 };

/* Of @count pages from @address on: 1 for each that is in memory, else 0. Returns 0 or -ENOMEM. */
static int look_at(uint64_t address, uint64_t count, uint8_t *bytes)
{
    struct map *map = task_current()->map;
    int error = 0;

    arch_lock();
    for (uint64_t i = 0; i < count && error == 0; i++, address += PAGE_SIZE) {
        const struct map_entry *entry = map_find(map, address);

        error = entry == NULL ? -ENOMEM : 0;
        bytes[i] = error == 0 && map_is_resident(map, entry, address) ? 1 : 0;
    }
    arch_unlock();
    return error;
}

static int report_pages(uint64_t address, uint64_t count, uint64_t to)
{
    uint8_t bytes[PAGES_AT_ONCE];

    for (uint64_t done = 0, part; done < count; done += part) {
        part = count - done < PAGES_AT_ONCE ? count - done : PAGES_AT_ONCE;
        int error = look_at(address + (done << PAGE_SHIFT), part, bytes);

        if (error == 0) {
            error = arch_copy_out(uaddr(to + done), bytes, part);
        }
        if (error) {
            return error;
        }
    }
    return 0;
}

int64_t call_mincore(uint64_t address, uint64_t size_bytes, uint64_t to, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    uint64_t size, done = task->done_bytes;

    CALL_UNUSED(a3, a4, a5);
    if (!is_page_aligned(address)) {
        return -EINVAL;
    }
    if (page_round_up_overflows(size_bytes, &size) || !fits_below(address, size, SV39_USER_END)) {
        return -ENOMEM;
    }
    uint64_t left = (size >> PAGE_SHIFT) - done;
    uint64_t step = left > PAGES_A_STEP && !signals_deliverable(&task->signals) ? PAGES_A_STEP : left;
    int error = report_pages(address + (done << PAGE_SHIFT), step, to + done);

    if (error == 0 && step < left) {
        task->done_bytes = done + step;
        arch_lock();
        return scheduler_again();
    }
    task->done_bytes = 0;
    return error;
}
