/* uname [-a] [-s] [-n] [-r] [-v] [-m]: the system's name, the machine's, release, version, hardware; -s if none. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

int main(int argc, char **argv)
{
    static const char letters[] = "snrvm";
    bool is_wanted[sizeof(letters) - 1] = { false };
    struct utsname name;
    bool any = false;

    for (int i = 1; i < argc; i++) {
        for (const char *letter = argv[i][0] == '-' ? argv[i] + 1 : "?"; *letter != '\0'; letter++) {
            const char *found = strchr(letters, *letter);

            if (found == NULL && *letter != 'a') {
                fprintf(stderr, "usage: uname [-a] [-s] [-n] [-r] [-v] [-m]\n");
                return 2;
            }
            for (size_t row = 0; row < sizeof(is_wanted); row++) {
                is_wanted[row] |= *letter == 'a' || *letter == letters[row];
            }
            any = true;
        }
    }
    if (uname(&name) != 0) {
        fprintf(stderr, "uname: %s\n", strerror(errno));
        return 1;
    }
    is_wanted[0] |= !any;
    const char *texts[] = { name.sysname, name.nodename, name.release, name.version, name.machine };
    bool is_first = true;

    for (size_t row = 0; row < sizeof(is_wanted); row++) {
        if (is_wanted[row]) {
            printf("%s%s", is_first ? "" : " ", texts[row]);
            is_first = false;
        }
    }
    putchar('\n');
    return 0;
}
