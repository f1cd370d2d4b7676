/*
 * pointers: every pointer that a system call takes, with every kind of address that it must refuse (rule B7).
 *
 * Each row of @calls makes one call with one pointer left open. Each row of @kinds is an address that nothing can be
 * read from, or, for pointers that are written through, nothing can be written to. All of them must give EFAULT; what
 * else the call would have done must not have happened, which is looked at behind each call.
 */
#include <string.h>

#include "hostile.h"

enum { READS = 1, WRITES = 2 };

/* At least two bytes are moved, so that one that begins on a mapping's last byte crosses its end. */
struct pointer_call {
    const char *name;
    int access;
    int64_t (*call)(uint64_t pointer);
};

static int64_t file, directory, child;
static char *edge; /* the last byte of a mapping */
static const char true_path[] = "/bin/true";
static const char *const true_arguments[] = { "true", NULL };

static int64_t call_read(uint64_t pointer)
{
    return raw_syscall3(SYS_read, (uint64_t)file, pointer, 16);
}

static int64_t call_write(uint64_t pointer)
{
    return raw_syscall3(SYS_write, 1, pointer, 16);
}

static int64_t call_writev_vector(uint64_t pointer)
{
    return raw_syscall3(SYS_writev, 1, pointer, 2);
}

static int64_t call_writev_base(uint64_t pointer)
{
    const struct abi_iovec part = { .base = pointer, .size_bytes = 16 };

    return raw_syscall3(SYS_writev, 1, ADDRESS(&part), 1);
}

static int64_t call_openat(uint64_t pointer)
{
    return raw_syscall4(SYS_openat, (uint64_t)ABI_AT_FDCWD, pointer, 0, 0);
}

static int64_t call_getdents64(uint64_t pointer)
{
    return raw_syscall3(SYS_getdents64, (uint64_t)directory, pointer, 512);
}

static int64_t call_fstat(uint64_t pointer)
{
    return raw_syscall2(SYS_fstat, (uint64_t)file, pointer);
}

static int64_t call_nanosleep(uint64_t pointer)
{
    return raw_syscall2(SYS_nanosleep, pointer, 0);
}

static int64_t call_clock_gettime(uint64_t pointer)
{
    return raw_syscall2(SYS_clock_gettime, ABI_CLOCK_MONOTONIC, pointer);
}

static int64_t call_wait4(uint64_t pointer)
{
    /* 0 asks for no status. */
    return pointer == 0 ? -EFAULT : raw_syscall4(SYS_wait4, (uint64_t)child, pointer, 0, 0);
}

static int64_t call_spawn(uint64_t pointer)
{
    return raw_syscall1(SYS_spawn, pointer);
}

static int64_t spawn_with(struct abi_spawn call)
{
    return raw_syscall1(SYS_spawn, ADDRESS(&call));
}

static int64_t call_spawn_path(uint64_t pointer)
{
    return spawn_with((struct abi_spawn){ .path = pointer, .argv = ADDRESS(true_arguments) });
}

static int64_t call_spawn_argv(uint64_t pointer)
{
    return spawn_with((struct abi_spawn){ .path = ADDRESS(true_path), .argv = pointer });
}

static int64_t call_spawn_argument(uint64_t pointer)
{
    const uint64_t arguments[] = { pointer, 0 };

    /* 0 ends the list. */
    return pointer == 0 ? -EFAULT
                        : spawn_with((struct abi_spawn){ .path = ADDRESS(true_path), .argv = ADDRESS(arguments) });
}

static int64_t call_spawn_envp(uint64_t pointer)
{
    struct abi_spawn call = { .path = ADDRESS(true_path), .argv = ADDRESS(true_arguments), .envp = pointer };

    return pointer == 0 ? -EFAULT : spawn_with(call); /* 0: no environment */
}

