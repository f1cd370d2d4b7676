/* platform/console.c over the fake UART and PLIC. */
#include "console.h"

#include "abi_errno.h"
#include "check.h"
#include "platform_world.h"
#include "plic.h"

#include <string.h>

static unsigned notes;

static void receiver(void)
{
    notes++;
}

static void start(void)
{
    struct machine *machine = world_machine();

    CHECK_EQUAL(console_init(machine), 0);
    CHECK_EQUAL(plic_init(machine), 0);
    CHECK_EQUAL(plic_open(1), 0);
    console_set_receiver(receiver);
    CHECK_EQUAL(console_listen(), 0);
}

static void put(const char *text)
{
    console_put(text, strlen(text));
}

static void check_sent(const char *text)
{
    CHECK_EQUAL(world.sent_size_bytes, strlen(text));
    CHECK_EQUAL(memcmp(world.sent, text, strlen(text)), 0);
}

static void check_typed(const char *text)
{
    char bytes[512];
    size_t size = console_peek(bytes, sizeof(bytes));

    CHECK_EQUAL(size, strlen(text));
    CHECK_EQUAL(memcmp(bytes, text, size), 0);
    console_drop(size);
}

TEST(before_it_is_open_output_goes_through_the_firmware)
{
    (void)world_machine();
    put("early\n");
    CHECK_EQUAL(world.firmware_sent_size_bytes, 7);
    CHECK_EQUAL(memcmp(world.firmware_sent, "early\r\n", 7), 0);
}

TEST(a_line_feed_is_preceded_by_a_carriage_return)
{
    start();
    put("a\nb\n\nc");
    check_sent("a\r\nb\r\n\r\nc");
    put("");
    check_sent("a\r\nb\r\n\r\nc");
}

TEST(without_a_uart_output_stays_with_the_firmware)
{
    struct machine *machine = world_machine();

    machine->uart_count = 0;
    CHECK_EQUAL(console_init(machine), -ENODEV);
    CHECK_EQUAL(console_listen(), -ENODEV);
    put("x");
    CHECK_EQUAL(world.firmware_sent_size_bytes, 1);
    world.has_no_room = true;
    machine->uart_count = 1;
    CHECK_EQUAL(console_init(machine), -ENODEV);
}

TEST(the_uart_that_the_tree_chose_is_opened)
{
    struct machine *machine = world_machine();

    machine->uarts[1] = machine->uarts[0];
    machine->uarts[0].base = paddr(0x666000);
    machine->uart_count = 2;
    machine->console_uart = 1;
    CHECK_EQUAL(console_init(machine), 0);
    put("x");
    check_sent("x");
}

TEST(without_an_interrupt_there_is_output_only)
{
    struct machine *machine = world_machine();

    machine->uarts[0].source = 0;
    CHECK_EQUAL(console_init(machine), 0);
    CHECK_EQUAL(console_listen(), -ENODEV);
    machine->uarts[0].source = 10;
    CHECK_EQUAL(console_init(machine), 0);
    CHECK_EQUAL(console_listen(), -ENODEV); /* no PLIC is open */
    put("x");
    check_sent("x");
}

TEST(typed_bytes_arrive_by_interrupt_and_notify_once_each_time)
{
    start();
    world_type("hello", 5);
    CHECK_EQUAL(plic_dispatch(), 1);
    CHECK_EQUAL(notes, 1);
    check_typed("hello");
    CHECK_EQUAL(plic_dispatch(), 0);
    world_type("x", 1);
    CHECK_EQUAL(plic_dispatch(), 1);
    CHECK_EQUAL(notes, 2);
    check_typed("x");
    check_typed("");
}

TEST(peeking_takes_nothing_away)
{
    char bytes[3];

    start();
    world_type("abcd", 4);
    plic_dispatch();
    CHECK_EQUAL(console_peek(bytes, 3), 3);
    CHECK_EQUAL(console_peek(bytes, 2), 2);
    CHECK_EQUAL(memcmp(bytes, "abc", 3), 0);
    console_drop(1);
    CHECK_EQUAL(console_peek(bytes, 3), 3);
    CHECK_EQUAL(memcmp(bytes, "bcd", 3), 0);
    CHECK_EQUAL(console_peek(bytes, 0), 0);
}

TEST(dropping_more_than_there_is_is_our_own_mistake)
{
    start();
    world_type("a", 1);
    plic_dispatch();
    CHECK_PANICS(console_drop(2), "assertion");
}

TEST(input_without_a_receiver_is_kept)
{
    start();
    console_set_receiver(NULL);
    world_type("kept", 4);
    CHECK_EQUAL(plic_dispatch(), 1);
    check_typed("kept");
}

TEST(a_full_ring_leaves_bytes_in_the_line_and_loses_none)
{
    char text[2000];
    size_t first = 0;

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)(i * 7);
    }
    start();
    world_type(text, sizeof(text));
    while (first < sizeof(text)) {
        char bytes[100];

        plic_dispatch();
        CHECK_EQUAL(plic_dispatch(), 0); /* silent while the ring is full */
        size_t size = console_peek(bytes, sizeof(bytes));

        CHECK(size > 0);
        CHECK_EQUAL(memcmp(bytes, &text[first], size), 0);
        console_drop(size);
        first += size;
    }
    CHECK_EQUAL(world_untaken(), 0);
    check_typed("");
    world_type("on", 2);
    CHECK_EQUAL(plic_dispatch(), 1);
    check_typed("on");
}

TEST(a_ring_that_is_just_full_starts_again)
{
    char text[256], bytes[256];

    memset(text, 'x', sizeof(text));
    start();
    world_type(text, sizeof(text));
    plic_dispatch();
    CHECK_EQUAL(world.interrupts_on, 0);
    console_drop(0);
    CHECK_EQUAL(world.interrupts_on, 0);
    CHECK_EQUAL(console_peek(bytes, sizeof(bytes)), 256);
    console_drop(256);
    CHECK_EQUAL(world.interrupts_on, 1);
}
