/* platform/device_tree.c: memory, harts and the rest of the machine, from trees like those of QEMU and of boards. */
#include "device_tree.h"

#include "abi_errno.h"
#include "check.h"
#include "platform_tree.h"

#include <stdio.h>
#include <string.h>

TEST(a_tree_like_qemus_gives_the_whole_machine)
{
    tree_open_virt();
    tree_open("chosen");
    tree_text("bootargs", "quiet run=\"a b\"");
    CELLS("linux,initrd-start", 0x84000000);
    CELLS("linux,initrd-end", 0, 0x84100001);
    tree_property("rng-seed", "0123456789abcdef0123456789abcdef", 32);
    tree_text("stdout-path", "/soc/serial@10000000");
    tree_close();
    tree_open("reserved-memory");
    tree_root_cells();
    tree_flag("ranges");
    tree_open("mmode_resv0@80000000");
    CELLS("reg", 0, 0x80000000, 0, 0x80000);
    tree_flag("no-map");
    tree_close();
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);

    CHECK_STRING(machine.model, "riscv-virtio,qemu");
    CHECK_EQUAL(machine.tree_size_bytes, tree_blob_bytes);
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
    tree_virt();
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
    tree_start();
    tree_root();
    tree_root_cells();
    tree_memory(1, 0, 1, 0);
    tree_memory(0, 0xc0000800, 0, 0x1000); /* not one whole page */
    tree_memory(0, 0x80000001, 0, 0x3000);
    tree_memory(0, 0x90000000, 0, 0x1000);
    tree_memory(0, 0x90001000, 0, 0x1000);
    tree_memory(0, 0x90000000, 0, 0x1000);
    tree_memory(0, 0xa0000000, 0, 0);
    tree_one_cpu();
    tree_finish();
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
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open("memory");
    tree_text("device_type", "memory");
    CELLS("reg", 0, 0x80000000, 0, 0x1000000, 8, 0, 16, 0);
    tree_close();
    tree_one_cpu();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 2);
    CHECK_EQUAL(machine.banks[1].start.value, 0x800000000);
    CHECK_EQUAL(machine.banks[1].end.value, 0x1800000000);
}

TEST(disabled_memory_is_none)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open("memory@80000000");
    tree_text("device_type", "memory");
    CELLS("reg", 0, 0x80000000, 0, 0x1000000);
    tree_text("status", "disabled");
    tree_close();
    tree_one_cpu();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 0);
}

TEST(reserved_ranges_are_rounded_outwards_and_the_loaders_kept_to_the_byte)
{
    tree_start();
    tree_reserve(0x84000123, 0x456);
    tree_reserve(0x83000000, 0x1000);
    tree_root();
    tree_root_cells();
    tree_memory(0, 0x80000000, 0, 0x8000000);
    tree_one_cpu();
    tree_open("reserved-memory");
    tree_root_cells();
    tree_flag("ranges");
    tree_open("a@80000fff");
    CELLS("reg", 0, 0x80000fff, 0, 2, 0, 0x80010000, 0, 1);
    tree_close();
    tree_open("dynamic");
    CELLS("size", 0, 0x100000);
    tree_close();
    tree_open("off@87000000");
    CELLS("reg", 0, 0x87000000, 0, 0x1000);
    tree_text("status", "disabled");
    tree_close();
    tree_close();
    tree_finish();
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

    tree_start();
    tree_root();
    tree_root_cells();
    tree_open_soc();
    tree_plic(9, wiring, sizeof(wiring) / 4);
    tree_close();
    tree_open_cpus();
    tree_cpu(0, 7, "rv64imac_zicsr_zifencei", NULL);
    tree_cpu(1, 6, "rv64imafdc_zicsr_zifencei", "riscv,sv39");
    tree_cpu(2, 5, "rv64gc", "riscv,sv57");
    tree_close();
    tree_finish();
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
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open_cpus();
    tree_cpu(0, 2, isa, NULL);
    tree_close();
    tree_finish();
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
    CHECK_EQUAL(capabilities_of("rv64imac_sstc!"), HART_RV64IMAC); /* below the digits */
    CHECK_EQUAL(capabilities_of("rv64imaczicsrsstc"), HART_RV64IMAC); /* one name up to the underscore */
    CHECK_EQUAL(capabilities_of("rv64imacxsstc_svadu9p0"), HART_RV64IMAC | HART_SVADU);
    CHECK_EQUAL(capabilities_of("rv32imafdc_sstc"), 0);
    CHECK_EQUAL(capabilities_of("rv64"), 0);
    CHECK_EQUAL(capabilities_of("rv64_"), 0);
    CHECK_EQUAL(capabilities_of("rv64___"), 0);
    CHECK_EQUAL(capabilities_of(""), 0);
}

