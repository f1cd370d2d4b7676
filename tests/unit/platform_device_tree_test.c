/*
 * platform/device_tree.c: what it reads from trees like those of QEMU and of boards, and what it refuses.
 *
 * Trees are made by libfdt's sequential writer and end exactly at the end of an allocation, so that the sanitizer sees
 * the first byte too far.
 */
#include "device_tree.h"

#include "abi_errno.h"
#include "check.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE 65536

static char building[SPACE];
static uint8_t *tree;
static uint32_t tree_bytes;
static struct machine machine;
static const char *reason;

static void must(int error)
{
    CHECK_EQUAL(error, 0);
}

static void begin(void)
{
    must(fdt_create(building, SPACE));
}

/* After the reservations: the root, open. */
static void begin_root(void)
{
    must(fdt_finish_reservemap(building));
    must(fdt_begin_node(building, ""));
}

static void node(const char *name)
{
    must(fdt_begin_node(building, name));
}

static void end(void)
{
    must(fdt_end_node(building));
}

static void text(const char *name, const char *value)
{
    must(fdt_property_string(building, name, value));
}

static void bytes(const char *name, const void *value, int size)
{
    must(fdt_property(building, name, value, size));
}

/* A list of strings, as one literal with NULs. */
#define STRINGS(name, literal) bytes(name, literal, sizeof(literal))

