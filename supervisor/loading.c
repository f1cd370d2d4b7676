/* Address spaces for programs that start: the image and its libraries mapped, the stack laid out. */
#include "loading.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "object.h"
#include "region.h"
#include "root_files.h"
#include "scheduler.h"
#include "shm_files.h"

#include <string.h>

/* Tasks whose load would have been in the way of one that is under way. */
static struct wait_queue waiting = WAIT_QUEUE(waiting);

int64_t loading_wait(void)
{
    return scheduler_wait(&waiting);
}

void loading_finished(void)
{
    if (!list_is_empty(&waiting.tasks)) {
        scheduler_wake_all(&waiting);
    }
}

static int open_library(const char *name, struct object **out, void *context)
{
    char path[sizeof("/lib/") + ABI_LIBRARY_NAME_BYTES] = "/lib/";

    (void)context;
    memcpy(path + sizeof("/lib/") - 1, name, strlen(name) + 1);
    return root_files_object(place_root(), path, ROOT_FILE_READABLE, out);
}

int loading_find_relock(struct place from, const char *path, struct account *account, struct program **out,
                        struct reason *reason)
{
    struct object *object;
    int error = root_files_object(from, path, ROOT_FILE_EXECUTABLE, &object);

    if (error) {
        return error;
    }
    struct image image = image_of(object);

    error = program_acquire_relock(&image, account, out, reason);
    object_put(object);
    return error;
}

static bool is_executable(const struct file *file)
{
    if (shm_files_is(file)) {
        return (shm_files_mode(file) & 0111) != 0;
    }
    uint32_t mode = file->place.fs == NULL ? 0 : place_stat(file->place).mode;

    return (mode & ABI_S_IFMT) == ABI_S_IFREG && (mode & 0111) != 0;
}

int loading_find_open_relock(struct file *file, struct account *account, struct program **out)
{
    struct object *object;

    if (!is_executable(file) || file->kind->object == NULL) {
        return -EACCES;
    }
    int error = file->kind->object(file, &object);

    if (error == 0 && !object_is_immutable(object)) {
        error = -EACCES;
    }
    if (error) {
        return error == -EINVAL ? -ENOEXEC : error; /* the initrd's file of no bytes */
    }
    if (object->size_bytes == 0) {
        return -ENOEXEC;
    }
    struct image image = image_of(object);

    return program_acquire_relock(&image, account, out, NULL);
}

static int map_stack(struct map *map)
{
    const struct map_request stack = {
        .start = MAP_STACK_END - MAP_STACK_FIRST_BYTES,
        .size_bytes = MAP_STACK_FIRST_BYTES,
        .protection = ABI_PROT_READ | ABI_PROT_WRITE,
        .max_protection = ABI_PROT_READ | ABI_PROT_WRITE,
        .sharing = MAP_ENTRY_PRIVATE,
        .flags = MAP_ENTRY_GROWS_DOWN,
    };

    return map_add(map, &stack);
}

static int lay_out_stack_relock(const struct program *program, struct map *map, const struct arguments *arguments,
                                struct loading_start *out)
{
    struct program_start start = program_start(program);
    const struct auxiliary auxiliary[] = {
        { ABI_AT_PAGESZ, PAGE_SIZE },         { ABI_AT_PHDR, start.headers_address }, { ABI_AT_PHENT, 56 },
        { ABI_AT_PHNUM, start.header_count }, { ABI_AT_ENTRY, start.entry },
    };

    out->pc = start.entry;
    return arguments_lay_out_relock(arguments, map, MAP_STACK_END, auxiliary, ARRAY_COUNT(auxiliary), &out->sp);
}

int loading_map_relock(struct program *program, struct map *map, const struct arguments *arguments,
                       struct reason *reason, struct loading_start *start)
{
    int error = program_map_relock(program, map);

    if (error == 0) {
        error = program_load_libraries_relock(program, map, open_library, NULL, reason);
    }
    if (error == 0) {
        error = map_stack(map);
    }
    return error ? error : lay_out_stack_relock(program, map, arguments, start);
}
