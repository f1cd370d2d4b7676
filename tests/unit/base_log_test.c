/* arch/base/log.c: what reaches the console. */
#include "log.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

static char output[65536];
static size_t output_size;

static void put(const char *bytes, unsigned long size)
{
    CHECK(output_size + size < sizeof(output));
    memcpy(output + output_size, bytes, size);
    output_size += size;
    output[output_size] = '\0';
}

TEST(a_line_has_the_name_in_front_and_one_line_end)
{
    log_set_output(put);
    log_info("%s has %d harts at %#lx", "virt", 4, 0x80000000ul);
    log_error("no\nnews\n");
    CHECK_STRING(output, "pando: virt has 4 harts at 0x80000000\npando: no news \n");
}

TEST(lines_from_before_the_console_come_when_it_is_there_and_only_once)
{
    log_info("first");
    log_error("second");
    log_set_output(put);
    log_set_output(put);
    log_info("third");
    CHECK_STRING(output, "pando: first\npando: second\npando: third\n");
}

TEST(quiet_keeps_information_back_and_lets_errors_through)
{
    log_info("early");
    log_error("early error");
    log_set_quiet();
    log_set_output(put);
    log_info("late");
    log_error("late error");
    CHECK_STRING(output, "pando: early error\npando: late error\n");
}

TEST(a_line_that_is_too_long_is_cut_and_still_ends)
{
    log_set_output(put);
    for (int size = 200; size < 300; size++) {
        output_size = 0;
        log_info("%0*d", size, 0);
        CHECK(output_size <= 256);
        CHECK_EQUAL(output[output_size - 1], '\n');
        CHECK_EQUAL(output_size, (size < 248 ? size : 248) + 8);
    }
}

TEST(a_full_ring_keeps_the_newest_whole_lines)
{
    char wanted[32];

    for (int i = 0; i < 10000; i++) {
        log_info("line %d", i);
    }
    log_set_output(put);
    CHECK(output_size > 3800 && output_size < 4096);
    CHECK(strncmp(output, "pando: line ", 12) == 0);

    int number = 0;

    CHECK(sscanf(output, "pando: line %d\n", &number) == 1);
    for (const char *line = output; *line; line = strchr(line, '\n') + 1) {
        snprintf(wanted, sizeof(wanted), "pando: line %d\n", number++);
        CHECK(strncmp(line, wanted, strlen(wanted)) == 0);
    }
    CHECK_EQUAL(number, 10000);
}

TEST(the_ring_replays_whole_lines_whatever_their_sizes)
{
    uint64_t state = 7;

    for (int i = 0; i < 3000; i++) {
        log_error("%0*d", 1 + (int)(check_random(&state) % 260), 0);
    }
    log_set_output(put);
    for (const char *line = output; *line; line = strchr(line, '\n') + 1) {
        CHECK(strncmp(line, "pando: 0", 8) == 0);
        CHECK(strchr(line, '\n') - line < 256);
    }
    CHECK(output_size > 3500);
}
