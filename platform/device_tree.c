/*
 * One pass over the flattened device tree.
 *
 * libfdt's fdt_check_header() checks the frame, fdt_next_tag() each tag as it is met; on top of that the walk checks
 * that names and properties lie where they say, that nodes nest, and that a node's properties stand before its
 * children (Devicetree specification 0.4, section 5.4.2). So one walk is the check and the reading: libfdt's look-ups
 * would each cost another one.
 *
 * A node is looked at when its last property is known: its first child opens, or it ends. Until then the properties
 * that anybody here reads are collected by number, the others are passed over. levels[] has the nodes that are open.
 *
 * What refers to something that may stand further down the tree (a phandle, a path) is kept in the scan, and resolved
 * at the end.
 *
 * Typical use:
 *   device_tree_read(tree, limit, &machine, &reason) -> memory_layout_make() -> mm is set up -> drivers
 */
#include "device_tree.h"

#include "device_node.h"
#include "memory_spans.h"
#include "abi_errno.h"
#include "checked.h"

#include <libfdt.h>
#include <string.h>

#define FDT_VERSION_NEEDED 17
#define RESERVE_ENTRY_BYTES 16

/* A tree names few properties, and each many times, by its place in the strings block: that is compared just once. */
#define KNOWN_NAMES 512

/* Where the tree's blocks lie, checked. */
struct blocks {
    const char *tree;
    const char *structure;
    const char *strings;
    uint32_t strings_size; /* up to and with the last NUL: a name that starts below it ends below it */
    uint8_t known_ids[KNOWN_NAMES]; /* for the name at that place: 0 not met yet, else its number + 1 */
};

static const char *const property_names[PROPERTY_COUNT] = {
    [PROPERTY_ADDRESS_CELLS] = "#address-cells",
    [PROPERTY_SIZE_CELLS] = "#size-cells",
    [PROPERTY_CLOCK_FREQUENCY] = "clock-frequency",
    [PROPERTY_COMPATIBLE] = "compatible",
    [PROPERTY_CURRENT_SPEED] = "current-speed",
    [PROPERTY_BOOTARGS] = "bootargs",
    [PROPERTY_DEVICE_TYPE] = "device_type",
    [PROPERTY_INTERRUPT_PARENT] = "interrupt-parent",
    [PROPERTY_INTERRUPTS] = "interrupts",
    [PROPERTY_INTERRUPTS_EXTENDED] = "interrupts-extended",
    [PROPERTY_INITRD_END] = "linux,initrd-end",
    [PROPERTY_INITRD_START] = "linux,initrd-start",
    [PROPERTY_MMU_TYPE] = "mmu-type",
    [PROPERTY_MODEL] = "model",
    [PROPERTY_PHANDLE] = "phandle",
    [PROPERTY_RANGES] = "ranges",
    [PROPERTY_REG] = "reg",
    [PROPERTY_REG_IO_WIDTH] = "reg-io-width",
    [PROPERTY_REG_SHIFT] = "reg-shift",
    [PROPERTY_ISA] = "riscv,isa",
    [PROPERTY_ISA_BASE] = "riscv,isa-base",
    [PROPERTY_ISA_EXTENSIONS] = "riscv,isa-extensions",
    [PROPERTY_SOURCE_COUNT] = "riscv,ndev",
    [PROPERTY_RNG_SEED] = "rng-seed",
    [PROPERTY_STATUS] = "status",
    [PROPERTY_STDOUT_PATH] = "stdout-path",
    [PROPERTY_TIMEBASE] = "timebase-frequency",
};