static int64_t call_spawn_fds(uint64_t pointer)
{
    struct abi_spawn call = {
        .path = ADDRESS(true_path), .argv = ADDRESS(true_arguments), .fds = pointer, .fd_count = 3
    };

    return pointer == 0 ? -EFAULT : spawn_with(call); /* 0: all are inherited */
}

static int64_t load_with(struct abi_region_load call, uint64_t answer)
{
    return raw_syscall2(SYS_region_load, ADDRESS(&call), answer);
}

static int64_t call_region_load(uint64_t pointer)
{
    struct abi_region_loaded loaded;

    return raw_syscall2(SYS_region_load, pointer, ADDRESS(&loaded));
}

static int64_t call_region_load_answer(uint64_t pointer)
{
    int64_t library = sys_open("/lib/libc", 0);
    struct abi_region_load call = { .fd = (int32_t)library, .flags = ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST };
    int64_t result = load_with(call, pointer);

    sys_close(library);
    return result;
}

static int64_t call_region_load_extents(uint64_t pointer)
{
    struct abi_region_loaded loaded;
    struct abi_region_load call = {
        .fd = (int32_t)file, .flags = ABI_REGION_IMAGE_MANIFEST, .extents = pointer, .extent_count = 2
    };

    return load_with(call, ADDRESS(&loaded));
}

static int64_t call_region_info(uint64_t pointer)
{
    return raw_syscall3(SYS_region_info, ABI_TEXT_WINDOW, pointer, 128);
}

static int64_t call_usage(uint64_t pointer)
{
    return raw_syscall3(SYS_usage, pointer, 0, 0);
}

static int64_t call_usage_rows(uint64_t pointer)
{
    struct abi_usage usage;

    return raw_syscall3(SYS_usage, ADDRESS(&usage), pointer, 4);
}

static const struct pointer_call calls[] = {
    { "read", WRITES, call_read },
    { "write", READS, call_write },
    { "writev_vector", READS, call_writev_vector },
    { "writev_base", READS, call_writev_base },
    { "openat", READS, call_openat },
    { "getdents64", WRITES, call_getdents64 },
    { "fstat", WRITES, call_fstat },
    { "nanosleep", READS, call_nanosleep },
    { "clock_gettime", WRITES, call_clock_gettime },
    { "wait4", WRITES, call_wait4 },
    { "spawn", READS, call_spawn },
    { "spawn_path", READS, call_spawn_path },
    { "spawn_argv", READS, call_spawn_argv },
    { "spawn_argument", READS, call_spawn_argument },
    { "spawn_envp", READS, call_spawn_envp },
    { "spawn_fds", READS, call_spawn_fds },
    { "region_load", READS, call_region_load },
    { "region_load_answer", WRITES, call_region_load_answer },
    { "region_load_extents", READS, call_region_load_extents },
    { "region_info", WRITES, call_region_info },
    { "usage", WRITES, call_usage },
    { "usage_rows", WRITES, call_usage_rows },
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
    { "constants", WRITES, ADDRESS(true_path) },
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
    set_kind("bit_39_of_a_good_one", ADDRESS(&file) | 1ull << 39);
    set_kind("bit_63_of_a_good_one", ADDRESS(&file) | 1ull << 63);
    set_kind("text", ADDRESS(main));
    set_kind("read_only_file", (uint64_t)sys_map(0, PAGE, ABI_PROT_READ, ABI_MAP_SHARED, file, 0));
}

static void try_all(void)
{
    char name[80];

    for (size_t i = 0; i < COUNT(calls); i++) {
        for (size_t k = 0; k < COUNT(kinds); k++) {
            if ((kinds[k].refuses & calls[i].access) != 0) {
                snprintf(name, sizeof(name), "b7_%s_%s", calls[i].name, kinds[k].name);
                *edge = 'a'; /* it must end no string and no list */
                expect(name, calls[i].call(kinds[k].address), -EFAULT);
            }
        }
    }
}

