/*
 * forks: a child of fork() has what its parent had, and from then on each has its own; vfork() lends instead.
 *
 *     forks             all of it but what follows; qemu-riscv64, which has no vfork, prints the same
 *     forks lent        vfork and execve
 *     forks deep        a thousand generations, one after the other, and a hundred that all live
 *     forks bomb        as many tasks as there may be
 *     forks storm N     four tasks that fork, store and end, N times each
 *     forks exec FD     a child: whether the descriptor is open
 */
#include "posix.h"

#include <fcntl.h>
#include <fenv.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/times.h>

#define PAGE 4096
#define LEND (0x100 | 0x4000 | SIGCHLD) /* CLONE_VM, CLONE_VFORK */
#define PARENT_SETTID 0x100000
#define CHILD_CLEARTID 0x200000
#define CHILD_SETTID 0x1000000

static int global = 1;
static volatile sig_atomic_t handled, handled_in;
static char *heap;

static void count_signal(int signal_number)
{
    (void)signal_number;
    handled = handled + 1;
    handled_in = getpid();
}

/* A child that runs @work and ends with what that gives; its status. */
static int in_child(int (*work)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(work());
    }
    return pid < 0 ? -errno : status_of(pid);
}

static void *anonymous(size_t pages, int flags)
{
    return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
}

/* --- Who and whose */

static pid_t parent_pid;

static int check_child(void)
{
    return getpid() != parent_pid && getppid() == parent_pid && getpgrp() == getpgid(parent_pid) ? 21 : 1;
}

static void try_names(void)
{
    char folder[64] = "";

    parent_pid = getpid();
    expect("a_child_has_a_pid_of_its_own", in_child(check_child), 21);
    pid_t pid = fork();

    if (pid == 0) {
        _exit(getpid() % 100);
    }
    expect("the_parent_gets_the_child_s_pid", status_of(pid), pid % 100);
    expect("its_end_is_told_once", waitpid(pid, NULL, 0) == -1 ? errno : 0, ECHILD);
    if (chdir("/dev") != 0 || (pid = fork()) == 0) {
        _exit(getcwd(folder, sizeof(folder)) != NULL && strcmp(folder, "/dev") == 0 ? 22 : 1);
    }
    expect("a_child_is_in_the_parent_s_folder", status_of(pid), 22);
}

/* --- Memory */

static int *private_memory, *shared_memory, *untouched;

static int change_everything(void)
{
    int local = 5;
    int was_there = global == 1 && heap[0] == 'h' && heap[100000] == 'p' && private_memory[0] == 3 && untouched[0] == 0;

    global = 2;
    heap[0] = 'H';
    heap[100000] = 'P';
    private_memory[0] = 4;
    private_memory[5 * PAGE / 4] = 4;
    untouched[PAGE / 4] = 4;
    *shared_memory = 7;
    *(volatile int *)&local = 6;
    return was_there ? 31 : 1;
}

static void try_memory(void)
{
    volatile int local = 8;

    heap = malloc(200000);
    heap[0] = 'h';
    heap[100000] = 'p';
    private_memory = anonymous(16, MAP_PRIVATE);
    untouched = anonymous(4, MAP_PRIVATE);
    shared_memory = anonymous(4, MAP_SHARED);
    private_memory[0] = 3;
    expect("a_child_has_what_was_there", in_child(change_everything), 31);
    expect_true("a_child_s_stores_are_its_own", global == 1 && heap[0] == 'h' && heap[100000] == 'p' && local == 8);
    expect_true("private_mappings_are_copied",
                private_memory[0] == 3 && private_memory[5 * PAGE / 4] == 0 && untouched[PAGE / 4] == 0);
    expect("shared_mappings_are_shared", *shared_memory, 7);
    global = 1;
    pid_t pid = fork();

    if (pid == 0) {
        while (__atomic_load_n(shared_memory, __ATOMIC_ACQUIRE) != 9) {
            sched_yield();
        }
        _exit(global == 1 && private_memory[0] == 3 ? 32 : 1);
    }
    global = 3;
    private_memory[0] = 33;
    __atomic_store_n(shared_memory, 9, __ATOMIC_RELEASE);
    expect("a_parent_s_stores_are_its_own_too", status_of(pid), 32);
    global = 1;
}

static int stores_to_read_only(void)
{
    *(volatile int *)private_memory = 1;
    return 0;
}

static int gets_access_back(void)
{
    return mprotect(private_memory, PAGE, PROT_READ | PROT_WRITE) == 0 && private_memory[0] == 33 ? 33 : 1;
}