/* The names that start with a letter, by its low five bits: [first, end). '#' and 'c' share a row. */
static const struct {
    uint8_t first;
    uint8_t end;
} names_by_letter[32] = {
    ['c' & 31] = { PROPERTY_ADDRESS_CELLS, PROPERTY_CURRENT_SPEED + 1 },
    ['b' & 31] = { PROPERTY_BOOTARGS, PROPERTY_BOOTARGS + 1 },
    ['d' & 31] = { PROPERTY_DEVICE_TYPE, PROPERTY_DEVICE_TYPE + 1 },
    ['i' & 31] = { PROPERTY_INTERRUPT_PARENT, PROPERTY_INTERRUPTS_EXTENDED + 1 },
    ['l' & 31] = { PROPERTY_INITRD_END, PROPERTY_INITRD_START + 1 },
    ['m' & 31] = { PROPERTY_MMU_TYPE, PROPERTY_MODEL + 1 },
    ['p' & 31] = { PROPERTY_PHANDLE, PROPERTY_PHANDLE + 1 },
    ['r' & 31] = { PROPERTY_RANGES, PROPERTY_RNG_SEED + 1 },
    ['s' & 31] = { PROPERTY_STATUS, PROPERTY_STDOUT_PATH + 1 },
    ['t' & 31] = { PROPERTY_TIMEBASE, PROPERTY_TIMEBASE + 1 },
};

/* The number of the property with this name, PROPERTY_COUNT for one that nobody reads. */
static unsigned compare_names(const char *name)
{
    unsigned row = (unsigned char)name[0] & 31;

    for (unsigned id = names_by_letter[row].first; id < names_by_letter[row].end; id++) {
        if (strcmp(name, property_names[id]) == 0) {
            return id;
        }
    }
    return PROPERTY_COUNT;
}

static unsigned find_property(struct blocks *blocks, uint32_t name)
{
    if (name >= KNOWN_NAMES) {
        return compare_names(blocks->strings + name);
    }
    if (blocks->known_ids[name] == 0) {
        blocks->known_ids[name] = (uint8_t)(compare_names(blocks->strings + name) + 1);
    }
    return blocks->known_ids[name] - 1;
}

static int check_header(struct device_scan *scan, const void *tree, uint64_t limit_bytes)
{
    if ((uintptr_t)tree % 8 != 0) {
        return refuse(scan, -EINVAL, "it is not on an 8-byte boundary");
    }
    if (limit_bytes < sizeof(struct fdt_header)) {
        return refuse(scan, -EINVAL, "it is too short for a header");
    }
    switch (fdt_check_header(tree)) {
    case 0:
        break;
    case -FDT_ERR_BADMAGIC:
        return refuse(scan, -EINVAL, "it does not start with a device tree's magic number");
    case -FDT_ERR_BADVERSION:
        return refuse(scan, -EINVAL, "its version is not supported");
    default:
        return refuse(scan, -EINVAL, "its header names blocks outside of its total size");
    }
    if (fdt_version(tree) < FDT_VERSION_NEEDED) {
        return refuse(scan, -EINVAL, "its version is older than 17");
    }
    if (fdt_totalsize(tree) > limit_bytes) {
        return refuse(scan, -E2BIG, "its total size is larger than the memory that may hold it");
    }
    if (fdt_off_dt_struct(tree) % FDT_TAGSIZE != 0) {
        return refuse(scan, -EINVAL, "its structure block is not on a 4-byte boundary");
    }
    return 0;
}

static void find_blocks(struct blocks *blocks, const void *tree)
{
    blocks->tree = tree;
    blocks->structure = blocks->tree + fdt_off_dt_struct(tree);
    blocks->strings = blocks->tree + fdt_off_dt_strings(tree);
    blocks->strings_size = fdt_size_dt_strings(tree);
    while (blocks->strings_size > 0 && blocks->strings[blocks->strings_size - 1] != 0) {
        blocks->strings_size--;
    }
    memset(blocks->known_ids, 0, blocks->strings_size < KNOWN_NAMES ? blocks->strings_size : KNOWN_NAMES);
}

/* The ranges that the boot loader reserved: pairs (address, size) up to one of zeros. */
static int read_reservations(struct device_scan *scan, const uint8_t *tree)
{
    struct machine *machine = scan->machine;
    struct memory_spans spans = { machine->loader_reserved, 0, MACHINE_RESERVED_MAX };
    uint32_t at = fdt_off_mem_rsvmap(tree), size_bytes = fdt_totalsize(tree);

    for (; RESERVE_ENTRY_BYTES <= size_bytes - at; at += RESERVE_ENTRY_BYTES) {
        uint64_t start = cells_value(tree + at, 2), size = cells_value(tree + at + 8, 2), end;

        if (start == 0 && size == 0) {
            machine->loader_reserved_count = spans.count;
            return 0;
        }
        if (add_overflows(start, size, &end)) {
            return refuse(scan, -EINVAL, "a memory reservation wraps around the end of the address space");
        }
        if (memory_spans_add(&spans, start, end) != 0) {
            return refuse(scan, -E2BIG, "there are more than 32 memory reservations");
        }
    }
    return refuse(scan, -EINVAL, "its memory reservations have no end");
}