static void cell_array(const char *name, const uint32_t *values, size_t count)
{
    fdt32_t big_endian[64];

    CHECK(count <= 64);
    for (size_t i = 0; i < count; i++) {
        big_endian[i] = cpu_to_fdt32(values[i]);
    }
    bytes(name, big_endian, (int)(4 * count));
}
#define CELLS(name, ...) \
    cell_array(name, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void flag(const char *name)
{
    bytes(name, "", 0);
}

/* Close the root and move the tree to an allocation of its own size. */
static void finish(void)
{
    end();
    must(fdt_finish(building));
    tree_bytes = fdt_totalsize(building);
    free(tree);
    tree = malloc(tree_bytes);
    memcpy(tree, building, tree_bytes);
}

static int read_tree(void)
{
    reason = NULL;
    return device_tree_read(tree, tree_bytes, &machine, &reason);
}

static void check_refused(int error, const char *why)
{
    CHECK_EQUAL(read_tree(), error);
    CHECK_STRING(reason, why);
}

static void check_note(const char *name, const char *what)
{
    for (uint32_t i = 0; i < machine.note_count; i++) {
        if (strcmp(machine.notes[i].node, name) == 0 && strcmp(machine.notes[i].text, what) == 0) {
            return;
        }
    }
    CHECK(!"there is no such note");
}

/* Parts of a machine like QEMU's virt. */
static void root_cells(void)
{
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
}

static void memory(uint32_t high, uint32_t low, uint32_t size_high, uint32_t size_low)
{
    char name[32];

    snprintf(name, sizeof(name), "memory@%x%08x", high, low);
    node(name);
    text("device_type", "memory");
    CELLS("reg", high, low, size_high, size_low);
    end();
}

#define VIRT_ISA "rv64imafdch_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_sstc"

static void begin_cpus(void)
{
    node("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    CELLS("timebase-frequency", 10000000);
}

static void controller(uint32_t phandle)
{
    node("interrupt-controller");
    CELLS("#interrupt-cells", 1);
    flag("interrupt-controller");
    text("compatible", "riscv,cpu-intc");
    CELLS("phandle", phandle);
    end();
}

static void cpu(uint32_t hart_id, uint32_t phandle, const char *isa, const char *mmu)
{
    char name[32];

    snprintf(name, sizeof(name), "cpu@%x", hart_id);
    node(name);
    text("device_type", "cpu");
    CELLS("reg", hart_id);
    text("status", "okay");
    text("compatible", "riscv");
    text("riscv,isa", isa);
    if (mmu) {
        text("mmu-type", mmu);
    }
    controller(phandle);
    end();
}

static void one_cpu(void)
{
    begin_cpus();
    cpu(0, 2, VIRT_ISA, "riscv,sv48");
    end();
}

static void begin_soc(void)
{
    node("soc");
    root_cells();
    text("compatible", "simple-bus");
    flag("ranges");
}

static void plic(uint32_t phandle, const uint32_t *wiring, size_t count)
{
    node("plic@c000000");
    CELLS("phandle", phandle);
    CELLS("riscv,ndev", 96);
    CELLS("reg", 0, 0xc000000, 0, 0x600000);
    cell_array("interrupts-extended", wiring, count);
    STRINGS("compatible", "sifive,plic-1.0.0\0riscv,plic0");
    end();
}

static void serial(const char *name, uint32_t base, uint32_t source)
{
    node(name);
    CELLS("interrupts", source);
    CELLS("interrupt-parent", 3);
    CELLS("clock-frequency", 3686400);
    CELLS("reg", 0, base, 0, 0x100);
    text("compatible", "ns16550a");
    end();
}

static void test_device(void)
{
    node("test@100000");
    CELLS("reg", 0, 0x100000, 0, 0x1000);
    STRINGS("compatible", "sifive,test1\0sifive,test0\0syscon");
    end();
}

static const uint32_t one_hart_wiring[] = { 2, 11, 2, 9 };

static void virt_soc(void)
{
    begin_soc();
    serial("serial@10000000", 0x10000000, 10);
    test_device();
    plic(3, one_hart_wiring, 4);
    end();
}

/* The root, open, with memory, a cpu and devices. */
static void begin_virt(void)
{
    begin();
    begin_root();
    root_cells();
    text("model", "riscv-virtio,qemu");
    memory(0, 0x80000000, 0, 0x8000000);
    one_cpu();
    virt_soc();
}

static void virt(void)
{
    begin_virt();
    finish();
}

TEST(a_tree_like_qemus_gives_the_whole_machine)
{
    begin_virt();
    node("chosen");
    text("bootargs", "quiet run=\"a b\"");
    CELLS("linux,initrd-start", 0x84000000);
    CELLS("linux,initrd-end", 0, 0x84100001);
    bytes("rng-seed", "0123456789abcdef0123456789abcdef", 32);
    text("stdout-path", "/soc/serial@10000000");
    end();
    node("reserved-memory");
    root_cells();
    flag("ranges");
    node("mmode_resv0@80000000");
    CELLS("reg", 0, 0x80000000, 0, 0x80000);
    flag("no-map");
    end();
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);

    CHECK_STRING(machine.model, "riscv-virtio,qemu");
    CHECK_EQUAL(machine.tree_size_bytes, tree_bytes);
    CHECK_EQUAL(machine.bank_count, 1);
    CHECK_EQUAL(machine.banks[0].start.value, 0x80000000);
    CHECK_EQUAL(machine.banks[0].end.value, 0x88000000);
    CHECK_EQUAL(machine.reserved_count, 1);
    CHECK_EQUAL(machine.reserved[0].end.value, 0x80080000);
    CHECK_EQUAL(machine.loader_reserved_count, 0);
    CHECK_STRING(machine.bootargs, "quiet run=\"a b\"");
    CHECK_EQUAL(machine.rng_seed_size_bytes, 32);
    CHECK_EQUAL(memcmp(machine.rng_seed, "0123", 4), 0);
    CHECK(machine.has_initrd);
    CHECK_EQUAL(machine.initrd_start, 0x84000000);
    CHECK_EQUAL(machine.initrd_end, 0x84100001);
    CHECK_EQUAL(machine.timebase_hz, 10000000);
    CHECK_EQUAL(machine.note_count, 0);
}

TEST(harts_devices_and_their_wiring_are_found)
{
    virt();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.hart_count, 1);
    CHECK_EQUAL(machine.harts[0].hart_id, 0);
    CHECK_EQUAL(machine.harts[0].capabilities, HART_ENABLED | HART_MMU | HART_RV64IMAC | HART_FLOAT | HART_SSTC |
                                                   HART_PLIC | HART_INTERRUPT_CONTROLLER);
    CHECK(machine_hart_is_usable(&machine.harts[0]));
    CHECK_EQUAL(machine.harts[0].plic_context, 1);
    CHECK(machine.has_plic);
    CHECK_EQUAL(machine.plic.base.value, 0xc000000);
    CHECK_EQUAL(machine.plic.size_bytes, 0x600000);
    CHECK_EQUAL(machine.plic.source_count, 96);
    CHECK_EQUAL(machine.uart_count, 1);
    CHECK_EQUAL(machine.uarts[0].base.value, 0x10000000);
    CHECK_EQUAL(machine.uarts[0].clock_hz, 3686400);
    CHECK_EQUAL(machine.uarts[0].baud, 115200);
    CHECK_EQUAL(machine.uarts[0].source, 10);
    CHECK_EQUAL(machine.uarts[0].register_width, 1);
    CHECK(machine.has_exit_device);
    CHECK_EQUAL(machine.exit_device.value, 0x100000);
    CHECK_STRING(machine.bootargs, "");
    CHECK(!machine.has_initrd);
}

TEST(banks_are_sorted_merged_and_rounded_inwards)
{
    begin();
    begin_root();
    root_cells();
    memory(1, 0, 1, 0);
    memory(0, 0xc0000800, 0, 0x1000); /* not one whole page */
    memory(0, 0x80000001, 0, 0x3000);
    memory(0, 0x90000000, 0, 0x1000);
    memory(0, 0x90001000, 0, 0x1000);
    memory(0, 0x90000000, 0, 0x1000);
    memory(0, 0xa0000000, 0, 0);
    one_cpu();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 3);
    CHECK_EQUAL(machine.banks[0].start.value, 0x80001000);
    CHECK_EQUAL(machine.banks[0].end.value, 0x80003000);
    CHECK_EQUAL(machine.banks[1].start.value, 0x90000000);
    CHECK_EQUAL(machine.banks[1].end.value, 0x90002000);
    CHECK_EQUAL(machine.banks[2].start.value, 0x100000000);
    CHECK_EQUAL(machine.banks[2].end.value, 0x200000000);
}

