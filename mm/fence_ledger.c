/*
 * The fence ledger of a debug build.
 *
 * An emulator forgets more translations than a fence asks for, so a fence that is missing shows on hardware only. Here
 * it is written down instead:
 *
 *     entry reduced       -> pending, for each hart that may use it in its older form
 *     fence that covers   -> no longer pending, for the harts that fenced
 *     marked in `stale`   -> no longer pending, for the harts that do not run in the space
 *     pending for nobody  -> out of the ledger
 *
 * A frame that is freed while an entry that led to it is pending is a panic, and so is running in a space with an entry
 * of it pending. New instructions are pending until fence.i, or the mark in `stale_code`, in the same way. A mark is a
 * promise: a hart that enters a space where it is marked must have fenced behind its change of satp. Likewise for the
 * global text of windows, which a hart may keep from the space that it has left: it fences everything before it runs
 * where others, or none, are shown, and before their tables go.
 *
 * The ledger is empty whenever the supervisor's lock is free, so its size is bounded by what is reduced between two
 * flushes: the frames of one gather (TABLE_GATHER_FRAMES), and a range, or the single pages of a short one.
 *
 * Invariant: no row has an empty set of harts.
 *
 * Locking: the supervisor's lock.
 *
 * Typical use: fence_ledger_leaf() -> the fences -> fence_ledger_free()
 */
#include "fence_ledger.h"

#include "bits.h"
#include "panic.h"
#include "space.h"

#define ROWS_MAX 128u
/* A longer range is one row, which no fence by page takes out. */
#define RANGE_PAGES_MAX 16u
#define ANY_FRAME UINT64_MAX

enum row_kind { ROW_LEAF, ROW_TABLE, ROW_CODE };

struct row {
    const struct space *space; /* NULL: every space */
    uint64_t start;
    uint64_t end;
    uint64_t frame; /* or ANY_FRAME */
    uint32_t harts; /* that have not fenced it */
    enum row_kind kind;
};

/* What a hart did since it last set satp. */
struct hart_fences {
    uint64_t serial; /* of the windows whose global text it may keep; 0: of none */
    uint64_t asid;
    bool fenced_all;
    bool fenced_asid;
    bool fenced_instructions;
};

static struct {
    struct row rows[ROWS_MAX];
    unsigned count;
    struct hart_fences harts[ARCH_HARTS_MAX];
} ledger;

static uint64_t root_of(const struct space *space)
{
    return space == NULL ? 0 : space->root.value;
}

static uint64_t asid_of(const struct space *space)
{
    return space->satp >> SV39_SATP_ASID_SHIFT & SV39_SATP_ASID_MASK;
}

static uint32_t running_in(const struct space *space)
{
    uint32_t running = 0;

    for (uint32_t left = arch_harts(); left != 0; left &= left - 1) {
        unsigned index = bits_lowest(left);

        running |= (uint32_t)(arch_translations_of(index)->space == space) << index;
    }
    return running;
}

/* The harts that are marked to fence before they run in the space, and do not run in it. */
static uint32_t excused(const struct row *row)
{
    if (row->space == NULL) {
        return 0;
    }
    return (row->kind == ROW_CODE ? row->space->stale_code : row->space->stale) & ~running_in(row->space);
}

_Noreturn static void panic_about(const struct row *row, const char *what)
{
    panic("fence ledger: %s: space %#lx (0: all), [%#lx, %#lx), frame %#lx, hart %u, %s: a flush is missing", what,
          (unsigned long)root_of(row->space), (unsigned long)row->start, (unsigned long)row->end,
          (unsigned long)row->frame, bits_lowest(row->harts),
          row->kind == ROW_CODE ? "instructions" : (row->kind == ROW_TABLE ? "an entry to a table" : "a leaf"));
}

static void add(struct row row)
{
    arch_assert_locked();
    row.harts = arch_harts() & ~excused(&row);
    if (row.harts == 0) {
        return;
    }
    if (ledger.count == ROWS_MAX) {
        panic_about(&ledger.rows[0], "it is full: flush more often, or make ROWS_MAX larger");
    }
    ledger.rows[ledger.count++] = row;
}

/* The harts of @which need the row at @at no more. Returns the number of the row to look at next. */
static unsigned take_out(unsigned at, uint32_t which)
{
    ledger.rows[at].harts &= ~which;
    if (ledger.rows[at].harts != 0) {
        return at + 1;
    }
    ledger.rows[at] = ledger.rows[--ledger.count];
    return at;
}

void fence_ledger_reset(void)
{
    ledger.count = 0;
    for (unsigned i = 0; i < ARCH_HARTS_MAX; i++) {
        ledger.harts[i] = (struct hart_fences){ 0 };
    }
}

void fence_ledger_add_table(const struct space *space, uint64_t address, paddr_t frame)
{
    add((struct row){ .space = space, .start = address, .end = address, .frame = frame.value, .kind = ROW_TABLE });
}

void fence_ledger_add_leaf(const struct space *space, uint64_t address, paddr_t frame)
{
    uint64_t start = page_round_down(address);

    add((struct row){ .space = space, .start = start, .end = start + PAGE_SIZE, .frame = frame.value });
}

void fence_ledger_add_range(const struct space *space, uint64_t start, uint64_t end)
{
    if (end - start > RANGE_PAGES_MAX * PAGE_SIZE) {
        add((struct row){ .space = space, .start = start, .end = end, .frame = ANY_FRAME });
        return;
    }
    for (; start < end; start += PAGE_SIZE) {
        fence_ledger_add_leaf(space, start, paddr(ANY_FRAME));
    }
}

void fence_ledger_add_code(const struct space *space, uint64_t start, uint64_t end)
{
    add((struct row){ .space = space, .start = start, .end = end, .frame = ANY_FRAME, .kind = ROW_CODE });
}

