#pragma once

#include "sv39.h"
#include "types.h"

/*
 * The replaceable part of arch: everything that mm and shared need from the machine. The host stub (tests/stub/)
 * implements exactly these, over an array that stands for RAM.
 *
 * The supervisor's half of the address space, the same in every root table and global:
 *
 *     0xffffffc0_0000_0000   root slots 256..507   direct map: physical address + ARCH_DIRECT_BASE, below 252 GiB
 *     0xffffffff_0000_0000   root slot 508         frame descriptors, one for each frame of the direct map's range,
 *                                                  backed where frames were handed out
 *     0xffffffff_c000_0000   root slot 511         the image (W^X), device registers, stacks with guard pages
 */
#define ARCH_DIRECT_BASE 0xffffffc000000000ull
#define ARCH_DIRECT_LIMIT (252ull << 30) /* RAM at and above is left alone */
#define ARCH_DESCRIPTOR_BASE 0xffffffff00000000ull
#define ARCH_IMAGE_BASE 0xffffffffc0000000ull

/* The supervisor's pointer to the byte at @address, which is in RAM below ARCH_DIRECT_LIMIT. */
static inline void *arch_direct(paddr_t address)
{
    return (void *)(address.value + ARCH_DIRECT_BASE);
}

/* The other way round; @pointer came from arch_direct(). */
static inline paddr_t arch_physical(const void *pointer)
{
    return paddr((uint64_t)pointer - ARCH_DIRECT_BASE);
}

/* Where the array of frame descriptors lies; its elements are indexed by frame number. */
static inline void *arch_descriptors(void)
{
    return (void *)ARCH_DESCRIPTOR_BASE;
}

/*
 * Back the page of descriptors at @page with @frame, readable and writable. The caller has zeroed the frame.
 * When arch_descriptor_table_missing(@page), the table above it must be given first, with a zeroed frame that the
 * supervisor keeps for ever.
 */
bool arch_descriptor_table_missing(const void *page);
void arch_descriptor_table_give(const void *page, paddr_t table);
void arch_descriptor_page_map(void *page, paddr_t frame);

/* Whole pages, both pointers page-aligned. */
void arch_page_zero(void *page);
void arch_page_copy(void *to, const void *from);

/*
 * Copy between the supervisor and the address space that this hart runs. The user's side is checked: below
 * SV39_USER_END, and mapped with the right permission (faults are resolved as for the user). Each user byte is read or
 * written once. No lock is held by the caller.
 * Return 0 or -EFAULT; after a failure some bytes of the destination may have been written.
 */
int arch_copy_in(void *to, uaddr_t from, size_t size);
int arch_copy_out(uaddr_t to, const void *from, size_t size);

/*
 * Copy a NUL-terminated string of at most @capacity bytes, its NUL included.
 * Returns its length without the NUL, -EFAULT, or -ENAMETOOLONG when there is no NUL within @capacity.
 */
int64_t arch_copy_in_string(char *to, uaddr_t from, size_t capacity);

/* Fill in the supervisor's half of a new, zeroed root table; and clear it again, so that the frame is all zero. */
void arch_root_prepare(pte_t *root);
void arch_root_clear(pte_t *root);

/*
 * Run in the address space of @root from now on. There is one ASID for all, so what the last space left in the TLB must
 * go (Priv. spec, SFENCE.VMA).
 */
static inline void arch_root_switch(paddr_t root)
{
    __asm__ volatile("csrw satp, %0\n"
                     "sfence.vma" ::"r"(sv39_satp(root))
                     : "memory");
}

/* Run in an address space with no user half: before the current one is destroyed. */
void arch_root_leave(void);

/*
 * No translation of @pages pages from @start of the space @root, that was made before the call, is used after it. The
 * whole of the users' half stands for tables that were unlinked too: entries that point to tables go as well.
 */
void arch_tlb_flush(paddr_t root, uaddr_t start, uint64_t pages);

/* No translation of any space is used after the call (tables that several spaces share have changed). */
void arch_tlb_flush_all(void);

/* Instructions that were written before the call are fetched as written. */
void arch_instruction_fence(void);

/* Whether this allocation should be made to fail: never, but in tests, which count on every allocation asking. */
static inline bool arch_allocation_fails(void)
{
    return false;
}