TEST(one_memory_node_may_name_several_banks)
{
    begin();
    begin_root();
    root_cells();
    node("memory");
    text("device_type", "memory");
    CELLS("reg", 0, 0x80000000, 0, 0x1000000, 8, 0, 16, 0);
    end();
    one_cpu();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 2);
    CHECK_EQUAL(machine.banks[1].start.value, 0x800000000);
    CHECK_EQUAL(machine.banks[1].end.value, 0x1800000000);
}

TEST(disabled_memory_is_none)
{
    begin();
    begin_root();
    root_cells();
    node("memory@80000000");
    text("device_type", "memory");
    CELLS("reg", 0, 0x80000000, 0, 0x1000000);
    text("status", "disabled");
    end();
    one_cpu();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 0);
}

TEST(reserved_ranges_are_rounded_outwards_and_the_loaders_kept_to_the_byte)
{
    begin();
    must(fdt_add_reservemap_entry(building, 0x84000123, 0x456));
    must(fdt_add_reservemap_entry(building, 0x83000000, 0x1000));
    begin_root();
    root_cells();
    memory(0, 0x80000000, 0, 0x8000000);
    one_cpu();
    node("reserved-memory");
    root_cells();
    flag("ranges");
    node("a@80000fff");
    CELLS("reg", 0, 0x80000fff, 0, 2, 0, 0x80010000, 0, 1);
    end();
    node("dynamic");
    CELLS("size", 0, 0x100000);
    end();
    node("off@87000000");
    CELLS("reg", 0, 0x87000000, 0, 0x1000);
    text("status", "disabled");
    end();
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.reserved_count, 2);
    CHECK_EQUAL(machine.reserved[0].start.value, 0x80000000);
    CHECK_EQUAL(machine.reserved[0].end.value, 0x80002000);
    CHECK_EQUAL(machine.reserved[1].end.value, 0x80011000);
    CHECK_EQUAL(machine.loader_reserved_count, 2);
    CHECK_EQUAL(machine.loader_reserved[1].start.value, 0x84000123);
    CHECK_EQUAL(machine.loader_reserved[1].end.value, 0x84000579);
}

/* Like the Unleashed: a monitor hart without S-mode, contexts M0, M1, S1, M2, S2, and the PLIC before the harts. */
TEST(contexts_belong_to_the_harts_that_the_plic_names)
{
    static const uint32_t wiring[] = { 7, 11, 6, 11, 6, 9, 5, 11, 5, 9, UINT32_MAX, 9, 99, 9 };

    begin();
    begin_root();
    root_cells();
    begin_soc();
    plic(9, wiring, sizeof(wiring) / 4);
    end();
    begin_cpus();
    cpu(0, 7, "rv64imac_zicsr_zifencei", NULL);
    cpu(1, 6, "rv64imafdc_zicsr_zifencei", "riscv,sv39");
    cpu(2, 5, "rv64gc", "riscv,sv57");
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.hart_count, 3);
    CHECK(!machine_hart_is_usable(&machine.harts[0]));
    CHECK_EQUAL(machine.harts[0].capabilities & (HART_PLIC | HART_MMU | HART_FLOAT), 0);
    CHECK(machine_hart_is_usable(&machine.harts[1]));
    CHECK_EQUAL(machine.harts[1].plic_context, 2);
    CHECK(machine_hart_is_usable(&machine.harts[2]));
    CHECK_EQUAL(machine.harts[2].plic_context, 4);
    CHECK_EQUAL(machine_hart_find(&machine, 2), 2);
    CHECK_EQUAL(machine_hart_find(&machine, 3), -ENOENT);
}

static unsigned capabilities_of(const char *isa)
{
    begin();
    begin_root();
    root_cells();
    begin_cpus();
    cpu(0, 2, isa, NULL);
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    return machine.harts[0].capabilities & ~(unsigned)(HART_ENABLED | HART_INTERRUPT_CONTROLLER);
}

