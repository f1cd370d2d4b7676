/*
 * Match rows: which `compatible` is looked at by which probe function, and what each device's node says.
 *
 * A probe function reads its node into the machine and drives nothing. A device that can't be used is left out with a
 * note: the machine can do without it. Rows for one kind of device differ in their argument only, so a further UART
 * is one more row here, one more machine_uart_kind, and its driver's row in console.c.
 *
 * Where two strings of one node match, the first, which is the most specific one, decides.
 */
#include "device_node.h"

#include "abi_errno.h"
#include "checked.h"

#include <string.h>

struct device_row {
    const char *compatible;
    uint32_t size; /* of the string, with its NUL */
    int (*probe)(struct device_scan *scan, const struct device_row *row);
    uint32_t argument;
};

#define PLIC_SOURCES_MAX 1023 /* RISC-V PLIC specification 1.0, section 1 */
#define UART_REGISTER_COUNT 8
#define UART_BAUD_DEFAULT 115200

/* A node's first register range, which must hold @least_bytes; else a note, and false. */
static bool find_registers(struct device_scan *scan, uint64_t least_bytes, paddr_t *base, uint64_t *size_bytes)
{
    const char *why = "it has no reg";
    uint64_t start = 0, size = 0;

    if (node_register(scan, 0, &start, &size, &why) != 0) {
        machine_note(scan->machine, node_name(scan), why);
        return false;
    }
    if (size < least_bytes || start % 4 != 0) {
        machine_note(scan->machine, node_name(scan), "its reg is too small or not aligned");
        return false;
    }
    *base = paddr(start);
    *size_bytes = size;
    return true;
}

/* The interrupt controller inside a cpu node: its phandle is how the PLIC names the hart. */
static int probe_hart_controller(struct device_scan *scan, const struct device_row *row)
{
    uint32_t hart_index = scan->depth == 0 ? NO_HART : scan->levels[scan->depth - 1].hart_index;

    (void)row;
    if (hart_index != NO_HART && node_has(scan, PROPERTY_PHANDLE)) {
        scan->machine->harts[hart_index].controller = node_u32(scan, PROPERTY_PHANDLE, 0);
        scan->machine->harts[hart_index].capabilities |= HART_INTERRUPT_CONTROLLER;
    }
    return 0;
}

static int probe_plic(struct device_scan *scan, const struct device_row *row)
{
    struct machine *machine = scan->machine;
    struct machine_plic plic = { .source_count = node_u32(scan, PROPERTY_SOURCE_COUNT, 0) };

    if (machine->has_plic) {
        machine_note(machine, node_name(scan), "it is a second PLIC, only the first is used");
        return 0;
    }
    if (plic.source_count == 0 || plic.source_count > PLIC_SOURCES_MAX) {
        machine_note(machine, node_name(scan), "its riscv,ndev is not between 1 and 1023");
        return 0;
    }
    if (!node_has(scan, PROPERTY_INTERRUPTS_EXTENDED)) {
        machine_note(machine, node_name(scan), "no hart is wired to it");
        return 0;
    }
    if (!find_registers(scan, row->argument, &plic.base, &plic.size_bytes)) {
        return 0;
    }
    scan->plic_wiring = scan->properties[PROPERTY_INTERRUPTS_EXTENDED];
    scan->plic_phandle = node_u32(scan, PROPERTY_PHANDLE, 0);
    machine->plic = plic;
    machine->has_plic = true;
    return 0;
}

/* The interrupt line of a device, as source number and controller; 0 and 0 when it has none. */
static void find_interrupt(const struct device_scan *scan, uint32_t *source, uint32_t *controller)
{
    struct property extended = scan->properties[PROPERTY_INTERRUPTS_EXTENDED];

    if (node_has(scan, PROPERTY_INTERRUPTS_EXTENDED) && extended.size_bytes >= 8) {
        *controller = be32(extended.value);
        *source = be32(extended.value + 4);
    } else if (node_has(scan, PROPERTY_INTERRUPTS)) {
        *controller = scan->levels[scan->depth].interrupt_parent;
        *source = node_u32(scan, PROPERTY_INTERRUPTS, 0);
    }
}

static void remember_path(struct device_scan *scan, struct node_path *path)
{
    path->count = 0;
    if (scan->depth <= NODE_PATH_MAX) {
        for (; path->count < scan->depth; path->count++) {
            path->names[path->count] = scan->levels[path->count + 1].name;
        }
    }
}

static int probe_uart(struct device_scan *scan, const struct device_row *row)
{
    struct machine *machine = scan->machine;
    struct machine_uart uart = {
        .kind = row->argument,
        .clock_hz = node_u32(scan, PROPERTY_CLOCK_FREQUENCY, 0),
        .baud = node_u32(scan, PROPERTY_CURRENT_SPEED, UART_BAUD_DEFAULT),
    };
    uint32_t shift = node_u32(scan, PROPERTY_REG_SHIFT, 0), width = node_u32(scan, PROPERTY_REG_IO_WIDTH, 1);
    uint32_t index = machine->uart_count;

    if (index == MACHINE_UARTS_MAX) {
        machine_note(machine, node_name(scan), "there are more UARTs than are kept");
        return 0;
    }
    if ((width != 1 && width != 4) || shift > 4 || (width == 4 && shift < 2)) {
        machine_note(machine, node_name(scan), "no access fits its reg-shift and reg-io-width");
        return 0;
    }
    if (!find_registers(scan, UART_REGISTER_COUNT << shift, &uart.base, &uart.size_bytes)) {
        return 0;
    }
    uart.register_shift = (uint8_t)shift;
    uart.register_width = (uint8_t)width;
    scan->uart_interrupt_parents[index] = 0;
    find_interrupt(scan, &uart.source, &scan->uart_interrupt_parents[index]);
    remember_path(scan, &scan->uart_paths[index]);
    machine->uarts[index] = uart;
    machine->uart_count++;
    return 0;
}

