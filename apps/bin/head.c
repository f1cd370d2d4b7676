/*
 * head [-n LINES | -c BYTES] [FILE...]: the beginning, 10 lines if nothing is said; several files get a line with their
 * name.
 */
#include <limits.h>
#include <string.h>

#include "inputs.h"

struct wanted {
    long count;
    bool counts_bytes; /* else lines */
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
    for (long count = 0; count < wanted->count && (c = getc(input)) != EOF;) {
        putchar(c);
        count += wanted->counts_bytes || c == '\n';
    }
    return true;
}

static int complain_about_use(void)
{
    fprintf(stderr, "usage: head [-n LINES | -c BYTES] [FILE...]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct wanted wanted = { .count = 10 };
    int first = 1;

    if (argc > 1 && (strncmp(argv[1], "-n", 2) == 0 || strncmp(argv[1], "-c", 2) == 0)) {
        const char *count = argv[1][2] != '\0' ? argv[1] + 2 : argc > 2 ? argv[2] : "";

        wanted.counts_bytes = argv[1][1] == 'c';
        first = argv[1][2] != '\0' ? 2 : 3;
        if (!inputs_number(count, 0, LONG_MAX, &wanted.count)) {
            return complain_about_use();
        }
    }
    first = inputs_first(argv, first);
    if (first == 0) {
        return complain_about_use();
    }
    wanted.has_titles = argc - first > 1;
    return inputs_each("head", argv + first, print_head, &wanted);
}