static void try_protection(void)
{
    mprotect(private_memory, PAGE, PROT_READ);
    expect("read_only_memory_is_so_in_a_child", in_child(stores_to_read_only), 128 + SIGSEGV);
    mprotect(private_memory, PAGE, PROT_NONE);
    expect("what_no_one_may_read_is_kept_for_a_child", in_child(gets_access_back), 33);
    mprotect(private_memory, PAGE, PROT_READ | PROT_WRITE);
    expect("and_for_its_parent", private_memory[0], 33);
}

/* The library's own variables: the state of rand(), of strtok(), and of a stream. */
static int use_the_library(void)
{
    char *next = strtok(NULL, " ");

    return next != NULL && strcmp(next, "two") == 0 && errno == ERANGE ? rand() % 100 : 101;
}

static void try_library(void)
{
    char words[] = "one two three";

    srand(5);
    rand();
    strtok(words, " ");
    errno = ERANGE;
    int first = in_child(use_the_library);
    int error = errno;
    int second = in_child(use_the_library);
    char *next = strtok(NULL, " ");

    expect("the_library_s_data_is_copied", first, second);
    expect("it_goes_on_as_it_would_have", first, rand() % 100);
    expect_true("a_child_s_use_of_it_is_not_seen", next != NULL && strcmp(next, "two") == 0 && error == ERANGE);
}

/* Whoever comes later sees the stores of those before, whoever ended meanwhile. */
static int generation(int depth)
{
    private_memory[depth] = depth;
    if (depth == 12) {
        for (int i = 0; i <= 12; i++) {
            if (private_memory[i] != i) {
                return 1;
            }
        }
        return 44;
    }
    pid_t pid = fork();

    if (pid == 0) {
        _exit(generation(depth + 1));
    }
    private_memory[depth] = -1;
    return status_of(pid);
}

static void try_generations(void)
{
    expect("each_generation_sees_the_one_before", generation(0), 44);
    expect("and_the_first_its_own", private_memory[1], 0);
}

static void try_tree(void)
{
    int *sum = anonymous(1, MAP_SHARED), depth = 0, status = 0;
    pid_t root = getpid();

    for (; depth < 3; depth++) {
        int child = 0;

        while (child < 4 && fork() != 0) {
            child++;
        }
        if (child == 4) {
            break; /* no child of this level */
        }
    }
    __atomic_fetch_add(sum, 1, __ATOMIC_RELAXED);
    while (wait(&status) > 0) {
        __atomic_fetch_add(sum, status == 0 ? 100 : 100000, __ATOMIC_RELAXED);
    }
    if (getpid() != root) {
        _exit(0);
    }
    expect("a_tree_of_forks_is_complete", *sum, 85 + 84 * 100);
}

/* --- Descriptors */

static int read_a_byte(void)
{
    char byte = 0;

    return read(9, &byte, 1) == 1 ? byte : 1;
}

static int close_and_look(void)
{
    close(9);
    return (fcntl(10, F_GETFD) & FD_CLOEXEC) != 0 && fcntl(9, F_GETFD) == -1 && fcntl(60, F_GETFD) == 0 ? 51 : 1;
}

static void try_descriptors(void)
{
    int ends[2];
    char bytes[16];

    pipe(ends);
    write(ends[1], "abc", 3);
    dup2(ends[0], 9);
    dup2(9, 10);
    dup2(9, 60); /* beyond what a task has in itself */
    fcntl(10, F_SETFD, FD_CLOEXEC);
    expect("a_child_reads_from_the_parent_s_pipe", in_child(read_a_byte), 'a');
    expect("and_the_parent_what_comes_then", read_a_byte(), 'b');
    expect("descriptors_are_the_child_s_own_with_their_flags", in_child(close_and_look), 51);
    expect("closing_in_a_child_closes_nothing_here", fcntl(9, F_GETFD), 0);
    close(9);
    close(10);
    close(60);
    close(ends[0]);
    pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    status_of(pid);
    signal(SIGPIPE, SIG_IGN);
    expect_error("an_ended_child_holds_no_end_of_a_pipe", write(ends[1], "x", 1), EPIPE);
    signal(SIGPIPE, SIG_DFL);
    close(ends[1]);
    pipe(ends);
    if (fork() == 0) {
        write(ends[1], "hello", 5);
        _exit(0);
    }
    close(ends[1]);
    memset(bytes, 0, sizeof(bytes));
    expect("a_pipe_ends_with_its_writer", read(ends[0], bytes, 5) == 5 ? read(ends[0], bytes, 5) : -1, 0);
    close(ends[0]);
    wait(NULL);
}

static int stream_once(void)
{
    fflush(stdout);
    return 0;
}

