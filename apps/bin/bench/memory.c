/*
 * What first touches of pages cost. Each figure touches the pages of fresh mappings, all of them twice over: the first
 * round warms up the supervisor's pools, the second is counted, less what touching the same pages costs once more.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define PAGE_BYTES 4096
#define ZERO_PAGES REPETITIONS
/* A file that is always there. Its pages are touched anew in so many rounds that there are enough repetitions. */
#define FILE_PATH "/lib/libc"
#define FILE_PAGES 80
#define FILE_ROUNDS 13
_Static_assert(FILE_PAGES *FILE_ROUNDS >= REPETITIONS, "enough of them");

static void store(void *context, size_t index)
{
    ((volatile char *)context)[index * PAGE_BYTES] = 1;
}

static void load(void *context, size_t index)
{
    (void)((volatile char *)context)[index * PAGE_BYTES];
}

/* Touch the pages of @memory for the first time, and again. Returns the difference a page. */
static uint64_t touch(bench_act *act, char *memory, size_t page_count)
{
    uint64_t first = measure(act, memory, page_count);
    uint64_t again = measure(act, memory, page_count);

    return first - again;
}

bool bench_fault_zero(const char *name)
{
    uint64_t cost = 0;

    for (int round = 0; round < 2; round++) {
        char *memory = mmap(NULL, ZERO_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED) {
            return measure_failed(name);
        }
        cost = touch(store, memory, ZERO_PAGES);
        munmap(memory, ZERO_PAGES * PAGE_BYTES);
    }
    return measure_print(name, cost, "instructions");
}

/*
 * One round over the file's pages in a fresh private mapping: touched by @act, after @before when that is not NULL.
 * Returns the cost a page, or -1 with errno.
 */
static int64_t file_round(int fd, int protection, bench_act *before, bench_act *act)
{
    char *memory = mmap(NULL, FILE_PAGES * PAGE_BYTES, protection, MAP_PRIVATE, fd, 0);

    if (memory == MAP_FAILED) {
        return -1;
    }
    for (size_t i = 0; before != NULL && i < FILE_PAGES; i++) {
        before(memory, i);
    }
    int64_t cost = (int64_t)touch(act, memory, FILE_PAGES);

    munmap(memory, FILE_PAGES * PAGE_BYTES);
    return cost;
}

static bool bench_file(const char *name, int protection, bench_act *before, bench_act *act)
{
    int fd = open(FILE_PATH, O_RDONLY);
    int64_t sum = 0;

    if (fd < 0) {
        return measure_failed(name);
    }
    for (int round = -1; round < FILE_ROUNDS; round++) {
        int64_t cost = file_round(fd, protection, before, act);

        if (cost < 0) {
            close(fd);
            return measure_failed(name);
        }
        sum += round < 0 ? 0 : cost;
    }
    close(fd);
    return measure_print(name, (uint64_t)(sum + FILE_ROUNDS / 2) / FILE_ROUNDS, "instructions");
}

bool bench_fault_cow(const char *name)
{
    return bench_file(name, PROT_READ | PROT_WRITE, load, store);
}

bool bench_fault_map(const char *name)
{
    return bench_file(name, PROT_READ, NULL, load);
}
