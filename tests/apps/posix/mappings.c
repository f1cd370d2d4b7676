/*
 * mappings: mremap, madvise, mincore, msync, as Linux has them: what is moved is the same memory, what is not needed
 * comes back as it began, and holes are told of.
 *
 *     mappings          all of it
 *     mappings many     100,000 mappings of a page, or as many as there is memory for (hostile case A13)
 *     mappings deep     a stack that needs more than there is (it ends by SIGSEGV)
 */
#include "posix.h"

#include <fcntl.h>
#include <sys/mman.h>

#define PAGE 4096l
#define RW (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS)
/* Where nothing else is. */
#define PLACE ((char *)0x20000000)
#define ELSEWHERE ((char *)0x28000000)

static char *map_at(char *address, long pages, int protection, int flags)
{
    return mmap(address, (size_t)(pages * PAGE), protection, flags | (address != NULL ? MAP_FIXED : 0), -1, 0);
}

static void unmap(char *address, long pages)
{
    munmap(address, (size_t)(pages * PAGE));
}

static void fill(char *memory, long pages)
{
    for (long i = 0; i < pages; i++) {
        memory[i * PAGE] = (char)(i + 1);
    }
}

/* How many of the first @pages are as fill() made them. */
static long count_filled(const char *memory, long pages)
{
    long count = 0;

    for (long i = 0; i < pages; i++) {
        count += memory[i * PAGE] == (char)(i + 1);
    }
    return count;
}

/* How many of @pages are in memory, or -errno. */
static long resident(char *memory, long pages)
{
    unsigned char vector[64];
    long count = 0;

    if (mincore(memory, (size_t)(pages * PAGE), vector) != 0) {
        return -errno;
    }
    for (long i = 0; i < pages; i++) {
        count += vector[i] & 1;
    }
    return count;
}

static char *remap(char *memory, long old_pages, long new_pages, int flags, char *target)
{
    return mremap(memory, (size_t)(old_pages * PAGE), (size_t)(new_pages * PAGE), flags, target);
}

static void try_sizes(void)
{
    char *memory = map_at(PLACE, 8, RW, PRIVATE);

    fill(memory, 8);
    expect_true("mremap_to_the_same_size", remap(memory, 8, 8, 0, NULL) == memory);
    expect_true("mremap_shrinks", remap(memory, 8, 4, 0, NULL) == memory);
    expect("mremap_shrunk_ends_there", resident(memory + 4 * PAGE, 1), -ENOMEM);
    expect_true("mremap_grows_where_it_is", remap(memory, 4, 6, 0, NULL) == memory);
    expect("mremap_keeps_pages", count_filled(memory, 4), 4);
    expect("mremap_gives_zeros", memory[4 * PAGE] | memory[5 * PAGE], 0);
    map_at(PLACE + 6 * PAGE, 1, PROT_READ, PRIVATE);
    expect_error("mremap_without_room_and_leave_to_move", (long)remap(memory, 6, 7, 0, NULL), ENOMEM);
    char *moved = remap(memory, 6, 32, MREMAP_MAYMOVE, NULL);

    expect_true("mremap_moves", moved != MAP_FAILED && moved != memory);
    expect("mremap_moved_pages", count_filled(moved, 4), 4);
    expect("mremap_moved_away", resident(memory, 1), -ENOMEM);
    moved[31 * PAGE] = 1;
    expect("mremap_moved_can_be_written", moved[31 * PAGE], 1);
    unmap(moved, 32);
    unmap(PLACE, 8);
}

static void try_places(void)
{
    char *memory = map_at(PLACE, 4, RW, PRIVATE), *other = map_at(ELSEWHERE, 8, RW, PRIVATE);

    fill(memory, 4);
    fill(other, 8);
    mprotect(memory, 4 * PAGE, PROT_NONE);
    expect_true("mremap_fixed", remap(memory, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, other + PAGE) == other + PAGE);
    expect("mremap_fixed_moved_away", resident(memory, 1), -ENOMEM);
    mprotect(other + PAGE, 4 * PAGE, PROT_READ);
    expect("mremap_fixed_moves_pages_without_access", count_filled(other + PAGE, 4), 4);
    expect("mremap_fixed_leaves_what_is_below", other[0], 1);
    expect("mremap_fixed_leaves_what_is_above", other[5 * PAGE], 6);
    expect_error("mremap_fixed_overlap", (long)remap(other, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, other + PAGE), EINVAL);
    expect_error("mremap_fixed_without_maymove", (long)remap(other, 1, 1, MREMAP_FIXED, memory), EINVAL);
    expect_error("mremap_dontunmap", (long)remap(other, 1, 1, MREMAP_MAYMOVE | 4, NULL), EINVAL);
    expect_error("mremap_nothing_there", (long)remap(memory, 1, 2, MREMAP_MAYMOVE, NULL), EFAULT);
    expect_error("mremap_two_mappings", (long)remap(other, 2, 3, MREMAP_MAYMOVE, NULL), EFAULT);
    expect_error("a8_mremap_over_the_text_window",
                 (long)remap(other, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)0x70000000), EPERM);
    expect_error("a8_mremap_of_the_text_window",
                 (long)remap((char *)0x70000000, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, memory), EPERM);
    expect_error("a8_madvise_in_the_data_window", madvise((char *)0x80000000, PAGE, MADV_DONTNEED), EPERM);
    unmap(other, 8);
}

