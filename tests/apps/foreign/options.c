/* getopt over an argument vector of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    char *args[] = { "options", "-v", "-n", "12", "-ofile", "rest", "more", NULL };
    int n = 0, verbose = 0, c;
    const char *out = "none";
    while ((c = getopt(7, args, "vn:o:")) != -1) {
        switch (c) {
        case 'v':
            verbose++;
            break;
        case 'n':
            n = atoi(optarg);
            break;
        case 'o':
            out = optarg;
            break;
        default:
            return 1;
        }
    }
    printf("verbose=%d n=%d out=%s\n", verbose, n, out);
    for (int i = optind; i < 7; i++)
        printf("argument: %s\n", args[i]);
    return 42;
}
