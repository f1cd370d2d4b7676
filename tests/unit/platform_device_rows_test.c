/* platform/device_rows.c, device_node.c: UARTs, the choice of the console, buses, and devices that are left out. */
#include "device_tree.h"

#include "abi_errno.h"
#include "check.h"
#include "platform_tree.h"

#include <stdio.h>
#include <string.h>

/* Two UARTs in /soc, and a chosen node and aliases in front of them. */
static uint32_t console_for(const char *stdout_path, bool has_nul)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open("chosen");
    tree_property("stdout-path", stdout_path, (int)strlen(stdout_path) + has_nul);
    tree_close();
    tree_open("aliases");
    tree_text("serial0", "/soc/serial@10000000");
    tree_text("serial1", "/soc/serial@10001000");
    tree_text("ethernet0", "/soc/serial@10001000");
    tree_close();
    tree_one_cpu();
    tree_open_soc();
    tree_serial("serial@10000000", 0x10000000, 10);
    tree_serial("serial@10001000", 0x10001000, 11);
    tree_plic(3, tree_one_hart_wiring, 4);
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, 2);
    return machine.console_uart;
}

TEST(stdout_path_chooses_the_console_by_path_or_alias)
{
    CHECK_EQUAL(console_for("/soc/serial@10001000", true), 1);
    CHECK_EQUAL(console_for("/soc/serial@10001000:115200n8", true), 1);
    CHECK_EQUAL(console_for("/soc/serial@10001000", false), 1);
    CHECK_EQUAL(console_for("serial1", true), 1);
    CHECK_EQUAL(console_for("serial1:115200n8", true), 1);
    CHECK_EQUAL(console_for("serial0", true), 0);
    CHECK_EQUAL(machine.note_count, 0);
}

TEST(a_stdout_path_to_nowhere_leaves_the_first_uart_and_a_note)
{
    static const char *const wrong[] = {
        "/soc/serial@1000100",
        "/soc/serial@10001000/x",
        "/soc",
        "/",
        "//soc/serial@10001000",
        "serial2",
        "serial",
        "ethernet",
        "soc/serial",
        ":115200",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_EQUAL(console_for(wrong[i], true), 0);
        CHECK(has_note("chosen", "its stdout-path leads to no UART that can be driven"));
    }
}

TEST(a_uart_that_is_not_wired_to_the_plic_has_no_source)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_one_cpu();
    tree_open_soc();
    tree_plic(7, tree_one_hart_wiring, 4); /* not the phandle that the UART names */
    tree_serial("serial@10000000", 0x10000000, 10);
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uarts[0].source, 0);
}

TEST(an_interrupt_parent_is_inherited)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_one_cpu();
    tree_open("soc");
    tree_root_cells();
    tree_flag("ranges");
    CELLS("interrupt-parent", 3);
    tree_plic(3, tree_one_hart_wiring, 4);
    tree_open("serial@0");
    CELLS("reg", 0, 0x1000, 0, 0x400);
    CELLS("reg-shift", 2);
    CELLS("reg-io-width", 4);
    CELLS("current-speed", 9600);
    CELLS("interrupts", 5);
    tree_text("compatible", "ns16550");
    tree_close();
    tree_open("serial@1");
    CELLS("reg", 0, 0x2000, 0, 0x400);
    CELLS("interrupts-extended", 3, 6);
    tree_text("compatible", "ns16550");
    tree_close();
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uarts[0].source, 5);
    CHECK_EQUAL(machine.uarts[0].register_shift, 2);
    CHECK_EQUAL(machine.uarts[0].register_width, 4);
    CHECK_EQUAL(machine.uarts[0].baud, 9600);
    CHECK_EQUAL(machine.uarts[0].clock_hz, 0);
    CHECK_EQUAL(machine.uarts[1].source, 6);
}

/* A UART on a bus with these ranges; 0 cells: an empty property; NULL: none. */
static void uart_behind(const uint32_t *ranges, size_t count)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_one_cpu();
    tree_open("bus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    if (ranges) {
        tree_cell_array("ranges", ranges, count);
    }
    tree_open("serial@1000");
    CELLS("reg", 0x1000, 0x100);
    tree_text("compatible", "ns16550a");
    tree_close();
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
}

TEST(addresses_are_translated_through_the_ranges_of_buses)
{
    uart_behind((const uint32_t[]){ 0 }, 0);
    CHECK_EQUAL(machine.uarts[0].base.value, 0x1000);
    uart_behind((const uint32_t[]){ 0x8000, 0, 0, 0x1000, 0, 1, 0x20000000, 0x10000 }, 8);
    CHECK_EQUAL(machine.uarts[0].base.value, 0x120001000);
    CHECK_EQUAL(machine.note_count, 0);
}

