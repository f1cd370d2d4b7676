/*
 * hexdump [-n COUNT] [FILE...]: 16 bytes a line, in hexadecimal and as text. Lines that repeat the one before are one
 * line with an asterisk.
 */
#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "inputs.h"

enum { ROW_BYTES = 16 };

struct dump {
    uint64_t offset;
    uint64_t left;
    size_t size; /* of the row, while it is filled */
    unsigned char row[ROW_BYTES];
    unsigned char before[ROW_BYTES];
    bool has_before;
    bool is_repeating;
};

static void print_row(const struct dump *dump)
{
    printf("%08llx ", (unsigned long long)dump->offset);
    for (size_t i = 0; i < ROW_BYTES; i++) {
        const char *gap = i == ROW_BYTES / 2 ? "  " : " ";

        if (i < dump->size) {
            printf("%s%02x", gap, dump->row[i]);
        } else {
            printf("%s  ", gap);
        }
    }
    printf("  |");
    for (size_t i = 0; i < dump->size; i++) {
        putchar(isprint(dump->row[i]) && dump->row[i] < 0x80 ? dump->row[i] : '.');
    }
    printf("|\n");
}

static void end_row(struct dump *dump)
{
    bool is_same = dump->size == ROW_BYTES && dump->has_before && memcmp(dump->row, dump->before, ROW_BYTES) == 0;

    if (!is_same) {
        print_row(dump);
    } else if (!dump->is_repeating) {
        printf("*\n");
    }
    dump->is_repeating = is_same;
    dump->has_before = true;
    memcpy(dump->before, dump->row, ROW_BYTES);
    dump->offset += dump->size;
    dump->size = 0;
}

/* Files are dumped as if they were one. */
static bool take(FILE *input, const char *name, void *context)
{
    struct dump *dump = context;
    int c;

    (void)name;
    while (dump->left > 0 && (c = getc(input)) != EOF) {
        dump->row[dump->size++] = (unsigned char)c;
        dump->left--;
        if (dump->size == ROW_BYTES) {
            end_row(dump);
        }
    }
    return true;
}

static int complain_about_use(void)
{
    fprintf(stderr, "usage: hexdump [-n COUNT] [FILE...]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct dump dump = { .left = UINT64_MAX };
    int first = 1;
    long count;

    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        if (argc < 3 || !inputs_number(argv[2], 0, LONG_MAX, &count)) {
            return complain_about_use();
        }
        dump.left = (uint64_t)count;
        first = 3;
    }
    first = inputs_first(argv, first);
    if (first == 0) {
        return complain_about_use();
    }
    int status = inputs_each("hexdump", argv + first, take, &dump);

    if (dump.size > 0) {
        end_row(&dump);
    }
    if (dump.offset > 0) {
        printf("%08llx\n", (unsigned long long)dump.offset);
    }
    return status;
}
