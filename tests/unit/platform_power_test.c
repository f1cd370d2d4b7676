/* platform/power.c: which way out is taken, and what is tried when it is closed. */
#include "power.h"

#include "check.h"
#include "console.h"
#include "platform_world.h"

#include <string.h>

static struct machine *machine;

static void start(void)
{
    machine = world_machine();
    CHECK_EQUAL(console_init(machine), 0);
    power_init(machine);
}

static void end_with(uint32_t status)
{
    if (setjmp(world_end) == 0) {
        power_off(status);
    }
}

static void check_sent(const char *text)
{
    CHECK_EQUAL(world.sent_size_bytes, strlen(text));
    CHECK_EQUAL(memcmp(world.sent, text, strlen(text)), 0);
}

TEST(success_ends_through_the_firmware)
{
    start();
    end_with(0);
    CHECK_EQUAL(world.reset_count, 1);
    CHECK_EQUAL(world.reset_type, 0);
    CHECK_EQUAL(world.exit_store, 0);
    check_sent("");
}

TEST(failure_ends_through_the_exit_device_with_its_status)
{
    start();
    end_with(7);
    CHECK_EQUAL(world.exit_store, 7 << 16 | 0x3333);
    CHECK_EQUAL(world.reset_count, 0);
    start();
    end_with(255);
    CHECK_EQUAL(world.exit_store, 255 << 16 | 0x3333);
    start();
    end_with(256 + 3);
    CHECK_EQUAL(world.exit_store, 3 << 16 | 0x3333);
}

TEST(without_the_device_the_status_is_the_last_line)
{
    static const struct {
        uint32_t status;
        const char *line;
    } lines[] = { { 0, "pando: exit 0\r\n" },
                  { 7, "pando: exit 7\r\n" },
                  { 42, "pando: exit 42\r\n" },
                  { 100, "pando: exit 100\r\n" },
                  { 255, "pando: exit 255\r\n" } };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        machine = world_machine();
        machine->has_exit_device = false;
        CHECK_EQUAL(console_init(machine), 0);
        power_init(machine);
        end_with(lines[i].status);
        check_sent(lines[i].line);
        CHECK_EQUAL(world.reset_count, 1);
    }
}

TEST(a_device_that_does_nothing_is_no_end)
{
    start();
    world.exit_device_is_deaf = true;
    end_with(9);
    check_sent("pando: exit 9\r\n");
    CHECK_EQUAL(world.reset_count, 1);
}

TEST(a_firmware_that_can_not_power_off_is_no_silent_end)
{
    start();
    world.firmware_is_deaf = true;
    end_with(0);
    CHECK_EQUAL(world.exit_store, 0x5555);
    start();
    world.firmware_is_deaf = world.exit_device_is_deaf = true;
    end_with(0);
    CHECK(world.has_halted);
    check_sent("pando: the firmware can't power off: halted\r\n");
}

TEST(a_restart_goes_through_the_firmware_then_the_device)
{
    start();
    if (setjmp(world_end) == 0) {
        power_restart();
    }
    CHECK_EQUAL(world.reset_type, 1);
    start();
    world.firmware_is_deaf = true;
    if (setjmp(world_end) == 0) {
        power_restart();
    }
    CHECK_EQUAL(world.exit_store, 0x7777);
    start();
    world.firmware_is_deaf = world.exit_device_is_deaf = true;
    if (setjmp(world_end) == 0) {
        power_restart();
    }
    CHECK(world.has_halted);
}

TEST(a_machine_that_can_not_map_the_device_does_without_it)
{
    machine = world_machine();
    CHECK_EQUAL(console_init(machine), 0);
    world.has_no_room = true;
    power_init(machine);
    end_with(5);
    check_sent("pando: exit 5\r\n");
}
