/* The caller's address space. */
#include <string.h>

#include "calls.h"

static void try_mappings(void)
{
    const uint64_t anonymous = ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS;
    int64_t address = sys_map_fresh(3 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE), fd = sys_open("/bin/true", 0);
    volatile uint64_t *words = (uint64_t *)address;

    expect_true("mmap_is_zero", address > 0 && words[0] == 0 && words[3 * PAGE / 8 - 1] == 0);
    words[0] = 7;
    expect("mprotect_a_middle_page", sys_protect((uint64_t)address + PAGE, PAGE, ABI_PROT_READ), 0);
    expect("munmap_a_middle_page", sys_unmap((uint64_t)address + PAGE, PAGE), 0);
    expect_true("munmap_leaves_the_neighbours", words[0] == 7 && words[2 * PAGE / 8] == 0);
    expect("munmap_again", sys_unmap((uint64_t)address + PAGE, PAGE), 0);
    expect("mprotect_over_a_hole", sys_protect((uint64_t)address, 3 * PAGE, ABI_PROT_READ), -ENOMEM);
    expect("mmap_noreplace_over_one",
           sys_map((uint64_t)address, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
    expect("mmap_fixed_over_one", sys_map((uint64_t)address, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED, -1, 0),
           address);
    expect_true("mmap_fixed_is_zero_again", words[0] == 0);
    sys_unmap((uint64_t)address, 3 * PAGE);
    expect("mmap_of_nothing", sys_map_fresh(0, ABI_PROT_READ), -EINVAL);
    expect("mmap_unknown_protection", sys_map_fresh(PAGE, 8), -EINVAL);
    expect("mmap_unknown_flag", sys_map(0, PAGE, ABI_PROT_READ, anonymous | 1ull << 30, -1, 0), -EINVAL);
    expect("mmap_high_flag", sys_map(0, PAGE, ABI_PROT_READ, anonymous | 1ull << 40, -1, 0), -EINVAL);
    expect("mmap_neither_shared_nor_private", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_ANONYMOUS, -1, 0), -EINVAL);
    expect("mmap_odd_offset", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, fd, 8), -EINVAL);
    expect("mmap_odd_fixed_address", sys_map(0x90000008, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED, -1, 0),
           -EINVAL);
    expect("mmap_at_null", sys_map(0, PAGE, ABI_PROT_READ, anonymous | ABI_MAP_FIXED, -1, 0) < 0, true);
    expect("mmap_no_file", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, 99, 0), -EBADF);
    expect("mmap_the_console", sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, 0, 0), -ENODEV);
    address = sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, fd, 0);
    expect_true("mmap_a_file", address > 0 && memcmp((void *)address, "\177ELF", 4) == 0);
    sys_unmap((uint64_t)address, PAGE);
    expect("munmap_odd_address", sys_unmap(0x90000008, PAGE), -EINVAL);
    expect("munmap_nothing", sys_unmap(0x90000000, 0), -EINVAL);
    expect("mprotect_odd_address", sys_protect(0x90000008, PAGE, ABI_PROT_READ), -EINVAL);
    expect("mprotect_unknown_bits", sys_protect(0x90000000, PAGE, 0x100), -EINVAL);
    expect("mprotect_what_is_not_there", sys_protect(0x90000000, PAGE, ABI_PROT_READ), -ENOMEM);
    sys_close(fd);
}

static void try_brk(void)
{
    int64_t end = raw_syscall1(SYS_brk, 0);

    expect("brk_grows", raw_syscall1(SYS_brk, (uint64_t)end + 3 * PAGE), end + 3 * (int64_t)PAGE);
    *(volatile char *)(end + 2 * (int64_t)PAGE) = 1;
    expect("brk_shrinks", raw_syscall1(SYS_brk, (uint64_t)end), end);
    expect("brk_grows_again", raw_syscall1(SYS_brk, (uint64_t)end + 3 * PAGE), end + 3 * (int64_t)PAGE);
    expect_true("c21_brk_is_zero_again", *(volatile char *)(end + 2 * (int64_t)PAGE) == 0);
    expect("brk_below_the_start", raw_syscall1(SYS_brk, 0x10000), end + 3 * (int64_t)PAGE);
    raw_syscall1(SYS_brk, (uint64_t)end);
}

static int64_t move(uint64_t address, uint64_t old_size, uint64_t size, uint64_t flags, uint64_t target)
{
    return raw_syscall6(SYS_mremap, address, old_size, size, flags, target, 0);
}

