/*
 * Start-up, in the one order that works, and the lines that tell of it.
 *
 *     firmware's console -> device tree -> command line -> console -> RAM -> frames -> exact mapping -> initrd
 *     -> regions -> file system -> interrupts, clock -> init
 *
 * Whatever is wrong with what others gave us (device tree, command line, initrd, too little RAM) ends in one line that
 * says what, and a stop with a non-zero status: never in silence.
 */
#include "start.h"

#include "abi_errno.h"
#include "arch.h"
#include "command_line.h"
#include "console.h"
#include "console_file.h"
#include "cpu.h"
#include "csr.h"
#include "device_files.h"
#include "device_tree.h"
#include "frame.h"
#include "futex.h"
#include "hart.h"
#include "harts.h"
#include "log.h"
#include "memory_layout.h"
#include "panic.h"
#include "plic.h"
#include "pool.h"
#include "power.h"
#include "quirks.h"
#include "random.h"
#include "region.h"
#include "root_files.h"
#include "sbi.h"
#include "scheduler.h"
#include "shared.h"
#include "spawn.h"
#include "supervisor_map.h"
#include "supervisor_trap.h"
#include "symbolizer.h"
#include "timer.h"
#include "trap.h"
#include "version.h"

#include <string.h>

/* The firmware and U-Boot pass trees of some ten KiB; this is what boot_map.c makes readable at the least. */
#define DEVICE_TREE_BYTES_MAX (2ull << 20)

static struct start_facts facts;
static struct machine machine;
static struct command_line command_line;
static struct memory_layout layout;
static char command_line_text[2048];

const struct start_facts *start_facts(void)
{
    return &facts;
}

_Noreturn static void stop_after_panic(void)
{
    power_off(1);
}

/* Somebody else's mistake, without which we can't go on. */
_Noreturn static void refuse(const char *what, const char *reason)
{
    log_error("%s: %s", what, reason);
    power_off(1);
}

static void start_first_hart(uint64_t hart_id)
{
    hart_init_first(hart_id);
    panic_set_output(console_put_in_panic);
    panic_set_stop(stop_after_panic, harts_stop_others);
    log_set_output(console_put);
}

/* Whether the tree's first and last byte are in memory; where that is, its header says (Devicetree spec., 5.2). */
static bool is_tree_readable(uint64_t address)
{
    const uint8_t *tree = arch_direct(paddr(address));

    if (address >= ARCH_DIRECT_LIMIT || address % 8 != 0 || !supervisor_trap_can_read(tree)) {
        return false;
    }
    uint64_t size = (uint64_t)tree[4] << 24 | (uint64_t)tree[5] << 16 | (uint64_t)tree[6] << 8 | tree[7];

    /* Other sizes are refused by their number alone. */
    return size == 0 || size > DEVICE_TREE_BYTES_MAX || supervisor_trap_can_read(tree + size - 1);
}

/* What the machine is, from the tree at @address; its words that are needed later are copied. */
static void read_device_tree(uint64_t address)
{
    const char *reason = "it lies out of reach";

    if (!is_tree_readable(address) ||
        device_tree_read(arch_direct(paddr(address)), DEVICE_TREE_BYTES_MAX, &machine, &reason) != 0) {
        refuse("the device tree can't be used", reason);
    }
    power_init(&machine);
    if (command_line_parse(machine.bootargs, command_line_text, sizeof(command_line_text), &command_line, &reason)) {
        refuse("the command line can't be used", reason);
    }
    facts.bench = command_line.bench;
    facts.audits = command_line.audits;
    random_seed(machine.rng_seed, machine.rng_seed_size_bytes);
    if (command_line.quiet) {
        log_set_quiet();
    }
}

static void log_machine(void)
{
    char firmware[48];

    sbi_describe(firmware, sizeof(firmware));
    log_info("Pando %s on %s, %s", PANDO_VERSION, machine.model, firmware);
    for (uint32_t i = 0; i < machine.note_count; i++) {
        log_info("device tree: %s: %s", machine.notes[i].node, machine.notes[i].text);
    }
    if (command_line.ignored[0] != '\0') {
        log_info("command line: not known and ignored: %s", command_line.ignored);
    }
    if (!random_is_seeded()) {
        log_info("random numbers: no seed of %u bytes in the device tree, so there are none", RANDOM_SEED_BYTES_MIN);
    }
}

static void lay_out_memory(uint64_t device_tree)
{
    const char *reason;
    struct memory_layout_input input = {
        .machine = &machine,
        .image = supervisor_map_image(),
        .tree = { paddr(device_tree), paddr(device_tree + machine.tree_size_bytes) },
        .has_initrd = machine.has_initrd,
        .initrd_start = machine.initrd_start,
        .initrd_end = machine.initrd_end,
        .address_limit = ARCH_DIRECT_LIMIT,
    };

    if (command_line.has_initrd) {
        input.has_initrd = true;
        input.initrd_start = command_line.initrd_start;
        input.initrd_end = command_line.initrd_end;
    }
    if (!input.has_initrd) {
        refuse("no initrd", "give one to the boot loader (QEMU: -initrd), or initrd=ADDRESS,SIZE on the command line");
    }
    if (memory_layout_make(&input, &layout, &reason)) {
        refuse("memory can't be laid out", reason);
    }
    if (layout.initrd_must_move) {
        log_info("initrd at 0x%lx is not on a page boundary: moving it to 0x%lx", input.initrd_start,
                 layout.initrd.start.value);
    }
    supervisor_map_rough(machine.banks, machine.bank_count);
    if (layout.initrd_must_move) {
        memmove(arch_direct(layout.initrd.start), arch_direct(paddr(input.initrd_start)),
                input.initrd_end - input.initrd_start);
    }
    uint64_t size = input.initrd_end - input.initrd_start;

    if (!is_page_aligned(size)) {
        memset((char *)arch_direct(layout.initrd.start) + size, 0, PAGE_SIZE - (size & PAGE_MASK));
    }
}