TEST(isa_strings_are_read_as_the_specification_writes_them)
{
    CHECK_EQUAL(capabilities_of("rv64gc"), HART_RV64IMAC | HART_FLOAT);
    CHECK_EQUAL(capabilities_of("rv64imafdcsu"), HART_RV64IMAC | HART_FLOAT);
    CHECK_EQUAL(capabilities_of("rv64imafdcv_sstc_svadu"),
                HART_RV64IMAC | HART_FLOAT | HART_VECTOR | HART_SSTC | HART_SVADU);
    CHECK_EQUAL(capabilities_of("rv64i2p1m2a2f2d2c2_sstc1p0"), HART_RV64IMAC | HART_FLOAT | HART_SSTC);
    CHECK_EQUAL(capabilities_of("rv64imafcsstc"), HART_RV64IMAC | HART_SSTC);
    CHECK_EQUAL(capabilities_of("rv64imac_sstcx_xsstc_svad"), HART_RV64IMAC);
    CHECK_EQUAL(capabilities_of("rv32imafdc_sstc"), 0);
    CHECK_EQUAL(capabilities_of("rv64"), 0);
    CHECK_EQUAL(capabilities_of("rv64_"), 0);
    CHECK_EQUAL(capabilities_of("rv64___"), 0);
    CHECK_EQUAL(capabilities_of(""), 0);
}

TEST(isa_extension_lists_are_read_too)
{
    begin();
    begin_root();
    root_cells();
    begin_cpus();
    node("cpu@0");
    text("device_type", "cpu");
    CELLS("reg", 0);
    text("riscv,isa-base", "rv64i");
    STRINGS("riscv,isa-extensions", "i\0m\0a\0f\0d\0c\0zicsr\0svadu\0sstc");
    text("mmu-type", "riscv,sv39");
    end();
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.harts[0].capabilities,
                HART_ENABLED | HART_MMU | HART_RV64IMAC | HART_FLOAT | HART_SSTC | HART_SVADU);
    CHECK(machine_hart_is_usable(&machine.harts[0]));
}

TEST(a_disabled_hart_is_kept_and_not_usable)
{
    begin();
    begin_root();
    root_cells();
    begin_cpus();
    node("cpu@0");
    text("device_type", "cpu");
    CELLS("reg", 0);
    text("status", "disabled");
    text("riscv,isa", "rv64gc");
    text("mmu-type", "riscv,sv39");
    controller(2);
    end();
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.hart_count, 1);
    CHECK(!machine_hart_is_usable(&machine.harts[0]));
    CHECK_EQUAL(machine.harts[0].capabilities & HART_INTERRUPT_CONTROLLER, 0);
}

static void many_cpus(uint32_t count)
{
    begin();
    begin_root();
    root_cells();
    begin_cpus();
    for (uint32_t i = 0; i < count; i++) {
        cpu(i, 100 + i, "rv64gc", "riscv,sv39");
    }
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
}

TEST(no_hart_and_64_harts_are_fine_and_further_ones_are_noted)
{
    many_cpus(0);
    CHECK_EQUAL(machine.hart_count, 0);
    check_note("cpus", "it describes no hart");
    many_cpus(64);
    CHECK_EQUAL(machine.hart_count, 64);
    CHECK_EQUAL(machine.note_count, 0);
    many_cpus(65);
    CHECK_EQUAL(machine.hart_count, 64);
    check_note("cpu@40", "there are more harts than are kept");
}

/* Two UARTs in /soc, and a chosen node and aliases in front of them. */
static uint32_t console_for(const char *stdout_path, bool has_nul)
{
    begin();
    begin_root();
    root_cells();
    node("chosen");
    bytes("stdout-path", stdout_path, (int)strlen(stdout_path) + has_nul);
    end();
    node("aliases");
    text("serial0", "/soc/serial@10000000");
    text("serial1", "/soc/serial@10001000");
    text("ethernet0", "/soc/serial@10001000");
    end();
    one_cpu();
    begin_soc();
    serial("serial@10000000", 0x10000000, 10);
    serial("serial@10001000", 0x10001000, 11);
    plic(3, one_hart_wiring, 4);
    end();
    finish();
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
        check_note("chosen", "its stdout-path leads to no UART that can be driven");
    }
}

TEST(a_uart_that_is_not_wired_to_the_plic_has_no_source)
{
    begin();
    begin_root();
    root_cells();
    one_cpu();
    begin_soc();
    plic(7, one_hart_wiring, 4); /* not the phandle that the UART names */
    serial("serial@10000000", 0x10000000, 10);
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uarts[0].source, 0);
}

