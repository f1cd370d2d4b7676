/*
 * The fences of arch.h as functions of their own, so that arch/riscv64/check_elf.py can see in which registers their
 * arguments come (hostile case C5). Never linked into anything.
 */
#include "arch.h"

void *const fences[] = {
    arch_fence_all, arch_fence_asid, arch_fence_page, arch_fence_instructions, arch_fence_stores,
};
