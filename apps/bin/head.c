/* head [-n COUNT] [FILE...]: the first COUNT lines, 10 if none is given; several files get a line with their name. */
#include <limits.h>
#include <string.h>

#include "inputs.h"

struct wanted {
    long line_count;
    bool has_titles;
    bool has_printed;
};

static bool print_head(FILE *input, const char *name, void *context)
{
    struct wanted *wanted = context;
    int c = 0;

    if (wanted->has_titles) {
        printf("%s==> %s <==\n", wanted->has_printed ? "\n" : "", name);
    }
    wanted->has_printed = true;
    for (long lines = 0; lines < wanted->line_count && (c = getc(input)) != EOF;) {
        putchar(c);
        lines += c == '\n';
    }
    return true;
}

int main(int argc, char **argv)
{
    struct wanted wanted = { .line_count = 10 };
    int first = 1;

    if (argc > 1 && strncmp(argv[1], "-n", 2) == 0) {
        const char *count = argv[1][2] != '\0' ? argv[1] + 2 : argc > 2 ? argv[2] : "";

        first = argv[1][2] != '\0' ? 2 : 3;
        if (!inputs_number(count, 0, LONG_MAX, &wanted.line_count)) {
            fprintf(stderr, "usage: head [-n COUNT] [FILE...]\n");
            return 2;
        }
    }
    wanted.has_titles = argc - first > 1;
    return inputs_each("head", argv + first, print_head, &wanted);
}
