#pragma once

#include <assert.h>
#include <stdint.h>

/*
 * Structures of Pando's own calls (0x4000 + n). Every pointer is a uint64_t user address; every structure is copied
 * in once, as a whole, before anything in it is looked at. Unknown flag bits are EINVAL.
 */

/*
 * spawn(const struct abi_spawn *) -> the child's pid.
 *
 * The child starts from @path (looked up from /) with @argv and @envp (arrays of string addresses that end with 0;
 * envp may be 0). Its descriptor i is the caller's descriptor fds[i], or closed where fds[i] is -1; descriptors at
 * and above @fd_count are closed. With fds == 0 and fd_count == 0 the child inherits every descriptor of the caller
 * that has not the close-on-exec flag.
 *
 * The child is in the caller's process group, or with ABI_SPAWN_GROUP in @group: one that a child of the caller or the
 * caller is in, or with 0 a new one that is known by the child's pid. It blocks the signals that the caller blocks, or
 * with ABI_SPAWN_SIGNAL_MASK those of @signal_mask (bit n - 1 for signal n). It ignores the signals that the caller
 * ignores, but with ABI_SPAWN_SIGNAL_DEFAULT none of @signal_default, and with ABI_SPAWN_SIGNAL_IGNORE all of
 * @signal_ignore, less SIGKILL and SIGSTOP.
 *
 * The child is in the caller's group of limits, or with ABI_SPAWN_LIMITS the first of a new one: see struct abi_limits.
 *
 * When the program's image is refused, @reason (if not 0) takes up to ABI_REASON_BYTES bytes, NUL-terminated, that
 * say in words what is wrong with it, for a shell to print; it is left untouched in every other case.
 *
 * Errors: ENOENT, ENOTDIR, EISDIR, EACCES (not executable), ENOEXEC, E2BIG (argv and envp over 128 KiB), ENOMEM,
 * EAGAIN (too many tasks, or groups of limits), EBADF (a descriptor in fds is not open), EMFILE, EPERM (no such process
 * group, or limits that the caller's group has not left), EFAULT, EINVAL, ENAMETOOLONG.
 */
enum {
    ABI_SPAWN_GROUP = 1,
    ABI_SPAWN_SIGNAL_MASK = 2,
    ABI_SPAWN_SIGNAL_DEFAULT = 4,
    ABI_SPAWN_SIGNAL_IGNORE = 8,
    ABI_SPAWN_LIMITS = 16,
};
struct abi_spawn {
    uint64_t path;
    uint64_t argv;
    uint64_t envp;
    uint64_t fds; /* const int32_t * */
    uint32_t fd_count;
    uint32_t flags; /* ABI_SPAWN_* */
    uint64_t reason; /* char *, ABI_REASON_BYTES long, or 0 */
    uint64_t signal_mask; /* with ABI_SPAWN_SIGNAL_MASK */
    uint64_t signal_default; /* with ABI_SPAWN_SIGNAL_DEFAULT */
    uint64_t signal_ignore; /* with ABI_SPAWN_SIGNAL_IGNORE */
    int32_t group; /* with ABI_SPAWN_GROUP */
    uint32_t reserved; /* 0 */
    uint64_t limits; /* const struct abi_limits *, with ABI_SPAWN_LIMITS */
};
static_assert(sizeof(struct abi_spawn) == 88, "ABI");
#define ABI_REASON_BYTES 96

