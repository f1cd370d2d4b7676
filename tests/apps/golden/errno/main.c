/*
 * errno: what every system call gives for the edge values of each of its arguments, a line each.
 *
 *     errno        the table, which is tests/golden/errno.txt on Pando
 *     errno WHAT   a child that some cases start
 *
 * The working folder is one with the initrd's files and those that the test adds (odd/), standard input is a terminal
 * whose foreground group this task is in. The same sources are linked for Linux (make apps-host); where that gives
 * another result, tests/golden/differences.md says why.
 *
 * Invariants
 *   Each row finds GOOD zeroed at its start, each row of pointers the folder at its start, and both leaves the descriptors and mappings that main() made.
 *   No row ends a task, a machine or a process group that this program has not started: it runs on workstations too.
 */
#include <stdio.h>
#include <string.h>

#include "golden.h"

#define CLONE_LINUX 220
#define SIGCHLD_ONLY 17
#define ZEROED_BYTES 512

static const char *error_name(int64_t error)
{
#define ERROR_CASE(name, number) \
    case number: \
        return #name;
    switch (error) {
        ABI_ERRNO_LIST(ERROR_CASE)
    default:
        return NULL;
    }
#undef ERROR_CASE
}

void print_result(const char *call, const char *words, enum result how, int64_t result)
{
    printf("%s(%s) = ", call, words);
    if (result < 0 && result >= -4095) {
        const char *name = error_name(-result);

        if (name != NULL) {
            printf("%s\n", name);
        } else {
            printf("error %d\n", (int)-result);
        }
    } else if (how == RESULT_VALUE) {
        printf("%lld\n", (long long)result);
    } else {
        printf("ok\n");
    }
}

static int64_t call(enum abi_syscall number, const uint64_t arguments[6])
{
    return raw_syscall6(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

static void undo(const struct row *row, int64_t result)
{
    bool is_error = result < 0 && result >= -4095;

    if (!is_error && row->result == RESULT_DESCRIPTOR) {
        raw_syscall1(SYS_close, (uint64_t)result);
    }
    if (!is_error && row->result == RESULT_MAPPING) {
        raw_syscall2(SYS_munmap, (uint64_t)result, row->arguments[1]);
    }
}

void run_row(const struct row *row)
{
    memset((void *)GOOD, 0, ZEROED_BYTES);
    *(char *)(GOOD_END - 1) = 'x'; /* a path that runs on behind the end */
    int64_t result = call(row->number, row->arguments);

    undo(row, result);
    print_result(row->call, row->words, row->result, result);
}

void run_rows(const struct row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        run_row(&rows[i]);
    }
}

struct edge {
    const char *words;
    uint64_t address;
    uint8_t kinds; /* bit n: of kind n */
};
#define ALL 0xf
#define ONLY(kind) (1 << POINTER_##kind)

static const struct edge edges[] = {
    { "null", 0, ALL },
    { "unaligned", GOOD + 1, ONLY(IN) | ONLY(OUT) },
    { "unmapped", UNMAPPED, ALL },
    { "without access", NO_ACCESS, ALL },
    { "only to be read", READ_ONLY, ONLY(OUT) },
    { "across the end", GOOD_END - 1, ALL },
    { "behind user memory", USER_END, ALL },
    { "not canonical", NOT_CANONICAL, ALL },
    { "the supervisor's", SUPERVISOR, ALL },
    { "the last page", LAST_PAGE, ALL },
    { "the last byte", MINUS(1), ALL },
};

void run_pointer_rows(const struct pointer_row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < COUNT(edges); j++) {
            struct row row = rows[i].row;
            char words[96];

            if ((edges[j].kinds & 1 << rows[i].kind) != 0) {
                row.arguments[rows[i].which] = edges[j].address;
                snprintf(words, sizeof(words), "%s: %s", row.words, edges[j].words);
                row.words = words;
                raw_syscall3(SYS_lseek, FOLDER, 0, ABI_SEEK_SET);
                run_row(&row);
            }
        }
    }
}

/* --- Children */