static uint8_t cells_of(const struct device_scan *scan, enum property_id id, uint8_t fallback)
{
    uint32_t count = node_u32(scan, id, fallback);

    return count <= 4 ? (uint8_t)count : CELLS_UNREADABLE;
}

static bool is_disabled(const struct device_scan *scan)
{
    if (!node_has(scan, PROPERTY_STATUS)) {
        return false;
    }
    const char *status = node_string(scan, PROPERTY_STATUS);

    return !status || (strcmp(status, "okay") != 0 && strcmp(status, "ok") != 0);
}

/* All properties of the node are known: note what its children need, and read what it says. */
static int finish_node(struct device_scan *scan)
{
    struct device_level *level = &scan->levels[scan->depth];

    level->disabled = level->disabled || is_disabled(scan);
    level->interrupt_parent = node_u32(scan, PROPERTY_INTERRUPT_PARENT, level->interrupt_parent);
    /* The defaults are the specification's, section 2.3.5. */
    level->address_cells = cells_of(scan, PROPERTY_ADDRESS_CELLS, 2);
    level->size_cells = cells_of(scan, PROPERTY_SIZE_CELLS, 1);
    level->has_ranges = node_has(scan, PROPERTY_RANGES);
    level->ranges = level->has_ranges ? scan->properties[PROPERTY_RANGES] : (struct property){ NULL, 0 };

    int error = device_places_read(scan);

    if (error != 0 || level->disabled || !node_has(scan, PROPERTY_COMPATIBLE)) {
        return error;
    }
    return device_rows_match(scan);
}

/* What a child of the root is by its name. */
static enum level_kind kind_of_name(const char *name)
{
    switch (name[0]) {
    case 'a':
        return strcmp(name, "aliases") == 0 ? LEVEL_ALIASES : LEVEL_OTHER;
    case 'c':
        return strcmp(name, "chosen") == 0 ? LEVEL_CHOSEN : strcmp(name, "cpus") == 0 ? LEVEL_CPUS : LEVEL_OTHER;
    case 'r':
        return strcmp(name, "reserved-memory") == 0 ? LEVEL_RESERVED_MEMORY : LEVEL_OTHER;
    default:
        return LEVEL_OTHER;
    }
}

static void begin_node(struct device_scan *scan, unsigned depth, const char *name)
{
    struct device_level *level = &scan->levels[depth];
    const struct device_level *parent = depth == 0 ? NULL : level - 1;

    level->name = depth == 0 ? "/" : name;
    level->kind = depth == 0 ? LEVEL_ROOT : depth == 1 ? kind_of_name(name) : LEVEL_OTHER;
    level->disabled = parent && parent->disabled;
    level->interrupt_parent = parent ? parent->interrupt_parent : 0;
    level->hart_index = NO_HART;
    scan->depth = depth;
    scan->present = 0;
}

static void add_alias(struct device_scan *scan, const char *name, struct property path)
{
    if (strncmp(name, "serial", 6) == 0 && scan->alias_count < ALIASES_MAX) {
        scan->aliases[scan->alias_count++] = (struct alias){ .name = name, .path = path };
    }
}

