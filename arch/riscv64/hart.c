/*
 * Harts: the first one, those that are started later, and what they ask of each other through the firmware.
 *
 *     boot_hart                    entry.S -> boot_start()
 *     hart_start() -> SBI HSM -> entry.S: hart_entry -> hart_main() on the new hart
 *
 * A hart that is started has its structure on top of its own stack, in frames that are neighbours:
 *
 *     guard page | stack, HART_STACK_PAGES | guard page | emergency stack, 1 page
 *
 * Index and mask are given by the new hart itself, under the supervisor's lock: from then on it takes part.
 */
#include "hart.h"

#include "abi_errno.h"
#include "arch.h"
#include "bits.h"
#include "boot_map.h"
#include "csr.h"
#include "panic.h"
#include "sbi.h"
#include "supervisor_map.h"

#include <string.h>

/* Pages of the stack window that one hart takes. */
#define WINDOW_PAGES (HART_STACK_PAGES + 3)

extern char boot_stack_bottom[], boot_stack_top[], boot_emergency_stack_top[], hart_entry[];

struct hart boot_hart;
/* The hart that the firmware was asked for last, and its id: entry.S reads them with the MMU off. */
struct {
    struct hart *hart;
    uint64_t hart_id;
} hart_asked_for = { .hart_id = UINT64_MAX };
struct hart *harts[ARCH_HARTS_MAX] = { &boot_hart };
uint32_t hart_mask = 1;

struct lock_holder *lock_this_holder(void)
{
    return &this_hart()->locks;
}

struct hart_translations *arch_translations_of(unsigned hart_index)
{
    return &harts[hart_index]->translations;
}

void hart_init_first(uint64_t hart_id)
{
    boot_hart = (struct hart){
        .supervisor_lock = &supervisor_lock,
        .hart_id = hart_id,
        .stack_bottom = (uint64_t)boot_stack_bottom,
        .stack_top = (uint64_t)boot_stack_top,
        .emergency_stack_top = (uint64_t)boot_emergency_stack_top,
    };
    csr_write(stvec, (uint64_t)trap_entry);
}

/* Map the stacks of one more hart. Returns 0 or -ENOMEM; frames of a hart that is not to be had stay where they are. */
static int map_stacks_relock(unsigned index, int (*take)(paddr_t *out), uint64_t *window)
{
    uint64_t start = supervisor_map_stacks() + (uint64_t)index * WINDOW_PAGES * PAGE_SIZE;

    for (unsigned page = 0; page < WINDOW_PAGES; page++) {
        bool is_guard = page == 0 || page == HART_STACK_PAGES + 1;
        paddr_t frame;

        if (is_guard) {
            continue;
        }
        int error = take(&frame);

        if (error == 0) {
            error = supervisor_map_page(start + page * PAGE_SIZE, frame, take);
        }
        if (error) {
            return error;
        }
    }
    *window = start;
    return 0;
}

int hart_create_relock(unsigned slot, uint64_t hart_id, int (*take)(paddr_t *out), struct hart **out)
{
    uint64_t window;
    int error = map_stacks_relock(slot, take, &window);

    if (error) {
        return error;
    }
    uint64_t stack_bottom = window + PAGE_SIZE, stack_end = stack_bottom + HART_STACK_PAGES * PAGE_SIZE;
    struct hart *hart = (struct hart *)ALIGNED_DOWN(stack_end - sizeof(*hart), 16);

    *hart = (struct hart){
        .supervisor_lock = &supervisor_lock,
        .hart_id = hart_id,
        .stack_bottom = stack_bottom,
        .stack_top = (uint64_t)hart,
        .emergency_stack_top = stack_end + 2 * PAGE_SIZE,
        .timer_ticks = UINT64_MAX,
    };
    *out = hart;
    return 0;
}

int hart_start(struct hart *hart)
{
    uint64_t image = supervisor_map_image().start.value;

    hart_asked_for.hart = hart;
    hart_asked_for.hart_id = hart->hart_id;
    arch_fence_stores();
    return sbi_hart_start(hart->hart_id, image + (uint64_t)(hart_entry - image_start), (uint64_t)hart);
}

void hart_join(struct hart *hart)
{
    hart->index = bits_count(hart_mask);
    harts[hart->index] = hart;
    hart_mask |= 1u << hart->index;
}

void hart_interrupt(uint32_t mask)
{
    for (; mask != 0; mask &= mask - 1) {
        sbi_interrupt(1, harts[bits_lowest(mask)]->hart_id);
    }
}

/* Of a set of harts by index, as the firmware wants it: masks of ids that are at most 64 apart. */
static void each_id_mask(uint32_t mask, void (*call)(uint64_t ids, uint64_t base, uint64_t argument), uint64_t argument)
{
    while (mask != 0) {
        uint64_t base = harts[bits_lowest(mask)]->hart_id, ids = 0;
        uint32_t left = mask;

        for (; left != 0; left &= left - 1) {
            unsigned index = bits_lowest(left);
            uint64_t distance = harts[index]->hart_id - base;

            if (distance < 64) {
                ids |= 1ull << distance;
                mask &= ~(1u << index);
            }
        }
        call(ids, base, argument);
    }
}

/* A hart that may go on with an old translation may do so with a frame that is somebody else's by now. */
static void check_answer(int64_t error)
{
    if (error) {
        panic("remote fence: the firmware answers %ld", error);
    }
}

static void fence_ids(uint64_t ids, uint64_t base, uint64_t unused)
{
    (void)unused;
    check_answer(sbi_fence_all(ids, base));
}

static void fence_ids_asid(uint64_t ids, uint64_t base, uint64_t asid)
{
    check_answer(sbi_fence_asid(ids, base, asid));
}

static void fence_ids_instructions(uint64_t ids, uint64_t base, uint64_t unused)
{
    (void)unused;
    check_answer(sbi_fence_instructions(ids, base));
}

void arch_remote_fence_all(uint32_t mask)
{
    each_id_mask(mask, fence_ids, 0);
}

void arch_remote_fence_asid(uint32_t mask, uint64_t asid)
{
    each_id_mask(mask, fence_ids_asid, asid);
}

void arch_remote_fence_instructions(uint32_t mask)
{
    each_id_mask(mask, fence_ids_instructions, 0);
}
