/*
 * edges: what the calls on memory give for each pair of edge values of two of their arguments, a line each.
 *
 * The table is tests/golden/memory.txt. S is a place with two pages, P a page. It is for Pando only: elsewhere some
 * cases take the program's own memory away; here the windows lie in such a range, and it is refused.
 */
#include <stdint.h>
#include <stdio.h>

#include "abi_errno.h"
#include "abi_types.h"
#include "raw_syscall.h"

#define PAGE 4096ull
#define PLACE 0x20400000ull
#define TARGET 0x20500000ull
#define RW (ABI_PROT_READ | ABI_PROT_WRITE)
#define PRIVATE (ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS)
#define MINUS(n) (~(uint64_t)(n) + 1)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct value {
    const char *name;
    uint64_t number;
};
#define EDGES \
    { "0", 0 }, { "1", 1 }, { "P-1", PAGE - 1 }, { "P", PAGE }, { "2^38", 1ull << 38 }, \
        { "2^39-P", (1ull << 39) - PAGE }, { "2^63", 1ull << 63 }, { "-P", MINUS(PAGE) }, \
    { \
        "-1", MINUS(1) \
    }
static const struct value addresses[] = { EDGES, { "S", PLACE } };
static const struct value sizes[] = { EDGES, { "2P", 2 * PAGE } };
static const struct value flags[] = { EDGES,        { "2", 2 },       { "3", 3 },          { "4", 4 },
                                      { "5", 5 },   { "7", 7 },       { "8", 8 },          { "9", 9 },
                                      { "14", 14 }, { "0x22", 0x22 }, { "2^31", 1u << 31 } };

static unsigned char vector[64];
static uint64_t file;

static int64_t do_munmap(uint64_t address, uint64_t size)
{
    return raw_syscall2(SYS_munmap, address, size);
}

static int64_t do_mprotect(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_mprotect, address, size, ABI_PROT_READ);
}

static int64_t do_mprotect_flags(uint64_t size, uint64_t protection)
{
    return raw_syscall3(SYS_mprotect, PLACE, size, protection);
}

static int64_t do_madvise(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_madvise, address, size, ABI_MADV_DONTNEED);
}

static int64_t do_madvise_flags(uint64_t size, uint64_t advice)
{
    return raw_syscall3(SYS_madvise, PLACE, size, advice);
}

static int64_t do_mincore(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_mincore, address, size, (uint64_t)(uintptr_t)vector);
}

static int64_t do_msync(uint64_t address, uint64_t size)
{
    return raw_syscall3(SYS_msync, address, size, ABI_MS_SYNC);
}

static int64_t do_msync_flags(uint64_t size, uint64_t how)
{
    return raw_syscall3(SYS_msync, PLACE, size, how);
}

static int64_t unmapped(int64_t result, uint64_t size)
{
    if (result >= 0 || result < -4095) {
        raw_syscall2(SYS_munmap, (uint64_t)result, size);
        return 0;
    }
    return result;
}

static int64_t do_mremap(uint64_t address, uint64_t old)
{
    return unmapped(raw_syscall6(SYS_mremap, address, old, PAGE, ABI_MREMAP_MAYMOVE, 0, 0), PAGE);
}

static int64_t do_mremap_sizes(uint64_t old, uint64_t new)
{
    return unmapped(raw_syscall6(SYS_mremap, PLACE, old, new, ABI_MREMAP_MAYMOVE, 0, 0), new);
}

static int64_t do_mremap_target(uint64_t target, uint64_t new)
{
    return unmapped(raw_syscall6(SYS_mremap, PLACE, PAGE, new, ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED, target, 0), new);
}

static int64_t do_mremap_flags(uint64_t new, uint64_t how)
{
    return unmapped(raw_syscall6(SYS_mremap, PLACE, PAGE, new, how, TARGET, 0), new);
}

static int64_t do_mmap_fixed(uint64_t address, uint64_t size)
{
    uint64_t how = PRIVATE | ABI_MAP_NORESERVE | ABI_MAP_FIXED;

    return unmapped(raw_syscall6(SYS_mmap, address, size, ABI_PROT_NONE, how, MINUS(1), 0), size);
}

static int64_t do_mmap(uint64_t address, uint64_t size)
{
    uint64_t how = PRIVATE | ABI_MAP_NORESERVE;

    return unmapped(raw_syscall6(SYS_mmap, address, size, ABI_PROT_NONE, how, MINUS(1), 0), size);
}