static int probe_exit_device(struct device_scan *scan, const struct device_row *row)
{
    uint64_t size_bytes;

    if (!scan->machine->has_exit_device) {
        scan->machine->has_exit_device = find_registers(scan, row->argument, &scan->machine->exit_device, &size_bytes);
    }
    return 0;
}

#define ROW(text, function, value) \
    { \
        .compatible = text, .size = sizeof(text), .probe = function, .argument = value \
    }
static const struct device_row rows[] = {
    ROW("ns16550a", probe_uart, MACHINE_UART_NS16550),
    ROW("ns16550", probe_uart, MACHINE_UART_NS16550),
    ROW("riscv,cpu-intc", probe_hart_controller, 0),
    /* Up to the registers of the first context. */
    ROW("sifive,plic-1.0.0", probe_plic, 0x201000),
    ROW("riscv,plic0", probe_plic, 0x201000),
    ROW("sifive,test0", probe_exit_device, 4),
};

int device_rows_match(struct device_scan *scan)
{
    struct property list = scan->properties[PROPERTY_COMPATIBLE];

    while (list.size_bytes > 1) {
        for (unsigned i = 0; i < ARRAY_COUNT(rows); i++) {
            if (rows[i].compatible[0] == (char)list.value[0] && rows[i].size <= list.size_bytes &&
                memcmp(rows[i].compatible, list.value, rows[i].size) == 0) {
                return rows[i].probe(scan, &rows[i]);
            }
        }
        const uint8_t *end = memchr(list.value, 0, list.size_bytes);

        if (!end) {
            break;
        }
        list.size_bytes -= (uint32_t)(end + 1 - list.value);
        list.value = end + 1;
    }
    return 0;
}

/* Whether the component of @size_bytes at @text names the node: in full, or without its unit address. */
static bool names_node(const char *text, size_t size_bytes, const char *name)
{
    return strncmp(text, name, size_bytes) == 0 && (name[size_bytes] == 0 || name[size_bytes] == '@');
}

/* Whether the path text "/soc/serial@10000000" of @size_bytes leads to the node with this path. */
static bool leads_to(const char *text, size_t size_bytes, const struct node_path *path)
{
    uint32_t component = 0;

    for (size_t at = 0; at < size_bytes;) {
        if (text[at] != '/' || component == path->count) {
            return false;
        }
        const char *name = &text[at + 1];
        const char *slash = memchr(name, '/', size_bytes - at - 1);
        size_t length = slash ? (size_t)(slash - name) : size_bytes - at - 1;

        if (length == 0 || !names_node(name, length, path->names[component])) {
            return false;
        }
        component++;
        at += 1 + length;
    }
    return component != 0 && component == path->count;
}

/* The bytes of a path without its NUL and without the options behind a colon ("serial0:115200n8"). */
static size_t path_length(struct property path)
{
    size_t length = 0;

    while (length < path.size_bytes && path.value[length] != 0 && path.value[length] != ':') {
        length++;
    }
    return length;
}

static struct property resolve_alias(const struct device_scan *scan, struct property path)
{
    size_t length = path_length(path);

    for (uint32_t i = 0; i < scan->alias_count; i++) {
        const char *name = scan->aliases[i].name;

        if (strncmp((const char *)path.value, name, length) == 0 && name[length] == 0) {
            return scan->aliases[i].path;
        }
    }
    return path;
}

/* A UART that is wired to something else than the PLIC can print, but nobody hears from it. */
static void drop_foreign_interrupts(struct device_scan *scan)
{
    struct machine *machine = scan->machine;

    for (uint32_t i = 0; i < machine->uart_count; i++) {
        struct machine_uart *uart = &machine->uarts[i];

        if (!machine->has_plic || scan->plic_phandle == 0 || scan->uart_interrupt_parents[i] != scan->plic_phandle ||
            uart->source > machine->plic.source_count) {
            uart->source = 0;
        }
    }
}

void device_rows_choose_console(struct device_scan *scan)
{
    struct machine *machine = scan->machine;
    struct property path = scan->stdout_path;

    drop_foreign_interrupts(scan);
    machine->console_uart = 0;
    if (path.size_bytes == 0) {
        return;
    }
    if (path.value[0] != '/') {
        path = resolve_alias(scan, path);
    }
    for (uint32_t i = 0; i < machine->uart_count; i++) {
        if (leads_to((const char *)path.value, path_length(path), &scan->uart_paths[i])) {
            machine->console_uart = i;
            return;
        }
    }
    machine_note(machine, "chosen", "its stdout-path leads to no UART that can be driven");
}
