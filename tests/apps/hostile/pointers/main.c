/*
 * pointers: every pointer that a system call takes, with every kind of address that it must refuse (rule B7).
 *
 * Each row of the tables in *_calls.c makes one call with one pointer left open. Each row of @kinds is an address that
 * nothing can be read from, or, for pointers that are written through, nothing can be written to. All of them must give
 * EFAULT; what else the call would have done must not have happened, which is looked at behind each call.
 */
#include <string.h>

#include "pointers.h"

int64_t pointer_file, pointer_folder, pointer_child;
int32_t pointer_pipe[2];
const char pointer_true_path[] = "/bin/true";
const char *const pointer_true_arguments[] = { "true", NULL };

static char *edge; /* the last byte of a mapping */

static const struct pointer_calls *const tables[] = {
    &pointer_file_calls,   &pointer_path_calls,    &pointer_terminal_calls, &pointer_task_calls,
    &pointer_signal_calls, &pointer_machine_calls, &pointer_object_calls,   &pointer_own_calls,
};

static struct kind {
    const char *name;
    int refuses;
    uint64_t address; /* some are filled in by make_kinds() */
} kinds[] = {
    { "null", READS | WRITES, 0 },
    { "near_null", READS | WRITES, 8 },
    { "below_64k", READS | WRITES, 0xfff0 },
    { "supervisor_first", READS | WRITES, SUPERVISOR_START },
    { "supervisor_ram", READS | WRITES, SUPERVISOR_START + 0x80200000 },
    { "supervisor_last", READS | WRITES, UINT64_MAX - 15 },
    { "all_ones", READS | WRITES, UINT64_MAX },
    { "non_canonical_low", READS | WRITES, USER_END },
    { "non_canonical_middle", READS | WRITES, 1ull << 63 },
    { "non_canonical_high", READS | WRITES, SUPERVISOR_START - 16 },
    { "across_the_users_end", READS | WRITES, USER_END - 1 },
    { "bit_39_of_a_good_one", READS | WRITES, 0 },
    { "bit_63_of_a_good_one", READS | WRITES, 0 },
    { "uart", READS | WRITES, 0x10000000 },
    { "plic", READS | WRITES, 0x0c000000 },
    { "root_slot_1", READS | WRITES, 0x40000000 },
    { "last_byte_of_a_mapping", READS | WRITES, 0 },
    { "unmapped", READS | WRITES, 0 },
    { "no_access", READS | WRITES, 0 },
    { "read_only_memory", WRITES, 0 },
    { "text", WRITES, 0 },
    { "constants", WRITES, ADDRESS(pointer_true_path) },
    { "library_text", WRITES, ABI_TEXT_WINDOW },
    { "read_only_file", WRITES, 0 },
};

static void set_kind(const char *name, uint64_t address)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            kinds[i].address = address;
            return;
        }
    }
    printf("FAIL b7_kind_%s: no such row\n", name);
}

int main(void);

static void make_kinds(void)
{
    uint64_t two = (uint64_t)sys_map_fresh(3 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);

    sys_unmap(two + PAGE, PAGE);
    edge = (char *)(uintptr_t)(two + PAGE - 1);
    set_kind("last_byte_of_a_mapping", two + PAGE - 1);
    set_kind("unmapped", two + PAGE);
    set_kind("no_access", (uint64_t)sys_map_fresh(PAGE, ABI_PROT_NONE));
    set_kind("read_only_memory", (uint64_t)sys_map_fresh(PAGE, ABI_PROT_READ));
    set_kind("bit_39_of_a_good_one", ADDRESS(&pointer_file) | 1ull << 39);
    set_kind("bit_63_of_a_good_one", ADDRESS(&pointer_file) | 1ull << 63);
    set_kind("text", ADDRESS(main));
    set_kind("read_only_file", (uint64_t)sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_SHARED, pointer_file, 0));
}

static void try_call(const struct pointer_call *call)
{
    char name[80];

    for (size_t k = 0; k < COUNT(kinds); k++) {
        if ((kinds[k].refuses & call->access) != 0) {
            snprintf(name, sizeof(name), "b7_%s_%s", call->name, kinds[k].name);
            *edge = 'a'; /* it must end no string and no list */
            expect(name, call->call(kinds[k].address), -EFAULT);
        }
    }
}

static void try_all(void)
{
    for (size_t i = 0; i < COUNT(tables); i++) {
        for (size_t row = 0; row < tables[i]->count; row++) {
            try_call(&tables[i]->rows[row]);
        }
    }
}

/* What a call must not have changed when it was refused. */
static struct state {
    struct abi_termios settings;
    struct abi_winsize size;
    int32_t foreground;
    int64_t free_descriptor;
    char folder[16];
    struct abi_sigaction action;
    uint64_t blocked;
} before, after;