TEST(a_device_that_no_bus_maps_is_left_out_with_a_note)
{
    static const uint32_t elsewhere[] = { 0x2000, 0, 0, 0x1000 }, short_one[] = { 0, 0, 0, 0x10ff },
                          wrapping[] = { 0, UINT32_MAX, 0xfffff000, 0x10000 },
                          ending[] = { 0, UINT32_MAX, 0xffffef80, 0x10000 }, broken[] = { 0, 0, 0 };
    const struct {
        const uint32_t *ranges;
        size_t count;
    } refused[] = { { NULL, 0 }, { elsewhere, 4 }, { short_one, 4 }, { wrapping, 4 }, { ending, 4 }, { broken, 3 } };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        uart_behind(refused[i].ranges, refused[i].count);
        CHECK_EQUAL(machine.uart_count, 0);
        CHECK(has_note("serial@1000", "a bus above it does not map its reg"));
    }
}

/* A UART on a bus on a bus: @cells of addresses and sizes above the upper one, between the two, below the lower one. */
static void uart_behind_buses(const uint32_t cells[3][2])
{
    static const char *const names[] = { "upper", "lower" };

    tree_start();
    tree_root();
    CELLS("#address-cells", cells[0][0]);
    CELLS("#size-cells", cells[0][1]);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t ranges[9] = { 0 }; /* 0 is at 0, and so on for 32 KiB */
        uint32_t count = cells[i + 1][0] + cells[i][0] + cells[i + 1][1];

        ranges[count - 1] = 0x8000;
        tree_open(names[i]);
        CELLS("#address-cells", cells[i + 1][0]);
        CELLS("#size-cells", cells[i + 1][1]);
        tree_cell_array("ranges", ranges, count);
    }
    tree_open("serial@1000");
    CELLS("reg", 0, 0x1000, 0x100);
    tree_text("compatible", "ns16550a");
    tree_close();
    tree_close();
    tree_close();
    tree_one_cpu();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
}

TEST(a_bus_with_addresses_of_three_cells_maps_nothing)
{
    uart_behind_buses((const uint32_t[3][2]){ { 2, 2 }, { 2, 1 }, { 2, 1 } });
    CHECK_EQUAL(machine.uart_count, 1);
    /* As those of PCI are. What is above a device's own bus can't be seen in its reg. */
    uart_behind_buses((const uint32_t[3][2]){ { 2, 2 }, { 3, 1 }, { 2, 1 } });
    CHECK(has_note("serial@1000", "a bus above it does not map its reg"));
    uart_behind_buses((const uint32_t[3][2]){ { 3, 2 }, { 1, 1 }, { 2, 1 } });
    CHECK(has_note("serial@1000", "a bus above it does not map its reg"));
    uart_behind_buses((const uint32_t[3][2]){ { 2, 2 }, { 2, 1 }, { 3, 0 } });
    CHECK(has_note("serial@1000", "its reg does not fit the #address-cells and #size-cells above it"));
    uart_behind_buses((const uint32_t[3][2]){ { 2, 2 }, { 2, 1 }, { 0, 3 } });
    CHECK(has_note("serial@1000", "its reg does not fit the #address-cells and #size-cells above it"));
    uart_behind_buses((const uint32_t[3][2]){ { 2, 2 }, { 2, 1 }, { 0, 0 } });
    CHECK(has_note("serial@1000", "its reg does not fit the #address-cells and #size-cells above it"));
    CHECK_EQUAL(machine.uart_count, 0);
}

TEST(of_two_plics_and_exit_devices_the_first_is_taken)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_one_cpu();
    for (uint32_t i = 1; i < 3; i++) {
        tree_open(i == 1 ? "plic@1" : "plic@2");
        CELLS("riscv,ndev", 10 * i);
        CELLS("reg", 0, i << 28, 0, 0x600000);
        CELLS("interrupts-extended", 2, 9);
        tree_text("compatible", "riscv,plic0");
        tree_close();
        tree_open(i == 1 ? "test@1" : "test@2");
        CELLS("reg", 0, i << 12, 0, 0x1000);
        tree_text("compatible", "sifive,test0");
        tree_close();
    }
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK(machine.has_plic && machine.has_exit_device);
    CHECK_EQUAL(machine.plic.base.value, 1 << 28);
    CHECK_EQUAL(machine.plic.source_count, 10);
    CHECK_EQUAL(machine.exit_device.value, 1 << 12);
    CHECK_EQUAL(machine.note_count, 1);
    CHECK(has_note("plic@2", "it is a second PLIC, only the first is used"));
}

