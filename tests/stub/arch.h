#pragma once

#include "hart_translations.h"
#include "lock.h"
#include "sv39.h"
#include "types.h"

/*
 * The host's stand-in for arch/riscv64/include/arch.h: the same functions, over an array that stands for RAM.
 * What a test may set and look at besides is in stub.h.
 *
 * Descriptors lie in a window of address space that is not accessible until arch_descriptor_page_map() backs a page
 * of it, so that a descriptor used too early ends the test.
 */
#define ARCH_DIRECT_LIMIT (252ull << 30)
#define STUB_RAM_BASE 0x80000000ull

extern uint8_t *stub_ram; /* the byte at STUB_RAM_BASE */
extern uint8_t *stub_descriptor_window;
bool stub_allocation_fails(void);

static inline void *arch_direct(paddr_t address)
{
    return stub_ram + (address.value - STUB_RAM_BASE);
}

static inline paddr_t arch_physical(const void *pointer)
{
    return paddr((uint64_t)((const uint8_t *)pointer - stub_ram) + STUB_RAM_BASE);
}

static inline void *arch_descriptors(void)
{
    return stub_descriptor_window;
}

bool arch_descriptor_table_missing(const void *page);
void arch_descriptor_table_give(const void *page, paddr_t table);
void arch_descriptor_page_map(void *page, paddr_t frame);

void arch_lock(void);
void arch_unlock(void);
void arch_assert_locked(void);
void arch_assert_unlocked(void);

void arch_page_zero(void *page);
void arch_page_copy(void *to, const void *from);

int arch_copy_in(void *to, uaddr_t from, size_t size);
int arch_copy_out(uaddr_t to, const void *from, size_t size);
int64_t arch_copy_in_string(char *to, uaddr_t from, size_t capacity);

void arch_root_prepare(pte_t *root);
void arch_root_clear(pte_t *root);

#define ARCH_HARTS_MAX 3u /* fewer than there are ASIDs of 2 bits */
unsigned arch_hart_index(void);
uint32_t arch_harts(void);
struct hart_translations *arch_translations(void);
struct hart_translations *arch_translations_of(unsigned hart_index);

void arch_satp_set(uint64_t satp);
void arch_fence_all(void);
void arch_fence_asid(uint64_t asid);
void arch_fence_page(uint64_t address, uint64_t asid);
void arch_fence_instructions(void);
void arch_fence_stores(void);
void arch_remote_fence_all(uint32_t harts);
void arch_remote_fence_asid(uint32_t harts, uint64_t asid);
void arch_remote_fence_instructions(uint32_t harts);
uint64_t arch_supervisor_satp(void);

static inline bool arch_allocation_fails(void)
{
    return stub_allocation_fails();
}
