/* System calls on the caller's address space. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "checked.h"
#include "file.h"
#include "map.h"
#include "object.h"
#include "scheduler.h"
#include "task.h"

#define PROTECTION_MASK (ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC)
#define MMAP_FLAGS \
    (ABI_MAP_TYPE | ABI_MAP_FIXED | ABI_MAP_ANONYMOUS | ABI_MAP_GROWSDOWN | ABI_MAP_NORESERVE | ABI_MAP_POPULATE | \
     ABI_MAP_STACK | ABI_MAP_FIXED_NOREPLACE)

/* What mmap() asks for, looked at but for the address. */
struct mapping {
    struct map_request request;
    uint32_t flags;
};

/* The object of an anonymous mapping: none when it is private. */
static int object_of_nothing(struct mapping *mapping)
{
    if (mapping->request.sharing == MAP_ENTRY_PRIVATE) {
        mapping->request.object = NULL;
        return 0;
    }
    return object_create_anonymous(mapping->request.size_bytes, &mapping->request.object);
}

/*
 * What seals forbid is out of the maximum too, and what can change is never executed: W^X holds for an object, not only
 * for one mapping of it.
 */
static int limit_to_object(struct map_request *request)
{
    const struct object *object = request->object;
    bool is_sealed = (object->seals & (ABI_F_SEAL_WRITE | ABI_F_SEAL_FUTURE_WRITE)) != 0;

    if (request->sharing == MAP_ENTRY_SHARED && is_sealed) {
        if ((request->protection & ABI_PROT_WRITE) != 0) {
            return -EPERM;
        }
        request->max_protection &= (uint8_t)~ABI_PROT_WRITE;
    }
    if (!object_is_immutable(object)) {
        request->max_protection &= (uint8_t)~ABI_PROT_EXEC;
    }
    return (request->protection & ~request->max_protection) != 0 ? -EACCES : 0;
}

static int object_of_file(struct mapping *mapping, uint64_t descriptor, uint64_t offset)
{
    struct file *file = task_file(descriptor);

    if (file == NULL) {
        return -EBADF;
    }
    if (!file->readable) {
        return -EACCES;
    }
    if (mapping->request.sharing == MAP_ENTRY_SHARED && !file->writable) {
        /* Nothing derived from a file opened for reading can ever be written. */
        if ((mapping->request.protection & ABI_PROT_WRITE) != 0) {
            return -EACCES;
        }
        mapping->request.max_protection &= (uint8_t)~ABI_PROT_WRITE;
    }
    mapping->request.object_page = offset >> PAGE_SHIFT;
    int error = file->kind->object == NULL ? -ENODEV : file->kind->object(file, &mapping->request.object);

    if (error == 0) {
        error = limit_to_object(&mapping->request);
    }
    if (error == 0) {
        object_get(mapping->request.object);
    }
    return error;
}

/* Everything but the address, checked; one reference on the object (if any) is the caller's. */
static int make_mapping(uint64_t size_bytes, uint64_t protection, uint64_t flags, uint64_t descriptor, uint64_t offset,
                        struct mapping *mapping)
{
    uint64_t type = flags & ABI_MAP_TYPE, size, end;

    if (size_bytes == 0 || (protection & ~(uint64_t)PROTECTION_MASK) != 0 || (flags & ~(uint64_t)MMAP_FLAGS) != 0 ||
        (type != ABI_MAP_SHARED && type != ABI_MAP_PRIVATE) || !is_page_aligned(offset)) {
        return -EINVAL;
    }
    /* As on Linux: a stack is private anonymous memory. */
    if ((flags & ABI_MAP_GROWSDOWN) != 0 && (type != ABI_MAP_PRIVATE || (flags & ABI_MAP_ANONYMOUS) == 0)) {
        return -EINVAL;
    }
    if (page_round_up_overflows(size_bytes, &size) || size > SV39_USER_END) {
        return -ENOMEM;
    }
    if (add_overflows(offset, size, &end) || end > INT64_MAX) {
        return -EOVERFLOW;
    }
    *mapping = (struct mapping){
        .request = {
            .size_bytes = size,
            .protection = (uint8_t)protection,
            .max_protection = PROTECTION_MASK,
            .sharing = type == ABI_MAP_SHARED ? MAP_ENTRY_SHARED : MAP_ENTRY_PRIVATE,
            .flags = (flags & ABI_MAP_GROWSDOWN) != 0 ? MAP_ENTRY_GROWS_DOWN : 0,
        },
        .flags = (uint32_t)flags,
    };
    return (flags & ABI_MAP_ANONYMOUS) != 0 ? object_of_nothing(mapping) : object_of_file(mapping, descriptor, offset);
}

