/*
 * Mappings, by the steps of model.h: what the unit tests do to mm's maps, done to the program's own address space.
 *
 * An access that must be refused is made by a system call on the program's behalf, which gives EFAULT. Now and then a
 * child by fork goes on with a copy of everything, the model included; the objects and what the model knows of them are
 * its parent's too, who stays away from them meanwhile.
 */
#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "model.h"
#include "raw_syscall.h"
#include "stress.h"

#define FILE_PATH "/bin/stress"
#define OBJECTS 3u /* that file, and two that can be written */
#define LOOK_STEPS 500u /* so often everything is looked at */
#define FORK_STEPS 600u /* so often a child goes on */
#define CHILD_STEPS 40u
#define PARENT_STEPS 40u /* while the child lives */

static struct model model;
static struct model_object *objects; /* OBJECTS of them, in memory that children share */
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

static void make_object(unsigned i, uint64_t size_bytes)
{
    descriptors[i] = raw_syscall2(SYS_memfd_create, (uint64_t) "model", ABI_MFD_CLOEXEC);
    stress_check(descriptors[i] >= 0, "an object without a name");
    stress_check_equal(raw_syscall2(SYS_ftruncate, (uint64_t)descriptors[i], size_bytes), 0, "the size of an object");
    objects[i].size_bytes = size_bytes;
}

void memory_begin(void)
{
    int64_t start = raw_syscall6(SYS_mmap, 0, OBJECTS * sizeof(*objects), ABI_PROT_READ | ABI_PROT_WRITE,
                                 ABI_MAP_SHARED | ABI_MAP_ANONYMOUS, UINT64_MAX, 0);

    stress_check(start > 0, "memory for the model");
    objects = (struct model_object *)start;
    stress_check_equal(raw_syscall2(SYS_pipe2, (uint64_t)pipe_ends, ABI_O_CLOEXEC | ABI_O_NONBLOCK), 0, "a pipe");
    open_file();
    make_object(1, 20 * MODEL_PAGE_BYTES);
    make_object(2, 5 * MODEL_PAGE_BYTES + 1);
    model_init(&model, objects, OBJECTS, stress_seed());
    model.map_count = 1;
    model.has_maximum = false;
    model.beyond_maximum = -EACCES;
    model.behind_end = -EFAULT; /* of a system call */
    model.weights[MODEL_FORK] = 0; /* children are another matter: fork_once() */
    model.weights[MODEL_FETCH] = 0; /* there is nothing to run in these pages */
    model.weights[MODEL_POPULATE] = 0; /* mappings are populated when they are made */
}

