/* echo [-n] WORD...: prints the words, and a newline unless -n is first. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    bool has_newline = argc < 2 || strcmp(argv[1], "-n") != 0;

    for (int i = has_newline ? 1 : 2; i < argc; i++) {
        fputs(argv[i], stdout);
        if (i + 1 < argc) {
            putchar(' ');
        }
    }
    if (has_newline) {
        putchar('\n');
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