/*
 * What a group of tasks may have at most, all its tasks together. A task is in the group of the one that spawned it;
 * spawn with ABI_SPAWN_LIMITS makes a new group. Init's group has no limits.
 *
 *     frames       of RAM, charged to the group that is the first to touch them: pages, page tables, buffers of pipes
 *                  at the limit: ENOMEM; a touch ends the task with SIGBUS
 *     entries      of address spaces: mappings that differ                       ENOMEM
 *     descriptors  open ones                                                     EMFILE
 *     names        named objects                                                 ENOSPC
 *     tasks        those among them that have ended and were not waited for      EAGAIN
 *     records      of what is loaded in private regions, and of programs that were uploaded: one or two an image,
 *                  one an extent of it                                                 EDQUOT
 *     guarantee    frames that are kept free for the group: as long as it has fewer, it gets every frame that it touches
 *
 * A new group's limits are carved out of its maker's: the maker's tasks have that much less, until the new group has
 * ended and nothing is charged to it any more. No limit (ABI_NO_LIMIT) can be given by a group that has none. A
 * guarantee is carved out of the maker's guarantee, or, by a task of init's group, out of the free frames. So whatever
 * groups a group makes, together they never have more than it may have, and never take what others were promised.
 *
 * The task that a group was made with, and no other, may lower the limits of the group (prlimit64, with RLIMIT_RSS and
 * RLIMIT_NPROC); they are never raised.
 */
struct abi_limits {
    uint64_t frames;
    uint64_t entries;
    uint64_t descriptors;
    uint64_t names;
    uint64_t tasks;
    uint64_t records;
    uint64_t guarantee;
};
static_assert(sizeof(struct abi_limits) == 56, "ABI");
#define ABI_NO_LIMIT UINT64_MAX

/*
 * limits(struct abi_group *rows, capacity) -> the number of groups, the caller's first; as many rows as fit are written.
 */
struct abi_group {
    uint32_t id; /* 0: the supervisor's own; 1: init's */
    uint32_t maker; /* the id of the group that made it; 0: none */
    int32_t leader; /* the pid of the task that it was made with */
    uint32_t reserved;
    struct abi_limits limits;
    struct abi_limits used; /* `guarantee`: frames that are kept free for it */
    struct abi_limits given; /* what was carved out of it for groups that it made; `guarantee`: 0 */
};
static_assert(sizeof(struct abi_group) == 184, "ABI");

/*
 * The shared windows: what spec/shared-regions.md calls the text window and the data window.
 */
#define ABI_TEXT_WINDOW 0x70000000ull
#define ABI_DATA_WINDOW 0x80000000ull
#define ABI_WINDOW_BYTES 0x10000000ull
#define ABI_ALTERNATE_BASE 0x09000000ull /* offset in both windows */
#define ABI_WINDOW_END 0x0ff80000ull /* offset behind the last byte that can be loaded; the region table is there */

/*
 * One extent of a manifest. @address is relative to the image's base in the window that @protection names: COW means
 * the data window, all others the text window. Address and file offset are multiples of 4096, size is at least 1.
 */
enum {
    ABI_EXTENT_READ = 1,
    ABI_EXTENT_WRITE = 2,
    ABI_EXTENT_EXECUTE = 4,
    ABI_EXTENT_COW = 0x10,
    ABI_EXTENT_ZERO_FILL = 0x20,
    ABI_EXTENT_WINDOW_TEXT = 0,
    ABI_EXTENT_WINDOW_DATA = 1,
};
struct abi_extent {
    uint64_t address;
    uint64_t size_bytes;
    uint64_t file_offset;
    uint32_t window;
    uint32_t protection;
};
static_assert(sizeof(struct abi_extent) == 32, "ABI");

/* Request bits and answer bits share no value, so that a reused word can't change the next request (defect D25). */
enum {
    ABI_REGION_ALTERNATE_SITE = 0x0001,
    ABI_REGION_ANY_BASE = 0x0002,
    ABI_REGION_IMAGE_MANIFEST = 0x0004,
    ABI_REGION_PREVIOUSLY_LOADED = 0x0100,
    ABI_REGION_SYSTEM_CLASS = 0x0200,
};

/*
 * region_load(const struct abi_region_load *, struct abi_region_loaded *): section 2 of the regions' specification.
 * The image is @length_bytes bytes from @offset of the open file @fd (length 0: to its end).
 * The answer is written only on success. Errors as in the specification's section 2 and 10.
 */
