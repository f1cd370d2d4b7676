#pragma once

/*
 * Constants for assembly, taken from the C structures so that the two can't disagree.
 *
 * arch/riscv64/offsets.c is compiled to assembly and never linked; each OFFSET() leaves one line there,
 *     ->NAME value
 * and the build collects them as `#define NAME value` in generated/offsets.h, which assembly includes by that name
 * ("offsets.h"). It works inside a function only:
 *
 *     void offsets(void)
 *     {
 *         OFFSET(FRAME_RA, offsetof(struct trap_frame, ra));
 *     }
 */
#define OFFSET(name, value) __asm__ volatile("\n->" #name " %0" : : "i"(value))
