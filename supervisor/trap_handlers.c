/*
 * What the hart's traps mean for tasks: page faults are resolved or end the task with one line that says why; timer and
 * device interrupts wake who waits for them.
 */
#include "trap.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "calls.h"
#include "console_file.h"
#include "cpu.h"
#include "csr.h"
#include "harts.h"
#include "log.h"
#include "map.h"
#include "plic.h"
#include "scheduler.h"
#include "symbolizer.h"
#include "task.h"

#include <string.h>

/* What a cause means to the user: its name, and the signal it would be. */
struct cause {
    const char *name;
    uint8_t signal;
};

static const struct cause causes[] = {
    [SCAUSE_FETCH_MISALIGNED] = { "misaligned jump", ABI_SIGBUS },
    [SCAUSE_FETCH_ACCESS] = { "instruction access fault", ABI_SIGBUS },
    [SCAUSE_ILLEGAL] = { "illegal instruction", ABI_SIGILL },
    [SCAUSE_BREAKPOINT] = { "breakpoint", ABI_SIGTRAP },
    [SCAUSE_LOAD_MISALIGNED] = { "misaligned load", ABI_SIGBUS },
    [SCAUSE_LOAD_ACCESS] = { "load access fault", ABI_SIGBUS },
    [SCAUSE_STORE_MISALIGNED] = { "misaligned store or atomic", ABI_SIGBUS },
    [SCAUSE_STORE_ACCESS] = { "store access fault", ABI_SIGBUS },
    [SCAUSE_FETCH_PAGE] = { "instruction page fault", ABI_SIGSEGV },
    [SCAUSE_LOAD_PAGE] = { "load page fault", ABI_SIGSEGV },
    [SCAUSE_STORE_PAGE] = { "store page fault", ABI_SIGSEGV },
};

/* The access that a page fault wanted. */
static const uint8_t accesses[] = {
    [SCAUSE_FETCH_PAGE] = ABI_PROT_EXEC,
    [SCAUSE_LOAD_PAGE] = ABI_PROT_READ,
    [SCAUSE_STORE_PAGE] = ABI_PROT_WRITE,
};

static uint8_t access_of(uint64_t cause)
{
    return cause < ARRAY_COUNT(accesses) ? accesses[cause] : 0;
}

static struct cause cause_of(uint64_t cause)
{
    if (cause < ARRAY_COUNT(causes) && causes[cause].name != NULL) {
        return causes[cause];
    }
    return (struct cause){ "unknown exception", ABI_SIGILL };
}

/* Why a touch found no frame. */
static const char *why_short(const struct task *task)
{
    return account_is_full(task->account, ACCOUNT_FRAMES) ? "out of memory (its group's limit)" : "out of memory (RAM)";
}

/* Kept out of trap_exception(): what it needs on the stack is no matter of faults that are resolved. */
__attribute__((noinline)) static void end_faulting_task_relock(struct task *task, uint64_t number, uint64_t value,
                                                               int error)
{
    struct cause cause = cause_of(number);

    if (error == -ENOMEM || error == -ENXIO) {
        cause = (struct cause){ error == -ENOMEM ? why_short(task) : "behind the end of the object", ABI_SIGBUS };
    }
    const char *at = cause.signal == ABI_SIGILL ? "" : "at ";
    struct symbolizer_text where = symbolizer_explain(task->map, task->frame.pc, task->frame.ra);

    arch_unlock();
    log_error("task %d (%s): %s %s0x%lx, pc 0x%lx%s", task->pid, task->name, cause.name, at, value, task->frame.pc,
              where.text);
    arch_lock();
    task_end(task, TASK_STATUS_SIGNAL(cause.signal));
}

/* Its first floating-point instruction, perhaps: if it is none, it comes back. Returns whether it was given the unit. */
static bool give_floating_point(struct task *task, uint64_t number)
{
    if (number != SCAUSE_ILLEGAL || (task->attention & TASK_USES_FP) != 0) {
        return false;
    }
    task->attention |= TASK_USES_FP;
    memset(&task->fp, 0, sizeof(task->fp));
    cpu_fp_switch(NULL, &task->fp);
    return true;
}

/* Kept out of trap_exception() too. Releases the lock. */
__attribute__((noinline)) static void unresolved_unlock(struct task *task, uint64_t number, uint64_t value, int error)
{
    if (!give_floating_point(task, number)) {
        end_faulting_task_relock(task, number, value, error);
    }
    scheduler_unlock();
}

void trap_exception(struct trap_frame *frame, uint64_t number, uint64_t value)
{
    struct task *task = CONTAINER_OF(frame, struct task, frame);
    uint8_t access = access_of(number);
    int error = -EFAULT;

    arch_lock();
    if (access != 0) {
        error = map_fault_relock(task->map, value, access);
    }
    if (error) {
        unresolved_unlock(task, number, value, error);
    } else {
        arch_unlock();
    }
    if (CONFIG_DEBUG) {
        calls_audit_trap();
    }
}

void trap_interrupt(uint64_t cause)
{
    switch (cause & ~SCAUSE_INTERRUPT) {
    case SCAUSE_TIMER_INTERRUPT:
        arch_lock();
        scheduler_tick();
        scheduler_unlock();
        break;
    case SCAUSE_SOFTWARE_INTERRUPT:
        cpu_software_interrupt_clear();
        harts_stop_if_asked();
        arch_lock();
        scheduler_interrupted();
        scheduler_unlock();
        break;
    case SCAUSE_EXTERNAL_INTERRUPT:
        plic_dispatch();
        console_file_tell_tasks();
        break;
    default:
        break; /* none other is enabled */
    }
}

int trap_user_copy_fault(uint64_t address, uint64_t cause)
{
    arch_lock();
    int error = map_fault_relock(task_current()->map, address, access_of(cause));

    arch_unlock();
    return error;
}
