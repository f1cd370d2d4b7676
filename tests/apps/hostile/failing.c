/*
 * failing: every system call that can allocate, with its n-th allocation failing, for n = 1, 2, ... until it needs no
 * more of them; on a supervisor of a debug build (fail_nth). Each time the call must have succeeded or given an error
 * that it may give, the auditor must find nothing, and when the call was undone as many frames must be free as before.
 *
 * "failing exec N", which it starts itself, lets the N-th allocation of execve fail: status 0 when true has run.
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define FAILURES_MAX 400
#define AREA 0x20000000ull

static uint64_t address;
static int32_t ends[2];
static int64_t file;
static char *fresh; /* a page that was not touched yet, two of them */

static void nothing(void)
{
}

static void drop_nothing(int64_t result)
{
    (void)result;
}

static int64_t map_area(uint64_t pages)
{
    return sys_map(AREA, pages * PAGE, ABI_PROT_READ | ABI_PROT_WRITE,
                   ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED, -1, 0);
}

static void prepare_area(void)
{
    map_area(8);
}

static void drop_area(int64_t result)
{
    (void)result;
    sys_unmap(AREA, 16 * PAGE);
}

static int64_t do_mmap(void)
{
    return map_area(8);
}

static int64_t do_mmap_populate(void)
{
    return sys_map(AREA, 8 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE,
                   ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED | ABI_MAP_POPULATE, -1, 0);
}

static int64_t do_mmap_shared(void)
{
    return sys_map(AREA, 8 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE, ABI_MAP_SHARED | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED,
                   -1, 0);
}

static int64_t do_mmap_over(void)
{
    return sys_map(AREA + 2 * PAGE, PAGE, ABI_PROT_READ, ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED, -1, 0);
}

static int64_t do_munmap(void)
{
    return sys_unmap(AREA + 2 * PAGE, PAGE);
}

static int64_t do_mprotect(void)
{
    return sys_protect(AREA + 2 * PAGE, PAGE, ABI_PROT_READ);
}

static int64_t do_brk(void)
{
    uint64_t old = (uint64_t)raw_syscall1(SYS_brk, 0);
    int64_t end = raw_syscall1(SYS_brk, old + 64 * PAGE);

    address = old;
    return end == (int64_t)old ? -ENOMEM : 0;
}

static void drop_break(int64_t result)
{
    (void)result;
    raw_syscall1(SYS_brk, address);
}

static int64_t do_pipe(void)
{
    return sys_pipe(ends, 0);
}

static void drop_pipe(int64_t result)
{
    if (result == 0) {
        sys_close_pipe(ends);
    }
}

static int64_t do_open(void)
{
    return sys_open("/bin/true", ABI_O_RDONLY);
}

static int64_t do_open_console(void)
{
    return sys_open("/dev/console", ABI_O_RDWR);
}

static void drop_descriptor(int64_t result)
{
    if (result >= 0) {
        sys_close(result);
    }
}

static int64_t do_chdir(void)
{
    return raw_syscall1(SYS_chdir, ADDRESS("/bin/../lib"));
}

static void prepare_pipe(void)
{
    sys_pipe(ends, ABI_O_NONBLOCK);
}

static void drop_full_pipe(int64_t result)
{
    (void)result;
    sys_close_pipe(ends);
}

static int64_t do_write_pipe(void)
{
    static char bytes[3 * PAGE] = { 1 };

    return sys_write(ends[1], bytes, sizeof(bytes));
}

static void prepare_fresh(void)
{
    prepare_area();
    file = sys_open("/bin/sh", ABI_O_RDONLY);
    fresh = (char *)AREA; /* NOLINT: an address that is ours */
}

static void drop_fresh(int64_t result)
{
    drop_area(result);
    sys_close(file);
}

/* The call's copy meets pages that are not there yet. */
static int64_t do_read_file(void)
{
    return sys_read(file, fresh + 100, 2 * PAGE);
}

static int64_t do_getcwd(void)
{
    return raw_syscall2(SYS_getcwd, ADDRESS(fresh), 200);
}

static int64_t do_getrandom(void)
{
    return raw_syscall3(SYS_getrandom, ADDRESS(fresh), 100, 0);
}

static int64_t do_usage(void)
{
    return raw_syscall3(SYS_usage, ADDRESS(fresh), ADDRESS(fresh) + PAGE, 4);
}

static int64_t do_task_map(void)
{
    return raw_syscall3(SYS_task_map, 0, ADDRESS(fresh) + PAGE - 40, 40);
}

static int64_t do_list(void)
{
    return raw_syscall3(SYS_getdents64, (uint64_t)file, ADDRESS(fresh), 2 * PAGE);
}

static void prepare_list(void)
{
    prepare_area();
    file = sys_open("/bin", ABI_O_RDONLY | ABI_O_DIRECTORY);
    fresh = (char *)AREA; /* NOLINT */
}

static int64_t do_spawn(void)
{
    static const char *const arguments[] = { "true", "argument", NULL };

    return sys_spawn("/bin/true", arguments);
}

static void drop_child(int64_t result)
{
    if (result > 0) {
        sys_wait(result);
    }
}

struct step {
    const char *name;
    void (*prepare)(void);
    int64_t (*call)(void);
    void (*undo)(int64_t result);
};