struct abi_region_load {
    int32_t fd;
    uint32_t flags;
    uint64_t offset;
    uint64_t length_bytes;
    uint64_t base; /* absolute address in the text window */
    uint64_t extents; /* const struct abi_extent * */
    uint32_t extent_count;
    uint32_t reserved; /* 0 */
};
static_assert(sizeof(struct abi_region_load) == 48, "ABI");

struct abi_region_loaded {
    uint64_t base;
    uint32_t answer;
    uint32_t extent_count;
};
static_assert(sizeof(struct abi_region_loaded) == 16, "ABI");

/*
 * region_unload(const struct abi_region_load *): unload the image that @fd, @offset and @length_bytes name from @base; the
 * other members are 0. EBUSY: another task uses it, or a chained region shows it; EPERM: the region is of system class,
 * and the caller is not init; EINVAL: it is loaded at another base; ENOENT.
 *
 * region_private() -> 0: the caller is in a private region from now on, chained to the one it was in: it sees what is
 * loaded there now, and nothing that is loaded there later; what it loads itself nobody else sees. ENOMEM.
 *
 * region_clean() -> 0: the next program that the caller starts, by execve or in a child, gets a private region with
 * nothing in it.
 *
 * region_reset(base) -> 0: the caller's own copies of the data pages of the entry at @base go. ENOENT.
 */

/* At most so many extents in one manifest, and in one call that carries it; more is EINVAL. */
#define ABI_MANIFEST_MAX 1024
#define ABI_CALL_EXTENTS_MAX 128

/*
 * region_info(base, struct abi_extent *extents, capacity) -> the number of extents of the entry that the caller's
 * region sees at @base (an absolute address in the text window); as many as fit are written. ENOENT where none is.
 */

/*
 * usage(struct abi_usage *, struct abi_task_usage *rows, capacity) -> the number of tasks; as many rows as fit are
 * written, in the order of their pids. Everything is counted by one walk over the real page tables, objects and
 * frame descriptors, at one moment.
 */
struct abi_usage {
    uint64_t ram_frames;
    uint64_t firmware_frames;
    uint64_t supervisor_frames;
    uint64_t descriptor_frames; /* of those: they describe every frame that was ever in use, and stay */
    uint64_t object_frames;
    uint64_t free_frames;
    /* Frames that private copies would cost on top of what is used now, by the level that saved them. */
    uint64_t saved_identity; /* the same image mapped by several tasks */
    uint64_t saved_segment; /* other images with the same segment content */
    uint64_t saved_page; /* other images with the same page content */
    uint64_t saved_tables; /* page-table frames shared by several tasks */
    uint64_t saved_in_place; /* read-only pages mapped from the initrd instead of a copy */
};
static_assert(sizeof(struct abi_usage) == 88, "ABI");

#define ABI_TASK_NAME_BYTES 16
struct abi_task_usage {
    int32_t pid;
    int32_t parent_pid;
    char name[ABI_TASK_NAME_BYTES];
    uint64_t ro_frames; /* distinct frames mapped without write permission */
    uint64_t ro_shared_frames; /* of those, mapped by other tasks too */
    uint64_t private_frames; /* distinct frames that this task alone maps with write permission */
    uint64_t table_frames; /* page-table frames reachable from its root, shared ones included */
    uint64_t pss_micro_frames; /* every frame above (shared writable ones too) divided by its sharers, * 1,000,000 */
    uint64_t ro_sharers_max; /* the largest number of tasks that map one of its read-only frames */
};
static_assert(sizeof(struct abi_task_usage) == 72, "ABI");

/*
 * bench(what, argument): counts inside the supervisor, in instructions; only when `bench` is on the kernel's command
 * line, else ENOSYS. Callers subtract nothing: the empty loop is taken off already.
 */
enum abi_bench {
    ABI_BENCH_REGION_ATTACH = 1, /* one attach of a map to the caller's region, mean of @argument repetitions */
    ABI_BENCH_BOOT = 2, /* from the first instruction of the image to the first of init in U-mode */
    ABI_BENCH_PEAK_FRAMES = 3, /* not instructions: the most frames that were not free at once, less the firmware's */
};

