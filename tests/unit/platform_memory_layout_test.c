/* platform/memory_layout.c: who has which part of RAM. Each test ends with the layout's invariants. */
#include "memory_layout.h"

#include "abi_errno.h"
#include "check.h"
#include "memory_spans.h"

#include <string.h>

#define RAM 0x80000000ull
#define MIB 0x100000ull
#define IMAGE_START (RAM + 2 * MIB)
#define IMAGE_END (IMAGE_START + 0x80000)

static struct machine machine;
static struct memory_layout_input input;
static struct memory_layout layout;
static const char *reason;

/* 128 MiB, firmware in the first 512 KiB, the image at 2 MiB, the device tree near the end. */
static void start(void)
{
    memset(&machine, 0, sizeof(machine));
    machine.bank_count = 1;
    machine.banks[0] = memory_span_of(RAM, RAM + 128 * MIB);
    machine.reserved_count = 1;
    machine.reserved[0] = memory_span_of(RAM, RAM + 0x80000);
    input = (struct memory_layout_input){
        .machine = &machine,
        .image = memory_span_of(IMAGE_START, IMAGE_END),
        .tree = memory_span_of(RAM + 127 * MIB + 0x123, RAM + 127 * MIB + 0x1523),
        .address_limit = 252ull << 30,
    };
}

static void with_initrd(uint64_t first, uint64_t end)
{
    input.has_initrd = true;
    input.initrd_start = first;
    input.initrd_end = end;
}

static bool has_common(struct memory_span a, struct memory_span b)
{
    return a.start.value < b.end.value && b.start.value < a.end.value;
}

/* The invariants in the head comment, and that every frame is accounted for. */
static void check_layout(void)
{
    struct memory_spans free = { layout.free, layout.free_count, MEMORY_LAYOUT_FREE_MAX };
    struct memory_spans banks = { machine.banks, machine.bank_count, MACHINE_BANKS_MAX };
    uint64_t frames = layout.firmware_frames;

    CHECK_STRING(memory_spans_audit(&free), NULL);
    for (uint32_t i = 0; i < layout.free_count; i++) {
        struct memory_span span = layout.free[i];

        CHECK(is_page_aligned(span.start.value) && is_page_aligned(span.end.value));
        CHECK(memory_spans_contain(&banks, span.start.value, span.end.value));
        CHECK(span.end.value <= input.address_limit);
        CHECK(!has_common(span, input.image) && !has_common(span, layout.initrd));
        for (uint32_t k = 0; k < machine.reserved_count; k++) {
            CHECK(!has_common(span, machine.reserved[k]));
        }
        for (uint32_t k = 0; k < machine.loader_reserved_count; k++) {
            CHECK(!has_common(span, machine.loader_reserved[k]));
        }
        frames += (span.end.value - span.start.value) >> PAGE_SHIFT;
    }
    frames += (input.image.end.value - input.image.start.value) >> PAGE_SHIFT;
    frames += (layout.initrd.end.value - layout.initrd.start.value) >> PAGE_SHIFT;
    CHECK_EQUAL(frames, layout.ram_frames);
}

static void check_made(void)
{
    reason = NULL;
    CHECK_EQUAL(memory_layout_make(&input, &layout, &reason), 0);
    check_layout();
}

static void check_refused(int error, const char *why)
{
    reason = NULL;
    CHECK_EQUAL(memory_layout_make(&input, &layout, &reason), error);
    CHECK_STRING(reason, why);
}

static void check_free(uint32_t index, uint64_t first, uint64_t end)
{
    CHECK(index < layout.free_count);
    CHECK_EQUAL(layout.free[index].start.value, first);
    CHECK_EQUAL(layout.free[index].end.value, end);
}

TEST(what_nobody_has_is_free_and_the_device_tree_with_it)
{
    start();
    with_initrd(RAM + 64 * MIB, RAM + 65 * MIB);
    check_made();
    CHECK_EQUAL(layout.free_count, 3);
    check_free(0, RAM + 0x80000, IMAGE_START);
    check_free(1, IMAGE_END, RAM + 64 * MIB);
    check_free(2, RAM + 65 * MIB, RAM + 128 * MIB);
    CHECK_EQUAL(layout.ram_frames, 32768);
    CHECK_EQUAL(layout.firmware_frames, 128);
    CHECK_EQUAL(layout.unreachable_frames, 0);
    CHECK(!layout.initrd_must_move);
    CHECK_EQUAL(layout.initrd.start.value, RAM + 64 * MIB);
}

