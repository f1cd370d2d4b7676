/* Address spaces. */
#include "failing.h"

#define READ ABI_PROT_READ
#define READ_WRITE (ABI_PROT_READ | ABI_PROT_WRITE)
#define FIXED (ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED)
#define MIDDLE (AREA + 2 * PAGE)
#define NO_FILE UINT64_MAX

static uint64_t heap_end;

static void file_mapped(void)
{
    sys_map(AREA, 8 * PAGE, READ, ABI_MAP_PRIVATE | ABI_MAP_FIXED, BIG_FILE, 0);
}

static int64_t grow_heap(void)
{
    heap_end = (uint64_t)raw_syscall1(SYS_brk, 0);
    failing_ask(failing_nth);
    return raw_syscall1(SYS_brk, heap_end + 64 * PAGE) == (int64_t)heap_end ? -ENOMEM : 0;
}

static void shrink_heap(int64_t result)
{
    (void)result;
    raw_syscall1(SYS_brk, heap_end);
}

static const struct failing_step rows[] = {
    { SYS_brk, "brk", .call = grow_heap, .undo = shrink_heap, .least = 1 },
    { SYS_mmap, "mmap", .arguments = { AREA, 8 * PAGE, READ_WRITE, FIXED, NO_FILE }, .least = 1 },
    { SYS_mmap, "mmap_populate", .arguments = { AREA, 8 * PAGE, READ_WRITE, FIXED | ABI_MAP_POPULATE, NO_FILE },
      .least = 1 },
    { SYS_mmap, "mmap_shared",
      .arguments = { AREA, 8 * PAGE, READ_WRITE, ABI_MAP_SHARED | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED, NO_FILE },
      .least = 2 },
    { SYS_mmap, "mmap_over", .prepare = failing_touched, .arguments = { MIDDLE, PAGE, READ, FIXED, NO_FILE },
      .least = 1 },
    { SYS_mmap, "mmap_file", .arguments = { AREA, 8 * PAGE, READ, ABI_MAP_PRIVATE | ABI_MAP_FIXED, BIG_FILE },
      .least = 1 },
    { SYS_munmap, "munmap", .prepare = failing_touched, .arguments = { MIDDLE, PAGE }, .least = 1 },
    { SYS_mprotect, "mprotect", .prepare = failing_touched, .arguments = { MIDDLE, PAGE, READ }, .least = 1 },
    { SYS_mremap, "mremap_grow", .prepare = failing_touched, .arguments = { AREA, 8 * PAGE, 64 * PAGE } },
    { SYS_mremap, "mremap_move", .prepare = failing_touched,
      .arguments = { AREA, 8 * PAGE, 9 * PAGE, ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED, ELSEWHERE }, .least = 1 },
    { SYS_mremap, "mremap_move_middle", .prepare = failing_shared,
      .arguments = { MIDDLE, 2 * PAGE, 4 * PAGE, ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED, ELSEWHERE }, .least = 2 },
    { SYS_madvise, "madvise_willneed", .prepare = file_mapped, .arguments = { AREA, 8 * PAGE, ABI_MADV_WILLNEED },
      .least = 1 },
    { SYS_madvise, "madvise_dontneed", .prepare = failing_touched, .arguments = { MIDDLE, PAGE, ABI_MADV_DONTNEED } },
    { SYS_mincore, "mincore", .prepare = failing_fresh, .arguments = { AREA, 8 * PAGE, FRESH_TOO }, .least = 1 },
    { SYS_msync, "msync", .prepare = failing_shared, .arguments = { AREA, 8 * PAGE, ABI_MS_SYNC } },
    { SYS_futex, "futex_wait", .prepare = failing_fresh, .arguments = { FRESH, ABI_FUTEX_WAIT, 0, FRESH_TOO },
      .well = -ETIMEDOUT, .least = 1 },
    { SYS_futex, "futex_wait_shared", .prepare = failing_shared, .arguments = { FRESH, ABI_FUTEX_WAIT, 1, 0 },
      .well = -EAGAIN },
    { SYS_futex, "futex_requeue", .prepare = failing_fresh,
      .arguments = { FRESH, ABI_FUTEX_CMP_REQUEUE, 1, 1, FRESH_TOO, 0 }, .least = 1 },
    { SYS_futex, "futex_wake", .prepare = failing_fresh, .arguments = { FRESH, ABI_FUTEX_WAKE, 1 } },
};

const struct failing_steps failing_memory = { rows, COUNT(rows) };
