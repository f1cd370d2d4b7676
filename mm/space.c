/*
 * Which translations a hart may hold, and how it gets rid of them.
 *
 * A hart uses a translation only while satp has its ASID, or when it is global. So what a space has lost needs a fence
 * now only on harts that run in it now (one of them is this one, as a rule the only one); every other hart is marked in
 * `stale`, and fences the ASID when it next enters the space, before anything can use it. A space that ends leaves its
 * ASID's translations behind: nobody has that ASID again before a new generation, when every hart fences everything.
 *
 *     changed here  -> fence here, remote fence on harts that run in it, stale = all others
 *     entered       -> nothing when verified == the hart's epoch; else what space_enter() lists
 *
 * Text leaves of windows are global, so that changing between tasks of one region keeps them. A hart remembers whose it
 * may hold, and fences everything before it runs in a space that shows others, or none (spec 7.3).
 *
 * The epoch stands for all of these checks: it is renewed whenever something about a hart changes that spaces were
 * checked against, and no value of it ever comes back.
 *
 * Without ASIDs every space has ASID 0, and every change of space fences it.
 *
 * Invariants (for the auditor, by these names)
 *     space-runs       a hart's satp is that of its `space`
 *     space-asid       of two spaces of the current generation none has the other's ASID; none has 0
 *     space-verified   where verified is a hart's epoch, the hart is not in stale or stale_code, its region is that of
 *                      the windows that the space shows, and both have the current generation
 *     hart-region      a hart that runs in a space has its region
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: space_init() -> space_enter() ... space_flush_page() ... -> space_leave() -> space_end()
 */
#include "space.h"

#include "bits.h"
#include "panic.h"

/* A range of more pages is flushed as a whole. */
#define PAGES_MAX 16u

static struct {
    uint64_t asid_max; /* 0: there are no ASIDs */
    bool fences_pages;
    uint64_t generation;
    uint64_t next_asid;
    uint64_t last_epoch;
    /* Of spaces that were running when the generation began: they have kept theirs. */
    uint64_t reserved[ARCH_HARTS_MAX];
    unsigned reserved_count;
} spaces;

static uint32_t bit_of(unsigned hart_index)
{
    return 1u << hart_index;
}

static uint64_t asid_of(const struct space *space)
{
    return space->satp >> SV39_SATP_ASID_SHIFT & SV39_SATP_ASID_MASK;
}

static void renew_epoch(struct hart_translations *hart)
{
    hart->epoch = ++spaces.last_epoch;
}

/* The other harts that run in @space. */
static uint32_t others_running(const struct space *space)
{
    uint32_t others = arch_harts() & ~bit_of(arch_hart_index()), running = 0;

    for (; others != 0; others &= others - 1) {
        unsigned index = bits_lowest(others);

        if (arch_translations_of(index)->space == space) {
            running |= bit_of(index);
        }
    }
    return running;
}

void spaces_init(unsigned asid_bits, enum space_fences fences)
{
    uint64_t asids = 1ull << asid_bits;

    /* Fewer than harts that run at once, each under its own, would be none. */
    spaces.asid_max = asids > ARCH_HARTS_MAX ? asids - 1 : 0;
    spaces.fences_pages = fences == SPACE_FENCES_PAGES;
    spaces.generation = 1;
    spaces.next_asid = 1;
    spaces.reserved_count = 0;
    fence_ledger_start();
    spaces_add_hart();
}

void spaces_add_hart(void)
{
    struct hart_translations *hart = arch_translations();

    *hart = (struct hart_translations){ .generation = spaces.generation };
    renew_epoch(hart);
}

void space_init(struct space *space, paddr_t root)
{
    *space = (struct space){ .root = root };
}

void space_end(struct space *space)
{
    arch_assert_locked();
    if (CONFIG_DEBUG) {
        ASSERT(arch_translations()->space != space && others_running(space) == 0);
    }
    fence_ledger_end(space);
}

static bool is_reserved(uint64_t asid)
{
    for (unsigned i = 0; i < spaces.reserved_count; i++) {
        if (spaces.reserved[i] == asid) {
            return true;
        }
    }
    return false;
}

/* All ASIDs start anew, but for those under which other harts run at this moment. */
static void start_generation(void)
{
    spaces.generation++;
    spaces.next_asid = 1;
    spaces.reserved_count = 0;
    for (uint32_t left = arch_harts(); left != 0; left &= left - 1) {
        unsigned index = bits_lowest(left);
        struct hart_translations *hart = arch_translations_of(index);

        renew_epoch(hart);
        if (index != arch_hart_index() && hart->space != NULL) {
            hart->space->generation = spaces.generation;
            spaces.reserved[spaces.reserved_count++] = asid_of(hart->space);
        }
    }
}

static void give_asid(struct space *space)
{
    uint64_t asid = 0;

    if (spaces.asid_max != 0) {
        while (spaces.next_asid <= spaces.asid_max && is_reserved(spaces.next_asid)) {
            spaces.next_asid++;
        }
        if (spaces.next_asid > spaces.asid_max) {
            start_generation();
            while (is_reserved(spaces.next_asid)) {
                spaces.next_asid++;
            }
        }
        asid = spaces.next_asid++;
    }
    space->satp = sv39_satp(space->root, asid);
    space->generation = spaces.generation;
    space->stale = UINT32_MAX;
}

/* What is not global of @space, which this hart runs in. */
static void fence_here(const struct space *space)
{
    if (spaces.fences_pages) {
        fence_ledger_fence_asid(asid_of(space));
    } else {
        fence_ledger_fence_all();
    }
}

