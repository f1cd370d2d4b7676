/*
 * Harts: what a cpu node says about each, and which of the PLIC's contexts are theirs.
 *
 * What an ISA string says is a hint for what to probe, and the rule for which harts are worth starting at all; what
 * runs on a hart is decided by probing it.
 *
 * The string of riscv,isa is "rv64", single letters, then names of several letters, each behind an underscore:
 * "rv64imafdch_zicsr_sstc". Versions ("i2p1") and letters that mean nothing here are skipped. Newer trees have
 * riscv,isa-base ("rv64i") and riscv,isa-extensions (a list of strings) instead, or both.
 */
#include "device_node.h"

#include "abi_errno.h"

#include <string.h>

/* Interrupt 9 of a hart: external, to S-mode (Priv. spec, scause). */
#define SUPERVISOR_EXTERNAL 9

/* Single letters, as bits; the capabilities are made from them in the end. */
#define LETTER(letter) (1u << ((letter) - 'a'))
#define LETTERS_IMAC (LETTER('i') | LETTER('m') | LETTER('a') | LETTER('c'))
#define LETTERS_FLOAT (LETTER('f') | LETTER('d'))
#define LETTERS_G (LETTER('i') | LETTER('m') | LETTER('a') | LETTERS_FLOAT)

struct isa {
    uint32_t letters;
    uint16_t capabilities; /* by names of several letters */
};

static const struct {
    const char *name;
    size_t length;
    uint16_t capability;
} named_extensions[] = { { "sstc", 4, HART_SSTC }, { "svadu", 5, HART_SVADU } };

/* One name of several letters, which ends at a NUL, an underscore, or the first digit of its version. */
static void add_named(struct isa *isa, const char *name)
{
    for (unsigned i = 0; i < ARRAY_COUNT(named_extensions); i++) {
        size_t length = named_extensions[i].length;

        if (strncmp(name, named_extensions[i].name, length) == 0 &&
            (name[length] == 0 || name[length] == '_' || (name[length] >= '0' && name[length] <= '9'))) {
            isa->capabilities |= named_extensions[i].capability;
        }
    }
}

static void add_letter(struct isa *isa, char letter)
{
    if (letter >= 'a' && letter <= 'z') {
        isa->letters |= letter == 'g' ? LETTERS_G : LETTER(letter);
    }
}

/* @text behind "rv64". */
static void add_isa_string(struct isa *isa, const char *text)
{
    while (*text != 0 && *text != '_' && *text != 's' && *text != 'x' && *text != 'z') {
        add_letter(isa, *text++);
    }
    while (*text != 0) {
        if (*text == '_') {
            text++;
        }
        /* Most names start with another letter than those that are looked for. */
        if (*text == 's') {
            add_named(isa, text);
        }
        while (*text != 0 && *text != '_') {
            text++;
        }
    }
}

static void add_extension_list(struct isa *isa, struct property list)
{
    const char *text = (const char *)list.value, *end = text + list.size_bytes;

    while (text < end) {
        size_t length = strlen(text);

        if (length == 1) {
            add_letter(isa, *text);
        } else {
            add_named(isa, text);
        }
        text += length + 1;
    }
}

static uint16_t isa_capabilities(const struct device_scan *scan)
{
    struct isa isa = { 0 };
    const char *text = node_string(scan, PROPERTY_ISA), *base = node_string(scan, PROPERTY_ISA_BASE);

    if (text && strncmp(text, "rv64", 4) == 0) {
        add_isa_string(&isa, text + 4);
    }
    if (base && strncmp(base, "rv64i", 5) == 0 && node_string(scan, PROPERTY_ISA_EXTENSIONS)) {
        add_extension_list(&isa, scan->properties[PROPERTY_ISA_EXTENSIONS]);
    }
    return isa.capabilities | ((isa.letters & LETTERS_IMAC) == LETTERS_IMAC ? HART_RV64IMAC : 0) |
           ((isa.letters & LETTERS_FLOAT) == LETTERS_FLOAT ? HART_FLOAT : 0) |
           (isa.letters & LETTER('v') ? HART_VECTOR : 0);
}

static bool has_sv39(const struct device_scan *scan)
{
    const char *type = node_string(scan, PROPERTY_MMU_TYPE);

    return type &&
           (strcmp(type, "riscv,sv39") == 0 || strcmp(type, "riscv,sv48") == 0 || strcmp(type, "riscv,sv57") == 0);
}

int device_harts_add(struct device_scan *scan)
{
    struct machine *machine = scan->machine;
    const struct device_level *parent = &scan->levels[scan->depth - 1];
    struct property reg = scan->properties[PROPERTY_REG];

    if (!node_has(scan, PROPERTY_REG) || parent->address_cells == 0 || parent->address_cells > 2 ||
        reg.size_bytes != 4u * parent->address_cells) {
        return refuse(scan, -EINVAL, "a cpu node has no reg with its hart id");
    }
    uint64_t hart_id = cells_value(reg.value, parent->address_cells);

    if (machine_hart_find(machine, hart_id) >= 0) {
        return refuse(scan, -EINVAL, "two cpu nodes have the same hart id");
    }
    if (machine->hart_count == MACHINE_HARTS_MAX) {
        machine_note(machine, node_name(scan), "there are more harts than are kept");
        return 0;
    }
    scan->levels[scan->depth].hart_index = machine->hart_count;
    machine->harts[machine->hart_count++] = (struct machine_hart){
        .hart_id = hart_id,
        .capabilities = isa_capabilities(scan) | (has_sv39(scan) ? HART_MMU : 0) |
                        (scan->levels[scan->depth].disabled ? 0 : HART_ENABLED),
    };
    return 0;
}

static struct machine_hart *hart_of_controller(struct machine *machine, uint32_t controller)
{
    for (uint32_t i = 0; i < machine->hart_count; i++) {
        struct machine_hart *hart = &machine->harts[i];

        if ((hart->capabilities & HART_INTERRUPT_CONTROLLER) && hart->controller == controller) {
            return hart;
        }
    }
    return NULL;
}

/* The PLIC's interrupts-extended has a pair (controller, interrupt) for each context, in their order. */
void device_harts_connect(struct device_scan *scan)
{
    struct machine *machine = scan->machine;
    uint32_t context_count = scan->plic_wiring.size_bytes / 8;

    for (uint32_t context = 0; machine->has_plic && context < context_count && context < UINT16_MAX; context++) {
        const uint8_t *pair = scan->plic_wiring.value + 8 * context;

        if (be32(pair + 4) != SUPERVISOR_EXTERNAL) {
            continue;
        }
        struct machine_hart *hart = hart_of_controller(machine, be32(pair));

        if (hart) {
            hart->plic_context = (uint16_t)context;
            hart->capabilities |= HART_PLIC;
        }
    }
}
