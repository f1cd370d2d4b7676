/* platform/device_tree.c: hostile case B6. Whatever a tree says, it is refused by name or read inside its bounds. */
#include "device_tree.h"

#include "abi_errno.h"
#include "check.h"
#include "platform_tree.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

static void check_refused(int error, const char *why)
{
    CHECK_EQUAL(read_tree(), error);
    CHECK_STRING(reason, why);
}

static void set_header(size_t index, uint32_t value)
{
    ((fdt32_t *)tree_blob)[index] = cpu_to_fdt32(value);
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
    tree_virt();
    set_header(HEADER_TOTAL, tree_blob_bytes + 1);
    check_refused(-E2BIG, "its total size is larger than the memory that may hold it");
    set_header(HEADER_TOTAL, 0x7fffffff);
    check_refused(-E2BIG, "its total size is larger than the memory that may hold it");
    for (uint32_t total = 0; total < tree_blob_bytes; total += 4) {
        set_header(HEADER_TOTAL, total);
        CHECK(read_tree() != 0);
        CHECK(reason != NULL && reason[0] != 0);
    }
    set_header(HEADER_TOTAL, UINT32_MAX);
    check_refused(-EINVAL, "its header names blocks outside of its total size");
}

TEST(b6_device_tree_cut_anywhere_is_refused_without_a_read_behind_its_end)
{
    tree_virt();
    uint8_t *whole = tree_blob;
    uint32_t whole_bytes = tree_blob_bytes;

    for (tree_blob_bytes = 0; tree_blob_bytes < whole_bytes; tree_blob_bytes++) {
        tree_blob = memcpy(malloc(tree_blob_bytes + 1), whole, tree_blob_bytes);
        tree_blob = realloc(tree_blob, tree_blob_bytes == 0 ? 1 : tree_blob_bytes);
        CHECK(read_tree() != 0);
        free(tree_blob);
    }
    tree_blob = whole;
}

TEST(b6_device_tree_with_a_bad_header_is_refused)
{
    tree_virt();
    set_header(HEADER_MAGIC, 0xd00dfeee);
    check_refused(-EINVAL, "it does not start with a device tree's magic number");
    tree_virt();
    set_header(HEADER_VERSION, 16);
    set_header(HEADER_COMPATIBLE_VERSION, 16);
    check_refused(-EINVAL, "its version is older than 17");
    tree_virt();
    set_header(HEADER_COMPATIBLE_VERSION, 18);
    set_header(HEADER_VERSION, 18);
    check_refused(-EINVAL, "its version is not supported");
    tree_virt();
    set_header(HEADER_STRUCTURE, fdt_off_dt_struct(tree_blob) + 2);
    CHECK_EQUAL(read_tree(), -EINVAL);
    tree_virt();
    set_header(HEADER_STRUCTURE_SIZE, 0x7ffffffc);
    check_refused(-EINVAL, "its header names blocks outside of its total size");
    tree_virt();
    set_header(HEADER_STRINGS, 0xfffffff0);
    check_refused(-EINVAL, "its header names blocks outside of its total size");
}

TEST(b6_device_tree_at_an_odd_address_is_refused)
{
    tree_virt();
    CHECK_EQUAL(device_tree_read(tree_blob + 4, tree_blob_bytes - 4, &machine, &reason), -EINVAL);
    CHECK_STRING(reason, "it is not on an 8-byte boundary");
    CHECK_EQUAL(device_tree_read(tree_blob, 39, &machine, &reason), -EINVAL);
    CHECK_STRING(reason, "it is too short for a header");
}

