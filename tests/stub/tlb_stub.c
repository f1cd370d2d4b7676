/*
 * Harts as the privileged architecture allows them to be at their worst.
 *
 * A hart's TLB keeps every translation that it ever made until a fence covers it: leaves, entries that lead to tables,
 * and entries that are not valid, each under the ASID that satp had, or for all where PTE_G is set in it or on the way
 * to it. Of several that match the oldest is used, and walks go on from what is kept of the upper levels. Harts walk on
 * their own as well: at each primitive and each user access any of them may look up some address of the space that it
 * is in ("prefetch"), and keeps what it finds.
 *
 *     fence of a page    drops leaves of that page and ASID, but for global ones; nothing where pages can't be fenced
 *     fence of an ASID   drops all of that ASID, but for what is global
 *     fence of all       drops all
 *     satp               drops nothing
 *
 * What the architecture forgives is a fault: the handler is asked, and the access tried again. What it does not forgive
 * ends the test by a panic, at the moment when a hart could use it: see check_leaf() and check_table().
 *
 * Instruction caches keep what was fetched: a frame whose bytes have changed must not be fetched from before a fence.i
 * of the hart that fetches (hostile case C9).
 */
#include "tlb_stub.h"

#include <stdlib.h>
#include <string.h>

#include "abi_types.h"
#include "frame.h"
#include "panic.h"
#include "stub.h"

#define BUCKETS 256u
#define KEPT_MAX 16384u
#define NONE 0u
#define LEVELS 3u

/* One entry of a table, as it was when it was read. */
struct kept {
    uint64_t number; /* of the page, or of what the entry covers: address / span of its level */
    pte_t pte;
    uint16_t asid;
    uint8_t level;
    bool is_global;
    uint32_t next; /* in its bucket, or of the free ones */
};

struct hart {
    struct hart_translations translations;
    struct lock_holder holder;
    uint64_t satp;
    uint64_t fenced_instructions; /* when */
    uint32_t used; /* kept[used ..] were never used; kept[0] is none */
    uint32_t free;
    uint32_t buckets[BUCKETS]; /* the oldest first */
    struct kept kept[KEPT_MAX];
};

struct stub_machine stub_machine = { .hart_count = 3, .asid_bits = 16, .fences_pages = true, .prefetch = 8 };

static struct hart all_harts[ARCH_HARTS_MAX];
static _Thread_local unsigned this_index;
static bool fences_are_watched;
static uint64_t random_state;
static uint64_t now; /* counts changes of bytes and fences of instructions */
static uint64_t *changed; /* of each frame of RAM: when; 0: never */
static uint64_t ram_frame_count;

static uint64_t pick(uint64_t bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * 2685821657736338717ull >> 33) % bound;
}

void tlb_start(uint64_t ram_frames)
{
    ASSERT(stub_machine.hart_count >= 1 && stub_machine.hart_count <= ARCH_HARTS_MAX);
    for (unsigned i = 0; i < ARCH_HARTS_MAX; i++) {
        struct hart *hart = &all_harts[i];

        hart->translations = (struct hart_translations){ 0 };
        hart->holder.held = 0;
        hart->satp = arch_supervisor_satp();
        hart->fenced_instructions = 0;
        hart->used = 1;
        hart->free = NONE;
        memset(hart->buckets, 0, sizeof(hart->buckets));
    }
    this_index = 0;
    fences_are_watched = false;
    random_state = 0x9e3779b97f4a7c15ull + stub_machine.seed;
    now = 0;
    ram_frame_count = ram_frames;
    free(changed);
    changed = calloc(ram_frames, sizeof(*changed));
}

/* --- What a TLB keeps */

static uint64_t asid_mask(void)
{
    return (1ull << stub_machine.asid_bits) - 1;
}

static uint16_t asid_of(const struct hart *hart)
{
    return (uint16_t)(hart->satp >> SV39_SATP_ASID_SHIFT & asid_mask());
}

static paddr_t root_of(const struct hart *hart)
{
    return paddr((hart->satp & ((1ull << SV39_SATP_ASID_SHIFT) - 1)) << PAGE_SHIFT);
}

static bool is_in_users_space(const struct hart *hart)
{
    return hart->satp != arch_supervisor_satp();
}

static uint32_t *bucket_of(struct hart *hart, uint64_t number, unsigned level)
{
    return &hart->buckets[(number * 31 + level * 7) % BUCKETS];
}

