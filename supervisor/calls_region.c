/* System calls on the shared region that the caller is attached to. */
#include "abi_errno.h"
#include "abi_pando.h"
#include "arch.h"
#include "calls.h"
#include "file.h"
#include "frame.h"
#include "loading.h"
#include "region.h"
#include "region_load.h"
#include "scheduler.h"
#include "task.h"

/* A manifest is copied into one frame; as many extents fit. */
#define EXTENTS_MAX ((uint32_t)(PAGE_SIZE / sizeof(struct abi_extent)))
static_assert(EXTENTS_MAX == ABI_CALL_EXTENTS_MAX, "the frame that holds a call's manifest");

int calls_region_image(const struct abi_region_load *call, struct image *image)
{
    struct file *file = task_file((uint32_t)call->fd);

    if (file == NULL || !file->readable) {
        return -EBADF;
    }
    if (file->kind->object == NULL) {
        return -EINVAL;
    }
    int error = file->kind->object(file, &image->object);

    if (error) {
        return error;
    }
    image->offset = call->offset;
    image->length = call->length_bytes;
    if (image->length == 0 && image->offset < image->object->size_bytes) {
        image->length = image->object->size_bytes - image->offset;
    }
    return 0;
}

/*
 * Before something is loaded, the place for the answer is tried: no load is left behind by an answer that can't be
 * delivered (2.9). What was there is written back.
 */
__attribute__((noinline)) static int try_and_load_relock(struct region *region,
                                                         const struct region_load_request *request, uaddr_t to,
                                                         struct abi_region_loaded *answer)
{
    struct abi_region_loaded before;

    arch_unlock();
    bool is_good = arch_copy_in(&before, to, sizeof(before)) == 0 && arch_copy_out(to, &before, sizeof(before)) == 0;

    arch_lock();
    int error = is_good ? region_load_relock(region, request, answer) : -EFAULT;

    loading_finished();
    return error;
}

/* A hit needs no preparation, and costs a look-up. */
static int find_or_load_relock(struct region *region, const struct region_load_request *request, uaddr_t to,
                               struct abi_region_loaded *answer)
{
    int error = region_load_hit(region, request, answer);

    return error == -ENOENT ? try_and_load_relock(region, request, to, answer) : error;
}

/* Nothing was loaded: the answer says why, or the task waits for another one's load to end. */
__attribute__((noinline)) static int64_t refuse_unlock(int error)
{
    int64_t result = error == -EBUSY ? loading_wait() : error;

    scheduler_unlock();
    return result;
}

/* With the caller's manifest in @request. What is rare is kept out of line, where it costs a hit no registers. */
static int64_t load(const struct abi_region_load *call, struct region_load_request *request, uaddr_t to)
{
    struct task *task = task_current();
    struct abi_region_loaded answer;

    arch_lock();
    request->account = task->account;
    request->user = task->map;
    request->base = call->base;
    request->flags = call->flags;
    int error = calls_region_image(call, &request->image);

    if (error == 0) {
        error = find_or_load_relock(region_of(task->map), request, to, &answer);
    }
    if (error) {
        return refuse_unlock(error);
    }
    arch_unlock();
    return arch_copy_out(to, &answer, sizeof(answer));
}

/* Where the hart is to reschedule it has the lock already, and keeps it. */
static void give_back_frame(paddr_t frame)
{
    if (this_hart()->reschedule >= 0) {
        arch_lock();
    }
    frame_put(frame);
    scheduler_unlock();
}

__attribute__((noinline)) static int64_t load_with_manifest(const struct abi_region_load *call,
                                                            struct region_load_request *request, uaddr_t to)
{
    paddr_t frame;
    int64_t result = frame_alloc_scratch(&frame);

    if (result < 0) {
        return result;
    }
    struct abi_extent *extents = arch_direct(frame);

    result = arch_copy_in(extents, uaddr(call->extents), call->extent_count * sizeof(*extents));
    if (result == 0) {
        request->manifest = (struct manifest){ .count = call->extent_count, .extents = extents };
        result = load(call, request, to);
    }
    give_back_frame(frame);
    return result;
}

int64_t call_region_load(uint64_t from, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct region_load_request request;
    struct abi_region_load call;

    CALL_UNUSED(a2, a3, a4, a5);
    if (arch_copy_in(&call, uaddr(from), sizeof(call))) {
        return -EFAULT;
    }
    if (call.extent_count > EXTENTS_MAX || call.reserved != 0) {
        return -EINVAL;
    }
    request.reason = NULL;
    if (call.extent_count != 0) {
        return load_with_manifest(&call, &request, uaddr(to));
    }
    request.manifest = (struct manifest){ 0 };
    return load(&call, &request, uaddr(to));
}

int64_t call_region_info(uint64_t base, uint64_t to, uint64_t capacity, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    uint32_t count, fitting = capacity < EXTENTS_MAX ? (uint32_t)capacity : EXTENTS_MAX;
    paddr_t frame;
    int error = frame_alloc_scratch(&frame);

    CALL_UNUSED(a3, a4, a5);
    if (error) {
        return error;
    }
    struct abi_extent *extents = arch_direct(frame);

    arch_lock();
    error = region_info(region_of(task->map), base, extents, fitting, &count);
    arch_unlock();
    if (error == 0) {
        error = arch_copy_out(uaddr(to), extents, (count < fitting ? count : fitting) * sizeof(*extents));
    }
    give_back_frame(frame);
    return error ? error : (int64_t)count;
}