int64_t start_child(const char *what)
{
    const char *const arguments[] = { "errno", what, NULL };
    struct abi_spawn spawn = { .path = AT("/bin/errno"), .argv = AT(arguments) };

    fflush(stdout);
    int64_t pid = raw_syscall1(SYS_spawn, AT(&spawn));

    if (pid != -ENOSYS) {
        return pid;
    }
    pid = raw_syscall6((enum abi_syscall)CLONE_LINUX, SIGCHLD_ONLY, 0, 0, 0, 0, 0);
    if (pid == 0) {
        raw_syscall1(SYS_exit_group, (uint64_t)be_task_child(what));
    }
    return pid;
}

int64_t status_of_child(const char *what)
{
    int64_t pid = start_child(what);
    int32_t status = -1;
    int64_t result = raw_syscall4(SYS_wait4, (uint64_t)pid, AT(&status), 0, 0);

    return result < 0 ? result : status;
}

void print_ending(const char *call_name, const char *words, int64_t status)
{
    printf("%s(%s) = ", call_name, words);
    if (status < 0) {
        printf("no child: %s\n", error_name(-status));
    } else if ((status & 0x7f) != 0) {
        printf("killed by %d\n", (int)(status & 0x7f));
    } else {
        printf("exit %d\n", (int)(status >> 8 & 0xff));
    }
}

/* --- What tables name */

static void map_at(uint64_t address, uint64_t size, uint64_t protection)
{
    raw_syscall6(SYS_mmap, address, size, protection, ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED, MINUS(1), 0);
}

static void move_to(uint64_t number, int64_t descriptor)
{
    raw_syscall3(SYS_dup3, (uint64_t)descriptor, number, 0);
    raw_syscall1(SYS_close, (uint64_t)descriptor);
}

static void open_at(uint64_t number, const char *path, uint64_t flags)
{
    move_to(number, raw_syscall4(SYS_openat, HERE, AT(path), flags, 0));
}

static void make_pipe(uint64_t in, uint64_t out)
{
    int32_t ends[2];

    raw_syscall2(SYS_pipe2, AT(ends), ABI_O_NONBLOCK);
    move_to(in, ends[0]);
    move_to(out, ends[1]);
}

static void make_descriptors(void)
{
    raw_syscall3(SYS_dup3, 0, CONSOLE, 0);
    open_at(FILE_AT, "bin/true", 0);
    open_at(FOLDER, "bin", 0);
    open_at(LIBRARY, "lib/libc", 0);
    open_at(NOTHING, "/dev/null", ABI_O_RDWR);
    open_at(ZEROS, "/dev/zero", 0);
    make_pipe(PIPE_IN, PIPE_OUT);
    make_pipe(FULL_IN, FULL_OUT);
    while (raw_syscall3(SYS_write, FULL_OUT, GOOD, PAGE) > 0) {
    }
    make_pipe(WRITERLESS, FREE);
    raw_syscall1(SYS_close, FREE);
    make_pipe(FREE, READERLESS);
    raw_syscall1(SYS_close, FREE);
}

static void make_memory(void)
{
    map_at(GOOD, GOOD_BYTES, ABI_PROT_READ | ABI_PROT_WRITE);
    map_at(READ_ONLY, PAGE, ABI_PROT_READ);
    map_at(NO_ACCESS, PAGE, ABI_PROT_NONE);
}

int main(int argc, char **argv)
{
    static const struct abi_sigaction ignore = { .handler = ABI_SIG_IGN };

    raw_syscall4(SYS_rt_sigaction, ABI_SIGPIPE, AT(&ignore), 0, sizeof(uint64_t));
    make_memory();
    if (argc == 2) {
        return be_task_child(argv[1]);
    }
    make_descriptors();
    try_descriptors();
    try_control();
    try_files();
    try_vectors();
    try_paths();
    try_memory();
    try_tasks();
    try_ends();
    try_signals();
    try_clocks();
    try_machine();
    try_own_calls();
    try_folders(); /* last: it goes to another folder */
    return 0;
}
