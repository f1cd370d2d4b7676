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

void try_memory(void)
{
    try_mappings();
    try_brk();
}
