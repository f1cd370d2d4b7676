/* kill [-NUMBER] PID...: sends signal NUMBER, 15 if none is given. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse(const char *word, long low, long high, long *out)
{
    char *end;
    long value = strtol(word, &end, 10);

    if (end == word || *end != '\0' || value < low || value > high) {
        return false;
    }
    *out = value;
    return true;
}

static int usage(void)
{
    fprintf(stderr, "usage: kill [-NUMBER] PID...\n");
    return 2;
}

int main(int argc, char **argv)
{
    long number = SIGTERM;
    int first = 1;
    int status = 0;

    if (argc > 1 && argv[1][0] == '-') {
        if (!parse(argv[1] + 1, 0, ABI_SIGNAL_MAX, &number)) {
            return usage();
        }
        first = 2;
    }
    if (first >= argc) {
        return usage();
    }
    for (int i = first; i < argc; i++) {
        long pid;

        if (!parse(argv[i], 1, INT32_MAX, &pid)) {
            return usage();
        }
        if (kill((pid_t)pid, (int)number) != 0) {
            fprintf(stderr, "kill: %ld: %s\n", pid, strerror(errno));
            status = 1;
        }
    }
    return status;
}