/* --- Signals */

static int look_at_signals(void)
{
    sigset_t set;
    struct sigaction action;
    int good = 1;

    sigpending(&set);
    good &= !sigismember(&set, SIGUSR2);
    sigprocmask(SIG_SETMASK, NULL, &set);
    good &= sigismember(&set, SIGUSR2) && !sigismember(&set, SIGUSR1);
    sigaction(SIGUSR1, NULL, &action);
    good &= action.sa_handler == count_signal && sigismember(&action.sa_mask, SIGHUP);
    sigaction(SIGHUP, NULL, &action);
    good &= action.sa_handler == SIG_IGN;
    kill(getpid(), SIGUSR1);
    good &= handled == 1 && handled_in == getpid();
    signal(SIGUSR1, SIG_DFL);
    return good ? 61 : 1;
}

static void try_signals(void)
{
    struct sigaction action = { .sa_handler = count_signal };
    sigset_t blocked;
    int alive = 0, forked = 0;

    sigaddset(&action.sa_mask, SIGHUP);
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    kill(getpid(), SIGUSR2);
    expect("a_child_has_handlers_and_mask_and_nothing_pending", in_child(look_at_signals), 61);
    expect("a_child_s_signals_are_its_own", handled, 0);
    kill(getpid(), SIGUSR1);
    expect("and_so_are_the_parent_s", handled, 1);
    signal(SIGUSR2, SIG_IGN);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    /* Forks that are interrupted all the time by what their children's ends send. */
    handled = 0;
    action = (struct sigaction){ .sa_handler = count_signal, .sa_flags = SA_RESTART };
    sigaction(SIGCHLD, &action, NULL);
    for (int i = 0; i < 200; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            _exit(0);
        }
        forked += pid > 0;
        alive += pid > 0;
        while (waitpid(-1, NULL, WNOHANG) > 0) {
            alive--;
        }
    }
    while (wait(NULL) > 0) {
        alive--;
    }
    expect("forks_go_on_under_a_handler", forked, 200);
    expect("no_child_is_lost", alive, 0);
    expect_true("the_handler_ran", handled > 0 && handled <= 200);
    signal(SIGCHLD, SIG_DFL);
}

/* --- Registers */

static void try_registers(void)
{
    double value = 1.5, product = 1;
    uint64_t words[12], got[12];

    for (int i = 0; i < 12; i++) {
        words[i] = 0x123456789abcdefull * (uint64_t)(i + 1);
    }
    fesetround(FE_UPWARD);
    for (int i = 0; i < 10; i++) {
        product *= value;
    }
    pid_t pid;

    /* s2 to s11 and fs0 across the call itself. */
    __asm__ volatile("ld s2, 0(%1)\nld s3, 8(%1)\nld s4, 16(%1)\nld s5, 24(%1)\nld s6, 32(%1)\nld s7, 40(%1)\n"
                     "ld s8, 48(%1)\nld s9, 56(%1)\nld s10, 64(%1)\nld s11, 72(%1)\nfmv.d.x fs0, s2\n"
                     "li a0, 17\nli a1, 0\nli a2, 0\nli a3, 0\nli a4, 0\nli a7, 220\necall\n"
                     "sd s2, 0(%2)\nsd s3, 8(%2)\nsd s4, 16(%2)\nsd s5, 24(%2)\nsd s6, 32(%2)\nsd s7, 40(%2)\n"
                     "sd s8, 48(%2)\nsd s9, 56(%2)\nsd s10, 64(%2)\nsd s11, 72(%2)\nfmv.x.d t3, fs0\nsd t3, 80(%2)\n"
                     "mv %0, a0\n"
                     : "=&r"(pid)
                     : "r"(words), "r"(got)
                     : "a0", "a1", "a2", "a3", "a4", "a7", "t3", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10",
                       "s11", "fs0", "memory");
    bool is_same = memcmp(words, got, 10 * sizeof(words[0])) == 0 && got[10] == words[0];

    if (pid == 0) {
        _exit(is_same && product > 57.6 && product < 57.7 && fegetround() == FE_UPWARD ? 71 : 1);
    }
    expect("a_child_has_all_registers", status_of(pid), 71);
    expect_true("and_the_parent_still", is_same && fegetround() == FE_UPWARD);
    fesetround(FE_TONEAREST);
}

static int spend_nothing(void)
{
    struct tms times_now;

    times(&times_now);
    return times_now.tms_utime + times_now.tms_cutime < 3 ? 72 : 1;
}

static void try_times(void)
{
    long long end = now() + 60 * MILLISECOND;

    while (now() < end) {
    }
    expect("a_child_s_time_begins_with_0", in_child(spend_nothing), 72);
}

