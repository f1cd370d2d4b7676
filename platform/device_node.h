#pragma once

#include "device_tree.h"

/*
 * Private to the reader of the device tree: one node while it is looked at, and the nodes above it.
 */

/* The properties that anything here reads. Grouped by their first letter: see property_names in device_tree.c. */
enum property_id {
    PROPERTY_ADDRESS_CELLS,
    PROPERTY_SIZE_CELLS,
    PROPERTY_CLOCK_FREQUENCY,
    PROPERTY_COMPATIBLE,
    PROPERTY_CURRENT_SPEED,
    PROPERTY_BOOTARGS,
    PROPERTY_DEVICE_TYPE,
    PROPERTY_INTERRUPT_PARENT,
    PROPERTY_INTERRUPTS,
    PROPERTY_INTERRUPTS_EXTENDED,
    PROPERTY_INITRD_END,
    PROPERTY_INITRD_START,
    PROPERTY_MMU_TYPE,
    PROPERTY_MODEL,
    PROPERTY_PHANDLE,
    PROPERTY_RANGES,
    PROPERTY_REG,
    PROPERTY_REG_IO_WIDTH,
    PROPERTY_REG_SHIFT,
    PROPERTY_ISA,
    PROPERTY_ISA_BASE,
    PROPERTY_ISA_EXTENSIONS,
    PROPERTY_SOURCE_COUNT,
    PROPERTY_RNG_SEED,
    PROPERTY_STATUS,
    PROPERTY_STDOUT_PATH,
    PROPERTY_TIMEBASE,
    PROPERTY_COUNT,
};

/* Bytes inside the tree, checked to be inside; big-endian words, at no particular alignment. */
struct property {
    const uint8_t *value;
    uint32_t size_bytes;
};

/* What a node is, as far as its name and place say. */
enum level_kind {
    LEVEL_OTHER,
    LEVEL_ROOT,
    LEVEL_ALIASES,
    LEVEL_CHOSEN,
    LEVEL_CPUS,
    LEVEL_RESERVED_MEMORY,
};

/* A node that is open, the root's level being 0: what its children need to know of it. */
struct device_level {
    const char *name;
    enum level_kind kind;
    bool disabled; /* itself, or one above it */
    bool has_ranges;
    uint8_t address_cells; /* of its children's addresses; CELLS_UNREADABLE when it is none that fits 64 bits */
    uint8_t size_cells;
    uint32_t interrupt_parent; /* inherited; 0: none, which is no valid phandle */
    uint32_t hart_index; /* of a cpu node; NO_HART elsewhere */
    struct property ranges;
};
#define CELLS_UNREADABLE 255
#define NO_HART UINT32_MAX

/* A path from the tree, for the choice of the console, as names from below the root; borrowed. */
#define NODE_PATH_MAX 6
struct node_path {
    const char *names[NODE_PATH_MAX];
    uint32_t count; /* 0: deeper than that */
};

#define ALIASES_MAX 8
struct alias {
    const char *name;
    struct property path;
};

/* One pass over a tree. */
struct device_scan {
    struct machine *machine;
    const char *reason; /* set by whoever returns an error */
    unsigned depth; /* of the node that is looked at */
    struct device_level levels[DEVICE_TREE_DEPTH_MAX];

    /* The properties of the node at @depth, until its first child opens or it ends. */
    uint64_t present; /* bit i: properties[i] is valid */
    struct property properties[PROPERTY_COUNT];

    /* Kept until the whole tree is known. */
    struct property plic_wiring; /* interrupts-extended of the PLIC */
    uint32_t plic_phandle; /* 0: not known */
    struct property stdout_path; /* empty when there is none */
    uint32_t uart_interrupt_parents[MACHINE_UARTS_MAX];
    struct node_path uart_paths[MACHINE_UARTS_MAX];
    uint32_t alias_count;
    struct alias aliases[ALIASES_MAX];
};

/* The big-endian word at @bytes. */
static inline uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline bool node_has(const struct device_scan *scan, enum property_id id)
{
    return scan->present >> id & 1;
}

/* Refuse the tree: for `return refuse(scan, "...")`. The string is static. */
static inline int refuse(struct device_scan *scan, int error, const char *reason)
{
    scan->reason = reason;
    return error;
}

/* The name of the node that is looked at. */
const char *node_name(const struct device_scan *scan);

/* A property of one cell; @fallback when there is none, or it is shorter. */
uint32_t node_u32(const struct device_scan *scan, enum property_id id, uint32_t fallback);

/* A number of one or two cells. Returns whether there is one. */
bool node_number(const struct device_scan *scan, enum property_id id, uint64_t *out);

/* The property as a string, or NULL when there is none or it has no terminating NUL. */
const char *node_string(const struct device_scan *scan, enum property_id id);

/* @count cells at @bytes as one number; @count is 0 to 2. */
uint64_t cells_value(const uint8_t *bytes, unsigned count);

/*
 * Entry @index of the node's reg, translated through the ranges of all buses above it, as the root sees it.
 * Returns 0; -ENOENT when there are not so many entries; -EINVAL, with *@why set, when the property or a bus above
 * can't be read, or no bus maps it.
 */
int node_register(const struct device_scan *scan, unsigned index, uint64_t *base, uint64_t *size_bytes,
                  const char **why);

/* What the nodes say that are known by their place or device_type: /, /chosen, /cpus, memory, reserved memory. */
int device_places_read(struct device_scan *scan);

/* Call the probe function of the row that matches the node's compatible first, if one does. */
int device_rows_match(struct device_scan *scan);

/* A cpu node. */
int device_harts_add(struct device_scan *scan);

/* With the whole tree known: which hart each of the PLIC's contexts belongs to, which UART is the console. */
void device_harts_connect(struct device_scan *scan);
void device_rows_choose_console(struct device_scan *scan);