static bool matches(const struct hart *hart, const struct kept *kept, uint64_t number, unsigned level)
{
    return kept->number == number && kept->level == level && (kept->is_global || kept->asid == asid_of(hart));
}

/* Keep @pte, unless that is known already. */
static void keep(struct hart *hart, uint64_t number, unsigned level, pte_t pte, bool is_global)
{
    uint32_t *link = bucket_of(hart, number, level), index = hart->free;

    for (; *link != NONE; link = &hart->kept[*link].next) {
        const struct kept *kept = &hart->kept[*link];

        if (matches(hart, kept, number, level) && kept->pte == pte && kept->is_global == is_global) {
            return;
        }
    }
    if (index != NONE) {
        hart->free = hart->kept[index].next;
    } else if (hart->used < KEPT_MAX) {
        index = hart->used++;
    } else {
        return; /* a TLB need not keep anything */
    }
    hart->kept[index] = (struct kept){
        .number = number, .pte = pte, .asid = asid_of(hart), .level = (uint8_t)level, .is_global = is_global
    };
    *link = index;
}

/* The oldest that this hart could use for @address at @level, or NULL. */
static const struct kept *find(struct hart *hart, uint64_t address, unsigned level)
{
    uint64_t number = address / sv39_span(level);

    for (uint32_t index = *bucket_of(hart, number, level); index != NONE; index = hart->kept[index].next) {
        if (matches(hart, &hart->kept[index], number, level)) {
            return &hart->kept[index];
        }
    }
    return NULL;
}

/* --- Walks */

static bool is_described(paddr_t frame)
{
    return (frame.value - STUB_RAM_BASE) >> PAGE_SHIFT < ram_frame_count && stub_descriptor_frame(frame).value != 0;
}

/* A hart goes on walking in @table. */
static void check_table(const struct hart *hart, uint64_t address, paddr_t table)
{
    if (is_described(table) && frame_of(table)->kind != FRAME_TABLE) {
        panic("TLB: hart %u walks to %#lx in frame %#lx, which is %s", (unsigned)(hart - all_harts),
              (unsigned long)address, (unsigned long)table.value,
              frame_of(table)->kind == FRAME_FREE ? "free" : "no table any more");
    }
}

static pte_t read_entry(paddr_t table, uint64_t address, unsigned level)
{
    return ((const pte_t *)arch_direct(table))[sv39_index(address, level)];
}

/* The leaf for @address as the tables have it, whatever is kept; 0: none. */
static pte_t walk_tables(const struct hart *hart, uint64_t address, bool *is_global)
{
    paddr_t table = root_of(hart);

    *is_global = false;
    if (!is_in_users_space(hart)) {
        return 0;
    }
    for (unsigned level = LEVELS - 1;; level--) {
        check_table(hart, address, table);
        pte_t pte = read_entry(table, address, level);

        *is_global |= (pte & PTE_V) != 0 && (pte & PTE_G) != 0;
        if (level == 0 || !pte_is_table(pte)) {
            return (pte & PTE_V) != 0 ? pte : 0;
        }
        table = pte_frame(pte);
    }
}

/* The entry at @level: from what the hart keeps, or from @table; then it is kept. */
static pte_t entry_at(struct hart *hart, uint64_t address, unsigned level, paddr_t table, bool is_fresh,
                      bool *is_global)
{
    const struct kept *kept = is_fresh ? NULL : find(hart, address, level);

    if (kept != NULL) {
        *is_global |= kept->is_global;
        return kept->pte;
    }
    check_table(hart, address, table);
    pte_t pte = read_entry(table, address, level);

    pte = (pte & PTE_V) != 0 ? pte : 0;
    *is_global |= (pte & PTE_G) != 0;
    keep(hart, address / sv39_span(level), level, pte, *is_global);
    return pte;
}

/*
 * Walk to @address from the lowest level that is kept, or @is_fresh from the root on, and keep all that is found.
 * Returns the leaf, or 0.
 */
static pte_t walk(struct hart *hart, uint64_t address, bool is_fresh)
{
    paddr_t table = root_of(hart);
    bool is_global = false;

    if (!is_in_users_space(hart)) {
        keep(hart, address >> PAGE_SHIFT, 0, 0, false);
        return 0;
    }
    const struct kept *leaf = is_fresh ? NULL : find(hart, address, 0);

    if (leaf != NULL) {
        return leaf->pte;
    }
    for (unsigned level = LEVELS - 1;; level--) {
        pte_t pte = entry_at(hart, address, level, table, is_fresh, &is_global);

        ASSERT(level == 0 || !pte_is_leaf(pte));
        if (level == 0 || !pte_is_table(pte)) {
            return pte;
        }
        table = pte_frame(pte);
    }
}

