/*
 * System calls that change the caller's region, or which one it is in: sections 3 and 4 of the regions' specification.
 */
#include "abi_errno.h"
#include "abi_pando.h"
#include "arch.h"
#include "calls.h"
#include "loading.h"
#include "region.h"
#include "scheduler.h"
#include "space.h"
#include "task.h"

/* The task with this pid stands for the machine: it may unload what all use. */
#define INIT_PID 1

/* The end of a call that gives @result; -EAGAIN: another task's load is in the way, and it is done again after that. */
static int64_t finish_unlock(int64_t result)
{
    if (result == -EAGAIN) {
        result = loading_wait();
    }
    scheduler_unlock();
    return result;
}

int64_t call_region_unload(uint64_t from, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    struct abi_region_load call;
    struct image image;

    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (arch_copy_in(&call, uaddr(from), sizeof(call))) {
        return -EFAULT;
    }
    if (call.flags != 0 || call.extents != 0 || call.extent_count != 0 || call.reserved != 0) {
        return -EINVAL;
    }
    arch_lock();
    int64_t result = calls_region_image(&call, &image);

    if (result == 0) {
        result = region_unload(task->map, &image, call.base, task->pid == INIT_PID);
    }
    return finish_unlock(result);
}

/* The map changes what its root shows: no hart runs in it meanwhile, this one neither. */
int64_t call_region_private(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    arch_lock();
    space_leave();
    int64_t result = region_make_private_relock(task_current()->map);

    this_hart()->reschedule = HART_RESCHEDULES;
    loading_finished();
    return finish_unlock(result);
}

int64_t call_region_clean(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    task_current()->wants_clean_region = true;
    return 0;
}

int64_t call_region_reset(uint64_t base, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    arch_lock();
    int64_t result = region_reset(task_current()->map, base);

    scheduler_unlock();
    return result;
}