static int64_t map_pages(const struct model_step *step)
{
    uint64_t flags = step->is_shared ? ABI_MAP_SHARED : ABI_MAP_PRIVATE;
    int64_t descriptor = -1;

    flags |= step->kind == MODEL_ADD ? ABI_MAP_FIXED_NOREPLACE : ABI_MAP_FIXED;
    flags |= step->is_populated ? ABI_MAP_POPULATE : 0;
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

/* Where there are holes, all the rest was forgotten, and the answer is ENOMEM. */
static int64_t forget_pages(uint64_t address, uint64_t size_bytes)
{
    int64_t result = raw_syscall3(SYS_madvise, address, size_bytes, ABI_MADV_DONTNEED);

    return result == -ENOMEM ? 0 : result;
}

static int64_t move_pages(const struct model_step *step)
{
    int64_t result = raw_syscall6(SYS_mremap, model_address(step->first), step->count * MODEL_PAGE_BYTES,
                                  step->new_count * MODEL_PAGE_BYTES, ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED,
                                  model_address(step->target), 0);

    return result == (int64_t)model_address(step->target) ? 0 : result;
}

/* Read or write one byte. @size_bytes of a read: what there is to be read. */
static int64_t access_object(const struct model_step *step, uint8_t *byte)
{
    uint64_t descriptor = (uint64_t)descriptors[step->object];
    int64_t wanted = step->kind == MODEL_WRITE ? 1 : (int64_t)step->size_bytes;
    int64_t result = raw_syscall3(SYS_lseek, descriptor, step->offset, ABI_SEEK_SET);

    if (result == (int64_t)step->offset) {
        result = raw_syscall3(step->kind == MODEL_WRITE ? SYS_write : SYS_read, descriptor, (uint64_t)byte, 1);
    }
    return result == wanted ? 0 : result < 0 ? result : -EIO;
}

static int64_t do_object_step(const struct model_step *step, uint8_t *byte)
{
    uint64_t descriptor = (uint64_t)descriptors[step->object];

    switch (step->kind) {
    case MODEL_RESIZE:
        return raw_syscall2(SYS_ftruncate, descriptor, step->size_bytes);
    case MODEL_PUNCH:
        return raw_syscall4(SYS_fallocate, descriptor, ABI_FALLOC_FL_PUNCH_HOLE | ABI_FALLOC_FL_KEEP_SIZE, step->offset,
                            step->size_bytes);
    default:
        return access_object(step, byte);
    }
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
    case MODEL_FORGET:
        return forget_pages(address, size_bytes);
    case MODEL_MOVE:
        return move_pages(step);
    case MODEL_RESIZE:
    case MODEL_PUNCH:
    case MODEL_READ:
    case MODEL_WRITE:
        return do_object_step(step, byte);
    default:
        return access_page(step, byte);
    }
}

static void draw_step(struct model_step *step)
{
    model_next(&model, step);
    step->is_populated = (step->kind == MODEL_ADD || step->kind == MODEL_REPLACE) && stress_pick(4) == 0;
}

static void take_step(const struct model_step *step)
{
    uint8_t byte = step->value;
    int64_t result = do_step(step, &byte);
    char text[200];

    if (result != step->wanted && stress_is_refused(result)) {
        model_refused(&model, step);
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

/* Stores of the parent's to its own pages, which the child does not see. */
static void store_privately(void)
{
    struct model_step step;

    for (unsigned i = 0; i < PARENT_STEPS; i++) {
        unsigned page = stress_pick(MODEL_PAGES);

        if (model.pages[0][page].is_mapped && model.pages[0][page].object < 0) {
            model_look(&model, 0, page, stress_pick(MODEL_PROBES), &step);
            step.kind = MODEL_STORE;
            step.wanted = (model.pages[0][page].protection & ABI_PROT_WRITE) != 0 ? 0 : -EFAULT;
            step.value = (uint8_t)stress_pick(256);
            take_step(&step);
        }
    }
}

/* What it would have to tell its parent's model it leaves alone. The parent uses the pipe. */
static _Noreturn void go_on_as_child(void)
{
    struct model_step step;

    if (stress_is_refused(raw_syscall2(SYS_pipe2, (uint64_t)pipe_ends, ABI_O_CLOEXEC | ABI_O_NONBLOCK))) {
        child_end();
    }
    model.weights[MODEL_RESIZE] = 0;
    model.weights[MODEL_PUNCH] = 0;
    model.weights[MODEL_WRITE] = 0;
    look_at_all();
    for (unsigned i = 0; i < CHILD_STEPS; i++) {
        draw_step(&step);
        take_step(&step);
    }
    look_at_all();
    child_end();
}

static void fork_once(void)
{
    int64_t pid = child_fork();

    if (pid == 0) {
        go_on_as_child();
    }
    store_privately();
    if (pid > 0) {
        child_wait(pid, 0);
    }
    look_at_all();
}

void memory_step(void)
{
    struct model_step step;

    draw_step(&step);
    take_step(&step);
    if (++step_count % LOOK_STEPS == 0) {
        look_at_all();
    }
    if (step_count % FORK_STEPS == 0) {
        fork_once();
    }
}
