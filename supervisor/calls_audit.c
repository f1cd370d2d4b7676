/*
 * System calls around the auditor, and what a debug build does with it.
 *
 * A debug build audits when a call or a fault has ended: with one hart after each of them as long as there is little to
 * look at, else after so many that it stays a moderate part of the time (WORK_A_TRAP); with several harts after every
 * SHARED_INTERVAL, since the others have to be parked for it. A finding is a panic that names it.
 *
 * There a task can also ask that an allocation in its next call fails (fail_nth): of frames and of pools' objects, those
 * that resolve its faults in user copies included.
 */
#include "abi_errno.h"
#include "abi_pando.h"
#include "calls.h"
#include "harts.h"
#include "panic.h"
#include "scheduler.h"
#include "system_audit.h"
#include "task.h"

#include <string.h>

#define WORK_A_TRAP 64u /* tables, or 64 frames each, or 8 entries each */
#define SHARED_INTERVAL 64u

static_assert(AUDIT_FINDINGS_MAX == ABI_AUDIT_FINDINGS, "all of them are told");

static struct abi_audit report_of(const struct audit *audit)
{
    struct abi_audit report = {
        .frames = audit->frames,
        .tables = audit->tables,
        .objects = audit->objects,
        .maps = audit->maps,
        .entries = audit->entries,
        .finding_count = audit->finding_count,
    };

    for (uint32_t i = 0; i < audit->finding_count && i < AUDIT_FINDINGS_MAX; i++) {
        report.findings[i].where = audit->findings[i].where;
        report.findings[i].pid = audit->findings[i].pid;
        strncpy(report.findings[i].invariant, audit->findings[i].invariant, sizeof(report.findings[i].invariant) - 1);
    }
    return report;
}

int64_t call_audit(uint64_t to, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct audit audit;

    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (task_current()->account->domain != 0) {
        return -EPERM;
    }
    if (!harts_park_others()) {
        arch_lock();
        scheduler_again();
        scheduler_unlock();
        return CALL_RESTART;
    }
    arch_lock();
    system_audit(&audit);
    arch_unlock();
    harts_release_others();
    struct abi_audit report = report_of(&audit);

    return arch_copy_out(uaddr(to), &report, sizeof(report));
}

/* Under the supervisor's lock. */
static struct {
    int32_t pid; /* whose next call it is; 0: nobody's */
    uint64_t nth;
    uint64_t count; /* allocations of the last such call */
} failing;

int64_t call_fail_nth(uint64_t nth, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a1, a2, a3, a4, a5);
    if (!CONFIG_DEBUG) {
        return -ENOSYS;
    }
    arch_lock();
    int64_t count = (int64_t)failing.count;

    failing.pid = nth == 0 ? 0 : task_current()->pid;
    failing.nth = nth;
    failing.count = 0;
    arch_unlock();
    return count;
}

static void fail_if_broken(const struct audit *audit)
{
    if (audit->finding_count == 0) {
        return;
    }
    if (this_hart()->reschedule == HART_RESCHEDULES) {
        arch_unlock(); /* nothing is printed under the lock */
    }
    system_audit_log(audit);
    panic("audit: %s at 0x%lx, task %d", audit->findings[0].invariant, audit->findings[0].where,
          audit->findings[0].pid);
}

/* With other harts parked, so the lock is not held. Where one of them wants the same it is left to that one. */
static void audit_with_others(void)
{
    struct audit audit;

    if (this_hart()->reschedule == HART_RESCHEDULES || !harts_park_others()) {
        return;
    }
    arch_lock();
    system_audit(&audit);
    arch_unlock();
    fail_if_broken(&audit);
    harts_release_others();
}

/* The only hart; the lock is held when it reschedules. Returns how many traps are to go by before the next one. */
static uint32_t audit_alone(void)
{
    bool is_locked = this_hart()->reschedule == HART_RESCHEDULES;
    struct audit audit;

    if (!is_locked) {
        arch_lock();
    }
    system_audit(&audit);
    if (!is_locked) {
        arch_unlock();
    }
    fail_if_broken(&audit);
    return (uint32_t)((audit.tables + audit.entries / 8 + (audit.frames - audit.untouched) / 64) / WORK_A_TRAP);
}

void calls_audit_trap(void)
{
    static uint32_t left;

    if (left > 0) {
        __atomic_fetch_sub(&left, 1, __ATOMIC_RELAXED);
    } else if (arch_harts() == 1u << arch_hart_index()) {
        left = audit_alone();
    } else {
        left = SHARED_INTERVAL;
        audit_with_others();
    }
}

int64_t trap_checked_call(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, trap_call *call)
{
    struct hart *hart = this_hart();
    bool fails = failing.pid == task_current()->pid && call != call_fail_nth;

    hart->allocation_count = fails ? failing.count : 0; /* a call that is done again goes on counting */
    hart->failing_allocation = fails ? failing.nth : 0;
    int64_t result = call(a0, a1, a2, a3, a4, a5);

    hart->failing_allocation = 0;
    if (fails) {
        failing.count = hart->allocation_count;
        failing.pid = result == CALL_RESTART ? failing.pid : 0;
    }
    if (result != CALL_FORKED) { /* else the child lacks its registers, and who waits for it doesn't yet */
        calls_audit_trap();
    }
    return result;
}