TEST(no_initrd_is_no_error)
{
    start();
    check_made();
    CHECK_EQUAL(layout.initrd.start.value, layout.initrd.end.value);
    CHECK_EQUAL(layout.free_count, 2);
}

TEST(the_last_page_of_an_initrd_is_its_own)
{
    start();
    with_initrd(RAM + 64 * MIB, RAM + 64 * MIB + 1);
    check_made();
    CHECK_EQUAL(layout.initrd.end.value, RAM + 64 * MIB + PAGE_SIZE);
}

TEST(an_unaligned_initrd_moves_down_when_the_page_is_its_own)
{
    start();
    with_initrd(RAM + 64 * MIB + 0xf00, RAM + 64 * MIB + 0x1f01);
    check_made();
    CHECK(layout.initrd_must_move);
    CHECK_EQUAL(layout.initrd.start.value, RAM + 64 * MIB);
    CHECK_EQUAL(layout.initrd.end.value, RAM + 64 * MIB + 0x2000);
}

TEST(an_unaligned_initrd_moves_down_though_the_loader_reserved_its_bytes)
{
    start();
    machine.loader_reserved_count = 1;
    machine.loader_reserved[0] = memory_span_of(RAM + 64 * MIB + 0x10, RAM + 65 * MIB + 0x10);
    with_initrd(RAM + 64 * MIB + 0x10, RAM + 65 * MIB + 0x10);
    reason = NULL;
    CHECK_EQUAL(memory_layout_make(&input, &layout, &reason), 0);
    CHECK(layout.initrd_must_move);
    CHECK_EQUAL(layout.initrd.start.value, RAM + 64 * MIB);
    /* The page behind it was reserved with it and stays so. */
    CHECK_EQUAL(layout.firmware_frames, 128 + 1);
}

TEST(an_unaligned_initrd_moves_up_when_something_lies_in_front_of_it)
{
    start();
    input.tree = memory_span_of(RAM + 64 * MIB, RAM + 64 * MIB + 0x800);
    with_initrd(RAM + 64 * MIB + 0x800, RAM + 64 * MIB + 0x2000);
    check_made();
    CHECK(layout.initrd_must_move);
    CHECK_EQUAL(layout.initrd.start.value, RAM + 64 * MIB + 0x1000);
    CHECK_EQUAL(layout.initrd.end.value, RAM + 64 * MIB + 0x3000);
}

TEST(an_unaligned_initrd_without_room_is_refused)
{
    static const char *const why = "the initrd is not on a page boundary, and has no room to move to one";

    start();
    input.tree = memory_span_of(RAM + 64 * MIB, RAM + 64 * MIB + 0x800);
    machine.reserved[machine.reserved_count++] = memory_span_of(RAM + 64 * MIB + 0x2000, RAM + 64 * MIB + 0x3000);
    with_initrd(RAM + 64 * MIB + 0x800, RAM + 64 * MIB + 0x2000);
    check_refused(-EINVAL, why);
    start();
    input.tree = memory_span_of(RAM + 128 * MIB - 0x1000, RAM + 128 * MIB - 0x900);
    with_initrd(RAM + 128 * MIB - 0x900, RAM + 128 * MIB);
    check_refused(-EINVAL, why);
}

TEST(b6_no_ram_is_refused)
{
    start();
    machine.bank_count = 0;
    check_refused(-EINVAL, "the device tree names no RAM");
    start();
    input.address_limit = RAM;
    check_refused(-EINVAL, "the device tree names no RAM");
}