static void try_mremap(void)
{
    uint64_t start = (uint64_t)sys_map_fresh(2 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);

    *(volatile uint64_t *)start = 7;
    expect("mremap_larger_where_it_is_full", move(start, PAGE, 2 * PAGE, 0, 0), -ENOMEM);
    int64_t moved = move(start, PAGE, 3 * PAGE, ABI_MREMAP_MAYMOVE, 0);

    expect_true("mremap_larger_elsewhere", moved > 0 && moved != (int64_t)start);
    expect_true("mremap_takes_the_content_along", moved > 0 && *(volatile uint64_t *)moved == 7);
    expect("mremap_leaves_nothing_behind", sys_protect(start, PAGE, ABI_PROT_READ), -ENOMEM);
    expect("mremap_smaller", move((uint64_t)moved, 3 * PAGE, PAGE, 0, 0), moved);
    expect("mremap_to_nothing", move((uint64_t)moved, PAGE, 0, 0, 0), -EINVAL);
    expect("mremap_odd_address", move((uint64_t)moved + 8, PAGE, PAGE, 0, 0), -EINVAL);
    expect("mremap_unknown_flag", move((uint64_t)moved, PAGE, PAGE, 1ull << 40, 0), -EINVAL);
    expect("mremap_what_is_not_there", move(0x90000000, PAGE, 2 * PAGE, ABI_MREMAP_MAYMOVE, 0), -EFAULT);
    expect("mremap_size_that_wraps", move((uint64_t)moved, PAGE, UINT64_MAX, ABI_MREMAP_MAYMOVE, 0), -EINVAL);
    expect("mremap_over_the_supervisor",
           move((uint64_t)moved, PAGE, PAGE, ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED, SUPERVISOR_START), -EINVAL);
    expect_true("mremap_that_fails_changes_nothing", *(volatile uint64_t *)moved == 7);
    sys_unmap((uint64_t)moved, PAGE);
    sys_unmap(start + PAGE, PAGE);
}

static int64_t advise(uint64_t address, uint64_t size, uint64_t advice)
{
    return raw_syscall3(SYS_madvise, address, size, advice);
}

/* What is told about pages, and asked of them. */
static void try_pages(void)
{
    uint64_t start = (uint64_t)sys_map_fresh(3 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);
    uint8_t in_memory[3] = { 0xaa, 0xaa, 0xaa };

    *(volatile uint64_t *)start = 7;
    sys_unmap(start + 2 * PAGE, PAGE);
    expect("mincore", raw_syscall3(SYS_mincore, start, 2 * PAGE, ADDRESS(in_memory)), 0);
    expect_true("mincore_tells_what_was_touched", in_memory[0] == 1 && in_memory[1] == 0 && in_memory[2] == 0xaa);
    expect("mincore_odd_address", raw_syscall3(SYS_mincore, start + 8, PAGE, ADDRESS(in_memory)), -EINVAL);
    expect("mincore_over_a_hole", raw_syscall3(SYS_mincore, start, 3 * PAGE, ADDRESS(in_memory)), -ENOMEM);
    expect("mincore_of_the_supervisor", raw_syscall3(SYS_mincore, SUPERVISOR_START, PAGE, ADDRESS(in_memory)), -ENOMEM);
    expect("msync", raw_syscall3(SYS_msync, start, 2 * PAGE, ABI_MS_SYNC), 0);
    expect("msync_both_ways", raw_syscall3(SYS_msync, start, PAGE, ABI_MS_SYNC | ABI_MS_ASYNC), -EINVAL);
    expect("msync_high_flag", raw_syscall3(SYS_msync, start, PAGE, 1ull << 32 | ABI_MS_SYNC), -EINVAL);
    expect("msync_over_a_hole", raw_syscall3(SYS_msync, start, 3 * PAGE, ABI_MS_SYNC), -ENOMEM);
    expect("msync_of_the_supervisor", raw_syscall3(SYS_msync, SUPERVISOR_START, PAGE, ABI_MS_SYNC), -ENOMEM);
    expect("madvise_odd_address", advise(start + 8, PAGE, ABI_MADV_DONTNEED), -EINVAL);
    expect("madvise_unknown", advise(start, PAGE, 99), -EINVAL);
    expect("madvise_size_that_wraps", advise(start, UINT64_MAX, ABI_MADV_DONTNEED), -EINVAL);
    expect("madvise_of_the_supervisor", advise(SUPERVISOR_START, PAGE, ABI_MADV_DONTNEED), -ENOMEM);
    expect("madvise_that_fails_changes_nothing", *(volatile int64_t *)start, 7);
    expect("madvise_not_needed", advise(start, PAGE, ABI_MADV_DONTNEED), 0);
    expect("c21_madvise_is_zero_then", *(volatile int64_t *)start, 0);
    sys_unmap(start, 2 * PAGE);
}

void try_memory(void)
{
    try_mappings();
    try_brk();
    try_mremap();
    try_pages();
}
