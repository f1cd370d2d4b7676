/*
 * Where the firmware or boot loader enters, and the image's header.
 *
 * The header is that of a RISC-V Linux image (Linux: "Boot image header in RISC-V Linux"), so that U-Boot's booti, an
 * extlinux.conf, QEMU's -kernel and a FIT all know how to load it. It runs wherever it was put, 2 MiB aligned: until
 * the MMU is on, every address is computed from pc.
 *
 * On entry: a0 = hart id, a1 = physical address of the device tree, MMU off, interrupts off (SBI, Hart State
 * Management: "HART starts executing"). Nothing else is known.
 */
#include "csr.h"
#include "offsets.h"

    .section .text.entry, "ax"
    .global entry_header
entry_header:
    j entry /* code0; code1 is the second half of it or a nop */
    .balign 8
    .dword 0x200000 /* offset from the start of RAM where a loader may put it */
    .dword image_end - entry_header
    .dword 0 /* flags: little-endian */
    .word 2 /* header version 0.2 */
    .word 0
    .dword 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\x05"
    .word 0

entry:
    csrw sie, zero
    csrw sip, zero
    la t0, entry_is_taken
    li t1, 1
    amoswap.w.aq t1, t1, (t0)
    bnez t1, entry_again
    /* The counter's start, for the figure `boot`; 0 where the firmware does not let us read it. */
    la t0, 1f
    csrw stvec, t0
    li s2, 0
    rdinstret s2
    .balign 4
1:
    mv s0, a0
    mv s1, a1
    la sp, boot_stack_top
    la a0, entry_header
    call boot_map_build /* (image, device tree) -> satp */

    /*
     * The instruction behind the write of satp is not mapped where it lies now: fetching it traps to stvec, which is
     * where we want to be. The low bits of a linked address equal those of the loaded one.
     */
    la t0, entry_header
    la t1, entry_mapped
    sub t1, t1, t0
    li t2, 0xffffffffc0000000
    add t1, t1, t2
    csrw stvec, t1
    sub sp, sp, t0
    add sp, sp, t2
    sfence.vma
    csrw satp, a0
    sfence.vma
    .balign 4
entry_mapped:
    la t1, entry_stop
    csrw stvec, t1
    csrw sscratch, zero
    li t1, SSTATUS_SUM | SSTATUS_MXR | SSTATUS_FS | SSTATUS_VS | SSTATUS_SIE
    csrc sstatus, t1
    la tp, boot_hart
    mv a0, s0
    mv a1, s1
    mv a2, t0 /* where the image was loaded */
    mv a3, s2
    li s0, 0
    call boot_start
    .balign 4
entry_stop:
    wfi
    j entry_stop

/*
 * A hart comes here that is not the first. OpenSBI 1.1 marks a hart as to be started before it has noted where, so that
 * one which looks at that very moment starts here, where the first one did. It goes where it should have gone, if it is
 * the one that was asked for.
 */
entry_again:
    la t0, hart_asked_for
    ld a1, 0(t0)
    ld t1, 8(t0)
    beq a0, t1, hart_entry
entry_unasked:
    wfi
    j entry_unasked

/*
 * Where the firmware enters a hart that hart_start() asked for (SBI, Hart State Management): a0 = hart id, a1 = its
 * struct hart, MMU off, interrupts off. The way to the linked addresses is the one above.
 */
    .balign 4
    .global hart_entry
hart_entry:
    csrw sie, zero
    csrw sip, zero
    la t0, entry_header
    la t1, hart_mapped
    sub t1, t1, t0
    li t2, 0xffffffffc0000000
    add t1, t1, t2
    csrw stvec, t1
    la t1, boot_tables /* the root comes first */
    srli t1, t1, 12
    li t2, 8 << 60
    or t1, t1, t2
    sfence.vma
    csrw satp, t1
    sfence.vma
    .balign 4
hart_mapped:
    la t1, entry_stop
    csrw stvec, t1
    csrw sscratch, zero
    li t1, SSTATUS_SUM | SSTATUS_MXR | SSTATUS_FS | SSTATUS_VS | SSTATUS_SIE
    csrc sstatus, t1
    fence.i /* what the initrd holds is executed where it lies */
    mv tp, a1
    ld sp, HART_STACK_TOP(tp)
    la t1, trap_entry
    csrw stvec, t1
    mv a0, tp
    li s0, 0
    call hart_main

    .data
    .balign 4
entry_is_taken:
    .word 0

    .section .pages.stack, "aw"
    .balign 4096
    .global boot_stack_bottom, boot_stack_top, boot_emergency_stack_bottom, boot_emergency_stack_top
boot_stack_bottom:
    .space 12288
boot_stack_top:

    .section .pages.emergency_stack, "aw"
    .balign 4096
boot_emergency_stack_bottom:
    .space 4096
boot_emergency_stack_top:
