/* Error handling by longjmp, out of nested calls, several times over. */
#include <setjmp.h>
#include <stdio.h>

static jmp_buf handler;

static int divide(int a, int b)
{
    if (b == 0)
        longjmp(handler, 7);
    return a / b;
}

static int deep(int level, int divisor)
{
    return level == 0 ? divide(100, divisor) : deep(level - 1, divisor) + 1;
}

int main(void)
{
    volatile int tries = 0;
    int code = setjmp(handler);
    if (code != 0)
        printf("caught %d after try %d\n", code, tries);
    tries++;
    switch (tries) {
    case 1:
        printf("deep(3, 5) = %d\n", deep(3, 5));
        /* fall through */
    case 2:
        deep(50, 0);
        break;
    case 3:
        longjmp(handler, 0); /* arrives as 1 */
    default:
        puts("done");
    }
    return 0;
}
