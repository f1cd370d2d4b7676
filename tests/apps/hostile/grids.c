/*
 * grids: addresses, sizes and offsets whose sums wrap or leave the users' half, in every call that takes them (rule A2).
 *
 * The nine values of @values are paired with each other. What may be answered is an error of the call's own list, or
 * success where the pair is harmless. A sentinel mapping and the file's position are looked at behind each call, and no
 * call may take long: a loop over 2^38 bytes of nothing would.
 */
#include <string.h>

#include "hostile.h"

#define SLOW (SECOND / 2)

static const uint64_t values[] = {
    0, 1, PAGE - 1, PAGE, USER_END, (1ull << 39) - PAGE, 1ull << 63, 0 - PAGE, UINT64_MAX,
};

static int64_t file, image, zero;
static int32_t ends[2]; /* of a pipe that is empty and never waits */
static uint64_t file_size;
static uint64_t *sentinel;

/* One call of the grid; what it made is undone. */
typedef int64_t grid_call(uint64_t first, uint64_t second);

static bool is_small(uint64_t size)
{
    return size <= PAGE;
}

static bool is_nothing(uint64_t size)
{
    return size == 0;
}

static bool is_nothing_in_32_bits(uint64_t size)
{
    return (uint32_t)size == 0;
}

static int64_t undo_map(int64_t address, uint64_t size)
{
    if (address >= 0 && sys_unmap((uint64_t)address, size) != 0) {
        printf("FAIL a2_undo: %#llx\n", (unsigned long long)address);
    }
    return address;
}

static int64_t grid_munmap(uint64_t address, uint64_t size)
{
    return sys_unmap(address, size);
}

static int64_t grid_mprotect(uint64_t address, uint64_t size)
{
    return sys_protect(address, size, ABI_PROT_READ);
}

static int64_t map_with(uint64_t address, uint64_t size, uint64_t flags, int64_t fd, uint64_t offset)
{
    return undo_map(sys_map(address, size, ABI_PROT_READ, flags, fd, offset), size);
}

static int64_t grid_mmap_hint(uint64_t address, uint64_t size)
{
    return map_with(address, size, ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS, -1, 0);
}

static int64_t grid_mmap_fixed(uint64_t address, uint64_t size)
{
    return map_with(address, size, ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED, -1, 0);
}

static int64_t grid_mmap_noreplace(uint64_t address, uint64_t size)
{
    return map_with(address, size, ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED_NOREPLACE, -1, 0);
}

static int64_t grid_mmap_shared(uint64_t address, uint64_t size)
{
    return map_with(address, size, ABI_MAP_SHARED | ABI_MAP_ANONYMOUS | ABI_MAP_POPULATE, -1, 0);
}

static int64_t grid_mmap_file(uint64_t offset, uint64_t size)
{
    return map_with(0, size, ABI_MAP_PRIVATE | ABI_MAP_POPULATE, file, offset);
}

static int64_t grid_read(uint64_t address, uint64_t size)
{
    int64_t moved = raw_syscall3(SYS_read, (uint64_t)file, address, size);

    raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_SET);
    return moved;
}

static int64_t grid_write(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_write, 1, address, size);
}

static int64_t grid_writev(uint64_t base, uint64_t size)
{
    const struct abi_iovec parts[] = { { base, size }, { base, size } };

    return raw_syscall3(SYS_writev, 1, ADDRESS(parts), 2);
}

static int64_t grid_readv(uint64_t base, uint64_t size)
{
    const struct abi_iovec parts[] = { { base, size }, { base, size } };
    int64_t moved = raw_syscall3(SYS_readv, (uint64_t)file, ADDRESS(parts), 2);

    sys_seek(file, 0, ABI_SEEK_SET);
    return moved;
}

static int64_t grid_readv_vector(uint64_t vector, uint64_t count)
{
    return raw_syscall3(SYS_readv, (uint64_t)file, vector, count);
}

static int64_t grid_read_pipe(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_read, (uint64_t)ends[0], address, size);
}

static int64_t grid_write_pipe(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_write, (uint64_t)ends[1], address, size);
}

static int64_t grid_read_zeros(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_read, (uint64_t)zero, address, size);
}

