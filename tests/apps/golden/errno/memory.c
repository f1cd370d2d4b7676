/* mmap, munmap, mprotect, mremap, madvise, mincore, msync, brk. */
#include "golden.h"

#define ANYWHERE (ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS)
#define SHARED (ABI_MAP_SHARED | ABI_MAP_ANONYMOUS)
#define FIXED (ANYWHERE | ABI_MAP_FIXED)
#define FREE_ONLY (ANYWHERE | ABI_MAP_FIXED_NOREPLACE)
#define RW (ABI_PROT_READ | ABI_PROT_WRITE)
#define NO_FILE MINUS(1)

static const struct row maps[] = {
    ROW_MAP(mmap, "a page", 0, PAGE, RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "a byte", 0, 1, RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "a shared page", 0, PAGE, RW, SHARED, NO_FILE, 0),
    ROW_MAP(mmap, "without access", 0, PAGE, ABI_PROT_NONE, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "only to be executed", 0, PAGE, ABI_PROT_EXEC, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "to be written and executed", 0, PAGE, RW | ABI_PROT_EXEC, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "protection 8", 0, PAGE, 8, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "protection -1", 0, PAGE, MINUS(1), ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "nothing", 0, 0, RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "nothing of a closed one", 0, 0, RW, ABI_MAP_PRIVATE, FREE, 0),
    ROW_MAP(mmap, "2^38 bytes", 0, USER_END, RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "2^63 bytes", 0, 1ull << 63, RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "-1 bytes", 0, MINUS(1), RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "neither private nor shared", 0, PAGE, RW, ABI_MAP_ANONYMOUS, NO_FILE, 0),
    ROW_MAP(mmap, "type 15", 0, PAGE, RW, ABI_MAP_TYPE | ABI_MAP_ANONYMOUS, NO_FILE, 0),
    ROW_MAP(mmap, "a flag that there is not", 0, PAGE, RW, ANYWHERE | 1u << 30, NO_FILE, 0),
    ROW_MAP(mmap, "populated", 0, PAGE, RW, ANYWHERE | ABI_MAP_POPULATE, NO_FILE, 0),
    ROW_MAP(mmap, "not reserved", 0, PAGE, RW, ANYWHERE | ABI_MAP_NORESERVE, NO_FILE, 0),
    ROW_MAP(mmap, "a hint that is taken", GOOD, PAGE, RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "a hint that is unaligned", SCRATCH + 1, PAGE, RW, ANYWHERE, NO_FILE, 0),
    ROW_MAP(mmap, "a hint that is the supervisor's", SUPERVISOR, PAGE, RW, ANYWHERE, NO_FILE, 0),
    ROW(mmap, "fixed", SCRATCH, PAGE, RW, FIXED, NO_FILE, 0),
    ROW(mmap, "fixed, in the place of another", SCRATCH, PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, only where it is free, but it is not", SCRATCH, PAGE, RW, FREE_ONLY, NO_FILE, 0),
    ROW(munmap, "what was fixed", SCRATCH, PAGE),
    ROW_MAP(mmap, "fixed, only where it is free", SCRATCH, PAGE, RW, FREE_ONLY, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, unaligned", SCRATCH + 1, PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, at null", 0, PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, at the end of user memory", USER_END, PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, across the end of user memory", USER_END - PAGE, 2 * PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, the supervisor's", SUPERVISOR, PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, the last page", LAST_PAGE, PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "fixed, a sum that wraps", LAST_PAGE, 2 * PAGE, RW, FIXED, NO_FILE, 0),
    ROW_MAP(mmap, "a file", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, FILE_AT, 0),
    ROW_MAP(mmap, "a file, to be written privately", 0, PAGE, RW, ABI_MAP_PRIVATE, FILE_AT, 0),
    ROW_MAP(mmap, "a file, shared", 0, PAGE, ABI_PROT_READ, ABI_MAP_SHARED, FILE_AT, 0),
    ROW_MAP(mmap, "a file, shared, to be written", 0, PAGE, RW, ABI_MAP_SHARED, FILE_AT, 0),
    ROW_MAP(mmap, "a file, from an odd offset", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, FILE_AT, 1),
    ROW_MAP(mmap, "a file, from behind its end", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, FILE_AT, 1u << 30),
    ROW_MAP(mmap, "a file, from the last page of all", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, FILE_AT, LAST_PAGE),
    ROW_MAP(mmap, "a file, from 2^63", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, FILE_AT, 1ull << 63),
    ROW_MAP(mmap, "a folder", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, FOLDER, 0),
    ROW_MAP(mmap, "a pipe", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, PIPE_IN, 0),
    ROW_MAP(mmap, "a pipe's writing end", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, PIPE_OUT, 0),
    ROW_MAP(mmap, "the console", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, CONSOLE, 0),
    ROW_MAP(mmap, "/dev/null", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, NOTHING, 0),
    ROW_MAP(mmap, "/dev/zero", 0, PAGE, RW, ABI_MAP_PRIVATE, ZEROS, 0),
    ROW_MAP(mmap, "a closed one", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, FREE, 0),
    ROW_MAP(mmap, "-1, a file", 0, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE, MINUS(1), 0),
    ROW_MAP(mmap, "anonymous, an odd offset", 0, PAGE, RW, ANYWHERE, NO_FILE, 1),
    ROW_MAP(mmap, "anonymous, a closed one", 0, PAGE, RW, ANYWHERE, FREE, 0),
};

static const struct row unmaps[] = {
    ROW(munmap, "nothing there", SCRATCH, PAGE),
    ROW(munmap, "no bytes", SCRATCH, 0),
    ROW(munmap, "unaligned", SCRATCH + 1, PAGE),
    ROW(munmap, "an odd size", SCRATCH, 1),
    ROW(munmap, "null", 0, PAGE),
    ROW(munmap, "to the end of user memory", USER_END - PAGE, PAGE),
    ROW(munmap, "across the end of user memory", USER_END - PAGE, 2 * PAGE),
    ROW(munmap, "the supervisor's", SUPERVISOR, PAGE),
    ROW(munmap, "the last page but one", LAST_PAGE - PAGE, PAGE),
    ROW(munmap, "-1 bytes", SCRATCH, MINUS(1)),
    ROW(munmap, "a sum that wraps", SCRATCH, LAST_PAGE),
    ROW(mprotect, "nothing there", SCRATCH, PAGE, ABI_PROT_READ),
    ROW(mprotect, "no bytes", SCRATCH, 0, ABI_PROT_READ),
    ROW(mprotect, "no bytes, unaligned", SCRATCH + 1, 0, ABI_PROT_READ),
    ROW(mprotect, "unaligned", READ_ONLY + 1, PAGE, ABI_PROT_READ),
    ROW(mprotect, "as it is", READ_ONLY, PAGE, ABI_PROT_READ),
    ROW(mprotect, "as it is, an odd size", READ_ONLY, 1, ABI_PROT_READ),
    ROW(mprotect, "across its end", READ_ONLY, 2 * PAGE, ABI_PROT_READ),
    ROW(mprotect, "to be written and executed", READ_ONLY, PAGE, RW | ABI_PROT_EXEC),
    ROW(mprotect, "back again", READ_ONLY, PAGE, ABI_PROT_READ),
    ROW(mprotect, "protection 16", READ_ONLY, PAGE, 16),
    ROW(mprotect, "protection -1", READ_ONLY, PAGE, MINUS(1)),
    ROW(mprotect, "null", 0, PAGE, ABI_PROT_READ),
    ROW(mprotect, "the supervisor's", SUPERVISOR, PAGE, ABI_PROT_READ),
    ROW(mprotect, "the last page but one", LAST_PAGE - PAGE, PAGE, ABI_PROT_READ),
    ROW(mprotect, "-1 bytes", READ_ONLY, MINUS(1), ABI_PROT_READ),
    ROW(mprotect, "a sum that wraps", READ_ONLY, LAST_PAGE, ABI_PROT_READ),
};

#define MOVE_TO (ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED)

static const struct row changes[] = {
    ROW(mmap, "two pages to be moved", SCRATCH, 2 * PAGE, RW, FIXED, NO_FILE, 0),
    ROW_OK(mremap, "as it is", SCRATCH, 2 * PAGE, 2 * PAGE, 0),
    ROW_OK(mremap, "larger", SCRATCH, 2 * PAGE, 4 * PAGE, 0),
    ROW_OK(mremap, "larger, from the middle", SCRATCH, PAGE, 4 * PAGE, 0),
    ROW_OK(mremap, "smaller", SCRATCH, 4 * PAGE, 2 * PAGE, 0),
    ROW_OK(mremap, "to no bytes", SCRATCH, 2 * PAGE, 0, 0),
    ROW_OK(mremap, "from no bytes", SCRATCH, 0, PAGE, ABI_MREMAP_MAYMOVE),
    ROW_OK(mremap, "unaligned", SCRATCH + 1, PAGE, PAGE, 0),
    ROW_OK(mremap, "more than there is", SCRATCH, 3 * PAGE, 4 * PAGE, ABI_MREMAP_MAYMOVE),
    ROW_OK(mremap, "nothing there", UNMAPPED, PAGE, 2 * PAGE, ABI_MREMAP_MAYMOVE),
    ROW_OK(mremap, "a flag that there is not", SCRATCH, PAGE, PAGE, 8),
    ROW_OK(mremap, "to a place, but not moved", SCRATCH, PAGE, PAGE, ABI_MREMAP_FIXED, SCRATCH + 8 * PAGE),
    ROW_OK(mremap, "to a place", SCRATCH, 2 * PAGE, 2 * PAGE, MOVE_TO, SCRATCH + 8 * PAGE),
    ROW_OK(mremap, "to a place that is unaligned", SCRATCH + 8 * PAGE, PAGE, PAGE, MOVE_TO, SCRATCH + 1),
    ROW_OK(mremap, "to a place of its own", SCRATCH + 8 * PAGE, 2 * PAGE, 2 * PAGE, MOVE_TO, SCRATCH + 9 * PAGE),
    ROW_OK(mremap, "to the supervisor's", SCRATCH + 8 * PAGE, PAGE, PAGE, MOVE_TO, SUPERVISOR),
    ROW_OK(mremap, "back again", SCRATCH + 8 * PAGE, 2 * PAGE, 2 * PAGE, MOVE_TO, SCRATCH),
    ROW(madvise, "normal", SCRATCH, 2 * PAGE, ABI_MADV_NORMAL),
    ROW(madvise, "random", SCRATCH, 2 * PAGE, ABI_MADV_RANDOM),
    ROW(madvise, "sequential", SCRATCH, 2 * PAGE, ABI_MADV_SEQUENTIAL),
    ROW(madvise, "not needed", SCRATCH, 2 * PAGE, ABI_MADV_DONTNEED),
    ROW(madvise, "free", SCRATCH, 2 * PAGE, ABI_MADV_FREE),
    ROW(madvise, "no bytes", SCRATCH, 0, ABI_MADV_DONTNEED),
    ROW(madvise, "unaligned", SCRATCH + 1, PAGE, ABI_MADV_DONTNEED),
    ROW(madvise, "across its end", SCRATCH, 3 * PAGE, ABI_MADV_DONTNEED),
    ROW(madvise, "nothing there", UNMAPPED, PAGE, ABI_MADV_DONTNEED),
    ROW(madvise, "an advice that there is not", SCRATCH, PAGE, 7),
    ROW(madvise, "advice -1", SCRATCH, PAGE, MINUS(1)),
    ROW(madvise, "-1 bytes", SCRATCH, MINUS(1), ABI_MADV_DONTNEED),
    ROW(madvise, "a sum that wraps", SCRATCH, LAST_PAGE, ABI_MADV_DONTNEED),
    ROW(mincore, "two pages", SCRATCH, 2 * PAGE, GOOD),
    ROW(mincore, "no bytes", SCRATCH, 0, GOOD),
    ROW(mincore, "unaligned", SCRATCH + 1, PAGE, GOOD),
    ROW(mincore, "across its end", SCRATCH, 3 * PAGE, GOOD),
    ROW(mincore, "nothing there", UNMAPPED, PAGE, GOOD),
    ROW(mincore, "to memory that can only be read", SCRATCH, PAGE, READ_ONLY),
    ROW(mincore, "to null", SCRATCH, PAGE, 0),
    ROW(mincore, "to the supervisor's", SCRATCH, PAGE, SUPERVISOR),
    ROW(mincore, "-1 bytes", SCRATCH, MINUS(1), GOOD),
    ROW(msync, "at once", SCRATCH, 2 * PAGE, ABI_MS_SYNC),
    ROW(msync, "some time", SCRATCH, 2 * PAGE, ABI_MS_ASYNC),
    ROW(msync, "no flag", SCRATCH, 2 * PAGE, 0),
    ROW(msync, "at once and some time", SCRATCH, PAGE, ABI_MS_SYNC | ABI_MS_ASYNC),
    ROW(msync, "a flag that there is not", SCRATCH, PAGE, 8),
    ROW(msync, "no bytes", SCRATCH, 0, ABI_MS_SYNC),
    ROW(msync, "unaligned", SCRATCH + 1, PAGE, ABI_MS_SYNC),
    ROW(msync, "across its end", SCRATCH, 3 * PAGE, ABI_MS_SYNC),
    ROW(msync, "nothing there", UNMAPPED, PAGE, ABI_MS_SYNC),
    ROW(msync, "a sum that wraps", SCRATCH, LAST_PAGE, ABI_MS_SYNC),
    ROW(munmap, "what was moved", SCRATCH, 2 * PAGE),
};

/* brk never fails: it gives the end that there is. */
static void try_break(void)
{
    static const struct {
        const char *words;
        uint64_t end;
    } refused[] = {
        { "null", 0 },
        { "1", 1 },
        { "before the heap", PAGE },
        { "the end of user memory", USER_END },
        { "the supervisor's", SUPERVISOR },
        { "-1", MINUS(1) },
    };
    uint64_t end = (uint64_t)raw_syscall1(SYS_brk, 0);

    for (unsigned i = 0; i < COUNT(refused); i++) {
        bool is_same = (uint64_t)raw_syscall1(SYS_brk, refused[i].end) == end;

        print_result("brk", refused[i].words, RESULT_VALUE, is_same ? 0 : -EINVAL);
    }
    uint64_t more = (uint64_t)raw_syscall1(SYS_brk, end + 3 * PAGE + 1);

    print_result("brk", "3 pages and a byte more", RESULT_VALUE, (int64_t)(more - end));
    print_result("brk", "back again", RESULT_VALUE, (int64_t)((uint64_t)raw_syscall1(SYS_brk, end) - end));
}

void try_memory(void)
{
    RUN(maps);
    RUN(unmaps);
    RUN(changes);
    try_break();
}