TEST(an_interrupt_parent_is_inherited)
{
    begin();
    begin_root();
    root_cells();
    one_cpu();
    node("soc");
    root_cells();
    flag("ranges");
    CELLS("interrupt-parent", 3);
    plic(3, one_hart_wiring, 4);
    node("serial@0");
    CELLS("reg", 0, 0x1000, 0, 0x400);
    CELLS("reg-shift", 2);
    CELLS("reg-io-width", 4);
    CELLS("current-speed", 9600);
    CELLS("interrupts", 5);
    text("compatible", "ns16550");
    end();
    node("serial@1");
    CELLS("reg", 0, 0x2000, 0, 0x400);
    CELLS("interrupts-extended", 3, 6);
    text("compatible", "ns16550");
    end();
    end();
    finish();
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
    begin();
    begin_root();
    root_cells();
    one_cpu();
    node("bus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    if (ranges) {
        cell_array("ranges", ranges, count);
    }
    node("serial@1000");
    CELLS("reg", 0x1000, 0x100);
    text("compatible", "ns16550a");
    end();
    end();
    finish();
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
                          wrapping[] = { 0, UINT32_MAX, 0xfffff000, 0x10000 }, broken[] = { 0, 0, 0 };
    const struct {
        const uint32_t *ranges;
        size_t count;
    } refused[] = { { NULL, 0 }, { elsewhere, 4 }, { short_one, 4 }, { wrapping, 4 }, { broken, 3 } };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        uart_behind(refused[i].ranges, refused[i].count);
        CHECK_EQUAL(machine.uart_count, 0);
        check_note("serial@1000", "a bus above it does not map its reg");
    }
}

TEST(disabled_nodes_and_all_below_them_are_left_out)
{
    begin();
    begin_root();
    root_cells();
    one_cpu();
    begin_soc();
    serial("serial@1", 0x1000, 1);
    node("bus");
    root_cells();
    flag("ranges");
    text("status", "disabled");
    serial("serial@2", 0x2000, 1);
    end();
    node("serial@3");
    CELLS("reg", 0, 0x3000, 0, 0x100);
    text("status", "fail");
    text("compatible", "ns16550a");
    end();
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, 1);
    CHECK_EQUAL(machine.uarts[0].base.value, 0x1000);
    CHECK_EQUAL(machine.note_count, 0);
}

static void one_device(const char *compatible, const uint32_t *reg, size_t count, uint32_t shift, uint32_t width)
{
    begin();
    begin_root();
    root_cells();
    one_cpu();
    node("device");
    text("compatible", compatible);
    CELLS("riscv,ndev", 10);
    CELLS("interrupts-extended", 2, 9);
    CELLS("reg-shift", shift);
    CELLS("reg-io-width", width);
    if (reg) {
        cell_array("reg", reg, count);
    }
    end();
    finish();
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
        check_note("device", "it has no reg");
        one_device(compatibles[i], (const uint32_t[]){ 0, 0x1000, 0 }, 3, 0, 1);
        check_note("device", "its reg does not fit the #address-cells and #size-cells above it");
        one_device(compatibles[i], (const uint32_t[]){ UINT32_MAX, UINT32_MAX, 0, 2 }, 4, 0, 1);
        check_note("device", "its reg wraps around the end of the address space");
        one_device(compatibles[i], (const uint32_t[]){ 0, 0x1000, 0, 3 }, 4, 0, 1);
        check_note("device", "its reg is too small or not aligned");
        one_device(compatibles[i], (const uint32_t[]){ 0, 0x1001, 0, 0x300000 }, 4, 0, 1);
        check_note("device", "its reg is too small or not aligned");
    }
}

TEST(a_uart_whose_registers_can_not_be_reached_is_left_out_with_a_note)
{
    static const uint32_t reg[] = { 0, 0x1000, 0, 0x100 };
    static const uint32_t wrong[][2] = { { 0, 2 }, { 0, 0 }, { 5, 1 }, { 1, 4 }, { 0, 4 }, { UINT32_MAX, 1 } };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        one_device("ns16550a", reg, 4, wrong[i][0], wrong[i][1]);
        check_note("device", "no access fits its reg-shift and reg-io-width");
    }
}

TEST(more_uarts_than_are_kept_are_noted)
{
    begin();
    begin_root();
    root_cells();
    one_cpu();
    for (uint32_t i = 0; i < 5; i++) {
        char name[16];

        snprintf(name, sizeof(name), "serial@%x", i);
        serial(name, 0x1000 * i, 1);
    }
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.uart_count, MACHINE_UARTS_MAX);
    check_note("serial@4", "there are more UARTs than are kept");
}

TEST(nodes_that_nobody_knows_are_passed_over)
{
    begin_virt();
    node("pci@30000000");
    text("device_type", "pci");
    CELLS("#address-cells", 3);
    CELLS("#size-cells", 2);
    CELLS("ranges", 1, 2, 3, 4, 5);
    bytes("compatible", "no NUL at the end", 17);
    bytes("status", "", 0);
    node("child");
    CELLS("reg", 1, 2, 3, 4, 5);
    flag("compatible");
    end();
    end();
    node("cpus-like");
    CELLS("timebase-frequency", 0);
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.timebase_hz, 10000000);
    CHECK_EQUAL(machine.note_count, 0);
}