void fence_ledger_note_satp(void)
{
    struct hart_fences *hart = &ledger.harts[arch_hart_index()];

    hart->fenced_all = hart->fenced_asid = hart->fenced_instructions = false;
}

void fence_ledger_note_all(uint32_t which)
{
    for (unsigned i = 0; i < ledger.count;) {
        i = take_out(i, ledger.rows[i].kind == ROW_CODE ? 0 : which);
    }
    for (; which != 0; which &= which - 1) {
        ledger.harts[bits_lowest(which)].fenced_all = true;
    }
}

/* Global translations stay, which may be behind what was reduced for all spaces. */
void fence_ledger_note_asid(uint32_t which, uint64_t asid)
{
    for (unsigned i = 0; i < ledger.count;) {
        const struct row *row = &ledger.rows[i];

        i = take_out(i, row->kind != ROW_CODE && row->space != NULL && asid_of(row->space) == asid ? which : 0);
    }
    for (; which != 0; which &= which - 1) {
        struct hart_fences *hart = &ledger.harts[bits_lowest(which)];

        hart->asid = asid;
        hart->fenced_asid = true;
    }
}

/* Entries that lead to tables stay: Priv. spec, SFENCE.VMA with rs1 != x0. */
void fence_ledger_note_page(uint64_t address, uint64_t asid)
{
    for (unsigned i = 0; i < ledger.count;) {
        const struct row *row = &ledger.rows[i];
        bool is_covered = row->kind == ROW_LEAF && row->space != NULL && asid_of(row->space) == asid &&
                          row->start == page_round_down(address) && row->end - row->start == PAGE_SIZE;

        i = take_out(i, is_covered ? fence_ledger_this_hart() : 0);
    }
}

void fence_ledger_note_instructions(uint32_t which)
{
    for (unsigned i = 0; i < ledger.count;) {
        i = take_out(i, ledger.rows[i].kind == ROW_CODE ? which : 0);
    }
    for (; which != 0; which &= which - 1) {
        ledger.harts[bits_lowest(which)].fenced_instructions = true;
    }
}

void fence_ledger_note_stale(const struct space *space)
{
    for (unsigned i = 0; i < ledger.count;) {
        const struct row *row = &ledger.rows[i];

        i = take_out(i, row->space == space ? excused(row) : 0);
    }
}

void fence_ledger_note_end(const struct space *space)
{
    for (unsigned i = 0; i < ledger.count;) {
        i = take_out(i, ledger.rows[i].space == space ? UINT32_MAX : 0);
    }
}

static void check_nothing_pending(const struct space *space)
{
    for (unsigned i = 0; i < ledger.count; i++) {
        const struct row *row = &ledger.rows[i];

        if ((row->space == NULL || row->space == space) && (row->harts & fence_ledger_this_hart()) != 0) {
            panic_about(row, "a hart is to run in a space with this pending");
        }
    }
}

void fence_ledger_check_verified(const struct space *space)
{
    check_nothing_pending(space);
    if (((space->stale | space->stale_code) & fence_ledger_this_hart()) != 0) {
        panic("fence ledger: hart %u runs in space %#lx, where it is marked to fence first", arch_hart_index(),
              (unsigned long)root_of(space));
    }
}

void fence_ledger_check_entered(const struct space *space, uint64_t serial)
{
    struct hart_fences *hart = &ledger.harts[arch_hart_index()];
    uint32_t bit = fence_ledger_this_hart();
    uint64_t asid = asid_of(space);
    bool fenced_space = hart->fenced_all || (hart->fenced_asid && hart->asid == asid);

    if (((space->stale & bit) != 0 || asid == 0) && !fenced_space) {
        panic("fence ledger: hart %u enters space %#lx, ASID %lu, without a fence behind the change of satp",
              arch_hart_index(), (unsigned long)root_of(space), (unsigned long)asid);
    }
    if ((space->stale_code & bit) != 0 && !hart->fenced_instructions) {
        panic("fence ledger: hart %u enters space %#lx without fence.i, though there are new instructions",
              arch_hart_index(), (unsigned long)root_of(space));
    }
    if (hart->serial != 0 && hart->serial != serial && !hart->fenced_all) {
        panic("fence ledger: hart %u enters space %#lx of windows %lu with the global text of windows %lu",
              arch_hart_index(), (unsigned long)root_of(space), (unsigned long)serial, (unsigned long)hart->serial);
    }
    hart->serial = serial;
    check_nothing_pending(space);
}

void fence_ledger_check_region(uint64_t serial)
{
    for (uint32_t left = arch_harts(); left != 0; left &= left - 1) {
        unsigned index = bits_lowest(left);
        struct hart_fences *hart = &ledger.harts[index];

        if (hart->serial != serial) {
            continue;
        }
        if (!hart->fenced_all) {
            panic("fence ledger: the tables of windows %lu go while hart %u may keep their global text",
                  (unsigned long)serial, index);
        }
        hart->serial = 0;
    }
}

void fence_ledger_check_free(paddr_t frame)
{
    for (unsigned i = 0; i < ledger.count; i++) {
        const struct row *row = &ledger.rows[i];

        if (row->kind != ROW_CODE && (row->frame == frame.value || row->frame == ANY_FRAME)) {
            panic("fence ledger: frame %#lx is freed: space %#lx (0: all), [%#lx, %#lx), hart %u may still use %s that "
                  "led there: a flush is missing",
                  (unsigned long)frame.value, (unsigned long)root_of(row->space), (unsigned long)row->start,
                  (unsigned long)row->end, bits_lowest(row->harts), row->kind == ROW_TABLE ? "an entry" : "a leaf");
        }
    }
}
