/* System calls on the shared region that the caller is attached to. */
#include "abi_errno.h"
#include "abi_pando.h"
#include "arch.h"
#include "calls.h"
#include "file.h"
#include "frame.h"
#include "region.h"
#include "region_load.h"
#include "task.h"

/* A manifest is copied into one frame; as many extents fit. */
#define EXTENTS_MAX ((uint32_t)(PAGE_SIZE / sizeof(struct abi_extent)))
static_assert(EXTENTS_MAX == ABI_CALL_EXTENTS_MAX, "the frame that holds a call's manifest");

/* The image that the call names, with a reference on its object. */
static int image_of_call(const struct abi_region_load *call, struct image *image)
{
    struct file *file = descriptors_get(&task_current()->descriptors, (uint32_t)call->fd);

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

/* With the caller's manifest copied into @extents. */
static int load(const struct abi_region_load *call, struct abi_extent *extents, struct region_load_answer *answer)
{
    struct task *task = task_current();
    struct region_load_request request = {
        .account = task->account,
        .base = call->base,
        .flags = call->flags,
        .manifest = { .count = call->extent_count, .extents = extents },
    };

    if (arch_copy_in(extents, uaddr(call->extents), call->extent_count * sizeof(*extents))) {
        return -EFAULT;
    }
    int error = image_of_call(call, &request.image);

    if (error) {
        return error;
    }
    error = region_load(region_of(task->map), &request, answer);
    object_put(request.image.object);
    return error;
}

int64_t call_region_load(uint64_t from, uint64_t to, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct abi_region_loaded loaded = { 0 };
    struct region_load_answer answer;
    struct abi_region_load call;
    paddr_t frame;

    CALL_UNUSED(a2, a3, a4, a5);
    /* The answer's place is tried before anything is loaded: a load is never left behind by an answer that can't be
     * delivered (2.9). */
    if (arch_copy_in(&call, uaddr(from), sizeof(call)) || arch_copy_in(&loaded, uaddr(to), sizeof(loaded)) ||
        arch_copy_out(uaddr(to), &loaded, sizeof(loaded))) {
        return -EFAULT;
    }
    if (call.extent_count > EXTENTS_MAX || call.reserved != 0) {
        return -EINVAL;
    }
    int error = frame_alloc(FRAME_SUPERVISOR, &frame);

    if (error) {
        return error;
    }
    error = load(&call, arch_direct(frame), &answer);
    frame_put(frame);
    if (error) {
        return error;
    }
    loaded = (struct abi_region_loaded){ answer.base, answer.answer, answer.extent_count };
    return arch_copy_out(uaddr(to), &loaded, sizeof(loaded));
}

int64_t call_region_info(uint64_t base, uint64_t to, uint64_t capacity, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    uint32_t count, fitting = capacity < EXTENTS_MAX ? (uint32_t)capacity : EXTENTS_MAX;
    paddr_t frame;
    int error = frame_alloc(FRAME_SUPERVISOR, &frame);

    CALL_UNUSED(a3, a4, a5);
    if (error) {
        return error;
    }
    struct abi_extent *extents = arch_direct(frame);

    error = region_info(region_of(task->map), base, extents, fitting, &count);
    if (error == 0) {
        error = arch_copy_out(uaddr(to), extents, (count < fitting ? count : fitting) * sizeof(*extents));
    }
    frame_put(frame);
    return error ? error : (int64_t)count;
}
