/*
 * Nodes that are known by their place in the tree or by their device_type, not by a compatible: the root, /chosen,
 * /cpus and the harts in it, memory banks, and the children of /reserved-memory.
 *
 * What these say decides whether the machine can run at all, so what is malformed here refuses the whole tree, where a
 * malformed device is only left out.
 */
#include "device_node.h"

#include "memory_spans.h"
#include "abi_errno.h"
#include "checked.h"

#include <string.h>

/* Physical addresses have 56 bits at most (Priv. spec, Sv39). */
#define PHYSICAL_END (1ull << 56)

static int read_root(struct device_scan *scan)
{
    const char *model = node_string(scan, PROPERTY_MODEL);

    if (model) {
        strncpy(scan->machine->model, model, MACHINE_MODEL_BYTES - 1);
    }
    return 0;
}

static int read_initrd(struct device_scan *scan)
{
    struct machine *machine = scan->machine;

    if (!node_has(scan, PROPERTY_INITRD_START) && !node_has(scan, PROPERTY_INITRD_END)) {
        return 0;
    }
    if (!node_number(scan, PROPERTY_INITRD_START, &machine->initrd_start) ||
        !node_number(scan, PROPERTY_INITRD_END, &machine->initrd_end)) {
        return refuse(scan, -EINVAL, "/chosen needs both linux,initrd-start and linux,initrd-end, of 4 or 8 bytes");
    }
    if (machine->initrd_start > machine->initrd_end) {
        return refuse(scan, -EINVAL, "linux,initrd-end lies below linux,initrd-start");
    }
    /* U-Boot leaves equal ones behind when it was given no initrd. */
    machine->has_initrd = machine->initrd_start != machine->initrd_end;
    return 0;
}

static int read_chosen(struct device_scan *scan)
{
    struct machine *machine = scan->machine;

    if (node_has(scan, PROPERTY_BOOTARGS)) {
        machine->bootargs = node_string(scan, PROPERTY_BOOTARGS);
        if (!machine->bootargs) {
            return refuse(scan, -EINVAL, "/chosen: bootargs is not a string");
        }
    }
    if (node_has(scan, PROPERTY_RNG_SEED)) {
        machine->rng_seed = scan->properties[PROPERTY_RNG_SEED].value;
        machine->rng_seed_size_bytes = scan->properties[PROPERTY_RNG_SEED].size_bytes;
    }
    if (node_has(scan, PROPERTY_STDOUT_PATH)) {
        scan->stdout_path = scan->properties[PROPERTY_STDOUT_PATH];
    }
    return read_initrd(scan);
}

static int read_timebase(struct device_scan *scan)
{
    uint64_t timebase_hz;

    if (node_number(scan, PROPERTY_TIMEBASE, &timebase_hz)) {
        scan->machine->timebase_hz = timebase_hz;
    }
    return 0;
}

/*
 * Add each range of the node's reg to @spans, rounded to pages: inwards when it is memory to use, outwards when it is
 * memory to leave alone.
 */
static int add_memory(struct device_scan *scan, struct memory_spans *spans, bool inwards, const char *too_many)
{
    uint64_t start, size;
    const char *why = "";

    for (unsigned i = 0;; i++) {
        int error = node_register(scan, i, &start, &size, &why);

        if (error == -ENOENT) {
            return 0;
        }
        if (error != 0 || !fits_below(start, size, PHYSICAL_END)) {
            return refuse(scan, -EINVAL,
                          inwards ? "a memory node's reg can't be read, or wraps"
                                  : "a reg under /reserved-memory can't be read, or wraps");
        }
        uint64_t end = start + size;

        if (size != 0) {
            start = inwards ? page_round_up(start) : page_round_down(start);
            end = inwards ? page_round_down(end) : page_round_up(end);
        }
        if (memory_spans_add(spans, start, end) != 0) {
            return refuse(scan, -E2BIG, too_many);
        }
    }
}

static int read_memory(struct device_scan *scan)
{
    struct machine *machine = scan->machine;
    struct memory_spans banks = { machine->banks, machine->bank_count, MACHINE_BANKS_MAX };

    if (scan->levels[scan->depth].disabled) {
        return 0;
    }
    int error = add_memory(scan, &banks, true, "there are more than 16 memory banks");

    machine->bank_count = banks.count;
    return error;
}

static int read_reserved_memory(struct device_scan *scan)
{
    struct machine *machine = scan->machine;
    struct memory_spans reserved = { machine->reserved, machine->reserved_count, MACHINE_RESERVED_MAX };

    if (scan->levels[scan->depth].disabled) {
        return 0;
    }
    int error = add_memory(scan, &reserved, false, "there are more than 32 ranges under /reserved-memory");

    machine->reserved_count = reserved.count;
    return error;
}

static bool has_device_type(const struct device_scan *scan, const char *type)
{
    const char *text = node_has(scan, PROPERTY_DEVICE_TYPE) ? node_string(scan, PROPERTY_DEVICE_TYPE) : NULL;

    return text && strcmp(text, type) == 0;
}

int device_places_read(struct device_scan *scan)
{
    enum level_kind parent = scan->depth == 0 ? LEVEL_OTHER : scan->levels[scan->depth - 1].kind;

    switch (scan->levels[scan->depth].kind) {
    case LEVEL_ROOT:
        return read_root(scan);
    case LEVEL_CHOSEN:
        return read_chosen(scan);
    case LEVEL_CPUS:
        return read_timebase(scan);
    default:
        break;
    }
    if (parent == LEVEL_RESERVED_MEMORY) {
        return read_reserved_memory(scan);
    }
    if (parent == LEVEL_CPUS && has_device_type(scan, "cpu")) {
        return device_harts_add(scan);
    }
    if (parent == LEVEL_ROOT && has_device_type(scan, "memory")) {
        return read_memory(scan);
    }
    return 0;
}
