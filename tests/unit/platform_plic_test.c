/* platform/plic.c against a device that checks the protocol of claim and completion. */
#include "plic.h"

#include "abi_errno.h"
#include "check.h"
#include "platform_world.h"

#define CONTEXT 3u

static unsigned calls[2];

static void first_handler(void)
{
    calls[0]++;
    world.raised[5] = false;
    CHECK_EQUAL(world.in_service[5], CONTEXT + 1);
}

static void second_handler(void)
{
    calls[1]++;
    world.raised[96] = false;
}

static void start(void)
{
    CHECK_EQUAL(plic_init(world_machine()), 0);
    CHECK_EQUAL(plic_open(CONTEXT), 0);
    CHECK_EQUAL(plic_connect(5, first_handler), 0);
    CHECK_EQUAL(plic_connect(96, second_handler), 0);
    plic_enable(5);
    plic_enable(96);
}

TEST(a_source_that_is_pending_calls_its_handler_and_is_completed)
{
    start();
    world.raised[5] = true;
    CHECK_EQUAL(plic_dispatch(), 1);
    CHECK_EQUAL(calls[0], 1);
    CHECK_EQUAL(world.completions, 1);
    CHECK_EQUAL(world.in_service[5], 0);
    world.raised[5] = world.raised[96] = true;
    CHECK_EQUAL(plic_dispatch(), 2);
    CHECK_EQUAL(calls[0], 2);
    CHECK_EQUAL(calls[1], 1);
}

TEST(c20_a_spurious_interrupt_is_nothing)
{
    start();
    CHECK_EQUAL(plic_dispatch(), 0);
    CHECK_EQUAL(world.completions, 0);
}

static void stuck_handler(void)
{
    calls[0]++;
}

TEST(a_source_that_stays_raised_does_not_keep_the_hart)
{
    CHECK_EQUAL(plic_init(world_machine()), 0);
    CHECK_EQUAL(plic_open(CONTEXT), 0);
    CHECK_EQUAL(plic_connect(5, stuck_handler), 0);
    plic_enable(5);
    world.raised[5] = true;
    uint32_t count = plic_dispatch();

    CHECK(count > 0 && count < 100);
    CHECK_EQUAL(calls[0], count);
    CHECK_EQUAL(world.completions, count);
    CHECK_EQUAL(plic_dispatch(), count); /* it comes again */
}

TEST(a_source_without_a_handler_is_completed)
{
    start();
    world.priorities[7] = 1;
    plic_enable(7);
    world.raised[7] = world.raised[96] = true;
    CHECK(plic_dispatch() > 1);
    CHECK_EQUAL(world.in_service[7], 0);
    CHECK_EQUAL(calls[0], 0);
    plic_disable(7);
    CHECK_EQUAL(plic_dispatch(), 1);
    CHECK_EQUAL(calls[1], 1);
}

TEST(an_interrupt_before_a_context_is_open_is_nothing)
{
    CHECK_EQUAL(plic_dispatch(), 0);
    CHECK_EQUAL(plic_init(world_machine()), 0);
    CHECK_EQUAL(plic_dispatch(), 0);
    CHECK_EQUAL(plic_connect(5, first_handler), -ENODEV);
}

TEST(what_the_firmware_left_enabled_is_silenced)
{
    struct machine *machine = world_machine();

    for (uint32_t source = 1; source <= WORLD_PLIC_SOURCES; source++) {
        world.priorities[source] = 7;
        world.enables[CONTEXT][source / 32] = UINT32_MAX;
    }
    world.thresholds[CONTEXT] = 7;
    CHECK_EQUAL(plic_init(machine), 0);
    CHECK_EQUAL(plic_open(CONTEXT), 0);
    CHECK_EQUAL(plic_connect(5, first_handler), 0);
    plic_enable(5);
    for (uint32_t source = 1; source <= WORLD_PLIC_SOURCES; source++) {
        world.raised[source] = true;
    }
    CHECK_EQUAL(plic_dispatch(), 1);
    CHECK_EQUAL(calls[0], 1);
}

TEST(a_disabled_source_is_silent_and_others_are_not)
{
    start();
    plic_disable(5);
    world.raised[5] = world.raised[96] = true;
    CHECK_EQUAL(plic_dispatch(), 1);
    CHECK_EQUAL(calls[0], 0);
    CHECK_EQUAL(calls[1], 1);
    plic_enable(5);
    CHECK_EQUAL(plic_dispatch(), 1);
}

TEST(a_source_that_the_controller_has_not_is_refused)
{
    start();
    CHECK_EQUAL(plic_connect(0, first_handler), -EINVAL);
    CHECK_EQUAL(plic_connect(WORLD_PLIC_SOURCES + 1, first_handler), -EINVAL);
    CHECK_EQUAL(plic_connect(UINT32_MAX, first_handler), -EINVAL);
    for (uint32_t source = 10; source < 10 + PLIC_HANDLERS_MAX - 2; source++) {
        CHECK_EQUAL(plic_connect(source, second_handler), 0);
    }
    CHECK_EQUAL(plic_connect(50, second_handler), -ENOSPC);
    CHECK_EQUAL(world.priorities[50], 0);
}

TEST(a_context_outside_of_the_registers_is_refused)
{
    struct machine *machine = world_machine();

    machine->plic.size_bytes = 0x203000;
    CHECK_EQUAL(plic_init(machine), 0);
    CHECK_EQUAL(plic_open(3), -ENODEV);
    CHECK_EQUAL(plic_open(UINT32_MAX), -ENODEV);
    CHECK_EQUAL(plic_open(2), 0);
}

TEST(a_machine_without_plic_or_room_for_it_is_refused)
{
    struct machine *machine = world_machine();

    machine->has_plic = false;
    CHECK_EQUAL(plic_init(machine), -ENODEV);
    machine->has_plic = true;
    world.has_no_room = true;
    CHECK_EQUAL(plic_init(machine), -ENODEV);
    CHECK_EQUAL(plic_open(0), -ENODEV);
}
