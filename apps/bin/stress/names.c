/*
 * Named objects in /dev/shm: what a name stands for, its size and its bytes; what is unlinked lives on in who holds it;
 * what is truncated is gone; and what seals forbid, on objects without a name.
 */
#include <stdio.h>
#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "raw_syscall.h"
#include "stress.h"

#define NAMES 5u
#define PAGE_BYTES 4096u
#define SIZE_MAX_BYTES (6 * PAGE_BYTES)
#define MODE 0600

/* A name, and what was held of what it stood for when it went. */
static struct {
    char path[32];
    bool exists;
    uint64_t size_bytes;
    uint64_t position; /* its byte i is stress_byte(position + i), but for holes */
    int64_t held; /* a descriptor of what is unlinked, below 0: none */
    uint64_t held_size, held_position;
} names[NAMES];
static uint64_t last_position;

static int64_t open_name(unsigned i, uint64_t flags)
{
    return raw_syscall4(SYS_openat, (uint64_t)ABI_AT_FDCWD, (uint64_t)names[i].path, flags | ABI_O_CLOEXEC, MODE);
}

static void close_descriptor(int64_t descriptor)
{
    stress_check_equal(raw_syscall1(SYS_close, (uint64_t)descriptor), 0, "close");
}

void names_begin(void)
{
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(names[i].path, sizeof(names[i].path), "/dev/shm/stress-%llu-%u", (unsigned long long)stress_seed(), i);
        raw_syscall3(SYS_unlinkat, (uint64_t)ABI_AT_FDCWD, (uint64_t)names[i].path, 0); /* of a run that failed */
        names[i].held = -1;
    }
}

/* The bytes of the open object are those from @position on. */
static void look(int64_t descriptor, uint64_t size_bytes, uint64_t position)
{
    uint8_t piece[256];
    uint64_t offset = size_bytes == 0 ? 0 : stress_pick((unsigned)size_bytes), left = size_bytes - offset;
    uint64_t wanted = left < sizeof(piece) ? left : sizeof(piece);
    struct abi_stat state;

    stress_check_equal(raw_syscall2(SYS_fstat, (uint64_t)descriptor, (uint64_t)&state), 0, "fstat of an object");
    stress_check_equal(state.size_bytes, (int64_t)size_bytes, "the size of an object");
    stress_check_equal(raw_syscall3(SYS_lseek, (uint64_t)descriptor, offset, ABI_SEEK_SET), (int64_t)offset, "lseek");
    stress_check_equal(raw_syscall3(SYS_read, (uint64_t)descriptor, (uint64_t)piece, sizeof(piece)), (int64_t)wanted,
                       "bytes of an object");
    for (uint64_t i = 0; i < wanted; i++) {
        stress_check_equal(piece[i], stress_byte(position + offset + i), "a byte of an object");
    }
}

/* Give the object its bytes, by a mapping or by a write. Returns false: refused, and it has none. */
static bool fill(int64_t descriptor, uint64_t size_bytes, uint64_t position)
{
    int64_t result = raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, size_bytes);

    if (result != 0) {
        stress_check(stress_is_refused(result), "ftruncate");
        return false;
    }
    int64_t start =
        raw_syscall6(SYS_mmap, 0, size_bytes, ABI_PROT_READ | ABI_PROT_WRITE, ABI_MAP_SHARED, (uint64_t)descriptor, 0);

    if (start < 0) {
        stress_check(stress_is_refused(start), "a mapping of an object");
        return false;
    }
    for (uint64_t i = 0; i < size_bytes; i++) {
        ((uint8_t *)start)[i] = stress_byte(position + i);
    }
    stress_check_equal(raw_syscall2(SYS_munmap, (uint64_t)start, size_bytes), 0, "munmap");
    return true;
}