/* --- Harts that walk on their own */

/* Some entry of @table that is in use, among the users'; or one beside it. */
static unsigned pick_index(paddr_t table, unsigned limit)
{
    const pte_t *entries = arch_direct(table);
    unsigned start = (unsigned)pick(limit);

    for (unsigned i = 0; i < limit; i++) {
        unsigned index = (start + i) % limit;

        if (entries[index] != 0) {
            return pick(4) == 0 ? (index + 1) % limit : index;
        }
    }
    return start;
}

/* Near something that the tables have, or that the hart has seen before. */
static uint64_t pick_address(const struct hart *hart)
{
    paddr_t table = root_of(hart);
    uint64_t address = 0;

    if (hart->used > 1 && pick(2) == 0) {
        const struct kept *kept = &hart->kept[1 + pick(hart->used - 1)];

        return kept->number * sv39_span(kept->level);
    }
    for (unsigned level = LEVELS - 1;; level--) {
        unsigned index = pick_index(table, level == 2 ? SV39_USER_ROOT_ENTRIES : SV39_ENTRIES);
        pte_t pte = ((const pte_t *)arch_direct(table))[index];

        address += index * sv39_span(level);
        if (level == 0 || !pte_is_table(pte)) {
            return address;
        }
        table = pte_frame(pte);
    }
}

static void prefetch(void)
{
    for (unsigned i = 0; i < stub_machine.hart_count && stub_machine.prefetch != 0; i++) {
        if (pick(stub_machine.prefetch) == 0 && is_in_users_space(&all_harts[i])) {
            check_table(&all_harts[i], 0, root_of(&all_harts[i]));
            walk(&all_harts[i], pick_address(&all_harts[i]), pick(2) == 0);
        }
    }
}

/* --- What must never be used */

#define RIGHTS (PTE_R | PTE_W | PTE_X)

/* @kept, a leaf that is valid, could be used by @hart now: the tables must say the same, or allow more. */
static void check_leaf(const struct hart *hart, const struct kept *kept)
{
    uint64_t address = kept->number << PAGE_SHIFT;
    unsigned index = (unsigned)(hart - all_harts);
    bool is_global;
    pte_t pte = walk_tables(hart, address, &is_global);
    unsigned long frame = (unsigned long)pte_frame(kept->pte).value;

    if (is_described(pte_frame(kept->pte)) && frame_of(pte_frame(kept->pte))->kind == FRAME_FREE) {
        panic("TLB: hart %u has %#lx at frame %#lx, which is free", index, (unsigned long)address, frame);
    }
    if (pte == 0) {
        panic("TLB: hart %u has %#lx at frame %#lx, where nothing is any more", index, (unsigned long)address, frame);
    }
    if (pte_frame(pte).value != pte_frame(kept->pte).value) {
        panic("TLB: hart %u has %#lx at frame %#lx, not %#lx", index, (unsigned long)address, frame,
              (unsigned long)pte_frame(pte).value);
    }
    if ((kept->pte & RIGHTS & ~pte) != 0) {
        panic("TLB: hart %u has %#lx with rights %#lx beyond %#lx", index, (unsigned long)address,
              (unsigned long)(kept->pte & RIGHTS), (unsigned long)(pte & RIGHTS));
    }
    if (kept->is_global && !is_global) {
        panic("TLB: hart %u has %#lx for all spaces, where it is one space's own", index, (unsigned long)address);
    }
}

/* @kept leads to a table, and @hart could go on from there: it must be the one that is there now. */
static void check_link(const struct hart *hart, const struct kept *kept)
{
    uint64_t address = kept->number * sv39_span(kept->level);
    paddr_t table = root_of(hart);

    check_table(hart, address, pte_frame(kept->pte));
    for (unsigned level = LEVELS - 1; level >= kept->level; level--) {
        pte_t pte = read_entry(table, address, level);

        if (!pte_is_table(pte) || (level == kept->level && pte_frame(pte).value != pte_frame(kept->pte).value)) {
            panic("TLB: hart %u walks to %#lx in table %#lx, which is not there any more", (unsigned)(hart - all_harts),
                  (unsigned long)address, (unsigned long)pte_frame(kept->pte).value);
        }
        table = pte_frame(pte);
    }
}

