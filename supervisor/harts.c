/*
 * Starting the harts that the first one has beside it, and ending them all.
 *
 *     named in the device tree -> harts_start_others(): usable? -> structure and stacks -> SBI HSM
 *         -> hart_main() on the new hart: probes itself, joins -> runs tasks
 *
 * Who asks for a hart waits for it a bounded time. A hart that comes too late finds that it was given up, and stays
 * out: so what the start-up lines say is what runs.
 *
 *     STARTING --hart_main()--> JOINED        STARTING --too late--> LEFT_OUT        --not like the others--> UNLIKE
 *
 * A device tree may name many harts that are not there: each that does not answer halves the time that the next one is
 * waited for, so that all together cost no more than some ten seconds.
 */
#include "harts.h"

#include "abi_errno.h"
#include "arch.h"
#include "bits.h"
#include "hart.h"
#include "log.h"
#include "panic.h"
#include "sbi.h"
#include "scheduler.h"
#include "start.h"
#include "timer.h"

#include <stdio.h>

#define WAIT_NANOSECONDS 4000000000ull /* an emulator on a busy machine takes its time */
#define WAIT_NANOSECONDS_MIN 15000000ull

/* hart->start_state, under the supervisor's lock. */
enum start_state { STARTING, JOINED, LEFT_OUT, UNLIKE };

static uint64_t wait_nanoseconds = WAIT_NANOSECONDS;
static struct cpu_features first_features;
static bool counts_instructions;
static bool is_stopping; /* atomic: harts are to stop where they are */
static uint32_t is_parking; /* atomic: harts are to stay where they take the interrupt, until it is 0 again */
static uint32_t parked_count; /* atomic */

static void stay_out(void)
{
    for (;;) {
        cpu_wait();
    }
}

static void stop_if_asked(void)
{
    if (__atomic_load_n(&is_stopping, __ATOMIC_RELAXED)) {
        stay_out();
    }
}

void harts_stop_if_asked(void)
{
    stop_if_asked();
    if (__atomic_load_n(&is_parking, __ATOMIC_RELAXED)) {
        __atomic_fetch_add(&parked_count, 1, __ATOMIC_ACQ_REL);
        while (__atomic_load_n(&is_parking, __ATOMIC_ACQUIRE)) {
            stop_if_asked();
        }
        __atomic_fetch_sub(&parked_count, 1, __ATOMIC_ACQ_REL);
    }
}

bool harts_park_others(void)
{
    uint32_t others = arch_harts() & ~(1u << arch_hart_index());

    if (__atomic_exchange_n(&is_parking, 1u, __ATOMIC_ACQ_REL)) {
        return false;
    }
    hart_interrupt(others);
    /* One that has not left since the last time is still there. */
    while (__atomic_load_n(&parked_count, __ATOMIC_ACQUIRE) != (uint32_t)__builtin_popcount(others)) {
        stop_if_asked();
    }
    return true;
}

void harts_release_others(void)
{
    __atomic_store_n(&is_parking, 0u, __ATOMIC_RELEASE);
}

void harts_stop_others(void)
{
    __atomic_store_n(&is_stopping, true, __ATOMIC_RELAXED);
    hart_interrupt(arch_harts() & ~(1u << arch_hart_index()));
}

_Noreturn void hart_main(struct hart *hart)
{
    struct cpu_features features = cpu_probe();

    cpu_counters_allow(counts_instructions);
    arch_lock();
    if (features.sstc != first_features.sstc || features.asid_bits != first_features.asid_bits) {
        hart->start_state = UNLIKE;
    }
    if (hart->start_state != STARTING) {
        arch_unlock();
        stay_out();
    }
    hart->start_state = JOINED;
    hart_join(hart);
    spaces_add_hart();
    cpu_timer_set(UINT64_MAX);
    cpu_timer_interrupts_enable();
    cpu_software_interrupts_enable();
    trap_enter_user(scheduler_start());
}

/* NULL: the hart with this row of the device tree may be started. */
static const char *why_not(const struct machine_hart *hart)
{
    if ((hart->capabilities & HART_ENABLED) == 0) {
        return "disabled";
    }
    if ((hart->capabilities & HART_MMU) == 0 || (hart->capabilities & HART_RV64IMAC) == 0) {
        return "not rv64imac with Sv39";
    }
    return arch_harts() + 1 == 0 ? "too many" : NULL;
}

/* Whether the hart that was started has joined, or was given up. */
static const char *wait_for_hart(struct hart *hart)
{
    uint64_t deadline = timer_deadline(timer_ticks(wait_nanoseconds / 1000000000, wait_nanoseconds % 1000000000));
    uint32_t state;

    do {
        arch_lock();
        if (hart->start_state == STARTING && cpu_time() >= deadline) {
            hart->start_state = LEFT_OUT;
        }
        state = hart->start_state;
        arch_unlock();
    } while (state == STARTING);
    if (state == LEFT_OUT && wait_nanoseconds > WAIT_NANOSECONDS_MIN) {
        wait_nanoseconds /= 2;
    }
    return state == JOINED ? NULL : state == LEFT_OUT ? "no answer" : "unlike the first one";
}

static const char *error_text(int error)
{
    switch (error) {
    case -EINVAL:
        return "unknown to the firmware";
    case -EBUSY:
        return "in use";
    case -ENOMEM:
        return "no memory";
    default:
        return "refused by the firmware";
    }
}

/* Returns NULL, or why it does not run. */
static const char *start_hart(unsigned slot, uint64_t hart_id)
{
    struct hart *hart;

    arch_lock();
    int error = hart_create_relock(slot, hart_id, start_take_frame_relock, &hart);

    arch_unlock();
    if (error == 0) {
        error = hart_start(hart);
    }
    return error ? error_text(error) : wait_for_hart(hart);
}

/* "0 1 2 3": the ids of those that run. */
static void list_harts(char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t left = arch_harts(); left != 0 && used < size; left &= left - 1) {
        used +=
            (size_t)snprintf(out + used, size - used, used == 0 ? "%lu" : " %lu", harts[bits_lowest(left)]->hart_id);
    }
}

void harts_start_others(const struct machine *machine, struct cpu_features features, bool users_count_instructions)
{
    bool can_start = sbi_can_start_harts();
    char list[160];
    unsigned slot = 0;

    first_features = features;
    counts_instructions = users_count_instructions;
    for (uint32_t i = 0; i < machine->hart_count; i++) {
        const struct machine_hart *hart = &machine->harts[i];

        if (hart->hart_id == this_hart()->hart_id) {
            continue;
        }
        const char *reason = why_not(hart);

        if (reason == NULL) {
            reason = can_start ? start_hart(slot++, hart->hart_id) : error_text(-ENOSYS);
        }
        if (reason != NULL) {
            log_error("hart %lu is left out: %s", hart->hart_id, reason);
        }
    }
    list_harts(list, sizeof(list));
    log_info("hart%s %s run%s, of %u in the device tree; clock %lu Hz", arch_harts() == 1 ? "" : "s", list,
             arch_harts() == 1 ? "s" : "", machine->hart_count, machine->timebase_hz);
}
