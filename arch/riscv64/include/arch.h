#pragma once

#include "hart_translations.h"
#include "lock.h"
#include "sv39.h"
#include "trap.h"
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

/*
 * The supervisor's lock. What it protects, and when it is dropped, is in lock.h. Not held by this hart; held.
 */
static inline void arch_lock(void)
{
    if (CONFIG_DEBUG) {
        lock_acquire(&supervisor_lock);
        return;
    }
    /* What lock_acquire() does, in three instructions, and without the registers that a call takes where nobody calls. */
#ifdef __OPTIMIZE_SIZE__
    __asm__ volatile("call t0, lock_take_keeping" ::: "t0", "t1", "t2", "memory");
#else
    __asm__ volatile("ld t1, %0\n"
                     "amoswap.w.aq t0, tp, (t1)\n"
                     "bnez t0, 2f\n"
                     "1:\n"
                     ".subsection 1\n"
                     "2: call t0, lock_wait_keeping\n"
                     "j 1b\n"
                     ".previous\n" ::"m"(this_hart()->supervisor_lock)
                     : "t0", "t1", "memory");
#endif
}

static inline void arch_unlock(void)
{
    if (CONFIG_DEBUG) {
        lock_release(&supervisor_lock);
        return;
    }
    __asm__ volatile("amoswap.w.rl zero, zero, (%0)" ::"r"(this_hart()->supervisor_lock) : "memory");
}

/* In a debug build: a panic unless this hart holds the lock, or unless it doesn't. */
static inline void arch_assert_locked(void)
{
    if (CONFIG_DEBUG) {
        lock_assert_held(&supervisor_lock);
    }
}

static inline void arch_assert_unlocked(void)
{
    if (CONFIG_DEBUG) {
        lock_assert_not_held(&supervisor_lock);
    }
}

/* Whole pages, both pointers page-aligned. The supervisor's lock is not held. See page.S. */
void page_zero(void *page);
void page_copy(void *to, const void *from);

static inline void arch_page_zero(void *page)
{
    arch_assert_unlocked();
    page_zero(page);
}

static inline void arch_page_copy(void *to, const void *from)
{
    arch_assert_unlocked();
    page_copy(to, from);
}

/*
 * Copy between the supervisor and the address space that this hart runs. The user's side is checked: below
 * SV39_USER_END, and mapped with the right permission (faults are resolved as for the user). Each user byte is read or
 * written once. No lock is held by the caller: a fault takes it.
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
 * Harts: those that run tasks have an index, dense from 0; a set of harts is a mask with a bit for each index.
 */
#define ARCH_HARTS_MAX 32u

static inline unsigned arch_hart_index(void)
{
    return (unsigned)this_hart()->index;
}

/* The harts that run. It grows while harts start, and stays. */
static inline uint32_t arch_harts(void)
{
    return hart_mask;
}

/* What is kept for mm/space.c of this hart, and of another one that runs. */
static inline struct hart_translations *arch_translations(void)
{
    return &this_hart()->translations;
}
struct hart_translations *arch_translations_of(unsigned hart_index);

/*
 * Translations, one instruction each (Priv. spec, satp and SFENCE.VMA; Zifencei): who needs which is mm/space.c's
 * matter. A page's fence leaves global translations alone, and entries that lead to tables.
 */
static inline void arch_satp_set(uint64_t satp)
{
    __asm__ volatile("csrw satp, %0" ::"r"(satp) : "memory");
}

static inline void arch_fence_all(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

static inline void arch_fence_asid(uint64_t asid)
{
    __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
}

static inline void arch_fence_page(uint64_t address, uint64_t asid)
{
    __asm__ volatile("sfence.vma %0, %1" ::"r"(address), "r"(asid) : "memory");
}

static inline void arch_fence_instructions(void)
{
    __asm__ volatile("fence.i" ::: "memory");
}

/* Stores before it are seen by other harts, and by what walks tables, before stores after it. */
static inline void arch_fence_stores(void)
{
    __asm__ volatile("fence w, w" ::: "memory");
}

/* The same on each hart of @mask, which this one is not in: they have done it when the call returns. */
void arch_remote_fence_all(uint32_t mask);
void arch_remote_fence_asid(uint32_t mask, uint64_t asid);
void arch_remote_fence_instructions(uint32_t mask);

/* The value of satp for the address space that has no user half. */
uint64_t arch_supervisor_satp(void);

/*
 * Whether this allocation should be made to fail: never, but in tests and for fail_nth of a debug build, which count on
 * every allocation asking.
 */
static inline bool arch_allocation_fails(void)
{
    return CONFIG_DEBUG && ++this_hart()->allocation_count == this_hart()->failing_allocation;
}