TEST(b6_an_image_outside_of_ram_is_refused)
{
    start();
    machine.banks[0] = memory_span_of(RAM, IMAGE_END - PAGE_SIZE);
    check_refused(-EINVAL, "no RAM bank holds the supervisor's image");
    start();
    machine.banks[0] = memory_span_of(IMAGE_START + PAGE_SIZE, RAM + 128 * MIB);
    check_refused(-EINVAL, "no RAM bank holds the supervisor's image");
    start();
    machine.reserved[0] = memory_span_of(RAM, IMAGE_START + PAGE_SIZE);
    check_refused(-EINVAL, "the supervisor's image lies in reserved memory");
}

TEST(b6_an_initrd_over_the_supervisor_is_refused)
{
    static const uint64_t ranges[][2] = {
        { IMAGE_START, IMAGE_START + 1 },
        { IMAGE_END - 1, IMAGE_END + PAGE_SIZE },
        { IMAGE_START - PAGE_SIZE, IMAGE_END + PAGE_SIZE },
        { IMAGE_START - PAGE_SIZE, IMAGE_START + 1 },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        start();
        with_initrd(ranges[i][0], ranges[i][1]);
        check_refused(-EINVAL, "the initrd overlaps the supervisor's image");
    }
    start();
    with_initrd(IMAGE_END, IMAGE_END + PAGE_SIZE);
    check_made();
}

TEST(b6_an_initrd_outside_of_ram_is_refused)
{
    static const uint64_t ranges[][2] = {
        { RAM + 128 * MIB - 1, RAM + 128 * MIB + 1 },
        { RAM + 128 * MIB, RAM + 129 * MIB },
        { 0, PAGE_SIZE },
        { UINT64_MAX - 1, UINT64_MAX },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        start();
        input.tree = memory_span_of(RAM + 16 * MIB, RAM + 17 * MIB);
        with_initrd(ranges[i][0], ranges[i][1]);
        check_refused(-EINVAL, "the initrd lies outside of RAM");
    }
    start();
    with_initrd(RAM + 64 * MIB, RAM + 64 * MIB);
    check_refused(-EINVAL, "the initrd is empty, or ends below its start");
    with_initrd(RAM + 64 * MIB, RAM + 63 * MIB);
    check_refused(-EINVAL, "the initrd is empty, or ends below its start");
    with_initrd(RAM + 0x1000, RAM + 0x2000);
    check_refused(-EINVAL, "the initrd lies in the firmware's memory");
    with_initrd(input.tree.start.value - 1, input.tree.start.value + 1);
    check_refused(-EINVAL, "the initrd overlaps the device tree");
}

TEST(what_the_loader_reserved_for_the_initrd_is_no_firmware)
{
    start();
    machine.loader_reserved_count = 2;
    machine.loader_reserved[0] = memory_span_of(RAM + 64 * MIB, RAM + 65 * MIB);
    machine.loader_reserved[1] = memory_span_of(RAM + 70 * MIB + 1, RAM + 70 * MIB + 2);
    with_initrd(RAM + 64 * MIB, RAM + 65 * MIB);
    check_made();
    CHECK_EQUAL(layout.firmware_frames, 128 + 1);
}

TEST(a_reservation_up_to_the_end_of_addresses_is_fine)
{
    start();
    machine.loader_reserved_count = 1;
    machine.loader_reserved[0] = memory_span_of(RAM + 120 * MIB, UINT64_MAX);
    check_made();
    CHECK_EQUAL(layout.free[1].end.value, RAM + 120 * MIB);
    CHECK_EQUAL(layout.firmware_frames, 128 + 8 * 256);
}

TEST(reserved_memory_outside_of_ram_does_not_count)
{
    start();
    machine.reserved[machine.reserved_count++] = memory_span_of(RAM + 127 * MIB, RAM + 200 * MIB);
    check_made();
    CHECK_EQUAL(layout.firmware_frames, 128 + 256);
}

TEST(ram_behind_the_limit_is_left_alone)
{
    start();
    machine.bank_count = 3;
    machine.banks[1] = memory_span_of(0x100000000, 0x200000000);
    machine.banks[2] = memory_span_of(0x300000000, 0x300001000);
    input.address_limit = 0x140000000;
    check_made();
    CHECK_EQUAL(layout.ram_frames, 32768 + 0x40000);
    CHECK_EQUAL(layout.unreachable_frames, 0xc0000 + 1);
    CHECK_EQUAL(layout.free[2].end.value, 0x140000000);
}