/* What a call that was refused must not have done all the same. */
static void look_behind(void)
{
    expect("b7_the_position_has_not_moved", raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_CUR), 0);
    expect("b7_the_list_has_not_begun", raw_syscall3(SYS_lseek, (uint64_t)directory, 0, ABI_SEEK_CUR), 0);
    expect("b7_the_child_can_still_be_waited_for", sys_wait(child), 0);
    expect("b7_there_is_no_other_child", sys_wait(-1), -ECHILD);
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
    expect("b7_spawn_path_string_into_nothing", call_spawn_path(end - 100), -EFAULT);
    expect("b7_spawn_path_string_without_end", call_spawn_path(start), -ENAMETOOLONG);
    expect("b7_spawn_argument_into_nothing", call_spawn_argument(end - 10000), -EFAULT);
    expect("b7_spawn_argument_without_end", call_spawn_argument(start), -E2BIG);
    for (size_t i = 0; i < 64 * PAGE / sizeof(*words); i++) {
        words[i] = ADDRESS(true_path);
    }
    expect("b7_spawn_argv_into_nothing", call_spawn_argv(end - 32), -EFAULT);
    expect("b7_spawn_argv_without_end", call_spawn_argv(start), -E2BIG);
    expect("b7_spawn_envp_into_nothing", call_spawn_envp(end - 32), -EFAULT);
    expect("b7_spawn_envp_without_end", call_spawn_envp(start), -E2BIG);
    /* The reason is a courtesy: the error is what counts. */
    expect("b7_spawn_reason_nowhere",
           spawn_with((struct abi_spawn){
               .path = ADDRESS("/lib/libc"), .argv = ADDRESS(true_arguments), .reason = SUPERVISOR_START }),
           -ENOEXEC);
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
    struct abi_spawn call = { .path = ADDRESS(true_path), .argv = ADDRESS(true_arguments) };
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
    expect("b7_unaligned_read", raw_syscall3(SYS_read, (uint64_t)file, ADDRESS(odd), 64), 64);
    expect_true("b7_unaligned_read_writes_no_byte_before", odd[-1] == 0x55);
    expect_true("b7_unaligned_read_reads_the_file", memcmp(odd, "\177ELF", 4) == 0);
    raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_SET);
    expect_true("b7_unaligned_getdents64", call_getdents64(ADDRESS(odd)) > 0);
    raw_syscall3(SYS_lseek, (uint64_t)directory, 0, ABI_SEEK_SET);
    expect_true("b7_unaligned_usage", call_usage(ADDRESS(odd)) > 0);
}

/* Two pages of which the second is not there: what fits may be moved, and no more is claimed. */
static void try_crossing(void)
{
    uint64_t start = (uint64_t)sys_map_fresh(2 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);

    sys_unmap(start + PAGE, PAGE);
    int64_t moved = raw_syscall3(SYS_read, (uint64_t)file, start + PAGE - 64, 2048);
    int64_t position = raw_syscall3(SYS_lseek, (uint64_t)file, 0, ABI_SEEK_CUR);

    expect_true("b7_read_across_the_edge", moved == -EFAULT || (moved > 0 && moved <= 64));
    expect("b7_read_across_the_edge_moves_the_position_as_far", position, moved < 0 ? 0 : moved);
    moved = raw_syscall3(SYS_write, 1, start + PAGE - 64, 2048);
    expect_true("b7_write_across_the_edge", moved == -EFAULT || (moved > 0 && moved <= 64));
    sys_unmap(start, PAGE);
}

int main(void)
{
    file = sys_open("/bin/true", 0);
    directory = sys_open("/bin", ABI_O_DIRECTORY);
    child = sys_spawn(true_path, true_arguments);
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_kinds();
    try_all();
    look_behind();
    try_endless();
    try_unaligned();
    try_crossing();
    expect("b7_nobody_was_started", sys_wait(-1), -ECHILD);
    return 0;
}