/* --- vfork and execve */

static int exec_to_look(void)
{
    execl("/bin/forks", "forks", "exec", "10", NULL);
    return 1;
}

static void try_exec(void)
{
    dup2(STDIN_FILENO, 9);
    dup2(STDIN_FILENO, 10);
    fcntl(10, F_SETFD, FD_CLOEXEC);
    expect("lent_close_on_exec_closes_at_exec_in_a_child", in_child(exec_to_look), 52);
    close(9);
    close(10);
}

static int *order;

static void try_vfork(void)
{
    volatile int shared = 1;

    order = anonymous(1, MAP_SHARED);
    pid_t pid = vfork();

    if (pid == 0) {
        nap(20 * MILLISECOND);
        *order = 1;
        _exit(81);
    }
    expect("lent_a_parent_waits_for_the_end_of_its_vfork", *order, 1);
    expect("lent_and_gets_its_status", status_of(pid), 81);
    pid = vfork();
    if (pid == 0) {
        shared = 2;
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    expect("lent_it_waits_for_execve", status_of(pid), 0);
    expect("lent_memory_is_the_parent_s", shared, 2);
    pid = vfork();
    if (pid == 0) {
        execl("/none", "none", NULL);
        _exit(errno == ENOENT ? 82 : 1);
    }
    expect("lent_an_execve_that_fails_leaves_the_child", status_of(pid), 82);
    pid = vfork();
    if (pid == 0) {
        /* Who has borrowed its memory lends a copy, and its parent sees nothing of that. */
        pid_t inner = vfork();

        if (inner == 0) {
            shared = 3;
            _exit(83);
        }
        _exit(shared == 2 ? status_of(inner) : 1);
    }
    expect("lent_a_vfork_in_a_vfork_has_a_copy", status_of(pid), 83);
    pid = vfork();
    if (pid == 0) {
        pid_t inner = fork();

        if (inner == 0) {
            shared = 4;
            _exit(84);
        }
        _exit(shared == 2 ? status_of(inner) : 1);
    }
    expect("lent_and_so_has_a_fork", status_of(pid), 84);
}

/* A signal that is handled comes when the parent goes on; one that ends it ends it at once. */
static void try_vfork_signals(void)
{
    int ends[2];
    char byte = 0;
    pid_t pid;

    signal(SIGUSR1, count_signal);
    handled = 0;
    *order = 0;
    pid_t parent = getpid();

    pid = vfork();
    if (pid == 0) {
        kill(parent, SIGUSR1);
        nap(10 * MILLISECOND);
        *order = handled;
        _exit(0);
    }
    expect("lent_no_handler_interrupts_the_wait", *order, 0);
    expect("lent_it_runs_when_the_parent_goes_on", handled, 1);
    status_of(pid);
    pipe(ends);
    pid = fork();
    if (pid == 0) {
        parent = getpid();
        if (vfork() == 0) {
            kill(parent, SIGKILL);
            nap(10 * MILLISECOND);
            write(ends[1], "k", 1);
            _exit(0);
        }
        _exit(0);
    }
    expect("lent_a_parent_that_waits_can_be_killed", status_of(pid), 128 + SIGKILL);
    close(ends[1]);
    expect("lent_its_child_goes_on_in_its_memory", read(ends[0], &byte, 1) == 1 ? byte : 0, 'k');
    close(ends[0]);
    signal(SIGUSR1, SIG_DFL);
}

/* --- clone */

static bool told_pid;

static void try_clone(void)
{
    static int parent_tid, child_tid;
    static char stack[4 * PAGE] __attribute__((aligned(16)));

    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | PARENT_SETTID | CHILD_SETTID | CHILD_CLEARTID, 0, &parent_tid, 0,
                               &child_tid);

    if (pid == 0) {
        _exit(child_tid == getpid() ? 91 : 1);
    }
    expect("clone_tells_the_child_its_pid", status_of(pid), 91);
    expect("and_not_the_parent", child_tid, 0);
    told_pid = parent_tid == pid; /* qemu-riscv64 has told the child */
    /* With a stack of its own, as a posix_spawn() over clone has it. */
    __asm__ volatile("mv a0, %1\nmv a1, %2\nli a2, 0\nli a3, 0\nli a4, 0\nli a7, 220\necall\n"
                     "bnez a0, 1f\nsd sp, -8(sp)\nsub a0, sp, %2\naddi a0, a0, 92\nli a7, 93\necall\n"
                     "1: mv %0, a0\n"
                     : "=r"(pid)
                     : "r"((long)LEND), "r"(stack + sizeof(stack))
                     : "a0", "a1", "a2", "a3", "a4", "a7", "memory");
    expect("a_child_may_have_a_stack_of_its_own", status_of(pid), 92);
}

