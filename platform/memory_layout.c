/*
 * Who has which part of RAM when the supervisor starts.
 *
 *     bank  |  firmware  |  free  |  image  |  free  |  initrd  |  free, device tree among it  |
 *
 * Kept apart from the reading of the device tree because the image, the initrd of the command line and the direct
 * map's size come from elsewhere. Pure arithmetic over lists of spans: no byte of that RAM is touched, so it costs the
 * same for 6 MiB and 64 GiB.
 *
 * What the header of the device tree reserves (the boot loader's word) may hold the initrd and the device tree; what
 * /reserved-memory reserves (the firmware's) may hold nothing of ours: the firmware's memory protection would answer
 * with a fault.
 *
 * Invariants of a layout (memory_spans_audit() checks the first):
 *   apart       free spans are sorted, and don't touch
 *   disjoint    no free span has a byte of the image, the initrd, or a reserved range
 *   inside      each free span lies in a bank, below the limit
 */
#include "memory_layout.h"

#include "memory_spans.h"
#include "abi_errno.h"
#include "checked.h"

/* Banks, cut at the limit, and the reserved ranges. */
struct plan {
    struct memory_span bank_array[MACHINE_BANKS_MAX];
    struct memory_span reserved_array[2 * MACHINE_RESERVED_MAX];
    struct memory_spans banks;
    struct memory_spans firmware; /* borrowed from the machine, as are those of the boot loader */
    struct memory_spans loader;
    struct memory_spans reserved; /* of both, in whole pages */
    const char *reason;
};

static int refuse_layout(struct plan *plan, int error, const char *reason)
{
    plan->reason = reason;
    return error;
}

static uint64_t frames_of(uint64_t bytes)
{
    return bytes >> PAGE_SHIFT;
}

static void cut_banks(struct plan *plan, const struct memory_layout_input *input, struct memory_layout *layout)
{
    const struct machine *machine = input->machine;
    uint64_t limit = page_round_down(input->address_limit);

    plan->banks = (struct memory_spans){ plan->bank_array, 0, MACHINE_BANKS_MAX };
    for (uint32_t i = 0; i < machine->bank_count; i++) {
        uint64_t start = machine->banks[i].start.value, end = machine->banks[i].end.value;
        uint64_t kept_end = end < limit ? end : limit > start ? limit : start;

        /* Never more spans than there were banks. */
        (void)memory_spans_add(&plan->banks, start, kept_end);
        layout->ram_frames += frames_of(kept_end - start);
        layout->unreachable_frames += frames_of(end - kept_end);
    }
}

/* Both kinds of reserved ranges as one list: they were at most so many, and can only become fewer. */
static void join_reserved(struct plan *plan, const struct machine *machine)
{
    plan->firmware =
        (struct memory_spans){ (struct memory_span *)machine->reserved, machine->reserved_count, MACHINE_RESERVED_MAX };
    plan->loader = (struct memory_spans){ (struct memory_span *)machine->loader_reserved,
                                          machine->loader_reserved_count, MACHINE_RESERVED_MAX };
    plan->reserved = (struct memory_spans){ plan->reserved_array, 0, ARRAY_COUNT(plan->reserved_array) };
    for (uint32_t i = 0; i < machine->reserved_count; i++) {
        (void)memory_spans_add(&plan->reserved, machine->reserved[i].start.value, machine->reserved[i].end.value);
    }
    for (uint32_t i = 0; i < machine->loader_reserved_count; i++) {
        uint64_t end = machine->loader_reserved[i].end.value;

        if (page_round_up_overflows(end, &end)) {
            end = page_round_down(UINT64_MAX); /* no bank reaches into the last page */
        }
        (void)memory_spans_add(&plan->reserved, page_round_down(machine->loader_reserved[i].start.value), end);
    }
}

static int check_image(struct plan *plan, struct memory_span image)
{
    if (plan->banks.count == 0) {
        return refuse_layout(plan, -EINVAL, "the device tree names no RAM");
    }
    if (!memory_spans_contain(&plan->banks, image.start.value, image.end.value)) {
        return refuse_layout(plan, -EINVAL, "no RAM bank holds the supervisor's image");
    }
    if (memory_spans_overlap(&plan->reserved, image.start.value, image.end.value)) {
        return refuse_layout(plan, -EINVAL, "the supervisor's image lies in reserved memory");
    }
    return 0;
}

static bool overlap(struct memory_span a, uint64_t start, uint64_t end)
{
    return a.start.value < end && start < a.end.value;
}

