/*
 * replace: execve that fails leaves the task as it was (defect D41), and execve that succeeds leaves what it should.
 *
 *     replace              both
 *     replace failing      a child: everything set up, then calls that fail for every reason there is
 *     replace squeeze      a child: the same with 0, 1, 2 ... frames left, until there are enough
 *     replace over         a child: everything set up, then over to `replace after`
 *     replace after PID    what is left then
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define SQUEEZE_FRAMES 64
#define CLOSED_FD 20
#define KEPT_FD 21
#define DATA 0x123456789abcdef0ull
#define ROUND_DOWN 2ull /* of fcsr's rounding modes */

static volatile uint64_t data = DATA;
static volatile unsigned handled;
static uint64_t *memory; /* a page */
static int32_t ends[2];
static int64_t image_extents, heap_end;

/* Counts in @handled, and goes back. */
void count_signal(void);
void count_one(void);
void count_one(void)
{
    handled++;
}
__asm__(".text\n"
        "count_signal:\n"
        "    mv s0, sp\n"
        "    call count_one\n"
        "    mv sp, s0\n"
        "    li a7, 139\n"
        "    ecall\n");

static int64_t extents_of_library(void)
{
    static struct abi_extent extents[ABI_CALL_EXTENTS_MAX];

    return raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, ADDRESS(extents), COUNT(extents));
}

static uint64_t float_bits(void)
{
    uint64_t bits;

    __asm__ volatile("fmv.x.d %0, fs11" : "=r"(bits));
    return bits;
}

static uint64_t rounding(void)
{
    uint64_t mode;

    __asm__ volatile("frrm %0" : "=r"(mode));
    return mode;
}

static void set_up(void)
{
    int64_t fd = sys_open("/bin/true", 0);

    raw_syscall3(SYS_dup3, (uint64_t)fd, CLOSED_FD, ABI_O_CLOEXEC);
    raw_syscall3(SYS_dup3, (uint64_t)fd, KEPT_FD, 0);
    sys_close(fd);
    sys_seek(KEPT_FD, 77, ABI_SEEK_SET);
    sys_pipe(ends, 0);
    sys_write(ends[1], "abc", 3);
    raw_syscall1(SYS_chdir, ADDRESS("/bin"));
    sys_handle(ABI_SIGUSR1, ADDRESS(count_signal), ABI_SA_RESTART);
    sys_handle(ABI_SIGUSR2, ABI_SIG_IGN, 0);
    sys_block(ABI_SIG_BLOCK, BIT(ABI_SIGHUP));
    sys_kill(sys_pid(), ABI_SIGHUP);
    memory = (uint64_t *)sys_map_fresh(PAGE, ABI_PROT_READ | ABI_PROT_WRITE);
    memory[5] = DATA;
    heap_end = raw_syscall1(SYS_brk, (uint64_t)raw_syscall1(SYS_brk, 0) + PAGE);
    image_extents = extents_of_library();
    __asm__ volatile("fmv.d.x fs11, %0\n"
                     "fsrm %1"
                     :
                     : "r"(DATA), "r"(ROUND_DOWN));
}

/* The first thing that is not as set_up() left it, or NULL. It needs no memory. */
static const char *what_has_changed(void)
{
    struct abi_sigaction action;
    uint64_t pending = 0;
    char folder[8] = "";
    int32_t held = 0;
    unsigned before = handled;

    raw_syscall2(SYS_getcwd, ADDRESS(folder), sizeof(folder));
    raw_syscall4(SYS_rt_sigaction, ABI_SIGUSR2, 0, ADDRESS(&action), 8);
    raw_syscall2(SYS_rt_sigpending, ADDRESS(&pending), 8);
    raw_syscall3(SYS_ioctl, (uint64_t)ends[0], ABI_FIONREAD, ADDRESS(&held));
    sys_kill(sys_pid(), ABI_SIGUSR1);
    return data != DATA || memory[5] != DATA                            ? "memory"
           : raw_syscall1(SYS_brk, 0) != heap_end                       ? "the heap"
           : extents_of_library() != image_extents || image_extents < 2 ? "the region"
           : strcmp(folder, "/bin") != 0                                ? "the folder"
           : sys_fcntl(CLOSED_FD, ABI_F_GETFD, 0) != ABI_FD_CLOEXEC     ? "a descriptor"
           : sys_fcntl(KEPT_FD, ABI_F_GETFD, 0) != 0                    ? "another descriptor"
           : sys_seek(KEPT_FD, 0, ABI_SEEK_CUR) != 77                   ? "a position"
           : held != 3                                                  ? "a pipe"
           : handled != before + 1                                      ? "a handler"
           : action.handler != ABI_SIG_IGN                              ? "what is ignored"
           : pending != BIT(ABI_SIGHUP)                                 ? "what is pending"
           : sys_block(ABI_SIG_BLOCK, 0) != BIT(ABI_SIGHUP)             ? "what is blocked"
           : float_bits() != DATA || rounding() != ROUND_DOWN           ? "floating point"
                                                                        : NULL;
}