TEST(names_far_back_in_the_strings_block_are_known_as_well)
{
    begin();
    begin_root();
    for (int i = 0; i < 40; i++) {
        char name[24];

        snprintf(name, sizeof(name), "vendor,property-%02d", i);
        flag(name);
    }
    root_cells();
    memory(0, 0x80000000, 0, 0x1000);
    one_cpu();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 1);
    CHECK_EQUAL(machine.hart_count, 1);
}

TEST(a_long_model_is_cut)
{
    char model[200];

    memset(model, 'm', sizeof(model) - 1);
    model[sizeof(model) - 1] = 0;
    begin();
    begin_root();
    text("model", model);
    one_cpu();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(strlen(machine.model), MACHINE_MODEL_BYTES - 1);
}

/* --- Hostile trees --- */

static void set_header(size_t index, uint32_t value)
{
    ((fdt32_t *)tree)[index] = cpu_to_fdt32(value);
}
enum {
    HEADER_MAGIC,
    HEADER_TOTAL,
    HEADER_STRUCTURE,
    HEADER_STRINGS,
    HEADER_RESERVATIONS,
    HEADER_VERSION,
    HEADER_COMPATIBLE_VERSION,
    HEADER_STRINGS_SIZE = 8,
    HEADER_STRUCTURE_SIZE
};

TEST(b6_device_tree_with_wrong_total_size_is_refused)
{
    virt();
    set_header(HEADER_TOTAL, tree_bytes + 1);
    check_refused(-E2BIG, "its total size is larger than the memory that may hold it");
    set_header(HEADER_TOTAL, 0x7fffffff);
    check_refused(-E2BIG, "its total size is larger than the memory that may hold it");
    for (uint32_t total = 0; total < tree_bytes; total += 4) {
        set_header(HEADER_TOTAL, total);
        CHECK(read_tree() != 0);
        CHECK(reason != NULL && reason[0] != 0);
    }
    set_header(HEADER_TOTAL, UINT32_MAX);
    check_refused(-EINVAL, "its header names blocks outside of its total size");
}

TEST(b6_device_tree_cut_anywhere_is_refused_without_a_read_behind_its_end)
{
    virt();
    uint8_t *whole = tree;
    uint32_t whole_bytes = tree_bytes;

    for (tree_bytes = 0; tree_bytes < whole_bytes; tree_bytes++) {
        tree = memcpy(malloc(tree_bytes + 1), whole, tree_bytes);
        tree = realloc(tree, tree_bytes == 0 ? 1 : tree_bytes);
        CHECK(read_tree() != 0);
        free(tree);
    }
    tree = whole;
}

TEST(b6_device_tree_with_a_bad_header_is_refused)
{
    virt();
    set_header(HEADER_MAGIC, 0xd00dfeee);
    check_refused(-EINVAL, "it does not start with a device tree's magic number");
    virt();
    set_header(HEADER_VERSION, 16);
    set_header(HEADER_COMPATIBLE_VERSION, 16);
    check_refused(-EINVAL, "its version is older than 17");
    virt();
    set_header(HEADER_COMPATIBLE_VERSION, 18);
    set_header(HEADER_VERSION, 18);
    check_refused(-EINVAL, "its version is not supported");
    virt();
    set_header(HEADER_STRUCTURE, fdt_off_dt_struct(tree) + 2);
    CHECK_EQUAL(read_tree(), -EINVAL);
    virt();
    set_header(HEADER_STRUCTURE_SIZE, 0x7ffffffc);
    check_refused(-EINVAL, "its header names blocks outside of its total size");
    virt();
    set_header(HEADER_STRINGS, 0xfffffff0);
    check_refused(-EINVAL, "its header names blocks outside of its total size");
}

TEST(b6_device_tree_at_an_odd_address_is_refused)
{
    virt();
    CHECK_EQUAL(device_tree_read(tree + 4, tree_bytes - 4, &machine, &reason), -EINVAL);
    CHECK_STRING(reason, "it is not on an 8-byte boundary");
    CHECK_EQUAL(device_tree_read(tree, 39, &machine, &reason), -EINVAL);
    CHECK_STRING(reason, "it is too short for a header");
}

TEST(b6_device_tree_that_nests_too_deep_is_refused)
{
    for (int depth = 14; depth <= 400; depth = depth < 18 ? depth + 1 : depth * 2) {
        begin();
        begin_root();
        one_cpu();
        for (int i = 0; i < depth; i++) {
            node("n");
        }
        for (int i = 0; i < depth; i++) {
            end();
        }
        finish();
        if (depth + 1 <= DEVICE_TREE_DEPTH_MAX) {
            CHECK_EQUAL(read_tree(), 0);
        } else {
            check_refused(-E2BIG, "its nodes nest deeper than 16 levels");
        }
    }
}

/* The structure block of the virt tree as words. */
static fdt32_t *structure(void)
{
    return (fdt32_t *)(tree + fdt_off_dt_struct(tree));
}

static size_t structure_words(void)
{
    return fdt_size_dt_struct(tree) / 4;
}