/*
 * tasks(struct abi_task *rows, capacity) -> the number of tasks; as many rows as fit are written, in the order of their
 * pids. Costs no walk over page tables.
 */
struct abi_task {
    int32_t pid;
    int32_t parent_pid;
    int32_t group;
    char state; /* R runs or could, S waits, Z has ended and its parent has not asked */
    char pad[3];
    char name[ABI_TASK_NAME_BYTES];
    uint64_t cpu_nanoseconds;
};
static_assert(sizeof(struct abi_task) == 40, "ABI");

/*
 * task_map(pid, struct abi_mapping *rows, capacity) -> the number of mappings of that task, ascending; as many rows as
 * fit are written. The shared windows' images are among them. ESRCH where there is no such task.
 *
 * What a mapping has in memory is counted at one moment, page by page. Pages of zeros that were only read are none.
 */
enum {
    ABI_MAPPING_SHARED = 1, /* not private */
    ABI_MAPPING_FILE = 2, /* of a file of the initrd, @inode; else anonymous */
    ABI_MAPPING_WINDOW = 4, /* of the region that the task is attached to */
    ABI_MAPPING_HEAP = 8,
    ABI_MAPPING_STACK = 16,
};
struct abi_mapping {
    uint64_t start;
    uint64_t end;
    uint64_t file_offset;
    uint64_t inode;
    uint64_t resident_frames; /* that it shows, or keeps while nothing may be accessed */
    uint64_t shared_frames; /* of those, with other tasks; what remains is private */
    uint64_t pss_micro_frames; /* each divided by the number of tasks that share it, * 1,000,000; what one of the task's
                                  mappings has counted counts 0 in the ones behind */
    uint32_t protection; /* ABI_PROT_* */
    uint32_t flags; /* ABI_MAPPING_* */
};
static_assert(sizeof(struct abi_mapping) == 64, "ABI");

/*
 * audit(struct abi_audit *): the auditor over everything, with all other harts parked. Returns 0, whatever it found;
 * EPERM for a caller that is not of domain 0; EFAULT.
 */
#define ABI_AUDIT_FINDINGS 6
struct abi_audit_finding {
    char invariant[24]; /* its name, NUL-terminated */
    uint64_t where; /* the address, frame or number that it was found at */
    int32_t pid; /* whose; 0: nobody's */
    uint32_t reserved;
};
struct abi_audit {
    uint64_t frames;
    uint64_t tables;
    uint64_t objects;
    uint64_t maps;
    uint64_t entries;
    uint32_t finding_count; /* 0: all is well */
    uint32_t reserved;
    struct abi_audit_finding findings[ABI_AUDIT_FINDINGS]; /* the first ones */
};
static_assert(sizeof(struct abi_audit) == 48 + 6 * 40, "ABI");

/*
 * fail_nth(n) -> how many allocations the last call did that this was asked for. With @n above 0 the n-th allocation of
 * the caller's next call fails, of a frame or of a supervisor's object; with 0 none does. For one task at a time.
 */

/*
 * give(pid, descriptor, flags): hand the open file of @descriptor to the task @pid, which takes it when it likes, as long
 * as it lives; the caller keeps its own. With ABI_GIVE_READ_ONLY the receiver can only read it, whatever it does: it
 * gets an open file of its own, with position 0, when the caller can write.
 * Errors: EBADF; ESRCH; EINVAL (flags; a file of a kind that can't be had read-only); EACCES (read-only, and the caller
 * can't read it); EAGAIN (ABI_GIFTS_MAX wait for that task already); ENOMEM.
 *
 * take(int32_t *pid, flags) -> a descriptor: the next one that was given to the caller, in the order in which they were
 * given; waits for one. With @pid other than 0 it is told who gave it. Flags: O_CLOEXEC, O_NONBLOCK.
 * Errors: EAGAIN (O_NONBLOCK, and there is none); EINTR; EINVAL; EMFILE, ENOMEM, EFAULT: it can be taken again.
 */
enum { ABI_GIVE_READ_ONLY = 1 };
#define ABI_GIFTS_MAX 16
