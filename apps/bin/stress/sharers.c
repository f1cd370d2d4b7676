/*
 * Up to five children that share an object, ended in a random order, each in its way: who is left sees what it has seen,
 * until the last one is gone.
 *
 * The task tells a child by a byte in its pipe what to do; the child says by one in the common pipe that it has done it.
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "raw_syscall.h"
#include "stress.h"

#define SHARERS_MAX 5u
#define PAGE_BYTES 4096u
#define SIZE_BYTES (3 * PAGE_BYTES)

enum order { LOOK, UNMAP, CLOSE, END };

struct sharer {
    int64_t pid;
    int32_t orders[2]; /* a pipe */
    bool has_ended;
};

/* What children have. */
static uint64_t position; /* the object's byte i is stress_byte(position + i) */
static int64_t descriptor;
static volatile uint8_t *shown;
static int32_t answers[2];

static void look(bool has_map, bool has_descriptor)
{
    uint64_t offset = stress_pick(SIZE_BYTES);
    uint8_t byte = 0;

    if (has_map) {
        stress_check_equal(shown[offset], stress_byte(position + offset), "a byte of a shared object");
    }
    if (has_descriptor) {
        int64_t start = raw_syscall6(SYS_mmap, 0, SIZE_BYTES, ABI_PROT_READ, ABI_MAP_PRIVATE, (uint64_t)descriptor, 0);

        if (start <= 0) {
            stress_check(stress_is_refused(start), "a mapping of a shared object");
            return;
        }
        byte = ((const uint8_t *)start)[offset];
        stress_check_equal(raw_syscall2(SYS_munmap, (uint64_t)start, SIZE_BYTES), 0, "munmap");
        stress_check_equal(byte, stress_byte(position + offset), "a byte of a shared object, mapped anew");
    }
}

static _Noreturn void serve(int32_t orders)
{
    bool has_map = true, has_descriptor = true;
    uint8_t order;

    while (raw_syscall3(SYS_read, (uint64_t)orders, (uint64_t)&order, 1) == 1 && order != END) {
        if (order == UNMAP) {
            stress_check_equal(raw_syscall2(SYS_munmap, (uint64_t)shown, SIZE_BYTES), 0, "munmap");
            has_map = false;
        } else if (order == CLOSE) {
            stress_check_equal(raw_syscall1(SYS_close, (uint64_t)descriptor), 0, "close");
            has_descriptor = false;
        }
        look(has_map, has_descriptor);
        stress_check_equal(raw_syscall3(SYS_write, (uint64_t)answers[1], (uint64_t)&order, 1), 1, "an answer");
    }
    child_end();
}

static void tell(const struct sharer *sharer, uint8_t order)
{
    stress_check_equal(raw_syscall3(SYS_write, (uint64_t)sharer->orders[1], (uint64_t)&order, 1), 1, "an order");
    if (order != END) {
        stress_check_equal(raw_syscall3(SYS_read, (uint64_t)answers[0], (uint64_t)&order, 1), 1, "an answer");
    }
}

static void close_pipe(const int32_t *ends)
{
    raw_syscall1(SYS_close, (uint64_t)ends[0]);
    raw_syscall1(SYS_close, (uint64_t)ends[1]);
}

/* Returns false: refused. */
static bool begin_sharer(struct sharer *sharer)
{
    if (raw_syscall2(SYS_pipe2, (uint64_t)sharer->orders, ABI_O_CLOEXEC) != 0) {
        return false;
    }
    sharer->has_ended = false;
    sharer->pid = child_fork();
    if (sharer->pid == 0) {
        serve(sharer->orders[0]);
    }
    if (sharer->pid < 0) {
        close_pipe(sharer->orders);
    }
    return sharer->pid > 0;
}

static void end_sharer(struct sharer *sharer)
{
    if (stress_pick(2) == 0) {
        tell(sharer, UNMAP);
    }
    if (stress_pick(2) == 0) {
        tell(sharer, CLOSE);
    }
    tell(sharer, END);
    child_wait(sharer->pid, 0);
    close_pipe(sharer->orders);
    sharer->has_ended = true;
}

/* All children share what the task has made and has let go by now. */
static void end_all(struct sharer *sharers, unsigned count)
{
    for (unsigned left = count; left > 0; left--) {
        unsigned chosen = stress_pick(count);

        while (sharers[chosen].has_ended) {
            chosen = (chosen + 1) % count;
        }
        end_sharer(&sharers[chosen]);
        for (unsigned i = 0; i < count; i++) {
            if (!sharers[i].has_ended) {
                tell(&sharers[i], LOOK);
            }
        }
    }
}

static bool make_object(void)
{
    descriptor = raw_syscall2(SYS_memfd_create, (uint64_t) "sharers", ABI_MFD_CLOEXEC);
    if (descriptor < 0) {
        stress_check(stress_is_refused(descriptor), "an object without a name");
        return false;
    }
    int64_t error = raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, SIZE_BYTES);
    int64_t start = error != 0 ? error
                               : raw_syscall6(SYS_mmap, 0, SIZE_BYTES, ABI_PROT_READ | ABI_PROT_WRITE, ABI_MAP_SHARED,
                                              (uint64_t)descriptor, 0);

    if (start <= 0) {
        stress_check(stress_is_refused(start), "a mapping of an object");
        raw_syscall1(SYS_close, (uint64_t)descriptor);
        return false;
    }
    shown = (volatile uint8_t *)start;
    for (uint64_t i = 0; i < SIZE_BYTES; i++) {
        shown[i] = stress_byte(position + i);
    }
    return true;
}

void sharers_step(void)
{
    struct sharer sharers[SHARERS_MAX];
    unsigned count = 0, wanted = 1 + stress_pick(SHARERS_MAX);

    position = stress_pick(1 << 20);
    if (raw_syscall2(SYS_pipe2, (uint64_t)answers, ABI_O_CLOEXEC) != 0) {
        return;
    }
    if (make_object()) {
        while (count < wanted && begin_sharer(&sharers[count])) {
            count++;
        }
        stress_check_equal(raw_syscall2(SYS_munmap, (uint64_t)shown, SIZE_BYTES), 0, "munmap");
        stress_check_equal(raw_syscall1(SYS_close, (uint64_t)descriptor), 0, "close");
        end_all(sharers, count);
    }
    close_pipe(answers);
}