static void make(unsigned i)
{
    int64_t descriptor = open_name(i, ABI_O_RDWR | ABI_O_CREAT | ABI_O_EXCL);
    uint64_t size_bytes = 1 + stress_pick(SIZE_MAX_BYTES);

    if (descriptor < 0) {
        stress_check(stress_is_refused(descriptor), "a new name");
        return;
    }
    names[i].exists = true;
    names[i].size_bytes = 0;
    names[i].position = last_position;
    last_position += size_bytes;
    if (fill(descriptor, size_bytes, names[i].position)) {
        names[i].size_bytes = size_bytes;
    } else {
        raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, 0);
    }
    close_descriptor(descriptor);
}

/* The name goes; sometimes its object is held, and what was held before is let go. */
static void unlink_name(unsigned i)
{
    int64_t descriptor = open_name(i, ABI_O_RDONLY);

    if (descriptor < 0) {
        stress_check(stress_is_refused(descriptor), "a name that exists");
        return;
    }
    stress_check_equal(raw_syscall3(SYS_unlinkat, (uint64_t)ABI_AT_FDCWD, (uint64_t)names[i].path, 0), 0, "unlink");
    names[i].exists = false;
    if (names[i].held >= 0) {
        look(names[i].held, names[i].held_size, names[i].held_position);
        close_descriptor(names[i].held);
    }
    names[i].held = descriptor;
    names[i].held_size = names[i].size_bytes;
    names[i].held_position = names[i].position;
}

/* Shorter, and as long again: what was cut off is zero. */
static void truncate(unsigned i)
{
    int64_t descriptor = open_name(i, ABI_O_RDWR);
    uint64_t size_bytes = names[i].size_bytes, kept = size_bytes == 0 ? 0 : stress_pick((unsigned)size_bytes);
    uint8_t byte = 0xff;

    if (descriptor < 0) {
        stress_check(stress_is_refused(descriptor), "a name that exists");
        return;
    }
    stress_check_equal(raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, kept), 0, "a shorter object");
    names[i].size_bytes = kept;
    look(descriptor, kept, names[i].position);
    if (raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, size_bytes) == 0 && kept < size_bytes) {
        stress_check_equal(raw_syscall3(SYS_lseek, (uint64_t)descriptor, kept, ABI_SEEK_SET), (int64_t)kept, "lseek");
        stress_check_equal(raw_syscall3(SYS_read, (uint64_t)descriptor, (uint64_t)&byte, 1), 1, "what was cut off");
        stress_check_equal(byte, 0, "what was cut off");
        stress_check_equal(raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, kept), 0, "a shorter object");
    }
    close_descriptor(descriptor);
}

/* Opened for reading it can't be mapped for writing. */
static void look_at_name(unsigned i)
{
    int64_t descriptor = open_name(i, ABI_O_RDONLY);

    if (descriptor < 0) {
        stress_check(stress_is_refused(descriptor), "a name that exists");
        return;
    }
    look(descriptor, names[i].size_bytes, names[i].position);
    stress_check_equal(
        raw_syscall6(SYS_mmap, 0, PAGE_BYTES, ABI_PROT_READ | ABI_PROT_WRITE, ABI_MAP_SHARED, (uint64_t)descriptor, 0),
        -EACCES, "a mapping for writing of what was opened for reading");
    stress_check_equal(open_name(i, ABI_O_RDWR | ABI_O_CREAT | ABI_O_EXCL), -EEXIST, "a name that exists, anew");
    close_descriptor(descriptor);
}

void names_step(void)
{
    unsigned i = stress_pick(NAMES);

    if (!names[i].exists) {
        stress_check_equal(open_name(i, ABI_O_RDWR), -ENOENT, "a name that does not exist");
        make(i);
        return;
    }
    switch (stress_pick(4)) {
    case 0:
        unlink_name(i);
        break;
    case 1:
        truncate(i);
        break;
    default:
        look_at_name(i);
    }
}

void names_end(void)
{
    for (unsigned i = 0; i < NAMES; i++) {
        if (names[i].exists) {
            unlink_name(i);
        }
    }
}