/* Whether [start, end) lies in RAM, and nobody but the initrd has a byte of it. */
static bool is_unused(const struct plan *plan, const struct memory_layout_input *input, uint64_t start, uint64_t end)
{
    return memory_spans_contain(&plan->banks, start, end) && !memory_spans_overlap(&plan->firmware, start, end) &&
           !memory_spans_overlap(&plan->loader, start, end) && !overlap(input->image, start, end) &&
           !overlap(input->tree, start, end);
}

/* Where the initrd goes when it starts inside a page: the pages need their bytes at the right place to be mapped. */
static int align_initrd(struct plan *plan, const struct memory_layout_input *input, struct memory_layout *layout)
{
    uint64_t start = input->initrd_start, end = input->initrd_end, size = end - start;
    uint64_t below = page_round_down(start), above = page_round_up(start);

    layout->initrd_must_move = below != start;
    if (below == start || is_unused(plan, input, below, start)) {
        layout->initrd = memory_span_of(below, page_round_up(below + size));
    } else if (is_unused(plan, input, end, page_round_up(above + size))) {
        layout->initrd = memory_span_of(above, page_round_up(above + size));
    } else {
        return refuse_layout(plan, -EINVAL, "the initrd is not on a page boundary, and has no room to move to one");
    }
    return 0;
}

static int place_initrd(struct plan *plan, const struct memory_layout_input *input, struct memory_layout *layout)
{
    uint64_t start = input->initrd_start, end = input->initrd_end;

    layout->initrd = memory_span_of(0, 0);
    layout->initrd_must_move = false;
    if (!input->has_initrd) {
        return 0;
    }
    if (start >= end) {
        return refuse_layout(plan, -EINVAL, "the initrd is empty, or ends below its start");
    }
    if (overlap(input->image, start, end)) {
        return refuse_layout(plan, -EINVAL, "the initrd overlaps the supervisor's image");
    }
    if (overlap(input->tree, start, end)) {
        return refuse_layout(plan, -EINVAL, "the initrd overlaps the device tree");
    }
    if (!memory_spans_contain(&plan->banks, start, end)) {
        return refuse_layout(plan, -EINVAL, "the initrd lies outside of RAM");
    }
    if (memory_spans_overlap(&plan->firmware, start, end)) {
        return refuse_layout(plan, -EINVAL, "the initrd lies in the firmware's memory");
    }
    return align_initrd(plan, input, layout);
}

/* Banks less everything that somebody has. */
static int list_free(struct plan *plan, const struct memory_layout_input *input, struct memory_layout *layout)
{
    struct memory_spans free = { layout->free, 0, MEMORY_LAYOUT_FREE_MAX };
    int error = 0;

    for (uint32_t i = 0; i < plan->banks.count && error == 0; i++) {
        error = memory_spans_add(&free, plan->banks.sorted[i].start.value, plan->banks.sorted[i].end.value);
    }
    for (uint32_t i = 0; i < plan->reserved.count && error == 0; i++) {
        error = memory_spans_remove(&free, plan->reserved.sorted[i].start.value, plan->reserved.sorted[i].end.value);
    }
    if (error == 0) {
        error = memory_spans_remove(&free, input->image.start.value, input->image.end.value);
    }
    if (error == 0) {
        error = memory_spans_remove(&free, layout->initrd.start.value, layout->initrd.end.value);
    }
    if (error != 0) {
        return refuse_layout(plan, -E2BIG, "RAM is cut into more than 32 free pieces");
    }
    layout->free_count = free.count;
    return 0;
}

/* The reserved part of RAM, less the initrd's pages: those count where the initrd is counted. */
static void count_firmware(const struct plan *plan, struct memory_layout *layout)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < plan->reserved.count; i++) {
        bytes += memory_spans_common_bytes(&plan->banks, plan->reserved.sorted[i].start.value,
                                           plan->reserved.sorted[i].end.value);
    }
    bytes -= memory_spans_common_bytes(&plan->reserved, layout->initrd.start.value, layout->initrd.end.value);
    layout->firmware_frames = frames_of(bytes);
}

int memory_layout_make(const struct memory_layout_input *input, struct memory_layout *layout, const char **reason)
{
    struct plan plan = { .reason = "" };

    *layout = (struct memory_layout){ .ram_frames = 0 };
    cut_banks(&plan, input, layout);
    join_reserved(&plan, input->machine);

    int error = check_image(&plan, input->image);

    if (error == 0) {
        error = place_initrd(&plan, input, layout);
    }
    if (error == 0) {
        error = list_free(&plan, input, layout);
    }
    if (error != 0) {
        *reason = plan.reason;
        return error;
    }
    count_firmware(&plan, layout);
    return 0;
}