TEST(a_uart_deep_in_the_tree_is_no_choice_of_stdout_path_but_is_driven)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open("chosen");
    tree_text("stdout-path", "/a/a/a/a/a/a/serial@1000");
    tree_close();
    tree_one_cpu();
    for (unsigned i = 0; i < 6; i++) {
        tree_open("a");
        tree_root_cells();
        tree_flag("ranges");
    }
    tree_serial("serial@1000", 0x1000, 1);
    for (unsigned i = 0; i < 6; i++) {
        tree_close();
    }
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, 1);
    CHECK_EQUAL(machine.uarts[0].base.value, 0x1000);
    CHECK(has_note("chosen", "its stdout-path leads to no UART that can be driven"));
}

TEST(further_notes_and_aliases_than_are_kept_are_dropped)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open("chosen");
    tree_text("stdout-path", "serial9");
    tree_close();
    tree_open("aliases");
    for (unsigned i = 0; i < 12; i++) {
        char name[16];

        snprintf(name, sizeof(name), "serial%u", i);
        tree_text(name, "/serial@1000");
    }
    tree_close();
    tree_one_cpu();
    tree_serial("serial@1000", 0x1000, 1);
    for (unsigned i = 0; i < 2 * MACHINE_NOTES_MAX; i++) {
        char name[16];

        snprintf(name, sizeof(name), "broken@%u", i);
        tree_open(name);
        tree_text("compatible", "ns16550a");
        tree_close();
    }
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, 1);
    CHECK_EQUAL(machine.note_count, MACHINE_NOTES_MAX);
    CHECK(has_note("broken@0", "it has no reg"));
}

TEST(disabled_nodes_and_all_below_them_are_left_out)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_one_cpu();
    tree_open_soc();
    tree_serial("serial@1", 0x1000, 1);
    tree_open("bus");
    tree_root_cells();
    tree_flag("ranges");
    tree_text("status", "disabled");
    tree_serial("serial@2", 0x2000, 1);
    tree_close();
    tree_open("serial@3");
    CELLS("reg", 0, 0x3000, 0, 0x100);
    tree_text("status", "fail");
    tree_text("compatible", "ns16550a");
    tree_close();
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, 1);
    CHECK_EQUAL(machine.uarts[0].base.value, 0x1000);
    CHECK_EQUAL(machine.note_count, 0);
}

static void one_device(const char *compatible, const uint32_t *reg, size_t count, uint32_t shift, uint32_t width)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_one_cpu();
    tree_open("device");
    tree_text("compatible", compatible);
    CELLS("riscv,ndev", 10);
    CELLS("interrupts-extended", 2, 9);
    CELLS("reg-shift", shift);
    CELLS("reg-io-width", width);
    if (reg) {
        tree_cell_array("reg", reg, count);
    }
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, 0);
    CHECK(!machine.has_plic && !machine.has_exit_device);
    CHECK_EQUAL(machine.note_count, 1);
}

TEST(a_device_with_a_malformed_reg_is_left_out_with_a_note)
{
    static const char *const compatibles[] = { "ns16550a", "riscv,plic0", "sifive,test0" };

    for (size_t i = 0; i < sizeof(compatibles) / sizeof(compatibles[0]); i++) {
        one_device(compatibles[i], NULL, 0, 0, 1);
        CHECK(has_note("device", "it has no reg"));
        one_device(compatibles[i], (const uint32_t[]){ 0, 0x1000, 0 }, 3, 0, 1);
        CHECK(has_note("device", "its reg does not fit the #address-cells and #size-cells above it"));
        one_device(compatibles[i], (const uint32_t[]){ UINT32_MAX, UINT32_MAX, 0, 2 }, 4, 0, 1);
        CHECK(has_note("device", "its reg wraps around the end of the address space"));
        one_device(compatibles[i], (const uint32_t[]){ 0, 0x1000, 0, 3 }, 4, 0, 1);
        CHECK(has_note("device", "its reg is too small or not aligned"));
        one_device(compatibles[i], (const uint32_t[]){ 0, 0x1001, 0, 0x300000 }, 4, 0, 1);
        CHECK(has_note("device", "its reg is too small or not aligned"));
    }
}

TEST(a_uart_whose_registers_can_not_be_reached_is_left_out_with_a_note)
{
    static const uint32_t reg[] = { 0, 0x1000, 0, 0x100 };
    static const uint32_t wrong[][2] = { { 0, 2 }, { 0, 0 }, { 5, 1 }, { 1, 4 }, { 0, 4 }, { UINT32_MAX, 1 } };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        one_device("ns16550a", reg, 4, wrong[i][0], wrong[i][1]);
        CHECK(has_note("device", "no access fits its reg-shift and reg-io-width"));
    }
}

TEST(more_uarts_than_are_kept_are_noted)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_one_cpu();
    for (uint32_t i = 0; i < 5; i++) {
        char name[16];

        snprintf(name, sizeof(name), "serial@%x", i);
        tree_serial(name, 0x1000 * i, 1);
    }
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, MACHINE_UARTS_MAX);
    CHECK(has_note("serial@4", "there are more UARTs than are kept"));
}
