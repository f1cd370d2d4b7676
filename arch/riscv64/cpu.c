/*
 * The hart: probing, timer, sleep, counters, and whose floating-point values it holds.
 *
 * Floating point: a task starts with the unit off (sstatus.FS), so its first instruction traps, and it is
 * given zeros; from then on its values are saved when it leaves the hart dirty, and restored when it comes back
 * and another task has used the unit meanwhile, or it was on another hart. A task that computes with integers only
 * never pays.
 */
#include "cpu.h"

#include "bits.h"
#include "csr.h"
#include "panic.h"
#include "sbi.h"
#include "supervisor_trap.h"
#include "sv39.h"
#include "trap.h"

static bool has_sstc;

static unsigned probe_asid_bits(void)
{
    uint64_t satp = csr_read(satp);

    csr_write(satp, satp | SV39_SATP_ASID_MASK << SV39_SATP_ASID_SHIFT);
    uint64_t kept = csr_read(satp) >> SV39_SATP_ASID_SHIFT & SV39_SATP_ASID_MASK;

    csr_write(satp, satp);
    __asm__ volatile("sfence.vma" ::: "memory");
    return bits_count(kept);
}

struct cpu_features cpu_probe(void)
{
    return (struct cpu_features){ .sstc = supervisor_trap_probe_stimecmp(), .asid_bits = probe_asid_bits() };
}

void cpu_use(struct cpu_features features)
{
    has_sstc = features.sstc;
}

void cpu_timer_set(uint64_t ticks)
{
    this_hart()->timer_ticks = ticks;
    if (has_sstc) {
        csr_write(0x14d, ticks); /* stimecmp */
    } else {
        sbi_timer_set(ticks);
    }
}

void cpu_timer_interrupts_enable(void)
{
    csr_set(sie, SIE_STIE);
}

void cpu_software_interrupts_enable(void)
{
    csr_set(sie, SIE_SSIE);
}

void cpu_software_interrupt_clear(void)
{
    csr_clear(sip, SIE_SSIE);
}

void cpu_device_interrupts_enable(void)
{
    csr_set(sie, SIE_SEIE);
}

uint64_t cpu_wait(void)
{
    /* wfi resumes for a pending interrupt that sie enables even while sstatus.SIE is 0 (Priv. spec, WFI). */
    if (CONFIG_DEBUG) {
        ASSERT((csr_read(sstatus) & (SSTATUS_SUM | SSTATUS_MXR)) == 0);
    }
    __asm__ volatile("wfi" ::: "memory");
    return csr_read(sip) & csr_read(sie);
}

void cpu_counters_allow(bool instructions)
{
    csr_write(scounteren, instructions ? 6 : 2);
}

void cpu_fp_switch(struct fp_frame *previous, struct fp_frame *next)
{
    struct hart *hart = this_hart();

    if (previous != NULL && (csr_read(sstatus) & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        fp_save(previous);
    }
    csr_clear(sstatus, SSTATUS_FS);
    if (next != NULL) {
        csr_set(sstatus, SSTATUS_FS_CLEAN);
        /* A hart without the unit keeps the field 0; the task's instruction is illegal then, and will say so again. */
        if ((hart->fp_owner != next || next->hart != hart) && (csr_read(sstatus) & SSTATUS_FS) != 0) {
            fp_restore(next);
            hart->fp_owner = next;
            next->hart = hart;
            csr_clear(sstatus, SSTATUS_FS);
            csr_set(sstatus, SSTATUS_FS_CLEAN);
        }
    }
}

void cpu_fp_forget(const struct fp_frame *fp)
{
    if (this_hart()->fp_owner == fp) {
        this_hart()->fp_owner = NULL;
        csr_clear(sstatus, SSTATUS_FS);
    }
}