static int64_t grid_readlinkat(uint64_t address, uint64_t size)
{
    return raw_syscall4(SYS_readlinkat, (uint64_t)ABI_AT_FDCWD, ADDRESS("/lib/link"), address, size);
}

static int64_t grid_getcwd(uint64_t address, uint64_t size)
{
    return raw_syscall2(SYS_getcwd, address, size);
}

static int64_t grid_getrandom(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_getrandom, address, size, 0);
}

static int64_t grid_syslog(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_syslog, ABI_SYSLOG_READ_ALL, address, size);
}

static int64_t grid_rt_sigpending(uint64_t address, uint64_t size)
{
    return raw_syscall2(SYS_rt_sigpending, address, size);
}

static int64_t grid_sched_getaffinity(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_sched_getaffinity, 0, size, address);
}

static int64_t grid_tasks(uint64_t rows, uint64_t capacity)
{
    return raw_syscall2(SYS_tasks, rows, capacity);
}

static int64_t grid_task_map(uint64_t rows, uint64_t capacity)
{
    return raw_syscall3(SYS_task_map, 0, rows, capacity);
}

static int64_t grid_spawn_descriptors(uint64_t fds, uint64_t count)
{
    static const char *const arguments[] = { "true", NULL };
    struct abi_spawn call = {
        .path = ADDRESS("/bin/true"), .argv = ADDRESS(arguments), .fds = fds, .fd_count = (uint32_t)count
    };
    int64_t pid = raw_syscall1(SYS_spawn, ADDRESS(&call));

    /* With no descriptor asked for it starts. */
    return pid > 0 ? sys_wait(pid) : pid;
}

static int64_t grid_writev_vector(uint64_t vector, uint64_t count)
{
    return raw_syscall3(SYS_writev, 1, vector, count);
}

static int64_t grid_getdents64(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_getdents64, (uint64_t)file, address, size);
}

static int64_t grid_usage(uint64_t rows, uint64_t capacity)
{
    struct abi_usage usage;

    return raw_syscall3(SYS_usage, ADDRESS(&usage), rows, capacity);
}

static int64_t grid_region_info(uint64_t base, uint64_t capacity)
{
    struct abi_extent extents[ABI_CALL_EXTENTS_MAX];

    return raw_syscall3(SYS_region_info, base, ADDRESS(extents), capacity);
}

/* Of an image that is not loaded: nothing is a hit. */
static int64_t load(struct abi_region_load call)
{
    struct abi_region_loaded loaded = { .base = 1, .answer = 2, .extent_count = 3 };
    int64_t result;

    call.fd = (int32_t)image;
    result = raw_syscall2(SYS_region_load, ADDRESS(&call), ADDRESS(&loaded));
    if (result != 0 && (loaded.base != 1 || loaded.answer != 2 || loaded.extent_count != 3)) {
        printf("FAIL a2_region_load: an answer was written although it failed\n");
    }
    return result;
}

static int64_t grid_region_load_image(uint64_t offset, uint64_t length)
{
    return load((struct abi_region_load){
        .flags = ABI_REGION_IMAGE_MANIFEST | ABI_REGION_ANY_BASE, .offset = offset, .length_bytes = length });
}

static int64_t grid_region_load_base(uint64_t base, uint64_t length)
{
    return load((struct abi_region_load){ .flags = ABI_REGION_IMAGE_MANIFEST, .base = base, .length_bytes = length });
}

static int64_t load_extent(struct abi_extent extent)
{
    extent.protection = ABI_EXTENT_READ;
    return load((struct abi_region_load){ .base = 0x75000000, .extents = ADDRESS(&extent), .extent_count = 1 });
}

static int64_t grid_region_load_extent(uint64_t address, uint64_t size)
{
    return load_extent((struct abi_extent){ .address = address, .size_bytes = size });
}

static int64_t grid_region_load_content(uint64_t offset, uint64_t size)
{
    return load_extent((struct abi_extent){ .file_offset = offset, .size_bytes = size });
}

