/*
 * What the hart's traps mean for tasks: page faults are resolved or end the task with one line that says why; timer and
 * device interrupts wake who waits for them.
 */
#include "trap.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "cpu.h"
#include "csr.h"
#include "log.h"
#include "map.h"
#include "plic.h"
#include "scheduler.h"
#include "symbolizer.h"
#include "task.h"

#include <string.h>

/* What a cause means to the user: its name, the signal it would be, and the access that a page fault wanted. */
struct cause {
    const char *name;
    uint8_t signal;
    uint8_t access;
};

static const struct cause causes[] = {
    [SCAUSE_FETCH_MISALIGNED] = { "misaligned jump", ABI_SIGBUS, 0 },
    [SCAUSE_FETCH_ACCESS] = { "instruction access fault", ABI_SIGBUS, 0 },
    [SCAUSE_ILLEGAL] = { "illegal instruction", ABI_SIGILL, 0 },
    [SCAUSE_BREAKPOINT] = { "breakpoint", ABI_SIGTRAP, 0 },
    [SCAUSE_LOAD_MISALIGNED] = { "misaligned load", ABI_SIGBUS, 0 },
    [SCAUSE_LOAD_ACCESS] = { "load access fault", ABI_SIGBUS, 0 },
    [SCAUSE_STORE_MISALIGNED] = { "misaligned store or atomic", ABI_SIGBUS, 0 },
    [SCAUSE_STORE_ACCESS] = { "store access fault", ABI_SIGBUS, 0 },
    [SCAUSE_FETCH_PAGE] = { "instruction page fault", ABI_SIGSEGV, ABI_PROT_EXEC },
    [SCAUSE_LOAD_PAGE] = { "load page fault", ABI_SIGSEGV, ABI_PROT_READ },
    [SCAUSE_STORE_PAGE] = { "store page fault", ABI_SIGSEGV, ABI_PROT_WRITE },
};

static struct cause cause_of(uint64_t cause)
{
    if (cause < ARRAY_COUNT(causes) && causes[cause].name != NULL) {
        return causes[cause];
    }
    return (struct cause){ "unknown exception", ABI_SIGILL, 0 };
}

/* Kept out of trap_exception(): what it needs on the stack is no matter of faults that are resolved. */
__attribute__((noinline)) static void end_faulting_task(struct task *task, uint64_t number, uint64_t value, int error)
{
    struct cause cause = cause_of(number);
    bool is_short = error == -ENOMEM;
    const char *what = is_short ? "out of memory" : cause.name;
    const char *at = cause.signal == ABI_SIGILL && !is_short ? "" : "at ";
    struct symbolizer_text where = symbolizer_explain(task->map, task->frame.pc, task->frame.ra);

    log_error("task %d (%s): %s %s0x%lx, pc 0x%lx%s", task->pid, task->name, what, at, value, task->frame.pc,
              where.text);
    task_end(task, TASK_STATUS_SIGNAL(is_short ? ABI_SIGBUS : cause.signal));
}

void trap_exception(struct trap_frame *frame, uint64_t number, uint64_t value)
{
    struct task *task = CONTAINER_OF(frame, struct task, frame);
    uint8_t access = cause_of(number).access;
    int error = -EFAULT;

    if (access != 0) {
        error = map_fault(task->map, value, access);
    } else if (number == SCAUSE_ILLEGAL && (task->attention & TASK_USES_FP) == 0) {
        /* Its first floating-point instruction, perhaps: if it is none, it comes back. */
        task->attention |= TASK_USES_FP;
        memset(&task->fp, 0, sizeof(task->fp));
        cpu_fp_switch(NULL, &task->fp);
        error = 0;
    }
    if (error) {
        end_faulting_task(task, number, value, error);
    }
}

void trap_interrupt(uint64_t cause)
{
    switch (cause & ~SCAUSE_INTERRUPT) {
    case SCAUSE_TIMER_INTERRUPT:
        scheduler_tick();
        break;
    case SCAUSE_EXTERNAL_INTERRUPT:
        plic_dispatch();
        break;
    default:
        break; /* none other is enabled */
    }
}

int trap_user_copy_fault(uint64_t address, uint64_t cause)
{
    return map_fault(task_current()->map, address, cause_of(cause).access);
}
