/* Variables of a thread's own, with and without a first value, beside errno. */
#include <errno.h>
#include <stdio.h>
#include <stdint.h>

static _Thread_local int counter = 5;
static _Thread_local char text[16] = "local";
_Thread_local long zeros[4];
static _Thread_local _Alignas(64) double aligned = 1.5;

int main(void)
{
    errno = 33;
    counter += 2;
    printf("%d %s %ld%ld%ld%ld %.1f %d %d\n", counter, text, zeros[0], zeros[1], zeros[2], zeros[3], aligned,
           (int)((uintptr_t)&aligned % 64), errno);
    return errno == 33 ? 0 : 1;
}
