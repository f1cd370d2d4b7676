/*
 * Reading one node's properties: numbers, strings, and addresses as the root of the tree sees them.
 *
 * The walk in device_tree.c has checked that each property lies inside the tree; what is checked here is that its
 * content fits into its size. Nothing assumes an alignment.
 *
 * Typical use, in a probe function:
 *   node_register(scan, 0, &base, &size, &why) -> node_u32(scan, PROPERTY_REG_SHIFT, 0) -> fill in the machine
 */
#include "device_node.h"

#include "abi_errno.h"
#include "checked.h"

#include <string.h>

const char *node_name(const struct device_scan *scan)
{
    return scan->levels[scan->depth].name;
}

uint64_t cells_value(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count; i++) {
        value = value << 32 | be32(bytes + 4 * i);
    }
    return value;
}

uint32_t node_u32(const struct device_scan *scan, enum property_id id, uint32_t fallback)
{
    if (!node_has(scan, id) || scan->properties[id].size_bytes < 4) {
        return fallback;
    }
    return be32(scan->properties[id].value);
}

bool node_number(const struct device_scan *scan, enum property_id id, uint64_t *out)
{
    if (!node_has(scan, id) || (scan->properties[id].size_bytes != 4 && scan->properties[id].size_bytes != 8)) {
        return false;
    }
    *out = cells_value(scan->properties[id].value, scan->properties[id].size_bytes / 4);
    return true;
}

const char *node_string(const struct device_scan *scan, enum property_id id)
{
    struct property property = scan->properties[id];

    if (!node_has(scan, id) || property.size_bytes == 0 || property.value[property.size_bytes - 1] != 0) {
        return NULL;
    }
    return (const char *)property.value;
}

static bool is_readable(unsigned cells)
{
    return cells <= 2;
}

/*
 * [*address, *address + size) on @bus as @parent, the node above it, sees it.
 * Returns whether one of the bus's ranges holds it as a whole.
 */
static bool translate(const struct device_level *bus, const struct device_level *parent, uint64_t *address,
                      uint64_t size_bytes)
{
    if (!bus->has_ranges) {
        return false;
    }
    if (bus->ranges.size_bytes == 0) {
        return true;
    }
    unsigned child_cells = bus->address_cells, parent_cells = parent->address_cells, size_cells = bus->size_cells;
    unsigned entry_bytes = 4 * (child_cells + parent_cells + size_cells);

    if (!is_readable(child_cells) || !is_readable(parent_cells) || !is_readable(size_cells) || entry_bytes == 0) {
        return false;
    }
    for (unsigned at = 0; entry_bytes <= bus->ranges.size_bytes - at; at += entry_bytes) {
        const uint8_t *entry = bus->ranges.value + at;
        uint64_t child = cells_value(entry, child_cells);
        uint64_t up = cells_value(entry + 4 * child_cells, parent_cells);
        uint64_t length = cells_value(entry + 4 * (child_cells + parent_cells), size_cells);

        if (*address >= child && fits_below(*address - child, size_bytes, length)) {
            return !add_overflows(up, *address - child, address);
        }
    }
    return false;
}

int node_register(const struct device_scan *scan, unsigned index, uint64_t *base, uint64_t *size_bytes,
                  const char **why)
{
    if (!node_has(scan, PROPERTY_REG) || scan->depth == 0) {
        return -ENOENT;
    }
    const struct device_level *parent = &scan->levels[scan->depth - 1];
    struct property reg = scan->properties[PROPERTY_REG];
    unsigned entry_bytes = 4u * (parent->address_cells + parent->size_cells);
    uint64_t end;

    if (!is_readable(parent->address_cells) || !is_readable(parent->size_cells) || entry_bytes == 0 ||
        reg.size_bytes % entry_bytes != 0) {
        *why = "its reg does not fit the #address-cells and #size-cells above it";
        return -EINVAL;
    }
    if (index >= reg.size_bytes / entry_bytes) {
        return -ENOENT;
    }
    const uint8_t *entry = reg.value + index * entry_bytes;
    uint64_t address = cells_value(entry, parent->address_cells);
    uint64_t size = cells_value(entry + 4u * parent->address_cells, parent->size_cells);

    if (add_overflows(address, size, &end)) {
        *why = "its reg wraps around the end of the address space";
        return -EINVAL;
    }
    for (const struct device_level *bus = parent; bus > scan->levels; bus--) {
        if (!translate(bus, bus - 1, &address, size) || add_overflows(address, size, &end)) {
            *why = "a bus above it does not map its reg";
            return -EINVAL;
        }
    }
    *base = address;
    *size_bytes = size;
    return 0;
}
