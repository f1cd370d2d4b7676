/* platform/uart_ns16550.c against a device that refuses what a real one would lose. */
#include "uart.h"

#include "abi_errno.h"
#include "arch_device.h"
#include "check.h"
#include "platform_world.h"

#include <string.h>

static struct uart uart;

/* A port with registers of this kind, opened. */
static void start(uint8_t shift, uint8_t width, uint8_t fifo_bytes)
{
    (void)world_machine();
    world.uart_shift = shift;
    world.uart_width = width;
    world.uart_fifo_bytes = fifo_bytes;
    uart = (struct uart){
        .registers = arch_device_map(paddr(WORLD_UART_BASE), 8u << shift),
        .clock_hz = 3686400,
        .baud = 115200,
        .register_shift = shift,
        .register_width = width,
    };
    uart_ns16550_driver.open(&uart);
}

static void put(const char *text)
{
    uart_ns16550_driver.put(&uart, text, strlen(text));
}

static void check_sent(const char *text)
{
    CHECK_EQUAL(world.sent_size_bytes, strlen(text));
    CHECK_EQUAL(memcmp(world.sent, text, strlen(text)), 0);
}

TEST(bytes_come_out_in_order_whatever_the_register_layout)
{
    static const uint8_t layouts[][3] = { { 0, 1, 16 }, { 0, 1, 1 }, { 2, 4, 16 },
                                          { 2, 1, 16 }, { 1, 1, 1 }, { 4, 4, 1 } };
    const char *text = "a line that is longer than any FIFO of sixteen bytes";

    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        start(layouts[i][0], layouts[i][1], layouts[i][2]);
        put(text);
        check_sent(text);
    }
}

TEST(a_fifo_is_filled_with_one_look_at_the_status)
{
    start(0, 1, 16);
    world.status_polls = 0;
    put("0123456789abcdef");
    CHECK_EQUAL(world.status_polls, 1);
    put("0123456789abcdef0");
    CHECK_EQUAL(world.status_polls, 3);
}

TEST(a_part_without_fifo_gets_one_byte_at_a_time)
{
    start(0, 1, 1);
    world.status_polls = 0;
    put("0123");
    CHECK_EQUAL(world.status_polls, 4);
}

TEST(a_busy_transmitter_is_waited_for)
{
    start(0, 1, 16);
    world.uart_busy_polls = 10000;
    put("late");
    check_sent("late");
}

TEST(a_transmitter_that_never_empties_does_not_hang_output)
{
    start(0, 1, 16);
    world.uart_is_stuck = true;
    put("lost");
    check_sent("");
    CHECK(uart.stuck);
    world.status_polls = 0;
    put("lost as well, quickly");
    CHECK_EQUAL(world.status_polls, 1);
    world.uart_is_stuck = false;
    put("back");
    check_sent("back");
    CHECK(!uart.stuck);
}

TEST(the_speed_is_set_when_the_clock_is_known)
{
    start(0, 1, 16);
    CHECK_EQUAL(world.divisor, 2);
    uart.clock_hz = 500000000;
    uart_ns16550_driver.open(&uart);
    CHECK_EQUAL(world.divisor, 271);
}

TEST(the_firmwares_speed_stays_when_the_clock_makes_no_sense)
{
    static const uint32_t clocks[] = { 0, 1, UINT32_MAX };

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        start(0, 1, 16);
        world.divisor = 77;
        uart.clock_hz = clocks[i];
        uart.baud = clocks[i] == UINT32_MAX ? 9 : 115200;
        uart_ns16550_driver.open(&uart);
        CHECK_EQUAL(world.divisor, 77);
    }
    uart.clock_hz = 3686400;
    uart.baud = 0;
    uart_ns16550_driver.open(&uart);
    CHECK_EQUAL(world.divisor, 77);
}

TEST(what_was_typed_before_the_port_was_opened_is_kept)
{
    (void)world_machine();
    world_type("ab", 2);
    uart = (struct uart){ .registers = arch_device_map(paddr(WORLD_UART_BASE), 8), .register_width = 1 };
    uart_ns16550_driver.open(&uart);
    CHECK_EQUAL(uart_ns16550_driver.get(&uart), 'a');
    CHECK_EQUAL(uart_ns16550_driver.get(&uart), 'b');
    CHECK_EQUAL(uart_ns16550_driver.get(&uart), -EAGAIN);
}

TEST(every_byte_value_is_received_as_it_is)
{
    start(2, 4, 16);
    for (int value = 0; value < 256; value++) {
        char byte = (char)value;

        world_type(&byte, 1);
        CHECK_EQUAL(uart_ns16550_driver.get(&uart), value);
    }
}

TEST(interrupts_are_off_until_somebody_listens)
{
    start(0, 1, 16);
    CHECK_EQUAL(world.interrupts_on, 0);
    uart_ns16550_driver.listen(&uart);
    CHECK_EQUAL(world.interrupts_on, 1);
    uart_ns16550_driver.unlisten(&uart);
    CHECK_EQUAL(world.interrupts_on, 0);
}
