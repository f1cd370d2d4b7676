/*
 * Trees of tasks by fork: every task sees its own private pages, whatever its parents and children have written since,
 * and all see the same shared page.
 */
#include <signal.h>

#include "abi_types.h"
#include "raw_syscall.h"
#include "stress.h"

#define PAGES 24u
#define PAGE_BYTES 4096u
#define WORDS_PER_PAGE (PAGE_BYTES / sizeof(uint64_t))
#define GENERATIONS 3u
#define CRASH_TREES 64u /* one of so many ends with an access that is refused */

static volatile uint64_t *private_words; /* the first and the last word of page i are tags[i] */
static volatile uint64_t *shared_words; /* how many children have ended, by generation */
static uint64_t tags[PAGES];
static uint64_t last_tag;

static volatile uint64_t *map_pages(unsigned count, uint64_t type)
{
    int64_t start = raw_syscall6(SYS_mmap, 0, count * PAGE_BYTES, ABI_PROT_READ | ABI_PROT_WRITE,
                                 type | ABI_MAP_ANONYMOUS, UINT64_MAX, 0);

    stress_check(start > 0, "memory for the trees");
    return (volatile uint64_t *)start;
}

void forks_begin(void)
{
    private_words = map_pages(PAGES, ABI_MAP_PRIVATE);
    shared_words = map_pages(1, ABI_MAP_SHARED);
}

static void write_some(unsigned generation)
{
    for (unsigned i = stress_pick(PAGES / 2); i > 0; i--) {
        unsigned page = stress_pick(PAGES);

        tags[page] = ++last_tag * (GENERATIONS + 1) + generation;
        private_words[page * WORDS_PER_PAGE] = tags[page];
        private_words[(page + 1) * WORDS_PER_PAGE - 1] = tags[page];
    }
}

static void look(void)
{
    for (unsigned page = 0; page < PAGES; page++) {
        uint64_t first = private_words[page * WORDS_PER_PAGE], last = private_words[(page + 1) * WORDS_PER_PAGE - 1];

        if (first != tags[page] || last != tags[page]) {
            stress_fail("page %u at %p shows %#llx and %#llx, not %#llx", page,
                        (void *)&private_words[page * WORDS_PER_PAGE], (unsigned long long)first,
                        (unsigned long long)last, (unsigned long long)tags[page]);
        }
    }
}

static void grow_tree(unsigned generation);

static _Noreturn void live(unsigned generation)
{
    look();
    write_some(generation);
    if (generation < GENERATIONS && stress_pick(2) == 0) {
        grow_tree(generation);
    }
    look();
    __atomic_fetch_add(&shared_words[generation], 1, __ATOMIC_SEQ_CST);
    child_end();
}

/* One child, which may have children; both sides write while the other does. */
static void grow_tree(unsigned generation)
{
    uint64_t ended = shared_words[generation + 1];
    int64_t pid = child_fork();

    if (pid == 0) {
        live(generation + 1);
    }
    write_some(generation);
    look();
    if (pid > 0) {
        child_wait(pid, 0);
        stress_check_equal((int64_t)shared_words[generation + 1], (int64_t)ended + 1, "what a child wrote for all");
    }
    look();
}

/* What only the child may not do ends only the child. */
static void crash(void)
{
    int64_t pid = child_fork();

    if (pid == 0) {
        raw_syscall3(SYS_mprotect, (uint64_t)private_words, PAGE_BYTES, ABI_PROT_READ);
        private_words[0] = 0;
        child_end();
    }
    if (pid > 0) {
        child_wait(pid, SIGSEGV);
    }
    look();
}

void forks_step(void)
{
    write_some(0);
    if (stress_pick(CRASH_TREES) == 0) {
        crash();
    } else {
        grow_tree(0);
    }
}
