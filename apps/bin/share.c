/*
 * share [-j]: who uses which frames of RAM, and how much sharing saves.
 *
 * One call brings it all, counted by one walk at one moment. Every frame of the machine belongs to exactly one row:
 * a task's PSS holds each frame that it maps, divided by the number of those who map it; the rows of the machine
 * hold the frames that no task maps. So the rows add up to the RAM, and share ends with status 1 if they do not.
 *
 * PSS comes in millionths of a frame, each frame's part rounded: the sum may be off by one millionth for each frame
 * that a task maps.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pando.h"

#define MICRO 1000000u
#define FRAME_KIB 4
#define SPARE_ROWS 8

struct report {
    struct abi_usage usage;
    struct abi_task_usage *rows;
    size_t count;
};

/* The report's rows grow until one call brings all tasks. */
static bool fill(struct report *report)
{
    size_t capacity = SPARE_ROWS;

    report->rows = NULL;
    for (;;) {
        struct abi_task_usage *grown = reallocarray(report->rows, capacity, sizeof(*grown));

        if (grown == NULL) {
            return false;
        }
        report->rows = grown;
        int count = pando_usage(&report->usage, grown, capacity);

        if (count < 0) {
            return false;
        }
        report->count = (size_t)count;
        if (report->count <= capacity) {
            return true;
        }
        capacity = report->count + SPARE_ROWS;
    }
}

static uint64_t machine_frames(const struct abi_usage *usage)
{
    return usage->firmware_frames + usage->supervisor_frames + usage->object_frames + usage->free_frames;
}

/* All rows together, in millionths of a frame. */
static uint64_t sum_micro(const struct report *report)
{
    uint64_t sum = machine_frames(&report->usage) * MICRO;

    for (size_t i = 0; i < report->count; i++) {
        sum += report->rows[i].pss_micro_frames;
    }
    return sum;
}

static bool adds_up(const struct report *report)
{
    uint64_t sum = sum_micro(report);
    uint64_t ram = report->usage.ram_frames * MICRO;
    uint64_t difference = sum > ram ? sum - ram : ram - sum;
    uint64_t rounded = 0;

    for (size_t i = 0; i < report->count; i++) {
        const struct abi_task_usage *row = &report->rows[i];

        rounded += row->ro_frames + row->private_frames + row->table_frames;
    }
    return difference <= rounded;
}

static uint64_t saved_total(const struct abi_usage *usage)
{
    return usage->saved_identity + usage->saved_segment + usage->saved_page + usage->saved_tables +
           usage->saved_in_place;
}

static void print_task(const struct abi_task_usage *row)
{
    char sharers[24] = "-";

    if (row->ro_sharers_max > 1) {
        snprintf(sharers, sizeof(sharers), "%" PRIu64, row->ro_sharers_max);
    }
    printf("%5d  %-15.*s %9" PRIu64 " %7" PRIu64 " %5s %8" PRIu64 " %7" PRIu64 " %8" PRIu64 ".%02u\n", (int)row->pid,
           ABI_TASK_NAME_BYTES, row->name, row->ro_frames, row->ro_shared_frames, sharers, row->private_frames,
           row->table_frames, row->pss_micro_frames / MICRO, (unsigned)(row->pss_micro_frames % MICRO / (MICRO / 100)));
}

static void print_machine(const char *name, uint64_t frames)
{
    printf("       %-54s %8" PRIu64 ".00\n", name, frames);
}

static void print_sum(const struct report *report)
{
    uint64_t rounded = (sum_micro(report) + MICRO / 2) / MICRO;
    uint64_t ram = report->usage.ram_frames;
    uint64_t ram_kib = ram * FRAME_KIB;
    bool is_whole_mib = ram_kib % 1024 == 0;

    printf("       %-54s %8" PRIu64 ".00\n", "sum", rounded);
    printf("       %-54s %8" PRIu64 ".00  (%" PRIu64 " %s)  %s\n", "RAM", ram, is_whole_mib ? ram_kib / 1024 : ram_kib,
           is_whole_mib ? "MiB" : "KiB", adds_up(report) ? "equal" : "NOT EQUAL");
}