TEST(several_banks_with_holes_give_several_free_spans)
{
    start();
    machine.bank_count = MACHINE_BANKS_MAX;
    for (uint32_t i = 0; i < MACHINE_BANKS_MAX; i++) {
        machine.banks[i] = memory_span_of(RAM + i * 256 * MIB, RAM + i * 256 * MIB + 128 * MIB);
    }
    check_made();
    CHECK_EQUAL(layout.free_count, MACHINE_BANKS_MAX + 1);
}

TEST(ram_in_too_many_pieces_is_refused)
{
    start();
    machine.reserved_count = MACHINE_RESERVED_MAX;
    for (uint32_t i = 0; i < MACHINE_RESERVED_MAX; i++) {
        machine.reserved[i] = memory_span_of(RAM + (4 + 2 * i) * MIB, RAM + (5 + 2 * i) * MIB);
    }
    check_refused(-E2BIG, "RAM is cut into more than 32 free pieces");
    machine.reserved_count = MACHINE_RESERVED_MAX - 2;
    check_made();
    CHECK_EQUAL(layout.free_count, MEMORY_LAYOUT_FREE_MAX);
}

/* Small worlds in pages, each against a map of pages. */
TEST(random_machines_keep_the_invariants)
{
    uint64_t state = 1, made = 0;

    for (unsigned step = 0; step < 200000; step++) {
        struct memory_spans banks = { machine.banks, 0, MACHINE_BANKS_MAX };
        struct memory_spans reserved = { machine.reserved, 0, MACHINE_RESERVED_MAX };
        struct memory_spans loader = { machine.loader_reserved, 0, MACHINE_RESERVED_MAX };

        for (unsigned i = check_random(&state) % 4; i > 0; i--) {
            uint64_t first = check_random(&state) % 40;

            memory_spans_add(&banks, first * PAGE_SIZE, (first + check_random(&state) % 40) * PAGE_SIZE);
        }
        for (unsigned i = check_random(&state) % 3; i > 0; i--) {
            uint64_t first = check_random(&state) % 64;

            memory_spans_add(&reserved, first * PAGE_SIZE, (first + check_random(&state) % 6) * PAGE_SIZE);
        }
        for (unsigned i = check_random(&state) % 2; i > 0; i--) {
            uint64_t first = check_random(&state) % (64 * PAGE_SIZE);

            memory_spans_add(&loader, first, first + check_random(&state) % (4 * PAGE_SIZE));
        }
        machine.bank_count = banks.count;
        machine.reserved_count = reserved.count;
        machine.loader_reserved_count = loader.count;
        uint64_t image = check_random(&state) % 64, initrd = check_random(&state) % (64 * PAGE_SIZE);
        uint64_t blob = check_random(&state) % (64 * PAGE_SIZE);

        input = (struct memory_layout_input){
            .machine = &machine,
            .image = memory_span_of(image * PAGE_SIZE, (image + 1 + check_random(&state) % 4) * PAGE_SIZE),
            .tree = memory_span_of(blob, blob + check_random(&state) % 6000),
            .address_limit = check_random(&state) % 8 == 0 ? 50 * PAGE_SIZE : 252ull << 30,
        };
        if (check_random(&state) % 4) {
            with_initrd(check_random(&state) % 2 ? initrd : ALIGNED_DOWN(initrd, PAGE_SIZE), 0);
            input.initrd_end = input.initrd_start + check_random(&state) % (8 * PAGE_SIZE);
        }
        reason = NULL;
        if (memory_layout_make(&input, &layout, &reason) == 0) {
            uint64_t kept = input.address_limit;
            struct memory_spans all = { machine.banks, machine.bank_count, MACHINE_BANKS_MAX };

            memory_spans_remove(&all, kept, UINT64_MAX);
            machine.bank_count = all.count;
            check_layout();
            made++;
        } else {
            CHECK(reason != NULL && reason[0] != 0);
        }
    }
    CHECK(made > 20000);
}
