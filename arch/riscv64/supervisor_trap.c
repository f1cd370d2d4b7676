/*
 * Traps inside the supervisor: there are four that are no mistake of ours.
 *   - a user copy met a page that is not there yet, or must not be touched, or cpu_peek_word() did;
 *   - a page that was mapped a moment ago is not seen yet: an invalid entry may be cached (Priv. spec, SFENCE.VMA),
 *     so the access is tried again;
 *   - cpu_probe() tried an instruction that this hart has not;
 *   - supervisor_trap_can_read() tried an address that somebody else gave us.
 * Everything else is a panic with all registers.
 */
#include "supervisor_trap.h"

#include "arch.h"
#include "boot_map.h"
#include "csr.h"
#include "panic.h"
#include "trap.h"

#include <stdarg.h>

/* Addresses in user_access.S. */
extern char user_copy_start[], user_copy_end[], user_copy_failed[], user_peek[];

/* Called by trap.S. */
void trap_supervisor(struct supervisor_frame *frame, uint64_t cause, uint64_t value);
_Noreturn void trap_status_is_wrong(uint64_t status, uint64_t pc);

static bool is_page_fault(uint64_t cause)
{
    return cause == SCAUSE_FETCH_PAGE || cause == SCAUSE_LOAD_PAGE || cause == SCAUSE_STORE_PAGE;
}

/* Whether the supervisor's own tables allow what faulted: then the hart had an older entry cached. */
static bool is_spurious(uint64_t cause, uint64_t address)
{
    const pte_t *table = boot_tables.root;
    uint64_t needed = cause == SCAUSE_STORE_PAGE ? PTE_W : cause == SCAUSE_LOAD_PAGE ? PTE_R : PTE_X;

    for (unsigned level = 2;; level--) {
        pte_t pte = table[sv39_index(address, level)];

        if (!pte_is_table(pte)) {
            return pte_is_leaf(pte) && (pte & needed) != 0;
        }
        if (level == 0) {
            return false;
        }
        table = arch_direct(pte_frame(pte));
    }
}

bool supervisor_trap_probe_stimecmp(void)
{
    register uint64_t works __asm__("a0") = 1;

    /* The trap handler knows the instruction by its address, clears a0 and goes on behind it. */
    __asm__ volatile(".global probe_instruction\n"
                     ".balign 4\n"
                     "probe_instruction: csrrw zero, 0x14d, %1\n"
                     : "+r"(works)
                     : "r"(UINT64_MAX)
                     : "memory");
    return works != 0;
}

bool supervisor_trap_can_read(const void *address)
{
    register uint64_t works __asm__("a0") = 1;

    /* As above. */
    __asm__ volatile(".global probe_load\n"
                     ".balign 4\n"
                     "probe_load: lb zero, 0(%1)\n"
                     : "+r"(works)
                     : "r"(address)
                     : "memory");
    return works != 0;
}

extern char probe_instruction[], probe_load[];

/* One of the two instructions above did not work out. */
static bool is_failed_probe(uint64_t cause, uint64_t pc)
{
    return (cause == SCAUSE_ILLEGAL && pc == (uint64_t)probe_instruction) ||
           ((cause == SCAUSE_LOAD_ACCESS || cause == SCAUSE_LOAD_PAGE) && pc == (uint64_t)probe_load);
}

static const char *cause_name(uint64_t cause)
{
    static const char *const names[] = {
        "instruction misaligned",
        "instruction access fault",
        "illegal instruction",
        "breakpoint",
        "load misaligned",
        "load access fault",
        "store misaligned",
        "store access fault",
        "ecall from U",
        "ecall from S",
        "cause 10",
        "cause 11",
        "instruction page fault",
        "load page fault",
        "cause 14",
        "store page fault",
    };

    return cause < ARRAY_COUNT(names) ? names[cause] : "unknown cause";
}

_Noreturn static void panic_with_frame(const struct supervisor_frame *frame, uint64_t cause, uint64_t value)
{
    static const char names[32][5] = { "",   "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                       "a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                       "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6" };
    struct hart *hart = this_hart();

    for (unsigned i = 1; i < 32; i += 4) {
        panic_print("%-4s%016lx  ", names[i], frame->x[i]);
        for (unsigned j = i + 1; j < i + 4 && j < 32; j++) {
            panic_print("%-4s%016lx  ", names[j], frame->x[j]);
        }
        panic_print("\n");
    }
    panic_set_origin(
        (struct panic_origin){ .pc = frame->pc, .return_address = frame->x[1], .stack_pointer = frame->x[2] });
    if (hart->overrun_sp != 0) {
        panic("the stack of hart %lu overran: sp 0x%lx is outside of [0x%lx, 0x%lx), pc 0x%lx", hart->hart_id,
              hart->overrun_sp, hart->stack_bottom, hart->stack_top, frame->pc);
    }
    panic("%s at 0x%lx in the supervisor, pc 0x%lx, sstatus 0x%lx", cause_name(cause), value, frame->pc, frame->status);
}

_Noreturn void trap_status_is_wrong(uint64_t status, uint64_t pc)
{
    panic("sstatus 0x%lx at a trap, pc 0x%lx: SUM or MXR was left on", status, pc);
}

void trap_supervisor(struct supervisor_frame *frame, uint64_t cause, uint64_t value)
{
    uint64_t pc = frame->pc;
    bool in_user_copy = pc >= (uint64_t)user_copy_start && pc < (uint64_t)user_copy_end;

    if (CONFIG_DEBUG && (frame->status & (in_user_copy ? SSTATUS_MXR : SSTATUS_SUM | SSTATUS_MXR)) != 0) {
        trap_status_is_wrong(frame->status, pc);
    }
    if (in_user_copy && value < SV39_USER_END && (cause & SCAUSE_INTERRUPT) == 0) {
        if (pc == (uint64_t)user_peek || !is_page_fault(cause) || trap_user_copy_fault(value, cause) != 0) {
            frame->pc = (uint64_t)user_copy_failed;
        }
    } else if (is_failed_probe(cause, pc)) {
        frame->x[10] = 0;
        frame->pc += 4;
    } else if (is_page_fault(cause) && value >= ARCH_DIRECT_BASE && is_spurious(cause, value)) {
        __asm__ volatile("sfence.vma %0" ::"r"(value) : "memory");
    } else {
        panic_with_frame(frame, cause, value);
    }
}