static void check_kept(const struct hart *hart, const struct kept *kept)
{
    if (kept->level == 0 && (kept->pte & PTE_V) != 0) {
        check_leaf(hart, kept);
    } else if (pte_is_table(kept->pte)) {
        check_link(hart, kept);
    }
}

/* All that @hart could use on its way to @address. */
static void check_address(struct hart *hart, uint64_t address)
{
    for (unsigned level = 0; level < LEVELS; level++) {
        uint64_t number = address / sv39_span(level);

        for (uint32_t index = *bucket_of(hart, number, level); index != NONE; index = hart->kept[index].next) {
            if (matches(hart, &hart->kept[index], number, level)) {
                check_kept(hart, &hart->kept[index]);
            }
        }
    }
}

/* Call @check for all that each hart keeps and could use in the space that it is in. */
static void check_harts(void (*check)(const struct hart *hart, const struct kept *kept))
{
    for (unsigned i = 0; i < stub_machine.hart_count; i++) {
        struct hart *hart = &all_harts[i];

        for (unsigned bucket = 0; bucket < BUCKETS && is_in_users_space(hart); bucket++) {
            for (uint32_t index = hart->buckets[bucket]; index != NONE; index = hart->kept[index].next) {
                const struct kept *kept = &hart->kept[index];

                if (kept->is_global || kept->asid == asid_of(hart)) {
                    check(hart, kept);
                }
            }
        }
    }
}

void stub_check_tlbs(void)
{
    check_harts(check_kept);
}

void stub_watch_fences(bool on)
{
    fences_are_watched = on;
}

static void check_not_free(const struct hart *hart, const struct kept *kept)
{
    if ((kept->pte & PTE_V) != 0 && is_described(pte_frame(kept->pte)) &&
        frame_of(pte_frame(kept->pte))->kind == FRAME_FREE) {
        panic("TLB: hart %u could use frame %#lx, which is free, before this fence", (unsigned)(hart - all_harts),
              (unsigned long)pte_frame(kept->pte).value);
    }
}

/* A fence begins. */
static void watch(void)
{
    if (fences_are_watched) {
        check_harts(check_not_free);
    }
    prefetch();
}

bool tlb_translate(uint64_t address, uint8_t access, uint8_t **out)
{
    struct hart *hart = &all_harts[this_index];
    pte_t needed = PTE_V | PTE_U | PTE_A;

    prefetch();
    if (is_in_users_space(hart)) {
        check_address(hart, address);
    }
    pte_t pte = walk(hart, address, false);

    needed |= access == ABI_PROT_WRITE ? PTE_W | PTE_D : access == ABI_PROT_EXEC ? PTE_X : PTE_R;
    if ((pte & needed) != needed) {
        return false;
    }
    *out = (uint8_t *)arch_direct(pte_frame(pte)) + (address & PAGE_MASK);
    return true;
}

bool stub_keeps(unsigned hart_index, uint64_t address)
{
    struct hart *hart = &all_harts[hart_index];
    uint64_t number = address >> PAGE_SHIFT;

    for (uint32_t index = *bucket_of(hart, number, 0); index != NONE; index = hart->kept[index].next) {
        const struct kept *kept = &hart->kept[index];

        if (kept->number == number && kept->level == 0 && (kept->pte & PTE_V) != 0) {
            return true;
        }
    }
    return false;
}

/* --- Instruction caches */

static uint64_t *changed_of(const void *bytes)
{
    return &changed[(arch_physical(bytes).value - STUB_RAM_BASE) >> PAGE_SHIFT];
}

void tlb_bytes_changed(const void *bytes)
{
    *changed_of(bytes) = ++now;
}

void tlb_stored(const void *byte)
{
    paddr_t frame = paddr(page_round_down(arch_physical(byte).value));

    /* What a task writes and another one executes is for them to fence: W and X never go together in one of them. */
    if (is_described(frame) && frame_of(frame)->ref_count == 1) {
        tlb_bytes_changed(byte);
    }
}

void tlb_fetched(const void *byte)
{
    if (*changed_of(byte) > all_harts[this_index].fenced_instructions) {
        panic("instruction cache: hart %u fetches from frame %#lx, which has changed since its last fence.i",
              this_index, (unsigned long)page_round_down(arch_physical(byte).value));
    }
}

/* --- Harts */

struct lock_holder *lock_this_holder(void)
{
    return &all_harts[this_index].holder;
}