static int place_mapping(struct map *map, struct mapping *mapping, uint64_t address)
{
    struct map_request *request = &mapping->request;

    if ((mapping->flags & ABI_MAP_FIXED_NOREPLACE) != 0) {
        request->start = address;
        return map_add(map, request);
    }
    if ((mapping->flags & ABI_MAP_FIXED) != 0) {
        request->start = address;
        return map_replace(map, request);
    }
    int error = map_find_room(map, request->size_bytes, page_round_down(address), &request->start);

    return error ? error : map_add(map, request);
}

/*
 * Make the pages of [@start, @start + @size_bytes) behind the first @done_pages, a step of them; the call comes again
 * for the rest, and keeps in task.done_bytes where it was and how far it came. Where no page can be had, or a signal
 * waits, the rest is left to faults. Returns @start, or CALL_RESTART.
 */
#define POPULATE_PAGES_A_STEP 256u
#define DONE_START_SHIFT 32

static int64_t make_pages_relock(uint64_t start, uint64_t size_bytes, uint64_t done_pages)
{
    struct task *task = task_current();
    uint64_t end = start + size_bytes, at = start + (done_pages << PAGE_SHIFT);
    uint64_t limit = end - at > POPULATE_PAGES_A_STEP << PAGE_SHIFT ? at + (POPULATE_PAGES_A_STEP << PAGE_SHIFT) : end;
    bool is_more = map_make_pages_relock(task->map, at, limit) && limit < end && !signals_deliverable(&task->signals);

    task->done_bytes = 0;
    if (!is_more) {
        return (int64_t)start;
    }
    task->done_bytes = start >> PAGE_SHIFT << DONE_START_SHIFT | (limit - start) >> PAGE_SHIFT;
    return scheduler_again();
}

static int64_t map_relock(uint64_t address, struct mapping *mapping)
{
    struct map *map = task_current()->map;
    int error = place_mapping(map, mapping, address);

    if (mapping->request.object != NULL) {
        object_put(mapping->request.object);
    }
    if (error) {
        return error;
    }
    if ((mapping->flags & ABI_MAP_POPULATE) != 0) {
        map_populate_relock(map, mapping->request.start, mapping->request.size_bytes);
        return make_pages_relock(mapping->request.start, mapping->request.size_bytes, 0);
    }
    return (int64_t)mapping->request.start;
}

int64_t call_mmap(uint64_t address, uint64_t size_bytes, uint64_t protection, uint64_t flags, uint64_t descriptor,
                  uint64_t offset)
{
    struct mapping mapping;
    uint64_t done = task_current()->done_bytes;
    int64_t result;

    arch_lock();
    if (done != 0) {
        result = make_pages_relock(done >> DONE_START_SHIFT << PAGE_SHIFT, page_round_up(size_bytes), (uint32_t)done);
    } else {
        result = make_mapping(size_bytes, protection, flags, descriptor, offset, &mapping);
        if (result == 0) {
            result = map_relock(address, &mapping);
        }
    }
    if (result != CALL_RESTART) {
        arch_unlock();
    }
    return result;
}

/* The pages that [@address, @address + @size_bytes) touches; false where Linux says EINVAL. */
static bool whole_pages(uint64_t address, uint64_t size_bytes, uint64_t *rounded)
{
    uint64_t end;

    return is_page_aligned(address) && !page_round_up_overflows(size_bytes, rounded) &&
           !add_overflows(address, *rounded, &end);
}

int64_t call_munmap(uint64_t address, uint64_t size_bytes, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t size;

    CALL_UNUSED(a2, a3, a4, a5);
    if (size_bytes == 0 || !whole_pages(address, size_bytes, &size)) {
        return -EINVAL;
    }
    arch_lock();
    int error = map_remove(task_current()->map, address, size);

    arch_unlock();
    return error;
}

int64_t call_mprotect(uint64_t address, uint64_t size_bytes, uint64_t protection, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint64_t size;

    CALL_UNUSED(a3, a4, a5);
    if ((protection & ~(uint64_t)PROTECTION_MASK) != 0 || !is_page_aligned(address)) {
        return -EINVAL;
    }
    if (size_bytes == 0) {
        return 0;
    }
    if (!whole_pages(address, size_bytes, &size)) {
        return -ENOMEM;
    }
    arch_lock();
    int error = map_protect(task_current()->map, address, size, (uint8_t)protection);

    arch_unlock();
    return error;
}

int64_t call_brk(uint64_t end, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    arch_lock();
    uint64_t result = map_set_break(task_current()->map, end);

    arch_unlock();
    return (int64_t)result;
}