int start_take_frame_relock(paddr_t *out)
{
    int error = frame_alloc_zeroed_relock(FRAME_SUPERVISOR, &account_supervisor, out);

    facts.fixed_frames += error == 0;
    return error;
}

static bool give_back_caches(void)
{
    bool given = shared_reclaim();

    return pool_reclaim_all() > 0 || given;
}

static void start_memory(void)
{
    struct memory_span image = supervisor_map_image();

    facts.ram_frames = layout.ram_frames + layout.unreachable_frames;
    facts.firmware_frames = layout.firmware_frames + layout.unreachable_frames;
    facts.image_frames = (image.end.value - image.start.value) >> PAGE_SHIFT;
    arch_lock();
    int error = frame_init(layout.free, layout.free_count);

    arch_unlock();
    if (error) {
        refuse("memory can't be laid out", "RAM is in too many pieces");
    }
    arch_lock();
    error = supervisor_map_exact(machine.banks, machine.bank_count, machine.reserved, machine.reserved_count,
                                 start_take_frame_relock);
    if (error == 0) {
        error = frame_adopt(layout.initrd, FRAME_INITRD);
    }
    frame_set_reclaim(give_back_caches);
    arch_unlock();
    if (error) {
        refuse("RAM", "too little of it: give the machine more");
    }
    log_info("RAM %lu MiB: firmware %lu KiB, supervisor %lu KiB, initrd %lu KiB", facts.ram_frames >> 8,
             facts.firmware_frames * 4, facts.image_frames * 4,
             (layout.initrd.end.value - layout.initrd.start.value) >> 10);
}

static void start_files(void)
{
    const char *reason;

    arch_lock();
    int error = region_server_init();

    arch_unlock();
    if (error) {
        refuse("RAM", "too little of it for a shared region: give the machine more");
    }
    if (root_files_mount(layout.initrd.start, layout.initrd.end.value - layout.initrd.start.value, &reason)) {
        refuse("the initrd can't be used", reason);
    }
    symbolizer_init();
    device_files_mount();
    arch_lock();
    error = console_file_init();
    arch_unlock();
    if (error) {
        refuse("RAM", "too little of it for the console: give the machine more");
    }
    log_info("shared text window at 0x%llx, data window at 0x%llx, %llu MiB each", WINDOW_TEXT_BASE, WINDOW_DATA_BASE,
             WINDOW_BYTES >> 20);
}

static bool has(const struct machine_hart *hart, enum machine_hart_capability capability)
{
    return hart != NULL && (hart->capabilities & capability) != 0;
}

static void start_devices(uint64_t hart_id, struct cpu_features features)
{
    int index = machine_hart_find(&machine, hart_id);
    const struct machine_hart *hart = index < 0 ? NULL : &machine.harts[index];

    timer_init(machine.timebase_hz);
    scheduler_init();
    futex_init();
    cpu_counters_allow(command_line.bench);
    if (plic_init(&machine) || !has(hart, HART_PLIC) || plic_open(hart->plic_context) || console_listen()) {
        log_error("the console's interrupt does not reach hart %lu: there is output only", hart_id);
    } else {
        console_file_listen();
        cpu_device_interrupts_enable();
    }
    cpu_timer_interrupts_enable();
    cpu_software_interrupts_enable();
    log_info("rv64ima%sc%s%s, Sv39, %u ASID bits, timer by %s", has(hart, HART_FLOAT) ? "fd" : "",
             has(hart, HART_VECTOR) ? "v (off)" : "", has(hart, HART_SVADU) ? " Svadu" : "", features.asid_bits,
             features.sstc ? "Sstc" : "SBI");
}

static enum space_fences fences(void)
{
    struct hart_identity identity = { sbi_vendor(), sbi_architecture(), sbi_implementation() };

    return quirks_of(identity).no_fence_by_address ? SPACE_FENCES_ALL : SPACE_FENCES_PAGES;
}

_Noreturn void boot_start(uint64_t hart_id, uint64_t device_tree, uint64_t image, uint64_t instructions)
{
    const char *reason;
    uint64_t start_ticks = cpu_time();

    start_first_hart(hart_id);
    supervisor_map_init(image);
    sbi_init();
    read_device_tree(device_tree);
    (void)console_init(&machine); /* without a UART the firmware's console goes on */
    log_machine();
    lay_out_memory(device_tree);
    start_memory();
    struct cpu_features features = cpu_probe();

    cpu_use(features);
    spaces_init(features.asid_bits, fences());
    start_files();
    start_devices(hart_id, features);
    harts_start_others(&machine, features, command_line.bench);
    if (spawn_init(command_line.init, command_line.run, &reason)) {
        refuse("init can't be started", reason);
    }
    log_info("up %lu us after entry", (cpu_time() - start_ticks) * 1000000 / machine.timebase_hz);

    arch_lock();
    struct trap_frame *first = scheduler_start();

    facts.boot_instructions = instructions == 0 ? 0 : cpu_instructions() - instructions;
    trap_enter_user(first);
}