static void try_shared(void)
{
    char *memory = map_at(PLACE, 4, RW, SHARED);

    fill(memory, 4);
    char *twice = remap(memory, 0, 4, MREMAP_MAYMOVE, NULL);

    expect_true("mremap_of_size_0_shows_it_again", twice != MAP_FAILED && twice != memory);
    expect("mremap_again_is_the_same", count_filled(twice, 4), 4);
    twice[PAGE] = 42;
    expect("mremap_again_is_one_memory", memory[PAGE], 42);
    expect("madvise_dontneed_shared", madvise(memory, 4 * PAGE, MADV_DONTNEED), 0);
    expect("madvise_dontneed_keeps_shared_pages", memory[PAGE], 42);
    expect("mincore_shared", resident(twice, 4), 4);
    expect("msync_shared", msync(memory, 4 * PAGE, MS_SYNC | MS_INVALIDATE), 0);
    unmap(twice, 4);
    unmap(memory, 4);
}

static void try_rights(void)
{
    int file = open("/bin/mappings", O_RDONLY);
    char *memory = mmap(PLACE, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
    char *moved = remap(memory, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, ELSEWHERE);

    expect_true("a8_mremap_of_a_file", moved == ELSEWHERE);
    expect_error("a8_mremap_gives_no_right", mprotect(moved, PAGE, RW), EACCES);
    unmap(moved, 2);
    memory = mmap(PLACE, 2 * PAGE, RW, MAP_PRIVATE | MAP_FIXED, file, 0);
    memory[1] = 'x';
    moved = remap(memory, 2, 3, MREMAP_MAYMOVE | MREMAP_FIXED, ELSEWHERE);
    expect("mremap_keeps_a_private_copy", moved[1], 'x');
    expect("a5_mremap_writes_no_file", *(char *)mmap(PLACE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0), 0x7f);
    expect("madvise_dontneed_of_a_file", madvise(moved, PAGE, MADV_DONTNEED), 0);
    expect("madvise_dontneed_brings_the_file_back", moved[1], 'E');
    expect_error("madvise_free_of_a_file", madvise(moved, PAGE, MADV_FREE), EINVAL);
    expect("mincore_file", resident(moved, 2), 2);
    moved = remap(moved, 3, 3, MREMAP_MAYMOVE | MREMAP_FIXED, PLACE);
    mprotect(moved, PAGE, PROT_READ | PROT_EXEC);
    expect_error("a8_moved_never_writable_and_executable", mprotect(moved, PAGE, RW | PROT_EXEC), EACCES);
    unmap(PLACE, 3);
    close(file);
}

static void try_advice(void)
{
    static const int accepted[] = { MADV_NORMAL,   MADV_RANDOM,   MADV_SEQUENTIAL,
                                    MADV_WILLNEED, MADV_HUGEPAGE, MADV_NOHUGEPAGE };
    char *memory = map_at(PLACE, 8, RW, PRIVATE);
    int wrong = 0;

    fill(memory, 8);
    expect("c21_madvise_dontneed", madvise(memory + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
    expect("c21_madvise_dontneed_gives_zeros", memory[PAGE] | memory[2 * PAGE], 0);
    expect("madvise_dontneed_leaves_others", memory[0] + memory[3 * PAGE], 5);
    expect("c21_madvise_free", madvise(memory, PAGE, MADV_FREE), 0);
    expect("c21_madvise_free_gives_zeros", memory[0], 0);
    for (unsigned i = 0; i < COUNT(accepted); i++) {
        wrong += madvise(memory, 8 * PAGE, accepted[i]) != 0;
    }
    expect("madvise_hints", wrong, 0);
    expect("madvise_hints_change_nothing", count_filled(memory + 3 * PAGE, 5) + memory[3 * PAGE], 4);
    expect_error("madvise_unknown", madvise(memory, PAGE, 7), EINVAL);
    expect_error("madvise_odd_address", madvise(memory + 1, PAGE, MADV_NORMAL), EINVAL);
    unmap(memory + 4 * PAGE, 1);
    expect_error("madvise_hole", madvise(memory, 8 * PAGE, MADV_DONTNEED), ENOMEM);
    expect("madvise_hole_is_passed_over", memory[3 * PAGE] | memory[5 * PAGE], 0);
    expect("posix_madvise", posix_madvise(memory, PAGE, POSIX_MADV_WILLNEED), 0);
    expect("posix_madvise_unknown", posix_madvise(memory, PAGE, 77), EINVAL);
    memory[0] = 3;
    expect("posix_madvise_forgets", posix_madvise(memory, PAGE, POSIX_MADV_DONTNEED), 0);
    expect("posix_madvise_nothing", memory[0], 3);
    unmap(memory, 8);
}

static void try_residence(void)
{
    char *memory = map_at(PLACE, 8, RW, PRIVATE);

    expect("mincore_untouched", resident(memory, 8), 0);
    memory[PAGE] = 1;
    expect("mincore_touched", resident(memory, 8), 1);
    mprotect(memory, 8 * PAGE, PROT_NONE);
    expect("mincore_without_access", resident(memory, 8), 1);
    expect_error("mincore_odd_address", mincore(memory + 1, PAGE, (unsigned char *)PLACE), EINVAL);
    expect_error("mincore_vector_without_access", mincore(memory, PAGE, (unsigned char *)memory), EFAULT);
    unmap(memory + 3 * PAGE, 1);
    expect("mincore_hole", resident(memory, 8), -ENOMEM);
    expect("msync", msync(memory, 3 * PAGE, MS_ASYNC), 0);
    expect_error("msync_hole", msync(memory, 8 * PAGE, MS_SYNC), ENOMEM);
    expect_error("msync_both", msync(memory, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
    expect_error("msync_unknown", msync(memory, PAGE, 8), EINVAL);
    unmap(memory, 8);
}

/* Use @bytes of stack. */
__attribute__((noinline)) static int use_stack(long bytes)
{
    volatile char frame[PAGE];

    frame[0] = (char)(bytes / PAGE);
    return bytes <= PAGE ? frame[0] : use_stack(bytes - PAGE) + (frame[0] != (char)(bytes / PAGE));
}

static void try_stacks(void)
{
    expect("main_stack_grows", use_stack(6l << 20), 1);
    expect("main_stack_has_its_end", status_of(start_with("mappings", "deep", "", -1, -1)), 128 + 11);
    char *stack = map_at(ELSEWHERE, 1, RW, PRIVATE | MAP_GROWSDOWN | MAP_STACK | MAP_NORESERVE);

    stack[-1] = 1;
    stack[-3 * PAGE] = 2;
    expect("growsdown_grows", stack[-1] + stack[-3 * PAGE] + stack[-2 * PAGE], 3);
    expect("growsdown_is_mapped", resident(stack - 3 * PAGE, 4), 3);
    unmap(stack - 3 * PAGE, 4);
    expect_error("growsdown_shared", (long)map_at(NULL, 1, RW, SHARED | MAP_GROWSDOWN), EINVAL);
    stack = map_at(ELSEWHERE, 1024, RW, PRIVATE | MAP_POPULATE);
    long count = 0;

    for (long i = 0; i < 1024; i += 64) {
        count += resident(stack + i * PAGE, 64);
    }
    expect("populate_makes_pages", count, 1024);
    unmap(stack, 1024);
    stack = map_at(ELSEWHERE, 8, PROT_READ, PRIVATE | MAP_POPULATE);
    expect("populate_makes_no_pages_that_are_only_read", resident(stack, 8), 0);
    unmap(stack, 8);
    stack = map_at(NULL, 8, RW, SHARED | MAP_POPULATE);
    expect("populate_makes_shared_pages", resident(stack, 8), 8);
    unmap(stack, 8);
}

/* No two neighbours are alike, so that each is an entry of its own. */
static int many(void)
{
    char *place = (char *)0x100000000;
    long count = 0;

    while (count < 100000 &&
           map_at(place + count * PAGE, 1, count % 2 == 0 ? PROT_READ : PROT_NONE, PRIVATE) != MAP_FAILED) {
        count++;
    }
    if (count < 100000) {
        expect("a13_many_entries_end_by_an_error", errno, ENOMEM);
    } else {
        expect("a13_many_entries_fit", count, 100000);
    }
    expect_true("a13_many_entries_there_were", count > 10000);
    expect("a13_entries_are_found_among_many", mprotect(place + (count / 2) * PAGE, PAGE, PROT_NONE), 0);
    expect("a13_advice_over_many", madvise(place, (size_t)(count * PAGE), MADV_DONTNEED), 0);
    expect("a13_many_are_moved_one_by_one",
           remap(place, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, place + (count - 1) * PAGE) != MAP_FAILED, 1);
    expect("a13_many_go_at_once", munmap(place, (size_t)(count * PAGE)), 0);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "many") == 0) {
        return many();
    }
    if (argc > 1) {
        return use_stack(9l << 20);
    }
    try_stacks();
    try_sizes();
    try_places();
    try_shared();
    try_rights();
    try_advice();
    try_residence();
    return 0;
}
