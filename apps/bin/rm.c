/* rm [-f] FILE...: takes names of files away; with -f one that is not there is none the less right. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    bool is_forced = argc > 1 && strcmp(argv[1], "-f") == 0;
    int first = is_forced ? 2 : 1, status = 0;

    if (first < argc && strcmp(argv[first], "--") == 0) {
        first++;
    } else if (first >= argc || argv[first][0] == '-') {
        if (is_forced && first >= argc) {
            return 0;
        }
        fprintf(stderr, "usage: rm [-f] FILE...\n");
        return 2;
    }
    for (int i = first; i < argc; i++) {
        if (unlink(argv[i]) != 0 && !(is_forced && errno == ENOENT)) {
            fprintf(stderr, "rm: %s: %s\n", argv[i], strerror(errno));
            status = 1;
        }
    }
    return status;
}