/* Errors that a call may answer with, up to a 0; success is fine where @may_succeed says so, or nowhere if it is NULL. */
static const struct grid {
    const char *name;
    grid_call *call;
    int64_t errors[5];
    bool (*may_succeed)(uint64_t second);
} grids[] = {
    { "munmap", grid_munmap, { -EINVAL, -EPERM }, is_small },
    { "mprotect", grid_mprotect, { -EINVAL, -ENOMEM, -EPERM }, is_small },
    { "mmap_hint", grid_mmap_hint, { -EINVAL, -ENOMEM }, is_small },
    { "mmap_fixed", grid_mmap_fixed, { -EINVAL, -ENOMEM, -EPERM }, NULL },
    { "mmap_noreplace", grid_mmap_noreplace, { -EINVAL, -ENOMEM, -EPERM, -EEXIST }, NULL },
    { "mmap_shared", grid_mmap_shared, { -EINVAL, -ENOMEM }, is_small },
    { "mmap_file", grid_mmap_file, { -EINVAL, -ENOMEM, -EOVERFLOW }, is_small },
    { "read", grid_read, { -EFAULT }, is_nothing },
    { "read_pipe", grid_read_pipe, { -EAGAIN }, is_nothing },
    { "read_zeros", grid_read_zeros, { -EFAULT }, is_nothing },
    { "readv", grid_readv, { -EFAULT, -EINVAL }, is_nothing },
    { "readv_vector", grid_readv_vector, { -EFAULT, -EINVAL }, is_nothing },
    { "write", grid_write, { -EFAULT }, is_nothing },
    { "write_pipe", grid_write_pipe, { -EFAULT }, is_nothing },
    { "writev", grid_writev, { -EFAULT, -EINVAL }, is_nothing },
    { "writev_vector", grid_writev_vector, { -EFAULT, -EINVAL }, is_nothing },
    { "readlinkat", grid_readlinkat, { -EFAULT, -EINVAL }, NULL },
    { "getcwd", grid_getcwd, { -EFAULT, -ERANGE }, NULL },
    { "getrandom", grid_getrandom, { -EFAULT }, is_nothing },
    { "syslog", grid_syslog, { -EFAULT, -EINVAL }, is_nothing_in_32_bits },
    { "rt_sigpending", grid_rt_sigpending, { -EFAULT, -EINVAL }, is_nothing },
    { "sched_getaffinity", grid_sched_getaffinity, { -EFAULT, -EINVAL }, NULL },
    { "getdents64", grid_getdents64, { -ENOTDIR }, NULL },
    { "usage", grid_usage, { -EFAULT }, is_nothing },
    { "tasks", grid_tasks, { -EFAULT }, is_nothing },
    { "task_map", grid_task_map, { -EFAULT }, is_nothing },
    { "spawn_descriptors", grid_spawn_descriptors, { -EFAULT, -EINVAL, -EMFILE }, is_nothing_in_32_bits },
    { "region_info", grid_region_info, { -ENOENT, -EINVAL }, NULL },
    { "region_load_image", grid_region_load_image, { -EINVAL, -ENOEXEC }, is_nothing },
    { "region_load_base", grid_region_load_base, { -EINVAL, -ENOEXEC, -EEXIST, -EFBIG }, NULL },
    { "region_load_extent", grid_region_load_extent, { -EINVAL, -ENOEXEC, -EEXIST }, NULL },
    { "region_load_content", grid_region_load_content, { -EINVAL, -ENOEXEC, -EEXIST }, NULL },
};

static bool is_allowed(const struct grid *grid, uint64_t second, int64_t got)
{
    if (got >= 0) {
        return grid->may_succeed != NULL && grid->may_succeed(second);
    }
    for (size_t i = 0; i < COUNT(grid->errors) && grid->errors[i] != 0; i++) {
        if (grid->errors[i] == got) {
            return true;
        }
    }
    return false;
}

static bool is_unchanged(void)
{
    return *sentinel == 0x5e17135e17135e17 && raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_CUR) == 0;
}