/* The property whose tag is at @offset and which ends below @next, as fdt_next_tag() says. */
static int add_property(struct device_scan *scan, struct blocks *blocks, int offset, int next)
{
    const uint8_t *header = (const uint8_t *)blocks->structure + offset;
    uint32_t header_bytes = sizeof(struct fdt_property), name = be32(header + 8);
    struct property property = { .value = header + header_bytes, .size_bytes = be32(header + 4) };

    /* libfdt up to 1.6.1 adds the length in an int, where a huge one leads backwards. */
    if (next - offset < (int)header_bytes || property.size_bytes > (uint32_t)(next - offset) - header_bytes) {
        return refuse(scan, -EINVAL, "a property is longer than the tree");
    }
    if (name >= blocks->strings_size) {
        return refuse(scan, -EINVAL, "a property's name lies outside of the strings block");
    }
    if (scan->levels[scan->depth].kind == LEVEL_ALIASES) {
        add_alias(scan, blocks->strings + name, property);
        return 0;
    }
    unsigned id = find_property(blocks, name);

    if (id < PROPERTY_COUNT) {
        scan->properties[id] = property;
        scan->present |= 1ull << id;
    }
    return 0;
}

static int walk(struct device_scan *scan, struct blocks *blocks)
{
    unsigned open_count = 0; /* nodes that are open; the innermost one's depth is one less */
    bool in_properties = false; /* no child of it was met yet */
    bool root_seen = false;

    for (int offset = 0, next, error = 0;; offset = next) {
        switch (fdt_next_tag(blocks->tree, offset, &next)) {
        case FDT_BEGIN_NODE:
            error = in_properties ? finish_node(scan) : 0;
            if (error == 0 && open_count == DEVICE_TREE_DEPTH_MAX) {
                error = refuse(scan, -E2BIG, "its nodes nest deeper than 16 levels");
            }
            if (error == 0 && open_count == 0 && root_seen) {
                error = refuse(scan, -EINVAL, "it has more than one root node");
            }
            if (error == 0) {
                begin_node(scan, open_count++, blocks->structure + offset + FDT_TAGSIZE);
                in_properties = root_seen = true;
            }
            break;
        case FDT_PROP:
            error = in_properties ? add_property(scan, blocks, offset, next)
                                  : refuse(scan, -EINVAL, "a property stands behind its node's children");
            break;
        case FDT_END_NODE:
            error = in_properties ? finish_node(scan) : 0;
            if (error == 0 && open_count == 0) {
                error = refuse(scan, -EINVAL, "it ends a node that has not begun");
            }
            open_count--;
            in_properties = false;
            break;
        case FDT_NOP:
            break;
        default:
            if (next < 0 || open_count != 0 || !root_seen) {
                return refuse(scan, -EINVAL, "it breaks off, or has an unknown tag");
            }
            return 0;
        }
        if (error != 0) {
            return error;
        }
    }
}

static int read_tree(struct device_scan *scan, const void *tree, uint64_t limit_bytes)
{
    int error = check_header(scan, tree, limit_bytes);

    if (error != 0) {
        return error;
    }
    struct blocks blocks;

    find_blocks(&blocks, tree);
    error = read_reservations(scan, tree);
    if (error == 0) {
        error = walk(scan, &blocks);
    }
    if (error != 0) {
        return error;
    }
    if (scan->machine->timebase_hz == 0) {
        return refuse(scan, -EINVAL, "/cpus has no timebase-frequency");
    }
    if (scan->machine->timebase_hz > MACHINE_TIMEBASE_HZ_MAX) {
        return refuse(scan, -EINVAL, "/cpus has a timebase-frequency beyond 10 GHz");
    }
    if (scan->machine->hart_count == 0) {
        machine_note(scan->machine, "cpus", "it describes no hart");
    }
    scan->machine->tree_size_bytes = fdt_totalsize(tree);
    device_harts_connect(scan);
    device_rows_choose_console(scan);
    return 0;
}

int device_tree_read(const void *tree, uint64_t limit_bytes, struct machine *machine, const char **reason)
{
    /* Its arrays are valid as far as their counts say: nothing is cleared in proportion to them. */
    struct device_scan scan;

    scan.machine = machine;
    scan.reason = "";
    scan.plic_wiring = (struct property){ NULL, 0 };
    scan.plic_phandle = 0;
    scan.stdout_path = (struct property){ NULL, 0 };
    scan.alias_count = 0;
    memset(machine, 0, sizeof(*machine));
    machine->bootargs = "";

    int error = read_tree(&scan, tree, limit_bytes);

    if (error != 0) {
        *reason = scan.reason;
    }
    return error;
}