static const struct step steps[] = {
    { "mmap", nothing, do_mmap, drop_area },
    { "mmap_populate", nothing, do_mmap_populate, drop_area },
    { "mmap_shared", nothing, do_mmap_shared, drop_area },
    { "mmap_over", prepare_area, do_mmap_over, drop_area },
    { "munmap", prepare_area, do_munmap, drop_area },
    { "mprotect", prepare_area, do_mprotect, drop_area },
    { "pipe2", nothing, do_pipe, drop_pipe },
    { "openat", nothing, do_open, drop_descriptor },
    { "openat_console", nothing, do_open_console, drop_descriptor },
    { "chdir", nothing, do_chdir, drop_nothing },
    { "write_pipe", prepare_pipe, do_write_pipe, drop_full_pipe },
    { "read_file", prepare_fresh, do_read_file, drop_fresh },
    { "getcwd", prepare_fresh, do_getcwd, drop_fresh },
    { "getrandom", prepare_fresh, do_getrandom, drop_fresh },
    { "usage", prepare_fresh, do_usage, drop_fresh },
    { "task_map", prepare_fresh, do_task_map, drop_fresh },
    { "getdents64", prepare_list, do_list, drop_fresh },
    { "spawn", nothing, do_spawn, drop_child },
};

static int64_t fail(uint64_t nth)
{
    return raw_syscall1(SYS_fail_nth, nth);
}

/* Frames that are free, or describe others: those come when so many are used for the first time, and stay. */
static uint64_t free_frames(void)
{
    struct abi_usage usage;

    raw_syscall3(SYS_usage, ADDRESS(&usage), 0, 0);
    return usage.free_frames + usage.descriptor_frames;
}

static bool is_allowed(int64_t result)
{
    return result >= 0 || result == -ENOMEM || result == -EFAULT || result == -EAGAIN;
}

static uint32_t findings(void)
{
    static struct abi_audit audit;

    return raw_syscall1(SYS_audit, ADDRESS(&audit)) == 0 ? audit.finding_count : UINT32_MAX;
}

/* Returns how many allocations the call did in the end, or -1 after what was wrong was said. */
static int64_t try_step(const struct step *step)
{
    uint64_t before = 0;

    for (uint64_t nth = 0; nth < FAILURES_MAX; nth++) {
        step->prepare();
        fail(nth); /* the first time none: then all that is kept for the next time is there */
        int64_t result = step->call();
        int64_t count = fail(0);
        bool is_good = is_allowed(result) && (nth != 0 || result >= 0) && findings() == 0;

        step->undo(result);
        is_good &= findings() == 0 && (nth == 0 || free_frames() == before);
        if (!is_good) {
            printf("FAIL failing_%s: allocation %llu: %lld, %u findings, %lld frames less\n", step->name,
                   (unsigned long long)nth, (long long)result, findings(), (long long)(before - free_frames()));
            return -1;
        }
        before = nth == 0 ? free_frames() : before;
        if (nth != 0 && count < (int64_t)nth) {
            expect_true(step->name, result >= 0);
            return count;
        }
    }
    printf("FAIL failing_%s: no end\n", step->name);
    return -1;
}

/*
 * The call is the last thing that the task does as what it is: its children do it, until some have come through in a
 * row, since there are allocations that it can do without.
 */
static void try_execve(void)
{
    unsigned failures = 0, in_a_row = 0;
    uint64_t before = 0;

    for (unsigned nth = 0; nth < FAILURES_MAX; nth++) {
        char number[16];
        const char *const arguments[] = { "failing", "exec", number, NULL };

        snprintf(number, sizeof(number), "%u", nth);
        int64_t status = sys_wait(sys_spawn("/bin/failing", arguments));

        if (status < 0 || (status != 0 && status >> 8 != 9) || findings() != 0 ||
            (nth > 1 && free_frames() != before)) {
            printf("FAIL failing_execve: allocation %u: status %lld, %u findings, %lld frames less\n", nth,
                   (long long)status, findings(), (long long)(before - free_frames()));
            return;
        }
        before = free_frames();
        failures += status != 0;
        in_a_row = status == 0 ? in_a_row + 1 : 0;
        if (in_a_row == 8) {
            expect_true("execve", failures > 5);
            printf("execve: %u allocations\n", failures);
            return;
        }
    }
    printf("FAIL failing_execve: no end\n");
}

static int exec_true(uint64_t nth)
{
    static const char *const arguments[] = { "true", NULL };

    fail(nth);
    int64_t result = raw_syscall3(SYS_execve, ADDRESS("/bin/true"), ADDRESS(arguments), 0);

    return result == -ENOMEM ? 9 : 8;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "exec") == 0) {
        return exec_true(strtoull(argv[2], NULL, 10));
    }
    if (fail(0) == -ENOSYS) {
        printf("FAIL failing: no fail_nth here\n");
        return 1;
    }
    printf("%lu calls\n", COUNT(steps));
    for (size_t i = 0; i < COUNT(steps); i++) {
        printf("%s: %lld allocations\n", steps[i].name, (long long)try_step(&steps[i]));
    }
    struct step heap = { "brk", nothing, do_brk, drop_break };

    try_step(&heap);
    try_execve();
    return 0;
}