TEST(b6_device_tree_with_any_tag_replaced_is_never_read_outside)
{
    static const uint32_t tags[] = { 0, 1, 2, 3, 4, 5, 9, 0x7fffffff, 0x80000000, 0xfffffff4, 0xfffffff8, 0xffffffff };

    virt();
    for (size_t at = 0; at < structure_words(); at++) {
        fdt32_t saved = structure()[at];

        for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
            structure()[at] = cpu_to_fdt32(tags[i]);
            int error = read_tree();

            CHECK(error == 0 || (reason != NULL && reason[0] != 0));
        }
        structure()[at] = saved;
    }
    CHECK_EQUAL(read_tree(), 0);
}

TEST(b6_device_tree_with_nodes_out_of_balance_is_refused)
{
    virt();
    structure()[0] = cpu_to_fdt32(FDT_END_NODE);
    check_refused(-EINVAL, "it ends a node that has not begun");
    virt();
    structure()[0] = cpu_to_fdt32(FDT_END);
    check_refused(-EINVAL, "it breaks off, or has an unknown tag");
    virt();
    structure()[structure_words() - 2] = cpu_to_fdt32(FDT_END); /* in place of the root's end */
    check_refused(-EINVAL, "it breaks off, or has an unknown tag");
    virt();
    structure()[structure_words() - 2] = cpu_to_fdt32(FDT_NOP);
    check_refused(-EINVAL, "it breaks off, or has an unknown tag");
}

TEST(b6_device_tree_with_two_roots_is_refused)
{
    begin();
    must(fdt_finish_reservemap(building));
    node("");
    end();
    node("");
    finish();
    check_refused(-EINVAL, "it has more than one root node");
}

TEST(b6_device_tree_with_a_property_behind_a_child_is_refused)
{
    begin();
    begin_root();
    node("child");
    text("model", "x");
    end();
    finish();
    /* Make the child's begin-tag and its name two NOPs: then its property is the root's, and its end the root's. */
    size_t at = 2;

    CHECK_EQUAL(fdt32_to_cpu(structure()[at]), FDT_BEGIN_NODE);
    for (size_t i = 0; i < 3; i++) {
        structure()[at + i] = cpu_to_fdt32(FDT_NOP);
    }
    check_refused(-EINVAL, "it ends a node that has not begun");

    begin();
    begin_root();
    node("child");
    end();
    node("model");
    text("model", "x");
    end();
    finish();
    at = 6; /* the second child: begin, "mode" "l" */
    CHECK_EQUAL(fdt32_to_cpu(structure()[at]), FDT_BEGIN_NODE);
    for (size_t i = 0; i < 3; i++) {
        structure()[at + i] = cpu_to_fdt32(FDT_NOP);
    }
    check_refused(-EINVAL, "a property stands behind its node's children");
}

/* The offset of the word with the length of the first property in the tree. */
static size_t first_property(void)
{
    CHECK_EQUAL(fdt32_to_cpu(structure()[2]), FDT_PROP);
    return 3;
}

TEST(b6_device_tree_with_a_property_longer_than_itself_is_refused)
{
    static const uint32_t lengths[] = { 0x10000,    0x7fffffff, 0x80000000, 0xffffffe0, 0xfffffff0,
                                        0xfffffff4, 0xfffffff8, 0xfffffffc, 0xffffffff };

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        virt();
        structure()[first_property()] = cpu_to_fdt32(lengths[i]);
        CHECK_EQUAL(read_tree(), -EINVAL);
    }
}

TEST(b6_device_tree_with_a_name_outside_of_the_strings_is_refused)
{
    virt();
    uint32_t names[] = { fdt_size_dt_strings(tree), fdt_size_dt_strings(tree) + 1, 0x7fffffff, 0x80000000, UINT32_MAX };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        virt();
        structure()[first_property() + 1] = cpu_to_fdt32(names[i]);
        check_refused(-EINVAL, "a property's name lies outside of the strings block");
    }
    /* A last name without its NUL. */
    virt();
    tree[fdt_off_dt_strings(tree) + fdt_size_dt_strings(tree) - 1] = 'x';
    CHECK_EQUAL(read_tree(), -EINVAL);
    virt();
    set_header(HEADER_STRINGS_SIZE, 0);
    check_refused(-EINVAL, "a property's name lies outside of the strings block");
}

TEST(b6_device_tree_with_reservations_that_wrap_or_never_end_is_refused)
{
    begin();
    must(fdt_add_reservemap_entry(building, UINT64_MAX - 4095, 4097));
    begin_root();
    one_cpu();
    finish();
    check_refused(-EINVAL, "a memory reservation wraps around the end of the address space");

    begin();
    for (unsigned i = 0; i < 33; i++) {
        must(fdt_add_reservemap_entry(building, 0x80000000 + 0x2000 * i, 0x1000));
    }
    begin_root();
    one_cpu();
    finish();
    check_refused(-E2BIG, "there are more than 32 memory reservations");

    virt();
    memset(tree + fdt_off_mem_rsvmap(tree), 1, 16); /* the terminator; what follows has no 16 zero bytes */
    CHECK_EQUAL(read_tree(), -EINVAL);
}