static void cpu_of_base(const char *base, bool has_list)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open_cpus();
    tree_open("cpu@0");
    tree_text("device_type", "cpu");
    CELLS("reg", 0);
    tree_text("riscv,isa-base", base);
    if (has_list) {
        STRINGS("riscv,isa-extensions", "i\0m\0a\0f\0d\0c\0zicsr\0svadu\0sstc");
    }
    tree_text("mmu-type", "riscv,sv39");
    tree_close();
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
}

TEST(isa_extension_lists_are_read_too)
{
    cpu_of_base("rv64i", true);
    CHECK_EQUAL(machine.harts[0].capabilities,
                HART_ENABLED | HART_MMU | HART_RV64IMAC | HART_FLOAT | HART_SSTC | HART_SVADU);
    CHECK(machine_hart_is_usable(&machine.harts[0]));
    cpu_of_base("rv32i", true);
    CHECK_EQUAL(machine.harts[0].capabilities, HART_ENABLED | HART_MMU);
    cpu_of_base("rv64i", false);
    CHECK_EQUAL(machine.harts[0].capabilities, HART_ENABLED | HART_MMU);
    CHECK(!machine_hart_is_usable(&machine.harts[0]));
}

TEST(a_disabled_hart_is_kept_and_not_usable)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open_cpus();
    tree_open("cpu@0");
    tree_text("device_type", "cpu");
    CELLS("reg", 0);
    tree_text("status", "disabled");
    tree_text("riscv,isa", "rv64gc");
    tree_text("mmu-type", "riscv,sv39");
    tree_controller(2);
    tree_close();
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.hart_count, 1);
    CHECK(!machine_hart_is_usable(&machine.harts[0]));
    CHECK_EQUAL(machine.harts[0].capabilities & HART_INTERRUPT_CONTROLLER, 0);
}

static void many_cpus(uint32_t count)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open_cpus();
    for (uint32_t i = 0; i < count; i++) {
        tree_cpu(i, 100 + i, "rv64gc", "riscv,sv39");
    }
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
}

TEST(no_hart_and_64_harts_are_fine_and_further_ones_are_noted)
{
    many_cpus(0);
    CHECK_EQUAL(machine.hart_count, 0);
    CHECK(has_note("cpus", "it describes no hart"));
    many_cpus(64);
    CHECK_EQUAL(machine.hart_count, 64);
    CHECK_EQUAL(machine.note_count, 0);
    many_cpus(65);
    CHECK_EQUAL(machine.hart_count, 64);
    CHECK(has_note("cpu@40", "there are more harts than are kept"));
}

TEST(nodes_that_nobody_knows_are_passed_over)
{
    tree_open_virt();
    tree_open("pci@30000000");
    tree_text("device_type", "pci");
    CELLS("#address-cells", 3);
    CELLS("#size-cells", 2);
    CELLS("ranges", 1, 2, 3, 4, 5);
    tree_property("compatible", "no NUL at the end", 17);
    tree_property("status", "", 0);
    tree_open("child");
    CELLS("reg", 1, 2, 3, 4, 5);
    tree_flag("compatible");
    tree_close();
    tree_close();
    tree_open("cpus-like");
    CELLS("timebase-frequency", 0);
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.timebase_hz, 10000000);
    CHECK_EQUAL(machine.note_count, 0);
}

TEST(names_far_back_in_the_strings_block_are_known_as_well)
{
    tree_start();
    tree_root();
    for (int i = 0; i < 40; i++) {
        char name[24];

        snprintf(name, sizeof(name), "vendor,property-%02d", i);
        tree_flag(name);
    }
    tree_root_cells();
    tree_memory(0, 0x80000000, 0, 0x1000);
    tree_one_cpu();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(machine.bank_count, 1);
    CHECK_EQUAL(machine.hart_count, 1);
}

TEST(a_long_model_is_cut)
{
    char model[200];

    memset(model, 'm', sizeof(model) - 1);
    model[sizeof(model) - 1] = 0;
    tree_start();
    tree_root();
    tree_text("model", model);
    tree_one_cpu();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK_EQUAL(strlen(machine.model), MACHINE_MODEL_BYTES - 1);
}