/* A test may have harts of its own: then it has these seven. */
__attribute__((weak)) unsigned arch_hart_index(void)
{
    return this_index;
}

__attribute__((weak)) uint32_t arch_harts(void)
{
    return (1u << stub_machine.hart_count) - 1;
}

__attribute__((weak)) struct hart_translations *arch_translations(void)
{
    return &all_harts[this_index].translations;
}

__attribute__((weak)) struct hart_translations *arch_translations_of(unsigned hart_index)
{
    ASSERT(hart_index < stub_machine.hart_count);
    return &all_harts[hart_index].translations;
}

void stub_run_on(unsigned hart_index)
{
    bool is_locked = supervisor_lock.holder == lock_this_holder();

    ASSERT(hart_index < stub_machine.hart_count);
    if (hart_index == this_index) {
        return;
    }
    if (is_locked) {
        arch_unlock();
    }
    this_index = hart_index;
    if (is_locked) {
        arch_lock();
    }
}

void stub_be_hart(unsigned hart_index)
{
    this_index = hart_index;
}

uint64_t arch_supervisor_satp(void)
{
    return SV39_SATP_MODE;
}

void arch_satp_set(uint64_t satp)
{
    prefetch();
    all_harts[this_index].satp = satp;
    prefetch();
}

/* --- Fences */

enum fence { FENCE_ALL, FENCE_ASID, FENCE_PAGE };

static bool is_fenced(const struct kept *kept, enum fence fence, uint64_t asid, uint64_t page)
{
    switch (fence) {
    case FENCE_ALL:
        return true;
    case FENCE_ASID:
        return !kept->is_global && kept->asid == asid;
    default:
        return !kept->is_global && kept->asid == asid && kept->level == 0 && kept->number == page;
    }
}

static void drop(struct hart *hart, uint32_t *bucket, enum fence fence, uint64_t asid, uint64_t page)
{
    for (uint32_t *link = bucket; *link != NONE;) {
        struct kept *kept = &hart->kept[*link];

        if (is_fenced(kept, fence, asid & asid_mask(), page)) {
            uint32_t index = *link;

            *link = kept->next;
            kept->next = hart->free;
            hart->free = index;
        } else {
            link = &kept->next;
        }
    }
}

static void drop_everywhere(struct hart *hart, enum fence fence, uint64_t asid)
{
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        drop(hart, &hart->buckets[bucket], fence, asid, 0);
    }
}

void arch_fence_all(void)
{
    watch();
    stub_counts.flushes++;
    stub_counts.full_flushes++;
    drop_everywhere(&all_harts[this_index], FENCE_ALL, 0);
    prefetch();
}

void arch_fence_asid(uint64_t asid)
{
    watch();
    stub_counts.flushes++;
    drop_everywhere(&all_harts[this_index], FENCE_ASID, asid);
    prefetch();
}

void arch_fence_page(uint64_t address, uint64_t asid)
{
    struct hart *hart = &all_harts[this_index];
    uint64_t page = address >> PAGE_SHIFT;

    watch();
    stub_counts.flushes++;
    if (stub_machine.fences_pages) {
        drop(hart, bucket_of(hart, page, 0), FENCE_PAGE, asid, page);
    }
    prefetch();
}

void arch_fence_instructions(void)
{
    stub_counts.instruction_fences++;
    all_harts[this_index].fenced_instructions = ++now;
}

void arch_fence_stores(void)
{
    stub_counts.store_fences++;
}

static void assert_others(uint32_t mask)
{
    ASSERT(mask != 0 && (mask & ~arch_harts()) == 0 && (mask >> this_index & 1) == 0);
}

static void remote_fence(uint32_t mask, enum fence fence, uint64_t asid)
{
    assert_others(mask);
    stub_counts.remote_fences++;
    watch();
    for (; mask != 0; mask &= mask - 1) {
        drop_everywhere(&all_harts[__builtin_ctz(mask)], fence, asid);
    }
    prefetch();
}

__attribute__((weak)) void arch_remote_fence_all(uint32_t harts)
{
    remote_fence(harts, FENCE_ALL, 0);
}

__attribute__((weak)) void arch_remote_fence_asid(uint32_t harts, uint64_t asid)
{
    remote_fence(harts, FENCE_ASID, asid);
}

__attribute__((weak)) void arch_remote_fence_instructions(uint32_t harts)
{
    assert_others(harts);
    for (; harts != 0; harts &= harts - 1) {
        all_harts[__builtin_ctz(harts)].fenced_instructions = ++now;
    }
}