TEST(b6_device_tree_that_nests_too_deep_is_refused)
{
    for (int depth = 14; depth <= 400; depth = depth < 18 ? depth + 1 : depth * 2) {
        tree_start();
        tree_root();
        tree_one_cpu();
        for (int i = 0; i < depth; i++) {
            tree_open("n");
        }
        for (int i = 0; i < depth; i++) {
            tree_close();
        }
        tree_finish();
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
    return (fdt32_t *)(tree_blob + fdt_off_dt_struct(tree_blob));
}

static size_t structure_words(void)
{
    return fdt_size_dt_struct(tree_blob) / 4;
}

TEST(b6_device_tree_with_any_tag_replaced_is_never_read_outside)
{
    static const uint32_t tags[] = { 0, 1, 2, 3, 4, 5, 9, 0x7fffffff, 0x80000000, 0xfffffff4, 0xfffffff8, 0xffffffff };

    tree_virt();
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
    tree_virt();
    structure()[0] = cpu_to_fdt32(FDT_END_NODE);
    check_refused(-EINVAL, "it ends a node that has not begun");
    tree_virt();
    structure()[0] = cpu_to_fdt32(FDT_END);
    check_refused(-EINVAL, "it breaks off, or has an unknown tag");
    tree_virt();
    structure()[structure_words() - 2] = cpu_to_fdt32(FDT_END); /* in place of the root's end */
    check_refused(-EINVAL, "it breaks off, or has an unknown tag");
    tree_virt();
    structure()[structure_words() - 2] = cpu_to_fdt32(FDT_NOP);
    check_refused(-EINVAL, "it breaks off, or has an unknown tag");
}

TEST(b6_device_tree_with_two_roots_is_refused)
{
    tree_start();
    tree_root();
    tree_close();
    tree_open("");
    tree_finish();
    check_refused(-EINVAL, "it has more than one root node");
}

TEST(b6_device_tree_with_a_property_behind_a_child_is_refused)
{
    tree_start();
    tree_root();
    tree_open("child");
    tree_text("model", "x");
    tree_close();
    tree_finish();
    /* Make the child's begin-tag and its name two NOPs: then its property is the root's, and its end the root's. */
    size_t at = 2;

    CHECK_EQUAL(fdt32_to_cpu(structure()[at]), FDT_BEGIN_NODE);
    for (size_t i = 0; i < 3; i++) {
        structure()[at + i] = cpu_to_fdt32(FDT_NOP);
    }
    check_refused(-EINVAL, "it ends a node that has not begun");

    tree_start();
    tree_root();
    tree_open("child");
    tree_close();
    tree_open("model");
    tree_text("model", "x");
    tree_close();
    tree_finish();
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
        tree_virt();
        structure()[first_property()] = cpu_to_fdt32(lengths[i]);
        CHECK_EQUAL(read_tree(), -EINVAL);
    }
}

TEST(b6_device_tree_with_a_name_outside_of_the_strings_is_refused)
{
    tree_virt();
    uint32_t names[] = { fdt_size_dt_strings(tree_blob), fdt_size_dt_strings(tree_blob) + 1, 0x7fffffff, 0x80000000,
                         UINT32_MAX };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        tree_virt();
        structure()[first_property() + 1] = cpu_to_fdt32(names[i]);
        check_refused(-EINVAL, "a property's name lies outside of the strings block");
    }
    /* A last name without its NUL. */
    tree_virt();
    tree_blob[fdt_off_dt_strings(tree_blob) + fdt_size_dt_strings(tree_blob) - 1] = 'x';
    CHECK_EQUAL(read_tree(), -EINVAL);
    tree_virt();
    set_header(HEADER_STRINGS_SIZE, 0);
    check_refused(-EINVAL, "a property's name lies outside of the strings block");
}

TEST(b6_device_tree_with_reservations_that_wrap_or_never_end_is_refused)
{
    tree_start();
    tree_reserve(UINT64_MAX - 4095, 4097);
    tree_root();
    tree_one_cpu();
    tree_finish();
    check_refused(-EINVAL, "a memory reservation wraps around the end of the address space");

    tree_start();
    for (unsigned i = 0; i < 33; i++) {
        tree_reserve(0x80000000 + 0x2000 * i, 0x1000);
    }
    tree_root();
    tree_one_cpu();
    tree_finish();
    check_refused(-E2BIG, "there are more than 32 memory reservations");

    tree_virt();
    memset(tree_blob + fdt_off_mem_rsvmap(tree_blob), 1, 16); /* the terminator; what follows has no 16 zero bytes */
    CHECK_EQUAL(read_tree(), -EINVAL);
}