static void look(struct state *state)
{
    memset(state, 0, sizeof(*state));
    raw_syscall3(SYS_ioctl, 0, ABI_TCGETS, ADDRESS(&state->settings));
    raw_syscall3(SYS_ioctl, 0, ABI_TIOCGWINSZ, ADDRESS(&state->size));
    raw_syscall3(SYS_ioctl, 0, ABI_TIOCGPGRP, ADDRESS(&state->foreground));
    state->free_descriptor = raw_syscall1(SYS_dup, 0);
    sys_close(state->free_descriptor);
    raw_syscall2(SYS_getcwd, ADDRESS(state->folder), sizeof(state->folder));
    raw_syscall4(SYS_rt_sigaction, ABI_SIGUSR1, 0, ADDRESS(&state->action), 8);
    state->blocked = sys_block(ABI_SIG_BLOCK, 0);
}

/* A shell gives the terminal to a job that may be running already, on another hart. */
static void wait_for_the_terminal(void)
{
    int32_t own = (int32_t)raw_syscall1(SYS_getpgid, 0);
    int32_t foreground = 0;

    for (int i = 0; i < 100 && foreground != own; i++) {
        sys_sleep(SECOND / 100);
        raw_syscall3(SYS_ioctl, 0, ABI_TIOCGPGRP, ADDRESS(&foreground));
    }
}

static void look_behind(void)
{
    char bytes[16];

    look(&after);
    expect("b7_the_position_has_not_moved", sys_seek(pointer_file, 0, ABI_SEEK_CUR), 0);
    expect("b7_the_list_has_not_begun", sys_seek(pointer_folder, 0, ABI_SEEK_CUR), 0);
    expect("b7_the_child_can_still_be_waited_for", sys_wait(pointer_child), 0);
    expect("b7_there_is_no_other_child", sys_wait(-1), -ECHILD);
    expect_true("b7_the_terminal_is_as_it_was",
                memcmp(&before.settings, &after.settings, sizeof(before.settings)) == 0 &&
                    memcmp(&before.size, &after.size, sizeof(before.size)) == 0 &&
                    before.foreground == after.foreground);
    expect("b7_no_descriptor_is_left", after.free_descriptor, before.free_descriptor);
    expect_true("b7_the_folder_is_as_it_was", strcmp(before.folder, after.folder) == 0);
    expect("b7_the_action_is_as_it_was", (int64_t)after.action.handler, (int64_t)before.action.handler);
    expect("b7_as_many_signals_are_blocked", (int64_t)after.blocked, (int64_t)before.blocked);
    expect("b7_the_pipe_holds_as_many_bytes", sys_read(pointer_pipe[0], bytes, sizeof(bytes)), 3);
}

/* Strings and lists that run into the end of a mapping, or have no end. */
static void try_endless(void)
{
    uint64_t start = (uint64_t)sys_map_fresh(65 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);
    uint64_t end = start + 64 * PAGE;
    uint64_t *words = (uint64_t *)(uintptr_t)start;

    memset((void *)(uintptr_t)start, 'a', 64 * PAGE);
    sys_unmap(end, PAGE);
    expect("b7_openat_string_into_nothing", call_openat(end - 100), -EFAULT);
    expect("b7_openat_string_without_end", call_openat(start), -ENAMETOOLONG);
    expect("b7_chdir_string_into_nothing", call_chdir(end - 100), -EFAULT);
    expect("b7_chdir_string_without_end", call_chdir(start), -ENAMETOOLONG);
    expect("b7_execve_path_string_into_nothing", call_execve_path(end - 300), -EFAULT);
    expect("b7_execve_path_string_without_end", call_execve_path(start), -ENAMETOOLONG);
    expect("b7_execve_argument_into_nothing", call_execve_argument(end - 10000), -EFAULT);
    expect("b7_execve_argument_without_end", call_execve_argument(start), -E2BIG);
    expect("b7_spawn_path_string_into_nothing", call_spawn_path(end - 100), -EFAULT);
    expect("b7_spawn_path_string_without_end", call_spawn_path(start), -ENAMETOOLONG);
    expect("b7_spawn_argument_into_nothing", call_spawn_argument(end - 10000), -EFAULT);
    expect("b7_spawn_argument_without_end", call_spawn_argument(start), -E2BIG);
    for (size_t i = 0; i < 64 * PAGE / sizeof(*words); i++) {
        words[i] = ADDRESS(pointer_true_path);
    }
    expect("b7_spawn_argv_into_nothing", call_spawn_argv(end - 32), -EFAULT);
    expect("b7_spawn_argv_without_end", call_spawn_argv(start), -E2BIG);
    expect("b7_execve_argv_into_nothing", call_execve_argv(end - 32), -EFAULT);
    expect("b7_execve_argv_without_end", call_execve_argv(start), -E2BIG);
    expect("b7_execve_envp_into_nothing", call_execve_envp(end - 32), -EFAULT);
    expect("b7_execve_envp_without_end", call_execve_envp(start), -E2BIG);
    expect("b7_spawn_envp_into_nothing", call_spawn_envp(end - 32), -EFAULT);
    expect("b7_spawn_envp_without_end", call_spawn_envp(start), -E2BIG);
    /* The reason is a courtesy: the error is what counts. */
    struct abi_spawn call = { .path = ADDRESS("/lib/libc"),
                              .argv = ADDRESS(pointer_true_arguments),
                              .reason = SUPERVISOR_START };

    expect("b7_spawn_reason_nowhere", call_spawn(ADDRESS(&call)), -ENOEXEC);
    sys_unmap(start, 64 * PAGE);
}

