/* wc [-l] [-w] [-c] [FILE...]: counts lines, words and bytes; all three when none is asked for. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "inputs.h"

struct counts {
    uint64_t lines;
    uint64_t words;
    uint64_t bytes;
};

struct wanted {
    bool lines;
    bool words;
    bool bytes;
    bool has_names;
    struct counts total;
};

static struct counts count(FILE *input)
{
    struct counts counts = { 0 };
    bool is_in_word = false;
    int c;

    while ((c = getc(input)) != EOF) {
        counts.bytes++;
        counts.lines += c == '\n';
        counts.words += !isspace(c) && !is_in_word;
        is_in_word = !isspace(c);
    }
    return counts;
}

static void print_column(uint64_t value, bool *is_first)
{
    printf("%s%llu", *is_first ? "" : " ", (unsigned long long)value);
    *is_first = false;
}

static void print(const struct counts *counts, const struct wanted *wanted, const char *name)
{
    bool is_first = true;

    if (wanted->lines) {
        print_column(counts->lines, &is_first);
    }
    if (wanted->words) {
        print_column(counts->words, &is_first);
    }
    if (wanted->bytes) {
        print_column(counts->bytes, &is_first);
    }
    if (wanted->has_names) {
        printf(" %s", name);
    }
    putchar('\n');
}

static bool count_and_print(FILE *input, const char *name, void *context)
{
    struct wanted *wanted = context;
    struct counts counts = count(input);

    wanted->total.lines += counts.lines;
    wanted->total.words += counts.words;
    wanted->total.bytes += counts.bytes;
    print(&counts, wanted, name);
    return true;
}

/* The flags of one word. Returns false for one that is unknown. */
static bool read_flags(const char *flags, struct wanted *wanted)
{
    for (; *flags != '\0'; flags++) {
        wanted->lines |= *flags == 'l';
        wanted->words |= *flags == 'w';
        wanted->bytes |= *flags == 'c';
        if (strchr("lwc", *flags) == NULL) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct wanted wanted = { 0 };
    int first = 1;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0' && strcmp(argv[first], "--") != 0; first++) {
        if (!read_flags(argv[first] + 1, &wanted)) {
            fprintf(stderr, "usage: wc [-l] [-w] [-c] [FILE...]\n");
            return 2;
        }
    }
    first = inputs_first(argv, first);
    if (!wanted.lines && !wanted.words && !wanted.bytes) {
        wanted.lines = wanted.words = wanted.bytes = true;
    }
    wanted.has_names = first < argc;
    int status = inputs_each("wc", argv + first, count_and_print, &wanted);

    if (argc - first > 1) {
        print(&wanted.total, &wanted, "total");
    }
    return status;
}