static void with_memory(const uint32_t *reg, size_t count)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_open("memory");
    tree_text("device_type", "memory");
    tree_cell_array("reg", reg, count);
    tree_close();
    tree_one_cpu();
    tree_finish();
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

    tree_start();
    tree_root();
    tree_root_cells();
    for (uint32_t i = 0; i < 17; i++) {
        tree_memory(i, 0, 0, 0x1000);
    }
    tree_one_cpu();
    tree_finish();
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
        tree_open_virt();
        tree_open("chosen");
        if (wrong[i].start_count) {
            tree_cell_array("linux,initrd-start", wrong[i].start, wrong[i].start_count);
        }
        if (wrong[i].end_count) {
            tree_cell_array("linux,initrd-end", wrong[i].end, wrong[i].end_count);
        }
        tree_close();
        tree_finish();
        check_refused(-EINVAL, "/chosen needs both linux,initrd-start and linux,initrd-end, of 4 or 8 bytes");
    }
    tree_open_virt();
    tree_open("chosen");
    CELLS("linux,initrd-start", 0x80000001);
    CELLS("linux,initrd-end", 0x80000000);
    tree_close();
    tree_finish();
    check_refused(-EINVAL, "linux,initrd-end lies below linux,initrd-start");
    tree_open_virt();
    tree_open("chosen");
    tree_property("bootargs", "no end", 6);
    tree_close();
    tree_finish();
    check_refused(-EINVAL, "/chosen: bootargs is not a string");
}

TEST(equal_ends_of_the_initrd_mean_none)
{
    tree_open_virt();
    tree_open("chosen");
    CELLS("linux,initrd-start", 0x80000000);
    CELLS("linux,initrd-end", 0x80000000);
    tree_close();
    tree_finish();
    CHECK_EQUAL(read_tree(), 0);
    CHECK(!machine.has_initrd);
}

TEST(b6_device_tree_without_a_timebase_is_refused)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_memory(0, 0x80000000, 0, 0x1000000);
    tree_finish();
    check_refused(-EINVAL, "/cpus has no timebase-frequency");
}

TEST(b6_device_tree_with_a_timebase_beyond_reason_is_refused)
{
    tree_start();
    tree_root();
    tree_root_cells();
    tree_memory(0, 0x80000000, 0, 0x1000000);
    tree_open("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    CELLS("timebase-frequency", 3, 0);
    tree_close();
    tree_finish();
    check_refused(-EINVAL, "/cpus has a timebase-frequency beyond 10 GHz");
}

TEST(b6_device_tree_with_malformed_harts_is_refused)
{
    tree_start();
    tree_root();
    tree_open_cpus();
    tree_cpu(1, 2, "rv64gc", "riscv,sv39");
    tree_cpu(1, 3, "rv64gc", "riscv,sv39");
    tree_close();
    tree_finish();
    check_refused(-EINVAL, "two cpu nodes have the same hart id");
    tree_start();
    tree_root();
    tree_open_cpus();
    tree_open("cpu@0");
    tree_text("device_type", "cpu");
    CELLS("reg", 0, 0);
    tree_close();
    tree_close();
    tree_finish();
    check_refused(-EINVAL, "a cpu node has no reg with its hart id");
}

TEST(b6_device_tree_with_odd_cell_counts_is_no_trap)
{
    static const uint32_t counts[] = { 0, 1, 3, 4, 5, 64, 255, 256, 0x40000000, 0x80000000, UINT32_MAX };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
            tree_start();
            tree_root();
            CELLS("#address-cells", counts[i]);
            CELLS("#size-cells", counts[k]);
            tree_one_cpu();
            tree_virt_soc();
            tree_finish();
            CHECK_EQUAL(read_tree(), 0);
        }
    }
}