/* --- The other ways to be started */

static int sequence(int count)
{
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            _exit(i % 100);
        }
        if (pid < 0 || status_of(pid) != i % 100) {
            return i + 1;
        }
    }
    return 0;
}

/* Each generation forks the next and ends, without waiting: the last one writes. */
static void chain(int left, int out)
{
    while (left > 0) {
        pid_t pid = fork();

        if (pid != 0) {
            if (pid < 0) {
                write(out, "?", 1);
            }
            _exit(0);
        }
        global++;
        left--;
    }
    write(out, global == 1001 ? "!" : "?", 1);
    _exit(0);
}

static int nested(int left)
{
    if (left == 0) {
        return 0;
    }
    pid_t pid = fork();

    if (pid == 0) {
        _exit(nested(left - 1));
    }
    return pid < 0 ? 1 : status_of(pid);
}

static void deep(void)
{
    int ends[2];
    char byte = 0;

    expect("deep_a_thousand_one_after_the_other", sequence(1000), 0);
    pipe(ends);
    global = 1;
    if (fork() == 0) {
        chain(1000, ends[1]);
    }
    close(ends[1]);
    expect("deep_a_thousand_generations", read(ends[0], &byte, 1) == 1 ? byte : 0, '!');
    close(ends[0]);
    while (wait(NULL) > 0) {
    }
    expect("deep_a_hundred_that_all_live", nested(100), 0);
}

/* As many children as can be had; each waits until its parent has ended, by the pipe. */
static int fork_until_it_fails(void)
{
    int ends[2], count = 0;
    char byte;
    pid_t pid;

    pipe(ends);
    while ((pid = fork()) > 0) {
        count++;
    }
    if (pid == 0) {
        close(ends[1]);
        read(ends[0], &byte, 1);
        _exit(0);
    }
    return (errno == EAGAIN || errno == ENOMEM) && count > 100 ? 95 : 1;
}

static void bomb(void)
{
    int status = in_child(fork_until_it_fails), failed = 1;

    /* Where harts race for the last frame, it may be a store to the stack that finds none. */
    expect_true("bomb_ends_by_itself", status == 95 || status == 128 + SIGBUS);
    for (int i = 0; i < 1000 && failed != 0; i++) {
        nap(10 * MILLISECOND);
        failed = sequence(10);
    }
    expect("bomb_and_forks_go_on", failed, 0);
}

static int storm_of(int count)
{
    unsigned seed = (unsigned)getpid();

    for (int i = 0; i < count; i++) {
        int pages = (int)(seed = seed * 1103515245 + 12345) >> 20 & 7;
        pid_t pid = pages == 7 ? vfork() : fork();

        if (pid == 0) {
            for (int page = 0; page < pages; page++) {
                private_memory[page * PAGE / 4] = i;
            }
            _exit(pages);
        }
        private_memory[pages * PAGE / 4] = -i;
        if (pid < 0 || status_of(pid) != pages || private_memory[pages * PAGE / 4] != -i) {
            return 1;
        }
    }
    return 0;
}

static void storm(int count)
{
    pid_t pids[4];
    int failed = 0;

    private_memory = anonymous(16, MAP_PRIVATE);
    for (int i = 0; i < 4; i++) {
        if ((pids[i] = fork()) == 0) {
            _exit(storm_of(count));
        }
    }
    for (int i = 0; i < 4; i++) {
        failed += status_of(pids[i]) != 0;
    }
    expect("storm_all_is_as_it_was_stored", failed, 0);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3 && strcmp(argv[1], "exec") == 0) {
        return fcntl(atoi(argv[2]), F_GETFD) == -1 && fcntl(9, F_GETFD) == 0 ? 52 : 1;
    }
    if (argc == 3 && strcmp(argv[1], "storm") == 0) {
        storm(atoi(argv[2]));
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "lent") == 0) {
        try_exec();
        try_vfork();
        try_vfork_signals();
        try_clone();
        expect_true("lent_clone_tells_the_parent", told_pid);
        return 0;
    }
    if (argc == 2) {
        strcmp(argv[1], "deep") == 0 ? deep() : bomb();
        return 0;
    }
    try_names();
    try_memory();
    try_protection();
    try_library();
    try_generations();
    try_tree();
    try_descriptors();
    expect("a_stream_is_flushed_where_it_was_written", in_child(stream_once), 0);
    try_signals();
    try_registers();
    try_times();
    try_clone();
    return 0;
}
