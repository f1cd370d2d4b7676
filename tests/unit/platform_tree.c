/* See platform_tree.h. */
#include "platform_tree.h"

#include "device_tree.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE 65536

static char building[SPACE];
uint8_t *tree_blob;
uint32_t tree_blob_bytes;
struct machine machine;
const char *reason;

static void must(int error)
{
    if (error != 0) {
        fprintf(stderr, "libfdt: %s\n", fdt_strerror(error));
        abort();
    }
}

void tree_start(void)
{
    must(fdt_create(building, SPACE));
}

void tree_reserve(uint64_t address, uint64_t size_bytes)
{
    must(fdt_add_reservemap_entry(building, address, size_bytes));
}

void tree_root(void)
{
    must(fdt_finish_reservemap(building));
    must(fdt_begin_node(building, ""));
}

void tree_open(const char *name)
{
    must(fdt_begin_node(building, name));
}

void tree_close(void)
{
    must(fdt_end_node(building));
}

void tree_text(const char *name, const char *value)
{
    must(fdt_property_string(building, name, value));
}

void tree_property(const char *name, const void *value, int size)
{
    must(fdt_property(building, name, value, size));
}

void tree_cell_array(const char *name, const uint32_t *values, size_t count)
{
    fdt32_t big_endian[64];

    must(count <= 64 ? 0 : -FDT_ERR_NOSPACE);
    for (size_t i = 0; i < count; i++) {
        big_endian[i] = cpu_to_fdt32(values[i]);
    }
    tree_property(name, big_endian, (int)(4 * count));
}

void tree_flag(const char *name)
{
    tree_property(name, "", 0);
}

void tree_finish(void)
{
    tree_close();
    must(fdt_finish(building));
    tree_blob_bytes = fdt_totalsize(building);
    free(tree_blob);
    tree_blob = malloc(tree_blob_bytes);
    memcpy(tree_blob, building, tree_blob_bytes);
}

void tree_root_cells(void)
{
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
}

void tree_memory(uint32_t high, uint32_t low, uint32_t size_high, uint32_t size_low)
{
    char name[32];

    snprintf(name, sizeof(name), "memory@%x%08x", high, low);
    tree_open(name);
    tree_text("device_type", "memory");
    CELLS("reg", high, low, size_high, size_low);
    tree_close();
}

#define VIRT_ISA "rv64imafdch_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_sstc"

void tree_open_cpus(void)
{
    tree_open("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    CELLS("timebase-frequency", 10000000);
}

void tree_controller(uint32_t phandle)
{
    tree_open("interrupt-controller");
    CELLS("#interrupt-cells", 1);
    tree_flag("interrupt-controller");
    tree_text("compatible", "riscv,cpu-intc");
    CELLS("phandle", phandle);
    tree_close();
}

void tree_cpu(uint32_t hart_id, uint32_t phandle, const char *isa, const char *mmu)
{
    char name[32];

    snprintf(name, sizeof(name), "cpu@%x", hart_id);
    tree_open(name);
    tree_text("device_type", "cpu");
    CELLS("reg", hart_id);
    tree_text("status", "okay");
    tree_text("compatible", "riscv");
    tree_text("riscv,isa", isa);
    if (mmu) {
        tree_text("mmu-type", mmu);
    }
    tree_controller(phandle);
    tree_close();
}

void tree_one_cpu(void)
{
    tree_open_cpus();
    tree_cpu(0, 2, VIRT_ISA, "riscv,sv48");
    tree_close();
}

void tree_open_soc(void)
{
    tree_open("soc");
    tree_root_cells();
    tree_text("compatible", "simple-bus");
    tree_flag("ranges");
}

void tree_plic(uint32_t phandle, const uint32_t *wiring, size_t count)
{
    tree_open("plic@c000000");
    CELLS("phandle", phandle);
    CELLS("riscv,ndev", 96);
    CELLS("reg", 0, 0xc000000, 0, 0x600000);
    tree_cell_array("interrupts-extended", wiring, count);
    STRINGS("compatible", "sifive,plic-1.0.0\0riscv,plic0");
    tree_close();
}

void tree_serial(const char *name, uint32_t base, uint32_t source)
{
    tree_open(name);
    CELLS("interrupts", source);
    CELLS("interrupt-parent", 3);
    CELLS("clock-frequency", 3686400);
    CELLS("reg", 0, base, 0, 0x100);
    tree_text("compatible", "ns16550a");
    tree_close();
}

static void tree_test_device(void)
{
    tree_open("test@100000");
    CELLS("reg", 0, 0x100000, 0, 0x1000);
    STRINGS("compatible", "sifive,test1\0sifive,test0\0syscon");
    tree_close();
}

const uint32_t tree_one_hart_wiring[4] = { 2, 11, 2, 9 };

void tree_virt_soc(void)
{
    tree_open_soc();
    tree_serial("serial@10000000", 0x10000000, 10);
    tree_test_device();
    tree_plic(3, tree_one_hart_wiring, 4);
    tree_close();
}

void tree_open_virt(void)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_text("model", "riscv-virtio,qemu");
    tree_memory(0, 0x80000000, 0, 0x8000000);
    tree_one_cpu();
    tree_virt_soc();
}

void tree_virt(void)
{
    tree_open_virt();
    tree_finish();
}

int read_tree(void)
{
    reason = NULL;
    return device_tree_read(tree_blob, tree_blob_bytes, &machine, &reason);
}

bool has_note(const char *name, const char *what)
{
    for (uint32_t i = 0; i < machine.note_count; i++) {
        if (strcmp(machine.notes[i].node, name) == 0 && strcmp(machine.notes[i].text, what) == 0) {
            return true;
        }
    }
    return false;
}
