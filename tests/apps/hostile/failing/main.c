/*
 * failing: every system call with its n-th allocation failing, for n = 1, 2, ... until it needs no more of them; on a
 * supervisor of a debug build (fail_nth). Each time the call must have succeeded or given an error that it may give, the
 * auditor must find nothing, and when the call was undone as many frames must be free as before. Calls that never
 * allocate must do the same as without, and show no allocation.
 *
 * One line a step: `ok CALL STEP: N allocations`, or `FAIL CALL STEP: ...`. A call of the table that has no step has no
 * line, which is for the test to see.
 *
 *     failing         all of it
 *     failing STEP    the step alone
 *     failing off     powers off by a call whose first allocation fails; the status of the machine is 7
 */
#include <string.h>

#include "failing.h"

#define FAILURES_MAX 400
#define STATUS_REFUSED 9 /* of a child: the call gave an error that it may give */
#define STATUS_BROKEN 10 /* another one */

uint64_t failing_nth;

static const struct failing_steps *const parts[] = {
    &failing_memory, &failing_files, &failing_objects, &failing_tasks, &failing_own,
};

static const char *name_of(enum abi_syscall number)
{
    switch (number) {
#define LINUX_NAME(n, name) \
    case SYS_##name: \
        return #name;
        ABI_LINUX_CALL_LIST(LINUX_NAME)
        ABI_OWN_CALL_LIST(LINUX_NAME)
    }
    return "?";
}

int64_t failing_ask(uint64_t nth)
{
    return raw_syscall1(SYS_fail_nth, nth);
}

/* --- To prepare and to undo */

static void map_area(uint64_t flags)
{
    sys_map(AREA, AREA_PAGES * PAGE, ABI_PROT_READ | ABI_PROT_WRITE, flags | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED, -1, 0);
}

void failing_fresh(void)
{
    map_area(ABI_MAP_PRIVATE);
}

void failing_touched(void)
{
    map_area(ABI_MAP_PRIVATE);
    memset((void *)AREA, 'f', AREA_PAGES * PAGE); /* NOLINT: an address that is ours */
}

void failing_shared(void)
{
    map_area(ABI_MAP_SHARED);
    memset((void *)AREA, 0, AREA_PAGES * PAGE); /* NOLINT */
}

static void move_descriptor(int64_t from, uint64_t to)
{
    raw_syscall3(SYS_dup3, (uint64_t)from, to, 0);
    sys_close(from);
}

void failing_object(void)
{
    move_descriptor(raw_syscall2(SYS_memfd_create, ADDRESS("failing"), ABI_MFD_ALLOW_SEALING), OBJECT);
}

void failing_open(const char *path, uint64_t descriptor)
{
    move_descriptor(sys_open(path, ABI_O_RDONLY), descriptor);
}

void failing_pipe(void)
{
    int32_t ends[2];

    sys_pipe(ends, ABI_O_NONBLOCK);
    move_descriptor(ends[0], PIPE_READ);
    move_descriptor(ends[1], PIPE_WRITE);
}

void failing_close(int64_t result)
{
    if (result >= 0) {
        sys_close(result);
    }
}

void failing_wait(int64_t result)
{
    if (result > 0) {
        sys_wait(result);
    }
}

/* Whatever a step may have left. */
static void undo(const struct failing_step *step, int64_t result)
{
    if (step->undo != NULL && step->where == IN_PLACE) {
        step->undo(result);
    }
    sys_unmap(AREA, AREA_BYTES);
    for (int fd = OBJECT; fd <= PIPE_WRITE; fd++) {
        sys_close(fd);
    }
    raw_syscall3(SYS_unlinkat, HERE, ADDRESS(SHM_NAME), 0);
    raw_syscall3(SYS_unlinkat, HERE, ADDRESS(SHM_LONG_NAME), 0);
}

/* --- One step */

static bool is_well(const struct failing_step *step, int64_t result)
{
    return step->well < 0 ? result == step->well : result >= 0;
}

static bool is_refused(int64_t result)
{
    return result == -ENOMEM || result == -EFAULT || result == -EAGAIN || result == -ENOSPC;
}