static void print_saved(const struct abi_usage *usage)
{
    printf("Saved against private copies: %" PRIu64 " frames (same image %" PRIu64 ", same segment %" PRIu64
           ", same page %" PRIu64 ",\npage tables %" PRIu64 ", mapped in place %" PRIu64 ")\n",
           saved_total(usage), usage->saved_identity, usage->saved_segment, usage->saved_page, usage->saved_tables,
           usage->saved_in_place);
}

static void print_table(const struct report *report)
{
    printf("Frames of 4 KiB; PSS: each frame divided by the number of tasks that map it\n"
           "  pid  name            read-only  shared    by  private  tables         PSS\n");
    for (size_t i = 0; i < report->count; i++) {
        print_task(&report->rows[i]);
    }
    print_machine("firmware", report->usage.firmware_frames);
    print_machine("supervisor", report->usage.supervisor_frames);
    print_machine("unmapped objects", report->usage.object_frames);
    print_machine("free", report->usage.free_frames);
    print_sum(report);
    print_saved(&report->usage);
}

static void print_json_string(const char *text, size_t limit)
{
    putchar('"');
    for (size_t i = 0; i < limit && text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\') {
            printf("\\%c", c);
        } else if (c < ' ' || c >= 127) {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static void print_json_task(const struct abi_task_usage *row)
{
    printf("{\"pid\": %d, \"name\": ", (int)row->pid);
    print_json_string(row->name, ABI_TASK_NAME_BYTES);
    printf(", \"ro_frames\": %" PRIu64 ", \"ro_shared_frames\": %" PRIu64 ", \"private_frames\": %" PRIu64
           ", \"table_frames\": %" PRIu64 ", \"pss_frames\": %" PRIu64 ".%06u}",
           row->ro_frames, row->ro_shared_frames, row->private_frames, row->table_frames, row->pss_micro_frames / MICRO,
           (unsigned)(row->pss_micro_frames % MICRO));
}

static void print_json(const struct report *report)
{
    const struct abi_usage *usage = &report->usage;

    printf("{\"ram_frames\": %" PRIu64 ", \"firmware_frames\": %" PRIu64 ", \"supervisor_frames\": %" PRIu64
           ", \"descriptor_frames\": %" PRIu64 ", \"object_frames\": %" PRIu64 ", \"free_frames\": %" PRIu64 ",\n",
           usage->ram_frames, usage->firmware_frames, usage->supervisor_frames, usage->descriptor_frames,
           usage->object_frames, usage->free_frames);
    printf(" \"saved\": {\"identity\": %" PRIu64 ", \"segment\": %" PRIu64 ", \"page\": %" PRIu64
           ", \"tables\": %" PRIu64 ", \"in_place\": %" PRIu64 "},\n \"tasks\": [",
           usage->saved_identity, usage->saved_segment, usage->saved_page, usage->saved_tables, usage->saved_in_place);
    for (size_t i = 0; i < report->count; i++) {
        fputs(i == 0 ? "\n  " : ",\n  ", stdout);
        print_json_task(&report->rows[i]);
    }
    printf("\n]}\n");
}

int main(int argc, char **argv)
{
    bool is_json = argc == 2 && strcmp(argv[1], "-j") == 0;
    struct report report;

    if (argc > 1 && !is_json) {
        fprintf(stderr, "usage: share [-j]\n");
        return 2;
    }
    if (!fill(&report)) {
        fprintf(stderr, "share: %s\n", pando_strerror(errno));
        return 1;
    }
    if (is_json) {
        print_json(&report);
    } else {
        print_table(&report);
    }
    return adds_up(&report) ? 0 : 1;
}
