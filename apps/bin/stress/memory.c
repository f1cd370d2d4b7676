/*
 * Mappings, by the steps of model.h: what the unit tests do to mm's maps, done to the program's own address space.
 *
 * An access that must be refused is made by a system call on the program's behalf, which gives EFAULT.
 */
#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "model.h"
#include "raw_syscall.h"
#include "stress.h"

#define FILE_PATH "/bin/stress"
#define OBJECTS 1u
#define LOOK_STEPS 500u /* so often everything is looked at */

static struct model model;
static struct model_object objects[OBJECTS];
static int64_t descriptors[OBJECTS];
static int32_t pipe_ends[2]; /* through which system calls take bytes from the memory under test, and bring them */
static uint64_t step_count;

/* The first object is this program's own file. */
static void open_file(void)
{
    struct abi_stat state;

    descriptors[0] = raw_syscall4(SYS_openat, (uint64_t)ABI_AT_FDCWD, (uint64_t)FILE_PATH, ABI_O_CLOEXEC, 0);
    stress_check(descriptors[0] >= 0, "open " FILE_PATH);
    stress_check_equal(raw_syscall2(SYS_fstat, (uint64_t)descriptors[0], (uint64_t)&state), 0, "fstat " FILE_PATH);
    objects[0].size_bytes = (uint64_t)state.size_bytes;
    objects[0].is_file = true;
    stress_check(objects[0].size_bytes <= MODEL_OBJECT_PAGES * MODEL_PAGE_BYTES, "the model has room for " FILE_PATH);
    for (unsigned page = 0; page * MODEL_PAGE_BYTES < objects[0].size_bytes; page++) {
        objects[0].has_page[page] = true;
        for (unsigned probe = 0; probe < MODEL_PROBES; probe++) {
            raw_syscall3(SYS_lseek, (uint64_t)descriptors[0], page * MODEL_PAGE_BYTES + model_offset(probe),
                         ABI_SEEK_SET);
            /* Behind the end nothing is read, and the mapping shows zeros. */
            raw_syscall3(SYS_read, (uint64_t)descriptors[0], (uint64_t)&objects[0].bytes[page][probe], 1);
        }
    }
}

void memory_begin(void)
{
    stress_check_equal(raw_syscall2(SYS_pipe2, (uint64_t)pipe_ends, ABI_O_CLOEXEC | ABI_O_NONBLOCK), 0, "a pipe");
    open_file();
    model_init(&model, objects, OBJECTS, stress_seed());
    model.map_count = 1;
    model.has_maximum = false;
    model.beyond_maximum = -EACCES;
    model.weights[MODEL_FETCH] = 0; /* there is nothing to run in these pages */
    model.weights[MODEL_POPULATE] = 0; /* mappings are populated when they are made */
}

static int64_t map_pages(const struct model_step *step)
{
    uint64_t flags = step->is_shared ? ABI_MAP_SHARED : ABI_MAP_PRIVATE;
    int64_t descriptor = -1;

    flags |= step->kind == MODEL_ADD ? ABI_MAP_FIXED_NOREPLACE : ABI_MAP_FIXED;
    flags |= stress_pick(4) == 0 ? ABI_MAP_POPULATE : 0;
    if (step->object >= 0) {
        descriptor = descriptors[step->object];
    } else {
        flags |= ABI_MAP_ANONYMOUS;
    }
    int64_t result = raw_syscall6(SYS_mmap, model_address(step->first), step->count * MODEL_PAGE_BYTES,
                                  step->protection, flags, (uint64_t)descriptor, step->object_page * MODEL_PAGE_BYTES);

    return result == (int64_t)model_address(step->first) ? 0 : result;
}

/* The byte at @address, as a system call reads it for its caller. Returns 0 or an error. */
static int64_t load_by_call(uint64_t address, uint8_t *byte)
{
    int64_t result = raw_syscall3(SYS_write, (uint64_t)pipe_ends[1], address, 1);

    if (result != 1) {
        return result;
    }
    stress_check_equal(raw_syscall3(SYS_read, (uint64_t)pipe_ends[0], (uint64_t)byte, 1), 1, "the byte in the pipe");
    return 0;
}

static int64_t store_by_call(uint64_t address, uint8_t byte)
{
    stress_check_equal(raw_syscall3(SYS_write, (uint64_t)pipe_ends[1], (uint64_t)&byte, 1), 1, "a byte for the pipe");
    int64_t result = raw_syscall3(SYS_read, (uint64_t)pipe_ends[0], address, 1);

    if (result == 1) {
        return 0;
    }
    raw_syscall3(SYS_read, (uint64_t)pipe_ends[0], (uint64_t)&byte, 1); /* if it is still there */
    return result;
}

static int64_t access_page(const struct model_step *step, uint8_t *byte)
{
    uint64_t address = model_address(step->first) + model_offset(step->probe);
    bool by_call = step->wanted != 0 || step->kind == MODEL_STORE_BY_CALL || stress_pick(4) == 0;

    if (step->kind != MODEL_LOAD && by_call) {
        return store_by_call(address, step->value);
    }
    if (step->kind != MODEL_LOAD) {
        *(volatile uint8_t *)address = step->value;
        return 0;
    }
    if (by_call) {
        return load_by_call(address, byte);
    }
    *byte = *(volatile uint8_t *)address;
    return 0;
}

static int64_t do_step(const struct model_step *step, uint8_t *byte)
{
    uint64_t address = model_address(step->first), size_bytes = step->count * MODEL_PAGE_BYTES;

    switch (step->kind) {
    case MODEL_ADD:
    case MODEL_REPLACE:
        return map_pages(step);
    case MODEL_REMOVE:
        return raw_syscall2(SYS_munmap, address, size_bytes);
    case MODEL_PROTECT:
        return raw_syscall3(SYS_mprotect, address, size_bytes, step->protection);
    default:
        return access_page(step, byte);
    }
}

static void take_step(const struct model_step *step)
{
    uint8_t byte = step->value;
    int64_t result = do_step(step, &byte);
    char text[200];

    if (result != step->wanted && stress_is_refused(result)) {
        return;
    }
    if (result != step->wanted || (result == 0 && byte != step->value)) {
        model_describe(step, text, sizeof(text));
        stress_fail("%s, and gives %d, byte %#x", text, (int)result, byte);
    }
    if (result == 0) {
        model_done(&model, step);
    }
}

static void look_at_all(void)
{
    struct model_step look;

    for (unsigned page = 0; page < MODEL_PAGES; page++) {
        model_look(&model, 0, page, stress_pick(MODEL_PROBES), &look);
        take_step(&look);
    }
}

void memory_step(void)
{
    struct model_step step;

    model_next(&model, &step);
    take_step(&step);
    if (++step_count % LOOK_STEPS == 0) {
        look_at_all();
    }
}
