/*
 * hello [-w]: greets. With -w it then sleeps until it is killed, for others to look at what it costs; it reads nothing.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    printf("hello from task %d\n", (int)getpid());
    if (argc > 1 && strcmp(argv[1], "-w") == 0) {
        for (;;) {
            sleep(1000000);
        }
    }
    return 0;
}