static void try_grid(const struct grid *grid)
{
    unsigned bad = 0;
    uint64_t start = sys_now();

    for (size_t i = 0; i < COUNT(values); i++) {
        for (size_t j = 0; j < COUNT(values); j++) {
            int64_t got = grid->call(values[i], values[j]);

            if (!is_allowed(grid, values[j], got) || !is_unchanged()) {
                bad++;
                printf("FAIL a2_%s: got %lld for %#llx, %#llx\n", grid->name, (long long)got,
                       (unsigned long long)values[i], (unsigned long long)values[j]);
            }
        }
    }
    uint64_t taken = sys_now() - start;

    if (taken > SLOW) {
        printf("FAIL a2_%s: took %llu us\n", grid->name, (unsigned long long)taken / 1000);
    } else if (bad == 0) {
        printf("ok a2_%s\n", grid->name);
    }
}

/* Moves of the position from each of three places; it stays where it was when the sum is no position. */
static void try_lseek(void)
{
    unsigned bad = 0;

    for (size_t i = 0; i < COUNT(values); i++) {
        for (uint64_t whence = ABI_SEEK_SET; whence <= ABI_SEEK_END; whence++) {
            for (size_t j = 0; j < COUNT(values); j++) {
                int64_t from = raw_syscall3(SYS_lseek, (uint64_t)file, values[j], ABI_SEEK_SET), wanted;
                int64_t base = whence == ABI_SEEK_END ? (int64_t)file_size : whence == ABI_SEEK_CUR ? from : 0;

                if (from < 0) {
                    bad += (int64_t)values[j] >= 0 || from != -EINVAL;
                    continue;
                }
                int64_t got = raw_syscall3(SYS_lseek, (uint64_t)file, values[i], whence);
                int64_t at = raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_CUR);
                bool wraps = __builtin_add_overflow(base, (int64_t)values[i], &wanted);

                if (wraps || wanted < 0) {
                    bad += (got != -EINVAL && got != -EOVERFLOW) || at != from;
                } else {
                    bad += got != wanted || at != wanted;
                }
                /* Reading and mapping there must not wrap either. */
                if (at > (int64_t)file_size) {
                    uint64_t word;

                    bad += raw_syscall3(SYS_read, (uint64_t)file, ADDRESS(&word), sizeof(word)) != 0;
                }
            }
        }
    }
    expect("a2_lseek", bad, 0);
    raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_SET);
}

/* The end of the heap: where it can't go it stays. */
static void try_brk(void)
{
    uint64_t end = (uint64_t)raw_syscall1(SYS_brk, 0);
    static const uint64_t more[] = { 0x70000000, 0x80000000, 0x9fffffff, 0xa0000000,      0xa00ff000,
                                     0xa0100000, 0xc0000001, 0xc0001000, SUPERVISOR_START };
    unsigned bad = 0;

    for (size_t i = 0; i < COUNT(values); i++) {
        bad += (uint64_t)raw_syscall1(SYS_brk, values[i]) != end;
    }
    for (size_t i = 0; i < COUNT(more); i++) {
        bad += (uint64_t)raw_syscall1(SYS_brk, more[i]) != end;
    }
    expect("a2_brk", bad, 0);
}

/* A size that the file can't have, into little room. */
static void try_large_transfers(void)
{
    uint64_t page = (uint64_t)sys_map_fresh(2 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);

    sys_unmap(page + PAGE, PAGE);
    for (size_t i = 4; i < COUNT(values); i++) {
        int64_t got = grid_read(page, values[i]);

        if (got != -EFAULT && (got < 0 || got > (int64_t)PAGE)) {
            printf("FAIL a2_read_into_a_page: got %lld for %#llx\n", (long long)got, (unsigned long long)values[i]);
        }
    }
    expect("a2_read_leaves_the_rest", is_unchanged(), true);
    sys_unmap(page, PAGE);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    file = sys_open("/bin/true", 0);
    image = sys_open("/lib/spare", 0);
    zero = sys_open("/dev/zero", 0);
    sys_pipe(ends, ABI_O_NONBLOCK);
    file_size = (uint64_t)raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_END);
    raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_SET);
    sentinel = (uint64_t *)sys_map_fresh(PAGE, ABI_PROT_READ | ABI_PROT_WRITE);
    *sentinel = 0x5e17135e17135e17;
    for (size_t i = 0; i < COUNT(grids); i++) {
        try_grid(&grids[i]);
    }
    try_lseek();
    try_brk();
    try_large_transfers();
    return 0;
}