static int64_t call(const struct failing_step *step)
{
    const uint64_t *a = step->arguments;

    if (step->prepare != NULL) {
        step->prepare();
    }
    failing_ask(failing_nth);
    return step->call != NULL ? step->call() : raw_syscall6(step->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* What the call gave in a child: as `well` says, -ENOMEM for any error that it may give, or what nothing allows. */
static int64_t call_in_a_child(const struct failing_step *step)
{
    int64_t pid = raw_syscall6(SYS_clone, ABI_SIGCHLD, 0, 0, 0, 0, 0);

    if (pid == 0) {
        int64_t result = call(step);
        uint64_t status = is_well(step, result) ? 0 : is_refused(result) ? STATUS_REFUSED : STATUS_BROKEN;

        raw_syscall1(SYS_exit_group, status);
    }
    int64_t status = sys_wait(pid);

    return status == 0 ? step->well : status == STATUS_REFUSED << 8 ? -ENOMEM : -status;
}

static int64_t do_step(const struct failing_step *step)
{
    return step->where == IN_A_CHILD ? call_in_a_child(step) : call(step);
}

/* Frames that are free, or describe others: those come when so many are used for the first time, and stay. */
static uint64_t free_frames(void)
{
    struct abi_usage usage;

    raw_syscall3(SYS_usage, ADDRESS(&usage), 0, 0);
    return usage.free_frames + usage.descriptor_frames;
}

static uint32_t findings(void)
{
    static struct abi_audit audit;

    return raw_syscall1(SYS_audit, ADDRESS(&audit)) == 0 ? audit.finding_count : UINT32_MAX;
}

static void say_failure(const struct failing_step *step, int64_t result, uint64_t before)
{
    printf("FAIL %s %s: allocation %llu: %lld, %u findings, %lld frames less\n", name_of(step->number), step->name,
           (unsigned long long)failing_nth, (long long)result, findings(), (long long)(before - free_frames()));
}

static void say_count(const struct failing_step *step, int64_t count)
{
    bool is_enough = count >= step->least;

    printf("%s %s %s: %s%lld allocations\n", is_enough ? "ok" : "FAIL", name_of(step->number), step->name,
           is_enough ? "" : "only ", (long long)count);
}

/* The first time no allocation fails, and nothing is done that stays: then all that is kept for the next time is there. */
static int64_t do_first(const struct failing_step *step)
{
    if (!step->stays) {
        return do_step(step);
    }
    step->prepare();
    return 0;
}

static void try_step(const struct failing_step *step)
{
    uint64_t before = 0;

    for (failing_nth = 0; failing_nth < FAILURES_MAX; failing_nth++) {
        bool is_first = failing_nth == 0;
        int64_t result = is_first ? do_first(step) : do_step(step), count = failing_ask(0);
        bool is_done = !is_first && count < (int64_t)failing_nth;
        bool is_good = is_well(step, result) || (!is_first && !is_done && is_refused(result));

        is_good &= findings() == 0;
        undo(step, result);
        before = is_first ? free_frames() : before;
        bool left_nothing = (step->stays && is_done) || free_frames() == before;

        if (!is_good || !left_nothing || findings() != 0) {
            say_failure(step, result, before);
            return;
        }
        if (is_done) {
            say_count(step, count);
            return;
        }
    }
    printf("FAIL %s %s: no end\n", name_of(step->number), step->name);
}

static void try_never(const struct failing_step *step)
{
    int64_t results[2];

    for (failing_nth = 0; failing_nth < COUNT(results); failing_nth++) {
        results[failing_nth] = do_step(step);
        int64_t count = failing_ask(0);

        undo(step, 0);
        if (!is_well(step, results[failing_nth]) || count != 0 || findings() != 0) {
            say_failure(step, results[failing_nth], free_frames());
            return;
        }
    }
    printf("%s %s %s: never allocates\n", results[0] == results[1] ? "ok" : "FAIL", name_of(step->number), step->name);
}

static void power_off(void)
{
    failing_ask(1);
    raw_syscall4(SYS_reboot, ABI_REBOOT_MAGIC1, ABI_REBOOT_MAGIC2, ABI_REBOOT_POWER_OFF, 7);
}

static void try_part(const struct failing_steps *part, void (*try)(const struct failing_step *step), const char *only)
{
    for (size_t i = 0; i < part->count; i++) {
        if (only == NULL || strcmp(part->rows[i].name, only) == 0) {
            try(&part->rows[i]);
            fflush(stdout);
        }
    }
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : NULL;

    if (failing_ask(0) == -ENOSYS) {
        printf("FAIL failing: no fail_nth here\n");
        return 1;
    }
    if (only != NULL && strcmp(only, "off") == 0) {
        power_off();
    }
    failing_open("/bin/sh", BIG_FILE);
    failing_open("/bin", FOLDER);
    for (size_t i = 0; i < COUNT(parts); i++) {
        try_part(parts[i], try_step, only);
    }
    try_part(&failing_never, try_never, only);
    return 0;
}
