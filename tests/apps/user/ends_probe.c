/* ends_probe HOW: ends in one of the ways that a parent can tell apart. */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";

    if (strcmp(how, "abort") == 0) {
        abort();
    } else if (strcmp(how, "assert") == 0) {
        assert(argc == 1);
    } else if (strcmp(how, "raise") == 0) {
        raise(SIGTERM);
    } else if (strcmp(how, "exit") == 0) {
        exit(0x1ff);
    } else if (strcmp(how, "_exit") == 0) {
        _exit(9);
    }
    return 7;
}
