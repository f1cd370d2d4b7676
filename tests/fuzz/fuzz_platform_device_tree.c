/*
 * The reader of device trees, and the layout of memory that is made from what it read.
 *
 * The input is the tree, in an allocation of its own size, so that the first byte too far is seen.
 */
#include "device_tree.h"
#include "memory_layout.h"
#include "memory_spans.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct machine machine;
static struct memory_layout layout;

/* What the head comments of machine.h and memory_layout.c promise. */
static void check_machine(size_t size)
{
    struct memory_spans banks = { machine.banks, machine.bank_count, MACHINE_BANKS_MAX };
    struct memory_spans reserved = { machine.reserved, machine.reserved_count, MACHINE_RESERVED_MAX };
    struct memory_spans loader = { machine.loader_reserved, machine.loader_reserved_count, MACHINE_RESERVED_MAX };

    assert(!memory_spans_audit(&banks) && !memory_spans_audit(&reserved) && !memory_spans_audit(&loader));
    assert(machine.tree_size_bytes <= size && machine.timebase_hz != 0);
    assert(strlen(machine.model) < MACHINE_MODEL_BYTES && strlen(machine.bootargs) < size);
    assert(machine.hart_count <= MACHINE_HARTS_MAX && machine.uart_count <= MACHINE_UARTS_MAX);
    assert(machine.uart_count == 0 || machine.console_uart < machine.uart_count);
    for (uint32_t i = 0; i < machine.note_count; i++) {
        assert(strlen(machine.notes[i].node) < size && machine.notes[i].text[0] != 0);
    }
    for (uint32_t i = 0; i < machine.rng_seed_size_bytes; i++) {
        (void)*(const volatile uint8_t *)&machine.rng_seed[i];
    }
}

static void check_layout(void)
{
    struct memory_layout_input input = {
        .machine = &machine,
        .image = memory_span_of(0x80200000, 0x80240000),
        .tree = memory_span_of(0x87e00000, 0x87e00000 + machine.tree_size_bytes),
        .has_initrd = machine.has_initrd,
        .initrd_start = machine.initrd_start,
        .initrd_end = machine.initrd_end,
        .address_limit = 252ull << 30,
    };
    struct memory_spans free = { layout.free, 0, MEMORY_LAYOUT_FREE_MAX };
    const char *reason = "";

    if (memory_layout_make(&input, &layout, &reason) != 0) {
        assert(reason[0] != 0);
        return;
    }
    free.count = layout.free_count;
    assert(!memory_spans_audit(&free));
    assert(!memory_spans_overlap(&free, layout.initrd.start.value, layout.initrd.end.value));
    assert(!memory_spans_overlap(&free, input.image.start.value, input.image.end.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *tree = malloc(size == 0 ? 1 : size);
    const char *reason = "";

    memcpy(tree, data, size);
    if (device_tree_read(tree, size, &machine, &reason) == 0) {
        check_machine(size);
        check_layout();
    } else {
        assert(reason[0] != 0);
    }
    free(tree);
    return 0;
}