static void with_memory(const uint32_t *reg, size_t count)
{
    begin();
    begin_root();
    root_cells();
    node("memory");
    text("device_type", "memory");
    cell_array("reg", reg, count);
    end();
    one_cpu();
    finish();
}

TEST(b6_device_tree_with_memory_that_wraps_or_is_malformed_is_refused)
{
    static const uint32_t wraps[] = { UINT32_MAX, 0xfffff000, 0, 0x2000 }, huge[] = { 0, 0, 0x01000000, 1 },
                          odd[] = { 0, 0x80000000, 0 };
    const struct {
        const uint32_t *reg;
        size_t count;
    } refused[] = { { wraps, 4 }, { huge, 4 }, { odd, 3 } };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        with_memory(refused[i].reg, refused[i].count);
        check_refused(-EINVAL, "a memory node's reg can't be read, or wraps");
    }
}

TEST(b6_device_tree_with_too_many_banks_is_refused)
{
    uint32_t reg[4 * 16] = { 0 };

    for (uint32_t i = 0; i < 16; i++) {
        reg[4 * i + 1] = 0x80000000 + 0x2000 * i;
        reg[4 * i + 3] = 0x1000;
    }
    with_memory(reg, 64);
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 16);

    begin();
    begin_root();
    root_cells();
    for (uint32_t i = 0; i < 17; i++) {
        memory(i, 0, 0, 0x1000);
    }
    one_cpu();
    finish();
    check_refused(-E2BIG, "there are more than 16 memory banks");
}

TEST(b6_device_tree_with_a_malformed_chosen_is_refused)
{
    const struct {
        uint32_t start[3], end[3];
        size_t start_count, end_count;
    } wrong[] = {
        { { 0x80000000 }, { 0 }, 1, 0 },
        { { 0 }, { 0x80000000 }, 0, 1 },
        { { 1, 2, 3 }, { 0x80000000 }, 3, 1 },
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        begin_virt();
        node("chosen");
        if (wrong[i].start_count) {
            cell_array("linux,initrd-start", wrong[i].start, wrong[i].start_count);
        }
        if (wrong[i].end_count) {
            cell_array("linux,initrd-end", wrong[i].end, wrong[i].end_count);
        }
        end();
        finish();
        check_refused(-EINVAL, "/chosen needs both linux,initrd-start and linux,initrd-end, of 4 or 8 bytes");
    }
    begin_virt();
    node("chosen");
    CELLS("linux,initrd-start", 0x80000001);
    CELLS("linux,initrd-end", 0x80000000);
    end();
    finish();
    check_refused(-EINVAL, "linux,initrd-end lies below linux,initrd-start");
    begin_virt();
    node("chosen");
    bytes("bootargs", "no end", 6);
    end();
    finish();
    check_refused(-EINVAL, "/chosen: bootargs is not a string");
}

TEST(equal_ends_of_the_initrd_mean_none)
{
    begin_virt();
    node("chosen");
    CELLS("linux,initrd-start", 0x80000000);
    CELLS("linux,initrd-end", 0x80000000);
    end();
    finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK(!machine.has_initrd);
}

TEST(b6_device_tree_without_a_timebase_is_refused)
{
    begin();
    begin_root();
    root_cells();
    memory(0, 0x80000000, 0, 0x1000000);
    finish();
    check_refused(-EINVAL, "/cpus has no timebase-frequency");
}

TEST(b6_device_tree_with_malformed_harts_is_refused)
{
    begin();
    begin_root();
    begin_cpus();
    cpu(1, 2, "rv64gc", "riscv,sv39");
    cpu(1, 3, "rv64gc", "riscv,sv39");
    end();
    finish();
    check_refused(-EINVAL, "two cpu nodes have the same hart id");
    begin();
    begin_root();
    begin_cpus();
    node("cpu@0");
    text("device_type", "cpu");
    CELLS("reg", 0, 0);
    end();
    end();
    finish();
    check_refused(-EINVAL, "a cpu node has no reg with its hart id");
}

TEST(b6_device_tree_with_odd_cell_counts_is_no_trap)
{
    static const uint32_t counts[] = { 0, 1, 3, 4, 5, 64, 255, 256, 0x40000000, 0x80000000, UINT32_MAX };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
            begin();
            begin_root();
            CELLS("#address-cells", counts[i]);
            CELLS("#size-cells", counts[k]);
            one_cpu();
            virt_soc();
            finish();
            CHECK_EQUAL(read_tree(), 0);
        }
    }
}