/* Linux asks for no alignment. */
static void try_unaligned(void)
{
    union {
        char bytes[1024];
        uint64_t align;
    } space;
    struct abi_timespec nothing = { 0 };
    struct abi_spawn call = { .path = ADDRESS(pointer_true_path), .argv = ADDRESS(pointer_true_arguments) };
    char *odd = space.bytes + 3;

    memset(space.bytes, 0x55, sizeof(space.bytes));
    expect("b7_unaligned_fstat", call_fstat(ADDRESS(odd)), 0);
    expect("b7_unaligned_clock_gettime", call_clock_gettime(ADDRESS(odd)), 0);
    memcpy(odd, &nothing, sizeof(nothing));
    expect("b7_unaligned_nanosleep", call_nanosleep(ADDRESS(odd)), 0);
    memcpy(odd, &call, sizeof(call));
    int64_t pid = call_spawn(ADDRESS(odd));

    expect_true("b7_unaligned_spawn", pid > 0);
    expect("b7_unaligned_wait4", raw_syscall4(SYS_wait4, (uint64_t)pid, ADDRESS(odd), 0, 0), pid);
    expect("b7_unaligned_read", raw_syscall3(SYS_read, (uint64_t)pointer_file, ADDRESS(odd), 64), 64);
    expect_true("b7_unaligned_read_writes_no_byte_before", odd[-1] == 0x55);
    expect_true("b7_unaligned_read_reads_the_file", memcmp(odd, "\177ELF", 4) == 0);
    raw_syscall3(SYS_lseek, (uint64_t)pointer_file, 0, ABI_SEEK_SET);
    expect_true("b7_unaligned_getdents64", call_getdents64(ADDRESS(odd)) > 0);
    raw_syscall3(SYS_lseek, (uint64_t)pointer_folder, 0, ABI_SEEK_SET);
    expect_true("b7_unaligned_usage", call_usage(ADDRESS(odd)) > 0);
}

/* Two pages of which the second is not there: what fits may be moved, and no more is claimed. */
static void try_crossing(void)
{
    uint64_t start = (uint64_t)sys_map_fresh(2 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);
    int32_t held = 0, left = 0;

    sys_unmap(start + PAGE, PAGE);
    int64_t moved = raw_syscall3(SYS_read, (uint64_t)pointer_file, start + PAGE - 64, 2048);
    int64_t position = raw_syscall3(SYS_lseek, (uint64_t)pointer_file, 0, ABI_SEEK_CUR);

    expect_true("b7_read_across_the_edge", moved == -EFAULT || (moved > 0 && moved <= 64));
    expect("b7_read_across_the_edge_moves_the_position_as_far", position, moved < 0 ? 0 : moved);
    moved = raw_syscall3(SYS_write, 1, start + PAGE - 64, 2048);
    expect_true("b7_write_across_the_edge", moved == -EFAULT || (moved > 0 && moved <= 64));
    /* Through a pipe: what is said to be in it is in it, and no more. */
    moved = sys_write(pointer_pipe[1], (void *)(uintptr_t)(start + PAGE - 64), 2048);
    expect_true("b7_write_pipe_across_the_edge", moved == -EFAULT || (moved > 0 && moved <= 64));
    raw_syscall3(SYS_ioctl, (uint64_t)pointer_pipe[0], ABI_FIONREAD, ADDRESS(&held));
    expect("b7_write_pipe_across_the_edge_holds_as_much", held, moved < 0 ? 0 : moved);
    sys_write(pointer_pipe[1], pointer_true_path, 9);
    moved = sys_read(pointer_pipe[0], (void *)(uintptr_t)(start + PAGE - 8), 73);
    expect_true("b7_read_pipe_across_the_edge", moved == -EFAULT || (moved > 0 && moved <= 8));
    raw_syscall3(SYS_ioctl, (uint64_t)pointer_pipe[0], ABI_FIONREAD, ADDRESS(&left));
    expect("b7_read_pipe_across_the_edge_loses_nothing", held + 9 - left, moved < 0 ? 0 : moved);
    moved = raw_syscall3(SYS_getrandom, start + PAGE - 8, 64, 0);
    expect_true("b7_getrandom_across_the_edge", moved == -EFAULT || (moved > 0 && moved <= 8));
    sys_unmap(start, PAGE);
}

int main(void)
{
    pointer_file = sys_open(pointer_true_path, 0);
    pointer_folder = sys_open("/bin", ABI_O_DIRECTORY);
    pointer_child = sys_spawn(pointer_true_path, pointer_true_arguments);
    sys_pipe(pointer_pipe, 0);
    sys_write(pointer_pipe[1], "abc", 3);
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_kinds();
    wait_for_the_terminal();
    look(&before);
    try_all();
    look_behind();
    try_endless();
    try_unaligned();
    try_crossing();
    expect("b7_nobody_was_started", sys_wait(-1), -ECHILD);
    return 0;
}
