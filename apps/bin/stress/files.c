/*
 * Files of the initrd: what read() gives anywhere is what a mapping of the same place shows; descriptors are made and
 * closed in every order, and the library, loaded again, is found as it was.
 */
#include "abi_errno.h"
#include "abi_pando.h"
#include "abi_types.h"
#include "raw_syscall.h"
#include "stress.h"

#define DESCRIPTORS 6u
#define PIECE_BYTES 300u
#define PAGE_BYTES 4096u

static const char *const paths[] = { "/bin/sh", "/bin/stress", "/lib/libc", "/bin/true", "/lib/symbols" };
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static struct {
    int64_t descriptor; /* below 0: none */
    unsigned path;
} opened[DESCRIPTORS];
static uint64_t sizes[PATHS];

static int64_t open_path(const char *path)
{
    return raw_syscall4(SYS_openat, (uint64_t)ABI_AT_FDCWD, (uint64_t)path, ABI_O_CLOEXEC, 0);
}

static uint64_t size_of(int64_t descriptor)
{
    struct abi_stat state;

    stress_check_equal(raw_syscall2(SYS_fstat, (uint64_t)descriptor, (uint64_t)&state), 0, "fstat");
    return (uint64_t)state.size_bytes;
}

void files_begin(void)
{
    for (unsigned i = 0; i < DESCRIPTORS; i++) {
        opened[i].descriptor = -1;
    }
    for (unsigned i = 0; i < PATHS; i++) {
        int64_t descriptor = open_path(paths[i]);

        stress_check(descriptor >= 0, paths[i]);
        sizes[i] = size_of(descriptor);
        raw_syscall1(SYS_close, (uint64_t)descriptor);
    }
}

/* A piece of the file by read(), and by a mapping that is there for this only. */
static void compare(int64_t descriptor, unsigned path)
{
    uint8_t piece[PIECE_BYTES];
    uint64_t page = stress_pick((unsigned)((sizes[path] + PAGE_BYTES - 1) / PAGE_BYTES)) * PAGE_BYTES;
    uint64_t offset = stress_pick(PAGE_BYTES - PIECE_BYTES), left = sizes[path] - page;
    uint64_t wanted = left <= offset ? 0 : left - offset < PIECE_BYTES ? left - offset : PIECE_BYTES;
    int64_t start = raw_syscall6(SYS_mmap, 0, PAGE_BYTES, ABI_PROT_READ,
                                 stress_pick(2) == 0 ? ABI_MAP_PRIVATE : ABI_MAP_SHARED, (uint64_t)descriptor, page);

    if (stress_is_refused(start)) {
        return;
    }
    stress_check(start > 0, "a mapping of a file");
    stress_check_equal(raw_syscall3(SYS_lseek, (uint64_t)descriptor, page + offset, ABI_SEEK_SET),
                       (int64_t)(page + offset), "lseek");
    stress_check_equal(raw_syscall3(SYS_read, (uint64_t)descriptor, (uint64_t)piece, PIECE_BYTES), (int64_t)wanted,
                       "bytes of a file");
    for (uint64_t i = 0; i < wanted; i++) {
        uint8_t shown = ((const uint8_t *)start)[offset + i];

        if (piece[i] != shown) {
            stress_fail("byte %#llx of %s reads as %#x and shows as %#x", (unsigned long long)(page + offset + i),
                        paths[path], piece[i], shown);
        }
    }
    stress_check_equal(raw_syscall2(SYS_munmap, (uint64_t)start, PAGE_BYTES), 0, "munmap");
}

static void open_one(unsigned i)
{
    opened[i].path = stress_pick(PATHS);
    opened[i].descriptor = open_path(paths[opened[i].path]);
    if (opened[i].descriptor < 0) {
        stress_check(stress_is_refused(opened[i].descriptor), "a file of the initrd can be opened");
        return;
    }
    stress_check_equal((int64_t)size_of(opened[i].descriptor), (int64_t)sizes[opened[i].path], "the size of a file");
}

/* Another descriptor for the same file, in the place of an old one. */
static void duplicate(unsigned from, unsigned to)
{
    int64_t descriptor = raw_syscall1(SYS_dup, (uint64_t)opened[from].descriptor);

    if (stress_is_refused(descriptor)) {
        return;
    }
    stress_check(descriptor >= 0, "dup");
    if (opened[to].descriptor >= 0) {
        stress_check_equal(raw_syscall1(SYS_close, (uint64_t)opened[to].descriptor), 0, "close");
    }
    opened[to].descriptor = descriptor;
    opened[to].path = opened[from].path;
}

/* The first extent of the library, which every program has in its text window. */
static void look_at_library(void)
{
    static uint64_t first_size;
    struct abi_extent extent;
    int64_t count = raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, (uint64_t)&extent, 1);

    if (count == -ENOENT || count == -ENOSYS) {
        return; /* it lies elsewhere */
    }
    stress_check(count > 0 && extent.size_bytes > 0, "the extents of the library");
    stress_check(first_size == 0 || first_size == extent.size_bytes, "the library's first extent stays as it is");
    first_size = extent.size_bytes;
}

void files_step(void)
{
    unsigned i = stress_pick(DESCRIPTORS), to = stress_pick(DESCRIPTORS);

    if (opened[i].descriptor < 0) {
        open_one(i);
        return;
    }
    switch (stress_pick(8)) {
    case 0:
        stress_check_equal(raw_syscall1(SYS_close, (uint64_t)opened[i].descriptor), 0, "close");
        opened[i].descriptor = -1;
        break;
    case 1:
        if (to != i) {
            duplicate(i, to);
        }
        break;
    case 2:
        look_at_library();
        break;
    default:
        compare(opened[i].descriptor, opened[i].path);
    }
}