static int64_t execute(uint64_t path, uint64_t argv, uint64_t envp)
{
    return raw_syscall3(SYS_execve, path, argv, envp);
}

/* Try it twice: what caches it fills is no loss. */
static void fail(const char *name, int64_t wanted, uint64_t path, uint64_t argv, uint64_t envp)
{
    char full[64];

    execute(path, argv, envp);
    uint64_t before = sys_free_frames();
    int64_t got = execute(path, argv, envp);
    uint64_t after = sys_free_frames();
    const char *changed = what_has_changed();

    snprintf(full, sizeof(full), "ancestor_d41_%s", name);
    expect(full, got, wanted);
    snprintf(full, sizeof(full), "ancestor_d41_%s_frames", name);
    expect(full, (int64_t)after, (int64_t)before);
    snprintf(full, sizeof(full), "ancestor_d41_%s_changes_nothing", name);
    if (changed == NULL) {
        printf("ok %s\n", full);
    } else {
        printf("FAIL %s: %s has changed\n", full, changed);
    }
}

static int be_failing(void)
{
    static const char *const argv[] = { "true", NULL };
    static const char *bad_argv[] = { "true", (char *)SUPERVISOR_START, NULL };
    static char endless[200000], long_name[300];
    const char *const large[] = { "true", endless, NULL };
    const uint64_t usual = ADDRESS(argv);

    memset(endless, 'x', sizeof(endless) - 1);
    memset(long_name, 'x', sizeof(long_name) - 1);
    set_up();
    fail("null_path", -EFAULT, 0, usual, 0);
    fail("no_name", -ENOENT, ADDRESS(""), usual, 0);
    fail("missing", -ENOENT, ADDRESS("/bin/none"), usual, 0);
    fail("long_name", -ENAMETOOLONG, ADDRESS(long_name), usual, 0);
    fail("long_path", -ENAMETOOLONG, ADDRESS(endless), usual, 0);
    fail("folder", -EACCES, ADDRESS("/bin"), usual, 0);
    fail("through_a_file", -ENOTDIR, ADDRESS("/bin/true/x"), usual, 0);
    fail("device", -EACCES, ADDRESS("/dev/zero"), usual, 0);
    fail("not_executable", -EACCES, ADDRESS("/odd/plain"), usual, 0);
    fail("empty", -ENOEXEC, ADDRESS("/odd/empty"), usual, 0);
    fail("text", -ENOEXEC, ADDRESS("/odd/text"), usual, 0);
    fail("cut", -ENOEXEC, ADDRESS("/odd/cut"), usual, 0);
    fail("library", -ENOEXEC, ADDRESS("/lib/libc"), usual, 0);
    fail("library_that_is_missing", -ENOEXEC, ADDRESS("/odd/orphan"), usual, 0);
    fail("arguments_nowhere", -EFAULT, ADDRESS("/bin/true"), SUPERVISOR_START, 0);
    fail("argument_nowhere", -EFAULT, ADDRESS("/bin/true"), ADDRESS(bad_argv), 0);
    fail("environment_nowhere", -EFAULT, ADDRESS("/bin/true"), usual, 8);
    fail("large_argument", -E2BIG, ADDRESS("/bin/true"), ADDRESS(large), 0);
    fail("large_environment", -E2BIG, ADDRESS("/bin/true"), usual, ADDRESS(large));
    return 0;
}

/* Touch pages of @room until no more than @keep frames, or one or two more, are free. */
static void take_all_but(volatile char *room, uint64_t size, uint64_t keep)
{
    uint64_t taken = 0, free;

    while ((free = sys_free_frames()) > keep + 1) {
        for (uint64_t i = 0; i < (free - keep) * 3 / 4 && taken < size; i++, taken += PAGE) {
            room[taken] = 1;
        }
    }
}