static int64_t do_mmap_file(uint64_t offset, uint64_t size)
{
    return unmapped(raw_syscall6(SYS_mmap, 0, size, ABI_PROT_READ, ABI_MAP_PRIVATE, file, offset), size);
}

static int64_t do_mmap_flags(uint64_t protection, uint64_t how)
{
    return unmapped(raw_syscall6(SYS_mmap, 0, PAGE, protection, how, MINUS(1), 0), PAGE);
}

/* 0 where the break could be put there; else ENOMEM, which is the C library's word for it. */
static int64_t do_brk(uint64_t end, uint64_t unused)
{
    uint64_t before = (uint64_t)raw_syscall1(SYS_brk, 0), after = (uint64_t)raw_syscall1(SYS_brk, end);

    (void)unused;
    raw_syscall1(SYS_brk, before);
    return after == end ? 0 : -ENOMEM;
}

struct grid {
    const char *name;
    int64_t (*call)(uint64_t first, uint64_t second);
    const struct value *first, *second;
    unsigned first_count, second_count;
};
#define GRID(name, call, first, second) \
    { \
        name, call, first, second, COUNT(first), COUNT(second) \
    }
static const struct value nothing[] = { { "", 0 } };
static const struct grid grids[] = {
    GRID("mmap(hint %s, %s bytes)", do_mmap, addresses, sizes),
    GRID("mmap(fixed at %s, %s bytes)", do_mmap_fixed, addresses, sizes),
    GRID("mmap(file at %s, %s bytes)", do_mmap_file, sizes, sizes),
    GRID("mmap(protection %s, flags %s)", do_mmap_flags, flags, flags),
    GRID("munmap(%s, %s bytes)", do_munmap, addresses, sizes),
    GRID("mprotect(%s, %s bytes)", do_mprotect, addresses, sizes),
    GRID("mprotect(S, %s bytes, protection %s)", do_mprotect_flags, sizes, flags),
    GRID("mremap(%s, %s bytes, to a page)", do_mremap, addresses, sizes),
    GRID("mremap(S, %s bytes to %s)", do_mremap_sizes, sizes, sizes),
    GRID("mremap(S, P bytes, to %s, %s bytes)", do_mremap_target, addresses, sizes),
    GRID("mremap(S, P bytes to %s, flags %s)", do_mremap_flags, sizes, flags),
    GRID("madvise(%s, %s bytes)", do_madvise, addresses, sizes),
    GRID("madvise(S, %s bytes, advice %s)", do_madvise_flags, sizes, flags),
    GRID("mincore(%s, %s bytes)", do_mincore, addresses, sizes),
    GRID("msync(%s, %s bytes)", do_msync, addresses, sizes),
    GRID("msync(S, %s bytes, flags %s)", do_msync_flags, sizes, flags),
    GRID("brk(%s%s)", do_brk, addresses, nothing),
};

static void make_place(void)
{
    raw_syscall2(SYS_munmap, PLACE, 16 * PAGE);
    raw_syscall2(SYS_munmap, TARGET, 16 * PAGE);
    raw_syscall6(SYS_mmap, PLACE, 2 * PAGE, RW, PRIVATE | ABI_MAP_FIXED, MINUS(1), 0);
}

static void print_result(int64_t result)
{
#define ERROR_CASE(name, number) \
    case number: \
        printf(" = " #name "\n"); \
        return;
    switch (-result) {
        ABI_ERRNO_LIST(ERROR_CASE)
    default:
        printf(result == 0 ? " = ok\n" : " = error %d\n", (int)-result);
    }
#undef ERROR_CASE
}

static void run(const struct grid *grid)
{
    for (unsigned i = 0; i < grid->first_count; i++) {
        for (unsigned j = 0; j < grid->second_count; j++) {
            const struct value *first = &grid->first[i], *second = &grid->second[j];

            make_place();
            int64_t result = grid->call(first->number, second->number);

            printf(grid->name, first->name, second->name);
            print_result(result);
        }
    }
}

int main(void)
{
    file = (uint64_t)raw_syscall4(SYS_openat, MINUS(100), (uint64_t)(uintptr_t) "bin/true", 0, 0);
    for (unsigned i = 0; i < COUNT(grids); i++) {
        run(&grids[i]);
    }
    return 0;
}
