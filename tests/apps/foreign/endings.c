/* signal() and raise(), atexit() in its order, constructors and destructors. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    seen = number;
}

__attribute__((constructor)) static void early(void)
{
    puts("constructor");
}

__attribute__((destructor)) static void late(void)
{
    puts("destructor");
}

static void first(void)
{
    puts("registered first, runs last");
}

static void second(void)
{
    puts("registered second");
}

int main(void)
{
    signal(SIGINT, on_signal);
    raise(SIGINT);
    printf("SIGINT %s\n", seen == SIGINT ? "seen" : "lost");
    signal(SIGTERM, SIG_IGN);
    printf("ignored: %d\n", raise(SIGTERM));
    atexit(first);
    atexit(second);
    printf("no newline at the end");
    fflush(NULL);
    putchar('\n');
    exit(3);
}