/* Nothing that this hart's TLB holds is used any more. */
static void fence_everything(struct hart_translations *hart)
{
    fence_ledger_fence_all();
    hart->generation = spaces.generation;
    renew_epoch(hart);
}

void space_enter(struct space *space, uint64_t serial)
{
    arch_assert_locked();
    struct hart_translations *hart = arch_translations();
    uint32_t bit = bit_of(arch_hart_index());

    if (space->generation != spaces.generation) {
        give_asid(space);
    }
    bool fences_all = hart->region != serial || hart->generation != spaces.generation;
    bool fences_space = !fences_all && ((space->stale & bit) != 0 || spaces.asid_max == 0);

    /*
     * Tables have gone while the hart was elsewhere. What it keeps of the way to them is fenced before it could walk on
     * from there: it would take whatever the frames hold now for entries, and a global one would outlive the fence
     * below.
     */
    if (fences_all) {
        arch_fence_all();
    } else if (fences_space) {
        fence_here(space);
    }
    hart->space = space;
    /* The other fence comes behind satp: what was fenced before could be walked for anew (hostile case C5). */
    fence_ledger_set_satp(space->satp);
    if (fences_all) {
        hart->region = serial;
        fence_everything(hart);
    } else if (fences_space) {
        fence_here(space);
    }
    if ((space->stale_code & bit) != 0) {
        fence_ledger_fence_instructions();
    }
    fence_ledger_entered(space, serial);
    space->stale &= ~bit;
    space->stale_code &= ~bit;
    /* Without ASIDs the next space will be under the same one: there is something to do each time. */
    space->verified = spaces.asid_max == 0 ? 0 : hart->epoch;
}

void space_leave(void)
{
    arch_assert_locked();
    arch_translations()->space = NULL;
    fence_ledger_set_satp(arch_supervisor_satp());
    if (spaces.asid_max == 0) {
        fence_ledger_fence_asid(0);
    }
}

/* What has changed was fenced here if this hart runs in @space (@done is its bit, else 0): see to the other harts. */
static void fence_others(struct space *space, uint32_t done)
{
    uint32_t running = arch_harts() == bit_of(arch_hart_index()) ? 0 : others_running(space);

    if (running != 0) {
        fence_ledger_remote_fence_asid(running, asid_of(space));
    }
    space->stale = ~(done | running);
    fence_ledger_stale(space);
    if (done == 0) {
        space->verified = 0;
    }
}

/* The same; where this hart is the only one there is nobody to see to. */
static inline void fenced_here(struct space *space)
{
    uint32_t bit = bit_of(arch_hart_index());

    if (arch_harts() != bit) {
        fence_others(space, bit);
    }
}

void space_flush_page(struct space *space, uint64_t address)
{
    arch_assert_locked();
    if (arch_translations()->space != space) {
        fence_others(space, 0);
        return;
    }
    if (spaces.fences_pages) {
        fence_ledger_fence_page(address, asid_of(space));
    } else {
        fence_ledger_fence_all();
    }
    fenced_here(space);
}

void space_flush_pages(struct space *space, uint64_t start, uint64_t pages)
{
    arch_assert_locked();
    if (pages > PAGES_MAX || !spaces.fences_pages) {
        space_flush_all(space);
        return;
    }
    if (arch_translations()->space != space) {
        fence_others(space, 0);
        return;
    }
    for (uint64_t i = 0; i < pages; i++) {
        fence_ledger_fence_page(start + i * PAGE_SIZE, asid_of(space));
    }
    fenced_here(space);
}

void space_flush_all(struct space *space)
{
    arch_assert_locked();
    if (arch_translations()->space != space) {
        fence_others(space, 0);
        return;
    }
    fence_here(space);
    fenced_here(space);
}

void spaces_flush_all(void)
{
    arch_assert_locked();
    uint32_t others = arch_harts() & ~bit_of(arch_hart_index());

    fence_everything(arch_translations());
    for (uint32_t left = others; left != 0; left &= left - 1) {
        struct hart_translations *hart = arch_translations_of(bits_lowest(left));

        hart->generation = spaces.generation;
        renew_epoch(hart);
    }
    if (others != 0) {
        fence_ledger_remote_fence_all(others);
    }
}

void spaces_forget_region(uint64_t serial)
{
    arch_assert_locked();
    uint32_t others = 0;

    for (uint32_t left = arch_harts(); left != 0; left &= left - 1) {
        unsigned index = bits_lowest(left);
        struct hart_translations *hart = arch_translations_of(index);

        if (hart->region != serial) {
            continue;
        }
        ASSERT(hart->space == NULL);
        hart->region = 0;
        if (index == arch_hart_index()) {
            fence_everything(hart);
        } else {
            hart->generation = spaces.generation;
            renew_epoch(hart);
            others |= bit_of(index);
        }
    }
    if (others != 0) {
        fence_ledger_remote_fence_all(others);
    }
}

void space_code_changed(struct space *space)
{
    arch_assert_locked();
    uint32_t bit = bit_of(arch_hart_index()), running = others_running(space);

    fence_ledger_fence_instructions();
    if (running != 0) {
        fence_ledger_remote_fence_instructions(running);
    }
    space->stale_code = ~(bit | running);
    fence_ledger_stale(space);
    if (arch_translations()->space != space) {
        space->verified = 0;
    }
}

void spaces_code_changed(void)
{
    arch_assert_locked();
    uint32_t others = arch_harts() & ~bit_of(arch_hart_index());

    fence_ledger_fence_instructions();
    if (others != 0) {
        fence_ledger_remote_fence_instructions(others);
    }
}