static int be_squeezed(void)
{
    static const char *const over[] = { "replace", "enough", NULL };
    const uint64_t size = 256ull << 20;

    set_up();
    for (uint64_t keep = 0; keep < SQUEEZE_FRAMES; keep++) {
        volatile char *room = (char *)sys_map(0, size, ABI_PROT_READ | ABI_PROT_WRITE,
                                              ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_NORESERVE, -1, 0);
        what_has_changed(); /* its pages are there */
        take_all_but(room, size, keep);
        int64_t got = execute(ADDRESS("/bin/replace"), ADDRESS(over), 0);
        const char *changed = what_has_changed();

        sys_unmap(ADDRESS(room), size);
        if (got == -ENOMEM && changed == NULL) {
            printf("ok ancestor_d41_squeeze_%llu\n", (unsigned long long)keep);
        } else {
            printf("FAIL ancestor_d41_squeeze: got %lld with %llu frames, %s has changed\n", (long long)got,
                   (unsigned long long)keep, changed == NULL ? "nothing" : changed);
        }
    }
    return 1;
}

static int be_over(void)
{
    char pid[16];
    const char *const argv[] = { "replace", "after", pid, NULL }, *const envp[] = { "PLACE=here", NULL };

    snprintf(pid, sizeof(pid), "%lld", (long long)sys_pid());
    set_up();
    execute(ADDRESS("/bin/replace"), ADDRESS(argv), ADDRESS(envp));
    return 1;
}

static int be_after(int64_t pid)
{
    struct abi_sigaction action = { 1, 1, 1 };
    uint64_t pending = 0;
    char folder[8] = "", bytes[8] = "";
    static struct abi_mapping rows[64];

    expect("execve_keeps_the_pid", sys_pid(), pid);
    expect_true("execve_gives_the_environment", getenv("PLACE") != NULL && strcmp(getenv("PLACE"), "here") == 0);
    raw_syscall2(SYS_getcwd, ADDRESS(folder), sizeof(folder));
    expect_true("execve_keeps_the_folder", strcmp(folder, "/bin") == 0);
    expect("execve_closes_what_is_to_be_closed", sys_fcntl(CLOSED_FD, ABI_F_GETFD, 0), -EBADF);
    expect("execve_keeps_other_descriptors", sys_seek(KEPT_FD, 0, ABI_SEEK_CUR), 77);
    expect_true("execve_keeps_a_pipe", sys_read(3, bytes, sizeof(bytes)) == 3 && strcmp(bytes, "abc") == 0);
    raw_syscall4(SYS_rt_sigaction, ABI_SIGUSR1, 0, ADDRESS(&action), 8);
    expect_true("execve_forgets_handlers", action.handler == ABI_SIG_DFL && action.flags == 0 && action.mask == 0);
    raw_syscall4(SYS_rt_sigaction, ABI_SIGUSR2, 0, ADDRESS(&action), 8);
    expect("execve_keeps_what_is_ignored", (int64_t)action.handler, ABI_SIG_IGN);
    raw_syscall2(SYS_rt_sigpending, ADDRESS(&pending), 8);
    expect("execve_keeps_what_is_pending", (int64_t)pending, BIT(ABI_SIGHUP));
    expect("execve_keeps_what_is_blocked", (int64_t)sys_block(ABI_SIG_BLOCK, 0), BIT(ABI_SIGHUP));
    expect_true("execve_leaves_no_floating_point", float_bits() == 0 && rounding() == 0);
    expect_true("execve_keeps_the_region", extents_of_library() > 1);
    expect_true("execve_has_another_map", raw_syscall3(SYS_task_map, 0, ADDRESS(rows), COUNT(rows)) > 3);
    expect("execve_has_fresh_data", (int64_t)data, (int64_t)DATA);
    return 0;
}

static int64_t status_of(const char *what)
{
    const char *const arguments[] = { "replace", what, NULL };

    return sys_wait(sys_spawn("/bin/replace", arguments));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(what, "failing") == 0) {
        return be_failing();
    }
    if (strcmp(what, "squeeze") == 0) {
        return be_squeezed();
    }
    if (strcmp(what, "enough") == 0) {
        return 55;
    }
    if (strcmp(what, "over") == 0) {
        return be_over();
    }
    if (strcmp(what, "after") == 0) {
        return be_after(atoi(argv[2]));
    }
    expect("ancestor_d41_all_failed", status_of("failing"), 0);
    expect("ancestor_d41_squeezed_until_it_worked", status_of("squeeze"), 55 << 8);
    expect("execve_over", status_of("over"), 0);
    expect("execve_leaves_no_child", sys_wait(-1), -ECHILD);
    return 0;
}
