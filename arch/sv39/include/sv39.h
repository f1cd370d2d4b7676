#pragma once

#include "types.h"

/*
 * The Sv39 page-table format (RISC-V Privileged, "Sv39: Page-Based 39-bit Virtual-Memory System"). Format only: what
 * walks and changes tables is mm/table.c for users and arch/riscv64/boot_map.c for the supervisor.
 *
 *      63  61 60 54 53                    10 9   8 7 6 5 4 3 2 1 0
 *     +------+-----+------------------------+-----+-+-+-+-+-+-+-+-+
 *     | 0    | 0   | frame number           | RSW |D|A|G|U|X|W|R|V|
 *     +------+-----+------------------------+-----+-+-+-+-+-+-+-+-+
 *
 * Three levels of 512 entries: root (level 2, 1 GiB an entry), level 1 (2 MiB), level 0 (4 KiB).
 */
typedef uint64_t pte_t;

#define SV39_SATP_MODE (8ull << 60) /* satp's mode field for this format */
#define SV39_SATP_ASID_SHIFT 44
#define SV39_SATP_ASID_MASK 0xffffull
#define SV39_ENTRIES 512
#define SV39_USER_ROOT_ENTRIES 256
#define SV39_USER_END 0x4000000000ull /* 2^38: the first address behind the users' half */

#define PTE_V (1ull << 0)
#define PTE_R (1ull << 1)
#define PTE_W (1ull << 2)
#define PTE_X (1ull << 3)
#define PTE_U (1ull << 4)
#define PTE_G (1ull << 5)
#define PTE_A (1ull << 6)
#define PTE_D (1ull << 7)

/*
 * The two bits that hardware leaves to software.
 *   PTE_SHARED in an entry that points to a table: the table is the region's, not this map's own; never written
 *              through this entry.
 *   PTE_HELD   in an entry without PTE_V: the frame number is of a private frame that this map holds while its
 *              protection allows no access.
 */
#define PTE_SHARED (1ull << 8)
#define PTE_HELD (1ull << 9)

#define PTE_FRAME_SHIFT 10
#define PTE_FRAME_MASK (((1ull << 44) - 1) << PTE_FRAME_SHIFT)

static inline pte_t pte_make(paddr_t frame, uint64_t flags)
{
    return (frame.value >> PAGE_SHIFT << PTE_FRAME_SHIFT) | flags;
}

static inline paddr_t pte_frame(pte_t pte)
{
    return paddr((pte & PTE_FRAME_MASK) >> PTE_FRAME_SHIFT << PAGE_SHIFT);
}

static inline bool pte_is_leaf(pte_t pte)
{
    return (pte & PTE_V) != 0 && (pte & (PTE_R | PTE_W | PTE_X)) != 0;
}

static inline bool pte_is_table(pte_t pte)
{
    return (pte & (PTE_V | PTE_R | PTE_W | PTE_X)) == PTE_V;
}

/* The value of satp that makes @root the root table, under @asid. */
static inline uint64_t sv39_satp(paddr_t root, uint64_t asid)
{
    return SV39_SATP_MODE | asid << SV39_SATP_ASID_SHIFT | root.value >> PAGE_SHIFT;
}

/* The index into the table of @level (2 = root) that covers @address. */
static inline unsigned sv39_index(uint64_t address, unsigned level)
{
    return (unsigned)(address >> (PAGE_SHIFT + 9 * level)) % SV39_ENTRIES;
}

/* Bytes that one entry of @level covers. */
static inline uint64_t sv39_span(unsigned level)
{
    return PAGE_SIZE << (9 * level);
}
